"""Claims, pairing, documents, the page and the command line, on small real cases."""

from __future__ import annotations

import gzip
import json
import re
import socket
from pathlib import Path

import pytest
from conftest import build_tiny_nli
from test_eval_gate import small_fixtures
from test_eval_pairs import Vectors
from typer.testing import CliRunner

from checker.nli import TransformersNli
from checker.types import Claim, Pair
from eval.baselines import CachedEncoder
from eval.cases import Expected, Quote, load_case
from eval.claims import evaluate_claims, read_sentences
from eval.cli import app
from eval.documents import check_case, evaluate_documents
from eval.matching import is_quoted, matches
from eval.page import to_html
from eval.pairing import claimdiff_run, evaluate_pairing, ranks
from eval.results import Evaluation, Outcome, Table


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_fixtures(tmp_path_factory.mktemp("fixtures"))


def claim(start: int, end: int, document: str = "d") -> Claim:
    return Claim(id=f"{document}{start}", document_id=document, start=start, end=end, text="x")


def test_a_clause_of_the_quoted_sentence_counts_and_its_neighbour_does_not() -> None:
    quote = Quote(document_id="d", start=10, end=50, text="x")
    assert is_quoted(claim(10, 50), quote)
    assert is_quoted(claim(30, 50), quote)
    assert not is_quoted(claim(50, 90), quote)
    assert not is_quoted(claim(45, 90), quote)
    assert not is_quoted(claim(10, 50, "other"), quote)
    entry = Expected(
        id="1",
        kind="agrees",
        a=quote,
        b=Quote(document_id="e", start=0, end=9, text="y"),
        explained_by="",
        note="",
    )
    here, there = claim(10, 50), claim(0, 9, "e")
    assert matches(Pair(a=here, b=there), entry)
    assert matches(Pair(a=there, b=here), entry)
    assert not matches(Pair(a=here, b=claim(20, 29, "e")), entry)


def test_claims_count_what_is_marked(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "marked"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "The museum opened on Monday. Wheat prices rose in Peru in May.\n"
    )
    (folder / "b.txt").write_text("The museum was closed on Monday.\n")
    (folder / "expected.jsonl").write_text("")
    lines = [{"document": "a.txt", "text": "The museum opened on Monday."}]
    (folder / "claims.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (folder / "expected.jsonl").write_text(
        json.dumps(
            {
                "kind": "contradicts",
                "a": lines[0],
                "b": {"document": "b.txt", "text": "The museum was closed on Monday."},
                "explained_by": "",
                "note": "",
            }
        )
        + "\n"
    )
    result = evaluate_claims([load_case(folder)], resamples=0)
    assert result.measures["quoted_recall"].value == 1
    assert result.measures["marked_recall"].value == 1
    assert result.measures["marked_precision"].value == 0.5
    (extra,) = result.errors
    assert extra.a == "Wheat prices rose in Peru in May."
    assert (extra.expected, extra.said) == ("no claim", "claim")


def test_check_worthiness_is_measured_on_sentences(tmp_path: Path) -> None:
    path = tmp_path / "CT.tsv.gz"
    text = (
        "Sentence_id\tText\tclass_label\n"
        "1\tUnemployment fell to four percent in June.\tYes\n"
        "2\tWhat do you think?\tNo\n"
        '3\t"""We love it,"" he said."\tNo\n'
    )
    path.write_bytes(gzip.compress(text.encode()))
    assert read_sentences(path)[2][1] == '"We love it," he said.'
    result = evaluate_claims([], [path], resamples=0)
    assert result.measures["check_worthy_recall"].value == 1
    assert result.baselines["every sentence"]["check_worthy_precision"].value == pytest.approx(
        1 / 3
    )
    assert next(o for o in result.outcomes if o.id == "CT.tsv.gz:2").right


