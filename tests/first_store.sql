PRAGMA application_id = 1128811346;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE claim (
    run_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    document_id TEXT NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    text TEXT NOT NULL,
    scored TEXT NOT NULL,
    context TEXT NOT NULL,
    speaker TEXT,
    hedged INTEGER NOT NULL,
    spoken_of TEXT,
    PRIMARY KEY (run_id, id),
    FOREIGN KEY (run_id, document_id) REFERENCES document (run_id, id) ON DELETE CASCADE
);
INSERT INTO "claim" VALUES(1,'497a0abc29e8','99ed2ba36fef',0,74,'Nobody was killed when the eastern span of the bridge fell into the river.','Nobody was killed when the eastern span of the bridge fell into the river.','',NULL,0,NULL);
INSERT INTO "claim" VALUES(1,'4ba332c4e24a','934af30ee02a',0,67,'Three people were killed when the eastern span fell into the river.','Three people were killed when the eastern span fell into the river.','',NULL,0,NULL);
INSERT INTO "claim" VALUES(1,'e07ddebf03f0','bccb0c5a9d67',117,207,'Three people were killed when the eastern span fell into the river, the fire service said.','Three people were killed when the eastern span fell into the river, the fire service said.','','the fire service',0,NULL);
INSERT INTO "claim" VALUES(1,'61f9e3a09e74','99ed2ba36fef',143,203,'The last inspection of the bridge took place four years ago.','The last inspection of the bridge took place four years ago.','',NULL,0,NULL);
INSERT INTO "claim" VALUES(1,'60e9ea994460','a3ae0166e5c9',33,102,'The bridge was inspected in May of this year, and no fault was found.','The bridge was inspected in May of this year, and no fault was found.','',NULL,0,NULL);
INSERT INTO "claim" VALUES(1,'88571dacc011','a3ae0166e5c9',103,130,'It will be rebuilt by 2027.','It will be rebuilt by 2027.','The bridge',NULL,0,'2027');
INSERT INTO "claim" VALUES(1,'5d4fd6e02cef','5e62635e988b',45,118,'The bridge will not be rebuilt, the new county council decided last week.','The bridge will not be rebuilt, the new county council decided last week.','','the new county council',0,NULL);
INSERT INTO "claim" VALUES(1,'2a824d2b0cb3','bccb0c5a9d67',208,270,'The county had inspected the bridge in May and found no fault.','The county had inspected the bridge in May and found no fault.','',NULL,0,NULL);
CREATE TABLE document (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    published TEXT,
    author TEXT,
    path TEXT NOT NULL,
    origin TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (run_id, id)
);
INSERT INTO "document" VALUES(1,'bccb0c5a9d67',0,'Tamble bridge closed after collapse','Northern Ledger','2024-11-25',NULL,'Northern Ledger.txt','bccb0c5a9d67','Tamble bridge closed after collapse

The old bridge over the Tamble gave way on Monday morning during the rush hour. Three people were killed when the eastern span fell into the river, the fire service said. The county had inspected the bridge in May and found no fault.

Traffic is diverted over Harrow Lane.');
INSERT INTO "document" VALUES(1,'99ed2ba36fef',1,'All survive bridge fall','Tamble Radio','2024-11-25',NULL,'Tamble Radio.txt','99ed2ba36fef','Nobody was killed when the eastern span of the bridge fell into the river. Eleven people are in hospital, two of them in a serious condition.

The last inspection of the bridge took place four years ago.');
INSERT INTO "document" VALUES(1,'a3ae0166e5c9',2,'Statement on the Tamble bridge','County of Tamble','2024-11-26',NULL,'County of Tamble.txt','a3ae0166e5c9','The county regrets the accident. The bridge was inspected in May of this year, and no fault was found. It will be rebuilt by 2027.');
INSERT INTO "document" VALUES(1,'5e62635e988b',3,'A ferry instead of a bridge','Harbour Review','2026-12-02',NULL,'Harbour Review.txt','5e62635e988b','Two years on, the crossing is still a ferry. The bridge will not be rebuilt, the new county council decided last week.');
INSERT INTO "document" VALUES(1,'934af30ee02a',4,'Bridge collapse kills three','Valley Courier','2024-11-26',NULL,'Valley Courier.txt','bccb0c5a9d67','Three people were killed when the eastern span fell into the river.');
CREATE TABLE finding (
    run_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    explained_by TEXT NOT NULL,
    group_id TEXT NOT NULL,
    a_id TEXT NOT NULL,
    b_id TEXT NOT NULL,
    scores TEXT NOT NULL,
    differences TEXT NOT NULL,
    reasons TEXT NOT NULL,
    source_a TEXT NOT NULL,
    source_b TEXT NOT NULL,
    published_a TEXT,
    published_b TEXT,
    topic TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (run_id, id),
    FOREIGN KEY (run_id, a_id) REFERENCES claim (run_id, id) ON DELETE CASCADE,
    FOREIGN KEY (run_id, b_id) REFERENCES claim (run_id, id) ON DELETE CASCADE,
    FOREIGN KEY (id, verdict) REFERENCES subject (finding_id, verdict)
);
INSERT INTO "finding" VALUES(1,'d8d02817c24e',1,'contradicts',0.97,'','d8d02817c24e','497a0abc29e8','4ba332c4e24a','{"forward": {"agree": 0.02, "neutral": 0.010000000000000009, "contradict": 0.97}, "backward": {"agree": 0.02, "neutral": 0.010000000000000009, "contradict": 0.97}}','[{"kind": "number", "a": "0", "b": "3"}]','["close"]','Tamble Radio','Valley Courier','2024-11-25','2024-11-26','other','nobody was killed when the eastern span of the bridge fell into the river.
three people were killed when the eastern span fell into the river.');
INSERT INTO "finding" VALUES(1,'397e2b0a822a',2,'contradicts',0.91,'','d8d02817c24e','e07ddebf03f0','497a0abc29e8','{"forward": {"agree": 0.02, "neutral": 0.06999999999999995, "contradict": 0.91}, "backward": {"agree": 0.02, "neutral": 0.06999999999999995, "contradict": 0.91}}','[]','["close"]','Northern Ledger','Tamble Radio','2024-11-25','2024-11-25','other','three people were killed when the eastern span fell into the river, the fire service said.
nobody was killed when the eastern span of the bridge fell into the river.');
INSERT INTO "finding" VALUES(1,'82806f4f4004',3,'contradicts',0.83,'','82806f4f4004','61f9e3a09e74','60e9ea994460','{"forward": {"agree": 0.02, "neutral": 0.15000000000000002, "contradict": 0.83}, "backward": {"agree": 0.02, "neutral": 0.15000000000000002, "contradict": 0.83}}','[{"kind": "date", "a": "four years ago", "b": "May of this year"}]','["close"]','Tamble Radio','County of Tamble','2024-11-25','2024-11-26','May','the last inspection of the bridge took place four years ago.
the bridge was inspected in may of this year, and no fault was found.');
INSERT INTO "finding" VALUES(1,'141f69fad568',4,'contradicts',0.88,'time attribution','141f69fad568','88571dacc011','5d4fd6e02cef','{"forward": {"agree": 0.02, "neutral": 0.09999999999999998, "contradict": 0.88}, "backward": {"agree": 0.02, "neutral": 0.09999999999999998, "contradict": 0.88}}','[{"kind": "negation", "a": "", "b": "not"}]','["close"]','County of Tamble','Harbour Review','2024-11-26','2026-12-02','other','it will be rebuilt by 2027.
the bridge will not be rebuilt, the new county council decided last week.');
INSERT INTO "finding" VALUES(1,'ddc73c9b1446',5,'agrees',0.94,'','ddc73c9b1446','2a824d2b0cb3','60e9ea994460','{"forward": {"agree": 0.94, "neutral": 0.05, "contradict": 0.01}, "backward": {"agree": 0.94, "neutral": 0.05, "contradict": 0.01}}','[]','["close"]','Northern Ledger','County of Tamble','2024-11-25','2024-11-26','May','the county had inspected the bridge in may and found no fault.
the bridge was inspected in may of this year, and no fault was found.');
INSERT INTO "finding" VALUES(1,'4ecb17529a76',6,'agrees',0.92,'','4ecb17529a76','e07ddebf03f0','4ba332c4e24a','{"forward": {"agree": 0.94, "neutral": 0.05, "contradict": 0.01}, "backward": {"agree": 0.94, "neutral": 0.05, "contradict": 0.01}}','[]','["close"]','Northern Ledger','Valley Courier','2024-11-25','2024-11-26','other','three people were killed when the eastern span fell into the river, the fire service said.
three people were killed when the eastern span fell into the river.');
CREATE TABLE review (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    finding_id TEXT NOT NULL,
    about TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    decision TEXT NOT NULL,
    explanation TEXT,
    note TEXT NOT NULL,
    time TEXT NOT NULL,
    undoes INTEGER UNIQUE REFERENCES review (id),
    CHECK ((decision = 'undone') = (undoes IS NOT NULL)),
    FOREIGN KEY (finding_id, about) REFERENCES subject (finding_id, verdict)
);
INSERT INTO "review" VALUES(1,'d8d02817c24e','contradicts','Ana','confirmed',NULL,'Both texts are about the eastern span.','2025-03-04T10:00:00.000+00:00',NULL);
INSERT INTO "review" VALUES(2,'82806f4f4004','contradicts','Ana','not a contradiction',NULL,'','2025-03-04T10:00:00.000+00:00',NULL);
INSERT INTO "review" VALUES(3,'82806f4f4004','contradicts','Bo','confirmed',NULL,'','2025-03-04T10:00:00.000+00:00',NULL);
INSERT INTO "review" VALUES(4,'141f69fad568','contradicts','Bo','explained','time','','2025-03-04T10:00:00.000+00:00',NULL);
INSERT INTO "review" VALUES(5,'141f69fad568','contradicts','Bo','undone',NULL,'','2025-03-04T10:00:00.000+00:00',4);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    imported TEXT NOT NULL,
    model TEXT NOT NULL,
    stats TEXT NOT NULL,
    problems TEXT NOT NULL
);
INSERT INTO "run" VALUES(1,'bad24d06118c4980efecd948d6a0b289c3b070e7a3e2c48058e972947cb812db','bridge','2025-03-04T09:30:00+00:00','2025-03-04T10:00:00.000+00:00','{"name": "tiny", "precision": "fp32", "device": "cpu", "hash": "0000000000000000"}','{"documents": 5, "origins": 4, "claims": 8, "possible_pairs": 1234, "blocked_pairs": 200, "cut_pairs": 57, "scored_pairs": 200, "cut_findings": 0, "seconds": {"scoring": 1.5}}','[{"path": "scans/page-3.pdf", "reason": "PDF without text (a scan?): run OCR on it first", "skipped": false}]');
CREATE TABLE standing (
    finding_id TEXT NOT NULL,
    about TEXT NOT NULL,
    status TEXT NOT NULL,
    explanation TEXT,
    settled_by TEXT,
    reviewers TEXT NOT NULL,
    PRIMARY KEY (finding_id, about),
    FOREIGN KEY (finding_id, about) REFERENCES subject (finding_id, verdict)
) WITHOUT ROWID;
INSERT INTO "standing" VALUES('141f69fad568','contradicts','open',NULL,NULL,'');
INSERT INTO "standing" VALUES('82806f4f4004','contradicts','conflict',NULL,NULL,'Ana
Bo');
INSERT INTO "standing" VALUES('d8d02817c24e','contradicts','confirmed',NULL,NULL,'Ana');
CREATE TABLE subject (
    finding_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('contradicts', 'agrees')),
    PRIMARY KEY (finding_id, verdict)
) WITHOUT ROWID;
INSERT INTO "subject" VALUES('141f69fad568','contradicts');
INSERT INTO "subject" VALUES('397e2b0a822a','contradicts');
INSERT INTO "subject" VALUES('4ecb17529a76','agrees');
INSERT INTO "subject" VALUES('82806f4f4004','contradicts');
INSERT INTO "subject" VALUES('d8d02817c24e','contradicts');
INSERT INTO "subject" VALUES('ddc73c9b1446','agrees');
CREATE INDEX claim_by_document ON claim (run_id, document_id, start);
CREATE UNIQUE INDEX finding_by_rank ON finding (run_id, rank);
CREATE INDEX finding_by_group ON finding (run_id, group_id);
CREATE INDEX finding_by_a ON finding (run_id, a_id);
CREATE INDEX finding_by_b ON finding (run_id, b_id);
CREATE INDEX review_by_finding ON review (finding_id, about);
CREATE INDEX review_by_reviewer ON review (reviewer);
CREATE TRIGGER review_stays BEFORE UPDATE ON review
    BEGIN SELECT RAISE (ABORT, 'reviews are only ever added'); END;
CREATE TRIGGER review_remains BEFORE DELETE ON review
    BEGIN SELECT RAISE (ABORT, 'reviews are only ever added'); END;
COMMIT;
