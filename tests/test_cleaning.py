"""Page furniture is told from prose by its form."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.cleaning import is_prose, prose_spans

FURNITURE = {
    "menu": "Home | News | Sport | Business | Weather | Shop | Contact",
    "link list": "- Ten Phones You Should Buy Now",
    "numbered contents": "3. The Role of the Port in the War",
    "contents with pages": "Chapter 4: The history of the port ........ 27",
    "heading": "What the closing of the port means for the city",
    "byline": "By Anna Berg, staff writer, in Odessa on Friday.",
    "author box": "Anna Berg is a staff writer at the Harbour News based in Odessa.",
    "about the author": "About the author: she has lived in the city for ten years.",
    "thoughts": "What do you make of it? Share your thoughts in the comments below.",
    "leave a comment": "Please leave a comment if you have been to the port.",
    "newsletter": "Sign up to our newsletter to get the news of the day.",
    "rights": "Copyright 2024 by the Harbour News, all rights reserved.",
    "photo credit": "Photo: the harbour master of the port of Odessa.",
    "spam tail": "cheap pills casino bonus best odds free spins win money online slots poker.",
    "short": "Read it here.",
}
PROSE = {
    "sentence": "The port of Odessa was closed on Friday after two ships collided.",
    "list item": "- The port of Odessa was closed on Friday after two ships collided.",
    "quotation": "“The port is closed until the end of the week,” said the mayor.",
    "footnote": "The port was closed in the first year of the war.[12]",
    "long line without a stop": "The port was closed on Friday " + "and the city was dark " * 6,
    "share of stock": "The share of the company fell by a tenth on the news of the fire.",
}


@pytest.mark.parametrize("line", FURNITURE.values(), ids=FURNITURE)
def test_furniture_is_no_prose(line):
    assert not is_prose(line)


@pytest.mark.parametrize("line", PROSE.values(), ids=PROSE)
def test_prose_is_kept(line):
    assert is_prose(line)


def test_a_line_that_stands_twice_is_kept_once():
    line = PROSE["sentence"]
    assert prose_spans(f"{line}\n{line}") == [(0, len(line))]


def test_a_title_that_stands_three_times_is_dropped():
    title = "The port of Odessa is closed after two ships collided."
    text = f"{title}\n{PROSE['quotation']}\n{title}\n{title}"
    assert [text[a:b] for a, b in prose_spans(text)] == [PROSE["quotation"]]


def test_only_the_article_is_left_of_a_page():
    lines = [*FURNITURE.values(), *PROSE.values(), *FURNITURE.values()]
    text = "\n".join(lines)
    kept = [text[a:b].strip() for a, b in prose_spans(text)]
    assert kept == [p.strip().removeprefix("- ") for p in PROSE.values()]


@given(st.text(alphabet="The port was a.\n!-1 ’é", max_size=300))
def test_spans_are_whole_lines_in_order(text):
    spans = prose_spans(text)
    assert all(text[a:b] in text.split("\n") for a, b in spans)
    assert all(left[1] < right[0] for left, right in itertools.pairwise(spans))
