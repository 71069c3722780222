"""Text of documents made harmless for a terminal, a spreadsheet and Markdown.

HTML is not here: jinja2 escapes it, and JSON by its own writer.
"""

from __future__ import annotations

import re

# Characters that change how a terminal or a line of text is shown (controls,
# overrides of writing direction), and noncharacters, which no XML may hold.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# Full-width forms too: spreadsheets set to Japanese take them for formulas (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# All that CommonMark or GitHub's extension reads as more than text, inside a line
# (also "&amp;", "https://" and "www.") and at its start (lists, rules).
_MARKDOWN = re.compile(r"[\\`*_\[\]<>#|~&@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_MARKDOWN_START = re.compile(r"^(\d*)([-+=.)])")


def printable(text: str) -> str:
    """Return `text` on one line without characters that could steer a terminal.

    >>> printable("a\\x1b[31m\\nb")
    'a[31m b'
    """
    return " ".join(_SURROGATE.sub("\ufffd", _UNPRINTABLE.sub("", text)).split())


def cell(text: str) -> str:
    """Return a CSV cell that no spreadsheet takes for a formula.

    >>> cell("=1+1")
    "'=1+1"
    """
    text = printable(text)
    return "'" + text if text.startswith(_FORMULA) else text


def quote(text: str) -> str:
    """Return text as literal Markdown: no emphasis, link, list, heading or HTML can come of it.

    >>> quote("1. [a](b)")
    '1\\\\. \\\\[a\\\\](b)'
    """
    return _MARKDOWN_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", printable(text)))
