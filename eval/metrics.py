"""Measures of predictions, with intervals from resampling whole stories.

Everything that scikit-learn has is taken from it. Own code: the expected
calibration error and the bootstrap over groups.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

RESAMPLES = 1_000
LEVEL = 0.95
SEED = 13
BINS = 10  # of equal width; Guo et al. 2017, "On Calibration of Modern Neural Networks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number, and the 95% interval over resampled stories where one was made."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Probabilities of each class of a set and the right class of each row.

    `probabilities` has shape (n, classes), rows sum to 1; `gold` holds column
    numbers, shape (n,); `groups` the story of each row. `said` is the class
    that the judge decided for.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    gold: NDArray[np.int64]
    said: NDArray[np.int64]
    groups: NDArray[np.int64]

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of the class that was said."""
        return self.probabilities[np.arange(len(self.said)), self.said]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether what was said is right."""
        result: NDArray[np.bool_] = self.said == self.gold
        return result

    def take(self, rows: NDArray[np.int64]) -> Predictions:
        """The same for some rows, in the order given."""
        return Predictions(
            classes=self.classes,
            probabilities=self.probabilities[rows],
            gold=self.gold[rows],
            said=self.said[rows],
            groups=self.groups[rows],
        )


def reliability(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS
) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, rows) of each bin of confidence that is not empty."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        (float(confidence[place == b].mean()), float(right[place == b].mean()), int(n))
        for b, n in enumerate(np.bincount(place, minlength=bins))
        if n
    ]


def calibration_error(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS
) -> float:
    """Expected calibration error: mean gap of confidence and share right, weighted by rows.

    >>> calibration_error(np.array([0.8, 0.8]), np.array([True, False]))
    0.3
    """
    found = reliability(confidence, right, bins)
    return round(sum(abs(mean - share) * n for mean, share, n in found) / len(confidence), 10)


def measures(predictions: Predictions) -> dict[str, float]:
    """All numbers of a set of predictions, by name.

    accuracy, macro_f1; precision, recall and f1 of each class; average_precision
    and auroc of contradiction (of the first class in a two-way set about
    agreement), left out where only one side is present; calibration_error.
    """
    numbers = range(len(predictions.classes))
    precision, recall, f1, _ = precision_recall_fscore_support(
        predictions.gold, predictions.said, labels=list(numbers), zero_division=0
    )
    present = np.unique(predictions.gold)
    found = {"accuracy": float(predictions.right.mean()), "macro_f1": float(f1[present].mean())}
    for i, name in enumerate(predictions.classes):
        if name.startswith("not "):
            continue
        found |= {f"{name}_precision": float(precision[i]), f"{name}_recall": float(recall[i])}
        found[f"{name}_f1"] = float(f1[i])
    target = predictions.classes.index(
        "contradicts" if "contradicts" in predictions.classes else "agrees"
    )
    positive = predictions.gold == target
    if positive.any() and not positive.all():
        scores = predictions.probabilities[:, target]
        name = predictions.classes[target]
        found[f"{name}_average_precision"] = float(average_precision_score(positive, scores))
        found[f"{name}_auroc"] = float(roc_auc_score(positive, scores))
    found["calibration_error"] = calibration_error(predictions.confidence, predictions.right)
    return found


def confusion(predictions: Predictions) -> NDArray[np.int64]:
    """Counts, rows the right class, columns the said one."""
    numbers = list(range(len(predictions.classes)))
    result: NDArray[np.int64] = confusion_matrix(predictions.gold, predictions.said, labels=numbers)
    return result


def group_numbers(groups: Sequence[str]) -> NDArray[np.int64]:
    """The groups' names as numbers from 0 on."""
    _, numbers = np.unique(np.asarray(list(groups), dtype=object).astype(str), return_inverse=True)
    return numbers.astype(np.int64)


def resampled_rows(
    groups: NDArray[np.int64], resamples: int = RESAMPLES, seed: int = SEED
) -> list[NDArray[np.int64]]:
    """Row numbers of each bootstrap sample: whole groups, drawn with replacement.

    Pairs of one story share names and facts, so that resampling pairs would
    make the intervals too narrow.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [
        np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        for _ in range(resamples)
    ]


def with_intervals(
    compute: Callable[[NDArray[np.int64]], Mapping[str, float]],
    groups: NDArray[np.int64],
    resamples: int = RESAMPLES,
) -> dict[str, Measure]:
    """Numbers of all rows, each with its 95% percentile interval over resampled groups.

    `compute` maps row numbers to numbers by name. A number that a sample
    cannot have (no positive row) is left out of that sample. No interval is
    given for a single group.
    """
    values = compute(np.arange(len(groups)))
    if resamples == 0 or len(np.unique(groups)) < 2:
        return {name: Measure(value=value) for name, value in values.items()}
    samples: dict[str, list[float]] = {name: [] for name in values}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn on samples without some class
        for rows in resampled_rows(groups, resamples):
            for name, value in compute(rows).items():
                if name in samples:
                    samples[name].append(value)
    made = {}
    for name, value in values.items():
        tail = (1 - LEVEL) / 2
        low, high = np.quantile(samples[name], [tail, 1 - tail]) if samples[name] else (None, None)
        made[name] = Measure(
            value=value,
            low=None if low is None else float(low),
            high=None if high is None else float(high),
        )
    return made
