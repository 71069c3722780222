"""`eval drafts`: are planted contradictions found, at their place, and honest drafts left alone?

Every case goes through the product's own `check_draft`. A note meets an
expected one when it is of the same kind, begins at the same line and column
or covers half of the same words, and its other side is the expected sentence.
In `honest-…` cases every error is false, counted per 1,000 words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass as validated

from checker.config import Config
from checker.documents import load_documents
from checker.draft.cache import Cache
from checker.draft.checking import Models, check_draft, compare, load_models
from checker.draft.noting import Writer
from checker.draft.positions import LineIndex
from checker.draft.reading import read_draft
from checker.draft.types import PROSE, Draft, Level, Note, Place, Result, Rule
from checker.errors import CheckerError, InputError
from checker.types import Claim, ModelInfo, Pair
from eval.lines import STRICT, Text, refuse, rows
from eval.matching import COMMON
from eval.metrics import RESAMPLES, with_intervals
from eval.results import Evaluation, Outcome, Table

EXPECTED = "expected.jsonl"
HONEST = "honest-"
_CLASHES = (Rule.CONTRADICTS_SOURCE, Rule.CONTRADICTS_DRAFT)


@validated(frozen=True, kw_only=True, config=STRICT)
class SourceText:
    """The other side of an expected note: the file's name and the sentence."""

    document: Text
    text: Text


@validated(frozen=True, kw_only=True, config=STRICT)
class NoteRow:
    """One line of `fixtures/drafts/<case>/expected.jsonl`.

    `kind` never: no contradiction may be noted between the two. `planted` says
    what a contradiction turns on, in the words of the pairs' tags.
    """

    kind: Literal["contradicts", "supported", "never"]
    level: Literal["error", "warning", "info", ""]
    line: int
    column: int
    text: Text
    source: SourceText
    explained_by: Literal["", "time", "attribution", "scope"]
    note: str
    origins: int | None = None
    planted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedNote:
    """An expected note and where it stands: `draft.text[start:end]` is its text."""

    id: str
    row: NoteRow
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCase:
    """A draft, the folder of its sources, and what is expected of the check."""

    name: str
    draft: Draft
    sources: Path
    expected: tuple[ExpectedNote, ...]

    @property
    def honest(self) -> bool:
        """Whether every contradiction noted here is false."""
        return self.name.startswith(HONEST)

    @property
    def words(self) -> int:
        """Words of the draft's prose."""
        texts = (block.placed.text for block in self.draft.blocks if block.kind in PROSE)
        return sum(len(text.split()) for text in texts)


def load_draft_case(directory: Path) -> DraftCase:
    """One draft case, checked.

    Raises InputError naming file, line and field of a note whose text does
    not stand at its line and column, whose source is not there or does not
    hold the sentence, whose level does not fit its kind, and of one given twice.
    """
    path = directory / EXPECTED
    drafts = sorted(directory.glob("draft.*"))
    if len(drafts) != 1 or not path.is_file():
        raise InputError(f"{directory}: a draft case holds one draft.* and {EXPECTED}")
    draft = read_draft(drafts[0])
    index = LineIndex(draft.text)
    line_count = index.line_column(len(draft.text))[0]
    documents, unread = load_documents([directory / "sources"])
    problems = [f"{problem.path}: {problem.reason}" for problem in unread]
    texts = {Path(d.path).name: " ".join(d.text.split()) for d in documents}
    own = " ".join(b.placed.text for b in draft.blocks if b.kind in PROSE)
    texts[drafts[0].name] = " ".join(own.split())
    expected: list[ExpectedNote] = []
    seen: dict[tuple[int, int, str, str], str] = {}
    for where, row in rows(path, NoteRow, problems):
        if not 1 <= row.line <= line_count:
            problems.append(f"{where}: field 'line': the draft has {line_count}")
            continue
        start = index.line_span(row.line, len(draft.text))[0] + row.column - 1
        end = start + len(row.text)
        if draft.text[start:end] != row.text:
            there = draft.text[start:end][:80]
            problems.append(f"{where}: field 'column': the text there is {there!r}")
        if row.source.document not in texts:
            known = ", ".join(sorted(texts))
            problems.append(
                f"{where}: field 'source.document': no {row.source.document!r}; there are {known}"
            )
        elif " ".join(row.source.text.split()) not in texts[row.source.document]:
            problems.append(
                f"{where}: field 'source.text': not in {row.source.document}: "
                f"{row.source.text[:80]!r}"
            )
        levels = {"contradicts": ("error", "warning"), "supported": ("info",), "never": ("",)}
        if row.level not in levels[row.kind]:
            problems.append(f"{where}: field 'level': {row.level!r} does not fit {row.kind!r}")
        if row.explained_by and row.level != "warning":
            problems.append(f"{where}: field 'explained_by': only a warning is explained")
        if directory.name.startswith(HONEST) and row.kind == "contradicts":
            problems.append(f"{where}: field 'kind': a contradiction in an honest draft")
        if (row.kind == "contradicts") != bool(row.planted):
            problems.append(
                f"{where}: field 'planted': goes with every contradiction, and no other"
            )
        key = start, end, row.source.document, row.source.text
        if (first := seen.setdefault(key, where)) != where:
            problems.append(f"{where}: field 'text': the same two sentences as {first}")
        expected.append(
            ExpectedNote(
                id=f"{directory.name}:{where.rpartition(':')[2]}", row=row, start=start, end=end
            )
        )
    refuse(problems)
    return DraftCase(
        name=directory.name, draft=draft, sources=directory / "sources", expected=tuple(expected)
    )


