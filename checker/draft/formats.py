"""A check's result as text, versioned JSON and GitHub annotations.

Every text of a draft or a source is data: made harmless for a terminal and
escaped for the format it stands in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from checker.draft.types import Backing, Decision, Draft, Level, Note, Place, Result, Rule
from checker.escaping import printable
from checker.types import Difference

SCHEMA_VERSION = 1


def heading(note: Note) -> str:
    """What a note says, in one line.

    >>> from checker.draft.types import Place
    >>> place = Place(start=0, end=1, line=1, column=1, end_line=1, end_column=2)
    >>> heading(Note(id="", rule=Rule.UNSUPPORTED, level=Level.INFO, place=place, text="A."))
    'no source speaks to this'
    """
    if note.rule is Rule.UNSUPPORTED:
        return "no source speaks to this"
    if note.rule is Rule.SUPPORTED:
        many = "origin" if note.origins == 1 else "origins"
        return f"backed by {note.origins} independent {many}"
    other = note.backing[0]
    against = "another sentence of the draft" if note.rule is Rule.CONTRADICTS_DRAFT else ""
    copies = f" and {len(note.backing) - 1} more" if len(note.backing) > 1 else ""
    return f"contradicts {against or other.source}{copies}"


def difference_words(difference: Difference) -> str:
    """One difference in words: the draft's side first."""
    return f"{difference.kind} ({difference.a or '—'} / {difference.b or '—'})"


def where(backing: Backing) -> str:
    """File and line of the other side."""
    return f"{backing.path}:{backing.line}"


def to_text(result: Result, notes: Sequence[Note]) -> str:
    """The notes as linters print them, one block each."""
    blocks = []
    path = printable(result.draft.path)
    for note in notes:
        confidence = f" ({note.confidence:.0%})" if note.confidence is not None else ""
        state = f" {note.state.value}" if note.state else ""
        accepted = " accepted" if note.decision else ""
        lines = [
            f"{path}:{note.place.line}:{note.place.column}: {note.level.value}: "
            f"{printable(heading(note))}{confidence} [{note.id}]{state}{accepted}",
            f"    draft:  {printable(note.text)}",
        ]
        for backing in note.backing:
            date = f", {backing.published}" if backing.published else ""
            said = f", according to {printable(backing.speaker)}" if backing.speaker else ""
            lines.append(f"    source: {printable(backing.text)}")
            lines.append(f"            — {printable(where(backing))}{date}{said}")
        if note.differences:
            words = "; ".join(difference_words(d) for d in note.differences)
            lines.append(f"    differs: {printable(words)}")
        if note.explained_by:
            words = ", ".join(reason.value for reason in note.explained_by)
            lines.append(f"    may be explained by: {words}")
        if note.decision:
            lines.append(
                f"    accepted by {printable(note.decision.by)}: {printable(note.decision.reason)}"
            )
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def summary(result: Result, notes: Sequence[Note]) -> str:
    """The counts of a check, in one line."""
    levels = [note.level for note in notes]
    counts = [
        f"{levels.count(level)} {name}{'' if levels.count(level) == 1 else 's'}"
        for level, name in ((Level.ERROR, "error"), (Level.WARNING, "warning"))
    ]
    hidden = [note for note in result.notes if not note.active]
    dismissed = sum(note.suppressed is None for note in hidden)
    stats = result.stats
    line = (
        f"{', '.join(counts)} in {stats.claims} claims against {stats.sources} sources "
        f"({stats.origins} independent origins), {stats.pairs} pairs, {stats.scored} scored anew, "
        f"{stats.seconds:.1f} s"
    )
    if dismissed:
        line += f"; {dismissed} dismissed"
    if len(hidden) > dismissed:
        line += f"; {len(hidden) - dismissed} switched off in the draft"
    if stats.cut_pairs:
        line += f"; {stats.cut_pairs} pairs cut by --max-pairs"
    return line


def _place(place: Place) -> dict[str, int]:
    return {
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "start": place.start,
        "end": place.end,
    }


def _backing(backing: Backing) -> dict[str, Any]:
    return {
        "file": backing.path,
        "source": backing.source,
        "line": backing.line,
        "column": backing.place.column if backing.place else None,
        "text": backing.text,
        "speaker": backing.speaker,
        "published": str(backing.published) if backing.published else None,
    }


def decision_json(decision: Decision | None) -> dict[str, Any] | None:
    """A decision as plain types."""
    if decision is None:
        return None
    return {
        "decision": decision.decision.value,
        "reason": decision.reason,
        "by": decision.by,
        "date": decision.date,
    }


def note_json(note: Note, draft: Draft) -> dict[str, Any]:
    """A note in the versioned schema; only plain types. Columns count code points."""
    return {
        "id": note.id,
        "rule": note.rule.value,
        "level": note.level.value,
        "message": heading(note),
        "file": draft.path,
        **_place(note.place),
        "text": note.text,
        "confidence": note.confidence,
        "explained_by": [reason.value for reason in note.explained_by],
        "differences": [{"kind": d.kind, "draft": d.a, "source": d.b} for d in note.differences],
        "origins": note.origins,
        "sources": [_backing(backing) for backing in note.backing],
        "decision": decision_json(note.decision),
        "suppressed": note.suppressed,
        "baseline_state": note.state.value if note.state else None,
    }


def to_json(results: Sequence[tuple[Result, Sequence[Note]]]) -> str:
    """All drafts' notes as JSON text, UTF-8."""
    drafts = [
        {
            "file": result.draft.path,
            "line_name": result.draft.line_name,
            "model": {
                "name": result.model.name,
                "precision": result.model.precision,
                "hash": result.model.hash,
            },
            "notes": [note_json(note, result.draft) for note in notes],
            "problems": [{"path": p.path, "reason": p.reason} for p in result.problems],
            "unused_decisions": [decision.id for decision in result.unused],
            "stats": {
                "claims": result.stats.claims,
                "sources": result.stats.sources,
                "origins": result.stats.origins,
                "pairs": result.stats.pairs,
                "scored": result.stats.scored,
                "cut_pairs": result.stats.cut_pairs,
            },
        }
        for result, notes in results
    ]
    content = {"schema_version": SCHEMA_VERSION, "column_kind": "unicodeCodePoints"}
    return json.dumps(content | {"drafts": drafts}, ensure_ascii=False, indent=2) + "\n"


def _property(text: str) -> str:
    """A property of a workflow command, as GitHub's own toolkit escapes it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def to_github(result: Result, notes: Sequence[Note]) -> str:
    """The notes as workflow commands, which GitHub shows beside the changed lines."""
    names = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
    lines = []
    for note in notes:
        values = {
            "file": printable(result.draft.path),
            "line": str(note.place.line),
            "endLine": str(note.place.end_line),
            "col": str(note.place.column),
            "endColumn": str(note.place.end_column),
            "title": printable(heading(note)),
        }
        properties = ",".join(f"{name}={_property(value)}" for name, value in values.items())
        body = [f"draft: {printable(note.text)}"]
        body += [f"source: {printable(b.text)} — {printable(where(b))}" for b in note.backing]
        body += [printable(difference_words(d)) for d in note.differences]
        if note.explained_by:
            body.append("may be explained by: " + ", ".join(e.value for e in note.explained_by))
        lines.append(f"::{names[note.level]} {properties}::{_data(chr(10).join(body))}\n")
    return "".join(lines)
