"""Documents, claims, findings and reports made by hand, for tests of what shows them."""

from __future__ import annotations

import datetime
import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

from checker.types import (
    Claim,
    Difference,
    Document,
    Explanation,
    Finding,
    ModelInfo,
    Pair,
    Problem,
    Report,
    Scores,
    Stats,
    Verdict,
)

CREATED = datetime.datetime(2025, 3, 4, 9, 30, tzinfo=datetime.UTC)
HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "\x1b[31mred\x1b[0m\x1b]0;owned\x07",
    "\u202edesrever\u202c",
    "<!-- --> <style>*{display:none}</style> {{ 7*7 }} {% raw %}",
    '=HYPERLINK("http://evil.example")',
)


def identity(*parts: str) -> str:
    """Return a short hash, as the program's own ids are."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def make_document(text: str, source: str = "Northern Ledger", **fields: Any) -> Document:
    """Make a document; id and origin follow from its text."""
    name = identity(text)
    values: dict[str, Any] = {
        "id": name,
        "title": f"What {source} wrote",
        "source": source,
        "published": None,
        "path": f"{source}.txt",
        "origin": name,
    }
    return Document(text=text, **values | fields)


def make_claim(document: Document, text: str | None = None, **fields: Any) -> Claim:
    """Make the claim that is `text` in the document; the whole document where none is given."""
    text = document.text if text is None else text
    start = document.text.index(text)
    return Claim(
        id=identity(document.id, text),
        document_id=document.id,
        start=start,
        end=start + len(text),
        text=text,
        **fields,
    )


def make_finding(a: Claim, b: Claim, confidence: float = 0.9, **fields: Any) -> Finding:
    """Make a contradiction, or what `fields` say, alone in its group."""
    name = identity(a.id, b.id)
    values: dict[str, Any] = {
        "id": name,
        "group": name,
        "verdict": Verdict.CONTRADICTS,
        "forward": Scores(agree=0.02, neutral=0.98 - confidence, contradict=confidence),
        "backward": Scores(agree=0.02, neutral=0.98 - confidence, contradict=confidence),
    }
    return Finding(
        pair=Pair(a=a, b=b, reasons=("close",)), confidence=confidence, **values | fields
    )


def make_report(
    documents: Sequence[Document],
    findings: Sequence[Finding] = (),
    problems: Sequence[Problem] = (),
    **stats: int,
) -> Report:
    """Make a report; the claims are those of the findings."""
    claims = {c.id: c for f in findings for c in (f.pair.a, f.pair.b)}
    counts = {
        "documents": len(documents),
        "origins": len({document.origin for document in documents}),
        "claims": len(claims),
        "possible_pairs": 1234,
        "blocked_pairs": 200,
        "cut_pairs": 0,
        "scored_pairs": 200,
        "cut_findings": 0,
    }
    return Report(
        documents=tuple(documents),
        claims=tuple(claims.values()),
        findings=tuple(findings),
        problems=tuple(problems),
        model=ModelInfo(name="tiny", precision="fp32", device="cpu", hash="0" * 16),
        stats=Stats(**counts | stats, seconds={"scoring": 1.5}),
        created=CREATED,
    )


def two_sides(left: str, right: str, **fields: Any) -> Report:
    """Make a report of two one-claim documents and one contradiction; `fields` are the claims'."""
    a, b = make_document(left, "Ledger"), make_document(right, "Review")
    return make_report([a, b], [make_finding(make_claim(a, **fields), make_claim(b, **fields))])


def hostile_report() -> Report:
    """Make a report in which every free text tries to be something else than text."""
    text = " ".join(HOSTILE) + " " + "long" * 60
    documents = [
        make_document(
            f"{number} {text}",
            source=f"{part} {number} {'wide' * 20}",
            title=f"{text} title",
            path=f"/{text}/{number}.txt",
            author=text,
            published=datetime.date(2024, 1, 1 + number),
        )
        for number, part in enumerate(HOSTILE)
    ]
    claims = [make_claim(d, speaker=text, context=text, when="2024") for d in documents]
    difference = Difference(kind=HOSTILE[0], a=text, b=HOSTILE[1])
    findings = [
        make_finding(a, b, differences=(difference,)) for a, b in itertools.pairwise(claims)
    ]
    return make_report(documents, findings, [Problem(path=text, reason=text)])


