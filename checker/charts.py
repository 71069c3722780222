"""Static SVG charts for reports: drawn by Altair, rendered without a browser.

Text and axes use `currentColor`, so that an inlined chart follows the page's
light or dark theme.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from checker.escaping import printable
from checker.types import Report

DAILY_TICKS = 6  # about so many dates on the time axis; fewer days get one each
MAX_SOURCES = 20
LABEL_CHARACTERS = 32
FEW = 4  # contradictions that take the full colour where no two sources have more
CLASH_COLOURS = ["#f3c6bd", "#b3261e"]


def svg(chart: Any) -> str:
    """Render an Altair chart; text and axes take the colour of the page around it."""
    import vl_convert

    quiet = {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "#8886",
        "labelLimit": 220,
        "labelFontSize": 12,
    }
    # A browser's font may be wider than the one that labels are measured with.
    room = {"left": 28, "top": 20, "right": 12, "bottom": 5}
    chart = chart.configure(background="transparent", padding=room).configure_axis(**quiet)
    chart = chart.configure_view(stroke=None).configure_legend(
        labelColor="currentColor", titleColor="currentColor"
    )
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _label(report: Report) -> dict[str, str]:
    """A short, unique name for each document: its source, numbered where two share it.

    Printable, because the renderer aborts the whole process on a control character.
    """
    seen: Counter[str] = Counter()
    labels = {}
    for document in report.documents:
        name = printable(document.source)[:LABEL_CHARACTERS] or "?"
        seen[name] += 1
        labels[document.id] = f"{name} ({seen[name]})" if seen[name] > 1 else name
    return labels


def source_matrix(report: Report) -> str:
    """Sources against sources: how many contradictions lie between each two. "" when none.

    At most MAX_SOURCES sources: those of the strongest pairs.
    """
    import altair as alt
    import pandas as pd

    labels = _label(report)
    counts: Counter[tuple[str, str]] = Counter()
    for finding in report.contradictions:
        a = labels[finding.pair.a.document_id]
        b = labels[finding.pair.b.document_id]
        counts[a, b] += 1
        if a != b:
            counts[b, a] += 1
    if not counts:
        return ""
    totals: Counter[str] = Counter()
    for (a, _), number in counts.items():
        totals[a] += number
    # Sources of the strongest pairs, not the busiest sources: those may never meet each other.
    chosen: set[str] = set()
    for pair, _ in counts.most_common():
        if len(chosen | set(pair)) <= MAX_SOURCES:
            chosen |= set(pair)
    shown = [name for name, _ in totals.most_common() if name in chosen]
    frame = pd.DataFrame(
        [
            {"one": a, "other": b, "contradictions": n}
            for (a, b), n in sorted(counts.items())
            if a in shown and b in shown
        ]
    )
    base = alt.Chart(frame).encode(
        x=alt.X("one:N", title=None, sort=shown, axis=alt.Axis(labelAngle=-35, orient="top")),
        y=alt.Y("other:N", title=None, sort=shown),
    )
    strongest = max(FEW, frame["contradictions"].max())
    colour = alt.Color(
        "contradictions:Q", legend=None, scale=alt.Scale(range=CLASH_COLOURS, domain=[0, strongest])
    )
    dark = alt.condition(
        f"datum.contradictions > {strongest * 0.7}",
        alt.value("#ffffff"),
        alt.value("#3b0d0a"),
    )
    size = alt.Step(36)
    chart = (
        base.mark_rect(cornerRadius=3).encode(color=colour)
        + base.mark_text(fontSize=13).encode(text="contradictions:Q", color=dark)
    ).properties(width=size, height=size)
    return svg(chart)


def timeline(report: Report) -> str:
    """When the documents were published, with how many contradictions; "" when undated.

    At most MAX_SOURCES documents: those with the most contradictions.
    """
    import altair as alt
    import pandas as pd

    labels = _label(report)
    involved: Counter[str] = Counter()
    for finding in report.contradictions:
        involved[finding.pair.a.document_id] += 1
        involved[finding.pair.b.document_id] += 1
    dated: list[dict[str, Any]] = [
        {
            "published": document.published.isoformat(),
            "source": labels[document.id],
            "contradictions": involved[document.id],
        }
        for document in report.documents
        if document.published
    ]
    if not dated:
        return ""
    dated.sort(key=lambda row: -row["contradictions"])
    frame = pd.DataFrame(dated[:MAX_SOURCES])
    days = (max(pd.to_datetime(frame["published"])) - min(pd.to_datetime(frame["published"]))).days
    # A scale of hours would show one day several times.
    ticks = alt.TimeIntervalStep(interval="day", step=1) if days < DAILY_TICKS else DAILY_TICKS
    chart = (
        alt.Chart(frame)
        .mark_circle(opacity=0.85, color=CLASH_COLOURS[1])
        .encode(
            x=alt.X(
                "published:T",
                title=None,
                axis=alt.Axis(format="%d %b %Y", labelAngle=-35, tickCount=ticks),
                scale=alt.Scale(padding=16),
            ),
            y=alt.Y("source:N", title=None),
            size=alt.Size(
                "contradictions:Q",
                legend=None,
                scale=alt.Scale(range=[60, 500], domainMin=0),
            ),
        )
        .properties(width=520, height=alt.Step(26))
    )
    return svg(chart)
