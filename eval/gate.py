"""The quality gate: no number of the shipped model may fall.

`baseline.json` holds a floor for every number, the hash of every fixture
file, and why floors were ever lowered. A number below its floor fails the
gate; a changed fixture makes it refuse, since numbers on other data say
nothing. After adbar/trafilatura's gated evaluation.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from checker.config import Config
from checker.errors import InputError
from checker.nli import NliModel
from checker.report import write_whole
from checker.types import ModelInfo
from eval.claims import evaluate_claims
from eval.documents import evaluate_documents
from eval.drafts import evaluate_drafts, load_draft_cases
from eval.fixtures import FIXTURES, load_cases, load_pairs
from eval.pairing import cases_run, evaluate_pairing
from eval.pairs import evaluate_pairs
from eval.results import Evaluation

BASELINE = Path(__file__).parent / "baseline.json"
# What the gate watches, by command; a name ending in * stands for all that begin so.
WATCHED = {
    "pairs": (
        "accuracy",
        "macro_f1",
        "contradicts_f1",
        "contradicts_average_precision",
        "contradicts_auroc",
        "contradicts_finding_*",
        "agrees_finding_*",
        "calibration_error",
    ),
    "claims": ("quoted_recall", "marked_*"),
    "pairing": ("cases_recall*",),
    "documents": (
        "contradicts_*",
        "agrees_*",
        "precision_at_*",
        "false_alarms_per_1000",
        "never_found",
    ),
    "drafts": ("planted_found", "error_precision", "note_precision", "false_*", "exact_place"),
}
LOWER_IS_BETTER = (
    "calibration_error",
    "false_alarms_per_1000",
    "never_found",
    "false_errors_per_1000_words",
    "false_notes_per_1000_words",
)
# Another machine may score in another precision, in which under 1% of labels flip.
SLACK = 0.01
# Whole runs give a few dozen findings, of which one that flips is more than that.
SLACK_OF = {"documents": 0.05, "drafts": 0.05}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One lowering of floors: when, why, and what fell."""

    date: str
    reason: str
    changes: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The committed state: numbers of the model, fixtures they were measured on, regressions."""

    model: ModelInfo
    fixtures: dict[str, str]
    floors: dict[str, float]
    regressions: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A number that is worse than its floor; `measured` is None when it is gone."""

    name: str
    floor: float
    measured: float | None

    def __str__(self) -> str:
        if self.measured is None:
            return f"{self.name}: not measured any more (was {self.floor:.4f})"
        by = abs(self.measured - self.floor)
        verb = "rose" if lower_is_better(self.name) else "fell"
        return f"{self.name}: {verb} by {by:.4f}, from {self.floor:.4f} to {self.measured:.4f}"


def lower_is_better(name: str) -> bool:
    """Whether a smaller value of this number is the better one."""
    return name.endswith(LOWER_IS_BETTER)


def measure_all(model: NliModel, directory: Path, root: Path = FIXTURES) -> dict[str, Evaluation]:
    """Every command on the fixtures alone, so that anyone who has the project can run it.

    `directory` is where `model` comes from: drafts load it in a precision of their own.
    """
    cases = load_cases(root)
    return {
        "pairs": evaluate_pairs(load_pairs("test", root), model, resamples=0),
        "claims": evaluate_claims(cases, resamples=0),
        "pairing": evaluate_pairing([cases_run(cases)], resamples=0),
        "documents": evaluate_documents(cases, model, resamples=0),
        "drafts": evaluate_drafts(
            load_draft_cases(root), Config(model=str(directory)), resamples=0
        ),
    }


def watched(evaluations: Mapping[str, Evaluation]) -> dict[str, float]:
    """The numbers that the gate watches, as "command.measure"."""
    found = {}
    for command, names in WATCHED.items():
        if command not in evaluations:
            continue
        for name, measure in evaluations[command].measures.items():
            if any(
                name == want or (want.endswith("*") and name.startswith(want[:-1]))
                for want in names
            ):
                found[f"{command}.{name}"] = round(measure.value, 4)
    return found


def read_baseline(path: Path = BASELINE) -> Baseline:
    """The committed baseline; InputError when it is missing or malformed."""
    if not path.is_file():
        raise InputError(f"{path}: no baseline yet; make it with `python -m eval gate --update`")
    try:
        return TypeAdapter(Baseline).validate_json(path.read_text("utf-8"))
    except ValidationError as error:
        detail = error.errors()[0]
        field = ".".join(str(part) for part in detail["loc"])
        raise InputError(f"{path}: field {field!r}: {detail['msg']}") from error


def changed_fixtures(baseline: Baseline, now: Mapping[str, str]) -> list[str]:
    """Which fixture files were changed, added or removed since the baseline."""
    then = baseline.fixtures
    found = [f"{name}: removed" for name in sorted(then.keys() - now.keys())]
    found += [f"{name}: added" for name in sorted(now.keys() - then.keys())]
    found += [
        f"{name}: changed" for name in sorted(then.keys() & now.keys()) if then[name] != now[name]
    ]
    return found


def falls(
    floors: Mapping[str, float], numbers: Mapping[str, float], slack: float = SLACK
) -> list[Fall]:
    """The numbers that are worse than their floor by more than `slack`, or gone.

    Numbers of whole runs are allowed SLACK_OF, counts per 1,000 a tenth of their
    floor, where that is more. With a `slack` of 0 every fall counts.
    """
    found = []
    for name, floor in floors.items():
        measured = numbers.get(name)
        allowed = max(slack, SLACK_OF.get(name.partition(".")[0], 0.0)) if slack else 0.0
        if "per_1000" in name and slack:
            allowed = max(allowed, floor / 10)
        loss = None if measured is None else floor - measured
        if loss is not None and lower_is_better(name):
            loss = -loss
        if loss is None or loss > allowed + 1e-9:
            found.append(Fall(name=name, floor=floor, measured=measured))
    return found


def updated(
    old: Baseline | None,
    model: ModelInfo,
    fixtures: Mapping[str, str],
    numbers: Mapping[str, float],
    reason: str | None,
) -> Baseline:
    """The baseline with today's numbers.

    Raises InputError when a number would be lowered and no reason is given;
    the reason is kept in `regressions`.
    """
    lowered = falls(old.floors, numbers, slack=0.0) if old else []
    if lowered and not (reason or "").strip():
        lines = "\n".join(f"  {fall}" for fall in lowered)
        raise InputError(f"lowering a floor needs --allow-regression REASON:\n{lines}")
    entries = old.regressions if old else ()
    if lowered:
        entries += (
            Entry(
                date=datetime.datetime.now(datetime.UTC).date().isoformat(),
                reason=(reason or "").strip(),
                # A number that is gone is recorded as fallen to zero.
                changes={f.name: (f.floor, f.measured or 0.0) for f in lowered},
            ),
        )
    return Baseline(model=model, fixtures=dict(fixtures), floors=dict(numbers), regressions=entries)


def write_baseline(baseline: Baseline, path: Path = BASELINE) -> None:
    """Write the baseline, to be committed."""
    content: dict[str, Any] = asdict(baseline)
    write_whole(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
