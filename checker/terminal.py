"""What the commands share: messages on standard error, and settings from file and options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from checker.config import Config


def complain(message: str) -> None:
    """One or more lines on standard error."""
    from checker.escaping import printable

    for line in message.splitlines():
        typer.echo(f"checker: {printable(line)}", err=True)


def settings(path: Path | None, default: Config, **options: object) -> Config:
    """The file's settings, `default` without one; then what the command line gives (not None)."""
    from checker.config import load_config

    config = load_config(path) if path else default
    given = {name: value for name, value in options.items() if value is not None}
    return replace(config, **given)  # type: ignore[arg-type]  # names are those of Config
