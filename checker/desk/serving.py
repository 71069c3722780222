"""The server: who may come in at which address, and a socket to listen at."""

from __future__ import annotations

import getpass
import ipaddress
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from checker.desk.accounts import Access, people
from checker.desk.store import Store
from checker.errors import InputError

if TYPE_CHECKING:
    import uvicorn

LEAST_TOKEN_CHARACTERS = 16
# Connections at a time; more are answered with 503.
MOST_CONNECTIONS = 200
# Longest request line and headers, in bytes.
MOST_HEADER_BYTES = 32_000


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def choose_access(store: Store, host: str, token: str | None) -> Access:
    """How people come in: with the token, else with their passwords, else by name.

    Raises InputError for a token that is too short, and where others could
    reach the address and neither a token nor people with passwords are set up.
    """
    if token:
        if len(token) < LEAST_TOKEN_CHARACTERS:
            raise InputError(f"--token: at least {LEAST_TOKEN_CHARACTERS} characters are needed")
        return Access(token=token)
    if people(store):
        return Access()
    if not is_loopback(host):
        raise InputError(
            f"--host {host}: others can reach this address; add people who may come in with "
            f"checker people {store.path} --add NAME, or give --token "
            f"{secrets.token_urlsafe(18)}"
        )
    return Access(local=own_name())


def own_name() -> str:
    """The name under which the owner of this machine begins."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "reviewer"


def listen(host: str, port: int) -> socket.socket:
    """Take an address. Raises InputError when it is taken or not this machine's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(MOST_CONNECTIONS)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"{host}:{port}: cannot listen there: {reason}; give another --port"
        ) from error
    return taken


def server(
    store: Store, access: Access, *, certificate: Path | None = None, key: Path | None = None
) -> uvicorn.Server:
    """A server that is ready to run over `listen`'s socket.

    Raises InputError when certificate and key cannot be used.
    """
    import uvicorn

    from checker.desk.web import build_app

    app = build_app(store, access, secure=certificate is not None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        timeout_graceful_shutdown=5,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except OSError as error:
        raise InputError(f"--certificate {certificate}: {error.strerror or error}") from error
    return uvicorn.Server(config)
