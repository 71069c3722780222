"""Which findings are wanted: read from an address, written back to it, turned into SQL."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from checker.desk.reviews import CONFLICT, MAX_NAME_CHARACTERS, OPEN, STATUSES
from checker.types import Verdict

MAX_TEXT_CHARACTERS = 200
MAX_WORDS = 8

# Where a page needs more of what the reviews made of a finding f than its status.
STANDING = "LEFT JOIN standing AS s ON s.finding_id = f.id AND s.about = f.verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the reader of the queue asks for; an empty field asks for nothing.

    `source` and `against` are names of sources, in either order of the sides.
    `since` and `until` bound the later publication date of the two documents
    (ISO 8601, inclusive). `least` and `most` bound the confidence, in percent.
    `status` is one of STATUSES or "done". `page` counts from 1.
    """

    source: str = ""
    against: str = ""
    since: str = ""
    until: str = ""
    verdict: str = ""
    least: str = ""
    most: str = ""
    status: str = ""
    reviewer: str = ""
    topic: str = ""
    text: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page differs from asking for everything."""
        return replace(self, page=1) != Filters()

    def query(self, **changes: Any) -> str:
        """The address's query string, "" or beginning with "?"; `changes` replace fields."""
        values = asdict(replace(self, **changes))
        given = {
            name: value for name, value in values.items() if value and (name, value) != ("page", 1)
        }
        return f"?{urlencode(given)}" if given else ""


def read_filters(query: Mapping[str, str]) -> Filters:
    """Take from a query what is understood and leave out the rest.

    >>> read_filters({"status": "open", "least": "abc", "colour": "red"}).query()
    '?status=open'
    """
    given: dict[str, Any] = {
        field.name: query.get(field.name, "").strip()[:MAX_TEXT_CHARACTERS]
        for field in fields(Filters)
    }
    checks: dict[str, Callable[[str], bool]] = {
        "since": _is_date,
        "until": _is_date,
        "least": _is_percent,
        "most": _is_percent,
        "verdict": lambda value: value in (Verdict.CONTRADICTS, Verdict.AGREES),
        "status": lambda value: value in (*STATUSES, "done"),
        "reviewer": lambda value: len(value) <= MAX_NAME_CHARACTERS,
    }
    for name, fits in checks.items():
        if not fits(given[name]):
            given[name] = ""
    page = given.pop("page")
    number = int(page) if page.isdecimal() and page.isascii() and len(page) < 7 else 1
    return Filters(**given, page=max(1, number))


def _is_date(value: str) -> bool:
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_percent(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 3 and int(value) <= 100


def where(filters: Filters, run: int) -> tuple[str, list[Any]]:
    """The SQL condition over `finding AS f`, and its parameters."""
    parts: list[str] = ["f.run_id = ?"]
    values: list[Any] = [run]

    def wanted(part: str, *given: Any) -> None:
        parts.append(part)
        values.extend(given)

    if filters.source and filters.against:
        one, other = filters.source, filters.against
        wanted(
            "((f.source_a = ? AND f.source_b = ?) OR (f.source_a = ? AND f.source_b = ?))",
            *(one, other, other, one),
        )
    elif filters.source or filters.against:
        name = filters.source or filters.against
        wanted("(f.source_a = ? OR f.source_b = ?)", name, name)
    later = "max(coalesce(f.published_a, f.published_b), coalesce(f.published_b, f.published_a))"
    if filters.since:
        wanted(f"{later} >= ?", filters.since)
    if filters.until:
        wanted(f"{later} <= ?", filters.until)
    if filters.verdict:
        wanted("f.verdict = ?", filters.verdict)
    # What is shown as 87% lies from 86.5% to 87.5%.
    if filters.least:
        wanted("f.confidence >= ?", (int(filters.least) - 0.5) / 100)
    if filters.most:
        wanted("f.confidence < ?", (int(filters.most) + 0.5) / 100)
    if filters.status == "done":
        wanted("f.status NOT IN (?, ?)", OPEN, CONFLICT)
    elif filters.status:
        wanted("f.status = ?", filters.status)
    if filters.reviewer:
        wanted(
            "(f.id, f.verdict) IN (SELECT r.finding_id, r.about FROM review AS r "
            "WHERE r.reviewer = ? AND r.undoes IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM review AS u WHERE u.undoes = r.id))",
            filters.reviewer,
        )
    if filters.topic:
        wanted("f.topic = ?", filters.topic)
    for word in filters.text.casefold().split()[:MAX_WORDS]:
        wanted("instr(f.words, ?) > 0", word)
    return " AND ".join(parts), values
