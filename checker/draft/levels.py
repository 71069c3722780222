"""From which confidence a contradiction is a warning, and from which an error.

Both belong to a model: `python -m eval runs`, which fits what a confidence
means, writes `levels.json` into the model's directory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from checker.draft.types import Level
from checker.errors import ModelError
from checker.nli import Calibration
from checker.types import Explanation

LEVELS = "levels.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Least confidence of an error and of a warning, 0 to 1."""

    error: float
    warning: float

    def of(self, confidence: float, explained_by: tuple[Explanation, ...]) -> Level:
        """Return the level of a contradiction; one that can be explained is never an error."""
        strong = confidence >= self.error and not explained_by
        return Level.ERROR if strong else Level.WARNING


def read_levels(directory: Path, calibration: Calibration) -> Levels:
    """Read a model's levels.

    Without a file a warning is what a report calls a contradiction, and an
    error lies half way from there to certainty, which has not been measured.
    Raises ModelError when the file cannot be read.
    """
    path = directory / LEVELS
    if not path.is_file():
        least = calibration.contradict_threshold
        return Levels(error=(1 + least) / 2, warning=least)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Levels(error=float(values["error"]), warning=float(values["warning"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path}: not readable levels: {error}") from error
