"""The training loss: what two-way labels and another model's judgement count for."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scripts.train_nli import ALLOWED, batches, masked_loss, soft_loss

LOGITS = torch.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, 3.0]])


def test_a_two_way_label_counts_the_sum_of_what_it_allows():
    allowed = torch.tensor([ALLOWED["not_entailment"], ALLOWED["contradiction"]])
    p = LOGITS.softmax(1)
    expected = -(torch.log(p[0, 1] + p[0, 2]) + torch.log(p[1, 2])) / 2
    assert masked_loss(LOGITS, allowed).item() == pytest.approx(expected.item())


def test_an_unknown_label_counts_nothing():
    assert masked_loss(LOGITS, torch.tensor([ALLOWED["unknown"]] * 2)).item() == pytest.approx(0)


def test_a_sure_judgement_counts_as_its_label_and_none_counts_nothing():
    sure = torch.tensor([[0.0, 0, 0], [0, 0, 1]])
    alone = masked_loss(LOGITS[1:], torch.tensor([ALLOWED["contradiction"]]))
    assert soft_loss(LOGITS, sure).item() == pytest.approx(alone.item() / 2)


def test_batches_hold_every_row_once_in_an_order_that_the_seed_fixes():
    rows = [{"premise": "x" * n, "hypothesis": "", "label": str(n)} for n in range(100)]
    made = batches(rows, 8, seed=3)
    assert sorted(int(row["label"]) for batch in made for row in batch) == list(range(100))
    assert made == batches(rows, 8, seed=3) != batches(rows, 8, seed=4)
