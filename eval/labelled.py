"""Labelled pairs of any set: JSON lines or CSV, plain or gzipped, three-way or two-way.

Every label is mapped to one of `agrees`, `neutral`, `contradicts`, or, in a
two-way set, to what the set tells apart from one of them: `not agrees`,
`not contradicts`. A word that is not known is refused, never guessed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from checker.errors import InputError

SYNONYMS = {
    "agrees": "agrees",
    "entailment": "agrees",
    "supports": "agrees",
    "support": "agrees",
    "neutral": "neutral",
    "contradicts": "contradicts",
    "contradiction": "contradicts",
    "refutes": "contradicts",
    "not_entailment": "not agrees",
    "not_contradiction": "not contradicts",
}
MEANINGS = ("agrees", "neutral", "contradicts", "not agrees", "not contradicts")
# What a set may call its columns, first match wins.
# In these the order of the two texts means something: does the second follow from the first?
_DIRECTED = ("premise", "hypothesis", "sentence1", "sentence2", "evidence", "claim")
_COLUMNS = {
    "a": ("a", "premise", "sentence1", "evidence"),
    "b": ("b", "hypothesis", "sentence2", "claim"),
    "label": ("label", "gold_label"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What a file calls its columns ("" for the usual names) and its labels."""

    a: str = ""
    b: str = ""
    label: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


def read_records(path: Path) -> list[tuple[int, dict[str, object]]]:
    """(line, fields) of each row of a file; InputError when it cannot be read."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    kind = (path.with_suffix("") if path.suffix == ".gz" else path).suffix
    if kind in (".csv", ".tsv"):
        import csv
        import io

        reader = csv.DictReader(io.StringIO(text), delimiter="," if kind == ".csv" else "\t")
        return [(reader.line_num, dict(row)) for row in reader]
    if kind != ".jsonl":
        raise InputError(f"{path}: give .jsonl, .csv or .tsv, plain or with .gz")
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}:{number}: not JSON: {error.msg}") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}:{number}: not a JSON object")
            rows.append((number, row))
    return rows


def _column(path: Path, given: str, kind: str, fields: Sequence[str]) -> str:
    """The name of a column in this file."""
    wanted = (given,) if given else _COLUMNS[kind]
    for name in wanted:
        if name in fields:
            return name
    raise InputError(
        f"{path}: no column {' or '.join(map(repr, wanted))}; there are {', '.join(fields)}. "
        f"Name it with --column-{kind}."
    )


def _meaning(label: object, columns: Columns, where: str) -> str:
    known = {**SYNONYMS, **columns.labels}
    key = str(label).strip()
    meaning = known.get(key, known.get(key.lower().replace("-", "_")))
    if meaning is None:
        raise InputError(
            f"{where}: field 'label': unknown label {key!r}; known: {', '.join(known)}. "
            f"Say what it means with --label '{key}=contradicts'."
        )
    return meaning


def read_labelled(paths: Sequence[Path], columns: Columns | None = None) -> pd.DataFrame:
    """Read labelled pairs into a frame with id, story, a, b, directed, label, tags, note.

    `directed` says that the label means whether `b` follows from `a`, as in
    sets with a premise and a hypothesis, rather than both ways. A row without
    a story belongs to the story of its first text, since sets write several
    hypotheses for one premise. Raises InputError that names file, line and
    field; files that tell different classes apart cannot be measured together
    and are refused.
    """
    columns = columns or Columns()
    bad = sorted(set(columns.labels.values()) - set(MEANINGS))
    if bad:
        raise InputError(f"--label: no meaning {bad[0]!r}; there are {', '.join(MEANINGS)}")
    made: list[dict[str, object]] = []
    for path in paths:
        records = read_records(path)
        if not records:
            raise InputError(f"{path}: no pairs")
        fields = list(records[0][1])
        names = {
            kind: _column(path, getattr(columns, kind), kind, fields)
            for kind in ("a", "b", "label")
        }
        for number, row in records:
            where = f"{path}:{number}"
            for kind in ("a", "b"):
                value = row.get(names[kind])
                if not isinstance(value, str) or not value.strip():
                    raise InputError(f"{where}: field {names[kind]!r}: must be a text")
            tags = row.get("tags") or []
            made.append(
                {
                    "id": str(row.get("id") or f"{path.name}:{number}"),
                    "story": str(row.get("story") or row[names["a"]]),
                    "a": row[names["a"]],
                    "b": row[names["b"]],
                    "directed": names["a"] in _DIRECTED,
                    "label": _meaning(row.get(names["label"]), columns, where),
                    "tags": tags if isinstance(tags, list) else str(tags).split(";"),
                    "note": str(row.get("note") or ""),
                }
            )
    frame = pd.DataFrame(made)
    classes(frame["label"])
    return frame


def classes(labels: Sequence[str]) -> tuple[str, ...]:
    """The classes that a set tells apart, in the order of MEANINGS.

    A set with all or some of the three verdicts is measured on all three; a
    two-way set with "not agrees" or "not contradicts" on its two.
    """
    present = set(labels)
    for one in ("agrees", "contradicts"):
        if f"not {one}" in present:
            if present - {one, f"not {one}"}:
                found = ", ".join(sorted(present))
                raise InputError(f"labels that exclude each other in one run: {found}")
            return (one, f"not {one}")
    return ("agrees", "neutral", "contradicts")
