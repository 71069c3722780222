"""Temperature and thresholds of a model, fitted on development pairs only.

Writes `calibration.json`, which `checker.nli` reads with the model. Refuses
files that hold test pairs, by name and by content.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from checker.errors import InputError
from checker.nli import CALIBRATION, NliModel, softmax
from checker.report import write_whole
from eval.fixtures import FIXTURES, LABELS, file_hash, load_pairs, normalised
from eval.labelled import Columns, read_labelled
from eval.scoring import Scored, score_frame

TARGET = 0.9  # precision that a finding should have
# A precision of fewer findings than this is chance: 20 of 20 right still
# leaves 0.83 at the low end of a 95% interval (Clopper-Pearson).
LEAST_FINDINGS = 20
BOUNDS = (0.05, 20.0)  # of the temperature
_TINY = 1e-30


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What was fitted, and how good the temperature made the probabilities (mean NLL, nats)."""

    temperature: float
    contradict_threshold: float
    agree_threshold: float
    nll_before: float
    nll_after: float


def refuse_test_files(
    paths: Sequence[Path], root: Path = FIXTURES, columns: Columns | None = None
) -> None:
    """Raise InputError for a file that is a test set by its name, its place or its pairs."""
    test = load_pairs("test", root)
    known = {frozenset((normalised(a), normalised(b))) for a, b in zip(test.a, test.b, strict=True)}
    for path in paths:
        full = path.resolve()
        if "/test/" in full.as_posix() or ".test." in full.name or full.stem == "test":
            raise InputError(f"{path}: a test file; nothing is fitted on it. Use a dev file.")
    for path in paths:
        frame = read_labelled([path], columns)
        for row in frame.itertuples():
            if frozenset((normalised(str(row.a)), normalised(str(row.b)))) in known:
                raise InputError(f"{path}: holds the test pair {row.id}; nothing is fitted on it")


def joined_nll(unscaled: Scored, gold: NDArray[np.int64], t: float) -> float:
    """Mean negative log-likelihood of the combined probabilities at temperature `t`.

    `unscaled` holds logits, `gold` column numbers.
    """
    joined = cooled(unscaled, t).combined
    right = joined[np.arange(len(gold)), gold]
    return float(-np.log(np.maximum(right, _TINY)).mean())


def cooled(unscaled: Scored, t: float) -> Scored:
    """The probabilities of logits at temperature `t`."""
    return replace(
        unscaled, forward=softmax(unscaled.forward / t), backward=softmax(unscaled.backward / t)
    )


def logits(scored: Scored, temperature: float) -> Scored:
    """The logits (up to a constant a row) behind probabilities that a temperature has divided."""
    return replace(
        scored,
        forward=_logits(scored.forward, temperature),
        backward=_logits(scored.backward, temperature),
    )


def _logits(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    logged = np.log(np.maximum(probabilities.astype(np.float64), _TINY))
    result: NDArray[np.float32] = (logged * temperature).astype(np.float32)
    return result


def fit_temperature(scored: Scored, gold: NDArray[np.int64], stored: float) -> float:
    """The temperature with the lowest NLL of both directions combined.

    `stored` is the temperature under which `scored` was made; it is undone
    first. After Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    unscaled = logits(scored, stored)
    found = minimize_scalar(
        lambda x: joined_nll(unscaled, gold, float(np.exp(x))),
        bounds=(float(np.log(BOUNDS[0])), float(np.log(BOUNDS[1]))),
        method="bounded",
    )
    return float(np.exp(found.x))


def smallest_threshold(
    scores: NDArray[np.float64], right: NDArray[np.bool_], target: float, name: str
) -> float:
    """The smallest threshold at which the findings have the target precision.

    `scores` and `right` are of the rows on whose side the verdict would be.
    Raises InputError, naming the best precision in reach, when no threshold
    with LEAST_FINDINGS findings has it.

    >>> smallest_threshold(np.linspace(0.1, 0.9, 40), np.arange(40) >= 20, 1.0, "x")
    0.5102
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # Equal scores stand on one side of any threshold: only the last of a run can be a cut.
    last = np.append(ranked[1:] != ranked[:-1], True)
    usable = last & (np.arange(1, len(order) + 1) >= LEAST_FINDINGS)
    good = np.flatnonzero(usable & (precision >= target))
    if len(good) == 0:
        best = f"{precision[usable].max():.3f}" if usable.any() else "none"
        raise InputError(
            f"no threshold gives {name} findings a precision of {target} with at least "
            f"{LEAST_FINDINGS} findings (best: {best}); more dev pairs, a better model, "
            "or a lower --target"
        )
    return float(np.floor(ranked[good[-1]] * 1e4) / 1e4)


def fit(
    frame: pd.DataFrame,
    model: NliModel,
    target: float = TARGET,
    agree_target: float | None = None,
) -> Fit:
    """Fit temperature, then thresholds, on labelled dev pairs.

    `target` is the precision of findings, `agree_target` that of agreements
    where it differs.
    """
    unknown = sorted(set(frame["label"]) - set(LABELS))
    if unknown:
        raise InputError(f"cannot fit three classes on a two-way set (label {unknown[0]!r})")
    gold = np.array([LABELS.index(label) for label in frame["label"]], np.int64)
    scored = score_frame(frame, model)
    stored = model.calibration.temperature
    temperature = round(fit_temperature(scored, gold, stored), 4)
    unscaled = logits(scored, stored)
    joined = cooled(unscaled, temperature).combined.astype(np.float64)
    agree, contradict = joined[:, 0], joined[:, 2]
    clash = contradict >= agree  # as checker.decision.decide has it
    return Fit(
        temperature=temperature,
        contradict_threshold=smallest_threshold(
            contradict[clash], gold[clash] == 2, target, "contradicts"
        ),
        agree_threshold=smallest_threshold(
            agree[~clash], gold[~clash] == 0, agree_target or target, "agrees"
        ),
        nll_before=joined_nll(unscaled, gold, 1.0),
        nll_after=joined_nll(unscaled, gold, temperature),
    )


def fit_model(
    directory: Path,
    files: Sequence[Path],
    model: NliModel,
    target: float = TARGET,
    columns: Columns | None = None,
    root: Path = FIXTURES,
    agree_target: float | None = None,
) -> Fit:
    """Fit on dev files and write `calibration.json` into the model's directory."""
    refuse_test_files(files, root, columns)
    fitted = fit(read_labelled(files, columns), model, target, agree_target)
    content = {
        "temperature": fitted.temperature,
        "contradict_threshold": fitted.contradict_threshold,
        "agree_threshold": fitted.agree_threshold,
        "target_precision": {"contradicts": target, "agrees": agree_target or target},
        "nll": {"temperature 1": round(fitted.nll_before, 4), "fitted": round(fitted.nll_after, 4)},
        "fitted_on": [{"file": path.name, "sha256": file_hash(path)} for path in files],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    write_whole(directory / CALIBRATION, json.dumps(content, indent=1) + "\n")
    return fitted
