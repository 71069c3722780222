"""The store: migrations from the first version, whole imports, reviews that only grow."""

import contextlib
import itertools
import json
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from builders import make_claim, make_document, make_finding, make_report, realistic_report

from checker.desk import schema
from checker.desk.importing import import_report
from checker.desk.records import check_report, read_report
from checker.desk.reviews import Decision, Review, Standing, history, record, standing, undo
from checker.desk.store import Store
from checker.errors import InputError, StoreError
from checker.report import to_dict, to_json

ROOT = Path(__file__).parent.parent
FIRST = Path(__file__).parent / "first_store.sql"
YES, NO, SCOPE = Decision.CONFIRMED, Decision.NOT_A_CONTRADICTION, Decision.EXPLAINED


def as_read(report):
    """The report as it comes out of its JSON file."""
    return check_report(json.loads(to_json(report)), "report.json")


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "checker.db")
    import_report(opened, as_read(realistic_report()), "bridge")
    yield opened
    opened.close()


def count(store, table):
    return store.read.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def first_finding(store):
    return store.read.execute("SELECT id FROM finding ORDER BY rank").fetchone()[0]


def test_a_store_of_the_first_version_opens_with_its_reviews_and_is_backed_up(tmp_path):
    path = tmp_path / "old.db"
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(FIRST.read_text())
        before = old.execute("SELECT * FROM review ORDER BY id").fetchall()
        assert schema.version_of(old) == 1
    opened = Store(path)
    assert schema.version_of(opened.read) == len(schema.MIGRATIONS) > 1
    assert [tuple(row) for row in opened.read.execute("SELECT * FROM review ORDER BY id")] == before
    assert opened.backup == tmp_path / "old.db.before-v2"
    with contextlib.closing(sqlite3.connect(opened.backup)) as copy:
        assert schema.version_of(copy) == 1
        assert copy.execute("SELECT * FROM review ORDER BY id").fetchall() == before
    rows = opened.read.execute("SELECT status FROM finding ORDER BY rank")
    assert [row[0] for row in rows] == ["confirmed", "open", "conflict", "open", "open", "open"]
    finding = first_finding(opened)
    assert record(opened, finding, "contradicts", reviewer="Eva", decision=YES).status
    assert opened.read.execute("PRAGMA foreign_key_check").fetchall() == []
    assert opened.read.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    opened.close()
    again = Store(path)
    assert again.backup is None
    again.close()


