"""Settings of a run: one frozen dataclass, and its TOML file.

Nothing here is tuned to an example. Thresholds and temperature belong to a
model, not to a run, and live in the model's `calibration.json`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated

from checker.errors import ConfigError

__all__ = ["Config", "load_config"]

_STRICT = ConfigDict(extra="forbid", strict=True)


@validated(frozen=True, kw_only=True, config=_STRICT)
@dataclass(frozen=True, kw_only=True)
class Config:
    """How to run. Every field can be set in `checker.toml` under its own name."""

    #: Largest file read, in bytes.
    max_bytes: Annotated[int, Field(gt=0)] = 20_000_000
    #: Most pairs that the NLI model scores; the rest is counted as cut.
    max_pairs: Annotated[int, Field(gt=0)] = 100_000
    #: Neighbours of each claim per run, before `max_pairs` applies.
    neighbours: Annotated[int, Field(gt=0)] = 12
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
        return TypeAdapter(Config).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {key}: {first['msg']}") from error
