"""The application: addresses to pages, errors to words.

Everything that a request must pass before it comes to a page is in `guard`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from checker.desk.accounts import Access
from checker.desk.guard import Guard
from checker.desk.pages import (
    Desk,
    home,
    progress,
    save_login,
    save_logout,
    save_review,
    save_undo,
    send_export,
    show_decisions,
    show_document,
    show_documents,
    show_exports,
    show_finding,
    show_login,
    show_overview,
    show_queue,
)
from checker.desk.passages import visible
from checker.desk.store import Store
from checker.errors import CheckerError

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HERE = Path(__file__).parent
# Requests worked on at a time: each has its own connection with its own cache.
THREADS = 8

Handler = Callable[[Desk, "Request"], "Response"]
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", home),
    ("GET", "/runs/{run:int}/", show_queue),
    ("GET", "/runs/{run:int}/progress", progress),
    ("GET", "/runs/{run:int}/findings/{finding}", show_finding),
    ("GET", "/runs/{run:int}/findings/{finding}/decisions", show_decisions),
    ("POST", "/runs/{run:int}/findings/{finding}", save_review),
    ("POST", "/runs/{run:int}/undo", save_undo),
    ("GET", "/runs/{run:int}/documents", show_documents),
    ("GET", "/runs/{run:int}/documents/{document}", show_document),
    ("GET", "/runs/{run:int}/overview", show_overview),
    ("GET", "/runs/{run:int}/export", show_exports),
    ("GET", "/runs/{run:int}/export/{kind}", send_export),
    ("GET", "/login", show_login),
    ("POST", "/login", save_login),
    ("POST", "/logout", save_logout),
)


def build_app(store: Store, access: Access, *, secure: bool = False) -> Starlette:
    """The application over an open store; `secure` marks cookies for HTTPS only."""
    import contextlib
    from collections.abc import AsyncIterator

    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.middleware import Middleware
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    desk = Desk(store, access, secure=secure)

    def bound(handler: Handler) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            return handler(desk, request)

        return endpoint

    def refused(request: Request, error: Exception) -> Response:
        return desk.problem(request, 422, "Not saved", visible(str(error)))

    def missing(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = error.detail if isinstance(error, HTTPException) else ""
        return desk.problem(request, status, "Not found" if status == 404 else "Not possible", text)

    def broken(request: Request, error: Exception) -> Response:
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("An error in the program; nothing was changed.\n", 500)

    @contextlib.asynccontextmanager
    async def few_threads(app: Starlette) -> AsyncIterator[None]:
        import anyio.to_thread

        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield

    routes = [Route(path, bound(handler), methods=[method]) for method, path, handler in ROUTES]
    return Starlette(
        routes=[*routes, Mount("/static", StaticFiles(directory=HERE / "static"))],
        middleware=[
            Middleware(Guard, store=store, access=access, sessions=desk.sessions, secure=secure)
        ],
        exception_handlers={
            CheckerError: refused,
            HTTPException: missing,
            Exception: broken,
        },
        lifespan=few_threads,
    )
