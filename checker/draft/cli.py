"""`checker draft` and `checker lsp`: parse, call, print; nothing else."""

from __future__ import annotations

import contextlib
import enum
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.errors import InputError
from checker.terminal import complain, settings

if TYPE_CHECKING:
    from checker.config import Config
    from checker.draft.baseline import Baseline
    from checker.draft.cache import Cache
    from checker.draft.checking import Models
    from checker.draft.types import Note, Result


class DraftFormat(enum.StrEnum):
    """How the notes are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"


class DraftFailOn(enum.StrEnum):
    """From which level on notes make the exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


class Judgement(enum.StrEnum):
    """What --decide records."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


Against = Annotated[
    list[Path],
    typer.Option(
        "--against", metavar="PATH", help="Source file or folder; may be given several times."
    ),
]
CacheFolder = Annotated[
    Path | None, typer.Option("--cache", help="Folder of the cache; the user's by default.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep nothing, look up nothing.")]
Model = Annotated[
    Path | None, typer.Option(help="Directory of another NLI model (Hugging Face format).")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]


def draft_settings(path: Path | None, **options: object) -> Config:
    """As `settings`, with the defaults of a draft."""
    from checker.config import Config
    from checker.draft.checking import OWN_PAIRS, SOURCE_PAIRS

    return settings(path, Config(max_pairs=SOURCE_PAIRS + OWN_PAIRS), **options)


@contextlib.contextmanager
def open_cache(folder: Path | None, none: bool) -> Iterator[Cache]:
    """The cache; what it has to say goes to standard error."""
    from checker.draft.cache import Cache, default_folder

    cache = Cache(None if none else folder or default_folder())
    try:
        yield cache
    finally:
        tell(cache)
        cache.close()


def tell(cache: Cache) -> None:
    """Print what the cache has to say, once."""
    for message in cache.messages:
        complain(message)
    cache.messages.clear()


def draft(
    drafts: Annotated[
        list[str],
        typer.Argument(metavar="DRAFT...", help="Drafts (md, txt, html, docx); - is stdin."),
    ],
    against: Against,
    format: Annotated[DraftFormat, typer.Option(help="How to write the notes.")] = DraftFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File; standard output if absent.")
    ] = None,
    stdin_filename: Annotated[
        str | None, typer.Option(help="Name of the draft that comes on stdin; tells its format.")
    ] = None,
    show_support: Annotated[
        bool, typer.Option("--show-support", help="Also show what is backed, by how many origins.")
    ] = False,
    show_unsupported: Annotated[
        bool, typer.Option("--show-unsupported", help="Also show what no source speaks to.")
    ] = False,
    fail_on: Annotated[
        DraftFailOn, typer.Option(help="Exit with 1 when such a note or a worse one is left.")
    ] = DraftFailOn.ERROR,
    baseline: Annotated[
        Path | None, typer.Option(help="Earlier JSON or SARIF output to compare with.")
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Only notes that are not in --baseline.")
    ] = False,
    decide: Annotated[
        tuple[str, Judgement] | None,
        typer.Option(metavar="ID accept|dismiss", help="Record a decision about a note."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for --decide.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who, for --decide.")] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again on every save; print what changed.")
    ] = False,
    max_pairs: Annotated[
        int | None, typer.Option(min=1, help="Most pairs to score; what is cut is counted.")
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option(min=1, help="Largest file to read, in bytes.")
    ] = None,
    model: Model = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    config: ConfigFile = None,
) -> None:
    """Note where a draft contradicts sources or itself.

    \b
    checker draft draft.md --against sources/
    checker draft draft.md --against sources/ --format sarif -o draft.sarif
    checker draft draft.md --against sources/ --decide 0123456789ab dismiss \\
        --reason "the source was corrected" --by "A. Editor"
    cat draft.md | checker draft - --stdin-filename draft.md --against sources/
    """
    if new_only and baseline is None:
        raise InputError("--new-only needs --baseline FILE")
    if stdin_filename and drafts != ["-"]:
        raise InputError("--stdin-filename goes with - as the only draft")
    if (decide or watch) and (len(drafts) != 1 or (watch and drafts == ["-"])):
        raise InputError("--decide and --watch take one draft")
    if watch and (decide or format is not DraftFormat.TEXT or output):
        raise InputError("--watch prints text; it goes without --decide, --format and --output")
    if format is DraftFormat.HTML and len(drafts) != 1:
        raise InputError("--format html takes one draft")
    chosen = draft_settings(
        config,
        max_pairs=max_pairs,
        max_bytes=max_bytes,
        model=str(model) if model else None,
    )
    from checker.draft.baseline import against_baseline, gone, read_baseline
    from checker.draft.checking import load_models

    known = read_baseline(baseline) if baseline else None
    shown: list[tuple[Result, list[Note]]] = []
    absent = []
    with open_cache(cache, no_cache) as opened:
        models = load_models(chosen, opened)
        if watch:
            _watch(Path(drafts[0]), against, chosen, opened, models)
            return
        for name in drafts:
            result = _check(name, stdin_filename, against, chosen, opened, models)
            if known is not None:
                result = replace(result, notes=tuple(against_baseline(result.notes, known)))
                absent += gone(result.notes, known) if len(drafts) == 1 else []
            if decide is not None:
                _decide(result, stdin_filename or name, decide[0], decide[1].value, reason, by)
                return
            notes = selected(result, show_support, show_unsupported, new_only, known)
            shown.append((result, notes))
    _report(shown, format, output, absent)
    if any(not problem.skipped for result, _ in shown for problem in result.problems):
        raise typer.Exit(2)
    levels = {note.level.value for _, notes in shown for note in notes if note.active}
    failing = {"error": {"error"}, "warning": {"error", "warning"}, "never": set()}
    if levels & failing[fail_on.value]:
        raise typer.Exit(1)


def _check(
    name: str,
    stdin_filename: str | None,
    against: Sequence[Path],
    config: Config,
    cache: Cache,
    models: Models,
) -> Result:
    """Read and check one draft, its decisions included; complain about what went wrong."""
    from checker.cli import progress_bars
    from checker.draft.checking import check_draft
    from checker.draft.decisions import decisions_path, read_decisions
    from checker.draft.reading import read_draft

    data = sys.stdin.buffer.read(config.max_bytes + 1) if name == "-" else None
    path = stdin_filename or name
    read = read_draft(path, data, config.max_bytes)
    decisions = [] if path == "-" else read_decisions(decisions_path(Path(path)))
    with progress_bars() as progress:
        result = check_draft(
            read,
            against,
            config,
            cache=cache,
            models=models,
            decisions=decisions,
            progress=progress,
        )
    for problem in result.problems:
        if not problem.skipped:
            complain(f"{problem.path}: {problem.reason}")
    for decision in result.unused:
        complain(
            f"{decisions_path(Path(path))}: {decision.id} ({decision.decision.value}: "
            f"{decision.reason}) meets no note any more; remove its line"
        )
    return result


def selected(
    result: Result,
    show_support: bool = False,
    show_unsupported: bool = False,
    new_only: bool = False,
    baseline: Baseline | None = None,
) -> list[Note]:
    """The notes that were asked for; dismissed ones and those switched off stay in, inactive."""
    from checker.draft.types import Rule

    wanted = {Rule.CONTRADICTS_SOURCE, Rule.CONTRADICTS_DRAFT}
    if show_support:
        wanted.add(Rule.SUPPORTED)
    if show_unsupported:
        wanted.add(Rule.UNSUPPORTED)
    return [
        note
        for note in result.notes
        if note.rule in wanted
        and not (new_only and baseline is not None and note.id in baseline.ids)
    ]


def _report(
    shown: Sequence[tuple[Result, Sequence[Note]]],
    format: DraftFormat,
    output: Path | None,
    absent: Sequence[dict[str, object]],
) -> None:
    """Write the notes in a format, to a file or standard output."""
    from checker.draft.formats import summary, to_github, to_json, to_text
    from checker.report import make_folder, write_whole

    active = [(result, [note for note in notes if note.active]) for result, notes in shown]
    if format is DraftFormat.SARIF:
        from checker.draft.sarif import to_sarif

        text = to_sarif(shown, absent)
    elif format is DraftFormat.JSON:
        text = to_json(active)
    elif format is DraftFormat.HTML:
        from checker.draft.page import to_page

        text = to_page(*active[0])
    elif format is DraftFormat.GITHUB:
        text = "".join(to_github(result, notes) for result, notes in active)
    else:
        text = "\n".join(filter(None, (to_text(result, notes) for result, notes in active)))
    if output is None:
        sys.stdout.write(text)
    else:
        make_folder(output.parent)
        write_whole(output, text)
    for result, notes in active:
        complain(f"{result.draft.path}: {summary(result, notes)}")


def _decide(result: Result, name: str, id: str, choice: str, reason: str, by: str) -> None:
    """Record a decision and say where."""
    import datetime

    from checker.draft.decisions import decide_note, decisions_path
    from checker.draft.types import Choice

    if name == "-":
        raise InputError("--decide needs the draft's file, or --stdin-filename")
    path = decisions_path(Path(name))
    today = datetime.datetime.now().astimezone().date().isoformat()
    decision = decide_note(path, result.notes, id, Choice(choice), reason, by, today)
    complain(f"{path}: {decision.id}: {decision.decision.value}, {decision.reason}")


def _watch(
    path: Path, against: Sequence[Path], config: Config, cache: Cache, models: Models
) -> None:
    from checker.draft.watching import watch

    for message in watch(path, against, config, cache, models):
        sys.stdout.write(message)
        sys.stdout.flush()
        tell(cache)


def lsp(
    against: Against,
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who dismisses; the login name if absent.")
    ] = None,
    model: Model = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    config: ConfigFile = None,
) -> None:
    """Serve notes to editors (LSP, on stdio).

    \b
    checker lsp --against sources/
    """
    chosen = draft_settings(config, model=str(model) if model else None)
    from checker.draft.server import make_server

    with open_cache(cache, no_cache) as opened:
        make_server(against, chosen, opened, by).start_io()


def register(app: typer.Typer) -> None:
    """Add the commands to the program's command line."""
    app.command()(draft)
    app.command()(lsp)
