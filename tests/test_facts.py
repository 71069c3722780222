"""What a reader is shown to differ between two claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.facts import differences, is_negated, names, numbers, scope
from checker.types import Claim


def claim(text: str, **fields: object) -> Claim:
    return Claim(id=text, document_id="d", start=0, end=len(text), text=text, **fields)


def kinds(a: Claim, b: Claim) -> dict[str, tuple[str, str]]:
    return {d.kind: (d.a, d.b) for d in differences(a, b)}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("23 homes and 1,200 cars", [23, 1200]),
        ("a bridge 100 m long for $100 m", [100, 100_000_000]),
        ("$3 million, or 2.5bn roubles", [3e6, 2.5e9]),
        ("rates rose to 4.75% from 3.50 per cent", [4.75, 3.5]),
        ("two hundred people, twenty-five cars, a dozen ships", [200, 25, 12]),
        ("five thousand of a hundred thousand", [5000, 1e5]),
        ("at 10:30, on 29 November 2024, in the 1990s", []),
        ("no one, one of the T-34 and Covid-19", []),
        ("nothing to count", []),
    ],
)
def test_numbers(text, values):
    assert list(numbers(text)) == values


@given(st.integers(0, 10**9).filter(lambda n: not 1500 <= n < 2100))
def test_every_count_is_read_with_and_without_commas(count):
    assert list(numbers(f"about {count:,} people")) == [count]


def test_negation_is_seen_in_words_and_contractions():
    assert is_negated("The port was not closed.")
    assert is_negated("The port didn’t close.")
    assert is_negated("The mayor denied it.")
    assert not is_negated("The notable port closed.")
    assert not is_negated("No more than two ports closed.")


def test_names_leave_out_the_word_that_only_opens_the_sentence():
    text = "Yesterday the fleet of Russia met Iran's crew at the Port of Odessa."
    assert names(text) == {"Russia", "Iran", "Port of Odessa"}


def test_scope():
    assert scope("All of the ports closed.") == "all"
    assert scope("Some ports closed.") == "some"
    assert scope("The port closed.") == ""


def test_equal_claims_do_not_differ():
    a = claim("Russia lost 23 ships in 2015.", when="2015")
    assert differences(a, a) == ()


@pytest.mark.parametrize(
    ("a", "b", "kind", "shown"),
    [
        ("It lost 23 ships.", "It lost about 40 ships.", "number", ("23", "about 40")),
        ("It fell in 2015.", "It fell in May 2016.", "date", ("2015", "2016-05")),
        ("It met Iran there.", "It met Iraq there.", "name", ("Iran", "Iraq")),
        ("It was closed.", "It was not closed.", "negation", ("", "not")),
        ("It held no more than 40%.", "It held 60%.", "number", ("no more than 40%", "60%")),
    ],
)
def test_a_difference_shows_both_sides(a, b, kind, shown):
    assert kinds(claim(a), claim(b)) == {kind: shown}


def test_certainty_and_speaker():
    a = claim("The port may close.", hedged=True, speaker="Russia")
    b = claim("The port may close.")
    assert kinds(a, b) == {
        "certainty": ("hedged", "stated as fact"),
        "speaker": ("Russia", "the document itself"),
    }


def test_equal_quantities_in_other_words_do_not_differ():
    assert differences(claim("It lost 3 million men."), claim("It lost three million men.")) == ()


@given(st.text(max_size=80), st.text(max_size=80))
def test_differences_are_symmetric(left, right):
    there, back = kinds(claim(left), claim(right)), kinds(claim(right), claim(left))
    assert there == {kind: (b, a) for kind, (a, b) in back.items()}
