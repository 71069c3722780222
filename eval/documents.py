"""`eval documents`: does a whole run find what is expected, and only that?

Every case goes through the product's own `check_documents`. A finding is
right when the case expects it, of the same kind and at the same two places.
What is not listed counts as wrong. In `no-conflict-…` cases every
contradiction is a false alarm, counted per 1,000 scored pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from checker.encoder import Encoder
from checker.nli import NliModel
from checker.pipeline import check_documents
from checker.types import Finding, Report
from eval.baselines import Baseline
from eval.cases import Case, Expected
from eval.matching import matches
from eval.metrics import RESAMPLES, Measure, with_intervals
from eval.results import Evaluation, Outcome, Table

FIRST = (5, 10, 20)
KINDS = ("contradicts", "agrees")
# The verdict by which an entry counts as found; a "never" pair may agree, but not clash.
VERDICT_OF = {"contradicts": "contradicts", "agrees": "agrees", "never": "contradicts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A case and its report, matched.

    `listed[i]` are the numbers of the entries that finding i meets, of
    whatever kind; `right[i]` says whether one of them expects it. `found[j]` is
    the first finding that meets entry j with the verdict of VERDICT_OF, or None.
    """

    case: Case
    report: Report
    listed: tuple[tuple[int, ...], ...]
    right: tuple[bool, ...]
    found: tuple[Finding | None, ...]


def check_case(case: Case, model: NliModel, encoder: Encoder | None = None) -> Checked:
    """Run the checker on a case and match its findings with what is expected."""
    report = check_documents(case.documents, model=model, encoder=encoder)
    listed = tuple(
        tuple(j for j, entry in enumerate(case.expected) if matches(finding.pair, entry))
        for finding in report.findings
    )
    pairs = list(zip(report.findings, listed, strict=True))
    return Checked(
        case=case,
        report=report,
        listed=listed,
        right=tuple(
            any(case.expected[j].kind == finding.verdict.value for j in entries)
            for finding, entries in pairs
        ),
        found=tuple(
            next(
                (f for f, js in pairs if j in js and f.verdict.value == VERDICT_OF[entry.kind]),
                None,
            )
            for j, entry in enumerate(case.expected)
        ),
    )


def numbers(checked: Sequence[Checked]) -> dict[str, float]:
    """All measures over some cases; one that has nothing to divide by is left out.

    Recall counts expected entries, precision findings. `precision_at_k` is
    over the first k contradictions of each report together.
    """
    found: dict[str, float] = {}
    for kind in KINDS:
        said = [
            one.right[i]
            for one in checked
            for i, f in enumerate(one.report.findings)
            if f.verdict.value == kind
        ]
        wanted = [
            one.found[i] is not None
            for one in checked
            for i, entry in enumerate(one.case.expected)
            if entry.kind == kind
        ]
        if said:
            found[f"{kind}_precision"] = float(np.mean(said))
        if wanted:
            found[f"{kind}_recall"] = float(np.mean(wanted))
    clashes = [
        [
            one.right[i]
            for i, finding in enumerate(one.report.findings)
            if finding.verdict.value == "contradicts"
        ]
        for one in checked
    ]
    for k in FIRST:
        first = [right for line in clashes for right in line[:k]]
        if first:
            found[f"precision_at_{k}"] = float(np.mean(first))
    quiet = [one for one in checked if one.case.conflict_free]
    scored = sum(one.report.stats.scored_pairs for one in quiet)
    if scored:
        alarms = sum(len(one.report.contradictions) for one in quiet)
        plain = sum(not f.explained_by for one in quiet for f in one.report.contradictions)
        found["false_alarms_per_1000"] = 1000 * alarms / scored
        found["unexplained_false_alarms_per_1000"] = 1000 * plain / scored
    never = [
        one.found[i] is not None
        for one in checked
        for i, entry in enumerate(one.case.expected)
        if entry.kind == "never"
    ]
    if never:
        found["never_found"] = float(np.mean(never))
    explained = [
        entry.explained_by in [e.value for e in finding.explained_by]
        for one in checked
        for i, entry in enumerate(one.case.expected)
        if entry.kind == "contradicts"
        and entry.explained_by
        and (finding := one.found[i]) is not None
    ]
    if explained:
        found["explanation_recall"] = float(np.mean(explained))
    return found


def _entry_outcome(one: Checked, number: int, entry: Expected) -> Outcome:
    finding = one.found[number]
    never = entry.kind == "never"
    return Outcome(
        id=entry.id,
        group=one.case.name,
        a=entry.a.text,
        b=entry.b.text,
        expected="no finding" if never else entry.kind,
        said=finding.verdict.value if finding else "no finding",
        right=(finding is None) == never,
        badness=finding.confidence if finding else 0.5,
        tags=(one.case.name, *([entry.explained_by] if entry.explained_by else [])),
        note=entry.note,
    )


def outcomes(one: Checked) -> list[Outcome]:
    """One outcome for each expected entry, and one for each finding that nobody listed."""
    made = [_entry_outcome(one, i, entry) for i, entry in enumerate(one.case.expected)]
    for i, finding in enumerate(one.report.findings):
        listed = any(one.case.expected[n].kind == "never" for n in one.listed[i])
        if one.right[i] or listed:
            continue
        made.append(
            Outcome(
                id=f"{one.case.name}/{finding.id}",
                group=one.case.name,
                a=finding.pair.a.text,
                b=finding.pair.b.text,
                expected="no finding",
                said=finding.verdict.value,
                right=False,
                badness=finding.confidence,
                tags=(one.case.name, *(e.value for e in finding.explained_by)),
                note="not listed in the case",
            )
        )
    return made


def evaluate_documents(
    cases: Sequence[Case],
    model: NliModel,
    baselines: Sequence[Baseline] = (),
    encoder: Encoder | None = None,
    *,
    files: dict[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure whole runs on document cases; intervals are over cases."""
    checked = [check_case(case, model, encoder) for case in cases]

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        return numbers([checked[i] for i in rows.tolist()])

    beside: dict[str, dict[str, Measure]] = {}
    for baseline in baselines:
        other = numbers([check_case(case, baseline, encoder) for case in cases])
        beside[baseline.info.name] = {name: Measure(value=v) for name, v in other.items()}
    rows: list[tuple[str | int | float | None, ...]] = []
    for one in checked:
        clashes = [i for i, f in enumerate(one.report.findings) if f.verdict.value == "contradicts"]
        wanted = [i for i, e in enumerate(one.case.expected) if e.kind == "contradicts"]
        rows.append(
            (
                one.case.name,
                one.report.stats.scored_pairs,
                len(wanted),
                sum(one.found[i] is not None for i in wanted),
                len(clashes),
                sum(one.right[i] for i in clashes),
                len(one.report.agreements),
            )
        )
    headings = ("case", "pairs", "expected", "found", "reported", "of them right", "agreements")
    return Evaluation(
        command="documents",
        files=files or {},
        measures=with_intervals(compute, np.arange(len(checked)), resamples),
        baselines=beside,
        outcomes=tuple(o for one in checked for o in outcomes(one)),
        tables=(Table(title="Contradictions by case", headings=headings, rows=tuple(rows)),),
        model=model.info,
    )
