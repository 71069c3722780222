"""The way from documents to a report: the only place where the stages meet."""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from checker.claims import extract_claims, with_distinct_ids
from checker.config import Config
from checker.decision import TIME_GAP, combine, could_matter, decide, explanations
from checker.documents import load_documents
from checker.encoder import Encoder, default_encoder
from checker.facts import differences
from checker.grouping import group_findings
from checker.nli import Calibration, NliModel, TransformersNli, model_directory
from checker.pairing import candidate_pairs
from checker.types import (
    Claim,
    Document,
    Finding,
    Pair,
    Problem,
    Report,
    Scores,
    Stats,
    Verdict,
)

# (stage, steps done now, steps in all); called from the library, drawn by the CLI.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """No progress wanted."""


class _Clock:
    """Seconds spent by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 3)
        self._last = now


def score_both_ways(
    pairs: Sequence[Pair],
    model: NliModel,
    progress: Progress = silent,
    *,
    calibration: Calibration | None = None,
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """Score all pairs forward, and backward those for which it can matter.

    `calibration` is the model's where none is given. Returns (row numbers
    scored both ways, their forward scores, their backward scores); the two
    arrays have shape (len(rows), 3).
    """

    def report(done: int) -> None:
        progress("scoring", done, len(pairs))

    forward = model.score([(pair.a.scored, pair.b.scored) for pair in pairs], report)
    rows = np.flatnonzero(could_matter(forward, calibration or model.calibration))
    backward = model.score([(pairs[i].b.scored, pairs[i].a.scored) for i in rows.tolist()])
    return rows, forward[rows], backward


def made_finding(
    pair: Pair,
    scores: tuple[NDArray[np.float32], NDArray[np.float32]],
    calibration: Calibration,
    documents: dict[str, Document],
    time_gap: datetime.timedelta = TIME_GAP,
) -> Finding | None:
    """Turn the scores of one pair into a finding, or None when it is neutral."""
    forward, backward = scores
    combined = combine(forward[None], backward[None])[0]
    verdict, confidence = decide(combined, calibration)
    if verdict is Verdict.NEUTRAL:
        return None
    a, b = pair.a, pair.b
    clash = verdict is Verdict.CONTRADICTS
    left, right = documents[a.document_id], documents[b.document_id]
    identity = "\0".join(sorted((a.id, b.id)))
    return Finding(
        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
        pair=pair,
        verdict=verdict,
        confidence=round(confidence, 4),
        forward=Scores(
            **dict(zip(("agree", "neutral", "contradict"), forward.tolist(), strict=True))
        ),
        backward=Scores(
            **dict(zip(("agree", "neutral", "contradict"), backward.tolist(), strict=True))
        ),
        explained_by=explanations(a, b, left, right, time_gap) if clash else (),
        differences=differences(a, b),
    )


def seriousness(finding: Finding) -> tuple[bool, bool, float, str]:
    """Sort key: unexplained contradictions, explained ones, agreements; surest first."""
    clash = finding.verdict is Verdict.CONTRADICTS
    return (not clash, bool(finding.explained_by), -finding.confidence, finding.id)


def check_documents(
    documents: Sequence[Document],
    config: Config | None = None,
    *,
    problems: Sequence[Problem] = (),
    model: NliModel | None = None,
    encoder: Encoder | None = None,
    progress: Progress = silent,
) -> Report:
    """Compare the claims of documents and report where they contradict or agree."""
    config = config or Config()
    clock = _Clock()
    claims: list[Claim] = []
    for document in documents:
        claims += extract_claims(document)
        progress("claims", 1, len(documents))
    claims = with_distinct_ids(claims, documents)
    clock.lap("claims")
    vectors = (encoder or default_encoder()).encode([claim.scored for claim in claims])
    clock.lap("encoding")
    candidates = candidate_pairs(
        claims, documents, vectors, max_pairs=config.max_pairs, within=config.within
    )
    clock.lap("pairing")
    model = model or TransformersNli(model_directory(config.model), config.precision)
    clock.lap("loading the model")
    rows, forward, backward = score_both_ways(candidates.pairs, model, progress)
    clock.lap("scoring")
    by_id = {document.id: document for document in documents}
    made = (
        made_finding(candidates.pairs[row], scores, model.calibration, by_id)
        for row, scores in zip(rows.tolist(), zip(forward, backward, strict=True), strict=True)
    )
    findings = sorted((f for f in made if f is not None), key=seriousness)
    kept = findings[: config.max_findings]
    vector_of = {claim.id: vector for claim, vector in zip(claims, vectors, strict=True)}
    kept = group_findings(kept, vector_of)
    clock.lap("deciding")
    return Report(
        documents=tuple(documents),
        claims=tuple(claims),
        findings=tuple(kept),
        problems=tuple(problems),
        model=model.info,
        created=datetime.datetime.now(datetime.UTC).replace(microsecond=0),
        stats=Stats(
            documents=len(documents),
            origins=len({document.origin for document in documents}),
            claims=len(claims),
            possible_pairs=candidates.possible,
            blocked_pairs=candidates.blocked,
            cut_pairs=candidates.cut,
            scored_pairs=len(candidates.pairs),
            cut_findings=len(findings) - len(kept),
            seconds=clock.seconds,
        ),
    )


def check(paths: Iterable[str | Path], config: Config | None = None) -> Report:
    """Read files and folders and report where their claims contradict or agree.

    Raises InputError when no path holds a usable document and ModelError when
    the model cannot be loaded. Files that could not be read are in
    `report.problems`.
    """
    config = config or Config()
    documents, problems = load_documents(paths, max_bytes=config.max_bytes)
    return check_documents(documents, config, problems=problems)
