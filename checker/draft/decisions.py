"""What editors decided about notes, in a plain file beside the draft.

`draft.md.decisions.jsonl` holds one decision a line, sorted by id, so that a
version control system shows each as one changed line. A decision holds for as
long as both sentences stay the same in substance, wherever they move.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from checker.draft.types import Choice, Decision, Note
from checker.errors import InputError
from checker.report import write_whole

SUFFIX = ".decisions.jsonl"
_WORDS = Annotated[str, Field(pattern=r"\S")]


def decisions_path(draft: Path) -> Path:
    """Return where the decisions about a draft are kept."""
    return draft.with_name(draft.name + SUFFIX)


def read_decisions(path: Path) -> list[Decision]:
    """Read a decisions file; none where there is no file.

    Raises InputError naming file, line and field of what is wrong; the file
    is left as it is.
    """
    from pydantic.dataclasses import dataclass

    @dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
    class Row:
        id: _WORDS
        decision: Choice
        reason: _WORDS
        by: _WORDS
        date: str = ""
        draft: str = ""
        source: str = ""

    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read the decisions: {error}") from error
    adapter = TypeAdapter(Row)
    found: dict[str, Decision] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = adapter.validate_json(line)
        except ValidationError as error:
            detail = error.errors()[0]
            field = ".".join(str(part) for part in detail["loc"])
            where = f"field {field!r}: " if field else ""
            raise InputError(
                f"{path}:{number}: not a decision: {where}{detail['msg']}. "
                "Mend or remove the line; nothing was changed"
            ) from error
        if row.id in found:
            raise InputError(
                f"{path}:{number}: a second decision on {row.id}; remove one of the two lines"
            )
        found[row.id] = Decision(**asdict(row))
    return list(found.values())


def write_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Write a decisions file, whole or not at all. Raises InputError when it cannot be."""
    rows = sorted(decisions, key=lambda decision: decision.id)
    lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    try:
        write_whole(path, "".join(lines))
    except OSError as error:
        raise InputError(f"{path}: cannot write the decision: {error.strerror}") from error


def decide_note(
    path: Path, notes: Sequence[Note], id: str, choice: Choice, reason: str, by: str, date: str
) -> Decision:
    """Record a decision about one of the notes; it replaces an earlier one on the same note.

    Raises InputError when no note has the id, or when reason or name is empty.
    """
    note = next((note for note in notes if note.id == id), None)
    if note is None:
        raise InputError(f"no note has the id {id!r} now; run without --decide to see the notes")
    if not reason.strip() or not by.strip():
        raise InputError("a decision needs a reason and a name: --reason TEXT --by NAME")
    decision = Decision(
        id=id,
        decision=choice,
        reason=" ".join(reason.split()),
        by=" ".join(by.split()),
        date=date,
        draft=" ".join(note.text.split()),
        source=note.backing[0].text if note.backing else "",
    )
    others = [known for known in read_decisions(path) if known.id != id]
    write_decisions(path, [*others, decision])
    return decision


def with_decisions(
    notes: Sequence[Note], decisions: Sequence[Decision]
) -> tuple[list[Note], list[Decision]]:
    """Return the notes with what was decided about them, and the decisions that meet no note."""
    by_id = {decision.id: decision for decision in decisions}
    ids = {note.id for note in notes}
    decided = [replace(note, decision=by_id.get(note.id)) for note in notes]
    return decided, [decision for decision in decisions if decision.id not in ids]
