"""Which claims are worth comparing.

Two stages. Topic blocks: each document is compared only with the documents
nearest to it. Neighbours: inside the blocks every claim takes its nearest
claims, first each claim's nearest, then each claim's second, and so on until
the budget is used, so that a claim with few relations is not crowded out by
one with many, and no similarity threshold decides.

Nearness is the sum of four cosines: the claims' meaning (encoder), their
words (idf), the names among their opening words (what a sentence is about
stands first in English), and the relatedness of their documents (twice, as
vectors and as words). Measured 2026-11-22 on the 858 related claim pairs of
ClaimDiff among 672,738 cross-document pairs: recall 0.957 at 1% and 0.977 at
2%, against 0.634 and 0.741 for the encoder's cosine alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from checker.types import Claim, Document, Pair

# Documents compared with each document; below this many, all with all.
BLOCK_DOCUMENTS = 50
# Share of all cross-document pairs that is scored, and the least number of
# pairs worth saving: smaller runs score at least this many.
SHARE = 0.05
LEAST_PAIRS = 2_000
DOCUMENT_WEIGHT = 2.0
OPENING_WORDS = 6
STEM = 5  # characters kept of a word, so that "Syria" meets "Syrian"
ROWS = 512  # claims whose neighbours are found at once

_STOP = frozenset(
    (
        "the a an in on at as it this that these those when while but and for by with "
        "since after before however once some most many if though although what why how "
        "there they he she we to is are from under during despite according over see his "
        "her its their both such moreover therefore additionally similarly beyond one two "
        "no not all of was were be been has have had will would may can could should "
        "which who or than into about i you"
    ).split()
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The pairs to score and the counts that say what was left out."""

    pairs: tuple[Pair, ...]
    possible: int
    blocked: int
    cut: int


def _stems(text: str) -> list[str]:
    text = re.sub(r"[’']s?\b", " ", text)
    return [w.lower()[:STEM] for w in _WORD.findall(text) if w.lower() not in _STOP]


def _opening_names(texts: Sequence[str]) -> list[list[str]]:
    """The names among each text's first words; a sentence's first word counts
    when it is capitalised inside another sentence too."""
    words = [_WORD.findall(re.sub(r"[’']s?\b", " ", text)) for text in texts]
    inside = {w for line in words for w in line[1:] if w[:1].isupper()}
    return [
        [
            word.lower()[:STEM]
            for place, word in enumerate(line[:OPENING_WORDS])
            if word[:1].isupper() and word.lower() not in _STOP and (place or word in inside)
        ]
        for line in words
    ]


def _idf_vectors(bags: Sequence[Sequence[str]]) -> sparse.csr_array:
    """Rows of unit length, one per bag, words weighted by inverse document frequency."""
    frequency = Counter(word for bag in bags for word in set(bag))
    column = {word: i for i, word in enumerate(sorted(frequency))}
    rows, columns, values = [], [], []
    for row, bag in enumerate(bags):
        for word in sorted(set(bag)):
            rows.append(row)
            columns.append(column[word])
            values.append(math.log(1 + len(bags) / frequency[word]))
    shape = (len(bags), max(1, len(column)))
    return _unit(sparse.csr_array((values, (rows, columns)), shape=shape, dtype=np.float32))


def _unit(matrix: sparse.csr_array) -> sparse.csr_array:
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    norm[norm == 0] = 1
    return sparse.csr_array(sparse.diags_array(1 / norm) @ matrix)


def _document_affinity(
    owner: NDArray[np.int64], count: int, vectors: NDArray[np.float32], words: sparse.csr_array
) -> NDArray[np.float32]:
    """Relatedness of documents, shape (count, count): cosine of means plus cosine of words."""
    belongs = sparse.csr_array(
        (np.ones(len(owner), np.float32), (owner, np.arange(len(owner)))),
        shape=(count, len(owner)),
    )
    means = belongs @ vectors
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    bags = _unit(sparse.csr_array(belongs @ words))
    affinity: NDArray[np.float32] = means @ means.T + (bags @ bags.T).toarray()
    return affinity


