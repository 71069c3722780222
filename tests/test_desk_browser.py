"""The desk in a real browser: a report of the real pipeline, worked through by keys."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from builders import HOSTILE, hostile_report, realistic_report
from desks import ROOT, checker, desk, write_run
from playwright.sync_api import expect, sync_playwright
from test_browser import ARGUMENTS, CHROMIUM

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
CASE = ROOT / "fixtures" / "documents" / "syndicated"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def real_store(tmp_path_factory):
    """A store filled by the command itself, with the shipped model."""
    folder = tmp_path_factory.mktemp("real")
    done = checker("check", CASE, "-o", "run", "--db", "checker.db", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "run 1 in checker.db" in done.stderr
    return folder / "checker.db"


@pytest.fixture
def real(real_store, tmp_path):
    """A desk over a fresh copy of the real run."""
    copy = tmp_path / "checker.db"
    copy.write_bytes(real_store.read_bytes())
    with desk(copy) as running:
        yield running


@pytest.fixture
def visit(browser):
    """Open pages; at the end no script error, dialog, refusal by CSP or foreign request."""
    contexts, trouble, requests, hosts = [], [], [], set()

    def opened(url, name="", **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        hosts.add(urlsplit(url).netloc)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        context.on("request", lambda request: requests.append(request.url))
        base = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if name:
            page.goto(f"{base}/login")
            page.get_by_label("Name").fill(name)
            page.keyboard.press("Enter")
            page.wait_for_url("**/runs/**")
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []
    assert {urlsplit(url).netloc for url in requests} == hosts


def open_first(page):
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/findings/**")


def here(page):
    return urlsplit(page.url).path.rpartition("/")[2]


def pressed(page, *keys):
    """Press keys that lead to another page, and wait for it."""
    before = here(page)
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_url(lambda url: not urlsplit(url).path.endswith(f"/{before}"))


def test_a_reviewer_works_through_a_real_report_by_keys_alone(real, visit):
    page = visit(real.url + "/", "Eva")
    total = int(page.locator(".tabs b").first.text_content())
    assert total >= 5
    open_first(page)
    first = here(page)
    expect(page.locator("mark")).to_have_count(2)
    assert page.locator(".diff").count() + page.locator(".differences tbody tr").count() > 0
    pressed(page, "1")
    second = here(page)
    expect(page.locator("#message")).to_contain_text("Confirmed")
    assert "did=" not in page.url
    page.keyboard.press("n")
    page.keyboard.type("Two bulletins, one hour apart. j k 1 ?")
    page.reload()
    expect(page.locator("#note")).to_have_value("Two bulletins, one hour apart. j k 1 ?")
    page.keyboard.press("n")
    page.keyboard.press("Escape")
    pressed(page, "2")
    third = here(page)
    pressed(page, "k")
    assert here(page) == second
    expect(page.locator(".history")).to_contain_text("Two bulletins, one hour apart.")
    expect(page.get_by_role("button", name="Not a contradiction")).to_have_attribute(
        "aria-pressed", "true"
    )
    pressed(page, "j")
    assert here(page) == third
    page.keyboard.press("3")
    pressed(page, "t")
    pressed(page, "4")
    fifth = here(page)
    pressed(page, "u")
    assert here(page) != fifth
    expect(page.locator("#message")).to_contain_text("Taken back")
    expect(page.locator(".history s")).to_have_text("unsure")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    page.wait_for_url("**/runs/1/")
    expect(page.locator(".done")).to_contain_text(f"3 of {total} decided")
    states = page.locator(".entry .chip")
    assert states.all_text_contents() == ["confirmed", "not a contradiction", "explained by time"]
    page.reload()
    assert page.locator(".entry .chip").count() == 3
    assert first == page.locator(".entry .open").first.get_attribute("href").rpartition("/")[2]


def test_filters_change_the_list_the_address_and_survive_a_reload(real, visit):
    page = visit(real.url + "/", "Eva")
    total = page.locator(".entry").count()
    page.keyboard.press("/")
    page.keyboard.type("fog")
    page.wait_for_url("**/?text=fog")
    some = page.locator(".entry").count()
    assert 0 < some < total
    for text in page.locator(".entry").all_text_contents():
        assert "fog" in text.lower()
    page.get_by_label("Verdict").select_option("contradicts")
    page.wait_for_url("**/?text=fog&verdict=contradicts")
    address = page.url
    page.reload()
    expect(page.get_by_label("Words in a claim")).to_have_value("fog")
    expect(page.get_by_label("Verdict")).to_have_value("contradicts")
    colleague = visit(address, "Bo")
    assert colleague.locator(".entry").count() == page.locator(".entry").count()
    page.keyboard.press("Tab")
    open_first(page)
    wanted = {"text": "fog", "verdict": "contradicts"}
    assert dict(parse_qsl(urlsplit(page.url).query)) == wanted
    pressed(page, "1")
    assert dict(parse_qsl(urlsplit(page.url).query)) == wanted
    page.go_back()
    page.go_back()
    page.get_by_label("Words in a claim").fill("no such words")
    expect(page.locator(".nothing")).to_contain_text("Nothing in this view.")
    expect(page.locator("#message")).to_contain_text("0 of")


def test_two_browsers_review_at_once_and_a_third_settles(real, visit):
    eva = visit(real.url + "/", "Eva")
    open_first(eva)
    address = eva.url
    bo = visit(address, "Bo")
    expect(bo.locator(".standing")).to_contain_text("nobody has decided yet")
    pressed(eva, "1")
    # The other page learns of it by itself.
    expect(bo.locator(".standing .chip")).to_have_text("confirmed", timeout=15_000)
    pressed(bo, "2")
    eva.goto(address)
    expect(eva.locator(".standing")).to_contain_text("Eva and Bo differ")
    queue = visit(f"{real.url}/runs/1/?status=conflict", "Cleo")
    assert queue.locator(".entry").count() == 1
    open_first(queue)
    queue.keyboard.press("1")
    queue.wait_for_url("**/runs/1/?status=conflict")
    queue.goto(address)
    expect(queue.locator(".standing")).to_contain_text("settled by Cleo")
    assert queue.locator(".history li").count() == 3


def test_the_queue_tells_when_others_decide(real, visit):
    watching = visit(real.url + "/", "Eva")
    working = visit(real.url + "/", "Bo")
    open_first(working)
    pressed(working, "1")
    expect(watching.locator(".done b")).to_have_text("1", timeout=20_000)
    watching.get_by_role("button", name="Somebody decided").click()
    expect(watching.locator(".entry .chip").first).to_have_text("confirmed")


def test_decisions_are_exported_as_files(real, visit, tmp_path):
    page = visit(real.url + "/", "Eva")
    open_first(page)
    a, b = (text.strip() for text in page.locator("mark").all_text_contents())
    page.keyboard.press("n")
    page.keyboard.type("Checked with the fire service.")
    page.keyboard.press("Escape")
    pressed(page, "1")
    page.goto(f"{real.url}/runs/1/export")
    files = {}
    for link in page.locator(".exports a").all():
        with page.expect_download() as download:
            link.click()
        path = Path(download.value.path())
        files[download.value.suggested_filename] = path.read_text("utf-8")
    assert sorted(files) == [
        *("claimreview.jsonld", "findings.csv", "memo.html", "memo.md", "pairs.jsonl"),
        "reviews.json",
    ]
    row = next(csv.DictReader(files["findings.csv"].splitlines()))
    assert (row["status"], row["reviewers"], row["text_a"]) == ("confirmed", "Eva", a)
    first = json.loads(files["reviews.json"])["findings"][0]
    assert first["reviews"][0]["note"] == "Checked with the fire service."
    assert json.loads(files["pairs.jsonl"].splitlines()[0])["label"] == "contradicts"
    graph = json.loads(files["claimreview.jsonld"])["@graph"]
    assert [entry["claimReviewed"] for entry in graph] == [a, b]
    (tmp_path / "memo.html").write_text(files["memo.html"], "utf-8")
    memo = visit((tmp_path / "memo.html").as_uri())
    assert memo.locator("mark").all_text_contents() == [a, b]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(real, visit):
    page = visit(real.url + "/", "Eva")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        name, width = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              return [e.id || e.textContent.trim().split(" ")[0], parseFloat(s.outlineWidth)]; }"""
        )
        assert width >= 2, name
        reached.add(name)
    wanted = {"Queue", "Documents", "Overview", "Export", "text", "verdict", "source", "since"}
    assert wanted <= reached
    open_first(page)
    page.keyboard.press("3")
    focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith("Explained by")


