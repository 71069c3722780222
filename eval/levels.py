"""The levels of a draft's notes, fitted on development pairs only.

Writes `levels.json`, which `checker.draft.levels` reads with the model. The
model runs as drafts run it: in 8 bits where it can.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from checker.decision import combine
from checker.draft.cache import Cache
from checker.draft.levels import LEVELS, Levels
from checker.draft.scoring import CachedJudge
from checker.report import write_whole
from eval.calibration import refuse_test_files, smallest_threshold
from eval.fixtures import FIXTURES, LABELS, file_hash
from eval.labelled import read_labelled
from eval.scoring import score_frame


def fit_levels(
    directory: Path,
    files: Sequence[Path],
    error: float,
    warning: float,
    root: Path = FIXTURES,
) -> Levels:
    """Fit the least confidence of errors and of warnings for two target precisions.

    The model's temperature is taken as it is. Raises InputError for a test
    file, and when a precision is out of reach.
    """
    refuse_test_files(files, root)
    frame = read_labelled(files)
    gold = np.array([LABELS.index(label) for label in frame["label"]], np.int64)
    judge = CachedJudge(Cache(None), directory)
    scored = score_frame(frame, judge)
    joined = combine(scored.forward, scored.backward).astype(np.float64)
    agree, contradict = joined[:, 0], joined[:, 2]
    clash = contradict >= agree
    right = gold[clash] == LABELS.index("contradicts")
    fitted = Levels(
        error=smallest_threshold(contradict[clash], right, error, "error"),
        warning=smallest_threshold(contradict[clash], right, warning, "warning"),
    )
    content = {
        "error": fitted.error,
        "warning": fitted.warning,
        "target_precision": {"error": error, "warning": warning},
        "precision": judge.info.precision,
        "fitted_on": [{"file": path.name, "sha256": file_hash(path)} for path in files],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    write_whole(directory / LEVELS, json.dumps(content, indent=1) + "\n")
    return fitted
