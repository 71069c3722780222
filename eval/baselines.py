"""Judges that know nothing of meaning, for scale: what a real model has to beat.

Each is a multinomial logistic regression, fitted on `fixtures/pairs/train`
only, over a few features: none at all (majority), counts of words, numbers,
negations and antonyms (lexical), or the cosine of the claim vectors
(embedding). They are `NliModel`s, so that every command can run them in the
place of the model.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checker.encoder import Encoder, default_encoder
from checker.facts import is_negated, numbers
from checker.nli import Calibration, Progress, TextPair
from checker.types import ModelInfo
from eval.fixtures import FIXTURES, LABELS, load_pairs

Features = Callable[[Sequence[TextPair]], NDArray[np.float64]]

# Pairs of the train split that the embedding baseline is fitted on: one number
# needs no more, and encoding all of them takes a minute on two busy cores.
EMBEDDED_PAIRS = 300
SEED = 13
# Where nothing is fitted on development data, the more likely side counts.
CALIBRATION = Calibration(contradict_threshold=0.5, agree_threshold=0.5)
_ANTONYMS = frozenset(
    frozenset(pair.split("/"))
    for pair in (
        "rise/fall rose/fell rising/falling increase/decrease increased/decreased up/down "
        "more/less more/fewer higher/lower high/low grow/shrink grew/shrank growing/shrinking "
        "gain/loss profit/loss "
        "won/lost win/lose open/closed opened/closed open/shut began/ended begin/end "
        "started/stopped first/last before/after early/late earlier/later old/new "
        "young/old large/small big/small "
        "long/short fast/slow strong/weak rich/poor hot/cold wet/dry full/empty cheap/expensive "
        "safe/dangerous safe/unsafe legal/illegal public/private true/false right/wrong good/bad "
        "better/worse best/worst success/failure succeeded/failed passed/failed accept/reject "
        "accepted/rejected approved/rejected backed/opposed support/oppose supports/opposes "
        "supported/opposed allow/ban allowed/banned permit/forbid keep/abandon kept/scrapped "
        "alive/dead survived/died all/none everyone/nobody always/never many/few most/few "
        "majority/minority buy/sell bought/sold arrived/left enter/leave north/south east/west "
        "guilty/innocent cut/raised cuts/raises lowered/raised improve/worsen improved/worsened "
        "unanimous/split united/divided confirmed/denied confirm/deny present/absent friend/enemy "
        "ally/enemy peace/war deepen/weaken closer/apart surplus/deficit"
    ).split()
)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def lexical_features(pairs: Sequence[TextPair]) -> NDArray[np.float64]:
    """Overlap, one-sided negation, antonym across, numbers that differ, numbers that agree.

    Shape (n, 5), each between 0 and 1.
    """
    rows = []
    for a, b in pairs:
        left, right = _words(a), _words(b)
        only_left, only_right = left - right, right - left
        antonym = any(frozenset((x, y)) in _ANTONYMS for x in only_left for y in only_right)
        numbers_a, numbers_b = set(numbers(a)), set(numbers(b))
        rows.append(
            (
                len(left & right) / max(1, min(len(left), len(right))),
                float(is_negated(a) != is_negated(b)),
                float(antonym),
                float(bool(numbers_a - numbers_b) and bool(numbers_b - numbers_a)),
                float(bool(numbers_a & numbers_b)),
            )
        )
    return np.array(rows, np.float64).reshape(-1, 5)


def embedding_features(pairs: Sequence[TextPair], encoder: Encoder) -> NDArray[np.float64]:
    """The cosine of the two claim vectors, shape (n, 1)."""
    texts = sorted({text for pair in pairs for text in pair})
    place = {text: i for i, text in enumerate(texts)}
    vectors = encoder.encode(texts)
    a = vectors[[place[left] for left, _ in pairs]]
    b = vectors[[place[right] for _, right in pairs]]
    return np.asarray((a * b).sum(axis=1, keepdims=True), np.float64)


class CachedEncoder:
    """An encoder that encodes no text twice: the baselines see what the checker sees."""

    def __init__(self, encoder: Encoder | None = None) -> None:
        self._encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), d), in the order of `texts`."""
        encoder = self._encoder or default_encoder()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, encoder.encode(new), strict=True))
        if not texts:
            return encoder.encode([])
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A fitted baseline; scores both directions alike."""

    info: ModelInfo
    calibration: Calibration
    features: Features
    classifier: Any

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return probabilities of agree, neutral, contradict; shape (n, 3)."""
        if not pairs:
            return np.zeros((0, 3), np.float32)
        result: NDArray[np.float32] = self.classifier.predict_proba(self.features(pairs)).astype(
            np.float32
        )
        if progress is not None:
            progress(len(pairs))
        return result


def _fitted(name: str, features: Features, pairs: list[TextPair], labels: list[int]) -> Baseline:
    from sklearn.linear_model import LogisticRegression

    return Baseline(
        info=ModelInfo(name=name, precision="fp64", device="cpu", hash=""),
        calibration=CALIBRATION,
        features=features,
        classifier=LogisticRegression(max_iter=1000).fit(features(pairs), labels),
    )


def load_baselines(root: Path = FIXTURES, encoder: Encoder | None = None) -> list[Baseline]:
    """Fit majority, lexical and embedding on the train split; the same split, the same judges."""
    frame = load_pairs("train", root)
    pairs: list[TextPair] = list(zip(frame["a"], frame["b"], strict=True))
    labels = [LABELS.index(label) for label in frame["label"]]
    chosen = sorted(random.Random(SEED).sample(range(len(pairs)), min(EMBEDDED_PAIRS, len(pairs))))

    def nothing(given: Sequence[TextPair]) -> NDArray[np.float64]:
        return np.zeros((len(given), 1))

    def embedding(given: Sequence[TextPair]) -> NDArray[np.float64]:
        return embedding_features(given, encoder or default_encoder())

    return [
        _fitted("majority", nothing, pairs, labels),
        _fitted("lexical", lexical_features, pairs, labels),
        _fitted("embedding", embedding, [pairs[i] for i in chosen], [labels[i] for i in chosen]),
    ]
