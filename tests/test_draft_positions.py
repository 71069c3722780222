"""Every character of a draft is found where it stands, whatever is around it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.draft.cache import Cache
from checker.draft.extraction import chains, draft_claims
from checker.draft.positions import LineIndex, flattened, literal, readable
from checker.draft.reading import read_draft
from checker.draft.types import PROSE, BlockKind, Draft
from checker.types import Document

ROOT = Path(__file__).parent.parent
NAMES = ("Oslo", "Café Luné", "Zu\u0308rich", "نور الدين", "רחל", "👩🏽‍🚒 Ada", "Łódź", "東京")
THINGS = ("bridge", "tram", "school", "harbour wall", "night clinic")
LEADS = ("", "🎈 ", "\t", "🇬🇧🇪🇺 ", "👩🏽‍🚒", "E\u0301tienne, ", "العربية ", "Z\u0300\u0301\u0308 ")
DECOY = "The secret decoy cost 99 million pounds in 1999."


@dataclass(frozen=True)
class Planted:
    """A draft in which some sentences are planted: where each begins, and its text."""

    text: str
    sentences: tuple[tuple[int, str], ...]


def sentence(name: str, thing: str, number: int) -> str:
    return f"The {thing} of {name} was opened by {number} people in the spring."


sentences = st.builds(
    sentence, st.sampled_from(NAMES), st.sampled_from(THINGS), st.integers(2, 99_999)
)
leads = st.sampled_from(LEADS)


class Writer:
    """Writes a draft and remembers where its sentences stand."""

    def __init__(self, line_end: str) -> None:
        self.text = ""
        self.found: list[tuple[int, str]] = []
        self.line_end = line_end

    def add(self, *parts: str | tuple[str]) -> None:
        """Add plain strings and, as one-tuples, sentences; "\\n" is the draft's line end."""
        for part in parts:
            words = part[0] if isinstance(part, tuple) else part
            words = words.replace("\n", self.line_end)
            if isinstance(part, tuple):
                self.found.append((len(self.text), words))
            self.text += words


@st.composite
def markdown_drafts(draw: st.DrawFn) -> Planted:
    """Paragraphs, wrapped and marked up, nested lists, tables, quotations, comments, code."""
    writer = Writer(draw(st.sampled_from(["\n", "\r\n"])))
    if draw(st.booleans()):
        writer.add(f"---\ntitle: {DECOY}\n---\n\n")
    kinds = ["plain", "wrapped", "marked", "list", "table", "quote", "comment", "code", "footnote"]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6)):
        one, two = draw(sentences), draw(sentences)
        lead = draw(leads)
        if kind == "plain":
            writer.add(lead.strip("\t"), (one,), " ", (two,), "\n\n")
        elif kind == "wrapped":
            writer.add((one.replace(" was ", "\n  was "),), "\t", (two,), "\n\n")
        elif kind == "marked":
            words = one.replace("opened", "**opened** [here](https://x.example/a_(b) 'The *t*')")
            writer.add("*", "Hm.", "* ", (words.replace("people", "peo&shy;ple \\& `co de`"),))
            writer.add(" ", (two,), "\n\n")
        elif kind == "list":
            writer.add("- ", lead.strip(), " ", (one,), "\n    1. ", (two,), "\n")
            writer.add("        - Nested more: ", (draw(sentences),), "\n\nText.\n\n")
        elif kind == "table":
            writer.add("| a | b \\| c |\n|---|---|\n| x | ", (one,), " |\n| ", (two,), " | y |\n\n")
        elif kind == "quote":
            writer.add("> ", (one,), "\n> ", (two,), "\n>\n> — Ada Lund\n\n")
        elif kind == "comment":
            writer.add(f"<!-- {DECOY} -->\n\n", (one,), f" <!-- {DECOY} --> ", (two,), "\n\n")
        elif kind == "code":
            writer.add(f"```\n{DECOY}\n```\n\n", (one,), f"\n\n    {DECOY}\n\n")
        else:
            writer.add((one,), "[^1] ", (two,), "\n\n[^1]: ", (draw(sentences),), "\n\n")
    return Planted(writer.text, tuple(writer.found))


