"""An HTML draft, or the HTML inside a Markdown draft, as blocks of placed text.

The parser is the standard library's, which says where every tag, entity and
stretch of text begins. Scripts, styles, menus and forms hold no prose.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import accumulate

from checker.draft.positions import joined, literal, written_as
from checker.draft.types import Block, BlockKind, PlacedText

_UNSEEN = frozenset(
    "audio button canvas head iframe math nav noscript object script select style svg template "
    "textarea video".split()
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q ruby s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 title".split())
# Where pages say when they were published; names of meta elements.
_DATES = frozenset(
    "date dc.date dcterms.created article:published_time datepublished pubdate".split()
)


@dataclass(slots=True)
class Page:
    """The blocks of a page, and the date that its metadata states."""

    blocks: list[Block] = field(default_factory=list)
    date: str = ""


class _Reader(HTMLParser):
    """Collects blocks; `base` is where the parsed stretch begins in the draft."""

    def __init__(self, source: str, start: int, end: int) -> None:
        super().__init__(convert_charrefs=False)
        self.page = Page()
        self._source = source
        self._end = end
        self._lines = [start]
        self._lines += accumulate(
            (len(line) + 1 for line in source[start:end].split("\n")), initial=start
        )
        del self._lines[0]
        self._open: list[str] = []
        self._parts: list[PlacedText] = []
        self._quotations: list[int] = []
        self._speaker = ""
        self.feed(source[start:end])
        self.close()
        self._finish()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _inside(self, *names: str) -> bool:
        return any(name in self._open for name in names)

    def _finish(self) -> None:
        """End the block that is being read."""
        placed = joined(self._parts)
        self._parts.clear()
        if not placed.text.strip():
            return
        if self._quotations and self._inside("footer", "cite"):
            self._speaker = " ".join(placed.text.split()).lstrip("—–- ")
            return
        kind = BlockKind.PARAGRAPH
        if self._inside("pre"):
            kind = BlockKind.CODE
        elif self._inside(*_HEADINGS):
            kind = BlockKind.HEADING
        elif self._quotations:
            kind = BlockKind.QUOTATION
        self.page.blocks.append(Block(kind=kind, placed=placed))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._parts.append(written_as(" ", self._at(), self._at() + 1))
        elif tag == "meta":
            values = {name: value or "" for name, value in attrs}
            name = values.get("name") or values.get("property") or values.get("itemprop") or ""
            if name.lower() in _DATES:
                self.page.date = self.page.date or values.get("content", "")
        elif tag not in _INLINE or (tag == "cite" and self._quotations):
            self._finish()
        if tag == "body":
            self._open = [name for name in self._open if name != "head"]
        if tag == "blockquote":
            self._quotations.append(len(self.page.blocks))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE or (tag == "cite" and self._quotations):
            self._finish()
        if tag in self._open:
            last = len(self._open) - 1 - self._open[::-1].index(tag)
            del self._open[last:]
        if tag == "blockquote" and self._quotations:
            first = self._quotations.pop()
            if self._speaker:
                self.page.blocks[first:] = [
                    replace(block, speaker=self._speaker) for block in self.page.blocks[first:]
                ]
            self._speaker = ""

    def handle_data(self, data: str) -> None:
        if not self._inside(*_UNSEEN):
            self._parts.append(literal(self._source, self._at(), self._at() + len(data)))

    def _reference(self, written: str) -> None:
        start = self._at()
        end = start + len(written)
        if end < self._end and self._source[end] == ";":
            end += 1
        if not self._inside(*_UNSEEN):
            self._parts.append(written_as(html.unescape(self._source[start:end]), start, end))

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name}")

    def handle_comment(self, data: str) -> None:
        start = self._at()
        end = self._source.find("-->", start, self._end)
        end = self._end if end < 0 else end + 3
        comment = Block(kind=BlockKind.COMMENT, placed=literal(self._source, start, end))
        self.page.blocks.append(comment)


def read_html(source: str, start: int = 0, end: int | None = None) -> Page:
    """Return the blocks of the stretch `[start, end)` of a flattened text, in order."""
    return _Reader(source, start, len(source) if end is None else end).page
