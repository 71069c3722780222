import itertools
import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.errors import ModelError
from checker.nli import (
    BATCH_TOKENS,
    CANARY,
    PAD_MULTIPLE,
    TransformersNli,
    batches,
    choose_precision,
    label_order,
    softmax,
)

NAMES = ("entailment", "neutral", "contradiction")


@pytest.fixture(scope="module")
def judge(tiny_nli):
    return TransformersNli(tiny_nli, "fp32")


def copied(tiny_nli, tmp_path, **config):
    """A copy of the tiny model with other values in its config.json."""
    directory = tmp_path / "copy"
    shutil.copytree(tiny_nli, directory)
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return directory


def test_a_model_sees_what_transformers_would_show_it(judge, tiny_nli):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    pairs = [(premise, hypothesis) for premise, hypothesis, _ in CANARY]
    tokenizer = AutoTokenizer.from_pretrained(tiny_nli)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_nli).eval()
    inputs = tokenizer(
        [a for a, _ in pairs], [b for _, b in pairs], padding=True, return_tensors="pt"
    )
    assert "token_type_ids" in inputs
    logits = model(**inputs).logits.detach().numpy()
    assert judge.score(pairs) == pytest.approx(softmax(logits), abs=1e-5)


def test_typographic_signs_are_read_as_plain_ones(judge):
    typographic = [
        ("The mayor’s “plan” – all of it… – failed.", "The town\u00a0hall’s plan failed.")
    ]
    plain = [('The mayor\'s "plan" - all of it... - failed.', "The town hall's plan failed.")]
    assert judge.score(typographic).tolist() == judge.score(plain).tolist()


@pytest.mark.parametrize("names", list(itertools.permutations(NAMES)))
def test_labels_are_mapped_by_name_in_every_order(tmp_path, names):
    order = label_order(dict(enumerate(names)), tmp_path)
    assert [names[index] for index in order] == list(NAMES)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["CONTRADICTION", "NEUTRAL", "ENTAILMENT"], [2, 1, 0]),
        (["agree", "disagree", "unrelated"], [0, 2, 1]),
        (["disagrees", "agrees", "neutral"], [1, 2, 0]),
        (["SUPPORTS", "REFUTES", "NOT ENOUGH INFO"], [0, 2, 1]),
        (["Refuted", "Not enough evidence", "Supported"], [2, 1, 0]),
    ],
)
def test_labels_are_mapped_by_synonym(tmp_path, names, order):
    assert label_order(dict(enumerate(names)), tmp_path) == order


@pytest.mark.parametrize(
    "names",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2"],
        ["entailment", "not_entailment"],
        ["entailment", "neutral", "entailed"],
        ["contradiction", "neutral"],
        ["entailment", "neutral", "contradiction", "other"],
        ["positive", "neutral", "negative"],
    ],
)
def test_unclear_labels_are_refused_and_listed(tmp_path, names):
    with pytest.raises(ModelError) as caught:
        label_order(dict(enumerate(names)), tmp_path)
    assert ", ".join(names) in str(caught.value)


@given(st.lists(st.integers(min_value=1, max_value=3000), max_size=300))
def test_batches_hold_every_row_once_within_the_token_budget(lengths):
    made = batches(lengths)
    assert sorted(row for rows, _ in made for row in rows) == list(range(len(lengths)))
    for rows, width in made:
        assert width % PAD_MULTIPLE == 0
        assert all(lengths[row] <= width for row in rows)
        assert len(rows) == 1 or len(rows) * width <= BATCH_TOKENS
    widths = [width for _, width in made]
    assert widths == sorted(widths, reverse=True)


def test_sorted_batches_waste_little():
    lengths = np.random.default_rng(0).integers(5, 160, 2000).tolist()
    padded = sum(len(rows) * width for rows, width in batches(lengths))
    assert padded < 1.25 * sum(lengths)


def test_scores_do_not_depend_on_the_company_in_a_batch(judge):
    pairs = [(a, b) for a, b, _ in CANARY]
    pairs += [(" ".join([a] * n), b) for n in (2, 5, 11, 40) for a, b, _ in CANARY]
    together = judge.score(pairs)
    alone = np.concatenate([judge.score([pair]) for pair in pairs])
    backwards = judge.score(pairs[::-1])[::-1]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(together, backwards, atol=1e-4)
    assert np.ptp(together, axis=0).min() > 0.5  # the pairs do differ


