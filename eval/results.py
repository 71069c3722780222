"""What an evaluation found, and its files: result.json, outcomes.jsonl, the terminal table."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

import checker
from checker.errors import InputError
from checker.escaping import printable
from checker.types import ModelInfo
from eval.metrics import Measure

SCHEMA_VERSION = 1
RESULT = "result.json"
OUTCOMES = "outcomes.jsonl"
PAGE = "index.html"
_PACKAGES = ("torch", "transformers", "onnxruntime", "numpy", "scikit-learn", "scipy", "spacy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One thing that was measured: what was right, what was said.

    `badness` orders the errors, worst first: how much surer the judge was of
    the wrong answer than of the right one, -1 to 1. `probabilities` are those
    of `classes`, empty where the judge gave none.
    """

    id: str
    group: str
    a: str
    b: str = ""
    expected: str
    said: str
    right: bool
    badness: float = 0.0
    classes: tuple[str, ...] = ()
    probabilities: tuple[float, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of numbers or words under headings."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The result of one command.

    `measures` and `baselines` hold numbers by name; `files` the SHA-256 of
    every file measured on; `charts` (title, SVG); `warnings` what a reader
    must know before the numbers.
    """

    command: str
    files: dict[str, str]
    measures: dict[str, Measure]
    outcomes: tuple[Outcome, ...]
    baselines: dict[str, dict[str, Measure]] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    charts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    model: ModelInfo | None = None
    seconds: float = 0.0

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """What went wrong, worst first."""
        wrong = [outcome for outcome in self.outcomes if not outcome.right]
        return tuple(sorted(wrong, key=lambda o: (-o.badness, o.id)))


def cpu() -> str:
    """The name of the processor and how many of its cores may be used."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text("utf-8", errors="replace").splitlines()
        name = next(
            (x.partition(":")[2].strip() for x in lines if x.startswith("model name")), name
        )
    affinity = getattr(os, "sched_getaffinity", None)
    return f"{name}, {len(affinity(0)) if affinity else os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """The versions that a number can depend on."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"checker": checker.__version__, "python": platform.python_version(), **found}


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """The content of result.json; only plain types."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": evaluation.command,
        "created": datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat(),
        "seconds": round(evaluation.seconds, 1),
        "model": asdict(evaluation.model) if evaluation.model else None,
        "fixtures": evaluation.files,
        "versions": versions(),
        "cpu": cpu(),
        "warnings": list(evaluation.warnings),
        "measures": {name: asdict(m) for name, m in evaluation.measures.items()},
        "baselines": {
            name: {key: asdict(m) for key, m in found.items()}
            for name, found in evaluation.baselines.items()
        },
        "tables": [asdict(table) for table in evaluation.tables],
    }


def outcome_lines(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as JSON lines, for a later comparison."""
    return "".join(json.dumps(asdict(o), ensure_ascii=False) + "\n" for o in outcomes)


def read_outcomes(run: Path) -> tuple[Outcome, ...]:
    """The outcomes of an earlier run, from its folder or its result.json.

    Raises InputError when they are not there or not readable.
    """
    path = (run.parent if run.name == RESULT else run) / OUTCOMES
    if not path.is_file():
        raise InputError(f"{run}: neither a model directory nor a run (no {OUTCOMES})")
    adapter = TypeAdapter(Outcome)
    made = []
    for number, line in enumerate(path.read_text("utf-8").removesuffix("\n").split("\n"), 1):
        try:
            made.append(adapter.validate_json(line))
        except ValidationError as error:
            raise InputError(f"{path}:{number}: {error.errors()[0]['msg']}") from error
    return tuple(made)


def shown(measure: Measure | None) -> str:
    """A number with its interval.

    >>> shown(Measure(value=0.5, low=0.4, high=0.61))
    '0.500 (0.400–0.610)'
    """
    if measure is None:
        return ""
    if measure.low is None or measure.high is None:
        return f"{measure.value:.3f}"
    return f"{measure.value:.3f} ({measure.low:.3f}–{measure.high:.3f})"


def overview(
    measures: Mapping[str, Measure], baselines: Mapping[str, Mapping[str, Measure]]
) -> Table:
    """All numbers, one a row, the baselines beside."""
    return Table(
        title="Measures",
        headings=("measure", "value (95% interval)", *baselines),
        rows=tuple(
            (
                name.replace("_", " "),
                shown(measure),
                *(f"{b[name].value:.3f}" if name in b else "" for b in baselines.values()),
            )
            for name, measure in measures.items()
        ),
    )


def cell(value: str | int | float | None) -> str:
    """A table cell as text."""
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else printable(str(value))
