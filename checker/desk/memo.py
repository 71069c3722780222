"""The memo of confirmed contradictions, for print and for editors: HTML and Markdown."""

from __future__ import annotations

import html
import sqlite3

from checker.desk.passages import visible
from checker.desk.reviewed import confirmed, where_in
from checker.escaping import quote


def to_markdown(connection: sqlite3.Connection, run: int) -> str:
    """The memo of confirmed contradictions in Markdown."""
    found = confirmed(connection, run)
    row = connection.execute("SELECT name, created FROM run WHERE id = ?", [run]).fetchone()
    lines = [
        "# Confirmed contradictions",
        "",
        f"{quote(row['name'])}, checked {row['created'][:10]}",
    ]
    for number, one in enumerate(found, 1):
        lines += ["", f"## {number}. {quote(one.a.source)} against {quote(one.b.source)}"]
        for each in (one.a, one.b):
            lines += ["", f"> {quote(each.text)}", ">", f"> — {quote(where_in(each))}"]
        lines.append("")
        lines += [
            f"* differs in {quote(d.kind)}: {quote(d.a) or '—'} / {quote(d.b) or '—'}"
            for d in one.differences
        ]
        lines.append(f"* confirmed by {quote(', '.join(one.names))}")
        lines += [f"* note by {quote(note)}" for note in one.notes]
    if not found:
        lines += ["", "No contradiction has been confirmed yet."]
    return "\n".join(lines) + "\n"


_MEMO = """:root{color-scheme:light}
body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 Georgia,serif;color:#1d1b19}
article{break-inside:avoid;border-top:1px solid #ccc;margin-top:1.5rem}
h2{font-size:1.1rem}blockquote{margin:.8rem 0;padding-left:1rem;border-left:3px solid #b3261e}
cite,li,.about{font:.85rem/1.5 system-ui,sans-serif;color:#555;font-style:normal}
mark{background:#ffe58a;color:inherit}"""


def to_html(connection: sqlite3.Connection, run: int) -> str:
    """The memo as one page for print, which asks for nothing else."""

    def safe(text: str) -> str:
        return html.escape(visible(text))

    found = confirmed(connection, run)
    row = connection.execute("SELECT name, created FROM run WHERE id = ?", [run]).fetchone()
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Confirmed contradictions</title><style>{_MEMO}</style></head><body><main>",
        f"<h1>Confirmed contradictions</h1><p class=about>{safe(row['name'])}, "
        f"checked {safe(row['created'][:10])}</p>",
    ]
    for number, one in enumerate(found, 1):
        parts.append(
            f"<article><h2>{number}. <bdi>{safe(one.a.source)}</bdi> against "
            f"<bdi>{safe(one.b.source)}</bdi></h2>"
        )
        for each in (one.a, one.b):
            parts.append(
                f'<blockquote dir="auto">{safe(each.before)}<mark>{safe(each.text)}</mark>'
                f"{safe(each.after)}<br><cite>— <bdi>{safe(where_in(each))}</bdi></cite>"
                "</blockquote>"
            )
        items = [f"{d.kind}: {d.a or '—'} / {d.b or '—'}" for d in one.differences]
        items += [f"confirmed by {', '.join(one.names)}", *one.notes]
        parts.append(f"<ul>{''.join(f'<li dir=auto>{safe(item)}</li>' for item in items)}</ul>")
        parts.append("</article>")
    if not found:
        parts.append("<p>No contradiction has been confirmed yet.</p>")
    return "\n".join([*parts, "</main></body></html>"]) + "\n"
