"""Fitting temperature and thresholds: on dev only, and with the right answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import tiny_examples

from checker.decision import combine
from checker.errors import InputError
from checker.nli import TransformersNli, read_calibration, softmax
from eval.calibration import (
    fit_model,
    fit_temperature,
    joined_nll,
    logits,
    refuse_test_files,
    smallest_threshold,
)
from eval.fixtures import FIXTURES, load_pairs
from eval.labelled import read_labelled
from eval.scoring import Scored, score_frame

WORDS = ("agrees", "neutral", "contradicts")


def write_dev(path: Path) -> Path:
    rows = ({"a": a, "b": b, "label": WORDS[y]} for a, b, y in tiny_examples(240, seed=9))
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def synthetic(temperature: float) -> tuple[Scored, np.ndarray]:
    """Pairs whose labels are drawn from the combined probabilities at temperature 1."""
    rng = np.random.default_rng(5)
    true = rng.normal(0, 2, (4000, 3)).astype(np.float32)
    odds = combine(softmax(true), softmax(true))
    odds = odds / odds.sum(axis=1, keepdims=True)
    gold = np.array([rng.choice(3, p=np.maximum(p, 0) / np.maximum(p, 0).sum()) for p in odds])
    sharp = softmax(true * temperature)
    return Scored(forward=sharp, backward=sharp), gold


def test_the_temperature_that_made_the_scores_too_sure_is_found() -> None:
    scored, gold = synthetic(2.5)
    assert fit_temperature(scored, gold, 1.0) == pytest.approx(2.5, rel=0.08)


def test_a_stored_temperature_is_undone_first() -> None:
    true = np.random.default_rng(0).normal(0, 2, (50, 3)).astype(np.float32)
    cool = softmax(true / 3.0)
    back = logits(Scored(forward=cool, backward=cool), 3.0)
    assert np.allclose(softmax(back.forward), softmax(true), atol=1e-5)
    scored, gold = synthetic(2.5)
    divided = softmax(logits(scored, 1.0).forward / 4.0)
    again = Scored(forward=divided, backward=divided)
    assert fit_temperature(again, gold, 4.0) == pytest.approx(
        fit_temperature(scored, gold, 1.0), rel=1e-3
    )


def test_the_threshold_is_the_smallest_with_the_precision() -> None:
    rng = np.random.default_rng(1)
    scores = rng.uniform(0, 1, 500)
    right = rng.uniform(0, 1, 500) < scores
    found = smallest_threshold(scores, right, 0.85, "x")
    assert right[scores >= found].mean() >= 0.85
    lower = [t for t in np.sort(scores) if t < found]
    assert all(right[scores >= t].mean() < 0.85 for t in lower)


def test_a_precision_out_of_reach_is_said() -> None:
    scores = np.linspace(0.1, 0.9, 60)
    with pytest.raises(InputError, match=r"no threshold gives x findings.*best: 0\.5"):
        smallest_threshold(scores, np.arange(60) % 2 == 0, 0.9, "x")
    with pytest.raises(InputError, match="best: none"):
        smallest_threshold(scores[:10], np.ones(10, bool), 0.9, "x")


def test_fit_writes_what_the_model_then_uses(tmp_path: Path, tiny_nli: Path) -> None:
    directory = Path(shutil.copytree(tiny_nli, tmp_path / "model"))
    dev = write_dev(tmp_path / "easy.dev.jsonl")
    before = TransformersNli(directory)
    fitted = fit_model(directory, [dev], before)
    content = json.loads((directory / "calibration.json").read_text())
    assert content["fitted_on"][0]["file"] == dev.name
    assert len(content["fitted_on"][0]["sha256"]) == 64
    assert content["target_precision"] == {"contradicts": 0.9, "agrees": 0.9}
    after = TransformersNli(directory)
    assert after.calibration == read_calibration(directory)
    assert after.calibration.temperature == fitted.temperature
    frame = read_labelled([dev])
    gold = np.array([WORDS.index(label) for label in frame["label"]])
    scored = score_frame(frame, before)
    cold = joined_nll(logits(scored, 1), gold, 1.0)
    assert fitted.nll_before == pytest.approx(cold)
    assert fitted.nll_after <= fitted.nll_before
    again = fit_model(directory, [dev], after)
    assert again.temperature == pytest.approx(fitted.temperature, rel=0.05)


def test_test_files_are_refused_by_place_name_and_content(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a test file"):
        refuse_test_files(sorted((FIXTURES / "pairs" / "test").glob("*.jsonl")))
    named = write_dev(tmp_path / "easy.test.jsonl")
    with pytest.raises(InputError, match="a test file"):
        refuse_test_files([named])
    (tmp_path / "test").mkdir()
    with pytest.raises(InputError, match="a test file"):
        refuse_test_files([write_dev(tmp_path / "test" / "pairs.jsonl")])
    row = load_pairs("test").iloc[0]
    copied = tmp_path / "innocent.dev.jsonl"
    turned = {"premise": row["b"].upper(), "hypothesis": row["a"], "label": "neutral"}
    copied.write_text(json.dumps(turned))
    with pytest.raises(InputError, match="holds the test pair"):
        refuse_test_files([copied])
    refuse_test_files([write_dev(tmp_path / "easy.dev.jsonl")])


def test_a_link_to_a_test_file_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "dev.jsonl"
    link.symlink_to(FIXTURES / "pairs" / "test" / "health.jsonl")
    with pytest.raises(InputError, match="a test file"):
        refuse_test_files([link])


def test_two_way_sets_cannot_be_fitted_on(tmp_path: Path, tiny_nli: Path) -> None:
    path = tmp_path / "two.dev.jsonl"
    path.write_text(json.dumps({"a": "x y", "b": "z", "label": "not_entailment"}))
    with pytest.raises(InputError, match="two-way"):
        fit_model(tmp_path, [path], TransformersNli(tiny_nli))
    assert not (tmp_path / "calibration.json").exists()
