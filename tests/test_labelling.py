import io
import json

import numpy as np
import pytest

from checker.errors import InputError
from checker.labelling import label_pairs, read_pairs, to_lines
from checker.nli import CANARY, TransformersNli
from checker.types import Verdict

GOOD = '{"a": "It is open.", "b": "It is shut."}'


def written(tmp_path, data):
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_pairs_are_read_in_order_with_their_other_fields(tmp_path):
    text = f'\ufeff{GOOD}\r\n\n  \n{{"a": "Öl", "b": "x\u2028y", "id": 7, "more": [1, null]}}'
    assert read_pairs(written(tmp_path, text)) == [
        {"a": "It is open.", "b": "It is shut."},
        {"a": "Öl", "b": "x\u2028y", "id": 7, "more": [1, None]},
    ]


def test_pairs_are_read_from_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert len(read_pairs(tmp_path.__class__("-"))) == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ('{"a": "x"}', "field 'b' must be a text"),
        ('{"a": 3, "b": "x"}', "field 'a' must be a text"),
        ('{"a": "x", "b": "  "}', "field 'b' must be a text"),
        ('{"a": null, "b": "x"}', "field 'a' must be a text"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path, line, message):
    path = written(tmp_path, f"{GOOD}\n\n{line}\n{GOOD}\n")
    with pytest.raises(InputError) as caught:
        read_pairs(path)
    assert str(caught.value).startswith(f"{path}:3: {message}")


@pytest.mark.parametrize("line", ["[" * 100_000, '{"a": "\\ud800", "b": "x"}'])
def test_input_that_breaks_parser_or_tokenizer_is_refused(tmp_path, line):
    with pytest.raises(InputError, match=":1: "):
        read_pairs(written(tmp_path, line))


@pytest.mark.parametrize(
    ("data", "message"), [(b"\n \n", "no pairs"), (b'{"a": "\xff"}', "not UTF-8 text")]
)
def test_a_file_without_usable_pairs_is_named(tmp_path, data, message):
    with pytest.raises(InputError, match=f"pairs.jsonl: {message}"):
        read_pairs(written(tmp_path, data))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.jsonl: cannot be read: No such file"):
        read_pairs(tmp_path / "none.jsonl")


def test_labels_keep_order_and_fields_and_report_progress(tiny_nli):
    rows = [{"id": n, "a": a, "b": b} for n, (a, b, _) in enumerate([*CANARY, *CANARY[::-1]])]
    steps = []
    model = TransformersNli(tiny_nli, "fp32")
    labels = label_pairs(rows, model, lambda stage, done, total: steps.append((stage, done, total)))
    right = {"agree": "agrees", "neutral": "neutral", "contradict": "contradicts"}
    lines = [json.loads(line) for line in to_lines(rows, labels).splitlines()]
    assert [line["id"] for line in lines] == [0, 1, 2, 3, 4, 5]
    assert [line["verdict"] for line in lines] == [
        right[verdict] for _, _, verdict in [*CANARY, *CANARY[::-1]]
    ]
    for line in lines:
        for scores in line["scores"].values():
            assert sum(scores.values()) == pytest.approx(1, abs=2e-4)
        assert 1 / 3 < line["confidence"] <= 1
    assert sum(done for _, done, _ in steps) == 12
    assert {(stage, total) for stage, _, total in steps} == {("scoring", 12)}


def test_a_contradiction_is_as_sure_in_either_order(tiny_nli):
    a, b, _ = CANARY[1]
    model = TransformersNli(tiny_nli, "fp32")
    there, back = label_pairs([{"a": a, "b": b}, {"a": b, "b": a}], model, lambda *_: None)
    assert there.verdict is back.verdict is Verdict.CONTRADICTS
    assert there.confidence == back.confidence
    assert np.isclose(there.forward.contradict, back.backward.contradict, atol=1e-5)
