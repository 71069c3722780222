"""`eval pairing`: how many related pairs survive the choice of candidates, at what cost.

All claims are thrown into one run. The curve says which share of the related
pairs is among the first share of all cross-document pairs, in the order in
which pairing chose them; it ends where the product stops. Baselines order the
same pairs by shared words, and by the cosine of the claim vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from checker.claims import extract_claims
from checker.documents import from_text
from checker.encoder import Encoder, default_encoder
from checker.errors import InputError
from checker.pairing import candidate_pairs
from checker.types import Claim, Document
from eval.cases import Case
from eval.matching import quoted_by
from eval.metrics import RESAMPLES, Measure, group_numbers, with_intervals
from eval.plots import curves
from eval.results import Evaluation, Outcome, Table

SHARES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
RELATED = ("strengthen", "weaken")  # ClaimDiff's labels of pairs that bear on each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Two groups of claims of which some pair should be chosen, and where it is from.

    `a` and `b` hold claim numbers; empty where nothing was extracted.
    """

    id: str
    group: str
    a: tuple[int, ...]
    b: tuple[int, ...]
    texts: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Claims of many documents in one heap, with the relations known among them."""

    name: str
    documents: tuple[Document, ...]
    claims: tuple[Claim, ...]
    relations: tuple[Relation, ...]


def claimdiff_run(rows: Sequence[dict[str, object]], name: str) -> Run:
    """One document per article, one claim per text; `rows` as in `claimdiff.train`.

    Raises InputError when the rows do not say which articles they are from.
    """
    texts: dict[str, dict[str, None]] = {}
    wanted: dict[tuple[tuple[str, str], tuple[str, str]], str] = {}
    for number, row in enumerate(rows, 1):
        meta = row.get("meta")
        if not isinstance(meta, dict) or not {"article_a", "article_b"} <= set(meta):
            raise InputError(f"{name}:{number}: field 'meta': must name article_a and article_b")
        one = (str(meta["article_a"]), str(row["premise"]))
        two = (str(meta["article_b"]), str(row["hypothesis"]))
        for article, text in (one, two):
            texts.setdefault(article, {})[text] = None
        if row["label"] in RELATED and one[0] != two[0]:
            low, high = sorted((one, two))
            wanted.setdefault((low, high), str(meta.get("topic", number)))
    documents: list[Document] = []
    claims: list[Claim] = []
    place: dict[tuple[str, str], int] = {}
    for article, lines in texts.items():
        whole = "\n".join(lines)
        document = from_text(whole, title=article)
        documents.append(replace(document, id=article, origin=article))
        start = 0
        for text in lines:
            place[article, text] = len(claims)
            claims.append(
                Claim(
                    id=f"{len(claims)}",
                    document_id=article,
                    start=start,
                    end=start + len(text),
                    text=text,
                )
            )
            start += len(text) + 1
    relations = tuple(
        Relation(
            id=f"{name}:{place[one]}-{place[two]}",
            group=topic,
            a=(place[one],),
            b=(place[two],),
            texts=(one[1], two[1]),
        )
        for (one, two), topic in wanted.items()
    )
    return Run(name=name, documents=tuple(documents), claims=tuple(claims), relations=relations)


def cases_run(cases: Sequence[Case]) -> Run:
    """The documents of all cases in one heap; related is what is expected to be found."""
    documents = tuple(document for case in cases for document in case.documents)
    claims = [claim for document in documents for claim in extract_claims(document)]
    # The same sentence can stand in documents of the same title; a run needs ids of its own.
    claims = [replace(claim, id=str(i)) for i, claim in enumerate(claims)]
    origin = {document.id: document.origin for document in documents}
    relations = tuple(
        Relation(
            id=entry.id,
            group=case.name,
            a=tuple(int(c.id) for c in quoted_by(entry.a, claims)),
            b=tuple(int(c.id) for c in quoted_by(entry.b, claims)),
            texts=(entry.a.text, entry.b.text),
        )
        for case in cases
        for entry in case.expected
        if entry.kind != "never" and origin[entry.a.document_id] != origin[entry.b.document_id]
    )
    return Run(name="cases", documents=documents, claims=tuple(claims), relations=relations)


def ranks(relations: Sequence[Relation], order: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """The place (from 1) of each relation's first pair in an order of pairs; inf where absent."""
    place = {(min(a, b), max(a, b)): rank for rank, (a, b) in enumerate(order, 1)}
    found = [
        [place.get((min(a, b), max(a, b)), math.inf) for a in relation.a for b in relation.b]
        for relation in relations
    ]
    return np.array([min(one, default=math.inf) for one in found], np.float64)


