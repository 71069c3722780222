"""What the machine can do: device and number formats, asked once."""

from __future__ import annotations

import functools


@functools.cache
def best_device() -> str:
    """Return "cuda" where torch sees a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@functools.cache
def supports_bf16(device: str) -> bool:
    """Whether bfloat16 products run in hardware on the device.

    On a CPU without them torch emulates bfloat16, several times slower than
    float32.
    """
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
