"""The draft as one offline HTML page, its notes in the margin beside their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from checker.draft.formats import difference_words, heading, summary, where
from checker.draft.positions import LineIndex
from checker.draft.types import Level, Note, Result
from checker.report import TEMPLATES

_SERIOUS = (Level.ERROR, Level.WARNING, Level.INFO)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a line, the level of the worst note on it, and the first note there."""

    text: str
    level: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the draft: its number, its stretches, the notes that begin on it."""

    number: int
    segments: tuple[Segment, ...]
    notes: tuple[Note, ...]


def lines_of(result: Result, notes: Sequence[Note]) -> list[Line]:
    """Cut the draft into lines, and lines at the edges of notes; no character is left out."""
    text = result.draft.text
    index = LineIndex(text)
    count, _ = index.line_column(len(text))
    made = []
    for number in range(1, count + 1):
        first, last = index.line_span(number, len(text))
        here = [n for n in notes if n.place.start < last and n.place.end > first]
        edges = {first, last}
        for note in here:
            edges |= {max(first, note.place.start), min(last, note.place.end)}
        cuts = sorted(edges)
        segments = []
        for start, end in pairwise(cuts):
            on = [n for n in here if n.place.start < end and n.place.end > start]
            on.sort(key=lambda note: _SERIOUS.index(note.level))
            level, note_id = (on[0].level.value, on[0].id) if on else ("", "")
            segments.append(Segment(text[start:end], level, note_id))
        begin = tuple(n for n in notes if n.place.line == number)
        made.append(Line(number, tuple(segments), begin))
    return made


def to_page(result: Result, notes: Sequence[Note]) -> str:
    """One page that needs no other file and no network, and can ask for none."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("draft.html").render(
        result=result,
        notes=notes,
        lines=lines_of(result, notes),
        style=(TEMPLATES / "draft.css").read_text(encoding="utf-8"),
        summary=summary(result, notes),
        heading=heading,
        words=difference_words,
        where=where,
    )
