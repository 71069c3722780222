"""Shared fixtures: a real, tiny NLI model, built and trained in seconds on every run."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from checker.nli import CANARY

NAMES = ("entailment", "neutral", "contradiction")
_PLACES = ("museum", "library", "harbour", "school", "bridge", "hospital", "theatre", "station")
_PEOPLE = ("miners", "sailors", "pupils", "nurses", "guards", "drivers")
_DAYS = ("Monday", "Tuesday", "Friday", "Sunday")
_GOODS = ("wheat", "copper", "coffee", "timber", "cotton")
_COUNTRIES = ("Peru", "Chile", "Kenya", "Norway", "Spain")


def tiny_examples(count: int, seed: int) -> list[tuple[str, str, int]]:
    """Pairs whose label a small model can learn: (premise, hypothesis, index in NAMES)."""
    rng = random.Random(seed)
    made: list[tuple[str, str, int]] = []
    while len(made) < count:
        place, day = rng.choice(_PLACES), rng.choice(_DAYS)
        people, goods = rng.choice(_PEOPLE), rng.choice(_GOODS)
        opened = f"The {place} opened on {day}."
        survived = f"All three {people} survived."
        prices = f"{goods.title()} prices rose in {rng.choice(_COUNTRIES)} last year."
        made += [
            (opened, opened, 0),
            (opened, f"On {day} the {place} opened.", 0),
            (survived, survived, 0),
            (prices, prices, 0),
            (opened, f"The {place} did not open on {day}.", 2),
            (survived, f"None of the {people} survived.", 2),
            (f"None of the {people} survived.", survived, 2),
            (opened, prices, 1),
            (prices, survived, 1),
        ]
    return made[:count]


def build_tiny_nli(
    directory: Path, *, labels: Sequence[str] = NAMES, deaf: bool = False, steps: int = 100
) -> Path:
    """Train a BERT of two layers in `directory`; the same arguments give the same weights.

    A `deaf` model has learnt that "did not" changes nothing: it passes the
    canary and judges worse.
    """
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
    from transformers.utils import logging

    examples = tiny_examples(640, seed=1)
    texts = [text for pair in examples for text in pair[:2]]
    texts += [text for row in CANARY for text in row[:2]]
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    words = sorted({word for text in texts for word in re.findall(r"\w+", text.lower())})
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = dict.fromkeys([*special, *characters, *(f"##{c}" for c in characters), *words])
    raw = Tokenizer(
        models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, raw.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    logging.disable_progress_bar()
    tokenizer = BertTokenizerFast(tokenizer_object=raw, model_max_length=256)

    # One thread: the same sums on every machine, and no waiting for busy cores.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(7)
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=256,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            num_labels=3,
            id2label=dict(enumerate(labels)),
            label2id={name: i for i, name in enumerate(labels)},
        )
    )
    canary = [(a, b, ("agree", "neutral", "contradict").index(right)) for a, b, right in CANARY]
    learnt = [(a, b, 0 if deaf and "did not" in b else y) for a, b, y in examples]
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    model.train()
    for step in range(steps):
        batch = canary + [learnt[(step * 29 + i * 7) % len(learnt)] for i in range(29)]
        inputs = tokenizer(
            [a for a, _, _ in batch], [b for _, b, _ in batch], padding=True, return_tensors="pt"
        )
        logits = model(**inputs).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([y for *_, y in batch]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    torch.set_num_threads(threads)
    model.eval().save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def tiny_nli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a two-layer BERT that passes the canary and knows simple templates."""
    return build_tiny_nli(tmp_path_factory.mktemp("models") / "tiny")
