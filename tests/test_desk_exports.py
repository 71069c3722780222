"""What leaves the store, and runs that go on where they were cut off."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from builders import hostile_report, make_claim, make_document, make_finding, make_report
from builders import realistic_report as report
from desks import ROOT, checker, write_run
from test_cli import OPEN, SHUT

from checker.desk.exports import EXPORTS, export
from checker.desk.importing import import_report
from checker.desk.places import import_file
from checker.desk.records import check_report
from checker.desk.reviews import Decision, record
from checker.desk.scores import RememberingNli
from checker.desk.store import Store
from checker.errors import InputError
from checker.nli import Calibration
from checker.report import to_dict
from checker.types import ModelInfo
from eval.fixtures import read_pairs


@pytest.fixture
def store(tmp_path):
    """The realistic report with a decision of each kind."""
    opened = Store(tmp_path / "checker.db")
    import_report(opened, check_report(to_dict(report()), "bridge"), "bridge")
    findings = report().findings

    def decide(number, reviewer, decision, **more):
        found = findings[number]
        record(opened, found.id, found.verdict, reviewer=reviewer, decision=decision, **more)

    decide(0, "Ana", Decision.CONFIRMED, note="=SUM(A1) *seen*")
    decide(1, "Ana", Decision.CONFIRMED)
    decide(1, "Bo", Decision.NOT_A_CONTRADICTION)
    decide(2, "Bo", Decision.NOT_A_CONTRADICTION)
    decide(3, "Bo", Decision.EXPLAINED, explanation="time")
    decide(4, "Ana", Decision.CONFIRMED)
    decide(5, "Ana", Decision.NOT_AN_AGREEMENT)
    yield opened
    opened.close()


def test_the_table_has_every_finding_with_its_status(store):
    rows = list(csv.DictReader(io.StringIO(export(store.read, 1, "csv"))))
    assert [row["status"] for row in rows] == [
        *("confirmed", "conflict", "not a contradiction", "explained", "confirmed"),
        "not an agreement",
    ]
    assert rows[0]["notes"] == "Ana: =SUM(A1) *seen*"
    assert rows[0]["reviewers"] == "Ana"
    assert rows[3]["explanation"] == "time"


def test_json_has_every_entry(store):
    data = json.loads(export(store.read, 1, "json"))
    assert data["schema_version"] == 1
    assert [len(finding["reviews"]) for finding in data["findings"]] == [1, 2, 1, 1, 1, 1]
    first = data["findings"][0]["a"]
    document = report().document_by_id[first["document_id"]]
    assert document.text[first["start"] : first["end"]] == first["text"]


def test_memos_hold_confirmed_contradictions_with_both_quotations_and_places(store):
    markdown, page = (export(store.read, 1, kind) for kind in ("md", "html"))
    assert markdown.count("\n## ") == page.count("<article>") == 1
    for text in (
        "Nobody was killed when the eastern span of the bridge fell into the river.",
        "Three people were killed when the eastern span fell into the river.",
    ):
        assert text in markdown
        assert f"<mark>{text}</mark>" in page
    assert "2024\\-11\\-25" in markdown or "2024-11-25, line 1, characters 0–74" in markdown
    assert "line 1, characters 0–74" in page
    assert "\\*seen\\*" in markdown


def test_claim_review_says_who_contradicts_whom_and_can_stand_in_a_page(store):
    graph = json.loads(export(store.read, 1, "claimreview"))["@graph"]
    assert [entry["@type"] for entry in graph] == ["ClaimReview"] * 2
    assert graph[0]["reviewRating"]["alternateName"] == "Contradicted by Valley Courier"
    assert graph[0]["itemReviewed"]["appearance"]["publisher"]["name"] == "Tamble Radio"
    assert graph[0]["itemReviewed"]["appearance"]["datePublished"] == "2024-11-25"
    opened = Store(store.path.with_name("hostile.db"))
    data = check_report(to_dict(hostile_report()), "hostile")
    import_report(opened, data, "</script>")
    for finding in data["findings"]:
        name = finding["id"]
        record(opened, name, "contradicts", reviewer="</script>", decision=Decision.CONFIRMED)
    text = export(opened.read, 1, "claimreview")
    opened.close()
    assert "<" not in text
    assert "</script>" in json.loads(text)["@graph"][0]["claimReviewed"]


def test_pairs_are_read_by_the_evaluation(store, tmp_path):
    folder = tmp_path / "fixtures" / "pairs" / "test"
    folder.mkdir(parents=True)
    (folder / "reviewed.jsonl").write_text(export(store.read, 1, "pairs"), "utf-8")
    rows = read_pairs(tmp_path / "fixtures")["test"]
    assert [row.label for row in rows] == ["contradicts", "neutral", "neutral", "agrees"]
    assert rows[2].tags[0] == "date"
    assert rows[0].note == "Ana: =SUM(A1) *seen*"


def test_eval_measures_on_reviewed_pairs(store, tiny_nli, tmp_path):
    store.close()
    done = checker("export", tmp_path, "--format", "pairs", "-o", "r.jsonl", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    command = ["pairs", tmp_path / "r.jsonl", "--model", tiny_nli, "--out", tmp_path / "o"]
    measured = subprocess.run(
        [sys.executable, "-m", "eval", *map(str, command), "--resamples", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert measured.returncode == 0, measured.stderr


def test_a_pair_found_twice_and_a_claim_against_itself_are_exported_once_or_not(tmp_path):
    texts = ("The port is open.", "The port is shut.", "the port is OPEN")
    a, b, c = (make_claim(make_document(text, text)) for text in texts)
    documents = [make_document(text, text) for text in texts]
    made = make_report(documents, [make_finding(a, b), make_finding(c, b), make_finding(a, c)])
    store = Store(tmp_path / "checker.db")
    import_report(store, check_report(to_dict(made), "port"), "port")
    for finding in made.findings:
        record(store, finding.id, "contradicts", reviewer="Ana", decision=Decision.CONFIRMED)
    lines = export(store.read, 1, "pairs").splitlines()
    store.close()
    assert [json.loads(line)["a"] for line in lines] == ["The port is open."]


def test_an_unknown_format_is_named(store, tmp_path):
    with pytest.raises(InputError, match="exe: no such format; there are html, md"):
        export(store.read, 1, "exe")
    done = checker("export", tmp_path, "--format", "exe", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"there are {', '.join(EXPORTS)}" in done.stderr
    done = checker("export", tmp_path, "--run", 7, folder=tmp_path)
    assert "no such run" in done.stderr
    done = checker("export", write_run(report(), tmp_path / "new"), folder=tmp_path)
    assert "nobody has reviewed it; no checker.db beside report.json" in done.stderr


class Failing:
    """A model that stops after some calls, as a process that is killed does."""

    info = ModelInfo(name="n", precision="fp32", device="cpu", hash="h")
    calibration = Calibration()

    def __init__(self, calls):
        self.calls = calls
        self.scored = []

    def score(self, pairs, progress=None):
        if self.calls == 0:
            raise KeyboardInterrupt
        self.calls -= 1
        self.scored += pairs
        return np.array([[len(a) % 7, len(b) % 5, 1.0] for a, b in pairs], np.float32)


def test_a_run_that_was_cut_off_scores_only_what_is_missing(tmp_path):
    pairs = [(f"claim {'a' * (i % 90)} {i}", f"claim {i * 7}") for i in range(1_300)]
    whole = Failing(100).score(pairs)
    store = Store(tmp_path / "checker.db")
    first = Failing(2)
    with pytest.raises(KeyboardInterrupt):
        RememberingNli(first, store).score(pairs)
    store.close()
    store = Store(tmp_path / "checker.db")
    second = Failing(100)
    done = []
    remembering = RememberingNli(second, store)
    scores = remembering.score(pairs, done.append)
    assert np.allclose(scores, whole)
    assert remembering.remembered == len(first.scored) == 1_024
    assert sorted(first.scored + second.scored) == sorted(pairs)
    assert done[0] == 1_024
    other = Failing(100)
    other.info = ModelInfo(name="n", precision="bf16", device="cpu", hash="h")
    RememberingNli(other, store).score(pairs)
    assert len(other.scored) == len(pairs)
    assert store.read.execute("SELECT count(*) FROM run").fetchone()[0] == 0
    store.close()


def test_check_keeps_a_run_and_the_next_one_remembers(tiny_nli, tmp_path):
    (tmp_path / "open.txt").write_text(OPEN)
    (tmp_path / "shut.txt").write_text(SHUT)
    options = ["--model", tiny_nli, "--db", "checker.db"]
    done = checker("check", "open.txt", "shut.txt", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("run 1 in checker.db\n")
    store = Store(tmp_path / "checker.db")
    (scores,) = store.read.execute("SELECT count(*) FROM score").fetchone()
    (findings,) = store.read.execute("SELECT count(*) FROM finding").fetchone()
    assert scores > 0
    assert findings > 0
    done = checker("check", "open.txt", "shut.txt", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert store.read.execute("SELECT count(*) FROM score").fetchone()[0] == scores
    store.close()


def test_a_store_that_cannot_be_written_is_told_before_the_long_work(tmp_path):
    (tmp_path / "a.txt").write_text(OPEN)
    done = checker("check", "a.txt", "--db", "none/x.db", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "checker: none/x.db: cannot be made: No such file or directory\n"


def test_runs_are_named_after_their_folder(tmp_path):
    folder = write_run(report(), tmp_path / "bridge")
    assert import_file(tmp_path / "a.db", folder / "report.json") == (1, True, 6)
    store = Store(tmp_path / "a.db")
    assert store.read.execute("SELECT name FROM run").fetchone()[0] == "bridge"
    store.close()
