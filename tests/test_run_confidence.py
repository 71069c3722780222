"""How sure a contradiction is in a run: fitted on development drafts, never on tests."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checker.config import Config
from checker.draft.cache import Cache
from checker.draft.checking import check_draft
from checker.draft.levels import Levels, read_levels
from checker.errors import InputError
from checker.nli import read_calibration
from eval import runs
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
    result = CliRunner().invoke(app, ["runs", str(model), "--fixtures", str(root), *options])
    if isinstance(result.exception, InputError):  # main() turns it into exit code 2
        return 2, str(result.exception)
    return result.exit_code, result.output


def test_a_run_believes_the_judge_as_far_as_development_drafts_bear_it_out(
    root: Path, tiny_nli: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model"
    shutil.copytree(tiny_nli, model)
    code, said = fit(root, model)
    assert code == 2
    assert "5 contradictions among the pairs chosen; at least 20 are needed" in said

    monkeypatch.setattr(runs, "LEAST_CONTRADICTIONS", 5)
    code, said = fit(root, model, "--told", "0.6", "--error", "0.9")
    assert code == 0, said
    assert "on 7 pairs with 5 contradictions" in said
    assert read_levels(model, read_calibration(model)) == Levels(error=0.9, warning=0.6)
    written = json.loads((model / "calibration.json").read_text())
    assert written["contradict_threshold"] == 0.6
    assert {"drafts/bridge/draft.txt", "drafts/bridge/sources/a.txt"} <= {
        entry["file"] for entry in written["run"]["fitted_on"]
    }

    # The judge is sure of all seven, and five are listed: the check is as sure as that.
    case = load_draft_cases(root)[0]
    config = Config(model=str(model))
    (note,) = check_draft(case.draft, [case.sources], config, cache=Cache(None)).notes
    assert note.confidence == pytest.approx(5 / 7, abs=0.02)
    assert note.level.value == "warning"


def test_cases_that_measure_are_refused(tmp_path: Path) -> None:
    case = sorted((FIXTURES / "drafts").iterdir())[0]
    shutil.copytree(case, tmp_path / "drafts" / "another-name")
    with pytest.raises(InputError, match="another-name: a test case"):
        runs.refuse_test_cases(load_draft_cases(tmp_path))
