"""Notes as SARIF 2.1.0, the format that code-scanning services and editors read.

After "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"
(OASIS Standard, 2020); the section numbers below are those of the standard.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import checker
from checker.draft.formats import difference_words, heading, where
from checker.draft.types import Choice, Level, Note, Place, Result, Rule

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# Names the way in which `note_id` is made; another way gets another name (3.27.17).
FINGERPRINT = "checkerNote/v1"
_LEVELS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_RULES = {
    Rule.CONTRADICTS_SOURCE: ("ContradictsSource", "A sentence contradicts a source."),
    Rule.CONTRADICTS_DRAFT: ("ContradictsDraft", "Two sentences of the draft contradict."),
    Rule.SUPPORTED: ("Supported", "A sentence is backed by independent sources."),
    Rule.UNSUPPORTED: ("Unsupported", "A checkable sentence to which no source speaks."),
}
_ORDER = list(_RULES)


def file_uri(path: str) -> str:
    """Return a relative reference where the file lies under the working folder, else a file URI.

    >>> file_uri("a b/draft.md")
    'a%20b/draft.md'
    """
    full = Path(os.path.abspath(path))
    root = Path.cwd()
    if full.is_relative_to(root):
        return quote(full.relative_to(root).as_posix())
    return "file://" + quote(full.as_posix())


def _region(place: Place, text: str | None = None) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
        "charOffset": place.start,
        "charLength": place.end - place.start,
    }
    if text is not None:
        region["snippet"] = {"text": text}
    return region


def _message(note: Note) -> str:
    lines = [f"{heading(note)[0].upper()}{heading(note)[1:]}."]
    lines += [f"Source: {b.text} ({where(b)})" for b in note.backing]
    if note.differences:
        lines.append("Differs: " + "; ".join(difference_words(d) for d in note.differences))
    if note.explained_by:
        lines.append("May be explained by: " + ", ".join(e.value for e in note.explained_by))
    return "\n".join(lines)


def _suppressions(note: Note) -> list[dict[str, Any]]:
    """Why a note is not shown (3.35); an empty list says that it is."""
    if note.suppressed is not None:
        return [{"kind": "inSource", "status": "accepted", "justification": note.suppressed}]
    if note.decision is not None and note.decision.decision is Choice.DISMISS:
        return [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{note.decision.reason} ({note.decision.by})",
            }
        ]
    return []


def _result(note: Note, path: str) -> dict[str, Any]:
    related = []
    for number, backing in enumerate(note.backing, 1):
        region = _region(backing.place, backing.text) if backing.place else None
        if region is None:  # a PDF has no lines
            region = {"startLine": backing.line, "snippet": {"text": backing.text}}
        related.append(
            {
                "id": number,
                "physicalLocation": {
                    "artifactLocation": {"uri": file_uri(backing.path)},
                    "region": region,
                },
                "message": {"text": backing.text},
            }
        )
    result: dict[str, Any] = {
        "ruleId": note.rule.value,
        "ruleIndex": _ORDER.index(note.rule),
        "kind": "informational" if note.level is Level.INFO else "fail",
        "level": "none" if note.level is Level.INFO else _LEVELS[note.level],
        "message": {"text": _message(note)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": file_uri(path)},
                    "region": _region(note.place, note.text),
                }
            }
        ],
        "partialFingerprints": {FINGERPRINT: note.id},
        "suppressions": _suppressions(note),
        "properties": {
            "confidence": note.confidence,
            "explainedBy": [reason.value for reason in note.explained_by],
            "origins": note.origins,
        },
    }
    if related:
        result["relatedLocations"] = related
    if note.confidence is not None:
        result["rank"] = round(100 * note.confidence, 2)
    if note.state is not None:
        result["baselineState"] = note.state.value
    return result


def to_sarif(
    results: Sequence[tuple[Result, Sequence[Note]]],
    absent: Sequence[Mapping[str, Any]] = (),
) -> str:
    """All drafts' notes as one run.

    Dismissed notes among them carry why (`suppressions`). `absent` are the
    results of a baseline that are gone; they are kept, marked so (3.27.24).
    """
    found = [_result(note, result.draft.path) for result, notes in results for note in notes]
    found += [{**old, "baselineState": "absent"} for old in absent]
    notifications = [
        {"level": "warning", "message": {"text": f"{problem.path}: {problem.reason}"}}
        for result, _ in results
        for problem in result.problems
        if not problem.skipped
    ]
    run = {
        "tool": {
            "driver": {
                "name": "checker",
                "version": checker.__version__,
                "rules": [
                    {
                        "id": rule.value,
                        "name": name,
                        "shortDescription": {"text": text},
                        "defaultConfiguration": {
                            "level": "error" if rule.value.startswith("contradicts") else "note"
                        },
                    }
                    for rule, (name, text) in _RULES.items()
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": found,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"