def test_an_old_store_and_a_new_one_have_the_same_tables(tmp_path, store):
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.executescript(FIRST.read_text())
    opened = Store(tmp_path / "old.db")
    query = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"

    def shape(connection):
        return [(kind, name, " ".join(sql.split())) for kind, name, sql in connection]

    assert shape(opened.read.execute(query)) == shape(store.read.execute(query))
    opened.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(tmp_path, monkeypatch, store):
    store.close()
    broken = (*schema.MIGRATIONS, "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(StoreError, match="no such table: nowhere"):
        Store(store.path)
    monkeypatch.undo()
    opened = Store(store.path)
    assert count(opened, "finding") == 6
    assert not opened.read.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchall()
    opened.close()


def test_other_files_and_newer_stores_are_refused(tmp_path):
    (tmp_path / "text.db").write_text("not a database, but long enough to look like a file")
    with pytest.raises(StoreError, match=r"text\.db: not a database; give a report\.json"):
        Store(tmp_path / "text.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    with pytest.raises(StoreError, match="not one of this program"):
        Store(tmp_path / "other.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "new.db")) as newer:
        newer.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer version of the checker"):
        Store(tmp_path / "new.db")
    with pytest.raises(StoreError, match=r"gone\.db: no such file"):
        Store(tmp_path / "gone.db", create=False)
    with pytest.raises(StoreError, match="cannot be made: No such file or directory"):
        Store(tmp_path / "none" / "x.db")


def test_everything_of_a_report_is_kept(store):
    report = realistic_report()
    assert [count(store, t) for t in ("document", "claim", "finding")] == [
        len(report.documents),
        len(report.claims),
        len(report.findings),
    ]
    rows = store.read.execute("SELECT * FROM finding ORDER BY rank").fetchall()
    assert [row["id"] for row in rows] == [finding.id for finding in report.findings]
    assert json.loads(rows[0]["differences"]) == [{"kind": "number", "a": "0", "b": "3"}]
    assert rows[0]["group_id"] == rows[1]["group_id"]
    assert store.read.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store.path.stat().st_mode & 0o077 == 0


def test_the_same_report_twice_is_one_run(store):
    assert import_report(store, as_read(realistic_report()), "again") == (1, False)
    assert count(store, "run") == 1


def test_a_finding_that_appears_again_brings_its_reviews(store):
    finding = first_finding(store)
    record(store, finding, "contradicts", reviewer="Ana", decision=YES, note="seen")
    report = realistic_report()
    left = make_document("The port was opened in 1990 by the mayor.", "Gazette")
    later = make_report(
        [*report.documents, left],
        [report.findings[0], make_finding(make_claim(left), report.findings[0].pair.b)],
    )
    run, new = import_report(store, as_read(later), "later")
    assert (run, new) == (2, True)
    query = "SELECT status FROM finding WHERE run_id = 2 ORDER BY rank"
    assert [row[0] for row in store.read.execute(query)] == ["confirmed", "open"]
    assert [entry.note for entry in history(store.read, finding, "contradicts")] == ["seen"]
    undo(store, "Ana")
    assert [row[0] for row in store.read.execute(query)] == ["open", "open"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(schema_version=7), "not a report of schema version 1"),
        (lambda r: r["findings"][0].update(confidence=3.0), r"'findings\.0\.confidence'"),
        (lambda r: r["findings"][1]["a"].update(claim_id="x"), r"'findings\.1': names a claim"),
        (lambda r: r["claims"][0].update(start=1), r"'claims\.0': its text does not stand"),
        (lambda r: r["documents"][0].pop("text"), r"'documents\.0\.text': Field required"),
        (lambda r: r.pop("findings"), "'findings': Field required"),
    ],
)
def test_damaged_reports_are_named_with_their_field(tmp_path, change, message):
    data = to_dict(realistic_report())
    change(data)
    (tmp_path / "report.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=message):
        read_report(tmp_path / "report.json")


def test_unreadable_reports_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_report(tmp_path / "report.json")
    (tmp_path / "report.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"not a report\.json"):
        read_report(tmp_path / "report.json")


def test_a_report_that_names_something_twice_changes_nothing(store):
    report = as_read(realistic_report())
    report["findings"].append(report["findings"][0])
    with pytest.raises(InputError, match="names something twice"):
        import_report(store, report, "twice")
    assert (count(store, "run"), count(store, "finding")) == (1, 6)


def test_half_characters_of_file_names_can_be_stored(store):
    report = as_read(make_report([make_document("The port is open.", path="caf\udce9.txt")]))
    run, _ = import_report(store, report, "caf\udce9")
    row = store.read.execute("SELECT path FROM document WHERE run_id = ?", [run]).fetchone()
    assert row[0] == "caf?.txt"


def big_report(findings=2_000):
    documents = [make_document(f"The number of the day is {i}. " * 40) for i in range(findings + 1)]
    claims = [make_claim(document) for document in documents]
    pairs = itertools.pairwise(claims)
    return make_report(documents, [make_finding(a, b) for a, b in pairs])


def test_a_full_disk_leaves_the_store_as_it_was(store):
    pages = store.read.execute("PRAGMA page_count").fetchone()[0]
    with store.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(StoreError, match="the disk is full; nothing was changed"):
        import_report(store, as_read(big_report()), "big")
    assert (count(store, "run"), count(store, "document")) == (1, 5)
    assert record(store, first_finding(store), "contradicts", reviewer="A", decision=YES)


IMPORT = """
import sys, pathlib
from checker.desk import importing
from checker.desk.records import read_report
from checker.desk.store import Store
insert = importing._insert
def slowly(connection, table, rows):
    insert(connection, table, rows)
    print(table, flush=True)
    if table == "finding":
        sys.stdin.read()
importing._insert = slowly
store, report = (pathlib.Path(name) for name in sys.argv[1:])
importing.import_report(Store(store), read_report(report), "x")
"""


def test_an_import_that_is_killed_leaves_the_store_as_it_was(tmp_path, store):
    """Killed after every row was written and before the transaction ended."""
    (tmp_path / "big.json").write_text(to_json(big_report()))
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, store.path, tmp_path / "big.json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert [process.stdout.readline() for _ in range(3)][-1] == "finding\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()
    store.close()
    opened = Store(store.path)
    assert (count(opened, "run"), count(opened, "document")) == (1, 5)
    assert import_report(opened, read_report(tmp_path / "big.json"), "big") == (2, True)
    opened.close()


def test_reviews_cannot_be_changed_or_removed(store):
    record(store, first_finding(store), "contradicts", reviewer="Ana", decision=YES)
    for statement in ("UPDATE review SET note = 'x'", "DELETE FROM review"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="only ever added"),
            store.write() as connection,
        ):
            connection.execute(statement)
    assert count(store, "review") == 1


def test_undo_is_one_more_entry_and_takes_back_step_by_step(store):
    finding = first_finding(store)
    record(store, finding, "contradicts", reviewer="Ana", decision=YES)
    record(store, finding, "contradicts", reviewer="Ana", decision=NO)
    assert undo(store, "Ana").decision == NO
    assert standing(history(store.read, finding, "contradicts")).status == YES
    assert undo(store, "Bo") is None
    assert undo(store, "Ana", "another") is None
    assert undo(store, "Ana").decision == YES
    assert undo(store, "Ana") is None
    entries = history(store.read, finding, "contradicts")
    assert [e.decision for e in entries] == [YES, NO, "undone", "undone"]
    assert [e.undoes for e in entries] == [None, None, 2, 1]
    assert standing(entries) == Standing()


def entries(*given):
    made = []
    for number, (reviewer, decision) in enumerate(given, 1):
        undoes = decision if isinstance(decision, int) else None
        made.append(
            Review(
                id=number,
                finding_id="f",
                about="contradicts",
                reviewer=reviewer,
                decision="undone" if undoes else decision,
                explanation="scope" if decision == SCOPE else None,
                note="",
                time="",
                undoes=undoes,
            )
        )
    return made


@pytest.mark.parametrize(
    ("given", "status", "settled_by"),
    [
        ([], "open", None),
        ([("a", YES)], YES, None),
        ([("a", YES), ("a", NO)], NO, None),
        ([("a", YES), ("b", YES)], YES, None),
        ([("a", YES), ("b", NO)], "conflict", None),
        ([("a", YES), ("b", NO), ("c", NO)], NO, "c"),
        ([("a", YES), ("b", NO), ("c", SCOPE)], SCOPE, "c"),
        ([("a", YES), ("b", NO), ("c", Decision.UNSURE)], "conflict", None),
        ([("a", YES), ("b", NO), ("c", NO), ("c", YES)], YES, "c"),
        ([("a", YES), ("b", NO), ("c", NO), ("c", 3)], "conflict", None),
        ([("a", YES), ("b", NO), ("c", NO), ("d", YES)], NO, "c"),
        ([("a", YES), ("b", NO), ("b", YES)], YES, None),
        ([("a", YES), ("b", NO), ("a", 1)], NO, None),
        ([("a", YES), ("b", Decision.UNSURE)], YES, None),
        ([("a", Decision.UNSURE)], Decision.UNSURE, None),
        ([("a", Decision.UNSURE), ("b", YES), ("c", NO), ("a", YES)], YES, "a"),
    ],
)
def test_what_the_entries_of_a_finding_amount_to(given, status, settled_by):
    result = standing(entries(*given))
    assert (result.status, result.settled_by) == (status, settled_by)
    assert (result.explanation == "scope") == (status == SCOPE)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"decision": "maybe"}, "'maybe' does not fit"),
        ({"decision": Decision.NOT_AN_AGREEMENT}, "does not fit a finding that contradicts"),
        ({"decision": SCOPE}, "say by what: time, attribution, scope"),
        ({"decision": YES, "explanation": "time"}, "say by what"),
        ({"decision": YES, "note": "x" * 4_001}, "4,001 characters; at most 4,000"),
        ({"decision": YES, "reviewer": " \n"}, "a name is needed"),
        ({"decision": YES, "finding_id": "gone"}, "'gone': not in the store"),
    ],
)
def test_decisions_that_do_not_fit_are_refused(store, fields, message):
    given = {"finding_id": first_finding(store), "reviewer": "Ana"} | fields
    with pytest.raises(InputError, match=message):
        record(store, given.pop("finding_id"), "contradicts", **given)
    assert count(store, "review") == 0


def test_two_people_saving_at_the_same_moment_both_keep_their_entry(store):
    finding = first_finding(store)
    other = Store(store.path)  # as another process would hold it
    gate = threading.Barrier(8)

    def save(number):
        gate.wait()
        held = (store, other)[number % 2]
        decision = (YES, NO)[number % 2]
        record(held, finding, "contradicts", reviewer=f"p{number}", decision=decision)

    threads = [threading.Thread(target=save, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    kept = history(store.read, finding, "contradicts")
    assert sorted(entry.reviewer for entry in kept) == [f"p{n}" for n in range(8)]
    written = store.read.execute("SELECT * FROM standing").fetchone()
    assert written["status"] == standing(kept).status
