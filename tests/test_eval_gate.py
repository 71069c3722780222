"""The gate end to end, on small fixtures and real tiny models, through the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import build_tiny_nli
from typer.testing import CliRunner

from checker.errors import InputError
from checker.types import ModelInfo
from eval.cli import app
from eval.gate import Baseline, changed_fixtures, falls, read_baseline, updated

MODEL = ModelInfo(name="m", precision="fp32", device="cpu", hash="0")
PLACES = ("museum", "library", "harbour", "school", "bridge", "hospital", "theatre", "station")
DAYS = ("Monday", "Tuesday", "Friday", "Sunday")


def pair(number: int, split: str, label: str, a: str, b: str) -> dict[str, Any]:
    return {
        "id": f"{split}-{number}",
        "story": f"{split}-{number // 3}",
        "a": a,
        "b": b,
        "label": label,
        "tags": [],
        "note": "",
    }


def small_fixtures(root: Path) -> Path:
    """Pairs, two document cases and a draft in the tiny model's language."""
    for split, day, goods in (("train", "Monday", "Copper"), ("test", "Friday", "Wheat")):
        rows = []
        for place in PLACES:
            opened = f"The {place} opened on {day}."
            n = len(rows)
            rows.append(
                pair(n, split, "contradicts", opened, f"The {place} did not open on {day}.")
            )
            rows.append(pair(n + 1, split, "agrees", opened, f"On {day} the {place} opened."))
            prices = f"{goods} prices rose in Peru last year."
            rows.append(pair(n + 2, split, "neutral", opened, prices))
        path = root / "pairs" / split / "small.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, second in (("opening", "did not open"), ("no-conflict-opening", "opened")):
        folder = root / "documents" / name
        folder.mkdir(parents=True)
        a = "The museum opened on Monday."
        b = f"The museum {second} on Monday."
        (folder / "a.txt").write_text(f"{a}\nWheat prices rose in Peru last year.\n")
        (folder / "b.txt").write_text(f"{b}\nCopper prices rose in Chile last year.\n")
        kind = "agrees" if second == "opened" else "contradicts"
        (folder / "expected.jsonl").write_text(
            json.dumps(
                {
                    "kind": kind,
                    "a": {"document": "a.txt", "text": a},
                    "b": {"document": "b.txt", "text": b},
                    "explained_by": "",
                    "note": "",
                }
            )
            + "\n"
        )
    case = root / "drafts" / "opening"
    (case / "sources").mkdir(parents=True)
    (case / "draft.txt").write_text("The museum opened on Monday.\n")
    (case / "sources" / "a.txt").write_text("The museum did not open on Monday.\n")
    (case / "expected.jsonl").write_text(
        json.dumps(
            {
                "kind": "contradicts",
                "level": "error",
                "line": 1,
                "column": 1,
                "text": "The museum opened on Monday.",
                "source": {"document": "a.txt", "text": "The museum did not open on Monday."},
                "explained_by": "",
                "note": "",
                "planted": "negation",
            }
        )
        + "\n"
    )
    return root


def gate(root: Path, model: Path, baseline: Path, *options: str) -> tuple[int, str]:
    """The exit code of `eval gate` and all that it said."""
    arguments = ["gate", "--fixtures", str(root), "--model", str(model), "--baseline"]
    result = CliRunner().invoke(app, [*arguments, str(baseline), *options])
    if isinstance(result.exception, InputError):  # main() turns it into exit code 2
        return 2, str(result.exception)
    return result.exit_code, result.output


def test_the_gate_from_first_update_to_recorded_regression(tmp_path: Path, tiny_nli: Path) -> None:
    root, baseline = small_fixtures(tmp_path / "fixtures"), tmp_path / "baseline.json"
    code, said = gate(root, tiny_nli, baseline)
    assert code == 2
    assert "no baseline yet" in said
    assert gate(root, tiny_nli, baseline, "--update")[0] == 0
    committed = read_baseline(baseline)
    assert committed.floors["pairs.contradicts_f1"] > 0.9
    assert committed.floors["documents.contradicts_recall"] == 1
    assert committed.floors["drafts.planted_found"] == 1
    assert "pairs/test/small.jsonl" in committed.fixtures
    assert gate(root, tiny_nli, baseline)[0] == 0

    worse = build_tiny_nli(tmp_path / "deaf", deaf=True)
    code, said = gate(root, worse, baseline)
    assert code == 1
    fell = re.search(r"FAILED pairs\.accuracy: fell by (\S+), from (\S+) to (\S+)", said)
    assert fell is not None
    by, before, after = map(float, fell.groups())
    assert by == pytest.approx(before - after, abs=1e-4)
    assert before == committed.floors["pairs.accuracy"]

    code, said = gate(root, worse, baseline, "--update")
    assert code == 2
    assert "--allow-regression" in said
    assert read_baseline(baseline) == committed
    code, _ = gate(root, worse, baseline, "--update", "--allow-regression", "smaller model")
    assert code == 0
    (entry,) = read_baseline(baseline).regressions
    assert entry.reason == "smaller model"
    assert "pairs.accuracy" in entry.changes

    path = root / "pairs" / "test" / "small.jsonl"
    path.write_text(path.read_text().replace('"note": ""', '"note": "n"', 1))
    code, said = gate(root, worse, baseline)
    assert code == 2
    assert "pairs/test/small.jsonl: changed" in said
    assert gate(root, worse, baseline, "--update")[0] == 0


def test_falls_look_at_the_direction_of_each_number() -> None:
    floors = {"pairs.accuracy": 0.8, "pairs.calibration_error": 0.05, "pairs.contradicts_f1": 0.7}
    assert falls(floors, floors) == []
    better = {"pairs.accuracy": 0.9, "pairs.calibration_error": 0.0, "pairs.contradicts_f1": 0.8}
    assert falls(floors, better, slack=0) == []
    worse = {"pairs.accuracy": 0.795, "pairs.calibration_error": 0.09}
    accuracy, error, gone = falls(floors, worse, slack=0)
    assert str(accuracy) == "pairs.accuracy: fell by 0.0050, from 0.8000 to 0.7950"
    assert str(error) == "pairs.calibration_error: rose by 0.0400, from 0.0500 to 0.0900"
    assert str(gone) == "pairs.contradicts_f1: not measured any more (was 0.7000)"
    assert falls(floors, worse)[0].name == "pairs.calibration_error"


def test_every_kind_of_change_of_a_fixture_is_named() -> None:
    old = Baseline(model=MODEL, fixtures={"a": "1", "b": "1"}, floors={})
    assert changed_fixtures(old, {"a": "2", "c": "1"}) == [
        "b: removed",
        "c: added",
        "a: changed",
    ]
    assert changed_fixtures(old, {"a": "1", "b": "1"}) == []


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_lowering_needs_a_reason(reason: str | None) -> None:
    old = Baseline(model=MODEL, fixtures={}, floors={"pairs.accuracy": 0.8})
    with pytest.raises(InputError, match=r"pairs\.accuracy: fell by 0\.0010"):
        updated(old, MODEL, {}, {"pairs.accuracy": 0.799}, reason)
    raised = updated(old, MODEL, {}, {"pairs.accuracy": 0.81}, reason)
    assert raised.floors == {"pairs.accuracy": 0.81}
    assert raised.regressions == ()


def test_a_malformed_baseline_is_named(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text('{"model": {}, "fixtures": {}}')
    with pytest.raises(InputError, match=r"baseline\.json: field 'model"):
        read_baseline(path)
