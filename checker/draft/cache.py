"""What earlier checks found out, kept in one SQLite file that processes share.

Entries are never wrong, only missing: a key is a hash of everything its value
depends on (text, model, settings). So a file that is damaged or of another
version is deleted and begun anew, and one that cannot be written is done
without; `messages` says so in words for the user.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from checker.sqlite import write_ahead

FILE = "draft.sqlite"
VERSION = 1
# Above this the file is begun anew: a first check fills about 10 MB.
MAX_BYTES = 500_000_000
BUSY_SECONDS = 10.0
_VARIABLES = 500  # keys asked for at once; SQLite allows more, but not everywhere
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS entry "
    "(kind TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, key)) "
    "WITHOUT ROWID"
)


def default_folder() -> Path:
    """`$CHECKER_CACHE`, or `checker` in the user's cache folder (XDG Base Directory)."""
    given = os.environ.get("CHECKER_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "checker"


def key_of(*parts: str | bytes) -> bytes:
    """Return the key of an entry: a hash of all that its value depends on."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


class Cache:
    """Values by kind and key; `messages` are what the user should know."""

    def __init__(self, folder: Path | None) -> None:
        """Open the cache in a folder, which is made; None keeps it in memory."""
        self.messages: list[str] = []
        self._path = folder / FILE if folder else None
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            return self._in_memory()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.is_file() and self._path.stat().st_size > MAX_BYTES:
                self._delete("has grown too large")
            return self._on_disk(self._path)
        except sqlite3.OperationalError as error:
            return self._without(str(error))
        except sqlite3.DatabaseError:
            pass
        except OSError as error:
            return self._without(error.strerror or str(error))
        try:
            self._delete("is damaged")
            return self._on_disk(self._path)
        except (sqlite3.DatabaseError, OSError) as error:
            return self._without(str(error))

    def _without(self, reason: str) -> sqlite3.Connection:
        self.messages.append(
            f"{self._path}: cannot use the cache ({reason}); checking without it. "
            "Name another folder with --cache"
        )
        self._path = None
        return self._in_memory()

    def _in_memory(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute(_SCHEMA)
        return connection

    def _on_disk(self, path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            # One statement: between two, another process may have made the table.
            version, tables = connection.execute(
                "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
            ).fetchone()
            if tables and version != VERSION:
                connection.close()
                self._delete(f"is of version {version}, not {VERSION}")
                connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            write_ahead(connection, BUSY_SECONDS)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")  # fails here where the file is read-only
            connection.execute(_SCHEMA)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
            connection.execute("SELECT value FROM entry LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _delete(self, reason: str) -> None:
        assert self._path is not None
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self.messages.append(f"{self._path}: the cache {reason}; it is built anew")

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        """After an error of SQLite: begin anew where the file is damaged, else do without it."""
        self._connection.close()
        if self._path is None:
            self._connection = self._in_memory()
        elif isinstance(error, sqlite3.OperationalError) and "disk I/O" not in str(error):
            self._connection = self._without(str(error))
        else:
            try:
                self._delete("is damaged")
                self._connection = self._on_disk(self._path)
            except (sqlite3.DatabaseError, OSError) as second:
                self._connection = self._without(str(second))

    def get(self, kind: str, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values that are there, by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, bytes] = {}
        try:
            for first in range(0, len(wanted), _VARIABLES):
                some = wanted[first : first + _VARIABLES]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, value FROM entry WHERE kind = ? AND key IN ({marks})"
                found.update(self._connection.execute(query, (kind, *some)))
        except sqlite3.DatabaseError as error:
            self._recover(error)
            return {}
        return found

    def put(self, kind: str, values: Mapping[bytes, bytes]) -> None:
        """Keep values; in one transaction, so that another process sees all or none."""
        if not values:
            return
        rows: Sequence[tuple[str, bytes, bytes]] = [(kind, k, v) for k, v in values.items()]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._recover(error)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
