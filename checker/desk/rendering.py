"""The templates, with all text escaped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checker.desk.overview import period_bounds
from checker.desk.passages import visible

if TYPE_CHECKING:
    import jinja2

HERE = Path(__file__).parent


def templates() -> jinja2.Environment:
    """An environment that escapes everything and knows no undefined name."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["visible"] = visible
    environment.filters["percent"] = lambda value: f"{value:.0%}"
    environment.filters["moment"] = lambda text: f"{text[:10]} {text[11:16]}"
    environment.globals["period_bounds"] = period_bounds
    return environment
