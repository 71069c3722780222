"""Reading files: every format, every charset, and every way a file can be bad."""

import datetime
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from checker.documents import decode, from_text, join_wrapped, load_documents, repair, unwrap
from checker.errors import InputError
from checker.types import Document

SENTENCE = "The port of Odessa was closed on Friday after two ships collided."
ARTICLE = f"""<html><head><title>Port closed</title>
<meta name="author" content="Anna Berg">
<meta property="og:site_name" content="Harbour News">
<meta property="article:published_time" content="2024-11-29T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav><article><h1>Port closed</h1>
<p>{SENTENCE} The harbour master said that no ship may leave before the wrecks are raised.</p>
<p>Divers found both wrecks at a depth of forty metres. The work will take three weeks,
the city said, and cost about two million euros.</p></article>
<footer>All rights reserved</footer></body></html>"""


def read_one(path: Path) -> Document:
    documents, problems = load_documents([path])
    assert problems == []
    return documents[0]


def write_pdf(path: Path, pages: list[list[str]], **settings: object) -> Path:
    canvas = Canvas(str(path), **settings)
    canvas.setTitle("Port report")
    canvas.setAuthor("Anna Berg")
    for lines in pages:
        for row, line in enumerate(lines):
            canvas.drawString(50, 800 - 14 * row, line)
        canvas.showPage()
    canvas.save()
    return path


