"""A report as JSON, CSV, Markdown and one self-contained HTML page.

All text of documents is data: escaped in every format, never interpreted.
Files are written whole or not at all.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from checker.charts import MAX_SOURCES, source_matrix, timeline
from checker.errors import InputError
from checker.escaping import cell, quote
from checker.types import Claim, Document, Finding, Report, Verdict

SCHEMA_VERSION = 1
TEMPLATES = Path(__file__).parent / "templates"
PARAGRAPH_CHARACTERS = 700


def line_of(document: Document, offset: int) -> int:
    """The 1-based line of `document.text` in which a character stands."""
    return document.text.count("\n", 0, offset) + 1


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "document_id": claim.document_id,
        "start": claim.start,
        "end": claim.end,
        "text": claim.text,
    }


def to_dict(report: Report) -> dict[str, Any]:
    """The report in the versioned JSON schema; only plain types."""
    return {
        "schema_version": SCHEMA_VERSION,
        "created": report.created.isoformat(),
        "model": asdict(report.model),
        "documents": [
            {
                **asdict(document),
                "published": document.published.isoformat() if document.published else None,
            }
            for document in report.documents
        ],
        "claims": [
            {name: value for name, value in asdict(claim).items() if name != "standalone"}
            | {"scored": claim.scored}
            for claim in report.claims
        ],
        "findings": [
            {
                "id": finding.id,
                "verdict": finding.verdict.value,
                "confidence": finding.confidence,
                "explained_by": [reason.value for reason in finding.explained_by],
                "group": finding.group,
                "a": _claim_json(finding.pair.a),
                "b": _claim_json(finding.pair.b),
                "reasons": list(finding.pair.reasons),
                "scores": {
                    "forward": asdict(finding.forward),
                    "backward": asdict(finding.backward),
                },
                "differences": [asdict(difference) for difference in finding.differences],
            }
            for finding in report.findings
        ],
        "problems": [asdict(problem) for problem in report.problems],
        "stats": asdict(report.stats),
    }


def to_json(report: Report) -> str:
    """The report as JSON text, UTF-8, two-space indented."""
    return json.dumps(to_dict(report), ensure_ascii=False, indent=2) + "\n"


def to_csv(report: Report) -> str:
    """One line per finding, with a header, for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    sides = [
        f"{name}_{side}" for side in "ab" for name in ("source", "date", "line", "speaker", "text")
    ]
    writer.writerow(["id", "group", "verdict", "confidence", "explained_by", *sides, "differences"])
    for finding in report.findings:
        row = [finding.id, finding.group, finding.verdict.value, f"{finding.confidence:.3f}"]
        row.append(" ".join(reason.value for reason in finding.explained_by))
        for claim in (finding.pair.a, finding.pair.b):
            document = report.document_by_id[claim.document_id]
            date = document.published.isoformat() if document.published else ""
            row += [cell(document.source), date, str(line_of(document, claim.start))]
            row += [cell(claim.speaker or ""), cell(claim.text)]
        row.append(cell("; ".join(f"{d.kind}: {d.a} / {d.b}" for d in finding.differences)))
        writer.writerow(row)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Side:
    """One claim as a reader sees it: the sentence inside its paragraph."""

    claim: Claim
    document: Document
    before: str
    after: str
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One disagreement or agreement: its first finding, its members, who stands behind it."""

    first: Finding
    sides: tuple[Side, Side]
    others: tuple[tuple[Finding, Side, Side], ...]
    sources: int
    origins: int

    @property
    def headline(self) -> str:
        """What the entry says about its sources, in one line."""
        if self.first.verdict is Verdict.CONTRADICTS:
            many = len(self.others)
            return "contradicts" + (f" ({many + 1} pairs)" if many else "")
        independent = "origin" if self.origins == 1 else "origins"
        return f"agrees ({self.sources} sources, {self.origins} independent {independent})"


def _side(report: Report, claim: Claim) -> Side:
    document = report.document_by_id[claim.document_id]
    text = document.text
    left = max(text.rfind("\n", 0, claim.start) + 1, claim.start - PARAGRAPH_CHARACTERS)
    right = text.find("\n", claim.end)
    right = min(len(text) if right < 0 else right, claim.end + PARAGRAPH_CHARACTERS)
    before, after = text[left : claim.start], text[claim.end : right]
    if left and text[left - 1] != "\n":
        before = "… " + before.split(" ", 1)[-1]
    if right < len(text) and text[right] != "\n":
        after = after.rsplit(" ", 1)[0] + " …"
    return Side(claim, document, before, after, line_of(document, claim.start))


def entries(report: Report) -> list[Entry]:
    """The groups of the report, in order, ready to be shown."""
    made = []
    for group in report.groups:
        ids = {c.document_id for f in group for c in (f.pair.a, f.pair.b)}
        made.append(
            Entry(
                first=group[0],
                sides=(_side(report, group[0].pair.a), _side(report, group[0].pair.b)),
                others=tuple(
                    (f, _side(report, f.pair.a), _side(report, f.pair.b)) for f in group[1:]
                ),
                sources=len(ids),
                origins=len({report.document_by_id[i].origin for i in ids}),
            )
        )
    return made


def to_markdown(report: Report) -> str:
    """The report for reading in a text editor or a ticket."""
    stats = report.stats
    lines = [
        "# Contradiction report",
        "",
        f"{stats.documents} documents ({stats.origins} independent origins), "
        f"{stats.claims} claims, "
        f"{stats.scored_pairs:,} of {stats.possible_pairs:,} pairs scored by "
        f"{quote(report.model.name)} ({report.model.precision}).",
        "",
    ]
    for number, entry in enumerate(entries(report), 1):
        finding = entry.first
        explained = ", ".join(reason.value for reason in finding.explained_by)
        lines.append(f"## {number}. {entry.headline} — {finding.confidence:.0%}")
        if explained:
            lines.append(f"\nMay be explained by: {explained}")
        for side in entry.sides:
            date = f", {side.document.published}" if side.document.published else ""
            speaker = f", according to {quote(side.claim.speaker)}" if side.claim.speaker else ""
            lines += [
                "",
                f"> {quote(side.claim.text)}",
                f"> — {quote(side.document.source)}{date}, line {side.line}{speaker}",
            ]
        lines += [""] + [
            f"* {quote(d.kind)}: {quote(d.a) or '—'} / {quote(d.b) or '—'}"
            for d in finding.differences
        ]
        lines += [
            f"* also: “{quote(a.claim.text)}” / “{quote(b.claim.text)}”" for _, a, b in entry.others
        ]
        lines.append("")
    if not report.findings:
        lines.append("No pair of claims reached the threshold of a finding.")
    for problem in report.problems:
        lines.append(f"* not read: {quote(problem.path)}: {quote(problem.reason)}")
    return "\n".join(lines).rstrip() + "\n"


def to_html(report: Report) -> str:
    """One page that needs no other file and no network, and can ask for none."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html").render(
        report=report,
        entries=entries(report),
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
        matrix=source_matrix(report),
        timeline=timeline(report),
        max_sources=MAX_SOURCES,
    )


FORMATS: dict[str, tuple[str, Callable[[Report], str]]] = {
    "json": ("report.json", to_json),
    "csv": ("findings.csv", to_csv),
    "md": ("report.md", to_markdown),
    "html": ("report.html", to_html),
}


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash or Ctrl-C leaves the old one or the new one, never a part.

    What UTF-8 cannot hold (the bytes of a file name in another charset) is
    written as an escape, which JSON reads back.
    """
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="backslashreplace", newline=""
        ) as stream:
            stream.write(text)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def make_folder(directory: Path) -> None:
    """Make a folder, so that one that cannot be written is known before the long work.

    Raises InputError when it cannot be made or written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise InputError(f"{directory}: cannot write there: {error.strerror}") from error


def write_report(report: Report, directory: Path, formats: Sequence[str]) -> list[Path]:
    """Write the report in the given formats (keys of FORMATS); return the paths.

    Raises InputError when the directory cannot be made or written.
    """
    make_folder(directory)
    written = []
    try:
        for name in formats:
            filename, render = FORMATS[name]
            write_whole(directory / filename, render(report))
            written.append(directory / filename)
    except OSError as error:
        raise InputError(f"{directory}: cannot write the report: {error.strerror}") from error
    return written
