"""Judging pairs with a real tiny model: labels of any set, baselines, collapse, comparison."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import build_tiny_nli, tiny_examples
from sklearn import metrics as reference

from checker.decision import combine, decide
from checker.errors import InputError, ModelError
from checker.nli import TransformersNli
from eval.baselines import lexical_features, load_baselines
from eval.compare import compare, mcnemar
from eval.fixtures import load_pairs
from eval.labelled import Columns, read_labelled
from eval.pairs import evaluate_pairs
from eval.results import read_outcomes
from eval.scoring import predictions

WORDS = ("entailment", "neutral", "contradiction")


class Vectors:
    """A stand-in for the encoder where its quality is not what is tested: hashed words."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        made = np.full((len(texts), 64), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                made[row, sum(map(ord, word)) % 64] += 1
        return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pairs of the tiny model's language, as a public set is written."""
    path = tmp_path_factory.mktemp("sets") / "easy.jsonl.gz"
    lines = (
        json.dumps({"premise": a, "hypothesis": b, "label": WORDS[y]})
        for a, b, y in tiny_examples(60, seed=3)
    )
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.fixture(scope="module")
def deaf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A worse model that still passes the canary."""
    return build_tiny_nli(tmp_path_factory.mktemp("models") / "deaf", deaf=True)


def test_numbers_are_what_the_product_says(labelled: Path, tiny_nli: Path) -> None:
    frame = read_labelled([labelled])
    model = TransformersNli(tiny_nli)
    result = evaluate_pairs(frame, model, resamples=50)
    pairs = list(zip(frame["a"], frame["b"], strict=True))
    joined = combine(model.score(pairs), model.score([(b, a) for a, b in pairs]))
    names = np.array(["agrees", "neutral", "contradicts"])
    said = names[joined.argmax(axis=1)]
    assert result.measures["accuracy"].value == pytest.approx(
        reference.accuracy_score(frame["label"], said)
    )
    assert result.measures["accuracy"].value > 0.9
    assert [outcome.said for outcome in result.outcomes] == said.tolist()
    clash = frame["label"] == "contradicts"
    assert result.measures["contradicts_auroc"].value == pytest.approx(
        reference.roc_auc_score(clash, joined[:, 2])
    )
    findings = [decide(row, model.calibration)[0].value == "contradicts" for row in joined]
    assert result.measures["contradicts_finding_precision"].value == pytest.approx(
        reference.precision_score(clash, findings)
    )
    assert result.model == model.info
    assert not result.warnings
    assert all(svg.startswith("<svg") for _, svg in result.charts)


def test_swapped_labels_are_refused_by_the_canary(tmp_path: Path) -> None:
    swapped = build_tiny_nli(tmp_path / "m", labels=("contradiction", "neutral", "entailment"))
    with pytest.raises(ModelError, match="labels are mixed up"):
        TransformersNli(swapped)


def test_swapped_labels_of_the_data_are_reported(labelled: Path, tiny_nli: Path) -> None:
    frame = read_labelled([labelled])
    turned = {"agrees": "contradicts", "contradicts": "agrees", "neutral": "neutral"}
    frame["label"] = frame["label"].map(turned)
    result = evaluate_pairs(frame, TransformersNli(tiny_nli), resamples=0)
    assert any("worse than chance" in warning for warning in result.warnings)


def test_a_collapsed_model_is_reported(labelled: Path) -> None:
    frame = read_labelled([labelled])
    majority = load_baselines(encoder=Vectors())[0]
    warnings = evaluate_pairs(frame, majority, resamples=0).warnings
    assert any("collapsed: says 'agrees' 0 times" in warning for warning in warnings)


def test_baselines_are_what_their_names_say() -> None:
    majority, lexical, embedding = load_baselines(encoder=Vectors())
    train = load_pairs("train")
    pairs = list(zip(train["a"], train["b"], strict=True))[:50]
    most = ("agrees", "neutral", "contradicts").index(train["label"].mode()[0])
    assert set(majority.score(pairs).argmax(axis=1)) == {most}
    for judge in (majority, lexical, embedding):
        assert np.allclose(judge.score(pairs).sum(axis=1), 1, atol=1e-5)
    plain, negated = "The port opened in May.", "The port did not open in May."
    same, turned = lexical.score([(plain, plain), (plain, negated)])
    assert turned[2] > same[2]
    assert lexical_features([("Prices rose by 5%.", "Prices fell by 7%.")])[0].tolist()[1:] == [
        0,
        1,
        1,
        0,
    ]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".jsonl"])
def test_any_column_names_and_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"set{suffix}"
    rows = [("Rain, he said.", "Sun.", "clash"), ("Rain.", "Wet.", "entailment")]
    if suffix == ".jsonl":
        text = "\n".join(json.dumps(dict(zip(("x", "y", "z"), r, strict=True))) for r in rows)
    else:
        mark = "\t" if suffix == ".tsv" else ","
        text = mark.join("xyz") + "\n"
        text += "\n".join(mark.join(f'"{v}"' for v in row) for row in rows)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
    frame = read_labelled([path], Columns(a="x", b="y", label="z", labels={"clash": "contradicts"}))
    assert frame["label"].tolist() == ["contradicts", "agrees"]
    assert frame["a"].tolist() == ["Rain, he said.", "Rain."]
    with pytest.raises(InputError, match=r"no column 'a' or 'premise'.*--column-a"):
        read_labelled([path])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": "x", "b": "y", "label": "maybe"}', "field 'label': unknown label 'maybe'"),
        ('{"a": "", "b": "y", "label": "neutral"}', "field 'a': must be a text"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"a": "x", "b": "y", "label": "neutral"}\n' + line + "\n")
    with pytest.raises(InputError) as caught:
        read_labelled([path])
    assert str(caught.value).startswith(f"{path}:2: {message}")


def test_a_two_way_set_is_measured_on_its_two_classes() -> None:
    frame = pd.DataFrame(
        {"label": ["agrees", "not agrees", "not agrees"], "story": ["1", "2", "3"]}
    )
    scores = np.array([[0.4, 0.3, 0.3], [0.2, 0.5, 0.3], [0.45, 0.3, 0.25]], np.float32)
    found = predictions(frame, scores)
    assert found.classes == ("agrees", "not agrees")
    assert found.said.tolist() == [0, 1, 0]  # the verdict of the three-way model decides
    assert found.right.tolist() == [True, True, False]


def test_a_set_without_neutral_pairs_is_also_measured_without_that_answer(tiny_nli: Path) -> None:
    pairs = [(a, b, y) for a, b, y in tiny_examples(30, seed=4) if y != 1]
    # An entailment told by the rules as neutral: prices and survivors have nothing in common.
    odd = ("Wheat prices rose in Peru last year.", "All three miners survived.")
    a, b = [p[0] for p in pairs] + [odd[0]], [p[1] for p in pairs] + [odd[1]]
    labels = [WORDS[y] for *_, y in pairs] + ["entailment"]
    meanings = {"entailment": "agrees", "contradiction": "contradicts"}
    frame = pd.DataFrame({"id": [str(i) for i in range(len(a))], "story": a, "a": a, "b": b})
    frame["label"] = [meanings[label] for label in labels]
    frame["tags"], frame["note"] = [[] for _ in a], ""
    model = TransformersNli(tiny_nli)
    numbers = evaluate_pairs(frame, model, resamples=0).measures
    joined = combine(
        model.score(list(zip(a, b, strict=True))), model.score(list(zip(b, a, strict=True)))
    )
    right = (joined[:, 2] > joined[:, 0]) == (frame["label"] == "contradicts").to_numpy()
    assert numbers["accuracy_without_neutral"].value == pytest.approx(right.mean())
    assert numbers["accuracy"].value < 1


def test_labels_that_exclude_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    rows = ({"a": "x", "b": "y", "label": name} for name in ("neutral", "not_entailment"))
    path.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(InputError, match="exclude each other"):
        read_labelled([path])


def test_a_worse_model_is_found_worse(labelled: Path, tiny_nli: Path, deaf: Path) -> None:
    frame = read_labelled([labelled])
    good = evaluate_pairs(frame, TransformersNli(tiny_nli), resamples=0).outcomes
    bad = evaluate_pairs(frame, TransformersNli(deaf), resamples=0).outcomes
    result = compare(bad, good, resamples=200)
    accuracy = result.differences["accuracy"]
    assert accuracy.value == pytest.approx(
        np.mean([o.right for o in bad]) - np.mean([o.right for o in good])
    )
    assert accuracy.high is not None
    assert accuracy.high < 0
    assert len(result.broken) - len(result.fixed) == round(-accuracy.value * len(frame))
    assert all(o.said != o.expected for o in result.broken)
    assert result.p_value < 0.05
    same = compare(good, good, resamples=20)
    assert (same.p_value, same.fixed, same.broken) == (1.0, (), ())
    assert same.differences["accuracy"].value == 0


def test_mcnemar_is_the_binomial_test() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(5, 0) == pytest.approx(2 * 0.5**5)
    assert mcnemar(3, 3) == 1


def test_runs_without_common_items_are_refused(labelled: Path, tiny_nli: Path) -> None:
    outcomes = evaluate_pairs(read_labelled([labelled]), TransformersNli(tiny_nli), resamples=0)
    with pytest.raises(InputError, match="nothing in common"):
        compare(outcomes.outcomes[:5], outcomes.outcomes[30:])


def test_something_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a model directory nor a run"):
        read_outcomes(tmp_path)
