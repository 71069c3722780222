"""A document as a page: paragraphs with their claims marked, findings in the margin."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

# Characters of one part of a long document, and of one paragraph in it.
PART = 60_000
LONGEST_PARAGRAPH = 6_000
MOST_NOTES = 6
# Most documents in the list.
MOST_DOCUMENTS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A finding beside a claim."""

    id: str
    verdict: str
    confidence: float
    status: str
    other: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A piece of a paragraph; `claim_id` is empty between claims."""

    text: str
    claim_id: str = ""
    notes: tuple[Note, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One line of the list of documents."""

    id: str
    title: str
    source: str
    published: str | None
    origin: str
    claims: int
    contradictions: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """One part of a document; `part` counts from 1."""

    id: str
    title: str
    source: str
    published: str | None
    author: str | None
    path: str
    copy_of: str | None
    claims: int
    findings: int
    part: int
    parts: int
    paragraphs: tuple[tuple[Stretch, ...], ...]


def documents(connection: sqlite3.Connection, run: int) -> list[DocumentLine]:
    """The documents of a run with what was found in them, at most MOST_DOCUMENTS."""
    rows = connection.execute(
        f"""
        WITH touched AS (
            SELECT c.document_id, f.id, f.verdict, f.status
            FROM finding AS f JOIN claim AS c ON c.run_id = f.run_id AND c.id = f.a_id
            WHERE f.run_id = :run
            UNION
            SELECT c.document_id, f.id, f.verdict, f.status
            FROM finding AS f JOIN claim AS c ON c.run_id = f.run_id AND c.id = f.b_id
            WHERE f.run_id = :run
        ), found AS (
            SELECT document_id, sum(verdict = 'contradicts') AS contradictions,
                   sum(status IN ('open', 'conflict')) AS open
            FROM touched GROUP BY document_id
        )
        SELECT d.id, d.title, d.source, d.published, d.origin,
               (SELECT count(*) FROM claim WHERE run_id = d.run_id AND document_id = d.id)
                   AS claims,
               coalesce(found.contradictions, 0) AS contradictions,
               coalesce(found.open, 0) AS open
        FROM document AS d LEFT JOIN found ON found.document_id = d.id
        WHERE d.run_id = :run ORDER BY contradictions DESC, d.position LIMIT {MOST_DOCUMENTS}
        """,
        {"run": run},
    )
    return [DocumentLine(**dict(row)) for row in rows]


def document_page(
    connection: sqlite3.Connection, run: int, document_id: str, part: int = 1
) -> DocumentPage | None:
    """One part of a document; None when the run has no such document or part."""
    start = (part - 1) * PART
    row = connection.execute(
        f"""
        SELECT d.id, d.title, d.source, d.published, d.author, d.path,
               (SELECT source FROM document WHERE run_id = d.run_id AND id = d.origin
                AND id <> d.id) AS copy_of,
               (SELECT count(*) FROM claim WHERE run_id = d.run_id AND document_id = d.id)
                   AS claims,
               (SELECT count(*) FROM finding AS f WHERE f.run_id = d.run_id
                AND (f.a_id IN (SELECT id FROM claim WHERE run_id = d.run_id
                                AND document_id = d.id)
                  OR f.b_id IN (SELECT id FROM claim WHERE run_id = d.run_id
                                AND document_id = d.id))) AS findings,
               length(d.text) AS length, substr(d.text, ? + 1, {PART}) AS text
        FROM document AS d WHERE d.run_id = ? AND d.id = ?
        """,
        [start, run, document_id],
    ).fetchone()
    if row is None or part < 1 or (start and start >= row["length"]):
        return None
    values = dict(row)
    text, length = values.pop("text"), values.pop("length")
    notes = _notes(connection, run, document_id, start)
    claims = connection.execute(
        "SELECT id, start, end FROM claim WHERE run_id = ? AND document_id = ? "
        "AND start >= ? AND start < ? ORDER BY start, end DESC",
        [run, document_id, start, start + PART],
    )
    spans = [(row["start"] - start, row["end"] - start, row["id"]) for row in claims]
    return DocumentPage(
        **values,
        part=part,
        parts=max(1, -(-length // PART)),
        paragraphs=tuple(_paragraphs(text, spans, notes)),
    )


def _notes(
    connection: sqlite3.Connection, run: int, document_id: str, start: int
) -> dict[str, list[Note]]:
    found: dict[str, list[Note]] = {}
    halves = [
        f"""
        SELECT c.id AS claim_id, f.rank, f.id, f.verdict, f.confidence, f.status,
               f.source_{theirs} AS other, substr(o.text, 1, 200) AS text
        FROM claim AS c
        JOIN finding AS f ON f.run_id = c.run_id AND f.{own}_id = c.id
        JOIN claim AS o ON o.run_id = f.run_id AND o.id = f.{theirs}_id
        WHERE c.run_id = :run AND c.document_id = :document
              AND c.start >= :start AND c.start < :start + {PART}
        """
        for own, theirs in (("a", "b"), ("b", "a"))
    ]
    rows = connection.execute(
        f"{' UNION ALL '.join(halves)} ORDER BY 2",
        {"run": run, "document": document_id, "start": start},
    )
    for row in rows:
        values = dict(row)
        values.pop("rank")
        found.setdefault(values.pop("claim_id"), []).append(Note(**values))
    return found


def _paragraphs(
    text: str, spans: list[tuple[int, int, str]], notes: dict[str, list[Note]]
) -> list[tuple[Stretch, ...]]:
    """Cut the text at line ends and claims; a claim inside another one is left to that one."""
    made: list[tuple[Stretch, ...]] = []
    stretches: list[Stretch] = []

    def plain(piece: str) -> None:
        lines = piece.split("\n")
        for number, line in enumerate(lines):
            if number and stretches:
                made.append(tuple(stretches))
                stretches.clear()
            for cut in range(0, len(line), LONGEST_PARAGRAPH):
                if cut and stretches:
                    made.append(tuple(stretches))
                    stretches.clear()
                stretches.append(Stretch(text=line[cut : cut + LONGEST_PARAGRAPH]))

    last = 0
    for start, end, claim in spans:
        if start < last:
            continue
        plain(text[last:start])
        beside = notes.get(claim, [])
        stretches.append(
            Stretch(
                text=text[start:end],
                claim_id=claim,
                notes=tuple(beside[:MOST_NOTES]),
                more=max(0, len(beside) - MOST_NOTES),
            )
        )
        last = min(end, len(text))
    plain(text[last:])
    made.append(tuple(stretches))
    return [part for part in made if any(s.text.strip() for s in part)]
