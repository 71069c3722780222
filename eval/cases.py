"""The document cases: what the checker should find in a folder of documents, and what never.

A case quotes statements; each quote is found in the text of its document as
the checker loads it, white space apart. Cases named `no-conflict-…` hold no
contradiction. A case may also hold `claims.jsonl`, with every claim of the
documents that it names, marked by reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic.dataclasses import dataclass as validated

from checker.documents import load_documents
from checker.errors import InputError
from checker.types import Document
from eval.lines import STRICT, Text, refuse, rows

EXPECTED = "expected.jsonl"
MARKED = "claims.jsonl"
NO_CONFLICT = "no-conflict-"


@validated(frozen=True, kw_only=True, config=STRICT)
class Side:
    """A quoted statement of a document; offsets, where given, are into the loaded text."""

    document: Text
    text: Text
    start: int | None = None
    end: int | None = None


@validated(frozen=True, kw_only=True, config=STRICT)
class ExpectedRow:
    """One line of `fixtures/documents/<case>/expected.jsonl`."""

    kind: Literal["contradicts", "agrees", "never"]
    a: Side
    b: Side
    explained_by: Literal["", "time", "attribution", "scope"]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Where a statement stands: `document.text[start:end]` is it, but for white space."""

    document_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Two statements of a case and what the checker should (or must never) say of them."""

    id: str
    kind: str
    a: Quote
    b: Quote
    explained_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The documents of one folder and what is expected of them.

    `marked` holds all claims of the documents in `marked_documents`, which
    were read completely; empty where none was.
    """

    name: str
    documents: tuple[Document, ...]
    expected: tuple[Expected, ...]
    marked: tuple[Quote, ...] = ()
    marked_documents: frozenset[str] = frozenset()

    @property
    def conflict_free(self) -> bool:
        """Whether every contradiction found in this case is a false alarm."""
        return self.name.startswith(NO_CONFLICT)


def _locate(side: Side, documents: dict[str, Document], where: str, field: str) -> Quote | str:
    """Find a quoted statement in its document; a string says what is wrong with it."""
    document = documents.get(side.document)
    if document is None:
        known = ", ".join(sorted(documents))
        return f"{where}: field '{field}.document': no {side.document!r} here; there are {known}"
    if (side.start is None) != (side.end is None):
        return f"{where}: field '{field}.start': give both start and end, or neither"
    if side.start is not None and side.end is not None:
        there = document.text[side.start : side.end]
        if there != side.text:
            return f"{where}: field '{field}.start': the text there is {there[:80]!r}"
        start, end = side.start, side.end
    else:
        words = r"\s+".join(re.escape(word) for word in side.text.split())
        match = re.search(words, document.text)
        if match is None:
            shown = side.text[:80]
            return f"{where}: field '{field}.text': not in {side.document}: {shown!r}"
        start, end = match.span()
    return Quote(document_id=document.id, start=start, end=end, text=side.text)


def load_case(directory: Path) -> Case:
    """One document case, checked.

    Raises InputError naming file, line and field of a quote that is not in
    its document, an offset that does not match, an unknown document or kind,
    and a pair of statements given twice.
    """
    path = directory / EXPECTED
    if not path.is_file():
        raise InputError(f"{path}: missing; every case says what is expected of it")
    files = sorted(p for p in directory.iterdir() if p.suffix != ".jsonl" and p.is_file())
    documents, unread = load_documents(files)
    problems = [f"{problem.path}: {problem.reason}" for problem in unread]
    by_name = {Path(document.path).name: document for document in documents}
    expected: list[Expected] = []
    seen: dict[frozenset[tuple[str, str]], str] = {}
    for where, row in rows(path, ExpectedRow, problems):
        sides = [(_locate(getattr(row, f), by_name, where, f)) for f in ("a", "b")]
        problems += [side for side in sides if isinstance(side, str)]
        a, b = sides
        if isinstance(a, str) or isinstance(b, str):
            continue
        key = frozenset(((a.document_id, a.text), (b.document_id, b.text)))
        if (first := seen.setdefault(key, where)) != where:
            problems.append(f"{where}: field 'a': the same two statements as {first}")
        if row.explained_by and row.kind != "contradicts":
            problems.append(f"{where}: field 'explained_by': only a contradiction is explained")
        if directory.name.startswith(NO_CONFLICT) and row.kind == "contradicts":
            problems.append(f"{where}: field 'kind': a contradiction in a case without conflict")
        expected.append(
            Expected(
                id=f"{directory.name}:{where.rpartition(':')[2]}",
                kind=row.kind,
                a=a,
                b=b,
                explained_by=row.explained_by,
                note=row.note,
            )
        )
    marked, complete = _marked(directory / MARKED, by_name, problems)
    refuse(problems)
    return Case(
        name=directory.name,
        documents=tuple(documents),
        expected=tuple(expected),
        marked=marked,
        marked_documents=complete,
    )


def _marked(
    path: Path, by_name: dict[str, Document], problems: list[str]
) -> tuple[tuple[Quote, ...], frozenset[str]]:
    """The claims that were marked, and the ids of the documents read completely."""
    if not path.is_file():
        return (), frozenset()
    quotes: list[Quote] = []
    for where, side in rows(path, Side, problems):
        quote = _locate(side, by_name, where, "claim")
        if isinstance(quote, str):
            problems.append(quote.replace("'claim.", "'"))
        elif quote in quotes:
            problems.append(f"{where}: field 'text': marked twice")
        else:
            quotes.append(quote)
    return tuple(quotes), frozenset(quote.document_id for quote in quotes)
