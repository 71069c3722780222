"""Scores kept while a run goes on, so that one that was cut off goes on where it stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from checker.desk.store import Store

if TYPE_CHECKING:
    from checker.nli import Calibration, NliModel, Progress, TextPair
    from checker.types import ModelInfo

# Pairs scored between two writes: some seconds of work on two cores.
CHUNK = 512


class RememberingNli:
    """A model whose scores stay in a store; a pair it has seen is not scored again.

    Scores belong to the model's weights, calibration and precision: another
    model finds none of them.
    """

    def __init__(self, model: NliModel, store: Store) -> None:
        self._model = model
        self._store = store
        self.remembered = 0

    @property
    def info(self) -> ModelInfo:
        """That of the model."""
        return self._model.info

    @property
    def calibration(self) -> Calibration:
        """That of the model."""
        return self._model.calibration

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Return the model's probabilities, shape (n, 3), from the store where it has them."""
        scores = np.zeros((len(pairs), 3), np.float32)
        keys = [self._key(pair) for pair in pairs]
        known = self._known(keys)
        missing = []
        for row, key in enumerate(keys):
            if key in known:
                scores[row] = known[key]
            else:
                missing.append(row)
        done = len(pairs) - len(missing)
        self.remembered += done
        if progress is not None and done:
            progress(done)
        # Chunks of like length, as the model's own batches are.
        missing.sort(key=lambda row: (-len(pairs[row][0]) - len(pairs[row][1]), row))
        for start in range(0, len(missing), CHUNK):
            rows = missing[start : start + CHUNK]
            scores[rows] = self._model.score([pairs[row] for row in rows], progress)
            values = [(keys[row], *map(float, scores[row])) for row in rows]
            with self._store.write() as connection:
                connection.executemany("INSERT OR REPLACE INTO score VALUES (?, ?, ?, ?)", values)
        return scores

    def _key(self, pair: TextPair) -> bytes:
        parts = (self.info.hash, self.info.precision, self.info.device, *pair)
        text = "\0".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=16).digest()

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, tuple[float, float, float]]:
        found = {}
        for start in range(0, len(keys), CHUNK):
            some = keys[start : start + CHUNK]
            rows = self._store.read.execute(
                "SELECT key, agree, neutral, contradict FROM score "
                f"WHERE key IN ({', '.join('?' * len(some))})",
                list(some),
            )
            found.update({bytes(row[0]): (row[1], row[2], row[3]) for row in rows})
        return found
