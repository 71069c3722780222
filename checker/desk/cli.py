"""The desk's commands: parse, call, print; nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from checker.config import Config
    from checker.desk.scores import RememberingNli
    from checker.types import Report

PORT = 8765

Target = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="Folder of a run, report.json, or a store (checker.db)."),
]


def register(app: typer.Typer) -> None:
    """Add the desk's commands."""
    app.command()(review)
    app.command("import")(import_)
    app.command()(export)
    app.command()(people)


def review(
    target: Target,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0 takes a free one.")
    ] = PORT,
    token: Annotated[
        str | None,
        typer.Option(envvar="CHECKER_TOKEN", help="Word that everybody must know to come in."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM) to serve HTTPS with.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    browse: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Review findings in the browser, alone or together.

    \b
    checker review checker-report
    checker review checker.db --port 9000 --no-open
    checker review checker.db --host 0.0.0.0 --certificate desk.pem --key desk.key
    """
    from checker.desk.places import find_store, import_file
    from checker.desk.serving import choose_access, is_loopback, listen, server
    from checker.desk.store import Store
    from checker.escaping import printable

    database, report = find_store(target)
    if report is not None:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # In a process of its own: what a large report takes in memory ends with it.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as once:
            once.submit(import_file, database, report).result()
    store = Store(database)
    if store.backup:
        typer.echo(f"backed up the store as {printable(str(store.backup))}", err=True)
    access = choose_access(store, host, token)
    running = server(store, access, certificate=certificate, key=key)
    taken = listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    address = f"{'https' if certificate else 'http'}://{shown}:{taken.getsockname()[1]}/"
    typer.echo(f"{address}  (Ctrl-C ends; every decision is in {printable(str(database))})")
    if not is_loopback(host) and not certificate:
        typer.echo(
            "checker: without --certificate, passwords cross the network unencrypted", err=True
        )
    sys.stdout.flush()
    if browse and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(address)
    try:
        running.run(sockets=[taken])
    finally:
        store.close()


def import_(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    db: Annotated[Path, typer.Option(help="Store to bring it into; made if missing.")],
) -> None:
    """Bring a report into a store; reviews come along.

    \b
    checker import checker-report/report.json --db checker.db
    """
    from checker.desk.places import REPORT, import_file
    from checker.escaping import printable

    path = report / REPORT if report.is_dir() else report
    run, new, findings = import_file(db, path)
    what = "imported as" if new else "already there as"
    typer.echo(f"{printable(str(path))}: {what} run {run}, {findings} findings")


def export(
    target: Target,
    format: Annotated[
        str, typer.Option(help="html, md, csv, json, claimreview or pairs.")
    ] = "html",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File; standard output if absent.")
    ] = None,
    run: Annotated[
        int | None, typer.Option(min=1, help="Number of the run; the newest if absent.")
    ] = None,
) -> None:
    """Write decisions as memo, table, JSON or test data.

    \b
    checker export checker-report -o memo.html
    checker export checker.db --format pairs -o reviewed.jsonl
    """
    from checker.desk.exports import EXPORTS
    from checker.desk.exports import export as made
    from checker.desk.places import STORE, find_store
    from checker.desk.queue import runs
    from checker.desk.store import Store
    from checker.errors import InputError
    from checker.report import make_folder, write_whole

    if format not in EXPORTS:
        raise InputError(f"--format {format}: no such format; there are {', '.join(EXPORTS)}")
    database, report = find_store(target)
    if report is not None and not database.is_file():
        raise InputError(f"{target}: nobody has reviewed it; no {STORE} beside {report.name}")
    store = Store(database)
    try:
        known = [each.id for each in runs(store.read)]
        if not known or (run is not None and run not in known):
            have = ", ".join(map(str, known)) or "none"
            raise InputError(f"--run {run or ''}: no such run in {database}; there are: {have}")
        text = made(store.read, run or known[0], format)
    finally:
        store.close()
    if output is None:
        sys.stdout.write(text)
        return
    make_folder(output.parent)
    write_whole(output, text)


def people(
    target: Target,
    add: Annotated[
        str | None, typer.Option(help="Name of somebody who may come in; asks for a password.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option(help="Name of somebody who may no longer come in.")
    ] = None,
) -> None:
    """List, add or remove those who sign in with a password.

    \b
    checker people checker.db --add "Ana Ruiz"
    """
    from checker.desk.accounts import add_person, remove_person
    from checker.desk.accounts import people as everybody
    from checker.desk.places import find_store
    from checker.desk.store import Store
    from checker.escaping import printable

    store = Store(find_store(target)[0])
    try:
        if add is not None:
            if sys.stdin.isatty():
                password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
            else:
                password = sys.stdin.readline().rstrip("\n")
            add_person(store, add, password)
        if remove is not None:
            remove_person(store, remove)
        for name in everybody(store):
            typer.echo(printable(name))
    finally:
        store.close()


def remembering(settings: Config, db: Path) -> RememberingNli:
    """The model of a run whose scores stay in the store; `db` is made if missing."""
    from checker.desk.scores import RememberingNli
    from checker.desk.store import Store
    from checker.nli import TransformersNli, model_directory

    store = Store(db)
    judge = TransformersNli(model_directory(settings.model), settings.precision)
    return RememberingNli(judge, store)


def keep(report: Report, db: Path, name: str) -> None:
    """Bring a finished run into the store and say so on standard error."""
    from checker.desk.importing import import_report
    from checker.desk.records import check_report
    from checker.desk.store import Store
    from checker.escaping import printable
    from checker.report import to_dict

    store = Store(db)
    try:
        run, _ = import_report(store, check_report(to_dict(report), str(db)), name)
    finally:
        store.close()
    typer.echo(f"run {run} in {printable(str(db))}", err=True)
