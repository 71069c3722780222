"""Two runs on the same things: the difference, its interval, a paired test, what changed sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from checker.errors import InputError
from eval.metrics import RESAMPLES, Measure, Predictions, group_numbers, measures, with_intervals
from eval.results import Outcome, Table, shown

SHOWN_CHANGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`differences` are this run minus the other, by measure.

    `fixed` were wrong in the other run and are right in this, `broken` the
    reverse. `p_value` is that of McNemar's exact test: how likely so uneven a
    split of the changed ones is if both are equally good (McNemar 1947).
    """

    shared: int
    differences: dict[str, Measure]
    fixed: tuple[Outcome, ...]
    broken: tuple[Outcome, ...]
    p_value: float

    @property
    def tables(self) -> tuple[Table, ...]:
        """The comparison for readers."""
        changes = [("now right", o) for o in self.fixed] + [("now wrong", o) for o in self.broken]
        more = len(changes) - SHOWN_CHANGES
        return (
            Table(
                title=f"Against the other run, on {self.shared} shared items",
                headings=("measure", "difference (95% interval)"),
                rows=(
                    *((name.replace("_", " "), shown(m)) for name, m in self.differences.items()),
                    ("now right / now wrong", f"{len(self.fixed)} / {len(self.broken)}"),
                    ("McNemar's exact test, p", f"{self.p_value:.4f}"),
                ),
            ),
            Table(
                title="Changed sides" + (f" (and {more} more)" if more > 0 else ""),
                headings=("", "id", "right", "now said", "a", "b"),
                rows=tuple(
                    (change, o.id, o.expected, o.said, o.a, o.b)
                    for change, o in changes[:SHOWN_CHANGES]
                ),
            ),
        )


def mcnemar(fixed: int, broken: int) -> float:
    """The two-sided p-value of McNemar's exact test; 1 when nothing changed.

    >>> round(mcnemar(9, 1), 4)
    0.0215
    """
    changed = fixed + broken
    return float(binomtest(min(fixed, broken), changed, 0.5).pvalue) if changed else 1.0


def _predictions(outcomes: Sequence[Outcome]) -> Predictions | None:
    """The probabilities of all outcomes, or None where some have none."""
    classes = outcomes[0].classes
    if not classes or any(o.classes != classes for o in outcomes):
        return None
    return Predictions(
        classes=classes,
        probabilities=np.array([o.probabilities for o in outcomes], np.float64),
        gold=np.array([classes.index(o.expected) for o in outcomes], np.int64),
        said=np.array([classes.index(o.said) for o in outcomes], np.int64),
        groups=group_numbers([o.group for o in outcomes]),
    )


def compare(
    this: Sequence[Outcome], other: Sequence[Outcome], resamples: int = RESAMPLES
) -> Comparison:
    """Compare two runs on the things that both measured, told by id and text.

    Raises InputError when they share nothing.
    """
    by_key = {(o.id, o.a, o.b, o.expected): o for o in other}
    pairs = [(o, by_key[key]) for o in this if (key := (o.id, o.a, o.b, o.expected)) in by_key]
    if not pairs:
        raise InputError("the two runs measured nothing in common: same command, same files?")
    new, old = [one for one, _ in pairs], [two for _, two in pairs]
    after, before = _predictions(new), _predictions(old)
    right_now = np.array([o.right for o in new], float)
    right_then = np.array([o.right for o in old], float)

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        if after is None or before is None or after.classes != before.classes:
            return {"share_right": float((right_now - right_then)[rows].mean())}
        one, two = measures(after.take(rows)), measures(before.take(rows))
        return {name: one[name] - two[name] for name in one if name in two}

    fixed = tuple(one for one, two in pairs if one.right and not two.right)
    broken = tuple(one for one, two in pairs if two.right and not one.right)
    return Comparison(
        shared=len(pairs),
        differences=with_intervals(compute, group_numbers([o.group for o in new]), resamples),
        fixed=fixed,
        broken=tuple(sorted(broken, key=lambda o: -o.badness)),
        p_value=mcnemar(len(fixed), len(broken)),
    )
