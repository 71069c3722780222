"""All that a reviewer should see of one finding: both sides, who else says so, what was decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from checker.desk.filters import STANDING
from checker.desk.margins import PART
from checker.desk.passages import (
    LONGEST_CLAIM,
    PARAGRAPH,
    Piece,
    differing,
    paragraph,
    pieces,
)
from checker.desk.reviews import Review, history
from checker.types import Difference

# Most other claims shown on a side, and most members of a group.
MOST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One claim in its paragraph. `line` is 1-based, `start` and `end` count characters."""

    claim_id: str
    document_id: str
    title: str
    source: str
    published: str | None
    author: str | None
    speaker: str | None
    hedged: bool
    spoken_of: str | None
    context: str
    start: int
    end: int
    line: int
    before: str
    after: str
    text: str
    pieces: tuple[Piece, ...]

    @property
    def part(self) -> int:
        """The part of the document's page on which the claim begins."""
        return self.start // PART + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Another claim on the same question, and the finding that says so."""

    finding_id: str
    claim_id: str
    document_id: str
    source: str
    published: str | None
    text: str
    copy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Another finding of the same group."""

    id: str
    confidence: float
    status: str
    source_a: str
    source_b: str
    text_a: str
    text_b: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """Everybody on one side of the question.

    `sources` are the documents' sources, `origins` how many of the documents
    are independent, copies of one text counted once.
    """

    sources: int
    origins: int
    voices: tuple[Voice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding with all around it."""

    id: str
    rank: int
    verdict: str
    confidence: float
    explained_by: tuple[str, ...]
    scores: dict[str, dict[str, float]]
    differences: tuple[Difference, ...]
    topic: str
    status: str
    explanation: str | None
    settled_by: str | None
    reviewers: tuple[str, ...]
    a: Side
    b: Side
    members: tuple[Member, ...]
    more_members: int
    stands: tuple[Stand, Stand]
    history: tuple[Review, ...]
    earlier: tuple[Review, ...]


def evidence(connection: sqlite3.Connection, run: int, finding_id: str) -> Evidence | None:
    """Gather one finding of a run; None when the run has no such finding."""
    row = connection.execute(
        "SELECT f.*, s.explanation, s.settled_by, coalesce(s.reviewers, '') AS reviewers "
        f"FROM finding AS f {STANDING} WHERE f.run_id = ? AND f.id = ?",
        [run, finding_id],
    ).fetchone()
    if row is None:
        return None
    differences = tuple(Difference(**each) for each in json.loads(row["differences"]))
    members = _members(connection, run, row)
    other = "agrees" if row["verdict"] == "contradicts" else "contradicts"
    return Evidence(
        id=row["id"],
        rank=row["rank"],
        verdict=row["verdict"],
        confidence=row["confidence"],
        explained_by=tuple(row["explained_by"].split()),
        scores=json.loads(row["scores"]),
        differences=differences,
        topic=row["topic"],
        status=row["status"],
        explanation=row["explanation"],
        settled_by=row["settled_by"],
        reviewers=tuple(row["reviewers"].split("\n")) if row["reviewers"] else (),
        a=side(connection, run, row["a_id"], differing(differences, "a")),
        b=side(connection, run, row["b_id"], differing(differences, "b")),
        members=tuple(members[:MOST]),
        more_members=max(0, len(members) - MOST),
        stands=_stands(connection, run, row),
        history=tuple(history(connection, finding_id, row["verdict"])),
        earlier=tuple(history(connection, finding_id, other)),
    )


def side(
    connection: sqlite3.Connection, run: int, claim_id: str, marks: Iterable[tuple[str, str]] = ()
) -> Side:
    """One claim of a run in its paragraph."""
    row = connection.execute(
        f"""
        SELECT c.id AS claim_id, c.document_id, d.title, d.source, d.published, d.author,
               c.speaker, c.hedged, c.spoken_of, c.context, c.start, c.end,
               substr(c.text, 1, {LONGEST_CLAIM} + 1) AS text,
               substr(d.text, max(0, c.start - {PARAGRAPH}) + 1, min(c.start, {PARAGRAPH}))
                   AS before,
               substr(d.text, c.end + 1, {PARAGRAPH}) AS after,
               c.start <= {PARAGRAPH} AS from_start,
               c.end + {PARAGRAPH} >= length(d.text) AS to_end,
               c.start - length(replace(substr(d.text, 1, c.start), char(10), '')) + 1 AS line
        FROM claim AS c JOIN document AS d ON d.run_id = c.run_id AND d.id = c.document_id
        WHERE c.run_id = ? AND c.id = ?
        """,
        [run, claim_id],
    ).fetchone()
    values = dict(row)
    whole = (bool(values.pop("from_start")), bool(values.pop("to_end")))
    values["before"], values["after"] = paragraph(values["before"], values["after"], whole)
    if len(values["text"]) > LONGEST_CLAIM:
        values["text"] = values["text"][:LONGEST_CLAIM] + " …"
    values["hedged"] = bool(values["hedged"])
    return Side(**values, pieces=tuple(pieces(values["text"], marks)))


