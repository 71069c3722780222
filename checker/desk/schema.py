"""The store's tables: MIGRATIONS as data, run by themselves, a backup before each change.

The number of migrations that a file has seen is its `user_version`. A
migration that was published is never edited; a change is one more entry.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from checker.errors import StoreError

# "CHKR": marks a file as ours (PRAGMA application_id).
APPLICATION_ID = 0x43484B52

_FIRST = """
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
CREATE INDEX claim_by_document ON claim (run_id, document_id, start);
-- What a review is about: two claims and what was said of them. It belongs to no run.
CREATE TABLE subject (
    finding_id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('contradicts', 'agrees')),
    PRIMARY KEY (finding_id, verdict)
) WITHOUT ROWID;
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
CREATE UNIQUE INDEX finding_by_rank ON finding (run_id, rank);
CREATE INDEX finding_by_group ON finding (run_id, group_id);
CREATE INDEX finding_by_a ON finding (run_id, a_id);
CREATE INDEX finding_by_b ON finding (run_id, b_id);
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
CREATE INDEX review_by_finding ON review (finding_id, about);
CREATE INDEX review_by_reviewer ON review (reviewer);
CREATE TRIGGER review_stays BEFORE UPDATE ON review
    BEGIN SELECT RAISE (ABORT, 'reviews are only ever added'); END;
CREATE TRIGGER review_remains BEFORE DELETE ON review
    BEGIN SELECT RAISE (ABORT, 'reviews are only ever added'); END;
-- What the reviews of a subject amount to; derived, written with each review.
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
"""

_PEOPLE = """
CREATE TABLE person (
    name TEXT PRIMARY KEY,
    password TEXT NOT NULL,
    added TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE secret (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""

_SCORES = """
CREATE TABLE score (
    key BLOB PRIMARY KEY,
    agree REAL NOT NULL,
    neutral REAL NOT NULL,
    contradict REAL NOT NULL
) WITHOUT ROWID;
"""

# The status beside the finding, and an index that holds all a view asks for: with 20,000
# findings a count over the joined tables took 50 ms, over this index 5 (November 2026).
_VIEWS = """
ALTER TABLE finding ADD COLUMN status TEXT NOT NULL DEFAULT 'open';
UPDATE finding SET status = coalesce(
    (SELECT s.status FROM standing AS s
     WHERE s.finding_id = finding.id AND s.about = finding.verdict),
    'open'
);
CREATE INDEX finding_by_subject ON finding (id, verdict);
CREATE INDEX finding_by_view ON finding (
    run_id, rank, status, verdict, confidence, source_a, source_b, published_a, published_b, topic,
    id
);
CREATE INDEX finding_by_status ON finding (run_id, status);
CREATE INDEX document_by_source ON document (run_id, source);
"""

#: Each brings a store one version further; the first makes an empty file a store.
MIGRATIONS: tuple[str, ...] = (_FIRST, _PEOPLE, _SCORES, _VIEWS)


def version_of(connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the store beside itself, whole or not at all; an earlier copy is kept."""
    target = path.with_name(f"{path.name}.before-v{version + 1}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.before-v{version + 1}.{number}")
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
        part.chmod(0o600)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return target


def migrate(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Bring the file to the newest version in one transaction; return the backup, if one was made.

    Raises StoreError when the file is of a newer version, or is no store.
    """
    newest = len(MIGRATIONS)
    version = version_of(connection)
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if (tables or version) and mark != APPLICATION_ID:
        raise StoreError(f"{path}: a database, but not one of this program; give another file")
    if version > newest:
        raise StoreError(
            f"{path}: made by a newer version of the checker (its version {version}, "
            f"this one reads up to {newest}); upgrade the checker"
        )
    if version == newest:
        return None
    backup = back_up(connection, path, version) if version else None
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(connection)  # another process may have been quicker
        for script in MIGRATIONS[version:]:
            for statement in statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newest}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return backup


def statements(script: str) -> list[str]:
    """Split a script into statements: `executescript` would commit before each.

    >>> statements("CREATE TABLE a (b); CREATE TABLE c (d);")
    ['CREATE TABLE a (b);', ' CREATE TABLE c (d);']
    """
    found, rest = [], ""
    for part in script.split(";")[:-1]:
        rest += part + ";"
        if sqlite3.complete_statement(rest):
            found.append(rest)
            rest = ""
    return found
