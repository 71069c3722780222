"""What two claims visibly differ in: numbers, dates, names, negation, certainty.

Evidence shown to the reader beside a verdict; it never makes or changes one.
"""

from __future__ import annotations

import re

from checker.dates import time_spoken_of
from checker.types import Claim, Difference

_UNITS = {
    name: value
    for value, name in enumerate(
        (
            "zero one two three four five six seven eight nine ten eleven twelve thirteen "
            "fourteen fifteen sixteen seventeen eighteen nineteen twenty"
        ).split()
    )
}
_TENS = dict(
    zip(
        ["thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"],
        (30, 40, 50, 60, 70, 80, 90, 100),
        strict=True,
    )
)
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "m": 1e6, "bn": 1e9}
_SCALES["hundred"] = 100
_COMPOUND = {
    f"{ten}-{unit}": {"twenty": 20, **_TENS}[ten] + _UNITS[unit]
    for ten in ("twenty", *_TENS)
    if ten != "hundred"
    for unit in list(_UNITS)[1:10]
}
_WORDS = {**_COMPOUND, **_UNITS, **_TENS, "dozen": 12}  # the longest first, as tried
_NUMBER = re.compile(
    r"(?P<prefix>(?:at least|at most|about|around|nearly|almost|over|(?:no |not )?more than"
    r"|(?:no |not )?less than|(?:no |not )?fewer than|up to|some|roughly|approximately)\s+)?"
    r"(?P<currency>[$€£¥])?"
    rf"(?P<value>\d[\d,]*(?:\.\d+)?|\b(?:{'|'.join(_WORDS)})\b)"
    rf"(?:[ -]?(?P<scale>{'|'.join(_SCALES)})\b)?(?P<percent>\s?%|\s+per ?cent\b)?",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:,?\s+\d{4})?\b"
    r"|\b\d{1,2}\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
    r"|\b(?:1[5-9]|20)\d\ds?\b|\b\d{4}-\d\d(?:-\d\d)?\b"
    r"|\b\d{1,2}:\d\d\b|\b\d{1,2}(?:[:.]\d\d)?\s*(?:am|pm|a\.m\.|p\.m\.)"
    r"|\b[A-Za-z]+-?\d+[A-Za-z]*\b|\b(?:no|any|some|every|any)\s?one\b|\bone of\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:(?:not|no)(?! (?:more|less|fewer) than)|never|none|nobody|nothing|neither|nor"
    r"|without|cannot|fail(?:s|ed)? to|refus(?:es|ed) to"
    r"|den(?:y|ies|ied)|lack(?:s|ed)?)\b|n['’]t\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w.&’'-]*(?:\s+(?:of|de|al|bin|van|von|the)?\s*[A-Z][\w.&’'-]*)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_SOME = re.compile(
    r"\b(?:some|several|many|most|part(?:s|ly)?|a few|certain|sometimes|occasionally"
    r"|largely|mainly)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\b(?:all|every|each|entire(?:ly)?|whole|always|any|no|none|never|complete(?:ly)?|fully|total(?:ly)?)\b",
    re.IGNORECASE,
)


def numbers(text: str) -> dict[float, str]:
    """The quantities in a text, by value; years, dates, times and model names left out.

    >>> numbers("At least 23 of 1,200 homes and $3 million were lost in 2015.")
    {23.0: 'At least 23', 1200.0: '1,200', 3000000.0: '$3 million'}
    """
    text = _DATE_LIKE.sub(lambda match: " " * len(match.group()), text)
    found: dict[float, str] = {}
    for match in _NUMBER.finditer(text):
        word = match["value"].lower()
        value = _WORDS[word] if word in _WORDS else float(word.replace(",", ""))
        scale = (match["scale"] or "").lower()
        # "$100 m" is money, "100 m" is a length.
        value *= 1 if scale == "m" and not match["currency"] else _SCALES.get(scale, 1)
        found.setdefault(float(value), match.group().strip())
    return found


def is_negated(text: str) -> bool:
    """Whether the text holds a word of negation."""
    return _NEGATION.search(text) is not None


def names(text: str) -> set[str]:
    """Capitalised names, without a word that only opens the sentence."""
    found = {_POSSESSIVE.sub("", match.group()).rstrip(".") for match in _NAME.finditer(text)}
    first = text.split(maxsplit=1)[0].strip("\"'“”‘’,") if text.split() else ""
    return {name for name in found if name != first}


def scope(text: str) -> str:
    """Return "all", "some" or "" as the text quantifies."""
    if _ALL.search(text):
        return "all"
    return "some" if _SOME.search(text) else ""


def differences(a: Claim, b: Claim) -> tuple[Difference, ...]:
    """What a reader sees to differ between two claims.

    Kinds: number, date, name, negation, certainty, speaker. A kind is given
    only when both sides have something to show or one side alone is marked.
    """
    found = []
    left, right = numbers(a.text), numbers(b.text)
    only_a = [text for value, text in left.items() if value not in right]
    only_b = [text for value, text in right.items() if value not in left]
    if only_a and only_b:
        found.append(Difference(kind="number", a=", ".join(only_a), b=", ".join(only_b)))
    when_a, when_b = a.when or time_spoken_of(a.text), b.when or time_spoken_of(b.text)
    if when_a and when_b and when_a != when_b:
        found.append(Difference(kind="date", a=when_a, b=when_b))
    names_a, names_b = names(a.text), names(b.text)
    extra_a = sorted(n for n in names_a if n not in b.text)[:3]
    extra_b = sorted(n for n in names_b if n not in a.text)[:3]
    if extra_a and extra_b:
        found.append(Difference(kind="name", a=", ".join(extra_a), b=", ".join(extra_b)))
    if is_negated(a.text) != is_negated(b.text):
        marks = [_NEGATION.search(claim.text) for claim in (a, b)]
        shown = [mark.group() if mark else "" for mark in marks]
        found.append(Difference(kind="negation", a=shown[0], b=shown[1]))
    if a.hedged != b.hedged:
        shown = ["hedged" if claim.hedged else "stated as fact" for claim in (a, b)]
        found.append(Difference(kind="certainty", a=shown[0], b=shown[1]))
    if a.speaker != b.speaker:
        shown = [claim.speaker or "the document itself" for claim in (a, b)]
        found.append(Difference(kind="speaker", a=shown[0], b=shown[1]))
    return tuple(found)
