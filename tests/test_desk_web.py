"""The desk over HTTP, as a browser and as an attacker speak to it."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from builders import make_claim, make_document, make_finding, make_report, realistic_report
from desks import Visitor, checker, desk, finding_ids, write_run

from checker.desk.accounts import Access, Attempts, Session, Sessions, add_person
from checker.desk.guard import HEADERS
from checker.desk.reviews import history
from checker.desk.serving import choose_access
from checker.desk.store import Store
from checker.errors import InputError

TOKEN = "a token of some length"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    return write_run(realistic_report(), tmp_path_factory.mktemp("desk") / "bridge")


@pytest.fixture(scope="module")
def local(run_folder):
    with desk(run_folder) as running:
        yield running


@pytest.fixture
def visitor(local):
    return Visitor(local.url)


def reviews(folder, finding, about="contradicts"):
    store = Store(folder / "checker.db")
    found = history(store.read, finding, about)
    store.close()
    return found


def test_the_way_in_leads_to_the_newest_run(visitor):
    assert visitor.get("/").place == "/runs/1/"
    page = visitor.get("/runs/1/")
    assert page.status == 200
    assert '<bdi class="name">ana</bdi>' in page.text
    assert page.text.count('class="entry ') == 6


@pytest.mark.parametrize(
    "path", ["/runs/1/", "/runs/1/overview", "/static/desk.js", "/login", "/nowhere"]
)
def test_every_answer_carries_the_safety_headers(visitor, path):
    answer = visitor.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert ("no-store" in answer.headers.get("cache-control", "")) == ("static" not in path)
    assert "server" not in answer.headers


def test_pages_hold_no_inline_script_style_or_foreign_address(visitor, run_folder):
    finding = finding_ids(run_folder)[0]
    pages = ["", "documents", "overview", "export", f"findings/{finding}"]
    for path in (*(f"/runs/1/{page}" for page in pages), "/login"):
        text = visitor.get(path).text
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", text)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


def test_a_session_cookie_is_signed_http_only_and_same_site(local):
    visitor = Visitor(local.url)
    cookie = visitor.get("/runs/1/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    name, _, value = visitor.cookie.partition("=")
    visitor.cookie = f"{name}={value[:-3]}abc"
    assert "set-cookie" in visitor.get("/runs/1/").headers


def test_a_change_needs_the_forms_secret_and_no_foreign_origin(visitor, run_folder):
    finding = finding_ids(run_folder)[5]
    place = f"/runs/1/findings/{finding}"
    visitor.get(place)
    own = visitor.csrf
    other = Visitor(visitor.host and f"http://{visitor.host}")
    other.get(place)
    for headers, csrf in (
        ({}, ""),
        ({}, other.csrf),
        ({"Origin": "http://evil.example"}, own),
        ({"Origin": "null"}, own),
        ({"Sec-Fetch-Site": "cross-site"}, own),
        ({"Sec-Fetch-Site": "same-site"}, own),
    ):
        refused = visitor.post(place, headers, csrf=csrf, decision="confirmed")
        assert refused.status == 403
        assert "reload the page" in refused.text
    for path in ("/runs/1/undo", "/login", "/logout"):
        assert visitor.post(path, csrf="x").status == 403
    without = Visitor(local_url := f"http://{visitor.host}")
    assert local_url
    assert without.post(place, csrf=own, decision="confirmed").status == 403
    assert reviews(run_folder, finding, "agrees") == []


def test_other_hosts_methods_and_sizes_are_refused(visitor):
    assert visitor.get("/runs/1/", Host="evil.example").status == 400
    assert visitor.get("/runs/1/", Host="localhost:1").status == 200
    assert visitor.ask("DELETE", "/runs/1/").status == 405
    assert visitor.get("/runs/1/?text=" + "x" * 5_000).status == 414
    visitor.get("/runs/1/")
    big = visitor.post("/runs/1/undo", note="x" * 70_000)
    assert big.status == 413
    many = visitor.post("/runs/1/undo", **{f"f{i}": "x" for i in range(60)})
    assert many.status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/runs/9/",
        "/runs/x/",
        "/runs/1/findings/none",
        "/runs/1/documents/none",
        "/runs/1/export/exe",
        "/static/../web.py",
        "/static/%2e%2e/web.py",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_not_found(visitor, path):
    assert visitor.get(path).status == 404


def test_decisions_that_do_not_fit_are_told_and_not_saved(visitor, run_folder):
    finding = finding_ids(run_folder)[4]
    place = f"/runs/1/findings/{finding}"
    visitor.get(place)
    for form in (
        {"decision": "explained:time"},
        {"decision": ""},
        {"decision": "confirmed", "about": "contradicts"},
    ):
        answer = visitor.post(place, **form)
        assert answer.status == 422
        assert "Not saved" in answer.text
    assert reviews(run_folder, finding, "agrees") == []


def test_a_decision_leads_to_the_next_finding_of_the_view(visitor, run_folder):
    first, second, third = finding_ids(run_folder)[:3]
    visitor.login("Walter")
    visitor.get(f"/runs/1/findings/{first}?status=open")
    saved = visitor.post(f"/runs/1/findings/{first}?status=open", decision="confirmed", note="So.")
    assert saved.place == f"/runs/1/findings/{second}?status=open&did=confirmed"
    saved = visitor.post(f"/runs/1/findings/{second}", decision="explained:scope")
    assert saved.place == f"/runs/1/findings/{third}?did=explained"
    entry = reviews(run_folder, second)[-1]
    assert (entry.reviewer, entry.decision, entry.explanation) == ("Walter", "explained", "scope")
    undone = visitor.post("/runs/1/undo")
    assert undone.place == f"/runs/1/findings/{second}?did=undone"
    undone = visitor.post("/runs/1/undo?status=open", finding=first)
    assert undone.place == f"/runs/1/findings/{first}?status=open&did=undone"
    assert visitor.post("/runs/1/undo").place == "/runs/1/?did=nothing"


@pytest.mark.parametrize(
    ("query", "ranks"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("verdict=agrees", [5, 6]),
        ("source=Tamble+Radio", [1, 2, 3]),
        ("source=Tamble+Radio&against=County+of+Tamble", [3]),
        ("since=2026-01-01", [4]),
        ("until=2024-11-25", [2]),
        ("least=94", [1, 5]),
        ("most=83", [3]),
        ("text=INSPECTED+fault", [3, 5]),
        ("text=%25", []),
        ("status=conflict", []),
        ("topic=nothing", []),
        ("status=bogus&since=yesterday&least=-1&page=zero", [1, 2, 3, 4, 5, 6]),
        ("reviewer=Nobody", []),
    ],
)
def test_filters_live_in_the_address(visitor, query, ranks):
    text = visitor.get(f"/runs/1/?{query}").text
    assert [int(n) for n in re.findall(r'class="rank">(\d+)<', text)] == ranks


def test_the_page_of_a_finding_holds_its_evidence(visitor, run_folder):
    text = visitor.get(f"/runs/1/findings/{finding_ids(run_folder)[0]}").text
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))
    assert "Tamble Radio against Valley Courier" in plain
    assert "Eleven people are in hospital" in plain  # the paragraph around the claim
    assert '<em class="diff" title="differs: number">Three</em>' not in text
    assert "2 sources, 1 independent origin" in plain  # Northern Ledger and its copy
    assert "1 more finding tells the same" in plain
    other = visitor.get(f"/runs/1/findings/{finding_ids(run_folder)[1]}").text
    assert "the fire service" in other


def test_documents_show_claims_and_findings_in_the_margin(visitor, run_folder):
    listed = visitor.get("/runs/1/documents").text
    place = re.search(r'href="(/runs/1/documents/\w+)"><bdi>Tamble bridge closed', listed)[1]
    text = visitor.get(place).text
    assert "Traffic is diverted over Harrow Lane." in text
    assert text.count('class="claim found"') == 2
    assert "contradicts <bdi>Tamble Radio</bdi>" in text
    assert "agrees with <bdi>County of Tamble</bdi>" in text


def test_a_finding_of_a_text_of_ten_megabytes_on_one_line_stays_small(tmp_path):
    long = make_document("Nobody came to the port that day. " + "x" * 10_000_000, "Long")
    whole = make_document("y" * 3_000_000, "Claim")
    short = make_document("Everybody came to the port that day.", "Short")
    claim = make_claim(long, "Nobody came to the port that day.")
    findings = [make_finding(claim, make_claim(short)), make_finding(make_claim(whole), claim)]
    folder = write_run(make_report([long, whole, short], findings), tmp_path / "long")
    with desk(folder) as running:
        visitor = Visitor(running.url)
        for path in ("", *(f"findings/{name}" for name in finding_ids(folder)), "documents"):
            answer = visitor.get(f"/runs/1/{path}")
            assert answer.status == 200
            assert len(answer.text) < 40_000
        page = visitor.get(f"/runs/1/documents/{long.id}?part=2")
        assert "part 2 of 167" in page.text
        assert len(page.text) < 100_000
        assert visitor.get(f"/runs/1/documents/{long.id}?part=168").status == 404
        assert running.memory < 300_000_000


def test_a_token_lets_in_and_guessing_ends(run_folder):
    with desk(run_folder, "--token", TOKEN) as running:
        visitor = Visitor(running.url)
        sent = visitor.get("/runs/1/?status=open")
        assert (sent.status, sent.place) == (303, "/login?next=/runs/1/%3Fstatus%3Dopen")
        assert visitor.get("/runs/1/", HX_Request="true").headers["hx-redirect"] == "/login"
        assert visitor.get("/static/desk.css").status == 200
        visitor.get("/login")
        welcome = visitor.post("/login", name="Eva", secret=TOKEN, next="//evil.example")
        assert (welcome.status, welcome.place) == (303, "/")
        assert visitor.get("/runs/1/").status == 200
        visitor.get("/runs/1/")
        assert visitor.post("/logout").place == "/login"
        assert visitor.get("/runs/1/").status == 303
        guesser = Visitor(running.url)
        answers = [guesser.login("Eva", f"guess {i}") for i in range(6)]
        assert [a.status for a in answers] == [403] * 5 + [429]
        assert int(answers[-1].headers["retry-after"]) > 60
        assert guesser.login("Eva", TOKEN).status == 429


def test_people_come_in_with_passwords_until_these_change(tmp_path):
    folder = write_run(realistic_report(), tmp_path / "run")
    added = checker("import", folder / "report.json", "--db", "d.db", folder=tmp_path)
    assert added.stdout.endswith("imported as run 1, 6 findings\n")
    for name in ("Eva", "Bo"):
        done = checker("people", "d.db", "--add", name, folder=tmp_path, text="correct horse\n")
        assert done.returncode == 0, done.stderr
    assert done.stdout == "Bo\nEva\n"
    short = checker("people", "d.db", "--add", "C", folder=tmp_path, text="short\n")
    assert short.returncode == 2
    assert "password: 10 to 200 characters" in short.stderr
    assert b"correct horse" not in (tmp_path / "d.db").read_bytes()
    with desk(tmp_path / "d.db") as running:
        visitor = Visitor(running.url)
        assert visitor.login("Eva", "wrong horse").status == 403
        assert visitor.login("Nobody", "correct horse").status == 403
        assert visitor.login("Eva", "correct horse").status == 303
        assert '<bdi class="name">Eva</bdi>' in visitor.get("/runs/1/").text
        checker("people", "d.db", "--add", "Eva", folder=tmp_path, text="another horse\n")
        assert visitor.get("/runs/1/").status == 303
        assert visitor.login("Eva", "another horse").status == 303
        removed = checker("people", "d.db", "--remove", "Eva", folder=tmp_path)
        assert removed.stdout == "Bo\n"
        assert visitor.get("/runs/1/").status == 303


def test_other_addresses_need_a_token_or_people(tmp_path):
    store = Store(tmp_path / "a.db")
    assert choose_access(store, "127.0.0.1", None).kind == "local"
    assert choose_access(store, "::1", None).kind == "local"
    for host in ("0.0.0.0", "::", "192.168.1.5", "desk.example"):
        with pytest.raises(
            InputError, match=r"others can reach this address; add people .* --token"
        ):
            choose_access(store, host, None)
        assert choose_access(store, host, TOKEN).kind == "token"
    with pytest.raises(InputError, match="at least 16 characters"):
        choose_access(store, "127.0.0.1", "short")
    add_person(store, "Eva", "correct horse")
    assert choose_access(store, "0.0.0.0", None).kind == "people"
    assert choose_access(store, "127.0.0.1", None).kind == "people"
    store.close()


def test_sessions_outlast_a_restart_but_not_another_key(tmp_path):
    store, other = Store(tmp_path / "a.db"), Store(tmp_path / "b.db")
    access = Access(local="ana")
    session = Session(name="ana", csrf="c", proof="local")
    cookie = Sessions(store, access).write(session)
    assert Sessions(store, access).read(cookie) == session
    assert Sessions(other, access).read(cookie) is None
    assert Sessions(store, Access(token=TOKEN)).read(cookie) is None
    for forged in ("", "x", cookie[:-1], "x" * 5_000, None):
        assert Sessions(store, access).read(forged) is None
    store.close()
    other.close()


def test_attempts_are_counted_by_address_and_name_and_forgotten(monkeypatch):
    moment = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    attempts = Attempts()
    for _ in range(5):
        assert attempts.wait("a", "b") == 0
        attempts.failed("a", "b")
    assert attempts.wait("a", "c") == 901
    assert attempts.wait("c") == 0
    moment += 901
    assert attempts.wait("a", "b") == 0


def test_a_taken_port_and_missing_runs_are_told_in_one_line(tmp_path, run_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = checker("review", run_folder, "--port", port, "--no-open", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"127.0.0.1:{port}: cannot listen there" in done.stderr
    for target, message in (
        ("none", "none: no such file or folder"),
        (".", ".: neither report.json nor checker.db in this folder"),
    ):
        done = checker("review", target, folder=tmp_path)
        assert done.returncode == 2
        assert done.stderr == f"checker: {message}{done.stderr[len('checker: ' + message) :]}"
        assert done.stderr.count("\n") == 1
    outside = checker("review", run_folder, "--host", "0.0.0.0", folder=tmp_path)
    assert outside.returncode == 2
    assert "others can reach this address" in outside.stderr


def test_the_server_loads_no_model(run_folder):
    code = (
        "import sys, pathlib\n"
        "from checker.desk.store import Store\n"
        "from checker.desk.serving import choose_access, server\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "server(store, choose_access(store, '127.0.0.1', None))\n"
        "heavy = {'torch', 'transformers', 'spacy', 'numpy', 'pandas', 'pydantic', 'altair'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    store = run_folder / "checker.db"
    done = subprocess.run(
        [sys.executable, "-c", code, str(store)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_kill_during_two_hundred_saves_loses_nothing_acknowledged(tmp_path):
    folder = write_run(realistic_report(), tmp_path / "run")
    findings = finding_ids(folder)[:4]
    acknowledged: list[str] = []
    started = threading.Barrier(9)
    saves = iter(range(200))
    lock = threading.Lock()

    def save(url, number):
        visitor = Visitor(url)
        visitor.login(f"reviewer {number}")
        visitor.get(f"/runs/1/findings/{findings[0]}")
        started.wait()
        for turn in saves_of():
            note = f"note {turn}"
            place = f"/runs/1/findings/{findings[turn % 4]}"
            try:
                answer = visitor.post(place, decision="unsure", note=note)
            except OSError:
                return
            assert answer.status == 303
            with lock:
                acknowledged.append(note)

    def saves_of():
        while True:
            with lock:
                turn = next(saves, None)
            if turn is None:
                return
            yield turn

    with desk(folder) as running:
        threads = [threading.Thread(target=save, args=[running.url, n]) for n in range(8)]
        for thread in threads:
            thread.start()
        started.wait()
        while len(acknowledged) < 60:
            time.sleep(0.002)
        os.kill(running.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    assert 60 <= len(acknowledged) < 200
    store = Store(folder / "checker.db")
    kept = [row[0] for row in store.read.execute("SELECT note FROM review")]
    assert store.read.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    store.close()
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))


def test_two_hundred_saves_at_once_all_arrive(tmp_path):
    folder = write_run(realistic_report(), tmp_path / "run")
    finding = finding_ids(folder)[0]
    statuses: list[int] = []
    gate = threading.Barrier(40)

    def save(url, number):
        visitor = Visitor(url)
        visitor.login(f"reviewer {number}")
        visitor.get(f"/runs/1/findings/{finding}")
        gate.wait()
        for turn in range(5):
            form = {"decision": "confirmed", "note": f"{number}.{turn}"}
            statuses.append(visitor.post(f"/runs/1/findings/{finding}", **form).status)

    with desk(folder) as running:
        threads = [threading.Thread(target=save, args=[running.url, n]) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [303] * 200
    assert len(reviews(folder, finding)) == 200
