"""The pages: what is asked of the store, and which template shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from checker.desk import accounts, queue
from checker.desk.accounts import Access, Attempts, Session, Sessions
from checker.desk.evidence import evidence
from checker.desk.exports import EXPORTS, export
from checker.desk.filters import Filters, read_filters
from checker.desk.guard import cookie_header
from checker.desk.margins import document_page, documents
from checker.desk.overview import precision_bins, source_matrix, topic_matrix
from checker.desk.rendering import templates
from checker.desk.reviews import CHOICES, STATUSES, effective, record, undo
from checker.desk.store import Store
from checker.errors import InputError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_DONE = {
    "confirmed": "Confirmed",
    "not a contradiction": "Not a contradiction",
    "not an agreement": "Not an agreement",
    "explained": "Explained",
    "unsure": "Unsure",
    "undone": "Taken back",
    "nothing": "Nothing of yours to take back",
    "end": "No more findings in this view",
}


class Desk:
    """What the pages share: the store, who may come in, the templates."""

    def __init__(self, store: Store, access: Access, *, secure: bool) -> None:
        self.store = store
        self.access = access
        self.secure = secure
        self.sessions = Sessions(store, access)
        self.attempts = Attempts()
        self.templates = templates()

    def page(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        from starlette.responses import HTMLResponse

        text = self.templates.get_template(template).render(
            session=request.state.session,
            access=self.access.kind,
            message=_DONE.get(request.query_params.get("did", ""), ""),
            query=values.pop("query", ""),
            **values,
        )
        return HTMLResponse(text, status_code=status)

    def problem(self, request: Request, status: int, title: str, text: str) -> Response:
        return self.page(request, "message.html", status=status, title=title, text=text, run=None)


def _redirect(place: str) -> Response:
    from starlette.responses import RedirectResponse

    return RedirectResponse(place, status_code=303)


def _did(query: str, what: str) -> str:
    return f"{query}{'&' if query else '?'}did={what}"


def _run(desk: Desk, request: Request) -> queue.Run:
    """The run that the address names; raises the 404 page."""
    from starlette.exceptions import HTTPException

    wanted = request.path_params["run"]
    for run in queue.runs(desk.store.read):
        if run.id == wanted:
            return run
    raise HTTPException(404, "There is no such run in this store.")


def _missing(what: str) -> Exception:
    from starlette.exceptions import HTTPException

    return HTTPException(404, what)


def home(desk: Desk, request: Request) -> Response:
    """Go to the newest run."""
    runs = queue.runs(desk.store.read)
    if runs:
        return _redirect(f"/runs/{runs[0].id}/")
    return desk.problem(
        request,
        200,
        "Nothing to review yet",
        "This store holds no run. Bring one in: checker check PATH… --db "
        f"{desk.store.path.name}, or: checker import report.json --db {desk.store.path.name}",
    )


def show_queue(desk: Desk, request: Request) -> Response:
    """The queue: one page of a view."""
    run = _run(desk, request)
    filters = read_filters(request.query_params)
    read = desk.store.read
    everything = queue.counts(read, run.id)
    view = queue.counts(read, run.id, filters) if filters.narrowed else everything
    return desk.page(
        request,
        "queue.html",
        run=run,
        runs=queue.runs(read),
        filters=filters,
        query=filters.query(),
        entries=queue.entries(read, run.id, filters),
        counts=everything,
        view=view,
        statuses=STATUSES,
        sources=queue.sources(read, run.id),
        reviewers=queue.reviewers(read),
        pages=max(1, -(-view.total // queue.PAGE_SIZE)),
        page_size=queue.PAGE_SIZE,
        seen=_last_review(desk),
    )


def progress(desk: Desk, request: Request) -> Response:
    """The counts of the queue for an open page; empty (204) while nobody decided anything new."""
    from starlette.responses import Response

    run = _run(desk, request)
    last = _last_review(desk)
    if request.query_params.get("seen") == str(last):
        return Response(status_code=204)
    return desk.page(
        request,
        "progress.html",
        run=run,
        counts=queue.counts(desk.store.read, run.id),
        statuses=STATUSES,
        filters=Filters(),
        seen=last,
        fresh=True,
    )


def _last_review(desk: Desk) -> int:
    (last,) = desk.store.read.execute("SELECT coalesce(max(id), 0) FROM review").fetchone()
    return int(last)


def show_finding(desk: Desk, request: Request) -> Response:
    """A finding with all around it."""
    run = _run(desk, request)
    filters = read_filters(request.query_params)
    found = evidence(desk.store.read, run.id, request.path_params["finding"])
    if found is None:
        raise _missing("There is no such finding in this run.")
    name = request.state.session.name
    last = next((r for r in reversed(effective(found.history)) if r.reviewer == name), None)
    own = f"{last.decision}:{last.explanation or ''}".rstrip(":") if last else ""
    return desk.page(
        request,
        "finding.html",
        run=run,
        filters=filters,
        query=filters.query(),
        finding=found,
        choices=CHOICES[found.verdict],
        place=queue.place(desk.store.read, run.id, filters, found.rank),
        own=own,
    )


def show_decisions(desk: Desk, request: Request) -> Response:
    """What was decided on a finding, for an open page; 204 while there is nothing new."""
    from starlette.responses import Response

    run = _run(desk, request)
    found = evidence(desk.store.read, run.id, request.path_params["finding"])
    if found is None:
        raise _missing("There is no such finding in this run.")
    last = found.history[-1].id if found.history else 0
    if request.query_params.get("seen") == str(last):
        return Response(status_code=204)
    return desk.page(request, "decisions.html", run=run, finding=found)


def save_review(desk: Desk, request: Request) -> Response:
    """Add a decision and go on to the next finding of the view."""
    run = _run(desk, request)
    form = request.state.form
    filters = read_filters(request.query_params)
    finding_id = request.path_params["finding"]
    row = desk.store.read.execute(
        "SELECT rank, verdict FROM finding WHERE run_id = ? AND id = ?", [run.id, finding_id]
    ).fetchone()
    if row is None:
        raise _missing("There is no such finding in this run.")
    decision, _, explanation = form.get("decision", "").partition(":")
    if form.get("about", row["verdict"]) != row["verdict"]:
        raise InputError("about: this finding has another verdict in this run; reload the page")
    record(
        desk.store,
        finding_id,
        row["verdict"],
        reviewer=request.state.session.name,
        decision=decision,
        explanation=explanation or None,
        note=form.get("note", ""),
    )
    after = queue.place(desk.store.read, run.id, filters, row["rank"]).after
    query = filters.query()
    if after is None:
        return _redirect(f"/runs/{run.id}/{_did(query, 'end')}")
    return _redirect(f"/runs/{run.id}/findings/{after}{_did(query, decision.replace(' ', '+'))}")


def save_undo(desk: Desk, request: Request) -> Response:
    """Take back the reviewer's last decision, or the last about the form's finding; show it."""
    run = _run(desk, request)
    query = read_filters(request.query_params).query()
    here = request.state.form.get("finding") or None
    taken = undo(desk.store, request.state.session.name, here)
    if taken is None:
        return _redirect(f"/runs/{run.id}/{_did(query, 'nothing')}")
    known = desk.store.read.execute(
        "SELECT 1 FROM finding WHERE run_id = ? AND id = ?", [run.id, taken.finding_id]
    ).fetchone()
    place = f"/runs/{run.id}/findings/{taken.finding_id}" if known else f"/runs/{run.id}/"
    return _redirect(place + _did(query, "undone"))


def show_documents(desk: Desk, request: Request) -> Response:
    """The list of documents."""
    run = _run(desk, request)
    return desk.page(
        request, "documents.html", run=run, documents=documents(desk.store.read, run.id)
    )


def show_document(desk: Desk, request: Request) -> Response:
    """A document with its claims and, in the margin, its findings."""
    run = _run(desk, request)
    given = request.query_params.get("part", "1")
    part = int(given) if given.isascii() and given.isdecimal() and len(given) < 6 else 1
    found = document_page(desk.store.read, run.id, request.path_params["document"], part)
    if found is None:
        raise _missing("There is no such document in this run.")
    return desk.page(request, "document.html", run=run, document=found)


def show_overview(desk: Desk, request: Request) -> Response:
    """The run at a glance."""
    run = _run(desk, request)
    read = desk.store.read
    return desk.page(
        request,
        "overview.html",
        run=run,
        counts=queue.counts(read, run.id),
        filters=Filters(),
        sources=source_matrix(read, run.id),
        topics=topic_matrix(read, run.id),
        bins=precision_bins(read, run.id),
    )


def show_exports(desk: Desk, request: Request) -> Response:
    """What can be taken out."""
    run = _run(desk, request)
    counts = queue.counts(desk.store.read, run.id)
    return desk.page(request, "exports.html", run=run, counts=counts, exports=EXPORTS)


def send_export(desk: Desk, request: Request) -> Response:
    """A file to keep."""
    from starlette.responses import Response

    run = _run(desk, request)
    kind = request.path_params["kind"]
    if kind not in EXPORTS:
        raise _missing("There is no such export.")
    name = EXPORTS[kind].filename
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    text = export(desk.store.read, run.id, kind)
    return Response(
        text.encode("utf-8", "replace"), media_type=EXPORTS[kind].media_type, headers=headers
    )


def show_login(desk: Desk, request: Request, wrong: str = "", status: int = 200) -> Response:
    """The form to come in, or on one's own machine to say who one is."""
    return desk.page(
        request,
        "login.html",
        status=status,
        run=None,
        wrong=wrong,
        next=_inside(request.query_params.get("next", "")),
        name=request.state.form.get("name", request.state.session.name)[:100],
    )


