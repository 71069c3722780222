"""From scores to verdicts, and to what could explain a clash."""

import datetime

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from checker.decision import (
    combine,
    combine_directed,
    could_matter,
    decide,
    explanations,
    in_a_run,
    most_likely,
)
from checker.documents import from_text
from checker.nli import Calibration
from checker.types import Claim, Document, Explanation, Verdict


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


probabilities = arrays.arrays(np.float32, (4, 3), elements=st.floats(-30, 30, width=32)).map(
    softmax
)
thresholds = st.floats(0.05, 0.99)


def rows(*values: tuple[float, float, float]) -> np.ndarray:
    return np.array(values, np.float32)


# --- both directions together


@given(probabilities, probabilities)
def test_combined_rows_are_probabilities(forward, backward):
    combined = combine(forward, backward)
    assert combined.shape == forward.shape
    assert (combined >= 0).all()
    np.testing.assert_allclose(combined.sum(axis=1), 1, atol=1e-5)


@given(probabilities, probabilities)
def test_the_order_of_the_directions_makes_no_difference(forward, backward):
    np.testing.assert_array_equal(combine(forward, backward), combine(backward, forward))


def test_both_directions_count_the_same():
    combined = combine(rows((0.9, 0.1, 0.0)), rows((0.1, 0.5, 0.4)))
    np.testing.assert_allclose(combined, rows((0.5, 0.3, 0.2)), atol=1e-6)


def test_with_premise_and_hypothesis_only_contradiction_is_averaged():
    joined = combine_directed(rows((0.9, 0.1, 0.0)), rows((0.1, 0.5, 0.4)))
    np.testing.assert_allclose(joined, rows((0.72, 0.08, 0.2)), atol=1e-6)


# --- the verdict


runs = st.fixed_dictionaries(
    {
        "run_offset": st.floats(-4, 4),
        "run_scale": st.floats(0.1, 2),
    }
)


@given(probabilities, probabilities, thresholds, thresholds, runs)
def test_no_pair_that_is_left_out_could_have_been_a_finding(forward, backward, clash, agree, run):
    calibration = Calibration(contradict_threshold=clash, agree_threshold=agree, **run)
    kept = could_matter(forward, calibration)
    verdicts = [decide(row, calibration)[0] for row in combine(forward, backward)]
    assert all(v is Verdict.NEUTRAL for v, k in zip(verdicts, kept, strict=True) if not k)


@given(thresholds, st.integers(-3, 3))
@example(0.55, -1)
def test_the_bound_is_exact_to_the_last_bit(threshold, steps):
    calibration = Calibration(contradict_threshold=threshold, agree_threshold=1.1)
    contradict = np.float32(max(2 * threshold - 1, 0))
    for _ in range(abs(steps)):
        contradict = np.nextafter(contradict, np.float32(np.sign(steps)), dtype=np.float32)
    contradict = max(contradict, np.float32(0))
    forward = np.array([[0, 1 - contradict, contradict]], np.float32)
    certain = rows((0, 0, 1))
    verdict, _ = decide(combine(forward, certain)[0], calibration)
    kept = could_matter(forward, calibration)
    assert kept[0] == (verdict is Verdict.CONTRADICTS)


def test_among_the_pairs_of_a_run_a_contradiction_is_believed_less():
    calibration = Calibration(run_offset=-1, run_scale=0.5)
    odds = np.array([np.log(9) / 2 - 1, -1])
    sure = in_a_run(np.array([0.9, 0.5]), calibration)
    np.testing.assert_allclose(sure, 1 / (1 + np.exp(-odds)))
    np.testing.assert_allclose(in_a_run(np.array([0.9, 0.2]), Calibration()), [0.9, 0.2])


def test_the_confidence_of_a_contradiction_is_that_in_a_run():
    combined = np.array((0.0, 0.1, 0.9), np.float32)
    verdict, sure = decide(combined, Calibration(run_offset=-1, contradict_threshold=0.6))
    assert verdict is Verdict.CONTRADICTS
    assert sure == pytest.approx(9 / (9 + np.e), abs=1e-6)
    calibration = Calibration(run_offset=-2, contradict_threshold=0.6)
    assert decide(combined, calibration)[0] is Verdict.NEUTRAL


@pytest.mark.parametrize(
    ("combined", "verdict", "confidence"),
    [
        ((0.1, 0.15, 0.75), Verdict.CONTRADICTS, 0.75),
        ((0.75, 0.15, 0.1), Verdict.AGREES, 0.75),
        ((0.2, 0.2, 0.6), Verdict.NEUTRAL, 0.2),
        ((0.6, 0.3, 0.1), Verdict.NEUTRAL, 0.3),
    ],
)
def test_a_verdict_needs_its_threshold(combined, verdict, confidence):
    found = decide(np.array(combined, np.float32), Calibration())
    assert found[0] is verdict
    assert found[1] == pytest.approx(confidence)


def test_the_thresholds_of_the_model_decide():
    combined = np.array((0.0, 0.4, 0.6), np.float32)
    assert decide(combined, Calibration(contradict_threshold=0.5))[0] is Verdict.CONTRADICTS
    assert decide(combined, Calibration(contradict_threshold=0.65))[0] is Verdict.NEUTRAL


@given(probabilities)
def test_most_likely_is_the_largest_probability(combined):
    verdict, confidence = most_likely(combined[0])
    order = (Verdict.AGREES, Verdict.NEUTRAL, Verdict.CONTRADICTS)
    assert combined[0][order.index(verdict)] == np.float32(confidence) == combined[0].max()


# --- what could explain a clash


def claim(text: str = "The port closed.", **fields: object) -> Claim:
    return Claim(id=text, document_id="d", start=0, end=len(text), text=text, **fields)


def document(published: datetime.date | None = None) -> Document:
    return from_text("The port closed.", title="T", published=published)


UNDATED = document()


@pytest.mark.parametrize(
    ("a", "b", "explained"),
    [
        ("2015", "2024", True),
        ("2015", "2015-06", False),
        ("2024-01", "2024-02", False),
        ("2024-01", "2024-04", True),
        ("2023", "2024", False),
        ("2023-12", "2024-02-14", False),
        ("2024-01-01", "2024-02-14", False),
        ("2024-01-01", "2024-02-16", True),
        ("2015", None, False),
    ],
)
def test_times_far_apart_explain(a, b, explained):
    found = explanations(claim(when=a), claim(when=b), UNDATED, UNDATED)
    assert (Explanation.TIME in found) is explained
    assert found == explanations(claim(when=b), claim(when=a), UNDATED, UNDATED)


def test_a_claim_without_a_time_speaks_of_its_publication():
    old, new = document(datetime.date(2015, 6, 1)), document(datetime.date(2024, 6, 1))
    assert explanations(claim(), claim(), old, new) == (Explanation.TIME,)
    assert explanations(claim(when="2024"), claim(), old, new) == ()


@pytest.mark.parametrize(
    ("a", "b", "explained"),
    [("Russia", None, True), ("Russia", "Iran", True), ("Russia", "russia", False)],
)
def test_a_reported_view_explains(a, b, explained):
    found = explanations(claim(speaker=a), claim(speaker=b), UNDATED, UNDATED)
    assert (Explanation.ATTRIBUTION in found) is explained


def test_some_against_all_explains():
    some, every = claim("Some ports closed."), claim("All ports closed.")
    assert explanations(some, every, UNDATED, UNDATED) == (Explanation.SCOPE,)
    assert explanations(every, every, UNDATED, UNDATED) == ()
    assert explanations(every, claim(), UNDATED, UNDATED) == ()
