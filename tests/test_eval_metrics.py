"""Metrics against scikit-learn, the calibration error by hand, and the bootstrap over stories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from eval.metrics import (
    Predictions,
    calibration_error,
    confusion,
    group_numbers,
    measures,
    reliability,
    resampled_rows,
    with_intervals,
)

CLASSES = ("agrees", "neutral", "contradicts")


def random_predictions(rows: int, seed: int, stories: int = 10) -> Predictions:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1, 1, 1], rows)
    return Predictions(
        classes=CLASSES,
        probabilities=probabilities,
        gold=rng.integers(0, 3, rows),
        said=probabilities.argmax(axis=1),
        groups=rng.integers(0, stories, rows),
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(30, 120), st.integers(0, 10**6))
def test_measures_are_those_of_scikit_learn(rows: int, seed: int) -> None:
    found = random_predictions(rows, seed)
    gold, said = found.gold, found.probabilities.argmax(axis=1)
    numbers = measures(found)
    assert numbers["accuracy"] == pytest.approx(reference.accuracy_score(gold, said))
    for i, name in enumerate(CLASSES):
        one = {"labels": [i], "average": "macro", "zero_division": 0}
        assert numbers[f"{name}_precision"] == pytest.approx(
            reference.precision_score(gold, said, **one)
        )
        assert numbers[f"{name}_recall"] == pytest.approx(reference.recall_score(gold, said, **one))
        assert numbers[f"{name}_f1"] == pytest.approx(reference.f1_score(gold, said, **one))
    clash, scores = gold == 2, found.probabilities[:, 2]
    assert numbers["contradicts_auroc"] == pytest.approx(reference.roc_auc_score(clash, scores))
    assert numbers["contradicts_average_precision"] == pytest.approx(
        reference.average_precision_score(clash, scores)
    )
    assert confusion(found).tolist() == reference.confusion_matrix(gold, said).tolist()


def test_ranking_measures_are_left_out_where_only_one_side_is_present() -> None:
    found = random_predictions(20, 1)
    one_sided = Predictions(
        classes=CLASSES,
        probabilities=found.probabilities,
        gold=np.zeros(20, np.int64),
        said=found.said,
        groups=found.groups,
    )
    assert not any("auroc" in name or "average" in name for name in measures(one_sided))


def test_calibration_error_by_hand() -> None:
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    # 4 rows: |0.95 - 0.75|; 2 rows: |0.55 - 0.5|
    assert calibration_error(confidence, right) == pytest.approx((4 * 0.2 + 2 * 0.05) / 6)
    assert [n for *_, n in reliability(confidence, right)] == [2, 4]
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0


def test_resampling_takes_whole_stories() -> None:
    groups = group_numbers(["x", "y", "x", "z", "y", "x"])
    samples = resampled_rows(groups, resamples=200)
    for rows in samples:
        counts = np.bincount(rows, minlength=6)
        for story in range(3):
            assert len(set(counts[groups == story].tolist())) == 1
    sizes = {len(rows) for rows in samples}
    assert len(sizes) > 1  # stories differ in size; resampled pairs would always be six
    again = resampled_rows(groups, resamples=200)
    assert all((a == b).all() for a, b in zip(samples, again, strict=True))


def test_intervals_over_stories_are_wider_than_over_pairs() -> None:
    # In each of 20 stories all ten pairs are right, or all are wrong.
    right = np.repeat(np.arange(20) % 2, 10).astype(float)
    stories = np.repeat(np.arange(20), 10)

    def width(groups: np.ndarray) -> float:
        found = with_intervals(lambda rows: {"share": right[rows].mean()}, groups, 500)["share"]
        assert found.value == 0.5
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0.5 < found.high
        return found.high - found.low

    assert width(stories) > 2 * width(np.arange(200))


def test_no_interval_is_made_up_for_a_single_story() -> None:
    found = with_intervals(lambda rows: {"share": 1.0}, np.zeros(5, np.int64), 100)["share"]
    assert (found.low, found.high) == (None, None)
