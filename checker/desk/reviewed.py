"""Findings with both sides and all that was decided on them, as exports need them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checker.desk.evidence import Side, side
from checker.desk.filters import STANDING
from checker.desk.passages import differing
from checker.desk.reviews import Decision, Review, effective, history
from checker.types import Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One finding with both sides and all that was decided on it."""

    id: str
    group: str
    verdict: str
    confidence: float
    status: str
    explanation: str | None
    settled_by: str | None
    differences: tuple[Difference, ...]
    a: Side
    b: Side
    scored: tuple[str, str]
    history: tuple[Review, ...]

    @property
    def counting(self) -> list[Review]:
        """The decisions that were not taken back."""
        return effective(self.history)

    @property
    def notes(self) -> list[str]:
        """The notes of the decisions that stand, each as "name: note"."""
        return [f"{r.reviewer}: {r.note}" for r in self.counting if r.note]

    @property
    def names(self) -> list[str]:
        """Who decided, in order."""
        return list(dict.fromkeys(r.reviewer for r in self.counting))


def reviewed(
    connection: sqlite3.Connection, run: int, statuses: tuple[str, ...] = (), verdict: str = ""
) -> Iterator[Reviewed]:
    """The findings of a run, most serious first; of these statuses and this verdict if given."""
    condition, given = "f.run_id = ?", list[Any]([run])
    if statuses:
        condition += f" AND f.status IN ({', '.join('?' * len(statuses))})"
        given += statuses
    if verdict:
        condition += " AND f.verdict = ?"
        given.append(verdict)
    rows = connection.execute(
        "SELECT f.*, s.explanation, s.settled_by, a.scored AS scored_a, "
        f"b.scored AS scored_b FROM finding AS f {STANDING} "
        "JOIN claim AS a ON a.run_id = f.run_id AND a.id = f.a_id "
        "JOIN claim AS b ON b.run_id = f.run_id AND b.id = f.b_id "
        f"WHERE {condition} ORDER BY f.rank",
        given,
    )
    for row in rows:
        differences = tuple(Difference(**each) for each in json.loads(row["differences"]))
        yield Reviewed(
            id=row["id"],
            group=row["group_id"],
            verdict=row["verdict"],
            confidence=row["confidence"],
            status=row["status"],
            explanation=row["explanation"],
            settled_by=row["settled_by"],
            differences=differences,
            a=side(connection, run, row["a_id"], differing(differences, "a")),
            b=side(connection, run, row["b_id"], differing(differences, "b")),
            scored=(row["scored_a"], row["scored_b"]),
            history=tuple(history(connection, row["id"], row["verdict"])),
        )


def confirmed(connection: sqlite3.Connection, run: int) -> list[Reviewed]:
    """The confirmed contradictions of a run, most serious first."""
    return list(reviewed(connection, run, (Decision.CONFIRMED,), "contradicts"))


def where_in(each: Side) -> str:
    """Where a claim stands, in words: title, source, date, line and characters, speaker."""
    parts = [each.title, each.source] if each.title != each.source else [each.source]
    parts += [each.published] if each.published else []
    parts.append(f"line {each.line}, characters {each.start}–{each.end}")
    parts += [f"according to {each.speaker}"] if each.speaker else []
    return ", ".join(parts)
