"""When a claim or a finding is the one that a fixture means: by place in the document."""

from __future__ import annotations

from collections.abc import Iterable

from checker.types import Claim, Pair
from eval.cases import Expected, Quote

# Share of the shorter of claim and quote that must be common. A claim may be
# one clause of the quoted sentence, and a quote one clause of a claim.
COMMON = 0.5


def is_quoted(claim: Claim, quote: Quote) -> bool:
    """Whether a claim stands where the quote stands."""
    if claim.document_id != quote.document_id:
        return False
    common = min(claim.end, quote.end) - max(claim.start, quote.start)
    return common >= COMMON * min(claim.end - claim.start, quote.end - quote.start)


def matches(pair: Pair, expected: Expected) -> bool:
    """Whether a pair of claims is the expected pair of statements, in either order."""
    a, b = expected.a, expected.b
    return (is_quoted(pair.a, a) and is_quoted(pair.b, b)) or (
        is_quoted(pair.a, b) and is_quoted(pair.b, a)
    )


def quoted_by(quote: Quote, claims: Iterable[Claim]) -> list[Claim]:
    """The claims that stand where the quote stands."""
    return [claim for claim in claims if is_quoted(claim, quote)]
