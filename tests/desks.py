"""A desk as its users have it: the command in a process of its own, and visitors over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from checker.report import to_json
from checker.types import Report

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "checker"]


def checker(*arguments: object, folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        timeout=1_800,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def write_run(report: Report, folder: Path) -> Path:
    """Write a report as a run's folder has it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(to_json(report), encoding="utf-8")
    return folder


@dataclass
class Desk:
    """A running server."""

    process: subprocess.Popen[str]
    url: str

    @property
    def memory(self) -> int:
        """The highest resident memory so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


@contextlib.contextmanager
def desk(target: Path, *options: object) -> Iterator[Desk]:
    """Serve a run until the block ends."""
    process = subprocess.Popen(
        [*COMMAND, "review", str(target), "--port", "0", "--no-open", *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "USER": "ana", "LOGNAME": "ana"},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("http"), process.stderr.read()
        yield Desk(process, line.split()[0].rstrip("/"))
    finally:
        process.terminate()
        process.communicate(timeout=20)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def place(self) -> str:
        """Where a redirect leads."""
        return self.headers.get("location", "")


class Visitor:
    """One browser's cookies over plain HTTP; it follows nothing by itself."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.cookie = ""
        self.csrf = ""

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; remember the cookie and the form's secret value."""
        given = {"Cookie": self.cookie} if self.cookie else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(http.client.HTTPConnection(self.host, timeout=60)) as connection:
            connection.request(method, path, body, given | named)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        found = {name.lower(): value for name, value in response.getheaders()}
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].split(";")[0]
        secret = re.search(r'name="csrf" value="([^"]+)"', text)
        self.csrf = secret[1] if secret else self.csrf
        return Answer(response.status, found, text)

    def get(self, path: str, **headers: str) -> Answer:
        """Read a page."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str) -> Answer:
        """Send a form, with the secret value of the last page unless another is given."""
        body = urlencode({"csrf": self.csrf} | form).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, body, **kind | (headers or {}))

    def login(self, name: str, secret: str = "") -> Answer:
        """Come in under a name."""
        self.get("/login")
        return self.post("/login", name=name, secret=secret)


def finding_ids(folder: Path) -> list[str]:
    """The findings of a run's report, in its order."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return [finding["id"] for finding in report["findings"]]
