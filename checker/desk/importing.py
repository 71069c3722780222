"""A report into the store: one transaction, so that it is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from checker.desk.clock import now
from checker.desk.records import ClaimRecord, FindingRecord, ReportRecord
from checker.desk.reviews import OPEN
from checker.desk.store import Store
from checker.desk.topics import topics_of
from checker.errors import InputError

Row = tuple[Any, ...]


def _storable_text(text: str) -> str:
    """SQLite holds UTF-8, and its functions stop at a NUL: neither changes the text's length."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _storable(row: Row) -> Row:
    """Half characters, as in names of files, become question marks."""
    return tuple(_storable_text(value) if isinstance(value, str) else value for value in row)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return

    def every() -> Iterator[Row]:
        yield _storable(first)
        yield from map(_storable, rows)

    places = ", ".join("?" * len(first))
    connection.executemany(f"INSERT INTO {table} VALUES ({places})", every())


def import_report(store: Store, report: ReportRecord, name: str) -> tuple[int, bool]:
    """Add a run; return its number and whether it is new.

    The same report imported again is the run that is already there. Reviews
    of findings that an earlier run had, too, need no copying: they belong to
    the finding. Raises InputError when an id is given twice, StoreError when
    the store cannot be written; either leaves it as it was.
    """
    digest = hashlib.sha256(json.dumps(report, sort_keys=True).encode()).hexdigest()
    documents = {document["id"]: document for document in report["documents"]}
    claims = {claim["id"]: claim for claim in report["claims"]}
    topics = topics_of(
        [(f["a"]["claim_id"], f["b"]["claim_id"]) for f in report["findings"]],
        {key: claim["text"] for key, claim in claims.items()},
    )

    statuses: dict[tuple[str, str], str] = {}

    def finding_row(run: int, rank: int, finding: FindingRecord, topic: str) -> Row:
        a, b = claims[finding["a"]["claim_id"]], claims[finding["b"]["claim_id"]]
        left, right = documents[a["document_id"]], documents[b["document_id"]]
        return (
            run,
            finding["id"],
            rank,
            finding["verdict"],
            min(1.0, finding["confidence"]),
            " ".join(finding["explained_by"]),
            finding.get("group") or finding["id"],
            a["id"],
            b["id"],
            json.dumps(finding.get("scores", {})),
            json.dumps(finding.get("differences", [])),
            json.dumps(finding.get("reasons", [])),
            left["source"],
            right["source"],
            left["published"],
            right["published"],
            topic,
            f"{a['text']}\n{b['text']}".casefold(),
            statuses.get((finding["id"], finding["verdict"]), OPEN),
        )

    with store.write() as connection:
        known = connection.execute("SELECT id FROM run WHERE digest = ?", [digest]).fetchone()
        if known:
            return int(known["id"]), False
        values = _storable(
            (
                digest,
                name,
                report["created"],
                now(),
                *(json.dumps(report.get(key, {})) for key in ("model", "stats", "problems")),
            )
        )
        run = connection.execute(
            "INSERT INTO run (digest, name, created, imported, model, stats, problems) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            values,
        ).lastrowid
        assert run is not None
        # Decisions of earlier runs come along.
        statuses |= {
            (row["finding_id"], row["about"]): row["status"]
            for row in connection.execute("SELECT finding_id, about, status FROM standing")
        }
        try:
            _insert(
                connection,
                "document",
                (
                    (
                        run,
                        d["id"],
                        position,
                        *(d["title"], d["source"], d["published"], d.get("author")),
                        *(d["path"], d["origin"], d["text"]),
                    )
                    for position, d in enumerate(report["documents"])
                ),
            )
            _insert(connection, "claim", (_claim_row(run, claim) for claim in report["claims"]))
            connection.executemany(
                "INSERT OR IGNORE INTO subject VALUES (?, ?)",
                ((f["id"], f["verdict"]) for f in report["findings"]),
            )
            _insert(
                connection,
                "finding",
                (
                    finding_row(run, rank, finding, topic)
                    for rank, (finding, topic) in enumerate(
                        zip(report["findings"], topics, strict=True), 1
                    )
                ),
            )
        except sqlite3.IntegrityError as error:
            raise InputError(f"{name}: the report names something twice: {error}") from error
    return run, True


def _claim_row(run: int, claim: ClaimRecord) -> Row:
    return (
        run,
        claim["id"],
        claim["document_id"],
        claim["start"],
        claim["end"],
        claim["text"],
        claim.get("scored") or claim["text"],
        claim.get("context", ""),
        claim.get("speaker"),
        int(claim.get("hedged", False)),
        claim.get("when"),
    )
