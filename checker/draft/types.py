"""The data of a draft's check, one type per stage.

    path -> Draft (blocks of placed text) -> claims -> pairs -> Note -> Result

Offsets are in characters (code points) of `Draft.text`, the draft's own text
as it stands in the file, line ends included; lines and columns are 1-based.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from checker.types import Difference, Document, Explanation, ModelInfo, Problem


class BlockKind(StrEnum):
    """What a stretch of a draft is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    QUOTATION = "quotation"
    FOOTNOTE = "footnote"
    CODE = "code"
    COMMENT = "comment"
    FRONT_MATTER = "front matter"


# What the draft's author says to the reader; the rest is never checked.
PROSE = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTATION, BlockKind.FOOTNOTE})


@dataclass(frozen=True, slots=True)
class PlacedText:
    """Text without markup, and where each of its characters stands in the draft.

    Character i stands at `[starts[i], ends[i])` of the draft's own text, which
    is longer than one where it is written as an entity or with combining marks.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `[start, end)`, at least one, stand in the draft."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, list item, table cell, quotation, footnote, or what is no prose.

    `speaker` is who is quoted, where the draft names them beside the quotation.
    """

    kind: BlockKind
    placed: PlacedText
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A stretch `[start, end)` of the draft for which its author wants no notes, and why."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a stretch of text stands: offsets, and 1-based lines and columns; the end is exclusive.

    In a DOCX the line is the number of the paragraph.
    """

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft as it stands in its file, never repaired, and what its parts are.

    `line_name` is what its lines are called: "line", or "paragraph" in a DOCX.
    `problems` are malformed suppression comments.
    """

    path: str
    text: str
    blocks: tuple[Block, ...]
    published: datetime.date | None
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    line_name: str = "line"


class Rule(StrEnum):
    """What a note says about a sentence of the draft."""

    CONTRADICTS_SOURCE = "contradicts-source"
    CONTRADICTS_DRAFT = "contradicts-draft"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


class Level(StrEnum):
    """How serious a note is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class State(StrEnum):
    """Whether a note stood in the baseline."""

    NEW = "new"
    UNCHANGED = "unchanged"


class Choice(StrEnum):
    """What an editor decided about a note."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One editor's decision about one note, as it stands in the decisions file.

    `draft` and `source` are the two sentences it was made on, for readers of the file.
    """

    id: str
    decision: Choice
    reason: str
    by: str
    date: str
    draft: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """A sentence of a source, or an earlier one of the draft, beside a note.

    `paragraph` is the paragraph it stands in. `line` is that of the source's
    text as the checker reads it (of the file itself for txt; of the draft for
    its own sentences), `speaker` who the source says holds the claim.
    """

    path: str
    source: str
    line: int
    text: str
    paragraph: str
    published: datetime.date | None = None
    speaker: str | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One remark on one sentence of the draft.

    `id` depends on the two sentences alone, so that it survives edits
    elsewhere and moved lines. `text` is the sentence as it stands in the draft.
    `confidence` is the calibrated probability of the verdict, 0 to 1; None
    where nothing was scored. `origins` counts independent origins among
    `backing`. `suppressed` is the reason given in a comment of the draft.
    """

    id: str
    rule: Rule
    level: Level
    place: Place
    text: str
    backing: tuple[Backing, ...] = ()
    confidence: float | None = None
    explained_by: tuple[Explanation, ...] = ()
    differences: tuple[Difference, ...] = ()
    origins: int = 0
    decision: Decision | None = None
    suppressed: str | None = None
    state: State | None = None

    @property
    def active(self) -> bool:
        """Whether the note is to be shown: neither dismissed nor suppressed."""
        dismissed = self.decision is not None and self.decision.decision is Choice.DISMISS
        return not dismissed and self.suppressed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftStats:
    """What the check did; `scored` counts pairs that the cache did not know."""

    claims: int
    sources: int
    origins: int
    pairs: int
    scored: int
    cut_pairs: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A draft's check: notes in the order of the draft, and everything not to be lost."""

    draft: Draft
    documents: tuple[Document, ...]
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]
    unused: tuple[Decision, ...]
    model: ModelInfo
    stats: DraftStats
