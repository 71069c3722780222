"""Checking again on every save, and what changed since the last check."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.config import Config
from checker.documents import find_files
from checker.draft.cache import Cache
from checker.draft.checking import Models, check_draft
from checker.draft.decisions import decisions_path, read_decisions
from checker.draft.formats import summary, to_text
from checker.draft.reading import read_draft
from checker.draft.types import Level, Note, Result
from checker.errors import CheckerError
from checker.types import Problem

POLL_SECONDS = 0.3

Stamp = tuple[tuple[str, int, int], ...]


def _stamp(path: Path, against: Sequence[Path]) -> Stamp:
    """Name, time and size of everything a check depends on."""
    files = [str(path), str(decisions_path(path))]
    files += [found for found in find_files(against) if not isinstance(found, Problem)]
    stamps = []
    for name in files:
        try:
            status = Path(name).stat()
        except OSError:
            continue
        stamps.append((name, status.st_mtime_ns, status.st_size))
    return tuple(stamps)


def difference(before: Sequence[Note], after: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """Return the notes that came and those that went."""
    old, new = {note.id for note in before}, {note.id for note in after}
    return [n for n in after if n.id not in old], [n for n in before if n.id not in new]


def watch(
    path: Path,
    against: Sequence[Path],
    config: Config,
    cache: Cache,
    models: Models,
    *,
    poll: float = POLL_SECONDS,
) -> Iterator[str]:
    """Yield the notes at first, then what each save changed; endless.

    A draft that cannot be read for the moment (an editor is writing it) is
    told of, and looked at again.
    """
    last: Stamp | None = None
    before: list[Note] | None = None
    while True:
        stamp = _stamp(path, against)
        if stamp != last:
            last = stamp
            try:
                result = check_draft(
                    read_draft(path, max_bytes=config.max_bytes),
                    against,
                    config,
                    cache=cache,
                    models=models,
                    decisions=read_decisions(decisions_path(path)),
                )
            except CheckerError as error:
                yield f"{error}\n"
            else:
                after = [n for n in result.notes if n.active and n.level is not Level.INFO]
                yield _told(result, before, after)
                before = after
        time.sleep(poll)


def _told(result: Result, before: list[Note] | None, after: list[Note]) -> str:
    if before is None:
        return to_text(result, after) + summary(result, after) + "\n"
    came, went = difference(before, after)
    lines = "".join(f"- {n.level.value} {n.id} is gone: {' '.join(n.text.split())}\n" for n in went)
    if came:
        lines += to_text(result, came)
    return (lines or "no change\n") + summary(result, after) + "\n"
