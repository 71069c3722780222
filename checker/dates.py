"""Dates in English text: the publication date, and the time a claim speaks of.

Only what is written is used; no date is guessed from a file's time stamp.
Times are reduced ISO 8601: "2024", "2024-11" or "2024-11-29".
"""

from __future__ import annotations

import datetime
import re

MONTHS = (
    "january february march april may june july august september october november december"
).split()
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_FULL = (
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b(?P<day>\d\d?)(?:st|nd|rd|th)?\.?\s+{_MONTH},?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?=\b|T)"),
)
_MONTH_YEAR = re.compile(
    rf"\b(?:{'|'.join(MONTHS)}|sept?\.|jan\.|feb\.|aug\.|oct\.|nov\.|dec\.),?\s+{_YEAR}\b",
    re.IGNORECASE,
)
# "2000 soldiers" is a number, "the 2024 elections" is a year: only a round
# number before a plural is not taken for a year.
_COUNT = r"(?!(?<=[12][09]00)\s+(?:\w+s|people|men|women|children)\b)"
_ONLY_YEAR = re.compile(
    rf"\b(?:in|since|by|until|from|during|early|late|mid-?|of|after|before)\s+{_YEAR}\b{_COUNT}"
    rf"|\b(?:19|20)\d\d(?=[,.;)]|\s|$){_COUNT}",
    re.IGNORECASE,
)
# A publication date stands on a short line of its own near the top or after a cue.
DATELINE_LINES = 40
DATELINE_WORDS = 15
DATELINE_CHARACTERS = 1_000
_CUE = re.compile(r"\b(?:published|updated|posted|last modified)\b[^.\n]{0,40}$", re.IGNORECASE)


def _month_number(name: str) -> int:
    if name.isdigit():
        return int(name)
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(name[:3].lower()))


def _to_date(match: re.Match[str]) -> datetime.date | None:
    try:
        return datetime.date(int(match["year"]), _month_number(match["month"]), int(match["day"]))
    except ValueError:
        return None


def parse_date(text: str) -> datetime.date | None:
    """Return the first full date (day, month, year) in `text`, or None.

    >>> parse_date("Thu August 29, 2013")
    datetime.date(2013, 8, 29)
    """
    found = [match for pattern in _FULL for match in pattern.finditer(text)]
    for match in sorted(found, key=lambda m: m.start()):
        date = _to_date(match)
        if date:
            return date
    return None


def find_dateline(text: str) -> datetime.date | None:
    """Return the publication date that the text states, or None.

    It is a full date on a short line among the first lines, or one that
    follows a word such as "published" in a first paragraph of ordinary length.
    """
    lines = [line for line in text.splitlines() if line.strip()][:DATELINE_LINES]
    lines = [line for line in lines if len(line) <= DATELINE_CHARACTERS]
    for line in lines:
        for pattern in _FULL:
            for match in pattern.finditer(line):
                short = len(line.split()) <= DATELINE_WORDS
                date = _to_date(match)
                if date and (short or _CUE.search(line[: match.start()])):
                    return date
    return None


def time_spoken_of(text: str) -> str | None:
    """Return the most precise time named in a sentence, or None.

    >>> time_spoken_of("Aleppo fell in November 2024.")
    '2024-11'
    """
    date = parse_date(text)
    if date:
        return date.isoformat()
    month = _MONTH_YEAR.search(text)
    if month:
        return f"{month['year']}-{_month_number(month.group()):02d}"
    year = _ONLY_YEAR.search(text)
    return next(filter(None, re.findall(r"(?:19|20)\d\d", year.group())), None) if year else None
