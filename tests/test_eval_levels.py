"""The levels of notes: fitted on development drafts as the product checks them, never on tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import build_tiny_nli
from typer.testing import CliRunner

from checker.draft.levels import read_levels
from checker.errors import InputError
from checker.nli import Calibration
from eval import levels
from eval.cli import app
from eval.drafts import load_draft_cases
from eval.fixtures import FIXTURES

OPENED, DENIED = "The museum opened on Monday.", "The museum did not open on Monday."
OTHERS = ("library", "harbour", "school", "bridge", "hospital", "theatre", "station")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Seven cases that plant what their source denies; in two that is no plant, but forbidden."""
    for number, place in enumerate(OTHERS):
        case = tmp_path / "drafts" / place
        (case / "sources").mkdir(parents=True)
        for name, text in (("draft.txt", OPENED), ("sources/a.txt", DENIED)):
            (case / name).write_text(text.replace("museum", place) + "\n")
        listed = number >= 2
        row = {
            "kind": "contradicts" if listed else "never",
            "level": "error" if listed else "",
            "line": 1,
            "column": 1,
            "text": OPENED.replace("museum", place),
            "source": {"document": "a.txt", "text": DENIED.replace("museum", place)},
            "explained_by": "",
            "note": "",
            "planted": "negation" if listed else "",
        }
        (case / "expected.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def fit(root: Path, model: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["levels", str(model), "--fixtures", str(root), *options])
    if isinstance(result.exception, InputError):  # main() turns it into exit code 2
        return 2, str(result.exception)
    return result.exit_code, result.output


def test_levels_are_where_the_share_of_right_notes_is_reached(
    root: Path, tiny_nli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.calibration.LEAST_FINDINGS", 5)
    model = tmp_path / "model"
    shutil.copytree(tiny_nli, model)
    code, said = fit(root, model, "--error", "0.7", "--warning", "0.7")
    assert code == 0, said
    fitted = read_levels(model, Calibration())
    assert levels.FLOOR <= fitted.warning <= fitted.error < 1
    written = json.loads((model / "levels.json").read_text())
    assert written["target_precision"] == {"error": 0.7, "warning": 0.7}
    assert {"drafts/bridge/draft.txt", "drafts/bridge/sources/a.txt"} <= {
        entry["file"] for entry in written["fitted_on"]
    }
    # Two of the seven notes are not expected: 5 of 7 is the best that can be had.
    code, said = fit(root, model, "--error", "0.99")
    assert code == 2
    assert "error findings" in said


def test_a_model_that_finds_nothing_is_told_of(root: Path, tmp_path: Path) -> None:
    deaf = build_tiny_nli(tmp_path / "deaf", deaf=True)
    code, said = fit(root, deaf)
    assert code == 2
    assert "no threshold" in said


def test_cases_that_measure_are_refused(tmp_path: Path) -> None:
    case = sorted((FIXTURES / "drafts").iterdir())[0]
    shutil.copytree(case, tmp_path / "drafts" / "another-name")
    with pytest.raises(InputError, match="another-name: a test case"):
        levels.refuse_test_cases(load_draft_cases(tmp_path))
