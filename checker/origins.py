"""Copies: which documents tell the same text, so that they count as one origin.

Two documents are copies when most of the shorter one's word sequences stand
in the other (containment, after Broder 1997, "On the resemblance and
containment of documents"), so that a syndicated story keeps its origin when
a paper cuts its tail or adds a paragraph. Embeddings would not do: "the port
was shut" and "the port did not close" are close there.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence

SHINGLE_WORDS = 6
# Share of the shorter document's shingles that must stand in the other.
COPY_CONTAINMENT = 0.6
# A shingle in more documents than this is boilerplate, or a story with many
# copies: it is compared with its first document only, not each with each.
MAX_DOCUMENTS_PER_SHINGLE = 50


def shingles(text: str) -> frozenset[int]:
    """Hashes of all sequences of SHINGLE_WORDS words, case and punctuation ignored."""
    words = re.findall(r"\w+", text.lower())
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return frozenset(
        zlib.crc32(" ".join(words[i : i + SHINGLE_WORDS]).encode()) for i in range(last)
    )


def origins(texts: Sequence[str]) -> list[int]:
    """For each text the index of the first text of its family of copies, or its own index.

    Copies of copies share one origin, in whatever order they come. O(total
    words) for ordinary input.
    """
    sets = [shingles(text) for text in texts]
    holders: dict[int, list[int]] = defaultdict(list)
    for index, present in enumerate(sets):
        for shingle in present:
            holders[shingle].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for indexes in holders.values():
        compared = indexes if len(indexes) <= MAX_DOCUMENTS_PER_SHINGLE else indexes[:1]
        for i, first in enumerate(compared):
            for second in indexes[i + 1 :]:
                shared[first, second] += 1
    first_of = list(range(len(texts)))

    def root(index: int) -> int:
        while first_of[index] != index:
            index = first_of[index]
        return index

    for (a, b), count in shared.items():
        if count >= COPY_CONTAINMENT * min(len(sets[a]), len(sets[b])):
            first, second = sorted((root(a), root(b)))
            first_of[second] = first
    return [root(index) for index in range(len(texts))]
