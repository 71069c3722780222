"""The command line of the evaluation: parse, call, print; nothing else.

Exit codes: 0 done, 1 the gate failed, 2 usage or input error (also a gate
that refuses because fixtures changed).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checker.errors import CheckerError, InputError

if TYPE_CHECKING:
    from checker.nli import NliModel
    from eval.cases import Case
    from eval.labelled import Columns
    from eval.results import Evaluation, Table

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
SHARED = ROOT.parent / "shared" / "data"  # the project's data folder; users do not have it
OUT = Path("build") / "eval"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Measure the checker on labelled data. Works offline.",
)
Files = Annotated[list[Path] | None, typer.Argument(exists=True, show_default=False)]
Model = Annotated[
    Path | None, typer.Option("--model", help="Model directory instead of the embedded one.")
]
Out = Annotated[
    Path | None, typer.Option("--out", help=f"Folder for the result; {OUT}/COMMAND by default.")
]
Precision = Annotated[str, typer.Option("--precision", help="auto, int8, bf16 or fp32.")]
DevFiles = Annotated[
    list[Path] | None,
    typer.Option("--files", exists=True, help="Dev files; the fixtures' dev split by default."),
]
Against = Annotated[
    Path | None,
    typer.Option("--against", help="Folder of an earlier run, or a model directory."),
]
Resamples = Annotated[
    int, typer.Option("--resamples", min=0, help="Bootstrap samples; 0 gives no intervals.")
]
Fixtures = Annotated[Path, typer.Option("--fixtures", help="Folder of the fixtures.", hidden=True)]
ColumnA = Annotated[str, typer.Option("--column-a", help="Column of the first text.")]
ColumnB = Annotated[str, typer.Option("--column-b", help="Column of the second text.")]
ColumnLabel = Annotated[str, typer.Option("--column-label", help="Column of the label.")]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="What a label means: WORD=agrees|neutral|contradicts|'not agrees'|'not contradicts'.",
    ),
]


@app.callback()
def _root() -> None:
    """Measure the checker on labelled data."""


def _load(model: Path | None, precision: str) -> NliModel:
    from checker.nli import TransformersNli, model_directory

    return TransformersNli(model_directory(model), precision)


def _hashes(paths: Sequence[Path]) -> dict[str, str]:
    """The hash of every file given, or in a folder given."""
    from eval.fixtures import file_hash

    found = {}
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in inside:
            full = file.resolve()
            name = full.relative_to(ROOT) if full.is_relative_to(ROOT) else file
            found[str(name)] = file_hash(file)
    return found


def _print(tables: Sequence[Table]) -> None:
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    from eval.results import cell

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    for table in tables:
        drawn = Drawn(title=Text(table.title), title_justify="left")
        for heading in table.headings:
            drawn.add_column(Text(heading), overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(cell(value)) for value in row))
        console.print(drawn)


def _run(
    evaluate: Callable[[NliModel | None], Evaluation],
    model: NliModel | None,
    out: Path | None,
    against: Path | None,
    precision: str = "auto",
) -> None:
    """Evaluate, compare where asked, print and write."""
    from eval.compare import compare
    from eval.page import write_run
    from eval.results import overview, read_outcomes

    started = time.perf_counter()
    result = evaluate(model)
    result = replace(result, seconds=time.perf_counter() - started)
    if against is not None:
        if (against / "config.json").is_file():
            if model is None:
                raise InputError(f"{against}: this command runs no model; give an earlier run")
            other = evaluate(_load(against, precision)).outcomes
        else:
            other = read_outcomes(against)
        compared = compare(result.outcomes, other)
        result = replace(result, tables=(*compared.tables, *result.tables))
    for warning in result.warnings:
        typer.echo(f"warning: {warning}", err=True)
    _print([overview(result.measures, result.baselines), *result.tables])
    written = write_run(result, out or OUT / result.command)
    typer.echo(f"wrote {', '.join(str(path) for path in written)}", err=True)


def _columns(a: str, b: str, label: str, labels: Sequence[str] | None) -> Columns:
    from eval.labelled import Columns

    meanings = {}
    for given in labels or ():
        word, found, meaning = given.partition("=")
        if not found:
            raise InputError(f"--label {given}: write WORD=MEANING")
        meanings[word] = meaning
    return Columns(a=a, b=b, label=label, labels=meanings)


def _cases(folders: Sequence[Path] | None, fixtures: Path) -> list[Case]:
    from eval.cases import load_case
    from eval.fixtures import load_cases

    return [load_case(folder) for folder in folders] if folders else load_cases(fixtures)


@app.command()
def pairs(
    files: Files = None,
    model: Model = None,
    out: Out = None,
    against: Against = None,
    precision: Precision = "auto",
    column_a: ColumnA = "",
    column_b: ColumnB = "",
    column_label: ColumnLabel = "",
    label: Labels = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Measure on a random sample this large.")
    ] = None,
    resamples: Resamples = 1000,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Judge labelled pairs (JSONL or CSV, also .gz); the fixtures' test split by default."""
    from eval.baselines import load_baselines
    from eval.fixtures import load_pairs
    from eval.labelled import read_labelled
    from eval.pairs import evaluate_pairs

    if files:
        frame = read_labelled(files, _columns(column_a, column_b, column_label, label))
    else:
        frame = load_pairs("test", fixtures)
    if limit is not None and limit < len(frame):
        frame = frame.sample(limit, random_state=13).sort_index().reset_index(drop=True)
    judge = _load(model, precision)
    baselines = load_baselines(fixtures)
    hashes = _hashes(files or [fixtures / "pairs" / "test"])

    def evaluate(judge: NliModel | None) -> Evaluation:
        assert judge is not None
        return evaluate_pairs(frame, judge, baselines, files=hashes, resamples=resamples)

    _run(evaluate, judge, out, against, precision)


