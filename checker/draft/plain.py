"""A plain-text draft as blocks of placed text: one paragraph or list item each."""

from __future__ import annotations

import re

from checker.documents import unwrap
from checker.draft.positions import literal
from checker.draft.types import Block, BlockKind

_QUOTED = re.compile(r"\s*>+[ \t]*")
_FOOTNOTE = re.compile(r"\s*(?:\[\d+\]|[¹²³⁴-⁹]+)\s+")


def read_plain(source: str) -> list[Block]:
    """Return the blocks of a flattened text; hard-wrapped lines of a paragraph are one block.

    Lines that begin with ">" are quoted, as in mail; "[1]" opens a footnote.
    """
    whole = unwrap(source)  # keeps every offset
    blocks = []
    for line in re.finditer(r"[^\n]+", whole):
        if not line.group().strip():
            continue
        kind, start = BlockKind.PARAGRAPH, line.start()
        for pattern, meant in ((_QUOTED, BlockKind.QUOTATION), (_FOOTNOTE, BlockKind.FOOTNOTE)):
            mark = pattern.match(whole, line.start(), line.end())
            if mark:
                kind, start = meant, mark.end()
                break
        blocks.append(Block(kind=kind, placed=literal(whole, start, line.end())))
    return blocks
