"""Decisions out of the store: tables, a memo for print, ClaimReview, labelled pairs.

Every text is escaped in the way of its format.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from checker.desk.evidence import Side
from checker.desk.memo import to_html, to_markdown
from checker.desk.reviewed import Reviewed, confirmed, reviewed, where_in
from checker.desk.reviews import Decision
from checker.errors import InputError
from checker.escaping import cell, printable

SCHEMA_VERSION = 1
# Tags of the fixtures by the kind of difference, and by what explains it.
_TAGS = {
    "number": "number",
    "date": "date",
    "name": "entity",
    "negation": "negation",
    "certainty": "hedge",
    "speaker": "attribution",
}
_EXPLAINED = {"time": "date", "attribution": "attribution", "scope": "scope"}
MOST_TAGS = 3


def to_csv(connection: sqlite3.Connection, run: int) -> str:
    """One line for each finding, decided or not."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    sides = [f"{n}_{s}" for s in "ab" for n in ("source", "date", "line", "speaker", "text")]
    own = ["id", "verdict", "confidence", "status", "explanation", "settled_by"]
    writer.writerow([*own, "reviewers", "notes", *sides])
    for one in reviewed(connection, run):
        row = [one.id, one.verdict, f"{one.confidence:.3f}", one.status, one.explanation or ""]
        row += [cell(one.settled_by or ""), cell(", ".join(one.names)), cell(" | ".join(one.notes))]
        for each in (one.a, one.b):
            row += [cell(each.source), each.published or "", str(each.line)]
            row += [cell(each.speaker or ""), cell(each.text)]
        writer.writerow(row)
    return buffer.getvalue()


def _place(each: Side) -> dict[str, Any]:
    return {
        "claim_id": each.claim_id,
        "document_id": each.document_id,
        "source": each.source,
        "title": each.title,
        "published": each.published,
        "speaker": each.speaker,
        "line": each.line,
        "start": each.start,
        "end": each.end,
        "text": each.text,
    }


