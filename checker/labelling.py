"""Labelling given pairs of texts: JSON lines in, JSON lines out, same order."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checker.decision import combine_directed, most_likely
from checker.errors import InputError
from checker.nli import NliModel
from checker.pipeline import Progress
from checker.types import Scores, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The most likely verdict on one pair, its probability, and both directions' scores."""

    verdict: Verdict
    confidence: float
    forward: Scores
    backward: Scores


def read_pairs(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines with the text fields `a` and `b`; other fields are kept.

    Raises InputError that names file, line and field.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text") from error
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: not a JSON object")
        for field in ("a", "b"):
            if not isinstance(row.get(field), str) or not row[field].strip():
                raise InputError(
                    f"{path}:{number}: field {field!r} must be a text that is not empty"
                )
            if not _is_unicode(row[field]):
                raise InputError(f"{path}:{number}: field {field!r} holds half a character")
        rows.append(row)
    if not rows:
        raise InputError(f"{path}: no pairs")
    return rows


def _is_unicode(text: str) -> bool:
    """Whether a text can be written; JSON escapes can name lone surrogates, which cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def label_pairs(rows: Sequence[dict[str, Any]], model: NliModel, progress: Progress) -> list[Label]:
    """Score each row's `a` and `b` in both directions and take the most likely verdict.

    "agrees" means here that `b` follows from `a`.
    """
    total = 2 * len(rows)

    def report(done: int) -> None:
        progress("scoring", done, total)

    forward = model.score([(row["a"], row["b"]) for row in rows], report)
    backward = model.score([(row["b"], row["a"]) for row in rows], report)
    labels = []
    for ahead, back, joined in zip(
        forward, backward, combine_directed(forward, backward), strict=True
    ):
        verdict, confidence = most_likely(joined)
        labels.append(
            Label(
                verdict=verdict,
                confidence=round(confidence, 4),
                forward=_scores(ahead),
                backward=_scores(back),
            )
        )
    return labels


def _scores(row: NDArray[np.float32]) -> Scores:
    agree, neutral, contradict = (round(float(value), 4) for value in row)
    return Scores(agree=agree, neutral=neutral, contradict=contradict)


def to_lines(rows: Sequence[dict[str, Any]], labels: Sequence[Label]) -> str:
    """JSON lines: the given fields, then verdict, confidence and scores."""
    return "".join(
        json.dumps(
            row
            | {
                "verdict": label.verdict.value,
                "confidence": label.confidence,
                "scores": {"forward": asdict(label.forward), "backward": asdict(label.backward)},
            },
            ensure_ascii=False,
        )
        + "\n"
        for row, label in zip(rows, labels, strict=True)
    )
