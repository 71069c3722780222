"""A Markdown draft as blocks of placed text.

Block structure and inline rules are markdown-it's (CommonMark with tables);
this module adds only where each character of a block stands in the file.
Expects flattened text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from checker.draft.html import read_html
from checker.draft.positions import joined, literal, part, without, written_as
from checker.draft.types import Block, BlockKind, PlacedText

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FOOTNOTE = re.compile(r"\s*\[\^[^\]\s]+\]:[ \t]*")
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]+\]")
_ATTRIBUTION = re.compile(r"\s*(?:—|–|--+)\s*")


class _PlacedInline(StateInline):
    """markdown-it's inline state, which also notes where each token begins (`meta["at"]`)."""

    def append_pending(self, text: str) -> None:
        if not self.pending:
            self._pending_at = self.pos
        super().append_pending(text)

    def pushPending(self) -> Token:  # noqa: N802 - markdown-it's name
        token = super().pushPending()
        token.meta["at"] = self._pending_at
        return token

    def push(self, ttype: str, tag: str, nesting: Any) -> Token:
        token = super().push(ttype, tag, nesting)
        # Each mark of a run such as "**" is a token of its own, all pushed at the run's begin.
        before = self.tokens[-2] if len(self.tokens) > 1 else None
        run = before is not None and ttype == before.type == "text"
        same = before.meta.get("run") if before is not None and run else None
        count = same[1] + 1 if same and same[0] == self.pos else 0
        token.meta |= {"at": self.pos + count, "run": (self.pos, count)}
        return token


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable(["inline", "text_join"])
    parser.inline.ruler2.disable("fragments_join")
    return parser


def _inline_tokens(content: str, parser: MarkdownIt, env: dict[str, Any]) -> list[Token]:
    tokens: list[Token] = []
    state = _PlacedInline(content, parser, env, tokens)
    parser.inline.tokenize(state)
    for rule in parser.inline.ruler2.getRules(""):
        rule(state)
    return tokens


def _content_places(source: str, content: str, lines: range, starts: list[int]) -> list[int]:
    """Where each character of a block's content stands in the source.

    Every line of the content is the end of a line of the source, after list
    marks, quotation marks and indentation.
    """
    places: list[int] = []
    for number, line in zip(lines, content.split("\n"), strict=False):
        raw = source[starts[number] : starts[number + 1]].rstrip("\n")
        bare = line.strip()
        found = raw.rfind(bare)
        first = starts[number] + max(found, 0) - (len(line) - len(line.lstrip()))
        places += range(first, first + len(line) + 1)  # one more for the line end
    return places[: len(content)]


def _cell_places(source: str, content: str, first: int) -> tuple[list[int], int]:
    """Where each character of a table cell stands, looked for from `first`; and its end."""
    pattern = re.escape(content).replace(r"\|", r"\\?\|")
    match = re.compile(pattern).search(source, first)
    if match is None:
        return [], first
    places = []
    at = match.start()
    for character in content:
        if character == "|" and source[at] == "\\":
            at += 1
        places.append(at)
        at += 1
    return places, match.end()


def _pieces(content: str, tokens: list[Token], places: list[int]) -> Iterator[PlacedText]:
    """The parts of a block that a reader sees, in order."""
    for token in tokens:
        at = token.meta.get("at", 0)
        if token.type == "text" and token.content:
            if content[at : at + 1] == "<" and token.content != "<" * len(token.content):
                at += 1  # an autolink, whose text begins after the bracket
            length = len(token.content)
            if content[at : at + length] == token.content:
                chosen = places[at : at + length]
                yield PlacedText(token.content, tuple(chosen), tuple(p + 1 for p in chosen))
            else:
                yield written_as(token.content, places[at], places[at] + 1)
        elif token.type == "text_special":
            last = places[at + len(token.markup) - 1] + 1
            yield written_as(token.content, places[at], last)
        elif token.type == "code_inline":
            at += len(token.markup)
            length = len(token.content)
            if content[at : at + length].replace("\n", " ") != token.content:
                at += 1
            chosen = places[at : at + length]
            yield PlacedText(token.content, tuple(chosen), tuple(p + 1 for p in chosen))
        elif token.type in ("softbreak", "hardbreak") or (
            token.type == "html_inline" and token.content[:3].lower() == "<br"
        ):
            yield written_as(" ", places[at], places[at] + 1)


