"""A draft's file becomes a `Draft`: its own text, its blocks, its suppression comments.

<!-- checker: off REASON -->  …  <!-- checker: on -->      no notes in between
<!-- checker: line REASON -->                              no notes on this line, or on
                                                           the next when it stands alone
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from checker.dates import find_dateline, parse_date
from checker.documents import STDIN, Unusable, decode_as_written
from checker.draft.html import read_html
from checker.draft.markdown import read_markdown
from checker.draft.plain import read_plain
from checker.draft.positions import LineIndex, flattened, readable
from checker.draft.types import PROSE, Block, BlockKind, Draft, Suppression
from checker.draft.word import read_word
from checker.errors import InputError
from checker.types import Problem

MARKDOWN = (".md", ".markdown", ".mdown", ".mkd")
HTML = (".html", ".htm", ".xhtml")
PLAIN = (".txt", ".text")
WORD = (".docx",)
MAX_BYTES = 20_000_000
_COMMENT = re.compile(
    r"<!--\s*checker\s*:\s*(?P<word>\w*)[\s:,–—-]*(?P<reason>.*?)\s*-->", re.DOTALL
)
_FRONT_DATE = re.compile(r"^(?:date|published)\s*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a draft's file.

    Raises InputError when it cannot be read, is empty or is larger than `max_bytes`.
    """
    try:
        if path.is_dir():
            raise InputError(f"{path}: a folder; give the draft's file")
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(f"{path}: cannot read the draft: {reason}") from error
    if len(data) > max_bytes:
        raise InputError(f"{path}: larger than {max_bytes:,} bytes (raise it with --max-bytes)")
    return data


def read_draft(path: str | Path, data: bytes | None = None, max_bytes: int = MAX_BYTES) -> Draft:
    """Read a draft; with `data`, that is its content and the path only says what it is.

    Raises InputError when the draft cannot be read, is empty, or is in no
    known format.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if str(path) == STDIN:
        suffix = ".txt"
    if suffix not in (*MARKDOWN, *HTML, *PLAIN, *WORD):
        known = ", ".join((*MARKDOWN[:2], *HTML[:2], PLAIN[0], *WORD))
        raise InputError(f"{path}: a draft is one of {known}, not {suffix or 'without suffix'}")
    if data is None:
        data = read_bytes(path, max_bytes)
    date: datetime.date | None = None
    if not data.strip():
        raise InputError(f"{path}: the draft is empty")
    try:
        if suffix in WORD:
            text, blocks, date = read_word(data)
        else:
            text = decode_as_written(data)
            source = flattened(text)
            if suffix in HTML:
                page = read_html(source)
                blocks, date = page.blocks, parse_date(page.date)
            elif suffix in MARKDOWN:
                blocks = read_markdown(source)
            else:
                blocks = read_plain(source)
    except Unusable as error:
        raise InputError(f"{path}: cannot read the draft: {error}") from error
    if not text.strip():
        raise InputError(f"{path}: the draft is empty")
    blocks = [
        replace(block, placed=readable(block.placed)) if block.kind in PROSE else block
        for block in blocks
    ]
    blocks = [block for block in blocks if block.placed.text.strip()]
    suppressions, problems = _suppressions(str(path), text, blocks)
    return Draft(
        path=str(path),
        text=text,
        blocks=tuple(blocks),
        published=date or _stated_date(blocks),
        suppressions=tuple(suppressions),
        problems=tuple(problems),
        line_name="paragraph" if suffix in WORD else "line",
    )


def _stated_date(blocks: Sequence[Block]) -> datetime.date | None:
    """The date in the front matter, or the dateline near the top."""
    for block in blocks:
        if block.kind is BlockKind.FRONT_MATTER:
            found = _FRONT_DATE.search(block.placed.text)
            date = parse_date(found[1]) if found else None
            if date:
                return date
    shown = (BlockKind.HEADING, *PROSE)
    return find_dateline("\n".join(b.placed.text for b in blocks if b.kind in shown))


def _suppressions(
    path: str, text: str, blocks: Sequence[Block]
) -> tuple[list[Suppression], list[Problem]]:
    """The stretches that comments switch off; comments that are wrong become problems."""
    lines = LineIndex(text)
    found: list[Suppression] = []
    problems: list[Problem] = []
    off: tuple[int, str] | None = None

    def complain(offset: int, reason: str) -> None:
        line, column = lines.line_column(offset)
        problems.append(Problem(path=f"{path}:{line}:{column}", reason=reason))

    for block in blocks:
        if block.kind is not BlockKind.COMMENT:
            continue
        comment = _COMMENT.match(block.placed.text)
        if comment is None:
            continue
        start, end = block.placed.starts[0], block.placed.ends[-1]
        word, reason = comment["word"], " ".join(comment["reason"].split())
        if word not in ("off", "on", "line"):
            complain(start, f"checker: {word or 'nothing'}: write off, on or line")
        elif word == "on":
            if off is None:
                complain(start, "checker: on without an off before it")
            else:
                found.append(Suppression(start=off[0], end=start, reason=off[1]))
            off = None
        elif not reason:
            complain(start, f"checker: {word} without a reason is ignored; write why")
        elif word == "off":
            if off is not None:
                complain(start, "checker: off inside another off is ignored")
            off = off or (start, reason)
        else:
            line = lines.line_column(start)[0]
            first, last = lines.line_span(line, len(text))
            if not (text[first:start] + text[end:last]).strip() and last < len(text):
                first, last = lines.line_span(line + 1, len(text))
            found.append(Suppression(start=first, end=last, reason=reason))
    if off is not None:
        found.append(Suppression(start=off[0], end=len(text), reason=off[1]))
    return found, problems
