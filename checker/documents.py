"""Files, folders and standard input become `Document`s.

Reads txt, Markdown, HTML, PDF and DOCX; decodes any charset and repairs
mojibake. Does not judge what in a text is worth reading: page furniture is
left in place for `checker.cleaning` to skip, so nothing a reader could look
up is lost. A file that cannot be used becomes a `Problem`, never an exception.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import io
import os
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import ftfy
from charset_normalizer import from_bytes

from checker.cleaning import prose_spans
from checker.dates import find_dateline, parse_date
from checker.errors import InputError
from checker.origins import origins
from checker.types import Document, Problem

STDIN = "-"
# A DOCX is a zip archive; one that unpacks to more than this many times
# `max_bytes` is refused before it is unpacked (a "zip bomb").
MAX_UNPACKED_RATIO = 10
# Share of control characters above which a "text" file is taken for binary.
MAX_CONTROL_SHARE = 0.02
MAX_WRAP_WIDTH = 100  # characters; longer lines are paragraphs of their own
# Share of bytes above 127 below which text that is not UTF-8 is taken for
# Windows Western (cp1252): English has few, and detectors confuse cp1252 with
# cp1250 there ("Sao Paulo" got a Romanian letter). Cyrillic has over 0.5.
MAX_WESTERN_SHARE = 0.2


class Unusable(Exception):  # noqa: N818 - a reason, not a failure of the program
    """The reason why one file cannot be read, in words for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What a reader found in a file."""

    text: str
    title: str | None = None
    author: str | None = None
    source: str | None = None
    published: datetime.date | None = None


def decode(data: bytes) -> str:
    """Return the text of `data` in whatever charset it is, mojibake repaired.

    Raises Unusable for binary data.

    >>> decode("It’s".encode("utf-8").decode("cp1252").encode("utf-8"))
    'It’s'
    """
    return repair(decode_as_written(data))


def decode_as_written(data: bytes) -> str:
    """Return the text of `data` in whatever charset it is, nothing repaired or moved.

    Raises Unusable for binary data. A byte order mark is not text.
    """
    if not data.strip():
        raise Unusable("empty file")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
    elif b"\0" in data[:4096]:
        raise Unusable("binary file, not text")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _decode_legacy(data)
    control = sum(c < " " and c not in "\t\n\r\f\x1b" for c in text)
    if control > MAX_CONTROL_SHARE * len(text):
        raise Unusable("binary file, not text")
    return text


def _decode_legacy(data: bytes) -> str:
    """Decode what is not Unicode: as declared, as Western text, or as best guessed."""
    share = sum(byte > 127 for byte in data) / len(data)
    if share < MAX_WESTERN_SHARE and b"charset=" not in data[:2048].lower():
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("cp1252")
    best = from_bytes(data).best()
    if best is None:
        raise Unusable("binary file or unknown charset")
    return str(best)


# The first byte of a UTF-8 sequence and those that follow it, as Greek charsets show
# them. General punctuation may also stand beside a Greek letter on purpose, as in “Γ”.
_GREEK_MOJIBAKE = re.compile(
    r"[ΒΓΔ](?:[\u0080-\u00bf\u0370-\u03ff]|[\u2010-\u2122](?=[A-Za-z]))"
    r"|β[\u0080-\u00bf\u0370-\u03ff\u2010-\u2122]{2}"
)
_GREEK_WORD = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{2}")


def _from_greek(match: re.Match[str]) -> str:
    for charset in ("iso8859_7", "cp1253"):
        try:
            return match.group().encode(charset).decode("utf-8")
        except UnicodeError:
            continue
    return match.group()


def _without_greek_mojibake(line: str) -> str:
    """Undo UTF-8 read as Greek, unless the line holds real Greek ("Γ΄ τάξη").

    >>> _without_greek_mojibake("stΓΆrfaktor"), _without_greek_mojibake("Γ΄ τάξη")
    ('störfaktor', 'Γ΄ τάξη')
    """
    if _GREEK_WORD.search(_GREEK_MOJIBAKE.sub(" ", line)):
        return line
    return _GREEK_MOJIBAKE.sub(_from_greek, line)


def repair(text: str) -> str:
    """Undo mojibake, drop control characters and make line ends `\\n`.

    ftfy knows UTF-8 read as Latin, Cyrillic and Central European charsets;
    UTF-8 read as Greek ("stΓΆrfaktor" for "störfaktor") is undone here, only
    in lines without Greek words and where the bytes are valid UTF-8.
    """
    text = "".join(_without_greek_mojibake(line) for line in text.splitlines(keepends=True))
    text = ftfy.fix_text(text, uncurl_quotes=False, fix_latin_ligatures=True)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\f", "\n"))


_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__)(?=\S)(.{1,200}?)(?<=\S)\1")


def read_text(data: bytes) -> Raw:
    """Plain text, unwrapped; stray Markdown emphasis marks of saved web pages are removed."""
    return Raw(text=unwrap(_EMPHASIS.sub(r"\2", decode(data))))


def unwrap(text: str) -> str:
    """Make each paragraph of a hard-wrapped text one line, every offset kept.

    A text is hard-wrapped when most lines that are followed by another are
    about as long as the longest, at most MAX_WRAP_WIDTH, and end in the middle
    of a sentence. The line end becomes a space.
    """
    lines = text.split("\n")
    followed = [line for line, after in pairwise(lines) if line.strip() and after.strip()]
    if len(followed) < 3:
        return text
    width = sorted(len(line) for line in followed)[len(followed) * 9 // 10]
    full = [line for line in followed if 0.75 * width <= len(line)]
    inside = [line for line in full if line.rstrip()[-1:] not in '.!?:"”']
    if width > MAX_WRAP_WIDTH or len(full) < 0.6 * len(followed) or len(inside) < 0.6 * len(full):
        return text
    joined = lines[0]
    for line, after in pairwise(lines):
        wrapped = len(line) >= 0.6 * width and re.match(r"[\w\"“(]", after)
        joined += (" " if wrapped else "\n") + after
    return joined


def read_markdown(data: bytes) -> Raw:
    """Markdown without its marks: one paragraph, heading or list item a line."""
    from markdown_it import MarkdownIt

    text = decode(data)
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    fields: dict[str, str] = {}
    if front:
        fields = {
            key.strip().lower(): value.strip().strip("\"'")
            for key, _, value in (line.partition(":") for line in front[1].splitlines())
        }
        text = text[front.end() :]
    lines: list[str] = []
    depth = 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "inline":
            plain = "".join(
                " " if child.type in ("softbreak", "hardbreak") else child.content
                for child in token.children or ()
                if child.type in ("text", "code_inline", "softbreak", "hardbreak")
            )
            lines.append(("- " if depth else "") + plain)
    return Raw(
        text="\n\n".join(lines),
        title=fields.get("title"),
        author=fields.get("author"),
        source=fields.get("source"),
        published=parse_date(fields.get("date", "")),
    )


def read_html(data: bytes) -> Raw:
    """The article of a web page, as trafilatura finds it, with its metadata."""
    import trafilatura
    from trafilatura.settings import Document as Extracted

    found = trafilatura.bare_extraction(
        decode(data), with_metadata=True, include_comments=False, include_tables=False
    )
    if not isinstance(found, Extracted) or not prose_spans(found.text or ""):
        raise Unusable("no article text found in the page")
    return Raw(
        text=repair(found.text or ""),
        title=found.title,
        author=found.author,
        source=found.sitename or found.hostname,
        published=parse_date(found.date or ""),
    )


_PDF_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)")


def read_pdf(data: bytes) -> Raw:
    """The text of a PDF: lines joined to paragraphs, running heads and feet dropped."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = "password" in str(error).lower()
        reason = "encrypted PDF: save it without a password" if encrypted else "damaged PDF"
        raise Unusable(reason) from error
    with pdf:
        pages = [
            [line.strip() for line in page.get_textpage().get_text_bounded().splitlines()]
            for page in pdf
        ]
        metadata = pdf.get_metadata_dict()
    if not any(any(page) for page in pages):
        raise Unusable("PDF without text (a scan?): run OCR on it first")
    running = {
        line
        for line in {line for page in pages for line in page[:2] + page[-2:]}
        if len(pages) > 2 and sum(line in page for page in pages) > len(pages) / 2
    }
    lines = [line for page in pages for line in page if line not in running]
    created = _PDF_DATE.match(metadata.get("CreationDate", ""))
    text = repair(join_wrapped(lines))
    return Raw(
        text=text,
        title=metadata.get("Title") or None,
        author=metadata.get("Author") or None,
        # When the file was made is a poorer guess than what the text says.
        published=find_dateline(text)
        or (parse_date("-".join(created.groups())) if created else None),
    )


