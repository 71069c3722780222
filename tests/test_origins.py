"""Copies count as one origin; different articles on one event do not."""

import random

from checker.origins import origins

PARAGRAPHS = [
    "The port of Odessa was closed on Friday after two ships collided near the northern pier.",
    "The harbour master said that nobody was hurt, but that both ships had lost fuel.",
    "Divers will examine the wrecks next week, and the city expects the work to take a month.",
    "Grain exporters have asked the ministry to open the southern basin for their ships.",
    "The ministry has not answered, and a spokesman declined to comment on the request.",
]
STORY = "\n".join(PARAGRAPHS)
OTHER = (
    "Two freighters ran into each other off Odessa on Friday, forcing the authorities to shut the "
    "port. No one was injured in the accident. It may be four weeks before the harbour is clear, "
    "officials told reporters, while traders pressed for another dock to be used for wheat."
)


def test_a_trimmed_copy_has_the_same_origin():
    assert origins([STORY, "\n".join(PARAGRAPHS[:3])]) == [0, 0]


def test_a_copy_with_an_added_paragraph_has_the_same_origin():
    added = f"{STORY}\nOur reporter adds that the fish market stayed open all through the weekend."
    assert origins([STORY, added]) == [0, 0]


def test_case_and_punctuation_make_no_difference():
    assert origins([STORY, STORY.upper().replace(",", " –")]) == [0, 0]


def test_another_article_on_the_same_event_has_its_own_origin():
    assert origins([STORY, OTHER]) == [0, 1]


def test_a_quoted_paragraph_does_not_make_a_copy():
    assert origins([STORY, f"{OTHER} {PARAGRAPHS[1]}"]) == [0, 1]


def test_copies_of_copies_share_one_origin_in_any_order():
    head, tail = "\n".join(PARAGRAPHS[:3]), "\n".join(PARAGRAPHS[2:])
    assert origins([head, tail]) == [0, 1]
    assert origins([head, tail, STORY]) == [0, 0, 0]
    assert origins([STORY, head, tail]) == [0, 0, 0]
    assert origins([head, STORY, tail]) == [0, 0, 0]


def test_a_story_that_everybody_copied_is_still_one_origin():
    assert origins([OTHER] + [f"{STORY}\nPaper number {n}" for n in range(70)]) == [0] + [1] * 70


def test_boilerplate_alone_makes_no_copies():
    words = "port ship grain city mayor storm wreck fuel crew dock pier week month plan".split()
    draw = random.Random(1)
    texts = [" ".join(draw.choices(words, k=80)) for _ in range(60)]
    footer = "All rights reserved by the publisher of this paper and its partners."
    assert origins([f"{text}. {footer}" for text in texts]) == list(range(60))


def test_no_texts_and_short_texts():
    assert origins([]) == []
    assert origins(["Port closed", "Port open", "Port closed"]) == [0, 1, 0]
