"""`eval pairs`: how well the model judges given pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from checker.nli import NliModel
from eval.baselines import Baseline
from eval.metrics import (
    RESAMPLES,
    Measure,
    Predictions,
    confusion,
    measures,
    reliability,
    with_intervals,
)
from eval.plots import bars, confusion_plot, reliability_plot
from eval.results import Evaluation, Outcome, Table
from eval.scoring import finding_measures, predictions, score_frame, verdicts

# A class said for less than this share of what it should be said for means
# that the model has collapsed, or that its labels are swapped.
LEAST_SAID = 0.1


def outcomes(frame: pd.DataFrame, found: Predictions) -> tuple[Outcome, ...]:
    """One outcome a pair."""
    made = []
    for row, said, gold, p in zip(
        frame.itertuples(), found.said, found.gold, found.probabilities, strict=True
    ):
        made.append(
            Outcome(
                id=str(row.id),
                group=str(row.story),
                a=str(row.a),
                b=str(row.b),
                expected=found.classes[gold],
                said=found.classes[said],
                right=bool(said == gold),
                badness=round(float(p[said] - p[gold]), 4),
                classes=found.classes,
                probabilities=tuple(round(float(x), 6) for x in p),
                tags=tuple(row.tags),
                note=str(row.note),
            )
        )
    return tuple(made)


def by_tag(frame: pd.DataFrame, found: Predictions) -> Table:
    """Accuracy, and what becomes of contradictions, for the pairs of each tag."""
    rows: list[tuple[str | int | float | None, ...]] = []
    for tag in sorted({tag for tags in frame["tags"] for tag in tags}):
        chosen = np.flatnonzero([tag in tags for tags in frame["tags"]])
        part = measures(found.take(chosen))
        rows.append(
            (
                tag,
                len(chosen),
                part["accuracy"],
                part.get("contradicts_precision"),
                part.get("contradicts_recall"),
            )
        )
    return Table(
        title="By tag",
        headings=("tag", "pairs", "accuracy", "contradicts precision", "contradicts recall"),
        rows=tuple(rows),
    )


def complaints(found: Predictions) -> list[str]:
    """Signs that the model does not work at all, in words for the user."""
    said = np.bincount(found.said, minlength=len(found.classes))
    gold = np.bincount(found.gold, minlength=len(found.classes))
    made = [
        f"collapsed: says {name!r} {said[i]} times where {gold[i]} are right"
        for i, name in enumerate(found.classes)
        if said[i] < LEAST_SAID * gold[i]
    ]
    ranking = measures(found)
    for name in found.classes:
        area = ranking.get(f"{name}_auroc", 1.0)
        if area < 0.5:
            made.append(f"ranks {name!r} worse than chance (AUROC {area:.2f}): labels swapped?")
    return made


def _with_thresholds(
    frame: pd.DataFrame,
    found: Predictions,
    combined: NDArray[np.float32],
    model: NliModel,
    resamples: int,
) -> dict[str, Measure]:
    """All measures of one judge with their intervals, in one bootstrap."""
    labels = frame["label"].to_numpy().astype(np.str_)
    said = verdicts(combined, model)
    three = len(found.classes) == 3

    def compute(rows: NDArray[np.int64]) -> dict[str, float]:
        numbers = measures(found.take(rows))
        return numbers | (finding_measures(labels[rows], said[rows]) if three else {})

    return with_intervals(compute, found.groups, resamples)


def evaluate_pairs(
    frame: pd.DataFrame,
    model: NliModel,
    baselines: Sequence[Baseline] = (),
    *,
    files: dict[str, str] | None = None,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Measure a model on labelled pairs; `frame` as `eval.labelled.read_labelled` gives it."""
    scored = score_frame(frame, model)
    found = predictions(frame, scored.combined)
    numbers = _with_thresholds(frame, found, scored.combined, model, resamples)
    forward = predictions(frame, scored.forward)
    numbers["accuracy_forward_only"] = Measure(value=float(forward.right.mean()))
    if len(found.classes) == 3 and not (found.gold == 1).any():
        # A set of contradictions and entailments alone: what if neutral is no answer?
        clash = found.probabilities[:, 2] > found.probabilities[:, 0]
        forced = float((clash == (found.gold == 2)).mean())
        numbers["accuracy_without_neutral"] = Measure(value=forced)
    beside = {}
    for baseline in baselines:
        other = score_frame(frame, baseline)
        judged = predictions(frame, other.combined)
        beside[baseline.info.name] = _with_thresholds(frame, judged, other.combined, baseline, 0)
    counts = confusion(found)
    tags = by_tag(frame, found)
    tables = [
        Table(
            title="Confusion (rows: right, columns: said)",
            headings=("", *found.classes),
            rows=tuple(
                (name, *(int(n) for n in line))
                for name, line in zip(found.classes, counts, strict=True)
            ),
        )
    ]
    bins = reliability(found.confidence, found.right)
    charts = [
        ("Reliability", reliability_plot(bins)),
        ("Confusion matrix", confusion_plot(counts, found.classes)),
    ]
    if tags.rows:
        tables.append(tags)
        shares = {str(row[0]): float(row[2] or 0) for row in tags.rows}
        charts.append(("Accuracy by tag", bars(shares, "accuracy")))
    return Evaluation(
        command="pairs",
        files=files or {},
        measures=numbers,
        outcomes=outcomes(frame, found),
        baselines=beside,
        tables=tuple(tables),
        charts=tuple(charts),
        warnings=tuple(complaints(found)),
        model=model.info,
    )
