"""Load test of the review page: 20,000 findings, 8 reviewers at once, on loopback.

    python scripts/bench_desk.py [--findings N] [--reviewers N] [--seconds N]

Each reviewer opens the queue with changing filters, opens findings and saves
decisions, without a pause between. Exits with 1 when the queue's 95th
percentile or the server's memory is over its limit. Run it while nothing
else runs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
MOST_MILLISECONDS = 200.0
MOST_BYTES = 300_000_000
SOURCES = 200
VIEWS = (
    *("", "?status=open", "?verdict=contradicts", "?page=37", "?text=harbour+council"),
    *("?source=Paper+7", "?least=80&most=90", "?since=2023-06-01", "?reviewer=reviewer+1"),
)


def write_report(path: Path, findings: int) -> None:
    """Write a report of so many findings, five claims to a document, made of the pair fixtures."""
    rng = random.Random(0)
    files = sorted((ROOT / "fixtures" / "pairs").glob("*/*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    texts = [row[side] for row in rows for side in "ab"]
    documents: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    for number in range(findings * 2 // 5):
        chosen = rng.sample(texts, 5)
        text = "\n".join(chosen)
        month, day = 1 + number % 12, 1 + number % 28
        name = f"d{number}"
        documents.append(
            {
                "id": name,
                "title": f"Document {number}",
                "source": f"Paper {number % SOURCES}",
                "published": f"{2020 + number % 5}-{month:02}-{day:02}",
                "path": f"{name}.txt",
                "origin": name,
                "text": text,
            }
        )
        start = 0
        for place, sentence in enumerate(chosen):
            claims.append(
                {
                    "id": f"{name}-{place}",
                    "document_id": name,
                    "start": start,
                    "end": start + len(sentence),
                    "text": sentence,
                }
            )
            start += len(sentence) + 1
    found = []
    for number in range(findings):
        a, b = rng.sample(claims, 2)
        found.append(
            {
                "id": f"f{number}",
                "verdict": "agrees" if number % 4 == 3 else "contradicts",
                "confidence": round(0.99 - 0.4 * number / findings, 4),
                "explained_by": ["time"] if number % 9 == 0 else [],
                "group": f"f{number - number % 3}",
                "a": {"claim_id": a["id"]},
                "b": {"claim_id": b["id"]},
                "differences": [],
            }
        )
    report = {
        "schema_version": 1,
        "created": "2025-03-04T09:30:00+00:00",
        "model": {"name": "none"},
        "documents": documents,
        "claims": claims,
        "findings": found,
    }
    path.write_text(json.dumps(report), encoding="utf-8")


class Reviewer:
    """One browser: a kept connection, a cookie, a form's secret value."""

    def __init__(self, url: str, name: str, taken: dict[str, list[float]]) -> None:
        self._host = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        self._taken = taken
        self._cookie = ""
        self._csrf = ""
        self._ask("signing in", "GET", "/login")
        self._ask("signing in", "POST", "/login", name=name)

    def _ask(self, what: str, method: str, path: str, **form: str) -> str:
        body = urlencode({"csrf": self._csrf} | form) if method == "POST" else None
        headers = {"Cookie": self._cookie} if self._cookie else {}
        begun = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read().decode()
        self._taken.setdefault(what, []).append(1000 * (time.perf_counter() - begun))
        if response.status not in (200, 303):
            raise RuntimeError(f"{method} {path}: {response.status}")
        self._cookie = (response.getheader("set-cookie") or self._cookie).split(";")[0]
        secret = re.search(r'name="csrf" value="([^"]+)"', text)
        self._csrf = secret[1] if secret else self._csrf
        return text

    def work(self, until: float, seed: int, findings: int) -> None:
        """Browse and decide until the clock says so."""
        rng = random.Random(seed)
        while time.perf_counter() < until:
            self._ask("the queue", "GET", f"/runs/1/{rng.choice(VIEWS)}")
            place = f"/runs/1/findings/f{rng.randrange(findings)}"
            page = self._ask("a finding", "GET", place)
            refuse = "not a contradiction" in page and rng.random() < 0.4
            decision = "not a contradiction" if refuse else "confirmed"
            if 'value="not an agreement"' in page and refuse:
                decision = "not an agreement"
            self._ask("saving a decision", "POST", place, decision=decision, note="seen")
        self._connection.close()


def memory_of(process: int) -> int:
    """Highest resident memory of a process, in bytes."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--findings", type=int, default=20_000)
    parser.add_argument("--reviewers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_report(Path(folder) / "report.json", options.findings)
        begun = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "checker", "review", folder, "--port", "0", "--no-open"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert server.stdout is not None
        url = server.stdout.readline().split()[0]
        start = time.perf_counter() - begun
        try:
            everybody = [Reviewer(url, f"reviewer {n}", taken) for n in range(options.reviewers)]
            until = time.perf_counter() + options.seconds
            threads = [
                threading.Thread(target=one.work, args=[until, n, options.findings])
                for n, one in enumerate(everybody)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            memory = memory_of(server.pid)
        finally:
            server.terminate()
            server.wait()
    table = Table(title=f"{options.findings:,} findings, {options.reviewers} reviewers at once")
    for column in ("what", "requests", "median ms", "95% ms", "slowest ms"):
        table.add_column(column, justify="left" if column == "what" else "right")
    ninety_fifth: dict[str, float] = {}
    for what, times in taken.items():
        times.sort()
        ninety_fifth[what] = times[int(0.95 * (len(times) - 1))]
        shown = (times[len(times) // 2], ninety_fifth[what], times[-1])
        table.add_row(what, f"{len(times):,}", *(f"{value:.1f}" for value in shown))
    table.caption = (
        f"import and start {start:.1f} s; memory of the server at most {memory / 1e6:.0f} MB"
    )
    Console().print(table)
    if ninety_fifth["the queue"] > MOST_MILLISECONDS or memory > MOST_BYTES:
        sys.exit(1)


if __name__ == "__main__":
    main()
