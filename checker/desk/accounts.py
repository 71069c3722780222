"""Who may come in: a name on one's own machine, a shared token, or people with passwords."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from checker.desk.clock import now
from checker.desk.reviews import MAX_NAME_CHARACTERS
from checker.desk.store import Store
from checker.errors import InputError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_PASSWORD_CHARACTERS = 10
MOST_PASSWORD_CHARACTERS = 200
# Failed logins of one address, or for one name, within WINDOW seconds.
MOST_FAILURES = 5
WINDOW = 15 * 60.0
# A session ends so many seconds after the login.
SESSION_SECONDS = 14 * 24 * 3600
COOKIE = "desk"
# One at a time: each check takes 19 MiB of memory.
_CHECKING = threading.Lock()


@lru_cache(1)
def _hasher() -> PasswordHasher:
    """Argon2id, 19 MiB, two passes: the OWASP Password Storage Cheat Sheet's least setting."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How people come in. `local` is the name to begin with where no login is asked."""

    local: str = ""
    token: str = ""

    @property
    def kind(self) -> str:
        """Return "local", "token" or "people"."""
        return "local" if self.local else "token" if self.token else "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Whose browser this is; `name` is empty before the login. `csrf` goes into every form."""

    name: str
    csrf: str
    proof: str


def clean_name(name: str) -> str:
    """A name on one line. Raises InputError when nothing is left or it is too long."""
    name = " ".join("".join(c for c in name if c.isprintable() or c.isspace()).split())
    if not name or len(name) > MAX_NAME_CHARACTERS:
        raise InputError(f"name: 1 to {MAX_NAME_CHARACTERS} characters are needed")
    return name


def add_person(store: Store, name: str, password: str) -> None:
    """Add somebody, or change the password, which ends the person's sessions.

    Raises InputError for a password that is too short or too long, or no name.
    """
    name = clean_name(name)
    if not LEAST_PASSWORD_CHARACTERS <= len(password) <= MOST_PASSWORD_CHARACTERS:
        raise InputError(
            f"password: {LEAST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS} characters "
            "are needed"
        )
    hashed = _hasher().hash(password)
    with store.write() as connection:
        connection.execute(
            "INSERT INTO person VALUES (?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET password = excluded.password",
            [name, hashed, now()],
        )


def remove_person(store: Store, name: str) -> None:
    """Remove somebody who logs in; the reviews stay. Raises InputError when there is none."""
    with store.write() as connection:
        if not connection.execute("DELETE FROM person WHERE name = ?", [name]).rowcount:
            raise InputError(f"{name}: nobody of that name can log in")


def people(store: Store) -> list[str]:
    """The names of those who can log in with a password."""
    return [row[0] for row in store.read.execute("SELECT name FROM person ORDER BY name")]


def _proof(store: Store, access: Access, name: str) -> str | None:
    """What a session of this name must hold to be valid now; None when there can be none.

    It changes with the token or the password, so that old sessions end.
    """
    if access.kind == "local":
        return "local"
    if access.kind == "token":
        return hashlib.sha256(access.token.encode()).hexdigest()[:32]
    row = store.read.execute("SELECT password FROM person WHERE name = ?", [name]).fetchone()
    return hashlib.sha256(row[0].encode()).hexdigest()[:32] if row else None


def log_in(store: Store, access: Access, name: str, secret: str) -> Session | None:
    """Return a new session, or None when name and token or password do not belong together."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        name = clean_name(name)
    except InputError:
        return None
    if access.kind == "token":
        if not hmac.compare_digest(secret.encode(), access.token.encode()):
            return None
    elif access.kind == "people":
        row = store.read.execute("SELECT password FROM person WHERE name = ?", [name]).fetchone()
        # An unknown name takes as long as a known one.
        hashed = row[0] if row else _nobody()
        try:
            with _CHECKING:
                _hasher().verify(hashed, secret[:MOST_PASSWORD_CHARACTERS])
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
    proof = _proof(store, access, name)
    return (
        None if proof is None else Session(name=name, csrf=secrets.token_urlsafe(24), proof=proof)
    )


@lru_cache(1)
def _nobody() -> str:
    """The hash of a password that nobody knows."""
    return _hasher().hash(secrets.token_urlsafe(24))


def stranger() -> Session:
    """A session before the login: nothing but a value to protect the login form."""
    return Session(name="", csrf=secrets.token_urlsafe(24), proof="")


class Sessions:
    """Sessions as signed cookies; the key lives in the store, so they outlast a restart."""

    def __init__(self, store: Store, access: Access) -> None:
        from itsdangerous import URLSafeTimedSerializer

        self._store = store
        self._access = access
        with store.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO secret VALUES ('session', ?)", [secrets.token_urlsafe(48)]
            )
            (key,) = connection.execute(
                "SELECT value FROM secret WHERE name = 'session'"
            ).fetchone()
        self._serializer: Any = URLSafeTimedSerializer(key, salt="desk session")

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie; None when it is forged, too old, or no longer valid."""
        from itsdangerous import BadData

        if not cookie or len(cookie) > 2_000:
            return None
        try:
            name, csrf, proof = self._serializer.loads(cookie, max_age=SESSION_SECONDS)
        except (BadData, ValueError, TypeError):
            return None
        if name:
            valid = _proof(self._store, self._access, name)
            if valid is None or not hmac.compare_digest(valid, proof):
                return None
        return Session(name=name, csrf=csrf, proof=proof)

    def write(self, session: Session) -> str:
        """The cookie of a session."""
        return str(self._serializer.dumps([session.name, session.csrf, session.proof]))


class Attempts:
    """Failed logins, so that guessing ends soon; kept in memory, WINDOW seconds long."""

    def __init__(self) -> None:
        self._failures: dict[str, list[float]] = defaultdict(list)
        self._lock = threading.Lock()

    def wait(self, *keys: str) -> int:
        """Seconds until another attempt is allowed; 0 when it is allowed now."""
        with self._lock:
            moment = time.monotonic()
            self._forget(moment)
            waits = [
                self._failures[key][-MOST_FAILURES] + WINDOW - moment
                for key in keys
                if len(self._failures.get(key, ())) >= MOST_FAILURES
            ]
            return max(0, *(int(wait) + 1 for wait in waits)) if waits else 0

    def failed(self, *keys: str) -> None:
        """Note a failed attempt under each key."""
        with self._lock:
            for key in keys:
                self._failures[key].append(time.monotonic())

    def succeeded(self, *keys: str) -> None:
        """Forget the failures under these keys."""
        with self._lock:
            for key in keys:
                self._failures.pop(key, None)

    def _forget(self, moment: float) -> None:
        for key in list(self._failures):
            kept = [t for t in self._failures[key] if moment - t < WINDOW]
            if kept:
                self._failures[key] = kept
            else:
                del self._failures[key]
