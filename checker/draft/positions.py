"""Lines and columns of a draft, and text that knows where it stands.

Columns count code points, as SARIF's `columnKind` says. A line ends at CRLF,
LF or CR and nowhere else, as editors have it. Nothing here changes the
draft: `flattened` text has the same length, so its offsets are the draft's.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from checker.draft.types import Place, PlacedText

_LINE_END = re.compile(r"\r\n|\n|\r")
_PICTOGRAPHS = 0x2190  # arrows, dingbats and emoji begin here; "°" and "©" stand before
_EMOJI_PARTS = frozenset("\u200d\ufe0f\u20e3" + "".join(map(chr, range(0x1F3FB, 0x1F400))))


class LineIndex:
    """The lines of a text, found once."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def line_column(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of a character.

        >>> LineIndex("ab\\r\\nc").line_column(4)
        (2, 1)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line_span(self, line: int, length: int) -> tuple[int, int]:
        """Return where the 1-based line begins and the next one does; `length` is the text's."""
        last = self._starts[line] if line < len(self._starts) else length
        return self._starts[line - 1], last

    def place(self, start: int, end: int) -> Place:
        """Return the place of the stretch `[start, end)`."""
        line, column = self.line_column(start)
        end_line, end_column = self.line_column(end)
        return Place(
            start=start,
            end=end,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
        )


def flattened(text: str) -> str:
    """Return the text with every line end as one LF, its length and all offsets kept.

    >>> flattened("a\\r\\nb\\rc")
    'a \\nb\\nc'
    """
    return text.replace("\r\n", " \n").replace("\r", "\n")


def literal(text: str, start: int, end: int) -> PlacedText:
    """Return the stretch `[start, end)` of a text as it stands."""
    return PlacedText(text[start:end], tuple(range(start, end)), tuple(range(start + 1, end + 1)))


def written_as(text: str, start: int, end: int) -> PlacedText:
    """Return text that the stretch `[start, end)` of the draft stands for, such as an entity."""
    return PlacedText(text, (start,) * len(text), (end,) * len(text))


def joined(parts: Iterable[PlacedText]) -> PlacedText:
    """Return the parts one after the other."""
    found = list(parts)
    return PlacedText(
        "".join(part.text for part in found),
        tuple(place for part in found for place in part.starts),
        tuple(place for part in found for place in part.ends),
    )


def without(placed: PlacedText, pattern: re.Pattern[str]) -> PlacedText:
    """Return the text without the matches of a pattern."""
    pieces = []
    last = 0
    for match in pattern.finditer(placed.text):
        pieces.append(part(placed, last, match.start()))
        last = match.end()
    return joined([*pieces, part(placed, last, len(placed.text))])


def part(placed: PlacedText, start: int, end: int) -> PlacedText:
    """Return the characters `[start, end)` of placed text."""
    return PlacedText(placed.text[start:end], placed.starts[start:end], placed.ends[start:end])


def _is_space(character: str) -> bool:
    """Whether a character is white space, or an emoji, which no sentence needs."""
    return (
        character.isspace()
        or character in _EMOJI_PARTS
        or (ord(character) >= _PICTOGRAPHS and unicodedata.category(character) == "So")
    )


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """The spans of a character with its combining marks, and of runs of white space."""
    start = 0
    while start < len(text):
        end = start + 1
        if _is_space(text[start]):
            while end < len(text) and _is_space(text[end]):
                end += 1
        else:
            while end < len(text) and unicodedata.combining(text[end]):
                end += 1
        yield start, end
        start = end


def readable(placed: PlacedText) -> PlacedText:
    """Return the text as models read it: white space and emoji one space, characters composed.

    No place is lost: a composed character (NFC) stands where its parts stand.
    """
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for first, last in _clusters(placed.text):
        cluster = placed.text[first:last]
        shown = " " if _is_space(cluster[0]) else cluster
        if last - first > 1 and shown != " ":
            shown = unicodedata.normalize("NFC", cluster)
        if shown == " " and not text:
            continue
        text.append(shown)
        starts += [placed.starts[first]] * len(shown)
        ends += [placed.ends[last - 1]] * len(shown)
    if text and text[-1] == " ":
        text.pop(), starts.pop(), ends.pop()
    return PlacedText("".join(text), tuple(starts), tuple(ends))
