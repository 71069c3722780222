"""`eval claims`: are the extracted claims the ones a person would mark?

Two sources. Document cases: every statement of a pair that should be found
must be extracted (recall); precision is measured in the documents that were
read and marked completely (`claims.jsonl`). CheckThat! sentences: a
sentence counts as check-worthy when a claim is extracted from it. The
extractor looks for checkable statements, not for important ones, so that
many "No" sentences of that set are rightly claims: read recall first.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from checker.claims import extract_claims
from checker.documents import from_text
from checker.errors import InputError
from checker.types import Claim
from eval.cases import Case, Quote
from eval.matching import is_quoted, quoted_by
from eval.metrics import RESAMPLES, Measure, group_numbers, with_intervals
from eval.results import Evaluation, Outcome, Table


def wanted_quotes(case: Case) -> list[Quote]:
    """The statements of a case that must be extracted, each once."""
    quotes = [q for e in case.expected if e.kind != "never" for q in (e.a, e.b)]
    return list(dict.fromkeys([*quotes, *case.marked]))


def case_outcomes(case: Case) -> list[Outcome]:
    """One outcome for each statement to be found, and one for each claim that is none."""
    made = []
    names = {document.id: Path(document.path).name for document in case.documents}
    for document in case.documents:
        claims = extract_claims(document)
        wanted = [q for q in wanted_quotes(case) if q.document_id == document.id]
        for quote in wanted:
            hit = bool(quoted_by(quote, claims))
            made.append(_outcome(case, names[document.id], quote.text, "claim", hit))
        if document.id in case.marked_documents:
            extra = [c for c in claims if not any(is_quoted(c, q) for q in wanted)]
            made += [_extra(case, names[document.id], claim) for claim in extra]
    return made


def _outcome(case: Case, document: str, text: str, expected: str, hit: bool) -> Outcome:
    said = "claim" if hit else "no claim"
    return Outcome(
        id=f"{case.name}/{document}: {text}",
        group=case.name,
        a=text,
        expected=expected,
        said=said,
        right=said == expected,
        tags=(document,),
    )


def _extra(case: Case, document: str, claim: Claim) -> Outcome:
    return _outcome(case, document, claim.text, "no claim", True)


def read_sentences(path: Path) -> list[tuple[str, str, bool]]:
    """(id, sentence, check-worthy) of a CheckThat! file; InputError names file, line and field."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    reader = csv.DictReader(io.StringIO(text), delimiter="\t")
    rows = []
    for row in reader:
        where = f"{path}:{reader.line_num}"
        if not (row.get("Text") or "").strip():
            raise InputError(f"{where}: field 'Text': must be a text")
        if row.get("class_label") not in ("Yes", "No"):
            raise InputError(f"{where}: field 'class_label': must be Yes or No")
        rows.append((row["Sentence_id"], row["Text"].strip(), row["class_label"] == "Yes"))
    return rows


def sentence_outcomes(path: Path) -> list[Outcome]:
    """One outcome a sentence of a CheckThat! file."""
    made = []
    for number, text, worthy in read_sentences(path):
        hit = bool(extract_claims(from_text(text, title=number)))
        said, expected = ("claim" if x else "no claim" for x in (hit, worthy))
        made.append(
            Outcome(
                id=f"{path.name}:{number}",
                group=number,
                a=text,
                expected=expected,
                said=said,
                right=said == expected,
                tags=("check-worthiness",),
            )
        )
    return made


def _measured(
    outcomes: Sequence[Outcome], name: str, resamples: int, *, precision: bool
) -> dict[str, Measure]:
    """Recall, and where negatives are known precision and F1, of one source."""
    if not outcomes:
        return {}
    gold = np.array([o.expected == "claim" for o in outcomes])
    said = np.array([o.said == "claim" for o in outcomes])

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        p, r, f1, _ = precision_recall_fscore_support(
            gold[rows], said[rows], average="binary", zero_division=0
        )
        found = {f"{name}_recall": float(r)}
        return found | (
            {f"{name}_precision": float(p), f"{name}_f1": float(f1)} if precision else {}
        )

    return with_intervals(compute, group_numbers([o.group for o in outcomes]), resamples)


def evaluate_claims(
    cases: Sequence[Case],
    sentence_files: Sequence[Path] = (),
    *,
    files: dict[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure claim extraction on document cases and on labelled sentences."""
    by_case = {case.name: case_outcomes(case) for case in cases}
    quoted = [o for outcomes in by_case.values() for o in outcomes]
    complete = {
        (case.name, Path(d.path).name)
        for case in cases
        for d in case.documents
        if d.id in case.marked_documents
    }
    full = [o for o in quoted if (o.group, o.tags[0]) in complete]
    sentences = [o for path in sentence_files for o in sentence_outcomes(path)]
    notes = []
    if cases and not complete:
        notes.append("no document is marked completely (claims.jsonl): precision is not measured")
    return Evaluation(
        command="claims",
        files=files or {},
        measures=_measured(quoted, "quoted", resamples, precision=False)
        | _measured(full, "marked", resamples, precision=True)
        | _measured(sentences, "check_worthy", resamples, precision=True),
        # With every sentence a claim, recall is 1 and precision the share of check-worthy ones.
        baselines={"every sentence": _everything(sentences)} if sentences else {},
        outcomes=(*quoted, *sentences),
        tables=(
            Table(
                title="By case",
                headings=("case", "statements", "extracted", "extra claims"),
                rows=tuple(
                    (
                        name,
                        sum(o.expected == "claim" for o in outcomes),
                        sum(o.expected == "claim" and o.right for o in outcomes),
                        sum(o.expected == "no claim" for o in outcomes),
                    )
                    for name, outcomes in by_case.items()
                ),
            ),
        ),
        warnings=tuple(notes),
    )


def _everything(sentences: Sequence[Outcome]) -> dict[str, Measure]:
    share = sum(o.expected == "claim" for o in sentences) / len(sentences)
    return {
        "check_worthy_recall": Measure(value=1.0),
        "check_worthy_precision": Measure(value=share),
        "check_worthy_f1": Measure(value=2 * share / (1 + share)),
    }
