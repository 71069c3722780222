"""From scores to a verdict, and to what could explain a clash.

The thresholds and the temperature come with the model (`calibration.json`),
fitted on development data. No rule and no word list changes a verdict.
"""

from __future__ import annotations

import datetime

import numpy as np
from numpy.typing import NDArray

from checker.facts import scope
from checker.nli import Calibration
from checker.types import Claim, Document, Explanation, Verdict

_TINY = 1e-6  # a probability is never nearer to 0 or 1 than this

# Two claims about the state of the world, written or dated further apart than
# this, may both have been true in their time. Not fitted on data.
TIME_GAP = datetime.timedelta(days=45)


def combine(forward: NDArray[np.float32], backward: NDArray[np.float32]) -> NDArray[np.float32]:
    """Join both directions of each pair by their mean; shapes (n, 3), rows sum to 1.

    Contradiction is symmetric, and two claims agree in the sense of a report
    when each follows from the other. Measured 2026-11-22 on a run over real
    articles: taking the larger agreement of the two instead let a vague
    sentence agree with everything that is more precise.
    """
    mean: NDArray[np.float32] = ((forward + backward) / 2).astype(np.float32)
    return mean


def combine_directed(
    forward: NDArray[np.float32], backward: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Join both directions where the order means premise and hypothesis; as `combine` otherwise.

    Contradiction is averaged; whether the second text follows from the first
    is left to the forward direction.
    """
    contradict = (forward[:, 2] + backward[:, 2]) / 2
    rest = forward[:, :2] / np.maximum(forward[:, :2].sum(axis=1, keepdims=True), 1e-9)
    joined = np.concatenate([rest * (1 - contradict)[:, None], contradict[:, None]], axis=1)
    return joined.astype(np.float32)


def in_a_run(contradict: NDArray[np.float64], calibration: Calibration) -> NDArray[np.float64]:
    """How likely pairs are to contradict that a run has chosen; shape (n,), 0 to 1.

    Most pairs of a run contradict nothing, so that the judge, right about nine
    in ten given pairs, is wrong about most of the clashes it sees there. What
    it gives for a pair is therefore turned into log-odds, scaled and lowered,
    by two numbers that are fitted on development runs (`eval runs`).
    """
    likely = np.clip(contradict, _TINY, 1 - _TINY)
    odds = calibration.run_offset + calibration.run_scale * np.log(likely / (1 - likely))
    sure: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
    return sure


def could_matter(forward: NDArray[np.float32], calibration: Calibration) -> NDArray[np.bool_]:
    """Which pairs can become a finding once the other direction is known; shape (n,).

    Exact, not a guess: the combined probability is a mean, computed here as in
    `combine` with a certain other direction.
    """
    most: NDArray[np.float64] = ((forward + 1) / 2).astype(np.float64)
    return (in_a_run(most[:, 2], calibration) >= calibration.contradict_threshold) | (
        most[:, 0] >= calibration.agree_threshold
    )


def decide(combined: NDArray[np.float32], calibration: Calibration) -> tuple[Verdict, float]:
    """Return the verdict of one pair and its confidence (0 to 1).

    `combined` has shape (3,). The larger of agreement and contradiction is
    the verdict where it reaches its threshold, else neutral. The confidence
    of a contradiction is that among the pairs of a run.
    """
    agree, neutral, contradict = (float(value) for value in combined)
    sure = float(in_a_run(np.array([contradict]), calibration)[0])
    if contradict >= agree and sure >= calibration.contradict_threshold:
        return Verdict.CONTRADICTS, sure
    if agree > contradict and agree >= calibration.agree_threshold:
        return Verdict.AGREES, agree
    return Verdict.NEUTRAL, neutral


def _span(claim: Claim, document: Document) -> tuple[datetime.date, datetime.date] | None:
    """First and last day of the time a claim speaks of; of its publication where it names none."""
    if claim.when is None:
        return (document.published, document.published) if document.published else None
    year, *rest = (int(part) for part in claim.when.split("-"))
    if not rest:
        return datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    if len(rest) == 1:
        following = datetime.date(year + rest[0] // 12, rest[0] % 12 + 1, 1)
        return datetime.date(year, rest[0], 1), following - datetime.timedelta(days=1)
    day = datetime.date(year, *rest)
    return day, day


def explanations(
    a: Claim,
    b: Claim,
    left: Document,
    right: Document,
    time_gap: datetime.timedelta = TIME_GAP,
) -> tuple[Explanation, ...]:
    """What could let both sides of a contradiction be true.

    time: they speak of, or were written at, times further apart than
    `time_gap`. attribution: one only reports what somebody says, or they report
    different speakers. scope: one speaks of some, the other of all.
    """
    found = []
    spans = _span(a, left), _span(b, right)
    if spans[0] and spans[1]:
        gap = max(spans[0][0], spans[1][0]) - min(spans[0][1], spans[1][1])
        if gap > time_gap:
            found.append(Explanation.TIME)
    if (a.speaker or "").lower() != (b.speaker or "").lower():
        found.append(Explanation.ATTRIBUTION)
    if {scope(a.text), scope(b.text)} == {"some", "all"}:
        found.append(Explanation.SCOPE)
    return tuple(found)


def most_likely(combined: NDArray[np.float32]) -> tuple[Verdict, float]:
    """Return the verdict with the highest probability; `combined` has shape (3,)."""
    order = (Verdict.AGREES, Verdict.NEUTRAL, Verdict.CONTRADICTS)
    best = int(combined.argmax())
    return order[best], float(combined[best])
