"""Sentence boundaries as character spans.

Finds where sentences begin and end; it never changes, joins or judges them.
The splitting itself is nupunkt's (Punkt with an English news and legal
model, offline). A line break always ends a sentence, because the readers in
`checker.documents` already put one paragraph or list item on each line.
"""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\n\r]+")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) character offsets of each sentence of `text`, in order.

    Spans carry no surrounding white space, are never empty, do not overlap
    and together cover every character of `text` that is not white space.

    >>> text = "Dr. Li left. She is 40."
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Dr. Li left.', 'She is 40.']
    """
    # Imported here: loading the model takes time which `--help` must not pay.
    from nupunkt import sent_spans

    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        for start, end in sent_spans(line.group()):
            piece = line.group()[start:end]
            first = line.start() + start + len(piece) - len(piece.lstrip())
            last = first + len(piece.strip())
            if last > first:
                spans.append((first, last))
    return spans
