"""Settings of a run: one frozen dataclass, and its TOML file.

Nothing here is tuned to an example. Thresholds and temperature belong to a
model, not to a run, and live in the model's `calibration.json`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from checker.errors import ConfigError


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=True))
class Config:
    """How to run. Every field can be set in `checker.toml` under its own name."""

    #: Largest file read, in bytes.
    max_bytes: Annotated[int, Field(gt=0)] = 20_000_000
    #: Most pairs that the NLI model scores; the rest is counted as cut.
    max_pairs: Annotated[int, Field(gt=0)] = 100_000
    #: Most findings kept in the report; the rest is counted as cut.
    max_findings: Annotated[int, Field(gt=0)] = 500
    #: Also pair claims of one document with each other.
    within: bool = False
    #: "auto", "int8", "bf16" or "fp32".
    precision: Annotated[str, Field(pattern="^(auto|int8|bf16|fp32)$")] = "auto"
    #: Directory of another NLI model; None for the embedded default.
    model: str | None = None


def load_config(path: Path) -> Config:
    """Read a TOML file into a Config.

    Raises ConfigError when the file is missing, is not TOML, names an unknown
    key or holds a value of the wrong type or range; the message names the key.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not a readable TOML file: {error}") from error
    try:
        return Config(**values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {key}: {first['msg']}") from error
