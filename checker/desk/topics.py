"""What findings are about, in a word: the name that most others of the run share.

A rough sorting for an overview, from capitalised names alone; no model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from checker.dates import MONTHS
from checker.facts import names

OTHER = "other"
# A name in more of the findings than this says what the run is about, not the
# finding; it is a topic only where nothing else is. A choice, not measured.
COMMON_SHARE = 0.5
# A name in fewer findings than this is no topic.
LEAST = 2
TOPIC_CHARACTERS = 60
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_NO_TOPIC = frozenset([*MONTHS, *_DAYS, "mr", "mrs", "ms", "dr"])


def topics_of(pairs: Sequence[tuple[str, str]], text_of: Mapping[str, str]) -> list[str]:
    """One topic for each pair of claim ids, in their order; OTHER where no name is shared.

    >>> text_of = {"a": "The mayor of Tamble left.", "b": "The bridge at Tamble fell."}
    >>> topics_of([("a", "b"), ("b", "a")], text_of)
    ['Tamble', 'Tamble']
    """
    involved = {claim for pair in pairs for claim in pair}
    named = {claim: _named(text_of[claim]) for claim in involved}
    counts: Counter[str] = Counter()
    for a, b in pairs:
        counts.update(named[a] | named[b])
    limit = max(LEAST, COMMON_SHARE * len(pairs))
    topics = []
    for a, b in pairs:
        found = [name for name in named[a] | named[b] if counts[name] >= LEAST]
        # Names of both claims before names of one, the rarer kind of "everywhere" last.
        found.sort(
            key=lambda n: (
                counts[n] > limit,
                not (n in named[a] and n in named[b]),
                -counts[n],
                n,
            )
        )
        topics.append(found[0] if found else OTHER)
    return topics


def _named(text: str) -> set[str]:
    """The names of a claim without their article, dates aside."""
    found = {name.removeprefix("The ")[:TOPIC_CHARACTERS] for name in names(text)}
    return {n for n in found if len(n) > 2 and n.split()[0].lower() not in _NO_TOPIC}
