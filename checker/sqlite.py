"""SQLite files that several processes use at once."""

from __future__ import annotations

import sqlite3
import time

_PAUSE = 0.05


def write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch the file to a write-ahead log, as often as it takes within `patience` seconds.

    Of two processes that open a new file at once, SQLite tells one that it is
    locked without waiting for the connection's own timeout. Raises
    sqlite3.OperationalError when it stays locked, or for any other reason at once.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
