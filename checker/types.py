"""The data that flows through the checker, one type per stage.

    paths -> Document -> Claim -> Pair -> Scores -> Finding -> Report

Plain frozen records; the work is done by functions in the modules named after
the stages. Offsets are in characters (code points) of `Document.text`.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Verdict(StrEnum):
    """What the two claims of a pair say about each other."""

    CONTRADICTS = "contradicts"
    AGREES = "agrees"
    NEUTRAL = "neutral"


class Explanation(StrEnum):
    """What could let both sides of a contradiction be true."""

    TIME = "time"
    ATTRIBUTION = "attribution"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source text, decoded and repaired.

    `id` is a hash of the text, so that a renamed file keeps its findings.
    `origin` is the id of the first document of which this one is a copy or
    near copy (its own id when it is nobody's copy).
    """

    id: str
    title: str
    source: str
    published: datetime.date | None
    text: str
    path: str
    origin: str
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A path that could not be used, and why, in words for the user.

    `skipped` is true for a file that merely lay in a folder and is of no
    document format; the run is complete without it.
    """

    path: str
    reason: str
    skipped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One checkable statement.

    `text` equals `document.text[start:end]`. `context` is what a reader needs
    from the sentences before to understand a claim that begins with a
    pronoun or "the country": the antecedent ("Moscow") or, where none is
    clear, the sentence before; empty for a claim that stands alone.
    `speaker` is who the sentence says holds the claim; None means that the
    document itself asserts it. `when` is the time the claim speaks of, in
    reduced ISO 8601 ("2024", "2024-11", "2024-11-29").
    """

    id: str
    document_id: str
    start: int
    end: int
    text: str
    context: str = ""
    speaker: str | None = None
    hedged: bool = False
    when: str | None = None
    standalone: str = ""

    @property
    def scored(self) -> str:
        """The text that models see: the claim, made understandable alone."""
        return self.standalone or self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two claims to be compared, and why pairing chose them."""

    a: Claim
    b: Claim
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Calibrated probabilities for one direction, each 0 to 1, summing to 1."""

    agree: float
    neutral: float
    contradict: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing on which the claims differ: evidence for the reader, not a verdict."""

    kind: str
    a: str
    b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A pair with a verdict other than neutral.

    `confidence` is the calibrated probability of the verdict, 0 to 1; of a
    contradiction, among the pairs of a run (`checker.decision.in_a_run`).
    `group` is the id of the most confident finding that tells the same disagreement
    or agreement.
    """

    id: str
    pair: Pair
    verdict: Verdict
    confidence: float
    forward: Scores
    backward: Scores
    explained_by: tuple[Explanation, ...] = ()
    differences: tuple[Difference, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """Which model scored, and how."""

    name: str
    precision: str
    device: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What the run did and what it left out; times in seconds."""

    documents: int
    origins: int
    claims: int
    possible_pairs: int
    blocked_pairs: int
    cut_pairs: int
    scored_pairs: int
    cut_findings: int
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a run: findings most serious first."""

    documents: tuple[Document, ...]
    claims: tuple[Claim, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    model: ModelInfo
    stats: Stats
    created: datetime.datetime

    @cached_property
    def document_by_id(self) -> dict[str, Document]:
        """The documents by their id."""
        return {document.id: document for document in self.documents}

    @cached_property
    def groups(self) -> tuple[tuple[Finding, ...], ...]:
        """Findings that tell one story together, in the order of their first member."""
        members: dict[str, list[Finding]] = {}
        for finding in self.findings:
            members.setdefault(finding.group, []).append(finding)
        return tuple(tuple(group) for group in members.values())

    @property
    def contradictions(self) -> tuple[Finding, ...]:
        """The findings whose verdict is `contradicts`."""
        return tuple(f for f in self.findings if f.verdict is Verdict.CONTRADICTS)

    @property
    def agreements(self) -> tuple[Finding, ...]:
        """The findings whose verdict is `agrees`."""
        return tuple(f for f in self.findings if f.verdict is Verdict.AGREES)
