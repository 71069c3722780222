"""What every request passes: sizes, host, session, CSRF; and what every answer carries.

One piece of ASGI middleware, so that no page can forget a check.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from checker.desk.accounts import (
    COOKIE,
    SESSION_SECONDS,
    Access,
    Session,
    Sessions,
    log_in,
    stranger,
)
from checker.desk.store import Store

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 64_000
MOST_QUERY_BYTES = 4_000
MOST_FIELDS = 40
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_OPEN_PATHS = ("/static/", "/login")


def cookie_header(value: str, *, secure: bool) -> str:
    """The Set-Cookie header of a session: not for scripts, not for other sites."""
    extra = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Lax{extra}"


def _cookie(headers: Mapping[str, str]) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")[:8_000]).get(COOKIE)
    except CookieError:
        return None
    return found.value if found else None


class Guard:
    """Lets through what is small, meant for this host, signed in and not forged."""

    def __init__(
        self, app: ASGIApp, *, store: Store, access: Access, sessions: Sessions, secure: bool
    ) -> None:
        self._app = app
        self._store = store
        self._access = access
        self._sessions = sessions
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, pass it on with `session` and `form` in its state."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        static = scope["path"].startswith("/static/")
        new_cookie: list[str] = []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = list(message.get("headers", []))
                kept += [(k.encode(), v.encode()) for k, v in HEADERS.items()]
                kept += [(b"set-cookie", value.encode()) for value in new_cookie]
                if not static:
                    kept.append((b"cache-control", b"no-store"))
                message["headers"] = kept
            await send(message)

        async def refuse(status: int, text: str) -> None:
            body = f"{text}\n".encode()
            kind = [(b"content-type", b"text/plain; charset=utf-8")]
            kind += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
            await answer({"type": "http.response.start", "status": status, "headers": kind})
            await answer({"type": "http.response.body", "body": body})

        if len(scope["query_string"]) > MOST_QUERY_BYTES or len(scope["path"]) > MOST_QUERY_BYTES:
            await refuse(414, "This address is too long.")
            return
        if self._access.kind == "local" and _host(headers) not in LOCAL_HOSTS:
            # A page elsewhere may let its own name point to this machine (DNS rebinding).
            await refuse(400, "Open this page by the address that the command printed.")
            return
        if scope["method"] not in ("GET", "HEAD", "POST"):
            await refuse(405, "This kind of request is not understood here.")
            return
        session = self._sessions.read(_cookie(headers))
        if session is None and not static:
            session = stranger()
            if self._access.kind == "local":
                session = log_in(self._store, self._access, self._access.local, "") or session
            new_cookie.append(cookie_header(self._sessions.write(session), secure=self._secure))
        form: dict[str, str] = {}
        if scope["method"] == "POST":
            body = await _body(headers, receive)
            if body is None:
                await refuse(413, f"Too large: at most {MOST_BODY_BYTES:,} bytes are taken.")
                return
            try:
                form = dict(
                    parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
                )
            except ValueError:
                await refuse(400, "This form cannot be read.")
                return
            if new_cookie or session is None or not _genuine(headers, form, session):
                await refuse(
                    403,
                    "This form is out of date or was not sent from this page. "
                    "Go back, reload the page and send it again.",
                )
                return
        if session is not None and not session.name and not scope["path"].startswith(_OPEN_PATHS):
            await self._to_login(scope, answer, htmx=headers.get("hx-request") == "true")
            return
        scope.setdefault("state", {})
        scope["state"] |= {"session": session, "form": form}
        await self._app(scope, receive, answer)

    async def _to_login(self, scope: Scope, answer: Send, *, htmx: bool) -> None:
        wanted = scope["path"]
        if scope["query_string"]:
            wanted += "?" + scope["query_string"].decode("latin-1")
        place = "/login" + (f"?next={quote(wanted)}" if scope["method"] == "GET" else "")
        name = b"hx-redirect" if htmx else b"location"
        if htmx:
            place = "/login"
        headers = [(name, place.encode()), (b"content-length", b"0")]
        status = 200 if htmx else 303
        await answer({"type": "http.response.start", "status": status, "headers": headers})
        await answer({"type": "http.response.body", "body": b""})


def _host(headers: Mapping[str, str]) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """The whole body, or None when it is longer than MOST_BODY_BYTES."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > MOST_BODY_BYTES:
        return None
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY_BYTES:
            return None
    return body


def _genuine(headers: Mapping[str, str], form: Mapping[str, str], session: Session) -> bool:
    """Whether a change comes from our own form: its secret value, and no foreign origin."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host", ""):
        return False
    return hmac.compare_digest(form.get("csrf", "").encode(), session.csrf.encode())
