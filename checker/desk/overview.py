"""The run at a glance: sources against sources, topics by time, precision by confidence."""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from dataclasses import dataclass

from checker.desk.reviews import Decision
from checker.desk.topics import OTHER

MOST_SOURCES = 14
MOST_TOPICS = 12
MOST_PERIODS = 18
# Shades of a cell, 0 is none.
SHADES = 6
# 95% of the normal distribution, for Wilson's interval.
Z = 1.96
_LATER = "max(coalesce(f.published_a, f.published_b), coalesce(f.published_b, f.published_a))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One count of a table; `confirmed` are among the `count`, `shade` is 0 to SHADES."""

    count: int
    confirmed: int
    shade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A table of counts: `cells` by (row, column); `hidden` names did not fit."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Reviewed contradictions of one range of confidence, in percent: `least` to below `most`.

    `low` and `high` bound the precision by Wilson's 95% interval (Wilson 1927).
    """

    least: int
    most: int
    reviewed: int
    confirmed: int

    @property
    def precision(self) -> float:
        """Share of reviewed findings that were confirmed, 0 to 1."""
        return self.confirmed / self.reviewed if self.reviewed else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the precision; (0, 1) when nothing was reviewed."""
        if not self.reviewed:
            return 0.0, 1.0
        n, p = self.reviewed, self.precision
        centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, centre - half), min(1.0, centre + half)


def _cells(counts: dict[tuple[str, str], tuple[int, int]]) -> dict[tuple[str, str], Cell]:
    most = max((count for count, _ in counts.values()), default=1)
    return {
        key: Cell(count=count, confirmed=confirmed, shade=math.ceil(SHADES * count / most))
        for key, (count, confirmed) in counts.items()
    }


def source_matrix(connection: sqlite3.Connection, run: int) -> Matrix:
    """Contradictions between sources: those of the strongest pairs, at most MOST_SOURCES."""
    rows = connection.execute(
        "SELECT min(f.source_a, f.source_b) AS one, max(f.source_a, f.source_b) AS other, "
        "count(*) AS count, sum(f.status = 'confirmed') AS confirmed "
        "FROM finding AS f WHERE f.run_id = ? AND f.verdict = 'contradicts' GROUP BY 1, 2 "
        "ORDER BY 3 DESC, 1, 2",
        [run],
    ).fetchall()
    chosen: dict[str, None] = {}
    for row in rows:
        if len(chosen.keys() | {row["one"], row["other"]}) <= MOST_SOURCES:
            chosen |= {row["one"]: None, row["other"]: None}
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    totals: Counter[str] = Counter()
    for row in rows:
        if row["one"] in chosen and row["other"] in chosen:
            counts[row["one"], row["other"]] = (row["count"], row["confirmed"])
            counts[row["other"], row["one"]] = (row["count"], row["confirmed"])
            totals[row["one"]] += row["count"]
            totals[row["other"]] += row["count"]
    names = tuple(sorted(chosen, key=lambda name: (-totals[name], name)))
    every = {name for row in rows for name in (row["one"], row["other"])}
    return Matrix(rows=names, columns=names, cells=_cells(counts), hidden=len(every) - len(names))


def topic_matrix(connection: sqlite3.Connection, run: int) -> Matrix:
    """Findings by topic and by the later publication date, in days, months or years."""
    rows = connection.execute(
        f"SELECT f.topic, coalesce({_LATER}, '') AS day, count(*) AS count, "
        f"sum(f.status = 'confirmed') AS confirmed "
        f"FROM finding AS f WHERE f.run_id = ? GROUP BY 1, 2",
        [run],
    ).fetchall()
    days = {row["day"] for row in rows if row["day"]}
    size = next((n for n in (10, 7, 4) if len({d[:n] for d in days}) <= MOST_PERIODS), 4)
    totals: Counter[str] = Counter()
    sums: Counter[tuple[str, str]] = Counter()
    confirmed: Counter[tuple[str, str]] = Counter()
    for row in rows:
        key = (row["topic"], row["day"][:size])
        totals[row["topic"]] += row["count"]
        sums[key] += row["count"]
        confirmed[key] += row["confirmed"]
    # What has no topic of its own comes last.
    topics = tuple(
        sorted(dict(totals.most_common(MOST_TOPICS)), key=lambda n: (n == OTHER, -totals[n], n))
    )
    periods = sorted({period for _, period in sums if period}, reverse=True)[:MOST_PERIODS]
    columns = (*sorted(periods), *([""] if any(p == "" for _, p in sums) else []))
    shown = {
        key: (count, confirmed[key])
        for key, count in sums.items()
        if key[0] in topics and key[1] in columns
    }
    return Matrix(
        rows=topics, columns=columns, cells=_cells(shown), hidden=len(totals) - len(topics)
    )


def period_bounds(period: str) -> tuple[str, str]:
    """First and last day of "2024", "2024-11" or "2024-11-29"; ISO dates as text bound well.

    >>> period_bounds("2024-02")
    ('2024-02-01', '2024-02-29')
    """
    import calendar

    if len(period) == 4:
        return f"{period}-01-01", f"{period}-12-31"
    if len(period) == 7:
        last = calendar.monthrange(int(period[:4]), int(period[5:]))[1]
        return f"{period}-01", f"{period}-{last:02}"
    return period, period


def precision_bins(connection: sqlite3.Connection, run: int) -> list[Bin]:
    """How many contradictions of each tenth of confidence were confirmed, among those decided.

    Decided are confirmed, not a contradiction and explained; the model's own
    explained ones count like all others. From 50% up.
    """
    decided = (Decision.CONFIRMED, Decision.NOT_A_CONTRADICTION, Decision.EXPLAINED)
    rows = connection.execute(
        "SELECT min(9, cast(f.confidence * 10 + 1e-9 AS INTEGER)) AS tenth, count(*) AS reviewed, "
        "sum(f.status = 'confirmed') AS confirmed FROM finding AS f "
        "WHERE f.run_id = ? AND f.verdict = 'contradicts' AND f.status IN (?, ?, ?) GROUP BY 1",
        [run, *decided],
    )
    found = {row["tenth"]: (row["reviewed"], row["confirmed"]) for row in rows}
    first = min([5, *found])
    return [
        Bin(least=10 * t, most=10 * t + 10, reviewed=n, confirmed=k)
        for t in range(first, 10)
        for n, k in [found.get(t, (0, 0))]
    ]