def load_draft_cases(root: Path) -> list[DraftCase]:
    """All draft cases in the order of their names; raises as `load_draft_case` does."""
    folders = sorted(p for p in (root / "drafts").glob("*") if p.is_dir())
    if not folders:
        raise InputError(f"{root / 'drafts'}: no draft cases")
    return [load_draft_case(folder) for folder in folders]


def _covers(place: Place, expected: ExpectedNote) -> bool:
    """Whether a place is the expected words': a clause of them, or they of it, will do."""
    common = min(place.end, expected.end) - max(place.start, expected.start)
    shorter = min(place.end - place.start, expected.end - expected.start)
    return common >= COMMON * shorter


def _words(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip()


def _names(path: str, text: str, expected: ExpectedNote) -> bool:
    """Whether a text of a file is the expected sentence, or a clause of it, or it of that."""
    if Path(path).name != expected.row.source.document:
        return False
    one, two = _words(text), _words(expected.row.source.text)
    return one in two or two in one


def meets(note: Note, expected: ExpectedNote) -> bool:
    """Whether a note says of two sentences what the entry is about.

    An entry of kind "never" is met by a contradiction, which is then wrong. Two
    sentences of the draft may meet in either order.
    """
    clash = expected.row.kind != "supported"
    if clash != (note.rule in _CLASHES) or note.rule is Rule.UNSUPPORTED:
        return False
    return _covers(note.place, expected) and any(
        _names(other.path, other.text, expected) for other in note.backing
    )


def listed_pairs(
    case: DraftCase, config: Config, cache: Cache, models: Models
) -> list[tuple[Pair, ExpectedNote | None]]:
    """The pairs that the checker would judge, each with the entry that it is, if any."""
    found = compare(case.draft, [case.sources], config, cache, models)
    writer = Writer(case.draft, found.own, found.parts, found.documents, models.levels, frozenset())
    paths = {document.id: document.path for document in (found.own, *found.documents)}
    places = {claim.id: writer.place(claim) for claim in found.claims}

    def is_entry(a: Claim, b: Claim, entry: ExpectedNote) -> bool:
        if a.document_id != found.own.id or not _covers(places[a.id], entry):
            return False
        return _names(paths[b.document_id], b.text, entry)

    return [
        (
            pair,
            next(
                (
                    entry
                    for entry in case.expected
                    if is_entry(pair.a, pair.b, entry) or is_entry(pair.b, pair.a, entry)
                ),
                None,
            ),
        )
        for pair in found.pairs
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDraft:
    """A case and its notes, matched: `found[j]` is the note that meets entry j, or None."""

    case: DraftCase
    result: Result
    found: tuple[Note | None, ...]

    def right(self, note: Note) -> bool:
        """Whether the case expects the note."""
        return any(entry.row.kind != "never" and meets(note, entry) for entry in self.case.expected)

    @property
    def clashes(self) -> list[Note]:
        """The notes of contradictions that an editor sees."""
        return [note for note in self.result.notes if note.active and note.rule in _CLASHES]

    @property
    def errors(self) -> list[Note]:
        """Those of them that are errors."""
        return [note for note in self.clashes if note.level is Level.ERROR]


def check_case(
    case: DraftCase, config: Config, cache: Cache, models: Models | None = None
) -> CheckedDraft:
    """Check a draft and match its notes with what is expected."""
    models = models or load_models(config, cache)
    try:
        result = check_draft(case.draft, [case.sources], config, cache=cache, models=models)
    except CheckerError as error:
        raise InputError(f"{case.name}: {error}") from error
    notes = sorted((n for n in result.notes if n.active), key=lambda n: -(n.confidence or 0))
    found = tuple(
        next((note for note in notes if meets(note, entry)), None) for entry in case.expected
    )
    return CheckedDraft(case=case, result=result, found=found)


def numbers(checked: Sequence[CheckedDraft]) -> dict[str, float]:
    """All measures over some cases; one that has nothing to divide by is left out."""
    pairs = [pair for one in checked for pair in zip(one.case.expected, one.found, strict=True)]
    found: dict[str, float] = {}

    def share(name: str, values: Sequence[bool]) -> None:
        if values:
            found[name] = float(np.mean(values))

    planted = [(e.row.planted, n) for e, n in pairs if e.row.kind == "contradicts"]
    for kind in sorted({kind for kind, _ in planted}):
        share(
            f"found_{kind.replace(' ', '_')}",
            [n is not None for name, n in planted if name == kind],
        )
    share("planted_found", [n is not None for e, n in pairs if e.row.kind == "contradicts"])
    share(
        "planted_found_as_error",
        [n is not None and n.level is Level.ERROR for e, n in pairs if e.row.level == "error"],
    )
    share(
        "exact_place",
        [
            note.place.start == entry.start
            for entry, note in pairs
            if entry.row.kind == "contradicts" and note is not None
        ],
    )
    share(
        "explanation_found",
        [
            note is not None and entry.row.explained_by in [e.value for e in note.explained_by]
            for entry, note in pairs
            if entry.row.explained_by
        ],
    )
    share("error_precision", [one.right(n) for one in checked for n in one.errors])
    share("note_precision", [one.right(n) for one in checked for n in one.clashes])
    share("never_noted", [n is not None for e, n in pairs if e.row.kind == "never"])
    share("support_found", [n is not None for e, n in pairs if e.row.kind == "supported"])
    share(
        "origins_right",
        [n.origins == e.row.origins for e, n in pairs if e.row.kind == "supported" and n],
    )
    honest = [one for one in checked if one.case.honest]
    words = sum(one.case.words for one in honest)
    if words:
        found["false_errors_per_1000_words"] = 1000 * sum(len(o.errors) for o in honest) / words
        found["false_notes_per_1000_words"] = 1000 * sum(len(o.clashes) for o in honest) / words
    return found


def _outcomes(one: CheckedDraft) -> list[Outcome]:
    made = []
    for entry, note in zip(one.case.expected, one.found, strict=True):
        never = entry.row.kind == "never"
        made.append(
            Outcome(
                id=entry.id,
                group=one.case.name,
                a=entry.row.text,
                b=entry.row.source.text,
                expected="no note" if never else entry.row.kind,
                said=note.rule.value if note else "no note",
                right=(note is None) == never,
                badness=(note.confidence or 0.5) if note else 0.5,
                tags=(one.case.name, *([entry.row.explained_by] if entry.row.explained_by else [])),
                note=entry.row.note,
            )
        )
    listed = [entry for entry in one.case.expected if entry.row.kind != "supported"]
    for note in one.clashes:
        if not any(meets(note, entry) for entry in listed):
            made.append(
                Outcome(
                    id=f"{one.case.name}/{note.id}",
                    group=one.case.name,
                    a=note.text,
                    b=note.backing[0].text,
                    expected="no note",
                    said=note.rule.value,
                    right=False,
                    badness=note.confidence or 0.0,
                    tags=(one.case.name, note.level.value, *(e.value for e in note.explained_by)),
                    note="not listed in the case",
                )
            )
    return made


def evaluate_drafts(
    cases: Sequence[DraftCase],
    config: Config,
    *,
    files: dict[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure whole checks of drafts; intervals are over cases."""
    cache = Cache(None)
    checked = [check_case(case, config, cache) for case in cases]

    def compute(chosen: NDArray[np.int64]) -> dict[str, float]:
        return numbers([checked[i] for i in chosen.tolist()])

    by_case: list[tuple[str | int | float | None, ...]] = []
    by_kind: dict[str, list[Note | None]] = {}
    for one in checked:
        wanted = [
            (entry, note)
            for entry, note in zip(one.case.expected, one.found, strict=True)
            if entry.row.kind == "contradicts"
        ]
        by_case.append(
            (
                one.case.name,
                one.case.words,
                len(wanted),
                sum(note is not None for _, note in wanted),
                len(one.errors),
                sum(map(one.right, one.errors)),
                len(one.clashes),
            )
        )
        for entry, note in wanted:
            by_kind.setdefault(entry.row.planted, []).append(note)
    kinds = [
        (kind, len(notes), sum(note is not None for note in notes))
        for kind, notes in sorted(by_kind.items())
    ]
    headings = ("case", "words", "planted", "found", "errors", "of them right", "notes")
    info: ModelInfo | None = checked[0].result.model if checked else None
    return Evaluation(
        command="drafts",
        files=files or {},
        measures=with_intervals(compute, np.arange(len(checked)), resamples),
        outcomes=tuple(outcome for one in checked for outcome in _outcomes(one)),
        tables=(
            Table(title="Notes by case", headings=headings, rows=tuple(by_case)),
            Table(
                title="Planted contradictions by kind",
                headings=("kind", "planted", "found"),
                rows=tuple(kinds),
            ),
        ),
        model=info,
    )
