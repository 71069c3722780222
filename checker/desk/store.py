"""The store: one SQLite file, opened safely, written in whole transactions.

Write-ahead log, foreign keys, and a full sync at each commit: what was
acknowledged survives a kill of the process and a loss of power.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from checker.desk.schema import migrate
from checker.errors import StoreError
from checker.sqlite import write_ahead

# How long a writer waits for another one, in seconds.
PATIENCE = 20.0
# Page cache of one connection, in KiB: several threads have one each.
CACHE_KIB = 8_192
HEADER = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Whether the file begins as SQLite files do."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(HEADER)) == HEADER
    except OSError:
        return False


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection with the settings that every user of the store needs."""
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    for setting in (
        "foreign_keys = ON",
        "synchronous = FULL",
        f"cache_size = -{CACHE_KIB}",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {setting}")
    write_ahead(connection, PATIENCE)
    return connection


class Store:
    """An open store: a connection per reading thread, one writer at a time."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the file, bring it to the newest version, backing it up before.

        Raises StoreError when it cannot be opened or written, is no store, is
        of a newer version, or is missing and `create` is false.
        """
        self.path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        self._opened: list[sqlite3.Connection] = []
        if not path.exists():
            if not create:
                raise StoreError(f"{path}: no such file; make it with: checker import report.json")
            self._touch()
        with self._explained():
            self._writer = connect(path)
            self._opened.append(self._writer)
            self.backup = migrate(self._writer, path)

    def _touch(self) -> None:
        """Make the file readable by its owner alone: it holds password hashes."""
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be made: {error.strerror}") from error

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into one line for the user."""
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            reasons = {
                "SQLITE_FULL": "the disk is full; nothing was changed. Free some space and repeat",
                "SQLITE_BUSY": "in use by another process for too long; try again",
                "SQLITE_NOTADB": "not a database; give a report.json or a store",
                "SQLITE_READONLY": "cannot be written; check its permissions",
                "SQLITE_CANTOPEN": "cannot be opened; check that its folder can be written",
                "SQLITE_CORRUPT": "damaged; restore a backup (files named *.before-v…)",
            }
            name = getattr(error, "sqlite_errorname", "")
            known = next((text for key, text in reasons.items() if name.startswith(key)), None)
            if known is None and isinstance(error, sqlite3.IntegrityError):
                raise
            raise StoreError(f"{self.path}: {known or error}") from error

    @property
    def read(self) -> sqlite3.Connection:
        """This thread's connection for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with self._explained():
                connection = connect(self.path)
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._opened.append(connection)
        return connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk when the block ends, or none.

        Raises StoreError when the disk is full or another process holds the
        file for longer than PATIENCE.
        """
        with self._writing, self._explained():
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close all connections; the store cannot be used afterwards."""
        for connection in self._opened:
            connection.close()
        self._opened.clear()
