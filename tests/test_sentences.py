"""Sentence boundaries: exact spans that lose nothing."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.sentences import split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Li met Mr. Berg in St. Louis on Friday.",
        "The U.S. army left at 5 p.m. on Friday.",
        "Prices rose by 3.5% to $1.2 billion.",
        "Prices of grain, e.g. wheat, fell.",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(text):
    assert sentences(text) == [text]


def test_sentences_of_a_paragraph():
    text = "The port closed. Was it safe? “No!” It reopened on Monday."
    assert sentences(text)[:2] == ["The port closed.", "Was it safe?"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
def test_a_line_break_always_ends_a_sentence(end):
    assert sentences(f"The port{end}was closed.") == ["The port", "was closed."]


def test_nothing_gives_nothing():
    assert sentences("") == sentences(" \n\t\n ") == []


@given(
    st.text(alphabet=st.one_of(st.sampled_from("Ab. !?\n\r\t”’3é"), st.characters()), max_size=200)
)
def test_spans_are_in_order_trimmed_and_cover_every_visible_character(text):
    spans = split_sentences(text)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
