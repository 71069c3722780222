"""The fixture loader: what it accepts, and that it names what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checker.errors import InputError
from eval.cases import load_case
from eval.fixtures import (
    FIXTURES,
    SPLITS,
    fixture_hashes,
    load_cases,
    load_dataset,
    load_expected,
    load_pairs,
)

ROW: dict[str, Any] = {
    "id": "s-1",
    "story": "s",
    "a": "The port is open.",
    "b": "The port is shut.",
    "label": "contradicts",
    "tags": ["antonym"],
    "note": "",
}
OTHER = ROW | {"id": "s-2", "a": "Ten ships came.", "b": "Some ships came.", "label": "agrees"}


def write_lines(path: Path, *rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def refusal(root: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_pairs("train", root)
    return str(caught.value)


def test_shipped_pairs_are_valid_and_load_in_one_line() -> None:
    frame = load_pairs("test")
    assert {"id", "story", "a", "b", "label", "tags", "note", "split"} == set(frame.columns)
    assert set(frame["label"]) == {"agrees", "neutral", "contradicts"}
    dataset = load_dataset("test")
    assert len(dataset) == len(frame)
    assert dataset[0]["tags"] == frame["tags"][0]
    everything = load_dataset()
    assert sorted(everything) == sorted(SPLITS)
    assert sum(len(everything[split]) for split in SPLITS) == len(load_pairs())


def test_shipped_cases_are_valid_and_quotes_stand_where_they_say() -> None:
    cases = load_cases()
    assert any(case.conflict_free for case in cases)
    for case in cases:
        text = {document.id: document.text for document in case.documents}
        for entry in case.expected:
            for quote in (entry.a, entry.b):
                there = text[quote.document_id][quote.start : quote.end]
                assert there.split() == quote.text.split()
    assert len(load_expected()) == sum(len(case.expected) for case in cases)


def test_a_valid_folder_loads(tmp_path: Path) -> None:
    write_lines(tmp_path / "pairs/train/x.jsonl", ROW, OTHER)
    assert load_pairs("train", tmp_path)["id"].tolist() == ["s-1", "s-2"]


def test_separators_inside_a_text_do_not_end_the_line(tmp_path: Path) -> None:
    row = json.dumps(ROW | {"note": "one\u2028two"}, ensure_ascii=False)
    write_lines(tmp_path / "pairs/train/x.jsonl", row, OTHER)
    assert load_pairs("train", tmp_path)["note"][0] == "one\u2028two"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": "entails"}, "label"),
        ({"tags": ["antonim"]}, "tags.0"),
        ({"tags": "antonym"}, "tags"),
        ({"a": ""}, "a"),
        ({"b": " padded"}, "b"),
        ({"id": 7}, "id"),
        ({"extra": 1}, "extra"),
        ({"b": "the port, is OPEN"}, "b"),
    ],
)
def test_a_bad_field_is_named_with_file_and_line(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    path = tmp_path / "pairs/train/x.jsonl"
    write_lines(path, OTHER, ROW | change)
    assert f"{path}:2: field {field!r}" in refusal(tmp_path)


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs/train/x.jsonl"
    write_lines(path, {name: value for name, value in ROW.items() if name != "story"})
    assert f"{path}:1: field 'story'" in refusal(tmp_path)


def test_broken_json_and_empty_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs/train/x.jsonl"
    write_lines(path, ROW, "{", "", OTHER)
    message = refusal(tmp_path)
    assert f"{path}:2: " in message
    assert f"{path}:3: empty line" in message


def test_an_id_given_twice_is_named_in_both_places(tmp_path: Path) -> None:
    path = tmp_path / "pairs/train/x.jsonl"
    write_lines(path, ROW, OTHER | {"id": "s-1"})
    assert f"{path}:2: field 'id': 's-1' stands already in {path}:1" in refusal(tmp_path)


def test_the_same_pair_turned_round_is_a_duplicate(tmp_path: Path) -> None:
    path = tmp_path / "pairs/train/x.jsonl"
    write_lines(path, ROW, ROW | {"id": "s-9", "a": ROW["b"] + "!", "b": ROW["a"].upper()})
    assert f"{path}:2: field 'a': the same pair as {path}:1" in refusal(tmp_path)


@pytest.mark.parametrize("field", ["a", "b"])
def test_the_same_text_in_two_splits_is_refused(tmp_path: Path, field: str) -> None:
    write_lines(tmp_path / "pairs/train/x.jsonl", ROW)
    path = tmp_path / "pairs/test/y.jsonl"
    write_lines(path, OTHER | {"story": "t", field: "The PORT is open"})
    assert f"{path}:1: field {field!r}: stands in train too" in refusal(tmp_path)


def test_a_story_in_two_splits_is_refused(tmp_path: Path) -> None:
    write_lines(tmp_path / "pairs/train/x.jsonl", ROW)
    path = tmp_path / "pairs/dev/y.jsonl"
    write_lines(path, OTHER)
    assert f"{path}:1: field 'story': stands in train too" in refusal(tmp_path)


def test_no_pairs_and_no_such_split_are_refused(tmp_path: Path) -> None:
    assert "no pairs" in refusal(tmp_path)
    write_lines(tmp_path / "pairs/train/x.jsonl", ROW)
    with pytest.raises(InputError, match="no split 'valid'"):
        load_pairs("valid", tmp_path)


def make_case(folder: Path, **change: Any) -> Path:
    """A case of two documents; `change` replaces fields of its one expected line."""
    folder.mkdir(parents=True)
    (folder / "one.txt").write_text("Port news\n\nThe port of Oban\nis open. It rains.\n")
    (folder / "two.txt").write_text("Port notes\n\nThe port of Oban is shut.\n")
    entry: dict[str, Any] = {
        "kind": "contradicts",
        "a": {"document": "one.txt", "text": "The port of Oban is open."},
        "b": {"document": "two.txt", "text": "The port of Oban is shut."},
        "explained_by": "",
        "note": "",
    }
    write_lines(folder / "expected.jsonl", entry | change)
    return folder


def test_a_quote_is_found_across_a_line_end(tmp_path: Path) -> None:
    case = load_case(make_case(tmp_path / "oban"))
    quote = case.expected[0].a
    document = next(d for d in case.documents if d.id == quote.document_id)
    assert document.text[quote.start : quote.end].split() == quote.text.split()


def test_a_right_offset_is_accepted(tmp_path: Path) -> None:
    side = {"document": "two.txt", "text": "The port of Oban is shut.", "start": 12, "end": 37}
    quote = load_case(make_case(tmp_path / "oban", b=side)).expected[0].b
    assert (quote.start, quote.end) == (12, 37)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "denies"}, "field 'kind'"),
        ({"explained_by": "weather"}, "field 'explained_by'"),
        ({"kind": "agrees", "explained_by": "time"}, "field 'explained_by'"),
        ({"a": {"document": "one.txt", "text": "The port of Oban is closed."}}, "field 'a.text'"),
        ({"a": {"document": "six.txt", "text": "The port."}}, "field 'a.document'"),
        (
            {"b": {"document": "two.txt", "text": "The port of Oban", "start": 3, "end": 19}},
            "field 'b.start': the text there is",
        ),
        ({"b": {"document": "two.txt", "text": "The port", "start": 3}}, "field 'b.start'"),
    ],
)
def test_a_bad_expectation_is_named_with_file_and_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    folder = make_case(tmp_path / "oban", **change)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert f"{folder / 'expected.jsonl'}:1: {message}" in str(caught.value)


def test_an_expectation_given_twice_is_refused(tmp_path: Path) -> None:
    folder = make_case(tmp_path / "oban")
    path = folder / "expected.jsonl"
    entry = json.loads(path.read_text())
    write_lines(path, entry, entry | {"a": entry["b"], "b": entry["a"], "kind": "never"})
    with pytest.raises(InputError, match=r"jsonl:2: field 'a': the same two statements as"):
        load_case(folder)


def test_a_contradiction_in_a_case_without_conflict_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"jsonl:1: field 'kind': a contradiction in a case"):
        load_case(make_case(tmp_path / "no-conflict-oban"))


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = make_case(tmp_path / "oban")
    (folder / "three.pdf").write_bytes(b"%PDF-1.4 broken")
    with pytest.raises(InputError, match=r"three\.pdf: damaged PDF"):
        load_case(folder)


def test_marked_claims_are_checked_too(tmp_path: Path) -> None:
    folder = make_case(tmp_path / "oban")
    good = {"document": "one.txt", "text": "It rains."}
    write_lines(folder / "claims.jsonl", good)
    case = load_case(folder)
    assert [quote.text for quote in case.marked] == ["It rains."]
    assert case.marked_documents == {case.marked[0].document_id}
    write_lines(folder / "claims.jsonl", good, good, {"document": "one.txt", "text": "It snows."})
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert "claims.jsonl:2: field 'text': marked twice" in str(caught.value)
    assert "claims.jsonl:3: field 'text': not in one.txt" in str(caught.value)


def test_a_case_without_expectations_is_refused(tmp_path: Path) -> None:
    folder = make_case(tmp_path / "oban")
    (folder / "expected.jsonl").unlink()
    with pytest.raises(InputError, match=r"expected\.jsonl: missing"):
        load_case(folder)


def test_hashes_cover_every_fixture_file() -> None:
    names = fixture_hashes()
    assert "pairs/test/health.jsonl" in names
    assert "documents/merger/expected.jsonl" in names
    files = [path for path in FIXTURES.rglob("*") if path.is_file()]
    assert len(names) == len(files) - 1  # the data card is no data
