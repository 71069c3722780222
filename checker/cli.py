"""The command line: parse, call, print; nothing else.

Results go to standard output or files, progress and messages to standard
error. Exit codes: 0 done, 1 done with findings at or above --fail-on, 2 usage
or input error (also when some file could not be read), 3 internal error.
"""

from __future__ import annotations

import contextlib
import enum
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.desk.cli import keep, remembering
from checker.desk.cli import register as register_desk
from checker.draft.cli import register as register_draft
from checker.errors import CheckerError
from checker.terminal import complain, settings

if TYPE_CHECKING:
    from checker.pipeline import Progress
    from checker.types import Report

TERMINAL_ENTRIES = 20

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Find where documents contradict each other, and where they agree. Works offline.",
)


class Format(enum.StrEnum):
    """What `check` writes."""

    ALL = "all"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    HTML = "html"


class Precision(enum.StrEnum):
    """In which numbers the model runs."""

    AUTO = "auto"
    INT8 = "int8"
    BF16 = "bf16"
    FP32 = "fp32"


class FailOn(enum.StrEnum):
    """Which findings make the exit code 1."""

    NEVER = "never"
    CONTRADICTS = "contradicts"
    UNEXPLAINED = "unexplained"


@app.callback()
def _root() -> None:
    """Find where documents contradict each other, and where they agree."""


@contextlib.contextmanager
def progress_bars() -> Iterator[Progress]:
    """A bar per stage on standard error; nothing when that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TaskID, TimeRemainingColumn

    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.advance(tasks[stage], done)

        yield advance


def _print_report(report: Report) -> None:
    """The first entries as a table on standard output."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from checker.escaping import printable
    from checker.report import entries

    console = Console(highlight=False)
    table = Table(show_lines=True, expand=console.is_terminal)
    for heading in ("", "verdict", "claim", "against"):
        table.add_column(heading, ratio=None if heading in ("", "verdict") else 1)
    found = entries(report)
    for number, entry in enumerate(found[:TERMINAL_ENTRIES], 1):
        cells = [
            Text(
                f"{printable(side.claim.text)}\n"
                f"— {printable(side.document.source)}:{side.line}"
                + (f" ({side.document.published})" if side.document.published else "")
            )
            for side in entry.sides
        ]
        explained = "".join(f"\n({reason.value}?)" for reason in entry.first.explained_by)
        more = f"\n+{len(entry.others)} more" if entry.others else ""
        verdict = f"{entry.first.verdict.value} {entry.first.confidence:.0%}{explained}{more}"
        table.add_row(str(number), Text(verdict), *cells)
    if found:
        console.print(table)
    stats = report.stats
    clashes = sum(entry.first.verdict.value == "contradicts" for entry in found)
    console.print(
        f"{clashes} contradictions and {len(found) - clashes} agreements in {stats.documents} "
        f"documents ({stats.origins} independent origins), {stats.claims} claims, "
        f"{stats.scored_pairs:,} of {stats.possible_pairs:,} pairs scored.",
        soft_wrap=True,
    )
    if len(found) > TERMINAL_ENTRIES:
        console.print(f"The first {TERMINAL_ENTRIES} are shown; the report has all.")
    if stats.cut_pairs or stats.cut_findings:
        console.print(
            f"Cut: {stats.cut_pairs:,} pairs by --max-pairs, {stats.cut_findings:,} findings "
            "by max_findings.",
            soft_wrap=True,
        )


