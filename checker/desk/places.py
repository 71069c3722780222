"""Which file is meant: a folder of a run, a report or a store."""

from __future__ import annotations

from pathlib import Path

from checker.desk.store import Store, is_database
from checker.errors import InputError

REPORT = "report.json"
STORE = "checker.db"


def find_store(target: Path) -> tuple[Path, Path | None]:
    """Return the store that belongs to a target, and the report to bring into it, if any.

    A folder stands for its `report.json`, or, without one, for its
    `checker.db`; a report's store lies beside it. Raises InputError when
    there is nothing.
    """
    if target.is_dir():
        if (target / REPORT).is_file():
            return target / STORE, target / REPORT
        if (target / STORE).is_file():
            return target / STORE, None
        raise InputError(
            f"{target}: neither {REPORT} nor {STORE} in this folder; "
            f"make one with: checker check PATH… -o {target}"
        )
    if not target.is_file():
        raise InputError(f"{target}: no such file or folder")
    if is_database(target):
        return target, None
    return target.with_name(STORE), target


def import_file(database: Path, report: Path) -> tuple[int, bool, int]:
    """Bring a report file into a store; return the run, whether it is new, its findings.

    Raises InputError for the report and StoreError for the store.
    """
    from checker.desk.importing import import_report
    from checker.desk.records import read_report

    record = read_report(report)
    store = Store(database)
    try:
        name = report.resolve().parent.name if report.name == REPORT else report.stem
        run, new = import_report(store, record, name or report.name)
    finally:
        store.close()
    return run, new, len(record["findings"])