@st.composite
def html_drafts(draw: st.DrawFn) -> Planted:
    """Paragraphs with entities and tags inside, nested lists, tables, quotations, scripts."""
    writer = Writer(draw(st.sampled_from(["\n", "\r\n"])))
    writer.add(f"<!doctype html>\n<html><head><script>{DECOY}</script></head><body>\n")
    kinds = ["plain", "marked", "list", "table", "quote", "comment", "unclosed", "bare"]
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=6)):
        one, two = draw(sentences), draw(sentences)
        lead = draw(leads)
        if kind == "plain":
            writer.add("<p>", lead, (one,), "\t", (two,), "</p>\n")
        elif kind == "marked":
            words = one.replace("opened by", "<b class='a>b'>opened</b>&nbsp;by")
            words = words.replace("people", "peo<i>ple</i> &amp; R&D &#8211; &eacute;")
            writer.add("<p>Hm&hellip;<br>\n", (words,), " ", (two,), "</p>")
        elif kind == "list":
            writer.add("<ol><li>", (one,), "<ul><li>", (two,), "</li></ul></li></ol>")
        elif kind == "table":
            writer.add("<table><tr><td>", (one,), "</td><td>", (two,), "</td></tr></table>\n")
        elif kind == "quote":
            writer.add("<blockquote>", (one,), "<footer>Ada</footer></blockquote>", (two,), "<hr>")
        elif kind == "comment":
            writer.add(f"<!-- {DECOY} --><p>", (one,), f"<!-- {DECOY} --> ", (two,), "</p>")
        elif kind == "unclosed":
            writer.add(f"<p>{lead}", (one,), "\n<p>", (two,), f"<style>{DECOY}</style>\n")
        else:
            writer.add("<div>\n\t", (one,), f"\n</div><pre>{DECOY}</pre>", (two,), "<br>")
    return Planted(writer.text, tuple(writer.found))


@st.composite
def plain_drafts(draw: st.DrawFn) -> Planted:
    """Lines with tabs and list marks, line ends of any kind."""
    writer = Writer(draw(st.sampled_from(["\n", "\r\n", "\r"])))
    for _ in range(draw(st.integers(1, 6))):
        mark = draw(st.sampled_from(["", "\t", "* ", "\t-\t", "3. ", "> ", "[1] "]))
        writer.add(mark, draw(leads), (draw(sentences),), "\t", (draw(sentences),), "\n\n")
    return Planted(writer.text, tuple(writer.found))


def read(planted: Planted, name: str) -> Draft:
    draft = read_draft(name, planted.text.encode("utf-8"))
    assert draft.text == planted.text
    return draft


def check_places(planted: Planted, name: str) -> None:
    """Each planted sentence stands in a block of prose, placed where it was planted."""
    draft = read(planted, name)
    prose = [block.placed for block in draft.blocks if block.kind in PROSE]
    for start, words in planted.sentences:
        end = start + len(words)
        holders = [p for p in prose if start in p.starts and end in p.ends]
        assert len(holders) == 1, (words, [p.text for p in prose])
        (placed,) = holders
        first = placed.starts.index(start)
        last = len(placed.ends) - placed.ends[::-1].index(end)
        assert placed.text[first:last].startswith("The ")
        assert placed.text[first:last].endswith(" in the spring.")
        assert placed.span(first, last) == (start, end)
        before = planted.text[:start].replace("\r\n", "\n").replace("\r", "\n")
        place = LineIndex(draft.text).place(start, end)
        assert (place.line, place.column) == (
            before.count("\n") + 1,
            len(before) - before.rfind("\n"),
        )
    assert not any(DECOY in placed.text for placed in prose)
    for placed in prose:
        assert len(placed.text) == len(placed.starts) == len(placed.ends)
        assert list(placed.starts) == sorted(placed.starts)


@settings(max_examples=150, deadline=None)
@given(markdown_drafts())
def test_sentences_of_markdown_stand_where_they_were_written(planted: Planted) -> None:
    check_places(planted, "draft.md")


@settings(max_examples=150, deadline=None)
@given(html_drafts())
def test_sentences_of_html_stand_where_they_were_written(planted: Planted) -> None:
    check_places(planted, "draft.html")


