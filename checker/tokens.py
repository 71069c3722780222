"""Texts to token numbers, straight from a model directory's `tokenizer.json`, and to batches.

transformers gives the same numbers and takes a second to import.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# Typographic signs and what they are on a typewriter. The models have learned from text that
# has the latter; to their tokenizers "Iran’s" and "Iran's" are different words.
_TYPEWRITER = str.maketrans(
    dict.fromkeys("‘’‚‛ʼ′", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("\u00a0\u2009\u202f", " ")
    | {"—": " - ", "…": "..."}
)


def typewritten(text: str) -> str:
    """The text with plain quotation marks, apostrophes, dashes and spaces, as models read it."""
    return text.translate(_TYPEWRITER)


class Tokens:
    """The tokenizer of a model directory.

    `pad` is the number that fills a batch. Texts, or pairs of texts longer
    together than `max_tokens`, are cut at the end of the longer one.
    """

    def __init__(self, directory: Path, max_tokens: int) -> None:
        """Load it. Raises OSError or ValueError when the directory holds no fast tokenizer."""
        from tokenizers import Tokenizer

        path = directory / "tokenizer.json"
        if not path.is_file():
            raise FileNotFoundError(f"no {path.name}")
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens, strategy="longest_first")
        config = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        self.pad = int(config.get("pad_token_id") or 0)

    def encode(self, texts: Sequence[str] | Sequence[tuple[str, str]]) -> list[list[int]]:
        """Return the token numbers of each text or pair, with the model's special tokens."""
        plain = [
            typewritten(text)
            if isinstance(text, str)
            else (typewritten(text[0]), typewritten(text[1]))
            for text in texts
        ]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(plain)]


def padded(rows: Sequence[Sequence[int]], width: int, fill: int = 0) -> NDArray[np.int64]:
    """The rows, filled up on the right; shape (len(rows), width)."""
    array = np.full((len(rows), width), fill, np.int64)
    for line, row in enumerate(rows):
        array[line, : len(row)] = row
    return array