def _comments(tokens: list[Token], places: list[int]) -> Iterator[Block]:
    for token in tokens:
        if token.type == "html_inline" and token.content.startswith("<!--"):
            first = token.meta["at"]
            chosen = places[first : first + len(token.content)]
            placed = PlacedText(token.content, tuple(chosen), tuple(p + 1 for p in chosen))
            yield Block(kind=BlockKind.COMMENT, placed=placed)


def read_markdown(source: str) -> list[Block]:
    """Return the blocks of a flattened Markdown text, in order."""
    blocks: list[Block] = []
    front = FRONT_MATTER.match(source)
    if front:
        blocks.append(Block(kind=BlockKind.FRONT_MATTER, placed=literal(source, 0, front.end())))
        source = re.sub(r"[^\n]", " ", source[: front.end()]) + source[front.end() :]
    parser = _parser()
    env: dict[str, Any] = {}
    starts = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
    starts[-1] = len(source)
    quoted = [0]  # how many blocks there were when each open quotation began
    heading = in_table = False
    cursor = 0
    tokens_of_blocks = parser.parse(source, env)
    # A footnote of one word looks like the definition of a link, its mark then like the link.
    for name in [name for name in env.get("references", ()) if name.startswith("^")]:
        del env["references"][name]
    for token in tokens_of_blocks:
        lines = range(*token.map) if token.map else range(0)
        if token.type == "blockquote_open":
            quoted.append(len(blocks))
        elif token.type == "blockquote_close":
            _attribute(blocks, quoted.pop())
        elif token.type in ("heading_open", "heading_close"):
            heading = token.type == "heading_open"
        elif token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
        elif token.type == "tr_open" and token.map:
            cursor = starts[token.map[0]]
        elif token.type in ("fence", "code_block"):
            span = starts[lines.start], starts[min(lines.stop, len(starts) - 1)]
            blocks.append(Block(kind=BlockKind.CODE, placed=literal(source, *span)))
        elif token.type == "html_block":
            span = starts[lines.start], starts[min(lines.stop, len(starts) - 1)]
            blocks += read_html(source, *span).blocks
        elif token.type == "inline":
            if in_table:
                places, cursor = _cell_places(source, token.content, cursor)
            else:
                places = _content_places(source, token.content, lines, starts)
            if not places:
                continue
            tokens = _inline_tokens(token.content, parser, env)
            blocks += _comments(tokens, places)
            placed = joined(_pieces(token.content, tokens, places))
            footnote = _FOOTNOTE.match(placed.text)
            if footnote:
                placed = part(placed, footnote.end(), len(placed.text))
            kind = BlockKind.PARAGRAPH
            if heading:
                kind = BlockKind.HEADING
            elif footnote:
                kind = BlockKind.FOOTNOTE
            elif len(quoted) > 1:
                kind = BlockKind.QUOTATION
            blocks.append(Block(kind=kind, placed=without(placed, _FOOTNOTE_MARK)))
    return blocks


def _attribute(blocks: list[Block], first: int) -> None:
    """Give the blocks of a quotation the speaker that its last line names after a dash."""
    dash = _ATTRIBUTION.match(blocks[-1].placed.text) if len(blocks) - first > 1 else None
    if dash is None:
        return
    speaker = blocks[-1].placed.text[dash.end() :].strip()
    blocks[first:] = [
        Block(kind=block.kind, placed=block.placed, speaker=speaker) for block in blocks[first:-1]
    ]
