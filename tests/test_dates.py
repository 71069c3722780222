"""Dates in text: only what is written, never a guess."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.dates import find_dateline, parse_date, time_spoken_of

DAY = datetime.date(2024, 11, 29)


@pytest.mark.parametrize(
    "text",
    [
        "November 29, 2024",
        "Fri Nov. 29th 2024, 10:00",
        "29 November 2024",
        "on the 29th Nov 2024",
        "2024-11-29",
        "2024-11-29T10:00:00Z",
    ],
)
def test_full_dates_in_every_spelling(text):
    assert parse_date(text) == DAY


@pytest.mark.parametrize(
    "text", ["November 2024", "February 30, 2024", "2024-13-01", "29/11/24", ""]
)
def test_no_date_is_guessed(text):
    assert parse_date(text) is None


def test_an_impossible_date_does_not_hide_the_next_one():
    assert parse_date("February 30, 2020 and November 29, 2024") == DAY


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_every_date_is_read_back_from_its_long_form(day):
    assert parse_date(f"{day:%B} {day.day}, {day.year}") == day
    assert time_spoken_of(f"It fell on {day.isoformat()}.") == day.isoformat()


def test_a_short_line_near_the_top_is_a_dateline():
    assert find_dateline("The port\n\nBy Anna Berg, 29 November 2024\n\nText") == DAY


def test_a_date_inside_a_paragraph_is_no_dateline():
    paragraph = "The port of the old city was closed on November 29, 2024, as the mayor " * 2
    assert find_dateline(paragraph) is None


def test_a_cue_makes_a_long_line_a_dateline():
    line = "The harbour news of the old city, with all that you need to know today, was updated on "
    assert find_dateline(line + "November 29, 2024") == DAY


def test_an_impossible_date_does_not_hide_the_dateline():
    assert find_dateline("Version 2024-13-45\nNovember 29, 2024\nText") == DAY


def test_a_date_far_down_is_no_dateline():
    assert find_dateline("line\n" * 50 + "November 29, 2024") is None


@pytest.mark.parametrize(
    ("sentence", "when"),
    [
        ("The city fell on 29 November 2024.", "2024-11-29"),
        ("The city fell in November 2024.", "2024-11"),
        ("The city fell in Sept. 2024.", "2024-09"),
        ("The city fell in May 2024.", "2024-05"),
        ("The city fell in 2024.", "2024"),
        ("The 2024 elections were held.", "2024"),
        ("In late 2024, the city fell.", "2024"),
        ("The city fell in the spring.", None),
        ("The city has 2000 soldiers.", None),
        ("The war left some of 2000 people without homes.", None),
        ("The city has 12,024 houses.", None),
    ],
)
def test_time_spoken_of(sentence, when):
    assert time_spoken_of(sentence) == when
