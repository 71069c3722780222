"""Which pairs are scored: within the budget, fair to every claim, always the same."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker import pairing
from checker.documents import from_text
from checker.pairing import Candidates, candidate_pairs
from checker.types import Claim, Document

WORDS = "port ship grain Odessa Moscow mayor storm wreck fuel crew dock pier week plan".split()
ALL = 10**9


def make(
    sizes: list[int], seed: int = 0, origins: list[int] | None = None
) -> tuple[list[Claim], list[Document], np.ndarray]:
    """Documents with so many claims each, of random words, and random unit vectors."""
    draw = np.random.default_rng(seed)
    documents = [from_text(f"text {n}", title=f"{n}") for n in range(len(sizes))]
    if origins:
        documents = [
            replace(document, origin=documents[first].id)
            for document, first in zip(documents, origins, strict=True)
        ]
    claims = []
    for document, size in zip(documents, sizes, strict=True):
        for number in range(size):
            text = "The " + " ".join(draw.choice(WORDS, 7)) + "."
            key = f"{document.title}-{number}"
            claims.append(Claim(id=key, document_id=document.id, start=0, end=1, text=text))
    vectors = draw.normal(size=(len(claims), 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return claims, documents, vectors


def keys(candidates: Candidates) -> list[tuple[str, str]]:
    return [(pair.a.id, pair.b.id) for pair in candidates.pairs]


some_sizes = st.lists(st.integers(0, 12), min_size=1, max_size=6)


@settings(deadline=None, max_examples=40)
@given(some_sizes, st.booleans(), st.integers(0, 99))
def test_a_small_run_scores_every_pair_once(sizes, within, seed):
    claims, documents, vectors = make(sizes, seed)
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL, within=within)
    expected = {
        frozenset((a.id, b.id))
        for a, b in itertools.combinations(claims, 2)
        if within or a.document_id != b.document_id
    }
    assert Counter(map(frozenset, keys(found))) == Counter(expected)
    assert (found.possible, found.blocked, found.cut) == (len(expected), len(expected), 0)


def test_short_texts_beside_a_long_one_are_compared_with_each_other_too():
    claims, documents, vectors = make([400, 2, 2])
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL)
    assert len(found.pairs) == found.possible == 400 * 4 + 4


@settings(deadline=None, max_examples=40)
@given(some_sizes, st.integers(1, 40), st.integers(0, 99))
def test_the_budget_is_kept_and_what_it_cut_is_counted(sizes, budget, seed):
    claims, documents, vectors = make(sizes, seed)
    found = candidate_pairs(claims, documents, vectors, max_pairs=budget)
    assert len(found.pairs) == min(budget, found.possible)
    assert len(found.pairs) + found.cut == min(pairing.LEAST_PAIRS, found.possible)


@settings(deadline=None, max_examples=20)
@given(some_sizes, st.integers(1, 40), st.integers(0, 99))
def test_the_same_claims_give_the_same_pairs_in_the_same_order(sizes, budget, seed):
    first = candidate_pairs(*make(sizes, seed), max_pairs=budget)
    assert first == candidate_pairs(*make(sizes, seed), max_pairs=budget)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=6), st.integers(0, 99))
def test_every_claim_gets_a_pair_when_the_budget_allows(sizes, seed):
    claims, documents, vectors = make(sizes, seed)
    found = candidate_pairs(claims, documents, vectors, max_pairs=len(claims))
    assert {claim for pair in keys(found) for claim in pair} == {claim.id for claim in claims}


def test_every_claim_gets_a_pair_in_a_run_too_large_to_score_whole():
    claims, documents, vectors = make([150] * 4)
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL)
    assert len(found.pairs) < found.possible
    assert {claim for pair in keys(found) for claim in pair} == {claim.id for claim in claims}


@pytest.mark.parametrize("within", [False, True])
def test_documents_of_one_origin_are_not_compared(within):
    claims, documents, vectors = make([3, 3, 3], origins=[0, 0, 2])
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL, within=within)
    owners = {(a.split("-")[0], b.split("-")[0]) for a, b in keys(found)}
    own = {("0", "0"), ("1", "1"), ("2", "2")} if within else set()
    assert owners == {("0", "2"), ("1", "2")} | own
    assert found.possible == len(found.pairs)


def test_within_adds_pairs_of_one_document():
    claims, documents, vectors = make([5])
    assert candidate_pairs(claims, documents, vectors, max_pairs=ALL).pairs == ()
    assert len(candidate_pairs(claims, documents, vectors, max_pairs=ALL, within=True).pairs) == 10


def test_the_nearest_claims_come_first():
    claims, documents, vectors = make([20, 20])
    for place in (7, 30):
        claims[place] = replace(claims[place], text="The Odessa harbour froze in Moscow.")
    vectors[30] = vectors[7]
    found = candidate_pairs(claims, documents, vectors, max_pairs=1)
    assert keys(found) == [(claims[7].id, claims[30].id)]
    assert found.pairs[0].reasons == ("similar meaning", "shared words", "same subject")


def test_each_document_meets_its_nearest_others_and_blocked_counts_them(monkeypatch):
    monkeypatch.setattr(pairing, "BLOCK_DOCUMENTS", 2)
    claims, documents, vectors = make([2] * 12)
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL)
    assert len(found.pairs) == found.blocked < found.possible
    partners: dict[str, set[str]] = {}
    for a, b in keys(found):
        partners.setdefault(a.split("-")[0], set()).add(b.split("-")[0])
        partners.setdefault(b.split("-")[0], set()).add(a.split("-")[0])
    assert all(len(partners[document.title]) >= 2 for document in documents)


def test_copies_take_no_place_in_a_block(monkeypatch):
    monkeypatch.setattr(pairing, "BLOCK_DOCUMENTS", 1)
    claims, documents, vectors = make([1, 1, 1, 1], origins=[0, 0, 0, 3])
    vectors[:3] = vectors[0]
    claims[:3] = [replace(claim, text=claims[0].text) for claim in claims[:3]]
    found = candidate_pairs(claims, documents, vectors, max_pairs=ALL)
    assert {claim for pair in keys(found) for claim in pair} == {claim.id for claim in claims}


@pytest.mark.parametrize("sizes", [[], [0], [1], [1, 0]])
def test_too_few_claims_give_no_pairs(sizes):
    found = candidate_pairs(*make(sizes), max_pairs=ALL)
    assert found == Candidates(pairs=(), possible=0, blocked=0, cut=0)
