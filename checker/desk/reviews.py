"""Reviews: what people decided, entry by entry, and what the entries amount to.

Entries are only ever added. Undoing is an entry that names the one it undoes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from checker.desk.clock import now
from checker.desk.store import Store
from checker.errors import InputError
from checker.types import Explanation, Verdict

MAX_NOTE_CHARACTERS = 4_000
MAX_NAME_CHARACTERS = 60
OPEN, CONFLICT, UNDONE = "open", "conflict", "undone"


class Decision(StrEnum):
    """What a reviewer makes of a finding."""

    CONFIRMED = "confirmed"
    NOT_A_CONTRADICTION = "not a contradiction"
    NOT_AN_AGREEMENT = "not an agreement"
    EXPLAINED = "explained"
    UNSURE = "unsure"


#: The decisions that fit each verdict, in the order of the keys 1 to 4.
CHOICES: dict[str, tuple[Decision | None, ...]] = {
    Verdict.CONTRADICTS: (
        Decision.CONFIRMED,
        Decision.NOT_A_CONTRADICTION,
        Decision.EXPLAINED,
        Decision.UNSURE,
    ),
    Verdict.AGREES: (Decision.CONFIRMED, Decision.NOT_AN_AGREEMENT, None, Decision.UNSURE),
}
#: Every state in which a finding can stand.
STATUSES = (OPEN, CONFLICT, *Decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One entry; `undoes` is the number of the entry that it takes back."""

    id: int
    finding_id: str
    about: str
    reviewer: str
    decision: str
    explanation: str | None
    note: str
    time: str
    undoes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the entries of one finding amount to.

    `status` is "open", "conflict" or a Decision. `settled_by` names the third
    person who settled a conflict. `reviewers` are those whose decision counts.
    """

    status: str = OPEN
    explanation: str | None = None
    settled_by: str | None = None
    reviewers: tuple[str, ...] = ()


def effective(entries: Iterable[Review]) -> list[Review]:
    """The decisions that were not undone, in their order."""
    entries = list(entries)
    undone = {entry.undoes for entry in entries if entry.undoes is not None}
    return [e for e in entries if e.decision != UNDONE and e.id not in undone]


def standing(entries: Iterable[Review]) -> Standing:
    """Read the entries of one finding in order; each reviewer's last decision counts.

    Two different decisions make a conflict, "unsure" aside, which leaves the
    matter to the other. The first decision of somebody else settles it. It
    stands as long as the two differ and that person does not take it back.
    """
    counting: dict[str, Review] = {}
    settled: Review | None = None
    for entry in effective(entries):
        parties = {r.reviewer for r in counting.values() if r.decision != Decision.UNSURE}
        third = entry.reviewer not in parties and entry.decision != Decision.UNSURE
        if settled is not None and settled.reviewer == entry.reviewer:
            settled = entry if entry.decision != Decision.UNSURE else None
        elif settled is None and third and len(_sides(counting)) > 1:
            settled = entry
        else:
            counting[entry.reviewer] = entry
    sides = _sides(counting)
    names = list(counting)
    if settled is not None and len(sides) > 1:
        return Standing(
            status=settled.decision,
            explanation=settled.explanation,
            settled_by=settled.reviewer,
            reviewers=(*names, settled.reviewer),
        )
    if settled is not None:
        counting[settled.reviewer] = settled
        sides, names = _sides(counting), list(counting)
    if not counting:
        return Standing()
    if len(sides) > 1:
        return Standing(status=CONFLICT, reviewers=tuple(names))
    if not sides:
        return Standing(status=Decision.UNSURE, reviewers=tuple(names))
    explanation = next(
        (r.explanation for r in reversed(counting.values()) if r.explanation is not None), None
    )
    return Standing(status=sides.pop(), explanation=explanation, reviewers=tuple(names))


def _sides(counting: dict[str, Review]) -> set[str]:
    return {r.decision for r in counting.values() if r.decision != Decision.UNSURE}


def history(connection: sqlite3.Connection, finding_id: str, about: str) -> list[Review]:
    """All entries of a finding under one verdict, oldest first."""
    rows = connection.execute(
        "SELECT * FROM review WHERE finding_id = ? AND about = ? ORDER BY id", [finding_id, about]
    )
    return [Review(**dict(row)) for row in rows]


def _weigh(connection: sqlite3.Connection, finding_id: str, about: str) -> Standing:
    """Work out the standing of a finding and write it down, in the caller's transaction."""
    result = standing(history(connection, finding_id, about))
    connection.execute(
        "INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?)",
        [
            finding_id,
            about,
            result.status,
            result.explanation,
            result.settled_by,
            "\n".join(result.reviewers),
        ],
    )
    connection.execute(
        "UPDATE finding SET status = ? WHERE id = ? AND verdict = ?",
        [result.status, finding_id, about],
    )
    return result


def _one_line(text: str, limit: int) -> str:
    return " ".join(text.split())[:limit].strip()


def record(
    store: Store,
    finding_id: str,
    about: str,
    *,
    reviewer: str,
    decision: str,
    explanation: str | None = None,
    note: str = "",
) -> Standing:
    """Add one decision; it is on disk when this returns.

    `about` is the verdict of the finding. Raises InputError for a decision
    that does not fit it, `explained` without one of time, attribution and
    scope, a note longer than MAX_NOTE_CHARACTERS, an empty name or a finding
    that is not there; StoreError when the store cannot be written.
    """
    reviewer = _one_line(reviewer, MAX_NAME_CHARACTERS)
    if not reviewer:
        raise InputError("reviewer: a name is needed")
    if decision not in [choice for choice in CHOICES.get(about, ()) if choice]:
        raise InputError(f"decision: {decision!r} does not fit a finding that {about}")
    reasons: Sequence[str] = [reason.value for reason in Explanation]
    if (decision == Decision.EXPLAINED) != (explanation in reasons):
        raise InputError(f"explained: say by what: {', '.join(reasons)}")
    note = note.replace("\r\n", "\n").strip()
    if len(note) > MAX_NOTE_CHARACTERS:
        raise InputError(f"note: {len(note):,} characters; at most {MAX_NOTE_CHARACTERS:,}")
    with store.write() as connection:
        try:
            connection.execute(
                "INSERT INTO review (finding_id, about, reviewer, decision, explanation, note, "
                "time) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [finding_id, about, reviewer, decision, explanation, note, now()],
            )
        except sqlite3.IntegrityError as error:
            raise InputError(f"finding {finding_id!r}: not in the store") from error
        return _weigh(connection, finding_id, about)


def undo(store: Store, reviewer: str, finding_id: str | None = None) -> Review | None:
    """Take back the reviewer's last decision that stands; None when there is none.

    With `finding_id`, the last one about that finding. Returns the entry that
    was taken back.
    """
    reviewer = _one_line(reviewer, MAX_NAME_CHARACTERS)
    with store.write() as connection:
        row = connection.execute(
            "SELECT * FROM review AS r WHERE reviewer = ? AND undoes IS NULL "
            "AND (? IS NULL OR finding_id = ?) "
            "AND NOT EXISTS (SELECT 1 FROM review WHERE undoes = r.id) "
            "ORDER BY id DESC LIMIT 1",
            [reviewer, finding_id, finding_id],
        ).fetchone()
        if row is None:
            return None
        last = Review(**dict(row))
        connection.execute(
            "INSERT INTO review (finding_id, about, reviewer, decision, note, time, undoes) "
            "VALUES (?, ?, ?, ?, '', ?, ?)",
            [last.finding_id, last.about, reviewer, UNDONE, now(), last.id],
        )
        _weigh(connection, last.finding_id, last.about)
        return last