def test_scores_are_probabilities_in_the_order_agree_neutral_contradict(judge):
    scores = judge.score([(a, b) for a, b, _ in CANARY])
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
    names = ["agree", "neutral", "contradict"]
    assert [names[i] for i in scores.argmax(axis=1)] == [right for *_, right in CANARY]
    assert judge.score([]).shape == (0, 3)


def test_progress_counts_every_pair(judge):
    done = []
    judge.score([CANARY[0][:2]] * 500, done.append)
    assert sum(done) == 500
    assert len(done) > 1


def test_bf16_judges_like_fp32(judge, tiny_nli):
    pairs = [(a, b) for a, b, _ in CANARY]
    half = TransformersNli(tiny_nli, "bf16")
    np.testing.assert_allclose(half.score(pairs), judge.score(pairs), atol=0.05)
    assert half.info.precision == "bf16"


def test_the_calibration_temperature_divides_the_logits(judge, tiny_nli, tmp_path):
    directory = copied(tiny_nli, tmp_path)
    values = {"temperature": 2.0, "contradict_threshold": 0.6, "comment": "ignored"}
    (directory / "calibration.json").write_text(json.dumps(values))
    calm = TransformersNli(directory, "fp32")
    assert (calm.calibration.temperature, calm.calibration.contradict_threshold) == (2.0, 0.6)
    assert calm.calibration.agree_threshold == judge.calibration.agree_threshold
    pairs = [(a, b) for a, b, _ in CANARY]
    expected = softmax(np.log(judge.score(pairs)) / 2)
    np.testing.assert_allclose(calm.score(pairs), expected, atol=1e-3)
    assert calm.info.hash != judge.info.hash


def test_labels_are_read_from_the_model_whatever_their_order(judge, tiny_nli, tmp_path):
    """A model whose head and names are permuted together gives the same scores."""
    from safetensors.torch import load_file, save_file

    directory = copied(tiny_nli, tmp_path, id2label={0: NAMES[2], 1: NAMES[0], 2: NAMES[1]})
    weights = load_file(directory / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = weights[name][[2, 0, 1]].contiguous()
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    pairs = [(a, b) for a, b, _ in CANARY]
    permuted = TransformersNli(directory, "fp32").score(pairs)
    np.testing.assert_allclose(permuted, judge.score(pairs), atol=1e-5)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ((NAMES[2], NAMES[1], NAMES[0]), "its labels are mixed up or it is untrained"),
        ((NAMES[0], NAMES[2], NAMES[1]), "its labels are mixed up or it is untrained"),
        (("LABEL_0", "LABEL_1", "LABEL_2"), "cannot tell which label means 'agree'"),
    ],
)
def test_swapped_and_unclear_labels_are_refused(tiny_nli, tmp_path, labels, message):
    directory = copied(tiny_nli, tmp_path, id2label=dict(enumerate(labels)))
    with pytest.raises(ModelError, match=message):
        TransformersNli(directory, "fp32")


def test_directories_that_are_no_model_are_refused(tiny_nli, tmp_path):
    with pytest.raises(ModelError, match="none: not a model directory"):
        TransformersNli(tmp_path / "none")
    directory = copied(tiny_nli, tmp_path)
    (directory / "config.json").write_text("{")
    with pytest.raises(ModelError, match="copy: cannot load the model"):
        TransformersNli(directory)
    (directory / "config.json").write_bytes((tiny_nli / "config.json").read_bytes())
    (directory / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="copy: cannot load the model"):
        TransformersNli(directory)


@pytest.mark.parametrize("name", ["model.safetensors", "calibration.json"])
def test_damaged_files_of_a_model_are_refused(tiny_nli, tmp_path, name):
    directory = copied(tiny_nli, tmp_path)
    (directory / name).write_text("{")
    with pytest.raises(ModelError, match="copy"):
        TransformersNli(directory, "fp32")


def test_precision_is_resolved_to_what_machine_and_model_allow(tmp_path):
    with pytest.raises(ModelError, match=r"no graph.onnx"):
        choose_precision("int8", tmp_path, "cpu")
    assert choose_precision("fp32", tmp_path, "cpu") == "fp32"
    assert choose_precision("auto", tmp_path, "cpu") in ("bf16", "fp32")
