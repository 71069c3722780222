"""The HTML report in a real browser, opened from disk."""

import pytest
from builders import HOSTILE, hostile_report, make_document, make_report, realistic_report
from playwright.sync_api import sync_playwright

from checker.report import to_html, write_whole

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync", "--no-first-run"]
REPORTS = {
    "realistic": realistic_report,
    "hostile": hostile_report,
    "empty": lambda: make_report([make_document("The port is open.")]),
}
# Every visible element with text of its own whose contrast (WCAG 2.1) is under 4.5.
PALE = """() => {
  const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    throw new Error("no background");
  };
  const found = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const cell = e.closest(".mark-text");
    if (!own || !e.checkVisibility() || e.matches("script, option") || cell) continue;
    const style = getComputedStyle(e);
    const ink = light(parse(e.namespaceURI.endsWith("svg") ? style.fill : style.color));
    const paper = light(behind(e));
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    found.push([ratio, `${e.tagName} ${e.className} ${e.textContent.slice(0, 30)}`]);
  }
  return [found.length, found.filter(([ratio]) => ratio < 4.5)];
}"""


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open a report; at the end no script error, dialog or request may have happened."""
    contexts, trouble, requests, allowed = [], [], [], set()

    def opened(name, **options):
        path = tmp_path / f"{name}.html"
        write_whole(path, to_html(REPORTS[name]()))
        allowed.add(path.as_uri())
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []
    assert set(requests) == allowed


def shown(page):
    return [article.get_attribute("id") for article in page.locator("article:visible").all()]


@pytest.mark.parametrize("name", list(REPORTS))
def test_opens_from_disk_without_error_dialog_or_request(show, name):
    page = show(name)
    page.wait_for_timeout(200)
    entries = len(REPORTS[name]().groups)
    assert page.locator("#shown").text_content() == f"{entries} of {entries} entries"
    assert page.locator("figure svg").count() == (2 if entries else 0)
    assert page.locator(".empty").count() == (0 if entries else 1)


def test_hostile_text_shows_as_text(show):
    page = show("hostile")
    report = hostile_report()
    side = page.locator("article .side").first
    claim = report.findings[0].pair.a
    assert side.locator("mark").text_content() == claim.text
    assert side.locator("header b").text_content() == report.documents[0].title
    assert side.locator("header bdi").all_text_contents() == [
        report.documents[0].source,
        claim.speaker,
    ]
    assert page.locator(".documents td bdi").first.text_content() == report.documents[0].path
    assert page.locator(".documents li").text_content().count(HOSTILE[0]) == 2
    assert page.locator("img, iframe, object, embed, link, base").count() == 0
    assert page.locator("script").count() == 1


def test_direction_overrides_stay_inside_their_text(show):
    page = show("hostile")
    isolated = page.evaluate(
        """() => [...document.querySelectorAll("header b, bdi, mark, td, .meta span")].filter(
          (e) => e.textContent.includes("\\u202e")).map((e) => {
            const style = getComputedStyle(e.closest("bdi, b, blockquote, td, [dir]"));
            return style.unicodeBidi.startsWith("isolate") || style.display !== "inline";
          })"""
    )
    assert len(isolated) > 10
    assert all(isolated)


def test_filters_change_what_is_visible_and_the_count(show):
    page = show("realistic")
    first, second, explained, agrees, copy = shown(page)
    verdict = page.get_by_role("combobox", name="Verdict")
    source = page.get_by_role("combobox", name="Source")
    text, plain = page.get_by_label("Text"), page.get_by_label("only unexplained")

    def expect(*articles):
        assert shown(page) == list(articles)
        assert page.locator("#shown").text_content() == f"{len(articles)} of 5 entries"

    verdict.select_option("agrees")
    expect(agrees, copy)
    verdict.select_option("contradicts")
    expect(first, second, explained)
    plain.check()
    expect(first, second)
    verdict.select_option("all")
    expect(first, second, agrees, copy)
    plain.uncheck()
    source.select_option(label="Northern Ledger: Tamble bridge closed after collapse")
    expect(first, agrees, copy)  # the first only through another pair of its group
    text.fill("INSPECTED ")
    expect(agrees)
    text.fill("no such words")
    expect()
    text.press("Enter")
    assert page.url.endswith("realistic.html")
    text.fill("")
    source.select_option("all")
    expect(first, second, explained, agrees, copy)


@pytest.mark.parametrize("name", list(REPORTS))
@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_overflows_sideways(show, name, width):
    page = show(name, viewport={"width": width, "height": 844})
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        """() => [...document.body.querySelectorAll("*")].filter((e) => !e.closest(".scroll")
          && e.checkVisibility() && e.getBoundingClientRect().right > innerWidth)
          .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_readable_in_both_colour_schemes(show, scheme):
    page = show("realistic", color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(250, 249, 247)") == (scheme == "light")
    number, pale = page.evaluate(PALE)
    assert number > 80
    assert pale == []


def test_keyboard_reaches_every_control_and_shows_where_it_is(show):
    page = show("realistic")
    reached = {}
    for _ in range(12):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
              return [e.name || e.tagName, s.outlineStyle + " " + parseFloat(s.outlineWidth)]; }"""
        )
        reached[name] = outline
    assert {"verdict", "source", "text", "plain", "SUMMARY"} <= set(reached)
    assert all(reached[n] == "solid 3" for n in ("verdict", "source", "text", "plain", "SUMMARY"))


def test_every_control_has_a_name_for_screen_readers(show):
    page = show("realistic")
    for role, names in {
        "combobox": ["Verdict", "Source"],
        "searchbox": ["Text"],
        "checkbox": ["only unexplained"],
    }.items():
        for name in names:
            assert page.get_by_role(role, name=name).count() == 1
    assert page.get_by_role("region", name="Claim A").count() == 5