def _blocks(affinity: NDArray[np.float32], origins: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which documents are compared: each with itself and its BLOCK_DOCUMENTS nearest, either way.

    Copies, which share an origin, are never compared and take no place.
    """
    count = len(affinity)
    if count <= BLOCK_DOCUMENTS:
        return np.ones((count, count), bool)
    distance = np.where(origins[:, None] == origins, np.inf, -affinity)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :BLOCK_DOCUMENTS]
    allowed = np.eye(count, dtype=bool)
    np.put_along_axis(allowed, nearest, True, axis=1)
    return allowed | allowed.T


def _reasons(meaning: float, words: float, names: float) -> tuple[str, ...]:
    found = [("similar meaning", meaning >= 0.5), ("shared words", words >= 0.2)]
    found.append(("same subject", names > 0))
    return tuple(name for name, holds in found if holds) or ("related documents",)


def candidate_pairs(
    claims: Sequence[Claim],
    documents: Sequence[Document],
    vectors: NDArray[np.float32],
    *,
    max_pairs: int,
    within: bool = False,
    focus: str | None = None,
) -> Candidates:
    """Choose the pairs of claims to score, most promising first.

    `vectors` holds the encoder's unit vector of each claim, shape (n, d).

    Pairs join documents of different origin; with `within` also claims of one
    document; with `focus`, the id of a document, only its claims with those
    of the others. Pairs of identical wording are left in: they are corroboration.
    The same claims in the same order always give the same pairs.
    """
    index = {document.id: i for i, document in enumerate(documents)}
    origin = {document.id: document.origin for document in documents}
    owner = np.array([index[claim.document_id] for claim in claims], np.int64)
    origin_number = {name: i for i, name in enumerate(sorted(set(origin.values())))}
    origins = np.array([origin_number[origin[claim.document_id]] for claim in claims], np.int64)
    if len(claims) < 2:
        return Candidates(pairs=(), possible=0, blocked=0, cut=0)

    texts = [claim.scored for claim in claims]
    words = _idf_vectors([_stems(text) for text in texts])
    names = _idf_vectors(_opening_names(texts))
    affinity = _document_affinity(owner, len(documents), vectors, words)
    document_origins = np.array([origin_number[d.origin] for d in documents], np.int64)
    allowed = _blocks(affinity, document_origins)
    sizes = Counter(origins.tolist())
    possible = (len(claims) ** 2 - sum(size**2 for size in sizes.values())) // 2
    if within:
        own = Counter(owner.tolist())
        possible += sum(size * (size - 1) // 2 for size in own.values())
    asking = np.arange(len(claims))
    if focus is not None:
        asking = np.flatnonzero(owner == index[focus])
        possible = len(asking) * (len(claims) - sizes[origin_number[origin[focus]]])
    if possible == 0:
        return Candidates(pairs=(), possible=0, blocked=0, cut=0)
    times = 2 if focus is None else 1  # how often a pair is met, from either side
    wanted = max(LEAST_PAIRS, math.ceil(SHARE * possible))
    budget = min(wanted, max_pairs)

    neighbours = min(len(claims) - 1, math.ceil(times * budget / len(asking)) + 1)
    if possible <= budget:  # every pair will be scored, so none may be missed here
        neighbours = len(claims) - 1
    open_ = allowed & (document_origins[:, None] != document_origins)
    if within:
        np.fill_diagonal(open_, True)
    claims_of = np.bincount(owner, minlength=len(documents))
    if focus is None:
        blocked = int(claims_of @ open_ @ claims_of - (claims_of.sum() if within else 0)) // 2
    else:
        blocked = int(open_[index[focus]] @ claims_of) * len(asking)
    gate = np.where(open_, -DOCUMENT_WEIGHT * affinity, np.inf).astype(np.float32)

    found: list[tuple[NDArray[Any], ...]] = []
    for first in range(0, len(asking), ROWS):
        rows = asking[first : first + ROWS]
        meaning = vectors[rows] @ vectors.T
        shared = (words[rows] @ words.T).toarray()
        topic = (names[rows] @ names.T).toarray()
        far = gate[owner[rows]].take(owner, axis=1)
        for part in (meaning, shared, topic):
            far -= part
        far[np.arange(len(rows)), rows] = np.inf
        best = np.argpartition(far, neighbours - 1, axis=1)[:, :neighbours]
        best.sort(axis=1)  # equally near claims keep the order of the documents
        nearness = -np.take_along_axis(far, best, axis=1)
        order = np.argsort(-nearness, axis=1, kind="stable")
        best = np.take_along_axis(best, order, axis=1)
        nearness = np.take_along_axis(nearness, order, axis=1)
        reached = np.isfinite(nearness)
        local, rank = np.nonzero(reached)
        other = best[reached]
        signals = (part[local, other] for part in (meaning, shared, topic))
        found.append((rows[local], other, rank, nearness[reached], *signals))

    left, right, rank, nearness, *parts = map(np.concatenate, zip(*found, strict=True))
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low, -nearness, rank))
    _, once = np.unique((low * len(claims) + high)[order], return_index=True)
    chosen = order[np.sort(once)][:budget].tolist()
    pairs = tuple(
        Pair(
            a=claims[low[i]],
            b=claims[high[i]],
            reasons=_reasons(*(float(part[i]) for part in parts)),
        )
        for i in chosen
    )
    return Candidates(
        pairs=pairs,
        possible=possible,
        blocked=blocked,
        cut=max(0, min(wanted, blocked) - len(pairs)),
    )