@settings(max_examples=80, deadline=None)
@given(plain_drafts())
def test_sentences_of_text_stand_where_they_were_written(planted: Planted) -> None:
    check_places(planted, "draft.txt")


@settings(max_examples=25, deadline=None)
@given(
    st.one_of(
        markdown_drafts().map(lambda d: (d, "draft.md")),
        html_drafts().map(lambda d: (d, "draft.html")),
    )
)
def test_claims_are_placed_at_sentences(case: tuple[Planted, str]) -> None:
    planted, name = case
    draft = read(planted, name)
    parts = chains(draft.blocks)
    document = Document(
        id="d",
        title="",
        source="",
        published=None,
        path=name,
        origin="d",
        text="\n".join(chain.text for chain in parts),
    )
    blocks = [block.placed for chain in parts for block in chain.blocks]
    found = set()
    for claim in draft_claims(parts, document, Cache(None)):
        assert document.text[claim.start : claim.end] == claim.text
        offset = 0
        for placed in blocks:
            if offset <= claim.start < offset + len(placed.text):
                found.add(placed.span(claim.start - offset, claim.end - offset))
            offset += len(placed.text) + 1
    # A lead without a stop, such as a word, belongs to the sentence after it.
    planted_at = {start + len(words): start for start, words in planted.sentences}
    assert all(end in planted_at and start <= planted_at[end] for start, end in found)
    assert 2 * len(found) >= len(planted.sentences)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="a \t\n\r\u0301é👩\u200d🚒*_[]()`<>&;#|!-\\", max_size=60),
    st.sampled_from(["x.md", "x.html", "x.txt"]),
)
def test_no_text_breaks_a_reader_or_is_moved(text: str, name: str) -> None:
    if not text.strip():
        return
    draft = read_draft(name, text.encode("utf-8"))
    assert draft.text == text
    for block in draft.blocks:
        for start, end in zip(block.placed.starts, block.placed.ends, strict=True):
            assert 0 <= start < end <= len(text)


def test_flattening_moves_nothing() -> None:
    assert flattened("a\r\nb\rc\nd") == "a \nb\nc\nd"
    composed = readable(literal("e\u0301 \t\nx", 0, 6))
    assert (composed.text, composed.starts, composed.ends) == ("é x", (0, 2, 5), (2, 5, 6))


@pytest.mark.parametrize("case", sorted((ROOT / "fixtures" / "drafts").iterdir()), ids=str)
def test_what_the_fixtures_expect_stands_where_they_say(case: Path) -> None:
    draft = read_draft(next(case.glob("draft.*")))
    index = LineIndex(draft.text)
    for line in (case / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        start = index.line_span(row["line"], len(draft.text))[0] + row["column"] - 1
        end = start + len(row["text"])
        assert draft.text[start:end] == row["text"]
        kinds = {b.kind for b in draft.blocks if start in b.placed.starts and end in b.placed.ends}
        if row["kind"] == "never" and "not p" in row["note"]:
            assert not kinds & PROSE
        else:
            assert kinds & PROSE


def test_parts_are_known_for_what_they_are(tmp_path: Path) -> None:
    draft = tmp_path / "d.md"
    draft.write_text(
        "---\ndate: 2024-05-06\n---\n# Title\n\nText.[^1][^2]\n\n> Quoted.\n>\n> — Ada\n\n"
        "```\ncode\n```\n\n<!-- note -->\n\n[^1]: Foot note.\n\n[^2]: one\n"
    )
    read_back = read_draft(draft)
    assert [(block.kind, block.speaker) for block in read_back.blocks] == [
        (BlockKind.FRONT_MATTER, None),
        (BlockKind.HEADING, None),
        (BlockKind.PARAGRAPH, None),
        (BlockKind.QUOTATION, "Ada"),
        (BlockKind.CODE, None),
        (BlockKind.COMMENT, None),
        (BlockKind.FOOTNOTE, None),
    ]
    assert str(read_back.published) == "2024-05-06"
    texts = [block.placed.text for block in read_back.blocks]
    assert (texts[2], texts[3], texts[6]) == ("Text.", "Quoted.", "Foot note.")
