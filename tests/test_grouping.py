"""Findings that tell the same belong to one group."""

import numpy as np

from checker.grouping import group_findings
from checker.types import Claim, Finding, Pair, Scores, Verdict

SCORES = Scores(agree=0, neutral=0, contradict=1)
TURN = np.deg2rad(40)  # cosine 0.77, just enough to tell the same


def angle(turns: float) -> np.ndarray:
    return np.array([np.cos(turns * TURN), np.sin(turns * TURN)], np.float32)


VECTORS = {
    "0": angle(0),
    "1": angle(1),
    "2": angle(2),
    "far": angle(4.5),
    "farther": angle(5.5),
}


def finding(name: str, a: str, b: str, verdict: Verdict = Verdict.CONTRADICTS) -> Finding:
    left, right = (Claim(id=key, document_id=key, start=0, end=1, text=key) for key in (a, b))
    return Finding(
        id=name,
        pair=Pair(a=left, b=right),
        verdict=verdict,
        confidence=0.9,
        forward=SCORES,
        backward=SCORES,
    )


def groups(*findings: Finding) -> list[str]:
    return [f.group for f in group_findings(findings, VECTORS)]


def test_findings_whose_claims_match_side_by_side_are_joined():
    assert groups(finding("x", "0", "far"), finding("y", "1", "farther")) == ["x", "x"]


def test_the_order_of_the_sides_makes_no_difference():
    assert groups(finding("x", "0", "far"), finding("y", "farther", "1")) == ["x", "x"]


def test_one_matching_side_is_not_enough():
    assert groups(finding("x", "0", "far"), finding("y", "0", "2")) == ["x", "y"]


def test_joins_are_transitive():
    ends = finding("x", "0", "far"), finding("y", "2", "far")
    assert groups(*ends) == ["x", "y"]
    assert groups(*ends, finding("z", "1", "far")) == ["x", "x", "x"]


def test_an_agreement_never_joins_a_contradiction():
    same = finding("x", "0", "far"), finding("y", "0", "far", Verdict.AGREES)
    assert groups(*same) == ["x", "y"]


def test_the_first_finding_leads_and_nothing_else_changes():
    first, second = finding("x", "0", "far"), finding("y", "0", "far")
    result = group_findings([second, first], VECTORS)
    assert [f.group for f in result] == ["y", "y"]
    assert [f.id for f in result] == ["y", "x"]
    assert group_findings([], {}) == []
