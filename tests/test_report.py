import csv
import datetime
import io
import json
import xml.etree.ElementTree as ET

import pytest
from builders import (
    HOSTILE,
    hostile_report,
    make_claim,
    make_document,
    make_finding,
    make_report,
    realistic_report,
    two_sides,
)
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checker.charts import MAX_SOURCES, source_matrix, timeline
from checker.errors import InputError
from checker.escaping import cell, printable, quote
from checker.report import (
    FORMATS,
    PARAGRAPH_CHARACTERS,
    entries,
    line_of,
    to_csv,
    to_html,
    to_json,
    to_markdown,
    write_report,
    write_whole,
)

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from([*'#*_[]()<>`~|\\!&;:/.-+=1 \t"@\n', "&lt;", "www.", "[a](b)", "<b>"]),
    max_size=12,
).map("".join)


def test_json_has_the_versioned_shape_of_the_schema():
    report = realistic_report()
    data = json.loads(to_json(report))
    assert data["schema_version"] == 1
    assert set(data) == {
        *("schema_version", "created", "model", "documents", "claims", "findings", "problems"),
        "stats",
    }
    finding = data["findings"][0]
    assert finding["verdict"] == "contradicts"
    assert finding["differences"] == [{"kind": "number", "a": "0", "b": "3"}]
    assert set(finding["scores"]) == {"forward", "backward"}
    assert set(finding["scores"]["forward"]) == {"agree", "neutral", "contradict"}
    assert data["findings"][3]["explained_by"] == ["time", "attribution"]
    texts = {document["id"]: document["text"] for document in data["documents"]}
    for found in data["findings"]:
        for side in (found["a"], found["b"]):
            assert set(side) == {"claim_id", "document_id", "start", "end", "text"}
            assert texts[side["document_id"]][side["start"] : side["end"]] == side["text"]
    assert data["documents"][0]["published"] == "2024-11-25"
    assert data["created"] == "2025-03-04T09:30:00+00:00"


def test_json_reads_back_text_that_utf8_cannot_hold(tmp_path):
    document = make_document("The port is open.", path="caf\udce9.txt", source="caf\udce9")
    written = write_report(make_report([document]), tmp_path, list(FORMATS))
    data = json.loads(written[0].read_text(encoding="utf-8"))
    assert data["documents"][0]["path"] == "caf\udce9.txt"


@pytest.mark.parametrize("make", [realistic_report, hostile_report])
def test_csv_reads_back_with_one_row_a_finding_and_no_formula(make):
    report = make()
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    assert [row["id"] for row in rows] == [finding.id for finding in report.findings]
    assert all(None not in row and None not in row.values() for row in rows)
    values = [value for row in rows for value in row.values()]
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in values)
    assert not any("\x1b" in value or "\u202e" in value for value in values)


def test_csv_holds_what_the_finding_says():
    row = list(csv.DictReader(io.StringIO(to_csv(realistic_report()))))[3]
    assert (row["verdict"], row["confidence"]) == ("contradicts", "0.880")
    assert row["explained_by"] == "time attribution"
    assert (row["source_b"], row["date_b"], row["line_b"]) == ("Harbour Review", "2026-12-02", "1")
    assert row["speaker_b"] == "the new county council"
    assert row["differences"] == "negation: / not"


@given(TEXTS)
def test_a_cell_is_one_line_and_starts_no_formula(text):
    assert not cell(text).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"))
    assert cell(text).removeprefix("'") == printable(text).removeprefix("'")


