"""The claim encoder: one vector per claim, for pairing.

Vectors are close when claims are about the same thing. They say nothing about
agreement: a claim and its denial lie close together, which is what pairing
needs and why no verdict is ever taken from them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from checker import weights
from checker.errors import ModelError
from checker.hardware import best_device, supports_bf16
from checker.nli import GRAPH, onnx_session
from checker.tokens import Tokens, padded, typewritten

EMBEDDED = Path(__file__).parent / "models" / "encoder"
DIMENSIONS = 384
MAX_TOKENS = 128
BATCH = 64


class Encoder(Protocol):
    """Anything that turns n texts into an (n, d) float32 array of unit vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class SentenceEncoder:
    """A mean-pooled transformer from a local directory."""

    def __init__(self, directory: Path = EMBEDDED) -> None:
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        self._tokenizer: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        if weights.is_8bit(directory):
            config = AutoConfig.from_pretrained(directory, local_files_only=True)
            model = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
            model.load_state_dict(weights.load(directory))
        else:
            model = AutoModel.from_pretrained(directory, local_files_only=True)
        self._device = best_device()
        precision = torch.bfloat16 if supports_bf16(self._device) else torch.float32
        self._model: Any = model.to(self._device, precision).eval()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), 384), float32, in the order of `texts`."""
        import torch

        vectors = np.zeros((len(texts), self._model.config.hidden_size), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            inputs = self._tokenizer(
                [typewritten(texts[i]) for i in rows],
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                pad_to_multiple_of=16,
                return_tensors="pt",
            ).to(self._device)
            with torch.inference_mode():
                hidden = self._model(**inputs).last_hidden_state.float()
            mask = inputs["attention_mask"][..., None].float()
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            vectors[rows] = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return vectors


class OnnxEncoder:
    """The same encoder through ONNX Runtime: starts in a tenth of a second, without torch.

    Its 8-bit products round, so its vectors differ from `SentenceEncoder`'s in
    the third digit; do not mix the two.
    """

    def __init__(self, directory: Path = EMBEDDED) -> None:
        """Load graph and tokenizer. Raises ModelError when they cannot be loaded."""
        try:
            self._run = onnx_session(directory / GRAPH)
            self._tokens = Tokens(directory, MAX_TOKENS)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(f"{directory}: cannot load the encoder: {error}") from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), 384), float32, in the order of `texts`."""
        encoded = self._tokens.encode(texts)
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            width = len(encoded[rows[-1]])
            ids = padded([encoded[row] for row in rows], width, self._tokens.pad)
            mask = padded([[1] * len(encoded[row]) for row in rows], width)
            vectors[rows] = self._run(ids, mask)
        return vectors


@functools.cache
def default_encoder() -> SentenceEncoder:
    """The embedded encoder, loaded once."""
    return SentenceEncoder()
