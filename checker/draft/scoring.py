"""The models behind the cache: loaded only when something new is to be scored.

A draft is judged in 8 bits where the model has a graph for it. That starts in
half a second, without torch, and first run and later runs agree to the digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from checker.draft.background import Background
from checker.draft.cache import Cache, key_of
from checker.encoder import DIMENSIONS, Encoder, OnnxEncoder
from checker.encoder import EMBEDDED as ENCODER
from checker.nli import (
    EMBEDDED,
    GRAPH,
    Calibration,
    NliModel,
    Progress,
    TextPair,
    TransformersNli,
    hash_of,
    read_calibration,
    require_model,
)
from checker.types import ModelInfo

# Pairs after which scores are written, so that a run that is stopped is not in vain.
KEPT_AT_ONCE = 256


class CachedEncoder:
    """The claim encoder; each text is encoded once."""

    def __init__(self, cache: Cache, directory: Path = ENCODER) -> None:
        self._cache = cache
        self._hash = hash_of(directory)
        self._encoder: Background[Encoder] = Background(lambda: OnnxEncoder(directory))

    def begin_loading(self) -> None:
        """Load the model while something else is done."""
        self._encoder.begin()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of unit length (rounded to 16 bits each), shape (len(texts), 384)."""
        keys = [key_of("vector", self._hash, text) for text in texts]
        known = {
            key: value
            for key, value in self._cache.get("vector", keys).items()
            if len(value) == 2 * DIMENSIONS
        }
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            encoded = self._encoder.get().encode(list(new.values())).astype(np.float16)
            fresh = {key: row.tobytes() for key, row in zip(new, encoded, strict=True)}
            self._cache.put("vector", fresh)
            known |= fresh
        rows = b"".join(known[key] for key in keys)
        return np.frombuffer(rows, np.float16).reshape(-1, DIMENSIONS).astype(np.float32)


class CachedJudge:
    """The NLI model; each pair of texts is scored once. `scored` counts those that were new."""

    def __init__(self, cache: Cache, directory: Path = EMBEDDED, precision: str = "auto") -> None:
        """Raises ModelError when the directory is no model; loads nothing yet."""
        require_model(directory)
        if precision == "auto" and (directory / GRAPH).is_file():
            precision = "int8"
        self.scored = 0
        self._cache = cache
        self._calibration = read_calibration(directory)
        self._info = ModelInfo(
            name=directory.name,
            precision=precision,
            device="cpu" if precision == "int8" else "auto",
            hash=hash_of(directory),
        )
        self._model: Background[NliModel] = Background(
            lambda: TransformersNli(directory, precision)
        )

    @property
    def info(self) -> ModelInfo:
        """Name, precision, device and hash, known without loading the model."""
        return self._info

    @property
    def calibration(self) -> Calibration:
        """Temperature and thresholds that belong to this model."""
        return self._calibration

    @property
    def light(self) -> bool:
        """Whether the model loads without torch, so that it may load beside the parser."""
        return self._info.precision == "int8"

    def begin_loading(self) -> None:
        """Load the model while something else is done."""
        if self.light:
            self._model.begin()

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return calibrated probabilities as `NliModel.score` does."""
        settings = f"{self._info.hash} {self._info.precision}"
        keys = [key_of("score", settings, *pair) for pair in pairs]
        known = {k: v for k, v in self._cache.get("score", keys).items() if len(v) == 12}
        new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in known}
        if progress is not None and len(known):
            progress(len(pairs) - len(new))
        items = list(new.items())
        for first in range(0, len(items), KEPT_AT_ONCE):
            some = dict(items[first : first + KEPT_AT_ONCE])
            scores = self._model.get().score(list(some.values()), progress)
            fresh = {key: row.tobytes() for key, row in zip(some, scores, strict=True)}
            self._cache.put("score", fresh)
            self.scored += len(fresh)
            known |= fresh
        rows = b"".join(known[key] for key in keys)
        return np.frombuffer(rows, np.float32).reshape(-1, 3)
