"""A DOCX draft as text with one paragraph a line, and its blocks.

An editor finds a place in Word by the number of the paragraph and the words
there; so the draft's "line" is the paragraph's number, counted from 1 over
body and tables in the order of the document, empty ones included.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from checker.documents import open_docx
from checker.draft.positions import literal
from checker.draft.types import Block, BlockKind

# Word's own character for a line break inside a paragraph; "\n" would count as a paragraph.
SOFT_BREAK = "\v"


def _paragraphs(container: Any) -> Iterator[Any]:
    """The paragraphs of a body or cell in order, those of tables inside included."""
    from docx.table import Table

    for item in container.iter_inner_content():
        if isinstance(item, Table):
            seen = set()
            for row in item.rows:
                for cell in row.cells:
                    if cell._tc not in seen:  # a merged cell comes once for each row and column
                        seen.add(cell._tc)
                        yield from _paragraphs(cell)
        else:
            yield item


def _kind(style: str) -> BlockKind:
    name = style.lower()
    if name.startswith(("heading", "title", "subtitle", "toc")):
        return BlockKind.HEADING
    if "quote" in name:
        return BlockKind.QUOTATION
    if "code" in name or "preformatted" in name:
        return BlockKind.CODE
    return BlockKind.FOOTNOTE if "footnote" in name else BlockKind.PARAGRAPH


def read_word(data: bytes) -> tuple[str, list[Block], datetime.date | None]:
    """Return the draft's text, its blocks and the date of its last change.

    Raises checker.documents.Unusable when the file is no readable DOCX.
    """
    document = open_docx(data)
    lines: list[str] = []
    kinds: list[BlockKind] = []
    for paragraph in _paragraphs(document):
        text = paragraph.text
        for mark in ("\r\n", "\n", "\r"):
            text = text.replace(mark, SOFT_BREAK)
        lines.append(text)
        kinds.append(_kind((paragraph.style.name if paragraph.style else "") or ""))
    whole = "\n".join(lines)
    blocks = []
    start = 0
    for line, kind in zip(lines, kinds, strict=True):
        blocks.append(Block(kind=kind, placed=literal(whole, start, start + len(line))))
        start += len(line) + 1
    modified = document.core_properties.modified
    # python-docx stamps its template with 2013; a date of the template is no date.
    date = modified.date() if modified and modified.year != 2013 else None
    return whole, blocks, date