@given(st.text() | st.text(alphabet="\x1b\x9b[31m\x07\u202e\u2066\x00\ud800\ufffe\n\u2028\x85 a"))
def test_printable_text_cannot_steer_a_terminal(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\ufffe" for c in shown)
    shown.encode("utf-8")


@given(TEXTS)
def test_quoted_markdown_shows_exactly_the_text(text):
    tokens = MARKDOWN.parse(f"> {quote(text)}\n")
    kinds = [token.type for token in tokens if token.type.endswith("_open")]
    assert kinds in (["blockquote_open", "paragraph_open"], ["blockquote_open"])
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == printable(text)


@pytest.mark.parametrize("text", ["see https://evil.example", "WWW.evil.example", "a@evil.example"])
def test_quoted_markdown_leaves_githubs_autolinks_nothing(text):
    assert "\\" in quote(text)


def test_markdown_of_a_hostile_report_has_only_its_own_structure():
    tokens = MARKDOWN.parse(to_markdown(hostile_report()))
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block"}
    headings = [t.content for i, t in enumerate(tokens) if tokens[i - 1].type == "heading_open"]
    assert headings[0] == "Contradiction report"
    assert headings[1:] == [f"{n}. contradicts — 90%" for n in range(1, len(HOSTILE))]


def test_markdown_tells_sources_explanations_and_unread_files():
    text = to_markdown(realistic_report())
    assert "> — Harbour Review, 2026-12-02, line 1, according to the new county council" in text
    assert "May be explained by: time, attribution" in text
    assert "* not read: scans/page-3.pdf: PDF without text" in text
    assert "No pair of claims" in to_markdown(make_report([make_document("Quiet.")]))


def test_entries_join_a_group_and_count_independent_origins():
    shown = entries(realistic_report())
    assert [entry.headline for entry in shown] == [
        "contradicts (2 pairs)",
        "contradicts",
        "contradicts",
        "agrees (2 sources, 2 independent origins)",
        "agrees (2 sources, 1 independent origin)",
    ]
    assert shown[0].others[0][1].document.source == "Northern Ledger"


def test_a_side_shows_the_claim_inside_its_paragraph_and_its_line():
    text = "Title\n\nFirst sentence. The port is shut. Last one.\nNext paragraph."
    document = make_document(text)
    claim = make_claim(document, "The port is shut.")
    side = entries(make_report([document], [make_finding(claim, claim)]))[0].sides[0]
    assert (side.before, side.after, side.line) == ("First sentence. ", " Last one.", 3)
    assert line_of(document, 0) == 1


def test_a_long_paragraph_is_cut_at_words_and_marked():
    filler = "word " * PARAGRAPH_CHARACTERS
    document = make_document(f"{filler}The port is shut. {filler}")
    claim = make_claim(document, "The port is shut.")
    side = entries(make_report([document], [make_finding(claim, claim)]))[0].sides[0]
    assert side.before.startswith("… word ")
    assert side.after.endswith(" word …")
    assert len(side.before + side.after) < 2 * PARAGRAPH_CHARACTERS + 10


def test_html_escapes_every_free_text():
    page = to_html(hostile_report())
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<img" not in page
    assert "{{ 7*7 }}" in page


def test_charts_show_sources_as_text_and_nothing_where_there_is_nothing():
    report = hostile_report()
    for svg in (source_matrix(report), timeline(report)):
        root = ET.fromstring(svg)
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert not names & {"script", "image", "foreignObject", "a"}
        assert any("<script>" in (element.text or "") for element in root.iter())
    quiet = make_report([make_document("The port is open.")])
    assert source_matrix(quiet) == timeline(quiet) == ""


def test_charts_keep_sources_apart_that_begin_alike():
    long = "The Northern Ledger and Advertiser of "
    a, b = make_document("It is open.", long + "Tamble"), make_document("It is shut.", long + "Ulm")
    svg = source_matrix(make_report([a, b], [make_finding(make_claim(a), make_claim(b))]))
    texts = [element.text for element in ET.fromstring(svg).iter() if element.text]
    assert texts.count("1") == 2
    assert len({text for text in texts if text.startswith("The Northern")}) == 2


def test_charts_are_bounded_and_show_pairs_where_the_busiest_sources_never_meet():
    # 25 hubs, each against three documents of its own: the 20 busiest do not clash.
    findings, documents = [], []
    for hub in range(25):
        centre = make_document(f"Hub {hub} is open.", f"hub {hub}")
        leaves = [make_document(f"Hub {hub} is shut, {n}.", f"leaf {hub} {n}") for n in range(3)]
        documents += [centre, *leaves]
        findings += [make_finding(make_claim(centre), make_claim(leaf)) for leaf in leaves]
    svg = source_matrix(make_report(documents, findings))
    texts = [element.text for element in ET.fromstring(svg).iter() if element.text]
    assert 2 <= len({text for text in texts if text.startswith(("hub", "leaf"))}) <= MAX_SOURCES
    dated = [
        make_document(f"Text {n}.", f"paper {n}", published=datetime.date(2024, 1, 1))
        for n in range(MAX_SOURCES + 5)
    ]
    assert timeline(make_report(dated)).count(">paper ") == MAX_SOURCES


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("checker.report.os.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    assert path.read_text() == "old"


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file: cannot write there"):
        write_report(make_report([make_document("x")]), tmp_path / "file", ["json"])


def test_all_formats_of_a_report_of_one_contradiction(tmp_path):
    report = two_sides("The port is open.", "The port is shut.")
    written = write_report(report, tmp_path / "new" / "out", list(FORMATS))
    assert [p.name for p in written] == ["report.json", "findings.csv", "report.md", "report.html"]
    assert all("The port is shut." in p.read_text(encoding="utf-8") for p in written)
