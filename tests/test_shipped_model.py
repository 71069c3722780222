"""The embedded models: their size, that they load offline, and that 8 bits keep their answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from checker.documents import load_documents
from checker.encoder import SentenceEncoder
from checker.nli import CALIBRATION, EMBEDDED, TransformersNli
from checker.pipeline import check_documents
from eval.fixtures import FIXTURES, file_hash, load_pairs

MODELS = EMBEDDED.parent
ROOT = MODELS.parent.parent


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("the checker opened a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_run_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    # ONNX Runtime would keep a device id and a queue of events to upload there.
    code = "from checker.encoder import OnnxEncoder; print(OnnxEncoder().encode(['x']).shape)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )
    assert done.stdout == "(1, 384)\n"
    assert list(tmp_path.iterdir()) == []


def test_models_are_small_enough_for_a_repository() -> None:
    sizes = [path.stat().st_size for path in MODELS.rglob("*") if path.is_file()]
    assert sum(sizes) <= 150_000_000
    assert max(sizes) <= 95_000_000


@pytest.mark.parametrize("name", ["nli", "encoder"])
def test_every_model_has_a_card(name: str) -> None:
    card = (MODELS / name / "README.md").read_text(encoding="utf-8")
    assert "Apache-2.0" in card


def test_calibration_says_what_it_was_fitted_on_and_that_is_no_test_data() -> None:
    values = json.loads((EMBEDDED / CALIBRATION).read_text(encoding="utf-8"))
    assert 0 < values["contradict_threshold"] < 1
    fitted_on = [*values["fitted_on"], *values["run"]["fitted_on"]]
    assert {"business.jsonl", "drafts/mine-tarran/expected.jsonl"} <= {e["file"] for e in fitted_on}
    tests = [*(FIXTURES / "pairs" / "test").iterdir(), *(FIXTURES / "drafts").rglob("*.*")]
    measured = {file_hash(path) for path in tests if path.is_file()}
    assert not any(entry["sha256"] in measured for entry in fitted_on)


def test_eight_bits_and_bf16_keep_the_labels_of_fp32() -> None:
    pairs = load_pairs("dev").sample(150, random_state=1)
    texts = list(zip(pairs["a"], pairs["b"], strict=True))
    said = {
        precision: TransformersNli(precision=precision).score(texts).argmax(axis=1)
        for precision in ("fp32", "bf16", "int8")
    }
    for precision in ("bf16", "int8"):
        flips = float(np.mean(said[precision] != said["fp32"]))
        assert flips <= 0.03, f"{precision}: {flips:.1%} of labels differ from fp32's"


def test_the_encoder_puts_a_claim_and_its_denial_closer_than_another_subject() -> None:
    claim, denial, other = SentenceEncoder().encode(
        ["The port was shut on Friday.", "The port did not close.", "Wheat prices rose in Peru."]
    )
    assert claim @ denial > claim @ other + 0.3


def test_the_run_on_the_demo_documents_finds_contradictions_between_two_sources() -> None:
    documents, problems = load_documents([ROOT / "fixtures" / "documents" / "bridge-collapse"])
    skipped = {Path(problem.path).name for problem in problems if problem.skipped}
    assert skipped == {"claims.jsonl", "expected.jsonl"}
    report = check_documents(documents)
    assert report.contradictions
    for finding in report.findings:
        a, b = finding.pair.a, finding.pair.b
        assert a.document_id != b.document_id
        for claim in (a, b):
            document = report.document_by_id[claim.document_id]
            assert document.text[claim.start : claim.end] == claim.text