def write_docx(path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = "Port report"
    document.core_properties.author = "Anna Berg"
    document.core_properties.modified = datetime.datetime(2024, 11, 29)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("Divers found both wrecks.", style="List Bullet")
    document.add_table(rows=1, cols=1).cell(0, 0).text = "Cost: two million euros"
    document.save(str(path))
    return path


# --- formats and their metadata


def test_text_takes_its_title_from_the_first_line_and_its_date_from_the_dateline(tmp_path):
    path = tmp_path / "port.txt"
    path.write_text(f"Port of Odessa closed again\nNovember 29, 2024\n\n{SENTENCE}\n")
    document = read_one(path)
    assert document.title == "Port of Odessa closed again"
    assert document.published == datetime.date(2024, 11, 29)
    assert document.source == "port"


def test_markdown_front_matter_gives_title_author_source_and_date(tmp_path):
    path = tmp_path / "port.md"
    path.write_text(
        "---\ntitle: 'Port: closed'\nauthor: Anna Berg\nsource: Harbour News\n"
        f"date: 2024-11-29\n---\n\n# Heading\n\n{SENTENCE}\n"
    )
    document = read_one(path)
    assert (document.title, document.author) == ("Port: closed", "Anna Berg")
    assert (document.source, document.published) == ("Harbour News", datetime.date(2024, 11, 29))
    assert "author:" not in document.text


def test_markdown_marks_are_removed_and_each_block_is_one_line(tmp_path):
    path = tmp_path / "port.md"
    path.write_text(
        "# The *port*\n\nIt **was**\n`closed`, see [here](http://x.y).\n\n* one\n* two\n"
    )
    assert read_one(path).text.split("\n\n") == [
        "The port",
        "It was closed, see here.",
        "- one",
        "- two",
    ]


def test_stray_emphasis_marks_of_a_text_file_are_removed(tmp_path):
    path = tmp_path / "port.txt"
    path.write_text("The port **was closed** and ***not*** sold; 2 ** 3 stays.")
    assert read_one(path).text == "The port was closed and not sold; 2 ** 3 stays."


def test_html_gives_the_article_without_menus_and_its_metadata(tmp_path):
    path = tmp_path / "port.html"
    path.write_text(ARTICLE)
    document = read_one(path)
    assert SENTENCE in document.text
    assert "Shop" not in document.text
    assert "rights reserved" not in document.text
    assert (document.title, document.author) == ("Port closed", "Anna Berg")
    assert (document.source, document.published) == ("Harbour News", datetime.date(2024, 11, 29))


def test_pdf_gives_text_title_author_and_date(tmp_path):
    document = read_one(write_pdf(tmp_path / "port.pdf", [[SENTENCE]]))
    assert SENTENCE in document.text
    assert (document.title, document.author) == ("Port report", "Anna Berg")
    assert document.published is not None


def test_the_date_in_a_pdf_counts_more_than_the_day_the_file_was_made(tmp_path):
    pages = [["Town council", "Town clerk, 17 April 2024", "", SENTENCE]]
    document = read_one(write_pdf(tmp_path / "minutes.pdf", pages, invariant=1))
    assert document.published == datetime.date(2024, 4, 17)


def test_pdf_lines_are_joined_and_running_heads_dropped(tmp_path):
    pages = [
        [
            "Harbour Review",
            f"On day {day} the port was closed to all the ships",
            f"of company {day}, which had refused to pay the new dues.",
            f"On the next day it opened again ({day}).",
        ]
        for day in ("one", "two", "three")
    ]
    text = read_one(write_pdf(tmp_path / "port.pdf", pages)).text
    assert "Harbour Review" not in text
    assert "On day two the port was closed to all the ships of company two, which had" in text


def test_docx_gives_paragraphs_lists_tables_and_metadata(tmp_path):
    document = read_one(write_docx(tmp_path / "port.docx"))
    assert document.text.split("\n") == [
        SENTENCE,
        "- Divers found both wrecks.",
        "Cost: two million euros",
    ]
    assert (document.title, document.author) == ("Port report", "Anna Berg")
    assert document.published == datetime.date(2024, 11, 29)


def test_a_word_hyphenated_over_a_line_end_is_joined():
    assert join_wrapped(["the har-", "bour"]) == "the harbour"


def test_standard_input_is_read_for_a_dash():
    script = (
        "from checker.documents import load_documents\n"
        "[document], problems = load_documents(['-'])\n"
        "print(document.path, document.source, document.text, problems, sep='|')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=SENTENCE.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().strip() == f"-|standard input|{SENTENCE}|[]"


def test_html_on_standard_input_is_recognised():
    script = (
        "from checker.documents import load_documents\n"
        "[document], _ = load_documents(['-'])\n"
        "print(document.title)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=ARTICLE.encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.decode().strip() == "Port closed"


# --- charsets


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_unicode_in_every_encoding_reads_the_same(charset):
    mark = b"\xfe\xff" if charset == "utf-16-be" else b""
    assert decode(mark + "Störfaktor – it’s".encode(charset)) == "Störfaktor – it’s"


def test_windows_text_in_cp1252_is_decoded():
    text = "The café’s owner said “no” — the naïve plan of the Élysée failed in São Paulo."
    assert decode(text.encode("cp1252")) == text


def test_a_declared_charset_is_believed(tmp_path):
    path = tmp_path / "port.html"
    page = ARTICLE.replace("<head>", "<head><meta charset='windows-1250'>").replace(
        "Divers", "Řeka"
    )
    path.write_bytes(page.encode("cp1250"))
    assert "Řeka found both wrecks" in read_one(path).text


def test_russian_text_in_cp1251_is_decoded():
    text = "Порт Одессы был закрыт в пятницу после столкновения двух судов. Работы продолжаются."
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize(
    ("broken", "meant"),
    [
        ("stΓΆrfaktor", "störfaktor"),
        ("Γ–sterreich", "Österreich"),
        ("ΓΆΓΌ", "öü"),
        ("Itβ€™s 25Β°C and Β£100", "It’s 25°C and £100"),
        ("Itâ€™s", "It’s"),
        ("cafÃ©", "café"),
        ("a &amp; b", "a & b"),
    ],
)
def test_mojibake_is_undone(broken, meant):
    assert repair(broken) == meant


@pytest.mark.parametrize(
    "greek",
    [
        "Ο Β΄ Παγκόσμιος Πόλεμος άρχισε το 1939.",
        "Η Γ’ τάξη και το β’ εξάμηνο, Γ΄ Δημοτικού",
        "ΒΈΒΑΙΑ ΔΈΛΤΑ ΓΆΜΟΣ «ΑΒΓ»",
        "Βέβαια, η Γη και η Δύναμη· «Δ» και «Β».",
        "the letter “Γ” and the ratio “Δ”",
        "β-carotene, Δ9-THC and γ-rays",
    ],
)
def test_real_greek_survives(greek):
    assert decode(greek.encode()) == greek


@given(st.text(alphabet="αβγδεζηθικλμνξοπρστυφχψωάέήίόύώςΑΒΓΔΈΆΊΌΎΏ΄ ", max_size=60))
def test_greek_words_are_never_taken_for_mojibake(words):
    text = f"και {words} λόγος".replace("΄", "΄ ")
    assert repair(text).split() == text.split()


def test_control_characters_go_and_line_ends_become_newlines():
    assert repair("one\r\ntwo\rthree\x07\ffour") == "one\ntwo\nthree\nfour"


@given(st.text(max_size=200))
def test_repair_never_fails_and_leaves_no_control_characters(text):
    fixed = repair(text)
    assert not any(c < " " and c not in "\t\n" for c in fixed)


# --- bad input: each says what and why, and the rest of the run survives


def reason_for(bad: Path, *, max_bytes: int = 20_000_000) -> str:
    """Load `bad` beside a good file; return the reason given for it."""
    good = bad.parent / "good.txt"
    good.write_text(SENTENCE)
    documents, problems = load_documents([bad, good], max_bytes=max_bytes)
    assert [document.text for document in documents] == [SENTENCE]
    assert [problem.path for problem in problems] == [str(bad)]
    return problems[0].reason


@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
@pytest.mark.parametrize("suffix", [".txt", ".pdf", ".docx", ".html"])
def test_empty_file(tmp_path, suffix, content):
    bad = tmp_path / f"bad{suffix}"
    bad.write_bytes(content)
    assert reason_for(bad) == "empty file"


@pytest.mark.parametrize("content", [b"\x00\x01\x02" * 99, bytes(range(1, 32)) * 99])
def test_binary_file(tmp_path, content):
    bad = tmp_path / "bad.txt"
    bad.write_bytes(content)
    assert reason_for(bad) == "binary file, not text"


def test_text_without_anything_visible(tmp_path):
    bad = tmp_path / "bad.md"
    bad.write_text("---\ntitle: Nothing\n---\n")
    assert reason_for(bad) == "no text found"


def test_encrypted_pdf(tmp_path):
    bad = write_pdf(tmp_path / "bad.pdf", [[SENTENCE]], encrypt=StandardEncryption("secret"))
    assert reason_for(bad) == "encrypted PDF: save it without a password"


def test_damaged_pdf(tmp_path):
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 and then nothing of use")
    assert reason_for(bad) == "damaged PDF"


def test_pdf_without_text(tmp_path):
    bad = tmp_path / "bad.pdf"
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(200, 200)
    pdf.save(bad)
    pdf.close()
    assert reason_for(bad) == "PDF without text (a scan?): run OCR on it first"


def test_truncated_docx(tmp_path):
    bad = write_docx(tmp_path / "bad.docx")
    bad.write_bytes(bad.read_bytes()[:4000])
    assert reason_for(bad) == "damaged DOCX"


def test_zip_that_is_no_docx(tmp_path):
    bad = tmp_path / "bad.docx"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert reason_for(bad) == "damaged DOCX"


def test_docx_with_broken_xml(tmp_path):
    whole, bad = write_docx(tmp_path / "whole.docx"), tmp_path / "bad.docx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data[:300] if name == "word/document.xml" else data)
    whole.unlink()
    assert reason_for(bad) == "damaged DOCX"


def test_encrypted_docx(tmp_path):
    bad = tmp_path / "bad.docx"
    bad.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600)
    assert reason_for(bad) == "encrypted or old binary Word file: save it as an open DOCX"


def test_zip_bomb(tmp_path):
    bad = tmp_path / "bad.docx"
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 30_000_000)
    assert reason_for(bad) == "DOCX unpacks to far more than its size; refused"


def test_file_over_the_size_limit(tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text("word " * 1000)
    reason = reason_for(bad, max_bytes=2000)
    assert reason == "larger than 2,000 bytes (raise it with --max-bytes)"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_read_permission(tmp_path):
    bad = tmp_path / "bad.txt"
    bad.write_text(SENTENCE)
    bad.chmod(0)
    assert reason_for(bad) == "permission denied"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_folder_that_cannot_be_listed(tmp_path):
    bad = tmp_path / "locked"
    bad.mkdir()
    bad.chmod(0)
    try:
        assert reason_for(bad) == "cannot be listed: Permission denied"
        _, problems = load_documents([bad / "inside.txt", tmp_path / "good.txt"])
        assert problems[0].reason == "permission denied"
    finally:
        bad.chmod(0o700)


def test_broken_symlink(tmp_path):
    bad = tmp_path / "bad.txt"
    bad.symlink_to(tmp_path / "gone.txt")
    assert reason_for(bad) == "broken symbolic link"


def test_broken_symlinks_inside_a_folder(tmp_path):
    (tmp_path / "good.txt").write_text(SENTENCE)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere.txt")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    documents, problems = load_documents([tmp_path])
    assert len(documents) == 1
    assert [(Path(p.path).name, p.reason) for p in problems] == [
        ("gone.txt", "broken symbolic link"),
        ("loop.txt", "broken symbolic link"),
    ]


def test_missing_path(tmp_path):
    assert reason_for(tmp_path / "gone.txt") == "no such file or folder"


def test_path_below_a_file(tmp_path):
    (tmp_path / "good.txt").write_text(SENTENCE)
    _, problems = load_documents([tmp_path / "good.txt" / "inside.txt", tmp_path / "good.txt"])
    assert problems[0].reason == "no such file or folder"


def test_overlong_path(tmp_path):
    assert reason_for(tmp_path / ("x" * 5000)) == "cannot be read: File name too long"


def test_folder_without_files(tmp_path):
    bad = tmp_path / "empty"
    (bad / ".hidden").mkdir(parents=True)
    (bad / ".hidden" / "secret.txt").write_text(SENTENCE)
    assert reason_for(bad) == "no files in this folder"


@pytest.mark.parametrize(("name", "shown"), [("bad.xlsx", ".xlsx"), ("bad", "without suffix")])
def test_unsupported_format(tmp_path, name, shown):
    bad = tmp_path / name
    bad.write_text(SENTENCE)
    reason = reason_for(bad)
    assert reason.startswith(f"format {shown} is not supported (known: .docx, ")


def test_named_pipe_is_not_waited_for(tmp_path):
    bad = tmp_path / "bad.txt"
    os.mkfifo(bad)
    assert reason_for(bad) == "not a regular file"


@pytest.mark.parametrize(
    "body",
    [
        "<nav><a href='/'>Home</a></nav>",
        "<ul><li><a href='/a'>Port news</a></li><li><a href='/b'>Shop</a></li></ul>",
        "<script>var port = 'closed';</script>",
    ],
)
def test_html_without_article(tmp_path, body):
    bad = tmp_path / "bad.html"
    bad.write_text(f"<html><head><title>Port</title></head><body>{body}</body></html>")
    assert reason_for(bad) == "no article text found in the page"


def test_nothing_usable_names_each_file_and_reason(tmp_path):
    (tmp_path / "empty.txt").touch()
    with pytest.raises(InputError) as caught:
        load_documents([tmp_path / "empty.txt", tmp_path / "gone.txt"])
    assert str(caught.value).splitlines() == [
        "no usable document among the given paths",
        f"  {tmp_path / 'empty.txt'}: empty file",
        f"  {tmp_path / 'gone.txt'}: no such file or folder",
    ]


# --- which files, in which order, as which documents


def test_folders_are_read_recursively_in_sorted_order_without_hidden_files(tmp_path):
    for name in ("b.txt", "a/z.txt", "a/y.txt", ".git/x.txt", ".hidden.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{SENTENCE} {name}")
    documents, problems = load_documents([tmp_path])
    found = [str(Path(document.path).relative_to(tmp_path)) for document in documents]
    assert found == ["a/y.txt", "a/z.txt", "b.txt"]
    assert problems == []


def test_a_file_given_twice_is_read_once(tmp_path):
    path = tmp_path / "port.txt"
    path.write_text(SENTENCE)
    (tmp_path / "link.txt").symlink_to(path)
    documents, _ = load_documents([path, tmp_path, str(path)])
    assert len(documents) == 1


def test_a_renamed_file_keeps_its_id(tmp_path):
    (tmp_path / "a.txt").write_text(SENTENCE)
    (tmp_path / "b.txt").write_text(SENTENCE)
    assert read_one(tmp_path / "a.txt").id == read_one(tmp_path / "b.txt").id


def test_a_copy_in_another_format_shares_the_origin(tmp_path):
    (tmp_path / "a.txt").write_text(SENTENCE)
    (tmp_path / "b.md").write_text(f"# A heading here\n\n{SENTENCE}")
    (tmp_path / "c.txt").write_text("Wheat prices rose in Peru last year because of the drought.")
    documents, _ = load_documents([tmp_path])
    assert [d.origin for d in documents] == [documents[0].id, documents[0].id, documents[2].id]


def test_from_text_takes_any_field():
    document = from_text(SENTENCE, title="Port", published=datetime.date(2024, 1, 2))
    assert (document.text, document.title) == (SENTENCE, "Port")
    assert document.published == datetime.date(2024, 1, 2)


def test_a_file_of_no_document_format_in_a_folder_is_passed_over(tmp_path):
    (tmp_path / "note.txt").write_text(SENTENCE)
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8")
    documents, problems = load_documents([tmp_path])
    assert [document.source for document in documents] == ["note"]
    assert [(Path(p.path).name, p.skipped) for p in problems] == [("picture.jpg", True)]


def test_a_report_written_into_the_folder_is_no_document(tmp_path):
    (tmp_path / "note.txt").write_text(SENTENCE)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.md").write_text(SENTENCE)
    documents, problems = load_documents([tmp_path], leave_out=tmp_path / "out")
    assert len(documents) == 1
    assert not problems


def test_files_with_the_same_text_are_two_documents_of_one_origin(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(SENTENCE)
    documents, _ = load_documents([tmp_path])
    assert len({document.id for document in documents}) == 2
    assert len({document.origin for document in documents}) == 1


def test_hard_wrapped_text_is_joined_and_keeps_its_offsets():
    wrapped = (
        "The storm of last week tore two of the sails from the roof of the\n"
        "warehouse, and some of you have asked whether the concerts will go\n"
        "on as before. The sails were caught by the stage crew before they\n"
        "reached the harpsichord, and they are back in their places.\n\n"
        "Tickets are still on sale."
    )
    joined = unwrap(wrapped)
    assert len(joined) == len(wrapped)
    assert "roof of the warehouse, and" in joined
    assert "places.\n\nTickets" in joined
    assert (
        unwrap("One.\nTwo short lines.\nThree.\nFour.") == "One.\nTwo short lines.\nThree.\nFour."
    )
