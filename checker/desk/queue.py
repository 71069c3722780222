"""The queue: one run's findings, most serious first, with counts and neighbours."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from checker.desk.filters import STANDING, Filters, where
from checker.desk.reviews import CONFLICT, OPEN, STATUSES

PAGE_SIZE = 40
# Longest quotation in a list, in characters.
EXCERPT = 260
# Most values offered in a list of choices.
MAX_CHOICES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run or import, as lists name it."""

    id: int
    name: str
    created: str
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the queue."""

    id: str
    rank: int
    verdict: str
    confidence: float
    explained_by: tuple[str, ...]
    status: str
    explanation: str | None
    settled_by: str | None
    reviewers: tuple[str, ...]
    source_a: str
    source_b: str
    published_a: str | None
    published_b: str | None
    text_a: str
    text_b: str
    alike: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many findings stand where; `statuses` has every one of STATUSES."""

    total: int
    statuses: dict[str, int]

    @property
    def done(self) -> int:
        """Findings with a decision that nobody disputes."""
        return self.total - self.statuses[OPEN] - self.statuses[CONFLICT]

    @property
    def percent(self) -> int:
        """Share that is done, rounded down, so that 100 means all."""
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding stands in a view: ids of its neighbours, its number, how many there are."""

    before: str | None
    after: str | None
    number: int
    total: int


def runs(connection: sqlite3.Connection) -> list[Run]:
    """All runs, the newest first."""
    rows = connection.execute(
        "SELECT id, name, created, (SELECT count(*) FROM finding WHERE run_id = run.id) AS findings"
        " FROM run ORDER BY id DESC LIMIT ?",
        [MAX_CHOICES],
    )
    return [Run(**dict(row)) for row in rows]


def counts(connection: sqlite3.Connection, run: int, filters: Filters | None = None) -> Counts:
    """Count the findings of a run, or of a view of it, by status."""
    condition, values = where(filters or Filters(), run)
    found = dict(
        connection.execute(
            f"SELECT f.status, count(*) FROM finding AS f WHERE {condition} GROUP BY 1", values
        ).fetchall()
    )
    return Counts(
        total=sum(found.values()), statuses={status: found.get(status, 0) for status in STATUSES}
    )


def entries(connection: sqlite3.Connection, run: int, filters: Filters) -> list[Entry]:
    """One page of a view, at most PAGE_SIZE lines."""
    condition, values = where(filters, run)
    rows = connection.execute(
        # The page is cut before anything is looked up for its lines.
        f"""
        WITH page AS (
            SELECT f.run_id, f.rank FROM finding AS f
            WHERE {condition} ORDER BY f.rank LIMIT ? OFFSET ?
        )
        SELECT f.id, f.rank, f.verdict, f.confidence, f.explained_by, f.status, s.explanation,
               s.settled_by, coalesce(s.reviewers, '') AS reviewers, f.source_a, f.source_b,
               f.published_a, f.published_b,
               substr(a.text, 1, {EXCERPT} + 1) AS text_a,
               substr(b.text, 1, {EXCERPT} + 1) AS text_b,
               (SELECT count(*) - 1 FROM finding AS g
                WHERE g.run_id = f.run_id AND g.group_id = f.group_id) AS alike
        FROM page CROSS JOIN finding AS f ON f.run_id = page.run_id AND f.rank = page.rank
             {STANDING}
             JOIN claim AS a ON a.run_id = f.run_id AND a.id = f.a_id
             JOIN claim AS b ON b.run_id = f.run_id AND b.id = f.b_id
        ORDER BY f.rank
        """,
        [*values, PAGE_SIZE, (filters.page - 1) * PAGE_SIZE],
    )
    return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> Entry:
    values = dict(row)
    for name in ("text_a", "text_b"):
        if len(values[name]) > EXCERPT:
            values[name] = values[name][:EXCERPT].rsplit(" ", 1)[0] + " …"
    values["explained_by"] = tuple(values["explained_by"].split())
    values["reviewers"] = tuple(values["reviewers"].split("\n")) if values["reviewers"] else ()
    return Entry(**values)


def place(connection: sqlite3.Connection, run: int, filters: Filters, rank: int) -> Place:
    """Find the neighbours, in a view, of the finding at `rank`, which may not be in it itself."""
    condition, values = where(filters, run)
    total, number = connection.execute(
        "SELECT count(*), count(CASE WHEN f.rank <= ? THEN 1 END) "
        f"FROM finding AS f WHERE {condition}",
        [rank, *values],
    ).fetchone()
    ends = []
    for side, order in (("<", "DESC"), (">", "ASC")):
        row = connection.execute(
            f"SELECT f.id FROM finding AS f WHERE {condition} AND f.rank {side} ? "
            f"ORDER BY f.rank {order} LIMIT 1",
            [*values, rank],
        ).fetchone()
        ends.append(str(row[0]) if row else None)
    return Place(before=ends[0], after=ends[1], number=number, total=total)


def sources(connection: sqlite3.Connection, run: int) -> list[str]:
    """The names of a run's sources, in the order of the alphabet."""
    rows = connection.execute(
        "SELECT DISTINCT source FROM document WHERE run_id = ? ORDER BY source LIMIT ?",
        [run, MAX_CHOICES],
    )
    return [row[0] for row in rows]


def reviewers(connection: sqlite3.Connection) -> list[str]:
    """Everybody who ever decided something."""
    rows = connection.execute(
        "SELECT DISTINCT reviewer FROM review ORDER BY reviewer LIMIT ?", [MAX_CHOICES]
    )
    return [row[0] for row in rows]