def test_landmarks_names_and_live_regions_are_there_for_screen_readers(real, visit):
    page = visit(real.url + "/", "Eva")
    for role, name in (
        ("navigation", "Run"),
        ("search", "Filter findings"),
        ("region", "Findings"),
        ("progressbar", "Findings decided"),
    ):
        expect(page.get_by_role(role, name=name, exact=True)).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.locator("#message[aria-live=polite]")).to_have_count(1)
    link = page.get_by_role("link", name=re.compile("^contradiction")).first
    assert page.locator(".entry q").first.text_content() in link.evaluate(
        """e => e.getAttribute("aria-labelledby").split(" ")
          .map((id) => document.getElementById(id).textContent).join(" ")"""
    )
    open_first(page)
    expect(page.get_by_role("complementary", name="Decision")).to_have_count(1)
    expect(page.locator("#decisions[aria-live=polite]")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def pages_of(page, url):
    """The address of each kind of page of the first run."""
    page.goto(f"{url}/runs/1/documents")
    document = page.locator("tbody a").first.get_attribute("href")
    page.goto(f"{url}/runs/1/")
    finding = page.locator(".entry .open").first.get_attribute("href")
    return ["/runs/1/", finding, "/runs/1/documents", document, "/runs/1/overview",
            "/runs/1/export", "/login", "/runs/1/?text=nothing+at+all"]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious_on_any_page(real, visit, scheme, width):
    page = visit(
        real.url + "/", "Eva", color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    open_first(page)
    pressed(page, "1")
    axe = AXE.read_text("utf-8")
    for place in pages_of(page, real.url):
        page.goto(real.url + place)
        page.evaluate(axe)
        page.locator("#message").evaluate("e => { e.textContent = ''; }")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations', 'incomplete']})")
        assert len(found["passes"]) > 10
        serious = [
            (place, v["id"], [n["html"][:120] for n in v["nodes"]])
            for v in found["violations"]
            if v["impact"] in SERIOUS
        ]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_a_touch_screen_decides_without_keys(real, visit):
    page = visit(real.url + "/", "Eva", has_touch=True, viewport={"width": 390, "height": 844})
    page.locator(".entry .open").first.tap()
    page.wait_for_url("**/findings/**")
    first = here(page)
    button = page.get_by_role("button", name="Explained by scope")
    assert button.bounding_box()["height"] >= 36
    button.tap()
    page.wait_for_url(lambda url: not urlsplit(url).path.endswith(f"/{first}"))
    expect(page.locator("#message")).to_contain_text("Explained")


def test_it_works_without_scripts(real, visit):
    page = visit(real.url + "/", java_script_enabled=False)
    page.get_by_label("Words in a claim").fill("fog")
    page.get_by_role("button", name="Apply").click()
    assert "text=fog" in page.url
    page.locator(".entry .open").first.click()
    page.get_by_role("button", name="Confirmed").click()
    assert "did=confirmed" in page.url
    expect(page.locator("#message")).to_contain_text("Confirmed")


def test_a_hostile_document_shows_as_text(visit, tmp_path):
    report = hostile_report()
    with desk(write_run(report, tmp_path / "hostile")) as running:
        page = visit(running.url + "/")
        for place in pages_of(page, running.url):
            page.goto(running.url + place)
            page.wait_for_timeout(100)
            inside = page.locator("main").evaluate(
                "e => e.querySelectorAll('script, img, iframe, object, style, base, link').length"
            )
            assert inside == 0, place
            text = page.locator("body").inner_text()
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e]", text), place
            if place != "/login" and "nothing" not in place and "export" not in place:
                assert "<script>" in text, place
        claim = report.findings[0].pair.a
        page.goto(running.url + "/runs/1/")
        page.locator(".entry .open").first.click()
        shown = page.locator("mark").first.text_content()
        for part in (HOSTILE[0], HOSTILE[1], "␛[31mred␛[0m", "⟦RLO⟧desrever⟦PDF⟧", "{{ 7*7 }}"):
            assert part in shown
        assert len(shown) >= len(claim.text)
        page.get_by_label("Note").fill(HOSTILE[0] + "\u202e" + HOSTILE[1])
        address, before = page.url, here(page)
        page.get_by_role("button", name="Confirmed").click()
        page.wait_for_url(lambda url: not urlsplit(url).path.endswith(f"/{before}"))
        page.goto(address)
        assert HOSTILE[0] in page.locator(".history .note").text_content()
        for kind in ("html", "md", "csv", "json", "claimreview", "pairs"):
            done = checker("export", tmp_path / "hostile", "--format", kind, folder=tmp_path)
            assert done.returncode == 0, done.stderr
            assert "\x1b" not in done.stdout
            if kind == "html":
                (tmp_path / "memo.html").write_text(done.stdout, "utf-8")
                memo = visit((tmp_path / "memo.html").as_uri())
                assert memo.locator("script, img").count() == 0
                assert HOSTILE[0] in memo.locator("mark").first.text_content()


def test_pages_of_an_empty_run_say_so(visit, tmp_path):
    from builders import make_document, make_report

    folder = write_run(make_report([make_document("The port is open.")]), tmp_path / "empty")
    with desk(folder) as running:
        page = visit(running.url + "/")
        expect(page.locator(".nothing")).to_contain_text("This run has no findings")
        page.goto(f"{running.url}/runs/1/overview")
        expect(page.locator("main")).to_contain_text("No contradictions in this run.")


def test_an_agreement_has_three_choices(visit, tmp_path):
    with desk(write_run(realistic_report(), tmp_path / "run")) as running:
        page = visit(running.url + "/runs/1/?verdict=agrees")
        open_first(page)
        names = page.locator("#decide button").all_text_contents()
        assert [name.split(maxsplit=1)[1].strip() for name in names] == [
            *("Confirmed", "Not an agreement", "Unsure")
        ]
        page.keyboard.press("3")
        pressed(page, "2")
        page.keyboard.press("k")
        expect(page.locator(".standing .chip")).to_have_text("not an agreement")