@app.command()
def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Files or folders (txt, md, html, pdf, docx); - is stdin."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the report.")] = Path(
        "checker-report"
    ),
    format: Annotated[Format, typer.Option(help="Which files to write.")] = Format.ALL,
    max_pairs: Annotated[
        int | None, typer.Option(min=1, help="Most pairs to score; what is cut is counted.")
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option(min=1, help="Largest file to read, in bytes.")
    ] = None,
    within: Annotated[
        bool, typer.Option("--within", help="Also compare claims of one document.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(help="Directory of another NLI model (Hugging Face format).")
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Number format of the model; auto is the fastest.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 when such a finding is in the report.")
    ] = FailOn.NEVER,
    db: Annotated[
        Path | None, typer.Option(help="Also keep the run in this store, for checker review.")
    ] = None,
) -> None:
    """Report contradictions and agreements between documents.

    \b
    checker check articles/
    checker check a.txt b.pdf -o out --format html
    cat wire.txt | checker check - archive/ --fail-on contradicts
    """
    from checker.config import Config

    chosen = settings(
        config,
        Config(),
        max_pairs=max_pairs,
        max_bytes=max_bytes,
        within=within or None,
        model=str(model) if model else None,
        precision=precision.value if precision else None,
    )
    from checker.documents import load_documents
    from checker.escaping import printable
    from checker.nli import model_directory, require_model
    from checker.pipeline import check_documents
    from checker.report import FORMATS, make_folder, write_report

    require_model(model_directory(chosen.model))
    documents, problems = load_documents(paths, max_bytes=chosen.max_bytes, leave_out=output)
    unread = [problem for problem in problems if not problem.skipped]
    for problem in unread:
        complain(f"{printable(problem.path)}: {problem.reason}")
    if len(problems) > len(unread):
        kinds = sorted({Path(p.path).suffix or "no suffix" for p in problems if p.skipped})
        count = len(problems) - len(unread)
        files = (
            "1 file that is no document" if count == 1 else f"{count} files that are no documents"
        )
        complain(f"passed over {files} ({', '.join(kinds)})")
    make_folder(output)
    judge = remembering(chosen, db) if db else None
    with progress_bars() as progress:
        report = check_documents(
            documents, chosen, problems=problems, model=judge, progress=progress
        )
    written = write_report(report, output, list(FORMATS) if format == "all" else [format.value])
    _print_report(report)
    for path in written:
        typer.echo(f"wrote {printable(str(path))}", err=True)
    if db:
        keep(report, db, output.resolve().name)
    if unread:
        raise typer.Exit(2)
    clashes = report.contradictions
    if fail_on is FailOn.UNEXPLAINED:
        clashes = tuple(f for f in clashes if not f.explained_by)
    if clashes and fail_on is not FailOn.NEVER:
        raise typer.Exit(1)


@app.command()
def label(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS.jsonl", help="JSON lines with the fields a and b; - is stdin."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="JSON lines file; standard output if absent."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Directory of another NLI model (Hugging Face format).")
    ] = None,
    precision: Annotated[
        Precision | None, typer.Option(help="Number format of the model; auto is the fastest.")
    ] = None,
) -> None:
    """Label given pairs of claims, in their order.

    Fields of the input are kept, save verdict, confidence and scores, which are replaced.

    \b
    echo '{"a": "The port is open.", "b": "The port is shut."}' | checker label -
    checker label pairs.jsonl -o labelled.jsonl
    """
    from checker.labelling import label_pairs, read_pairs, to_lines
    from checker.nli import TransformersNli, model_directory
    from checker.report import make_folder, write_whole

    rows = read_pairs(pairs)
    if output is not None:
        make_folder(output.parent)
    judge = TransformersNli(model_directory(model), precision.value if precision else "auto")
    with progress_bars() as progress:
        lines = to_lines(rows, label_pairs(rows, judge, progress))
    if output is None:
        sys.stdout.write(lines)
    else:
        write_whole(output, lines)


register_draft(app)
register_desk(app)


def main() -> None:
    """Run the command line; turn errors into one or two lines and an exit code."""
    try:
        app(standalone_mode=True)
    except CheckerError as error:
        complain(str(error))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as end:
        code = 130 if isinstance(end, KeyboardInterrupt) else end.code
        if code == 130:  # typer turns Ctrl-C into this
            complain("stopped")
        sys.exit(code)
    except Exception as error:
        complain(f"internal error: {type(error).__name__}: {error}")
        complain("this is a bug; run with CHECKER_DEBUG=1 for the traceback")
        import os

        if os.environ.get("CHECKER_DEBUG"):
            raise
        sys.exit(3)
