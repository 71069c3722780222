"""The levels of a draft's notes, fitted on development drafts only.

Writes `levels.json`, which `checker.draft.levels` reads with the model. Whole
drafts are checked as the product checks them, in 8 bits where the model can,
with every contradiction that is not hopeless noted; what an editor would then
see above each threshold is counted.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from checker.config import Config
from checker.draft.cache import Cache
from checker.draft.checking import load_models
from checker.draft.levels import LEVELS, Levels
from checker.errors import InputError
from checker.report import write_whole
from eval.calibration import smallest_threshold
from eval.drafts import DraftCase, check_case, load_draft_cases
from eval.fixtures import FIXTURES, file_hash

DEV = FIXTURES / "dev"
# Noted while fitting; no threshold below it can come out.
FLOOR = 0.3


def refuse_test_cases(cases: Sequence[DraftCase], root: Path = FIXTURES) -> None:
    """Raise InputError for a case of `root/drafts`, which only measures."""
    texts = {path.read_bytes() for path in (root / "drafts").glob("*/draft.*")}
    for case in cases:
        if Path(case.draft.path).read_bytes() in texts:
            raise InputError(f"{case.name}: a test case; nothing is fitted on it")


def fit_levels(directory: Path, root: Path, error: float, warning: float) -> Levels:
    """Fit the least confidence of errors and of warnings for two target precisions.

    `root` holds the draft cases (`drafts/`), `error` is the share of errors and
    `warning` the share of all contradictions noted that should be right. The
    model's temperature is taken as it is. Raises InputError for a test case,
    and when a precision is out of reach.
    """
    cases = load_draft_cases(root)
    refuse_test_cases(cases)
    config = Config(model=str(directory))
    cache = Cache(None)
    models = replace(load_models(config, cache), levels=Levels(error=FLOOR, warning=FLOOR))
    noted = [
        (note, one.right(note))
        for one in (check_case(case, config, cache, models) for case in cases)
        for note in one.clashes
    ]
    confidence = np.array([note.confidence for note, _ in noted], np.float64)
    right = np.array([is_right for _, is_right in noted], bool)
    plain = np.array([not note.explained_by for note, _ in noted], bool)
    fitted = Levels(
        error=smallest_threshold(confidence[plain], right[plain], error, "error"),
        warning=smallest_threshold(confidence, right, warning, "warning"),
    )
    files = sorted(path for path in (root / "drafts").rglob("*") if path.is_file())
    content = {
        "error": fitted.error,
        "warning": fitted.warning,
        "target_precision": {"error": error, "warning": warning},
        "precision": models.judge.info.precision,
        "fitted_on": [
            {"file": path.relative_to(root).as_posix(), "sha256": file_hash(path)} for path in files
        ],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    write_whole(directory / LEVELS, json.dumps(content, indent=1) + "\n")
    return fitted
