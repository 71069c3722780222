"""Scoring pairs exactly as the product does: both directions, combined, then decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from checker.decision import combine, combine_directed, decide
from checker.nli import NliModel
from checker.types import Verdict
from eval.fixtures import LABELS
from eval.labelled import classes
from eval.metrics import Predictions, group_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Probabilities of agree, neutral, contradict; each of shape (n, 3), rows sum to 1.

    `directed`, shape (n,) or one for all, marks pairs whose order means premise and hypothesis.
    """

    forward: NDArray[np.float32]
    backward: NDArray[np.float32]
    directed: NDArray[np.bool_] | bool = False

    @property
    def combined(self) -> NDArray[np.float32]:
        """Both directions joined by the product's own rules, those of `check` and `label`."""
        joined: NDArray[np.float32] = np.where(
            np.reshape(self.directed, (-1, 1)),
            combine_directed(self.forward, self.backward),
            combine(self.forward, self.backward),
        )
        return joined


def score_frame(frame: pd.DataFrame, model: NliModel) -> Scored:
    """Score the columns `a` and `b` of a frame in both directions."""
    a, b = frame["a"].tolist(), frame["b"].tolist()
    return Scored(
        forward=model.score(list(zip(a, b, strict=True))),
        backward=model.score(list(zip(b, a, strict=True))),
        directed=frame["directed"].to_numpy(np.bool_) if "directed" in frame else False,
    )


def predictions(frame: pd.DataFrame, probabilities: NDArray[np.float32]) -> Predictions:
    """Bring scores of shape (n, 3) and the labels of a frame to the classes of its set.

    In a two-way set the probability of "not agrees" is that of the two other
    verdicts together, and a row counts as agreeing when agreement is the most
    likely of the three.
    """
    names = classes(frame["label"].tolist())
    said = probabilities.argmax(axis=1)
    if len(names) == 2:
        column = LABELS.index(names[0])
        one = probabilities[:, column]
        said = np.where(said == column, 0, 1)
        probabilities = np.stack([one, 1 - one], axis=1)
    return Predictions(
        classes=names,
        probabilities=probabilities.astype(np.float64),
        gold=np.array([names.index(label) for label in frame["label"]], np.int64),
        said=said.astype(np.int64),
        groups=group_numbers(frame["story"].tolist()),
    )


def verdicts(combined: NDArray[np.float32], model: NliModel) -> NDArray[np.str_]:
    """What the product says of each pair, by the model's own thresholds; shape (n,)."""
    return np.array([decide(row, model.calibration)[0].value for row in combined], np.str_)


def finding_measures(labels: NDArray[np.str_], said: NDArray[np.str_]) -> dict[str, float]:
    """Precision and recall of findings, as the thresholds let them through."""
    found = {}
    for verdict in (Verdict.CONTRADICTS.value, Verdict.AGREES.value):
        right = labels == verdict
        if right.any():
            hits = float(((said == verdict) & right).sum())
            found[f"{verdict}_finding_precision"] = hits / max(1, int((said == verdict).sum()))
            found[f"{verdict}_finding_recall"] = hits / int(right.sum())
    return found