def _ordered(nearness: NDArray[np.float32], run: Run, limit: int) -> list[tuple[int, int]]:
    """The `limit` nearest pairs of claims of different origin, nearest first."""
    origin = {document.id: document.origin for document in run.documents}
    owners = group_numbers([origin[claim.document_id] for claim in run.claims])
    rows, columns = np.triu_indices(len(run.claims), k=1)
    across = owners[rows] != owners[columns]
    rows, columns = rows[across], columns[across]
    best = np.argsort(-nearness[rows, columns], kind="stable")[:limit]
    return list(zip(rows[best].tolist(), columns[best].tolist(), strict=True))


def word_nearness(run: Run) -> NDArray[np.float32]:
    """Cosine of word counts weighted by rarity, shape (n, n)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english").fit_transform([c.scored for c in run.claims])
    result: NDArray[np.float32] = (words @ words.T).toarray().astype(np.float32)
    return result


def _evaluate_run(run: Run, encoder: Encoder, resamples: int) -> Evaluation:
    """Measure blocking recall of one run at several shares of all pairs."""
    vectors = encoder.encode([claim.scored for claim in run.claims])
    chosen = candidate_pairs(run.claims, run.documents, vectors, max_pairs=10**9)
    number = {claim.id: i for i, claim in enumerate(run.claims)}
    order = [(number[pair.a.id], number[pair.b.id]) for pair in chosen.pairs]
    places = {
        "checker": ranks(run.relations, order),
        "lexical": ranks(run.relations, _ordered(word_nearness(run), run, len(order))),
        "embedding": ranks(run.relations, _ordered(vectors @ vectors.T, run, len(order))),
    }
    scored = len(order) / chosen.possible
    shares = {
        f"{run.name}_recall_at_{100 * share:g}%": share for share in SHARES if share < 0.99 * scored
    }
    shares[f"{run.name}_recall"] = scored
    groups = group_numbers([relation.group for relation in run.relations])
    extracted = np.array([bool(r.a and r.b) for r in run.relations])

    def recall(judge: str, rows: NDArray[np.int64]) -> dict[str, float]:
        rank = places[judge][rows]
        found = {
            name: float((rank <= share * chosen.possible).mean()) for name, share in shares.items()
        }
        # Pairing cannot choose what extraction lost; this one measures it alone.
        alone = rank[extracted[rows]]
        if alone.size:
            found[f"{run.name}_recall_of_extracted"] = float(np.isfinite(alone).mean())
        return found

    measures = with_intervals(lambda rows: recall("checker", rows), groups, resamples)
    values = {judge: recall(judge, np.arange(len(groups))) for judge in places}
    lines = {
        judge: [(share, found[name]) for name, share in shares.items()]
        for judge, found in values.items()
    }
    counts = (
        len(run.documents),
        len(run.claims),
        chosen.possible,
        len(order),
        len(run.relations),
        int((~extracted).sum()),
    )
    return Evaluation(
        command="pairing",
        files={},
        measures={**measures, f"{run.name}_share_scored": Measure(value=scored)},
        baselines={
            judge: {name: Measure(value=value) for name, value in values[judge].items()}
            for judge in ("lexical", "embedding")
        },
        outcomes=tuple(_outcomes(run, places["checker"])),
        tables=(
            Table(
                title=f"{run.name}: counts",
                headings=("documents", "claims", "possible", "scored", "related", "not extracted"),
                rows=(counts,),
            ),
        ),
        charts=(
            (
                f"{run.name}: blocking recall",
                curves(lines, "share of pairs scored", "related pairs kept"),
            ),
        ),
    )


def evaluate_pairing(
    runs: Sequence[Run],
    encoder: Encoder | None = None,
    *,
    files: dict[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure the choice of candidates on each run; measures are named after the run."""
    parts = [_evaluate_run(run, encoder or default_encoder(), resamples) for run in runs]
    return Evaluation(
        command="pairing",
        files=files or {},
        measures={name: m for part in parts for name, m in part.measures.items()},
        baselines={
            judge: {name: m for part in parts for name, m in part.baselines[judge].items()}
            for judge in ("lexical", "embedding")
        },
        outcomes=tuple(o for part in parts for o in part.outcomes),
        tables=tuple(table for part in parts for table in part.tables),
        charts=tuple(chart for part in parts for chart in part.charts),
    )


def _outcomes(run: Run, rank: NDArray[np.float64]) -> list[Outcome]:
    """One outcome a relation: was it chosen?"""
    made = []
    for relation, place in zip(run.relations, rank.tolist(), strict=True):
        extracted = bool(relation.a and relation.b)
        said = "chosen" if math.isfinite(place) else "cut" if extracted else "not extracted"
        made.append(
            Outcome(
                id=relation.id,
                group=relation.group,
                a=relation.texts[0],
                b=relation.texts[1],
                expected="chosen",
                said=said,
                right=said == "chosen",
                badness=1.0 if said == "cut" else 0.5,
                tags=(run.name,),
            )
        )
    return made
