"""The fixtures: pairs by split and document cases, loaded and checked.

    load_pairs("test")      a pandas frame          load_dataset("test")      a datasets.Dataset
    load_expected()         a pandas frame          load_dataset("documents") a datasets.Dataset

Every load validates everything it reads; what is wrong is named with file,
line and field. Pairs are always checked over all splits, since the same text
in two splits is wrong in neither alone. Does not judge whether a label is right.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from pydantic.dataclasses import dataclass as validated

from checker.errors import InputError
from eval.cases import Case, load_case
from eval.lines import STRICT, Text, refuse, rows

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SPLITS = ("train", "dev", "test")
LABELS = ("agrees", "neutral", "contradicts")  # in the order of the model's columns

_Tag = Literal[
    "antonym",
    "attribution",
    "cause",
    "change of state",
    "date",
    "entity",
    "goal conflict",
    "hedge",
    "negation",
    "number",
    "paraphrase",
    "quantifier",
    "role swap",
    "scope",
    "stance",
    "unrelated",
]


@validated(frozen=True, kw_only=True, config=STRICT)
class PairRow:
    """One line of `fixtures/pairs/<split>/*.jsonl`."""

    id: Text
    story: Text
    a: Text
    b: Text
    label: Literal["agrees", "neutral", "contradicts"]
    tags: tuple[_Tag, ...]
    note: str


def normalised(text: str) -> str:
    """Key for "the same text": without case, punctuation and white space."""
    return re.sub(r"[\W_]+", "", text.lower())


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fixture_hashes(root: Path = FIXTURES) -> dict[str, str]:
    """The hash of every file under `root`, by its path relative to it.

    Hidden files and the data card, which is no data, are left out.
    """
    return {
        path.relative_to(root).as_posix(): file_hash(path)
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and path != root / "README.md"
        and not any(p.startswith(".") for p in path.relative_to(root).parts)
    }


def read_pairs(root: Path = FIXTURES) -> dict[str, list[PairRow]]:
    """All pairs by split, in the order of files and lines.

    Raises InputError naming file, line and field of every unknown label or
    tag, missing or superfluous field, id or pair given twice, and text or
    story that stands in two splits.
    """
    problems: list[str] = []
    ids: dict[str, str] = {}
    pairs: dict[frozenset[str], str] = {}
    texts: dict[str, tuple[str, str]] = {}
    stories: dict[str, tuple[str, str]] = {}
    found: dict[str, list[PairRow]] = {}
    for split in SPLITS:
        found[split] = []
        for path in sorted((root / "pairs" / split).glob("*.jsonl")):
            for where, row in rows(path, PairRow, problems):
                if (first := ids.setdefault(row.id, where)) != where:
                    problems.append(f"{where}: field 'id': {row.id!r} stands already in {first}")
                a, b = normalised(row.a), normalised(row.b)
                if a == b:
                    problems.append(f"{where}: field 'b': the same text as 'a'")
                if (first := pairs.setdefault(frozenset((a, b)), where)) != where:
                    problems.append(f"{where}: field 'a': the same pair as {first}")
                for field, key, seen in (
                    ("a", a, texts),
                    ("b", b, texts),
                    ("story", row.story, stories),
                ):
                    other, first = seen.setdefault(key, (split, where))
                    if other != split:
                        problems.append(f"{where}: field {field!r}: stands in {other} too: {first}")
                found[split].append(row)
    refuse(problems)
    if not any(found.values()):
        raise InputError(f"{root / 'pairs'}: no pairs (*.jsonl under train, dev or test)")
    return found


def _frame(pairs: Sequence[PairRow], split: str) -> pd.DataFrame:
    columns = [*PairRow.__dataclass_fields__, "split"]
    values = [[getattr(row, name) for name in columns[:-1]] + [split] for row in pairs]
    frame = pd.DataFrame(values, columns=columns)
    frame["tags"] = [list(row.tags) for row in pairs]
    return frame


def load_pairs(split: str | None = None, root: Path = FIXTURES) -> pd.DataFrame:
    """The pairs of one split (None: of all), one a row; columns as in the files, and `split`."""
    found = read_pairs(root)
    if split is not None and split not in SPLITS:
        raise InputError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    wanted = SPLITS if split is None else (split,)
    return pd.concat([_frame(found[name], name) for name in wanted], ignore_index=True)


def load_dataset(name: str | None = None, root: Path = FIXTURES) -> Dataset | DatasetDict:
    """One split or "documents" as a Hugging Face Dataset; None for all splits (a DatasetDict)."""
    from datasets import Dataset, DatasetDict

    if name == "documents":
        return Dataset.from_pandas(load_expected(root), preserve_index=False)
    if name is not None:
        return Dataset.from_pandas(load_pairs(name, root), preserve_index=False)
    frame = load_pairs(None, root)
    return DatasetDict(
        {
            split: Dataset.from_pandas(frame[frame["split"] == split], preserve_index=False)
            for split in SPLITS
        }
    )


def load_cases(root: Path = FIXTURES) -> list[Case]:
    """All document cases in the order of their names; raises as `load_case` does."""
    folders = sorted(p for p in (root / "documents").glob("*") if p.is_dir())
    if not folders:
        raise InputError(f"{root / 'documents'}: no document cases")
    return [load_case(folder) for folder in folders]


def load_expected(root: Path = FIXTURES) -> pd.DataFrame:
    """What is expected of all cases, one pair of statements a row."""
    rows: list[dict[str, Any]] = []
    for case in load_cases(root):
        names = {document.id: Path(document.path).name for document in case.documents}
        for entry in case.expected:
            row: dict[str, Any] = {"case": case.name, "id": entry.id, "kind": entry.kind}
            for letter, quote in (("a", entry.a), ("b", entry.b)):
                row |= {
                    f"{letter}_document": names[quote.document_id],
                    f"{letter}_text": quote.text,
                    f"{letter}_start": quote.start,
                    f"{letter}_end": quote.end,
                }
            rows.append(row | {"explained_by": entry.explained_by, "note": entry.note})
    return pd.DataFrame(rows)
