"""Weights in 8 bits: how the embedded models are stored.

Each matrix is cut into blocks of 128 values along its rows; a block keeps one
float32 scale and 128 unsigned bytes with zero point 128 (symmetric, round to
nearest). This is the layout of ONNX Runtime's MatMulNBits operator, so torch
and ONNX Runtime read the same files. Vectors stay float32. The files are
plain safetensors, split so that none exceeds MAX_FILE_BYTES.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

BLOCK = 128
ZERO_POINT = 128
MAX_FILE_BYTES = 60_000_000
CODES, SCALES = ".codes", ".scales"
INDEX = "weights-8bit.json"


def quantise(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return codes (rows, blocks, 128) uint8 and scales (rows, blocks) float32 of a matrix."""
    import torch

    rows, columns = weight.shape
    blocks = weight.float().reshape(rows, columns // BLOCK, BLOCK)
    scales = blocks.abs().amax(dim=2).clamp_min(1e-12) / 127
    codes = torch.round(blocks / scales[..., None]).clamp(-127, 127) + ZERO_POINT
    return codes.to(torch.uint8), scales


def dequantise(codes: Tensor, scales: Tensor) -> Tensor:
    """Undo `quantise`, up to half a scale per value."""
    return ((codes.float() - ZERO_POINT) * scales[..., None]).flatten(1)


def save(state: dict[str, Tensor], directory: Path) -> None:
    """Write a state dict; matrices whose rows divide into blocks go to 8 bits."""
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {}
    for name, weight in state.items():
        if weight.ndim == 2 and weight.shape[1] % BLOCK == 0 and weight.shape[0] > 3:
            tensors[name + CODES], tensors[name + SCALES] = quantise(weight)
        else:
            tensors[name] = weight.float().contiguous()
    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, tensor in tensors.items():
        if size and size + tensor.nbytes > MAX_FILE_BYTES:
            parts.append({})
            size = 0
        parts[-1][name] = tensor
        size += tensor.nbytes
    names = [f"weights-8bit-{number}.safetensors" for number in range(1, len(parts) + 1)]
    for name, part in zip(names, parts, strict=True):
        save_file(part, directory / name)
        (directory / name).chmod(0o644)  # safetensors makes files private to their owner
    (directory / INDEX).write_text(json.dumps({"block": BLOCK, "files": names}) + "\n")


def is_8bit(directory: Path) -> bool:
    """Whether a model directory holds weights in this format."""
    return (directory / INDEX).is_file()


def weight_files(directory: Path) -> list[Path]:
    """The files that hold the weights, in order."""
    return [directory / name for name in json.loads((directory / INDEX).read_text())["files"]]


def load(directory: Path) -> dict[str, Tensor]:
    """Read a directory written by `save` into float32 tensors by name."""
    from safetensors.torch import load_file

    stored: dict[str, Tensor] = {}
    for path in weight_files(directory):
        stored |= load_file(path)
    state: dict[str, Tensor] = {}
    for name, tensor in stored.items():
        if name.endswith(CODES):
            name = name.removesuffix(CODES)
            state[name] = dequantise(tensor, stored[name + SCALES])
        elif not name.endswith(SCALES):
            state[name] = tensor
    return state