@app.command()
def claims(
    files: Files = None,
    out: Out = None,
    against: Against = None,
    resamples: Resamples = 1000,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Claim extraction against marked claims (folders) and check-worthiness (.tsv, .tsv.gz)."""
    from eval.claims import evaluate_claims

    if files:
        cases = (
            [*_cases([f for f in files if f.is_dir()], fixtures)]
            if any(f.is_dir() for f in files)
            else []
        )
        sentences = [f for f in files if f.is_file()]
    else:
        cases = _cases(None, fixtures)
        sentences = sorted((SHARED / "claims").glob("*_dev*.tsv.gz"))
    hashes = _hashes(files or [fixtures / "documents", *sentences])
    _run(
        lambda _: evaluate_claims(cases, sentences, files=hashes, resamples=resamples),
        None,
        out,
        against,
    )


@app.command()
def pairing(
    files: Files = None,
    out: Out = None,
    against: Against = None,
    resamples: Resamples = 1000,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Blocking recall on the document cases and on ClaimDiff (.jsonl.gz), where it is present."""
    from eval.labelled import read_records
    from eval.pairing import cases_run, claimdiff_run, evaluate_pairing

    claimdiff = SHARED / "nli" / "train" / "claimdiff.train.jsonl.gz"
    given = files or [fixtures / "documents", *([claimdiff] if claimdiff.is_file() else [])]
    folders = [f for f in given if f.is_dir()]
    runs = []
    if folders:
        runs.append(cases_run(_cases(folders if files else None, fixtures)))
    for path in given:
        if path.is_file():
            rows = [row for _, row in read_records(path)]
            runs.append(claimdiff_run(rows, path.name.partition(".")[0]))
    hashes = _hashes(given)
    _run(lambda _: evaluate_pairing(runs, files=hashes, resamples=resamples), None, out, against)


@app.command()
def documents(
    files: Files = None,
    model: Model = None,
    out: Out = None,
    against: Against = None,
    precision: Precision = "auto",
    resamples: Resamples = 1000,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Findings of whole runs on document cases (folders with expected.jsonl)."""
    from eval.baselines import CachedEncoder, load_baselines
    from eval.documents import evaluate_documents

    cases = _cases(files, fixtures)
    judge = _load(model, precision)
    encoder = CachedEncoder()
    baselines = load_baselines(fixtures, encoder)
    hashes = _hashes(files or [fixtures / "documents"])

    def evaluate(judge: NliModel | None) -> Evaluation:
        assert judge is not None
        return evaluate_documents(
            cases, judge, baselines, encoder, files=hashes, resamples=resamples
        )

    _run(evaluate, judge, out, against, precision)


@app.command()
def drafts(
    files: Files = None,
    model: Model = None,
    out: Out = None,
    against: Against = None,
    resamples: Resamples = 1000,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Notes on draft cases (folders with a draft, its sources and expected.jsonl)."""
    from checker.config import Config
    from eval.drafts import evaluate_drafts, load_draft_case, load_draft_cases

    cases = [load_draft_case(f) for f in files] if files else load_draft_cases(fixtures)
    config = Config(model=str(model) if model else None)
    hashes = _hashes(files or [fixtures / "drafts"])
    _run(
        lambda _: evaluate_drafts(cases, config, files=hashes, resamples=resamples),
        None,
        out,
        against,
    )


@app.command()
def runs(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    told: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Confidence from which a clash is reported.")
    ] = 0.5,
    error: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Confidence from which it is a draft's error.")
    ] = 0.8,
    fixtures: Annotated[
        Path | None, typer.Option(help="Folder whose drafts/ are the development cases.")
    ] = None,
) -> None:
    """Fit how sure a contradiction is in a run; writes calibration.json and levels.json."""
    from eval.runs import DEV, fit_runs

    fitted = fit_runs(directory, fixtures or DEV, told, error)
    typer.echo(
        f"log-odds = {fitted.offset} + {fitted.scale} judge, "
        f"on {fitted.pairs:,} pairs with {fitted.contradictions} contradictions; "
        f"from {told}, each case held out: precision {fitted.precision:.3f}, "
        f"recall {fitted.recall:.3f}"
    )