def _members(connection: sqlite3.Connection, run: int, row: sqlite3.Row) -> list[Member]:
    rows = connection.execute(
        "SELECT f.id, f.confidence, f.status, f.source_a, f.source_b, "
        "substr(a.text, 1, 400) AS text_a, substr(b.text, 1, 400) AS text_b "
        "FROM finding AS f JOIN claim AS a ON a.run_id = f.run_id AND a.id = f.a_id "
        "JOIN claim AS b ON b.run_id = f.run_id AND b.id = f.b_id "
        "WHERE f.run_id = ? AND f.group_id = ? AND f.id <> ? ORDER BY +f.rank",
        [run, row["group_id"], row["id"]],
    )
    return [Member(**dict(each)) for each in rows]


def _stands(connection: sqlite3.Connection, run: int, row: sqlite3.Row) -> tuple[Stand, Stand]:
    """Who says what a says, and who says what b says, as the other findings tell.

    On a's side stand the claims that agree with a and, where the finding is a
    contradiction, those that contradict b; of a group's members those whose
    other claim is b, or is nearer to b in its words.
    """
    a, b = row["a_id"], row["b_id"]
    clash = row["verdict"] == "contradicts"
    belongs: dict[str, tuple[int, str]] = {}
    touching: dict[str, sqlite3.Row] = {}
    for own in ("a_id", "b_id"):  # apart, so that each has its index
        for other in connection.execute(
            f"SELECT id, rank, verdict, a_id, b_id FROM finding WHERE run_id = ? "
            f"AND {own} IN (?, ?) AND id <> ? LIMIT 200",
            [run, a, b, row["id"]],
        ):
            touching[other["id"]] = other
    for other in sorted(touching.values(), key=lambda each: int(each["rank"])):
        for known, claim in ((other["a_id"], other["b_id"]), (other["b_id"], other["a_id"])):
            if known in (a, b) and claim not in (a, b):
                which = 0 if known == a else 1
                if other["verdict"] == "agrees":
                    belongs.setdefault(claim, (which, other["id"]))
                elif clash:
                    belongs.setdefault(claim, (1 - which, other["id"]))
    words = _words(connection, run, [a, b])
    grouped = connection.execute(
        "SELECT id, a_id, b_id FROM finding WHERE run_id = ? AND group_id = ? AND id <> ? "
        "ORDER BY +rank LIMIT 200",
        [run, row["group_id"], row["id"]],
    ).fetchall()
    more = _words(connection, run, [claim for g in grouped for claim in (g["a_id"], g["b_id"])])
    for other in grouped:
        straight = _near(more[other["a_id"]], words[a]) + _near(more[other["b_id"]], words[b])
        crossed = _near(more[other["a_id"]], words[b]) + _near(more[other["b_id"]], words[a])
        turned = int(crossed > straight)
        for claim, which in ((other["a_id"], turned), (other["b_id"], 1 - turned)):
            if claim not in (a, b):
                belongs.setdefault(claim, (which, other["id"]))
    return (_stand(connection, run, a, belongs, 0), _stand(connection, run, b, belongs, 1))


def _words(
    connection: sqlite3.Connection, run: int, claims: list[str]
) -> dict[str, frozenset[str]]:
    rows = connection.execute(
        "SELECT id, substr(text, 1, 1000) AS text FROM claim WHERE run_id = ? AND id IN "
        f"({', '.join('?' * len(claims))})",
        [run, *claims],
    )
    return {row["id"]: frozenset(row["text"].casefold().split()) for row in rows}


def _near(left: frozenset[str], right: frozenset[str]) -> float:
    """Share of words in common (Jaccard)."""
    return len(left & right) / (len(left | right) or 1)


def _stand(
    connection: sqlite3.Connection,
    run: int,
    claim: str,
    belongs: dict[str, tuple[int, str]],
    own: int,
) -> Stand:
    said = [key for key, (which, _) in belongs.items() if which == own]
    rows = connection.execute(
        "SELECT c.id AS claim_id, c.document_id, d.source, d.published, d.origin, "
        "substr(c.text, 1, 400) AS text FROM claim AS c "
        "JOIN document AS d ON d.run_id = c.run_id AND d.id = c.document_id "
        f"WHERE c.run_id = ? AND c.id IN ({', '.join('?' * (1 + len(said)))})",
        [run, claim, *said],
    ).fetchall()
    voices = [
        Voice(
            finding_id=belongs[row["claim_id"]][1],
            claim_id=row["claim_id"],
            document_id=row["document_id"],
            source=row["source"],
            published=row["published"],
            text=row["text"],
            copy=row["origin"] != row["document_id"],
        )
        for row in rows
        if row["claim_id"] != claim
    ]
    order = {key: number for number, key in enumerate(said)}
    voices.sort(key=lambda voice: order[voice.claim_id])
    return Stand(
        sources=len({row["source"] for row in rows}),
        origins=len({row["origin"] for row in rows}),
        voices=tuple(voices[:MOST]),
    )