def realistic_report() -> Report:
    """Make a report of five texts on one event: clashes, one explained, one grouped, agreements."""
    day = datetime.date
    ledger = make_document(
        "Tamble bridge closed after collapse\n\nThe old bridge over the Tamble gave way on Monday "
        "morning during the rush hour. Three people were killed when the eastern span fell into "
        "the river, the fire service said. The county had inspected the bridge in May and found "
        "no fault.\n\nTraffic is diverted over Harrow Lane.",
        "Northern Ledger",
        title="Tamble bridge closed after collapse",
        published=day(2024, 11, 25),
    )
    radio = make_document(
        "Nobody was killed when the eastern span of the bridge fell into the river. Eleven people "
        "are in hospital, two of them in a serious condition.\n\nThe last inspection of the "
        "bridge took place four years ago.",
        "Tamble Radio",
        title="All survive bridge fall",
        published=day(2024, 11, 25),
    )
    county = make_document(
        "The county regrets the accident. The bridge was inspected in May of this year, and no "
        "fault was found. It will be rebuilt by 2027.",
        "County of Tamble",
        title="Statement on the Tamble bridge",
        published=day(2024, 11, 26),
    )
    review = make_document(
        "Two years on, the crossing is still a ferry. The bridge will not be rebuilt, the new "
        "county council decided last week.",
        "Harbour Review",
        title="A ferry instead of a bridge",
        published=day(2026, 12, 2),
    )
    copy = make_document(
        "Three people were killed when the eastern span fell into the river.",
        "Valley Courier",
        title="Bridge collapse kills three",
        published=day(2024, 11, 26),
        origin=ledger.id,
    )
    killed = make_claim(
        ledger,
        "Three people were killed when the eastern span fell into the river, the fire service "
        "said.",
        speaker="the fire service",
    )
    nobody = make_claim(
        radio, "Nobody was killed when the eastern span of the bridge fell into the river."
    )
    copied = make_claim(copy)
    may = make_claim(ledger, "The county had inspected the bridge in May and found no fault.")
    years = make_claim(radio, "The last inspection of the bridge took place four years ago.")
    stated = make_claim(
        county, "The bridge was inspected in May of this year, and no fault was found."
    )
    rebuilt = make_claim(county, "It will be rebuilt by 2027.", context="The bridge", when="2027")
    never = make_claim(
        review,
        "The bridge will not be rebuilt, the new county council decided last week.",
        speaker="the new county council",
    )
    deaths = make_finding(
        nobody, copied, 0.97, differences=(Difference(kind="number", a="0", b="3"),)
    )
    agreeing = Scores(agree=0.94, neutral=0.05, contradict=0.01)
    return make_report(
        [ledger, radio, county, review, copy],
        [
            deaths,
            make_finding(killed, nobody, 0.91, group=deaths.id),
            make_finding(
                years,
                stated,
                0.83,
                differences=(Difference(kind="date", a="four years ago", b="May of this year"),),
            ),
            make_finding(
                rebuilt,
                never,
                0.88,
                explained_by=(Explanation.TIME, Explanation.ATTRIBUTION),
                differences=(Difference(kind="negation", a="", b="not"),),
            ),
            make_finding(
                may, stated, 0.94, verdict=Verdict.AGREES, forward=agreeing, backward=agreeing
            ),
            make_finding(
                killed, copied, 0.92, verdict=Verdict.AGREES, forward=agreeing, backward=agreeing
            ),
        ],
        [
            Problem(
                path="scans/page-3.pdf", reason="PDF without text (a scan?): run OCR on it first"
            )
        ],
        cut_pairs=57,
    )