@app.command()
def fit(
    directory: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    files: DevFiles = None,
    target: Annotated[
        float, typer.Option("--target", min=0.0, max=1.0, help="Precision of findings.")
    ] = 0.9,
    agree_target: Annotated[
        float | None,
        typer.Option("--agree-target", min=0.0, max=1.0, help="Precision of agreements, if other."),
    ] = None,
    precision: Precision = "auto",
    column_a: ColumnA = "",
    column_b: ColumnB = "",
    column_label: ColumnLabel = "",
    label: Labels = None,
    fixtures: Fixtures = FIXTURES,
) -> None:
    """Fit temperature and thresholds on dev files; writes calibration.json into DIRECTORY."""
    from eval.calibration import fit_model, refuse_test_files

    chosen = files or sorted((fixtures / "pairs" / "dev").glob("*.jsonl"))
    columns = _columns(column_a, column_b, column_label, label)
    refuse_test_files(chosen, fixtures, columns)  # before the model is loaded
    fitted = fit_model(
        directory, chosen, _load(directory, precision), target, columns, fixtures, agree_target
    )
    typer.echo(
        f"temperature {fitted.temperature:.4f} (NLL {fitted.nll_before:.4f} → "
        f"{fitted.nll_after:.4f}), contradict threshold {fitted.contradict_threshold:.4f}, "
        f"agree threshold {fitted.agree_threshold:.4f}"
    )


@app.command()
def gate(
    model: Model = None,
    update: Annotated[bool, typer.Option("--update", help="Raise the floors.")] = False,
    allow_regression: Annotated[
        str | None,
        typer.Option("--allow-regression", help="With --update: lower floors, for this reason."),
    ] = None,
    precision: Precision = "auto",
    fixtures: Fixtures = FIXTURES,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="Another baseline.json.", hidden=True)
    ] = None,
) -> None:
    """Fail when a number of the shipped model has fallen below its committed floor."""
    from checker.nli import model_directory
    from eval import gate as gates
    from eval.fixtures import fixture_hashes

    path = baseline or gates.BASELINE
    if allow_regression is not None and not update:
        raise InputError("--allow-regression goes with --update")
    old = gates.read_baseline(path) if path.is_file() or not update else None
    hashes = fixture_hashes(fixtures)
    changed = gates.changed_fixtures(old, hashes) if old else []
    if changed and not update:
        listed = "\n".join(f"  {line}" for line in changed)
        raise InputError(
            f"fixtures changed since the floors were set; measure again with --update:\n{listed}"
        )
    judge = _load(model, precision)
    numbers = gates.watched(gates.measure_all(judge, model_directory(model), fixtures))
    for name, value in numbers.items():
        floor = old.floors.get(name) if old else None
        typer.echo(
            f"{name:45} {value:8.4f}  " + ("new" if floor is None else f"floor {floor:8.4f}")
        )
    if update:
        gates.write_baseline(
            gates.updated(old, judge.info, hashes, numbers, allow_regression), path
        )
        typer.echo(f"wrote {path}", err=True)
        return
    assert old is not None
    fallen = gates.falls(old.floors, numbers)
    for fall in fallen:
        typer.echo(f"FAILED {fall}", err=True)
    if fallen:
        raise typer.Exit(1)
    typer.echo("passed", err=True)


def main() -> None:
    """Run the command line; errors meant for the user come without a traceback."""
    try:
        app(prog_name="python -m eval")
    except CheckerError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(2) from error
