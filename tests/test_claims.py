"""What is a claim and what is not, its exact span, and what it needs to stand alone."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.claims import extract_claims, with_distinct_ids
from checker.documents import from_text
from checker.types import Claim

SENTENCES = (
    "The port of Odessa was closed on Friday after the storm.",
    "Russia says that the port is safe for all ships.",
    "The bank raised its rates on Monday, and the central government cut its taxes on Tuesday.",
    "According to the mayor, 300 people died in the fighting in 2015.",
    "Has the port of Odessa been closed since Friday?",
    "The country sent its troops to the north in November 2024.",
    "It lost two ships and about forty men in the first week.",
    "The Role of the Port",
    "Wheat prices in Peru may rise by 3.5% in the next year.",
    "Anna Berg leads the company since 1998, and she lives in Oslo.",
)


def claims_of(text: str, title: str = "Title") -> list[Claim]:
    return extract_claims(from_text(text, title=title))


def texts_of(text: str) -> list[str]:
    return [claim.text for claim in claims_of(text)]


def one_claim(text: str) -> Claim:
    [claim] = claims_of(text)
    return claim


def resolved(text: str) -> str:
    """What a model sees of the last claim."""
    return claims_of(text)[-1].scored


# --- spans and ids


def assert_spans_are_exact_and_in_order(text: str) -> None:
    claims = claims_of(text)
    assert all(text[claim.start : claim.end] == claim.text != "" for claim in claims)
    assert all(left.end <= right.start for left, right in itertools.pairwise(claims))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(SENTENCES), max_size=12), st.sampled_from([" ", "\n", "\n\n- "]))
def test_spans_are_exact_and_in_order_in_prose(sentences, joint):
    assert_spans_are_exact_and_in_order(joint.join(sentences))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                "The It port was of and closed “on Friday,” said . ! ? \n [1] é".split(" ")
            ),
            st.text(max_size=8),
        ),
        max_size=60,
    )
)
def test_spans_are_exact_and_in_order_in_any_text(words):
    assert_spans_are_exact_and_in_order(" ".join(words))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=10))
def test_the_same_text_gives_the_same_claims_with_unique_ids(sentences):
    text = "\n".join(sentences)
    claims = claims_of(text)
    assert claims == claims_of(text)
    assert len({claim.id for claim in claims}) == len(claims)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_an_edit_elsewhere_does_not_change_a_claims_id(data):
    sentences = list(data.draw(st.permutations(SENTENCES)))
    place = data.draw(st.integers(0, len(sentences) - 1))
    before = {c.text: c.id for c in claims_of("\n".join(sentences))}
    old = sentences[place]
    sentences[place] = "The harbour master opened the gates again on Sunday."
    after = {c.text: c.id for c in claims_of("\n".join(sentences))}
    kept = {text for text in before if text not in old}
    assert {text: after[text] for text in kept} == {text: before[text] for text in kept}


def test_reflowed_white_space_keeps_the_id():
    one = one_claim("The port of Odessa was closed on Friday.")
    other = one_claim("The port  of Odessa was closed\ton Friday.")
    assert one.id == other.id


# --- what is no claim

NO_CLAIMS = {
    "question": "Has the port of Odessa been closed since Friday morning?",
    "quoted question": "“Has the port of Odessa been closed since Friday?”",
    "instruction": "Close the valve before you leave the building.",
    "longer instruction": "Open the settings menu and choose the second option in the list.",
    "instruction with a purpose": "To reset the device, press the button for ten seconds.",
    "instruction with a condition": "If the light is red, call the office at once.",
    "heading": "The Role of the Port in the War",
    "heading with a stop": "The Port of Odessa After the Storm of Friday.",
    "cut at the end": "The port of Odessa was closed on Friday after the storm, and which is",
    "cut with dots": "The port of Odessa was closed on Friday after the...",
    "cut at the start": "of the port that was closed on Friday after the storm.",
    "no verb": "A storm of the century in the north of the Black Sea.",
    "too short": "It closed.",
    "empty opinion": "I think that this is really a great idea for all of us.",
    "wish": "We hope you like it as much as we do.",
    "exclamation": "What a wonderful day it was for the whole city!",
    "browser notice": "IE 11 is not supported.",
    "script notice": "This page needs scripts, and JavaScript is disabled in your browser.",
    "about itself": "This article explores the history of the port and its workers.",
    "list of eighty words": "The port " + "and the ship " * 40 + "was closed.",
}


@pytest.mark.parametrize("text", NO_CLAIMS.values(), ids=NO_CLAIMS)
def test_no_claim(text):
    assert claims_of(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I think that 300 people died in the storm of Friday.",
        "There are three bridges over the river in the town.",
        "Élysée officials rejected the plan on Monday.",
        "“The bridge is safe,” the mayor said on Friday.",
        "$3 million was paid for the port of Odessa.",
    ],
)
def test_a_statement_is_one_claim(text):
    assert texts_of(text) == [text]


def test_run_together_search_snippets_are_cut_and_incomplete_ones_dropped():
    line = (
        "Russia took the port in 2014, which is The rebels took the town after the fall of the "
        "city. The army left the base in the north In this war The war began in 2011 when the "
        "people of the city rose. The rebels lost the town, but The army won the east of the land."
    )
    assert texts_of(line) == [
        "The rebels took the town after the fall of the city.",
        "The war began in 2011 when the people of the city rose.",
        "The army won the east of the land.",
    ]


def test_footnote_marks_belong_to_no_claim():
    text = (
        "The port was closed in the first year.[12] The mayor left the city in the second.[3][4] "
        "[citation needed] Nobody stayed in the old town."
    )
    assert texts_of(text) == [
        "The port was closed in the first year.",
        "The mayor left the city in the second.",
        "Nobody stayed in the old town.",
    ]


def test_a_repeated_line_is_one_claim():
    assert len(claims_of(f"{SENTENCES[0]}\n{SENTENCES[0]}")) == 1


# --- compound sentences


def test_two_clauses_that_stand_alone_are_two_claims():
    assert texts_of(SENTENCES[2]) == [
        "The bank raised its rates on Monday",
        "the central government cut its taxes on Tuesday.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The bank raised its rates on Monday, and it cut its staff on Tuesday.",
        "The bank raised its rates and cut its staff on Monday.",
        "If the storm comes, the port closes, and the ferry company stops its boats.",
        "The mayor said the bank raised its rates, and the government cut its taxes.",
        "The port is closed and the ferry is running again since Friday.",
    ],
    ids=["pronoun", "shared subject", "shared condition", "reported", "short clause"],
)
def test_clauses_that_need_each_other_stay_one_claim(text):
    assert texts_of(text) == [text]


def test_a_pronoun_is_resolved_only_in_the_clause_that_it_opens():
    text = (
        "Moscow signed the treaty in 2015. It raised its rates on Monday, "
        "and the central government cut its taxes on Tuesday."
    )
    assert [claim.scored for claim in claims_of(text)][1:] == [
        "Moscow raised its rates on Monday",
        "the central government cut its taxes on Tuesday.",
    ]


# --- speaker, hedge, time


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Russia says that the port is closed.", "Russia"),
        ("According to the mayor, the bridge is safe for all cars.", "the mayor"),
        ("The bridge is safe for all cars, according to the mayor.", "the mayor"),
        ("“The bridge is safe for all cars,” said Anna Berg on Monday.", "Anna Berg"),
        ("The mayor denied that the bridge was unsafe.", "The mayor"),
        ("Russia views the base as a threat to its fleet.", "Russia"),
        ("The bridge is safe for all cars since Monday.", None),
        ("The guards saw two ships in the port on Friday.", None),
        ("It is said that the bridge is safe for all cars.", None),
    ],
)
def test_speaker(text, speaker):
    assert one_claim(text).speaker == speaker


def test_a_speaker_named_by_a_pronoun_is_resolved():
    claims = claims_of("Russia signed the treaty in 2015. It says that the base is small.")
    assert [claim.speaker for claim in claims] == [None, "Russia"]


@pytest.mark.parametrize(
    ("text", "hedged"),
    [
        ("The port may be closed on Friday.", True),
        ("The port was reportedly closed on Friday.", True),
        ("The port is expected to close on Friday.", True),
        ("The port was closed on a Friday in May.", False),
        ("The port was closed on Friday.", False),
    ],
)
def test_hedged(text, hedged):
    assert one_claim(text).hedged is hedged


def test_each_clause_has_its_own_time():
    text = "The bank raised its rates in 2023, and the central government cut its taxes in 2024."
    assert [claim.when for claim in claims_of(text)] == ["2023", "2024"]


# --- pronouns


@pytest.mark.parametrize(
    ("text", "scored"),
    [
        (
            "Moscow signed the treaty in 2015. It sent troops to Syria in the autumn.",
            "Moscow sent troops to Syria in the autumn.",
        ),
        (
            "Russia and Iran signed the treaty in 2015. Their troops fought for nine years.",
            "Russia and Iran's troops fought for nine years.",
        ),
        (
            "Russia signed the treaty in 2015. The country sent troops to Syria.",
            "The country (Russia) sent troops to Syria.",
        ),
        (
            "Anna Berg leads the company since 2015. She was born in a small house.",
            "Anna Berg was born in a small house.",
        ),
    ],
    ids=["It", "Their", "The country", "She"],
)
def test_a_pronoun_is_resolved(text, scored):
    assert resolved(text) == scored


def test_a_resolved_claim_keeps_its_source_text_and_names_the_antecedent():
    claim = claims_of("Moscow signed the treaty in 2015. It sent troops to Syria.")[-1]
    assert claim.text == "It sent troops to Syria."
    assert claim.context == "Moscow"


@pytest.mark.parametrize(
    "sentence",
    [
        "It is estimated that 300 people died in the fighting.",
        "It is likely that 300 people died in the fighting.",
        "It is important to keep the port open.",
        "It was Iran that sent the troops.",
        "It rained heavily in the whole north of the land.",
        "It remained unclear on Sunday whether the port had closed.",
        "It took the president nearly three weeks to address the issue.",
    ],
)
def test_an_impersonal_it_is_not_resolved(sentence):
    assert resolved(f"Moscow signed the treaty in 2015. {sentence}") == sentence


@pytest.mark.parametrize("rest", ["is ready to sell the plant.", "was unable to pay its debts."])
def test_an_it_with_a_will_of_its_own_is_resolved(rest):
    assert resolved(f"Moscow signed the treaty in 2015. It {rest}") == f"Moscow {rest}"


def test_a_noun_that_says_whose_it_is_needs_no_context():
    claim = claims_of("Moscow signed the treaty. The government of Chile refused to sign it.")[-1]
    assert (claim.context, claim.standalone) == ("", "")


def test_a_pronoun_that_fits_no_name_keeps_the_sentence_before_as_context():
    claim = claims_of("Moscow signed the treaty in 2015. They sent troops to Syria.")[-1]
    assert claim.scored == "They sent troops to Syria."
    assert claim.context == "Moscow signed the treaty in 2015."


def test_a_name_is_not_carried_into_the_next_paragraph_that_opens_with_another():
    text = "Moscow signed the treaty in 2015.\nThe country sent troops to Syria in the autumn."
    assert claims_of(text)[-1].context == ""


def test_a_list_mark_and_a_dateline_are_not_part_of_a_claim():
    text = (
        "SKARVHOLM (NNA) - The ferry ran aground on Friday with 212 people on board.\n"
        "- The board backed the offer of the rival company unanimously."
    )
    found = [claim.text for claim in extract_claims(from_text(text, title="x"))]
    assert found == [
        "The ferry ran aground on Friday with 212 people on board.",
        "The board backed the offer of the rival company unanimously.",
    ]


def test_a_sentence_that_stands_in_two_documents_gives_two_claim_ids():
    documents = [from_text("The port closed on Friday.", title=name) for name in ("one", "two")]
    documents[1] = replace(documents[1], id="other")
    claims = [claim for document in documents for claim in extract_claims(document)]
    assert len({claim.id for claim in claims}) == 1
    assert len({claim.id for claim in with_distinct_ids(claims, documents)}) == 2
