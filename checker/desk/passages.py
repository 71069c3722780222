"""Texts of documents as a page shows them: cut to size, marked, nothing invisible in them.

Templates escape; this module decides what is text and what is marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checker.types import Difference

# Characters of a paragraph shown on each side of a claim.
PARAGRAPH = 700
# Characters of a claim shown on its own page.
LONGEST_CLAIM = 3_000
# Controls except tab and line ends, and what turns the direction of writing.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_NAMED = {
    "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF",
    "\u202d": "LRO", "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI",
    "\u2069": "PDI", "\ufeff": "BOM",
}  # fmt: skip


def visible(text: str) -> str:
    """Show what would act or hide: control characters and overrides of direction, by sign.

    >>> visible("\\x1b[31m and \\u202eturned")
    '␛[31m and ⟦RLO⟧turned'
    """

    def sign(match: re.Match[str]) -> str:
        code = ord(match.group())
        if code < 0x20:
            return chr(0x2400 + code)
        return "␡" if code == 0x7F else f"⟦{_NAMED.get(match.group(), f'{code:02X}')}⟧"

    return _HIDDEN.sub(sign, text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a claim; `kind` says in what it differs from the other claim, or is ""."""

    text: str
    kind: str = ""


def pieces(text: str, differing: Iterable[tuple[str, str]]) -> list[Piece]:
    """Cut a claim where it differs: `differing` are (kind, words as they stand in it).

    >>> pieces("Three men left.", [("number", "Three")])
    [Piece(text='Three', kind='number'), Piece(text=' men left.', kind='')]
    """
    spans: list[tuple[int, int, str]] = []
    for kind, words in differing:
        pattern = rf"(?<!\w){re.escape(words)}(?!\w)" if words[:1].isalnum() else re.escape(words)
        found = re.search(pattern, text, re.IGNORECASE)
        if found and not any(
            found.start() < end and start < found.end() for start, end, _ in spans
        ):
            spans.append((*found.span(), kind))
    made, last = [], 0
    for start, end, kind in sorted(spans):
        made += [Piece(text[last:start]), Piece(text[start:end], kind)]
        last = end
    return [piece for piece in (*made, Piece(text[last:])) if piece.text]


def differing(differences: Sequence[Difference], side: str) -> list[tuple[str, str]]:
    """The words of side "a" or "b" that differ, by kind, as far as they can stand in a claim."""
    found = []
    for difference in differences:
        shown: str = getattr(difference, side)
        if difference.kind == "date":
            found += [("date", shown), ("date", shown[:4])]
        elif difference.kind in ("number", "name"):
            found += [(difference.kind, words) for words in shown.split(", ")]
        else:
            found.append((difference.kind, shown))
    return [(kind, words) for kind, words in found if words]


def paragraph(before: str, after: str, whole: tuple[bool, bool]) -> tuple[str, str]:
    """Cut what stands around a claim to its paragraph; "…" where it goes on.

    `whole` says whether the document begins with `before` and ends with `after`.
    """
    left, right = before.rfind("\n") + 1, after.find("\n")
    start = before[left:] if left or whole[0] else "… " + before.split(" ", 1)[-1]
    end = after[:right] if right >= 0 else after if whole[1] else after.rsplit(" ", 1)[0] + " …"
    return start, end
