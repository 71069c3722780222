"""How sure a contradiction is among the pairs of a run, fitted on development drafts only.

A judge that is right about nine in ten given pairs is wrong about most of the
clashes that it sees in a run, where one pair in a hundred is a clash. So the
pairs that the checker itself chooses in development drafts are judged, and a
logistic regression on the judge's log-odds gives how likely each is to be one
of the listed contradictions. Its
numbers go into `calibration.json`, which `checker.nli` reads with the model,
the levels of a draft's notes into `levels.json`.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from checker.config import Config
from checker.decision import combine
from checker.draft.cache import Cache
from checker.draft.checking import load_models
from checker.draft.levels import LEVELS
from checker.errors import InputError
from checker.nli import CALIBRATION
from checker.report import write_whole
from eval.drafts import DraftCase, listed_pairs, load_draft_cases
from eval.fixtures import FIXTURES, file_hash

DEV = FIXTURES / "dev"
# Fewer contradictions than this say little about two numbers.
LEAST_CONTRADICTIONS = 20
# Of the squared weights: next to nothing, it only keeps separable data finite.
REGULARISATION = 0.01
_TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFit:
    """What was fitted, and what the threshold gives, each case held out in turn.

    log-odds = offset + scale * the judge's log-odds.
    """

    offset: float
    scale: float
    pairs: int
    contradictions: int
    precision: float
    recall: float


def refuse_test_cases(cases: Sequence[DraftCase], root: Path = FIXTURES) -> None:
    """Raise InputError for a case of `root/drafts`, which only measures."""
    texts = {path.read_bytes() for path in (root / "drafts").glob("*/draft.*")}
    for case in cases:
        if Path(case.draft.path).read_bytes() in texts:
            raise InputError(f"{case.name}: a test case; nothing is fitted on it")


def judged(
    directory: Path, cases: Sequence[DraftCase]
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """The pairs that a run chooses: log-odds (n, 1), whether listed as a contradiction, case."""
    config, cache = Config(model=str(directory)), Cache(None)
    models = load_models(config, cache)
    chosen = [
        (pair, entry is not None and entry.row.kind == "contradicts", number)
        for number, case in enumerate(cases)
        for pair, entry in listed_pairs(case, config, cache, models)
    ]
    texts = [(pair.a.scored, pair.b.scored) for pair, *_ in chosen]
    forward = models.judge.score(texts)
    backward = models.judge.score([(b, a) for a, b in texts])
    likely = np.clip(combine(forward, backward)[:, 2].astype(np.float64), _TINY, 1 - _TINY)
    features = np.log(likely / (1 - likely))[:, None]
    right = np.array([listed for _, listed, _ in chosen], np.bool_)
    return features, right, np.array([number for *_, number in chosen], np.int64)


def fit_runs(directory: Path, root: Path, told: float, error: float) -> RunFit:
    """Fit on the draft cases of `root/drafts`; writes into the model's directory.

    A contradiction is reported from the confidence `told`, and is an error of
    a draft from `error`. The model's temperature is taken as it is. Raises
    InputError for a test case, and when the cases list too few contradictions.
    """
    cases = load_draft_cases(root)
    refuse_test_cases(cases)
    features, right, groups = judged(directory, cases)
    if right.sum() < LEAST_CONTRADICTIONS:
        raise InputError(
            f"{root / 'drafts'}: {right.sum()} contradictions among the pairs chosen; "
            f"at least {LEAST_CONTRADICTIONS} are needed"
        )
    regression = LogisticRegression(C=1 / REGULARISATION)
    held_out = cross_val_predict(
        regression, features, right, groups=groups, cv=LeaveOneGroupOut(), method="predict_proba"
    )[:, 1]
    said = held_out >= told
    regression.fit(features, right)
    fitted = RunFit(
        offset=round(float(regression.intercept_[0]), 4),
        scale=round(float(regression.coef_[0, 0]), 4),
        pairs=len(right),
        contradictions=int(right.sum()),
        precision=round(float(right[said].mean()), 4) if said.any() else 0.0,
        recall=round(float(said[right].mean()), 4),
    )
    files = sorted(path for path in (root / "drafts").rglob("*") if path.is_file())
    about = {
        "fitted_on": [
            {"file": path.relative_to(root).as_posix(), "sha256": file_hash(path)} for path in files
        ],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    path = directory / CALIBRATION
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    # The precision for which `eval fit` chose this threshold speaks of given pairs.
    content.get("target_precision", {}).pop("contradicts", None)
    content |= {
        "contradict_threshold": told,
        "run_offset": fitted.offset,
        "run_scale": fitted.scale,
        "run": {
            "pairs": fitted.pairs,
            "contradictions": fitted.contradictions,
            "held out": {"precision": fitted.precision, "recall": fitted.recall},
            **about,
        },
    }
    write_whole(path, json.dumps(content, indent=1) + "\n")
    write_whole(directory / LEVELS, json.dumps({"error": error, "warning": told}, indent=1) + "\n")
    return fitted