def join_wrapped(lines: Sequence[str]) -> str:
    """Join hard-wrapped lines into paragraphs, one a line.

    A paragraph ends at an empty line, and at a line that ends a sentence
    well short of the usual width. Words hyphenated over a line end are joined.
    """
    width = sorted(len(line) for line in lines if line)[len([x for x in lines if x]) * 3 // 4]
    paragraphs = [""]
    for line in lines:
        current = paragraphs[-1]
        if not line:
            paragraphs.append("")
        elif current.endswith(("-", "\ufffe")) and line[0].islower():
            paragraphs[-1] = current[:-1] + line
        else:
            paragraphs[-1] = f"{current} {line}".strip()
        if line and len(line) < 0.75 * width:
            paragraphs.append("")
    return "\n".join(paragraph for paragraph in paragraphs if paragraph)


def open_docx(data: bytes) -> Any:
    """Open a DOCX with python-docx. Raises Unusable when it is damaged, encrypted or a bomb."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unusable("encrypted or old binary Word file: save it as an open DOCX")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_UNPACKED_RATIO * max(len(data), 1_000_000):
            raise Unusable("DOCX unpacks to far more than its size; refused")
        return docx.Document(io.BytesIO(data))
    except (
        zipfile.BadZipFile,
        zlib.error,
        PackageNotFoundError,
        SyntaxError,  # of lxml, when the XML inside is broken
        KeyError,
        ValueError,
    ) as error:
        raise Unusable("damaged DOCX") from error


def read_docx(data: bytes) -> Raw:
    """The paragraphs and table cells of a DOCX, one a line."""
    document = open_docx(data)
    lines = [
        ("- " if "List" in (p.style.name or "" if p.style else "") else "") + p.text
        for p in document.paragraphs
    ]
    lines += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    properties = document.core_properties
    text = repair("\n".join(lines))
    # python-docx stamps its template with 2013; a date of the template is no date.
    saved = (
        properties.modified if properties.modified and properties.modified.year != 2013 else None
    )
    return Raw(
        text=text,
        title=properties.title or None,
        author=properties.author or None,
        # As with PDF: when the file was saved is the poorer guess.
        published=find_dateline(text) or (saved.date() if saved else None),
    )


READERS: dict[str, Callable[[bytes], Raw]] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def find_files(
    paths: Iterable[str | Path], leave_out: Path | None = None
) -> Iterator[str | Problem]:
    """Yield the files under `paths` in sorted order, without hidden files.

    Nothing under the folder `leave_out` is found by walking: a report written
    into the folder that is checked is no document of the next run.
    """
    for given in paths:
        path = Path(given)
        if str(given) == STDIN:
            yield STDIN
        elif reason := _unreachable(path):
            yield Problem(path=str(path), reason=reason)
        elif path.is_dir():
            yield from _files_in(path, leave_out)
        else:
            yield str(path)


def _unreachable(path: Path) -> str | None:
    """Why nothing can be found at a path, or None."""
    try:
        path.stat()
    except PermissionError:
        return "permission denied"
    except OSError as error:
        if os.path.islink(path):  # which, unlike Path, never raises
            return "broken symbolic link"
        missing = isinstance(error, (FileNotFoundError, NotADirectoryError))
        return "no such file or folder" if missing else f"cannot be read: {error.strerror}"
    return None


def _files_in(folder: Path, leave_out: Path | None) -> Iterator[str | Problem]:
    """The files under a folder; a folder that cannot be listed or holds none is a problem."""
    failed: list[OSError] = []
    files: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=failed.append):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and not (leave_out and Path(parent, name).resolve() == leave_out.resolve())
        ]
        files += [Path(parent, name) for name in names if not name.startswith(".")]
    for error in failed:
        yield Problem(path=str(error.filename), reason=f"cannot be listed: {error.strerror}")
    if not files and not failed:
        yield Problem(path=str(folder), reason="no files in this folder")
    for file in sorted(files):
        if reason := _unreachable(file):
            yield Problem(path=str(file), reason=reason)
        elif file.suffix.lower() not in READERS:
            yield Problem(path=str(file), reason=_unsupported(file), skipped=True)
        else:
            yield str(file)


def _unsupported(path: Path) -> str:
    known = ", ".join(sorted(READERS))
    return f"format {path.suffix.lower() or 'without suffix'} is not supported (known: {known})"


def read_bytes(name: str, max_bytes: int) -> tuple[bytes, str]:
    """Return the content of one file (or standard input for "-") and its suffix, in lower case.

    Raises Unusable when it cannot be read, is too large, or is empty.
    """
    if name == STDIN:
        data = sys.stdin.buffer.read(max_bytes + 1)
        suffix = ".html" if data.lstrip()[:15].lower().startswith((b"<!doc", b"<html")) else ".txt"
    else:
        path = Path(name)
        suffix = path.suffix.lower()
        try:
            if not path.is_file():
                raise Unusable("not a regular file")
            with path.open("rb") as stream:
                data = stream.read(max_bytes + 1)
        except PermissionError as error:
            raise Unusable("permission denied") from error
        except OSError as error:
            raise Unusable(f"cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise Unusable(f"larger than {max_bytes:,} bytes (raise it with --max-bytes)")
    if not data.strip():
        raise Unusable("empty file")
    return data, suffix


def read_file(name: str, max_bytes: int) -> Raw:
    """Read one file (or standard input for "-"). Raises Unusable."""
    data, suffix = read_bytes(name, max_bytes)
    reader = READERS.get(suffix)
    if reader is None:
        raise Unusable(_unsupported(Path(name)))
    raw = reader(data)
    if not raw.text.strip():
        raise Unusable("no text found")
    return raw


def headline(text: str) -> str | None:
    """Return the first of the top lines that reads like a title, or None."""
    top = [line.strip().lstrip("#-*•←→ ") for line in text.splitlines() if line.strip()][:5]
    return next((line for line in top if len(line.split()) >= 4 and len(line) <= 150), None)


def make_document(name: str, raw: Raw) -> Document:
    """Give a text its identity, title, source and date."""
    stem = "standard input" if name == STDIN else Path(name).stem
    digest = hashlib.sha256(raw.text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Document(
        id=digest,
        title=raw.title or headline(raw.text) or stem,
        source=raw.source or stem,
        author=raw.author,
        published=raw.published or find_dateline(raw.text),
        text=raw.text,
        path=name,
        origin=digest,
    )


def load_documents(
    paths: Iterable[str | Path],
    *,
    max_bytes: int = 20_000_000,
    leave_out: Path | None = None,
    read: Callable[[str, int], Raw] = read_file,
) -> tuple[list[Document], list[Problem]]:
    """Read files, folders (recursively) and "-" into documents, in sorted order.

    `read` gets the content of one file of at most so many bytes, or raises
    Unusable. A folder `leave_out` inside a given folder is passed over. Returns the
    documents and, for every path that could not be used, a Problem. A file
    given twice is read once. Raises InputError when nothing usable is left.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for found in find_files(paths, leave_out):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        real = found if found == STDIN else str(Path(found).resolve())
        if real in seen:
            continue
        seen.add(real)
        try:
            documents.append(make_document(found, read(found, max_bytes)))
        except Unusable as error:
            problems.append(Problem(path=found, reason=str(error)))
        except Exception as error:  # a parser broken by a hostile file must not end the run
            reason = f"cannot be parsed ({type(error).__name__})"
            problems.append(Problem(path=found, reason=reason))
    if not documents:
        detail = "".join(f"\n  {p.path}: {p.reason}" for p in problems[:10])
        raise InputError(f"no usable document among the given paths{detail}")
    documents = _numbered(documents)
    copies = origins([document.text for document in documents])
    return [
        replace(document, origin=documents[first].id)
        for document, first in zip(documents, copies, strict=True)
    ], problems


def _numbered(documents: list[Document]) -> list[Document]:
    """Tell files with the same text apart: the second one's id ends in "-2"."""
    seen: Counter[str] = Counter()
    made = []
    for document in documents:
        seen[document.id] += 1
        number = seen[document.id]
        made.append(replace(document, id=f"{document.id}-{number}") if number > 1 else document)
    return made


def from_text(text: str, *, title: str, **fields: Any) -> Document:
    """Make a Document of a string; `fields` are those of `Document`."""
    return replace(make_document(title, Raw(text=text, title=title)), **fields)