def test_ranks_are_places_in_the_order_and_cut_pairs_have_none() -> None:
    rows = [
        {
            "premise": f"The {word} of Oban opened.",
            "hypothesis": f"Oban has a new {word}.",
            "label": label,
            "meta": {"article_a": "A", "article_b": "B", "topic": word},
        }
        for word, label in (("port", "strengthen"), ("school", "weaken"), ("mill", "no_effect"))
    ]
    run = claimdiff_run(rows, "diff")
    assert [document.id for document in run.documents] == ["A", "B"]
    assert len(run.claims) == 6
    for one in run.claims:
        text = next(d for d in run.documents if d.id == one.document_id).text
        assert text[one.start : one.end] == one.text
    assert [relation.group for relation in run.relations] == ["port", "school"]
    first = (run.relations[0].a[0], run.relations[0].b[0])
    assert ranks(run.relations, [(0, 5), first[::-1]]).tolist() == [2, float("inf")]
    result = evaluate_pairing([run], Vectors(), resamples=10)
    # A run this small is scored completely.
    assert result.measures["diff_recall"].value == 1
    assert result.measures["diff_share_scored"].value == 1
    assert result.baselines["lexical"]["diff_recall"].value == 1


def test_documents_find_the_contradiction_and_no_false_alarm(root: Path, tiny_nli: Path) -> None:
    encoder = CachedEncoder(Vectors())
    model = TransformersNli(tiny_nli)
    conflict = load_case(root / "documents" / "opening")
    quiet = load_case(root / "documents" / "no-conflict-opening")
    checked = check_case(conflict, model, encoder)
    assert checked.found[0] in checked.report.contradictions
    result = evaluate_documents([conflict, quiet], model, encoder=encoder, resamples=20)
    numbers = result.measures
    assert numbers["contradicts_recall"].value == 1
    clashes = checked.report.contradictions
    right = sum(
        r for r, f in zip(checked.right, checked.report.findings, strict=True) if f in clashes
    )
    false = check_case(quiet, model, encoder).report.contradictions
    assert right == 1
    assert numbers["contradicts_precision"].value == pytest.approx(1 / (len(clashes) + len(false)))
    assert numbers["false_alarms_per_1000"].value == pytest.approx(1000 * len(false) / 4)
    found = next(o for o in result.outcomes if o.id == "opening:1")
    assert (found.expected, found.said, found.right) == ("contradicts", "contradicts", True)


def test_a_cached_encoder_gives_the_same_vectors() -> None:
    plain, cached = Vectors(), CachedEncoder(Vectors())
    for texts in (["a b", "c"], ["c", "d", "a b", "c"]):
        assert (cached.encode(texts) == plain.encode(texts)).all()


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_the_page_is_offline_escaped_and_worst_first() -> None:
    made = [
        Outcome(
            id=f"o{i}",
            group="g",
            a=HOSTILE,
            b="\x1b[31mb",
            expected="agrees",
            said="neutral",
            right=False,
            badness=i / 10,
            tags=("scope",),
        )
        for i in range(3)
    ]
    table = Table(title="T", headings=("a",), rows=((HOSTILE,),))
    page = to_html(
        Evaluation(command="pairs", files={}, measures={}, outcomes=tuple(made), tables=(table,))
    )
    assert "<img src=x" not in page
    assert page.count("<script") == 1
    assert "default-src 'none'" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["']?https?:""", page)
    places = [page.index(f" o{i}</p>") for i in (2, 1, 0)]
    assert places == sorted(places)


def test_the_command_line_writes_results_and_compares_runs(
    root: Path, tiny_nli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the evaluation opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    deaf = build_tiny_nli(tmp_path / "deaf", deaf=True)
    common = ["pairs", "--fixtures", str(root), "--resamples", "50"]
    arguments = [*common, "--model", str(tiny_nli), "--out", str(tmp_path / "one")]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    for name in ("majority", "lexical", "embedding", "contradicts f1", "calibration error"):
        assert name in first.output
    result = json.loads((tmp_path / "one" / "result.json").read_text())
    model = TransformersNli(tiny_nli)
    assert result["model"]["hash"] == model.info.hash
    assert result["model"]["precision"] == model.info.precision
    assert {"torch", "transformers", "python", "checker"} <= set(result["versions"])
    assert all(len(value) == 64 for value in result["fixtures"].values())
    assert result["cpu"]
    assert result["seconds"] > 0
    accuracy = result["measures"]["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert "<svg" in (tmp_path / "one" / "index.html").read_text()

    for other in (tmp_path / "one", tiny_nli):
        arguments = [*common, "--model", str(deaf), "--out", str(tmp_path / "two")]
        second = CliRunner().invoke(app, [*arguments, "--against", str(other)])
        assert second.exit_code == 0, second.output
        assert "McNemar" in second.output
        assert "now wrong" in second.output
        assert "on 24 shared items" in second.output
