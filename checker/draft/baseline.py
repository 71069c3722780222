"""An earlier check's output as a baseline: which notes are new since then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checker.draft.sarif import FINGERPRINT
from checker.draft.types import Note, State
from checker.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The ids of the notes of an earlier check, and its SARIF results where it was SARIF."""

    ids: frozenset[str]
    results: tuple[dict[str, Any], ...] = ()


def read_baseline(path: Path) -> Baseline:
    """Read a file written with `--format json` or `--format sarif`.

    Raises InputError when it cannot be read or is neither.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path}: cannot read the baseline: {error}") from error
    try:
        if "runs" in content:
            results = [
                result
                for run in content["runs"]
                for result in run.get("results", ())
                if result.get("baselineState") != "absent"
            ]
            ids = (result["partialFingerprints"][FINGERPRINT] for result in results)
            return Baseline(ids=frozenset(ids), results=tuple(results))
        notes = [note for draft in content["drafts"] for note in draft["notes"]]
        return Baseline(ids=frozenset(note["id"] for note in notes))
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not a baseline: make one with --format json or --format sarif"
        ) from error


def against_baseline(notes: Sequence[Note], baseline: Baseline) -> list[Note]:
    """Return the notes with their state: in the baseline already, or new."""
    return [
        replace(note, state=State.UNCHANGED if note.id in baseline.ids else State.NEW)
        for note in notes
    ]


def gone(notes: Sequence[Note], baseline: Baseline) -> list[dict[str, Any]]:
    """Return the SARIF results of the baseline whose notes are no more."""
    ids = {note.id for note in notes}
    return [
        result
        for result in baseline.results
        if result["partialFingerprints"][FINGERPRINT] not in ids
    ]