def to_json(connection: sqlite3.Connection, run: int) -> str:
    """Every finding with every entry, those taken back included; versioned."""
    row = connection.execute("SELECT * FROM run WHERE id = ?", [run]).fetchone()
    found = [
        {
            "id": one.id,
            "verdict": one.verdict,
            "confidence": one.confidence,
            "status": one.status,
            "explanation": one.explanation,
            "settled_by": one.settled_by,
            "a": _place(one.a),
            "b": _place(one.b),
            "differences": [asdict(difference) for difference in one.differences],
            "reviews": [
                {k: v for k, v in asdict(r).items() if k not in ("finding_id", "about")}
                for r in one.history
            ],
        }
        for one in reviewed(connection, run)
    ]
    data = {
        "schema_version": SCHEMA_VERSION,
        "run": {"name": row["name"], "created": row["created"], "model": json.loads(row["model"])},
        "findings": found,
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def to_claim_review(connection: sqlite3.Connection, run: int) -> str:
    """Confirmed contradictions as schema.org ClaimReview, two for each: one for each side.

    A rating says only that another source contradicts the claim; who is right
    is not decided at this desk. "<" is escaped, so that the text can stand in
    a script element.
    """
    graph: list[dict[str, Any]] = []
    for one in confirmed(connection, run):
        for each, other in ((one.a, one.b), (one.b, one.a)):
            work: dict[str, Any] = {
                "@type": "CreativeWork",
                "headline": printable(each.title),
                "publisher": {"@type": "Organization", "name": printable(each.source)},
            }
            if each.published:
                work["datePublished"] = each.published
            claim: dict[str, Any] = {"@type": "Claim", "appearance": work}
            if each.speaker:
                claim["author"] = {"@type": "Thing", "name": printable(each.speaker)}
            last = one.counting[-1]
            graph.append(
                {
                    "@type": "ClaimReview",
                    "@id": f"urn:checker:{one.id}:{each.claim_id}",
                    "datePublished": last.time[:10],
                    "author": [{"@type": "Person", "name": printable(n)} for n in one.names],
                    "claimReviewed": printable(each.text),
                    "itemReviewed": claim,
                    "reviewRating": {
                        "@type": "Rating",
                        "alternateName": f"Contradicted by {printable(other.source)}",
                    },
                    "reviewBody": f"{printable(where_in(other))}: “{printable(other.text)}”",
                }
            )
    data = {"@context": "https://schema.org", "@graph": graph}
    return json.dumps(data, ensure_ascii=False, indent=2).replace("<", "\\u003c") + "\n"


def label_of(one: Reviewed) -> str | None:
    """The fixtures' label of a decided finding; None where the decision does not tell it.

    What is explained, or not a contradiction, can both be true: neutral. What
    is not an agreement may be neutral or a contradiction, so it is left out.
    """
    if one.status == Decision.CONFIRMED:
        return one.verdict
    if one.status in (Decision.NOT_A_CONTRADICTION, Decision.EXPLAINED):
        return "neutral"
    return None


def to_pairs(connection: sqlite3.Connection, run: int) -> str:
    """Decided findings as labelled pairs, one JSON object a line, as fixtures/README.md has them.

    The texts are those that the model saw. A pair that stands twice is kept once.
    """
    lines = []
    seen: set[frozenset[str]] = set()
    for one in reviewed(connection, run):
        label = label_of(one)
        a, b = (" ".join(text.split()) for text in one.scored)
        key = frozenset("".join(c for c in text.lower() if c.isalnum()) for text in (a, b))
        if label is None or key in seen or len(key) < 2:
            continue
        seen.add(key)
        tags = [_EXPLAINED[one.explanation]] if one.explanation in _EXPLAINED else []
        tags += [_TAGS[d.kind] for d in one.differences if d.kind in _TAGS]
        row = {
            "id": f"review-{one.id}",
            "story": f"review-{one.group}",
            "a": a,
            "b": b,
            "label": label,
            "tags": list(dict.fromkeys(tags))[:MOST_TAGS],
            "note": " ".join(" | ".join(one.notes).split()),
        }
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    return "".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One way out: the file's name and type, what is in it, how it is made."""

    filename: str
    media_type: str
    title: str
    about: str
    make: Callable[[sqlite3.Connection, int], str]


EXPORTS: dict[str, Export] = {
    "html": Export(
        filename="memo.html",
        media_type="text/html",
        title="Memo for print",
        about="Confirmed contradictions with both quotations and their places; one HTML page.",
        make=to_html,
    ),
    "md": Export(
        filename="memo.md",
        media_type="text/markdown",
        title="Memo in Markdown",
        about="The same for an editor, a ticket or a wiki.",
        make=to_markdown,
    ),
    "csv": Export(
        filename="findings.csv",
        media_type="text/csv",
        title="Table",
        about="All findings with their status, reviewers and notes, for a spreadsheet.",
        make=to_csv,
    ),
    "json": Export(
        filename="reviews.json",
        media_type="application/json",
        title="JSON",
        about="All findings with every entry, those taken back included.",
        make=to_json,
    ),
    "claimreview": Export(
        filename="claimreview.jsonld",
        media_type="application/ld+json",
        title="ClaimReview",
        about="Confirmed contradictions as schema.org JSON-LD, for search engines and archives.",
        make=to_claim_review,
    ),
    "pairs": Export(
        filename="pairs.jsonl",
        media_type="application/x-ndjson",
        title="Labelled pairs",
        about="Decided findings as test data that python -m eval pairs reads.",
        make=to_pairs,
    ),
}


def export(connection: sqlite3.Connection, run: int, kind: str) -> str:
    """One export as text. Raises InputError for a kind that is not among EXPORTS."""
    if kind not in EXPORTS:
        raise InputError(f"{kind}: no such format; there are {', '.join(EXPORTS)}")
    return EXPORTS[kind].make(connection, run)
