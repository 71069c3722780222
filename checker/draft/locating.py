"""Where in its file a source's sentence stands, for the editor who opens it.

The checker reads sources repaired and without furniture; here the file is
read once more as it stands, and the sentence is looked for.
"""

from __future__ import annotations

import re
import unicodedata

from checker.draft.positions import LineIndex
from checker.draft.reading import read_draft
from checker.draft.types import Draft, Place
from checker.errors import CheckerError


def find_place(path: str, sentence: str, known: dict[str, Draft | None]) -> Place | None:
    """Return the place of a sentence in a source's file; None where it is not found as it is.

    PDF has no lines. `known` keeps the files that were read.
    """
    if path not in known:
        try:
            known[path] = read_draft(path)
        except CheckerError:
            known[path] = None
    source = known[path]
    if source is None:
        return None
    words = unicodedata.normalize("NFC", sentence).split()
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words))
    for block in source.blocks:
        match = pattern.search(block.placed.text)
        if match:
            return LineIndex(source.text).place(*block.placed.span(*match.span()))
    return None
