"""The README promises nothing that does not run: its examples are executed here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Scores differ in the last digits between processors and precisions.
TOLERANCE = 0.06
_NUMBER = re.compile(r"\d+(?:\.\d+)?")

CONSOLE = [
    (command, output)
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
PYTHON = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)


def assert_same(shown: str, real: str) -> None:
    """Equal text, white space apart; numbers written with a point or % may differ a little."""
    shown_words, real_words = shown.split(), real.split()
    assert len(shown_words) == len(real_words), f"README shows:\n{shown}\nbut it prints:\n{real}"
    for left, right in zip(shown_words, real_words, strict=True):
        if left == right:
            continue
        assert _NUMBER.sub("0", left) == _NUMBER.sub("0", right), f"{left!r} against {right!r}"
        for a, b in zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True):
            scale = 100 if "%" in left else 1
            close = ("." in a or "%" in left) and abs(float(a) - float(b)) <= TOLERANCE * scale
            assert a == b or close, f"{left!r} against {right!r}"


@pytest.mark.parametrize(("command", "output"), CONSOLE, ids=[c for c, _ in CONSOLE])
def test_console_examples_print_what_the_readme_shows(
    command: str, output: str, tmp_path: Path
) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_same(output, done.stdout)


@pytest.mark.parametrize(("code", "output"), PYTHON, ids=[c.split("\n")[0] for c, _ in PYTHON])
def test_python_examples_print_what_the_readme_shows(code: str, output: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_same(output, done.stdout)


def test_every_module_is_described() -> None:
    modules = {path.stem for path in (ROOT / "checker").glob("*.py")} - {"__init__", "__main__"}
    missing = {name for name in modules if f"`{name}.py`" not in README}
    assert not missing


def test_there_are_examples_to_run() -> None:
    assert CONSOLE
    assert PYTHON
