"""Findings that tell the same disagreement, or the same agreement, belong together.

Two findings with one verdict are joined when their claims match side by side
in meaning, in either orientation; joins are transitive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from checker.types import Finding

# Cosine of the claim encoder from which two sentences, both on one side of like
# findings, are shown together. A matter of tidiness, not of truth: of the pairs of
# fixtures/pairs/dev that do not contradict, 54% above it agree (2026-11-22).
SAME_MEANING = 0.72


def group_findings(
    findings: Sequence[Finding], vector_of: dict[str, NDArray[np.float32]]
) -> list[Finding]:
    """Return the findings with `group` set to the id of their group's first member.

    `vector_of` gives the encoder's unit vector by claim id.
    """
    if not findings:
        return []
    left = np.stack([vector_of[f.pair.a.id] for f in findings])
    right = np.stack([vector_of[f.pair.b.id] for f in findings])
    straight = np.minimum(left @ left.T, right @ right.T)
    crossed = np.minimum(left @ right.T, right @ left.T)
    verdicts = np.array([f.verdict.value for f in findings])
    joined = (np.maximum(straight, crossed) >= SAME_MEANING) & (verdicts[:, None] == verdicts)
    leader = list(range(len(findings)))
    for i in range(len(findings)):
        for j in np.flatnonzero(joined[i, :i]).tolist():
            old, new = leader[i], leader[j]
            if old != new:
                first, last = min(old, new), max(old, new)
                leader = [first if x == last else x for x in leader]
    return [replace(f, group=findings[leader[i]].id) for i, f in enumerate(findings)]