def _inside(place: str) -> str:
    """A place on this site, or "/": a link elsewhere is not followed after a login."""
    parts = urlsplit(place)
    if not place.startswith("/") or place.startswith(("//", "/\\")) or parts.netloc:
        return "/"
    return place if place.isprintable() and "\\" not in place else "/"


def save_login(desk: Desk, request: Request) -> Response:
    """Check name and token or password; too many failures must wait."""
    form = request.state.form
    name = form.get("name", "")[:200]
    address = request.client.host if request.client else ""
    keys = (f"address {address}", f"name {name.casefold()}")
    wait = desk.attempts.wait(*keys)
    if wait:
        minutes = -(-wait // 60)
        answer = show_login(desk, request, f"Too many attempts. Wait {minutes} minutes.", 429)
        answer.headers["retry-after"] = str(wait)
        return answer
    session = accounts.log_in(desk.store, desk.access, name, form.get("secret", ""))
    if session is None:
        if desk.access.kind == "local":
            return show_login(desk, request, "Give a name of 1 to 60 characters.", 422)
        desk.attempts.failed(*keys)
        what = "token" if desk.access.kind == "token" else "password"
        return show_login(desk, request, f"Name and {what} do not belong together.", 403)
    desk.attempts.succeeded(keys[1])
    return _with_cookie(desk, session, _inside(form.get("next", "")))


def save_logout(desk: Desk, request: Request) -> Response:
    """End the session in this browser."""
    return _with_cookie(desk, accounts.stranger(), "/login")


def _with_cookie(desk: Desk, session: Session, place: str) -> Response:
    answer = _redirect(place)
    value = desk.sessions.write(session)
    answer.headers["set-cookie"] = cookie_header(value, secure=desk.secure)
    return answer
