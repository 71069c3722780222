"""One HTML page of an evaluation: numbers, plots and the errors, worst first.

Needs no other file and no network, and its Content-Security-Policy forbids
both. Texts of data sets are data: escaped, never interpreted.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from checker.report import make_folder, write_whole
from eval.results import (
    OUTCOMES,
    PAGE,
    RESULT,
    Evaluation,
    cell,
    outcome_lines,
    overview,
    to_dict,
)

TEMPLATES = Path(__file__).parent / "templates"
MAX_ERRORS = 500  # on the page; all are in outcomes.jsonl


def to_html(evaluation: Evaluation) -> str:
    """The page as a string."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["cell"] = cell
    script = (TEMPLATES / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    errors = evaluation.errors
    return environment.get_template("page.html").render(
        evaluation=evaluation,
        facts=to_dict(evaluation),
        tables=[overview(evaluation.measures, evaluation.baselines), *evaluation.tables],
        errors=errors[:MAX_ERRORS],
        left_out=max(0, len(errors) - MAX_ERRORS),
        tags=sorted({tag for error in errors for tag in error.tags}),
        kinds=sorted({f"{error.expected} → {error.said}" for error in errors}),
        style=(TEMPLATES / "page.css").read_text("utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
    )


def write_run(evaluation: Evaluation, directory: Path) -> list[Path]:
    """Write result.json, outcomes.jsonl and index.html; return their paths.

    Raises InputError when the folder cannot be made or written.
    """
    make_folder(directory)
    files = {
        RESULT: json.dumps(to_dict(evaluation), indent=1, ensure_ascii=False) + "\n",
        OUTCOMES: outcome_lines(evaluation.outcomes),
        PAGE: to_html(evaluation),
    }
    for name, text in files.items():
        write_whole(directory / name, text)
    return [directory / name for name in files]
