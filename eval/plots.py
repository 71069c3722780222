"""Static SVG plots of an evaluation, drawn as `checker.charts` draws its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from checker.charts import svg

COLOURS = ["#b3261e", "#4a8cff", "#1b6b3a", "#c08a00"]


def reliability_plot(bins: Sequence[tuple[float, float, int]]) -> str:
    """Confidence against the share that was right; on the diagonal they agree."""
    frame = pd.DataFrame(bins, columns=["confidence", "right", "rows"])
    scale = alt.Scale(domain=[0, 1])
    line = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(
        strokeDash=[4, 4], color="#888"
    )
    points = alt.Chart(frame).encode(
        x=alt.X("confidence:Q", title="confidence", scale=scale),
        y=alt.Y("right:Q", title="share right", scale=scale),
    )
    dots = points.mark_circle(color=COLOURS[0]).encode(
        size=alt.Size("rows:Q", legend=None, scale=alt.Scale(range=[30, 400], domainMin=0))
    )
    chart = line.encode(x="x:Q", y="y:Q") + points.mark_line(color=COLOURS[0]) + dots
    return svg(chart.properties(width=280, height=280))


def confusion_plot(counts: NDArray[np.int64], classes: Sequence[str]) -> str:
    """Right classes against said ones, coloured by the share of the right class."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    frame = pd.DataFrame(
        [
            {"right": right, "said": said, "pairs": int(counts[i, j]), "share": float(shares[i, j])}
            for i, right in enumerate(classes)
            for j, said in enumerate(classes)
        ]
    )
    base = alt.Chart(frame).encode(
        x=alt.X("said:N", sort=list(classes), axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("right:N", sort=list(classes)),
    )
    colour = alt.Color(
        "share:Q", legend=None, scale=alt.Scale(range=["#f5e9e7", COLOURS[0]], domain=[0, 1])
    )
    ink = alt.condition("datum.share > 0.55", alt.value("#ffffff"), alt.value("#3b0d0a"))
    chart = base.mark_rect(cornerRadius=3).encode(color=colour) + base.mark_text(
        fontSize=14
    ).encode(text="pairs:Q", color=ink)
    return svg(chart.properties(width=alt.Step(96), height=alt.Step(56)))


def bars(values: Mapping[str, float], title: str) -> str:
    """One bar a name, 0 to 1."""
    frame = pd.DataFrame({"name": list(values), "value": list(values.values())})
    base = alt.Chart(frame).encode(
        x=alt.X("value:Q", title=title, scale=alt.Scale(domain=[0, 1])),
        y=alt.Y("name:N", title=None, sort=list(values)),
    )
    chart = base.mark_bar(color=COLOURS[1], cornerRadiusEnd=3)
    return svg(chart.properties(width=320, height=alt.Step(20)))


def curves(lines: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str) -> str:
    """Several lines over one logarithmic axis, told apart by colour and legend."""
    frame = pd.DataFrame(
        [{"line": name, "x": a, "y": b} for name, points in lines.items() for a, b in points]
    )
    chart = (
        alt.Chart(frame)
        .mark_line(point=True)
        .encode(
            x=alt.X("x:Q", title=x, scale=alt.Scale(type="log"), axis=alt.Axis(format="~%")),
            y=alt.Y("y:Q", title=y, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("line:N", title=None, sort=list(lines), scale=alt.Scale(range=COLOURS)),
        )
    )
    return svg(chart.properties(width=380, height=280))
