"""The command line as a user runs it: a process of its own, real files, a real small model."""

import csv
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer.main

import checker.cli

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-m", "checker"]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
OPEN = "All three miners survived. The museum opened on Monday.\n"
SHUT = "None of the miners survived. The museum opened on Monday.\n"
PAIR = '{"a": "All three miners survived.", "b": "None of the miners survived.", "id": "x"}\n'


def run(*arguments, folder, text="", **environment):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.fixture(scope="module")
def rough(tiny_nli, tmp_path_factory):
    """One run over usable, unusable and hostile files, with a pair limit."""
    folder = tmp_path_factory.mktemp("rough")
    texts = folder / "texts"
    texts.mkdir()
    (texts / "open.txt").write_text(OPEN)
    (texts / "e\x1b[31mvil\u202e.txt").write_text(
        f"\x1b]0;owned\x07\x1b[2J{SHUT}\u202eDone it is.\n"
    )
    (texts / os.fsdecode(b"caf\xe9.txt")).write_text("Wheat prices rose in Peru last year.\n")
    (texts / "empty.txt").write_text("")
    (texts / "song\x1b[5m.mp3").write_bytes(b"\0\1")
    (texts / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    options = ["--model", tiny_nli, "--max-pairs", 3, "--fail-on", "contradicts"]
    return folder, run("check", "texts", "gone.txt", *options, folder=folder)


def test_unreadable_files_are_named_and_the_rest_goes_on(rough):
    folder, done = rough
    assert done.returncode == 2
    report = json.loads((folder / "checker-report" / "report.json").read_text())
    assert len(report["documents"]) == 3
    reasons = {Path(p["path"]).name: p["reason"] for p in report["problems"]}
    assert reasons["empty.txt"] == "empty file"
    assert reasons["broken.pdf"] == "damaged PDF"
    assert reasons["gone.txt"] == "no such file or folder"
    assert len(reasons) == 4
    for name in (
        "texts/empty.txt: empty file",
        "texts/broken.pdf: damaged PDF",
        "gone.txt: no such",
    ):
        assert f"checker: {name}" in done.stderr


def test_all_formats_are_written_and_announced_without_a_progress_bar(rough):
    folder, done = rough
    names = ["report.json", "findings.csv", "report.md", "report.html"]
    assert done.stderr.splitlines()[-4:] == [f"wrote checker-report/{name}" for name in names]
    assert len(done.stderr.splitlines()) == 4 + 4
    assert sorted(p.name for p in (folder / "checker-report").iterdir()) == sorted(names)
    table = (folder / "checker-report" / "findings.csv").read_text().splitlines()
    assert next(csv.DictReader(table))["verdict"] in ("contradicts", "agrees")


def test_what_the_pair_limit_cut_is_counted_and_told(rough):
    folder, done = rough
    stats = json.loads((folder / "checker-report" / "report.json").read_text())["stats"]
    assert stats["scored_pairs"] == 3
    assert stats["cut_pairs"] > 0
    assert f"Cut: {stats['cut_pairs']} pairs by --max-pairs" in done.stdout
    assert f"3 of {stats['possible_pairs']} pairs scored" in done.stdout


def test_escape_codes_of_documents_and_names_do_nothing(rough):
    folder, done = rough
    assert "in 3 documents" in done.stdout
    assert "e[31mvil:1" in done.stdout
    assert "passed over 1 file that is no document (.mp3)" in done.stderr
    assert not CONTROL.search(done.stdout + done.stderr)
    for name in ("findings.csv", "report.md"):
        assert not CONTROL.search((folder / "checker-report" / name).read_text())


def test_findings_at_the_threshold_exit_1_and_stdin_is_a_document(tiny_nli, tmp_path):
    (tmp_path / "shut.txt").write_text(SHUT)
    (tmp_path / "set.toml").write_text(f'model = "{tiny_nli}"\nmax_findings = 1\n')
    options = ["--config", "set.toml", "-o", "a/b", "--format", "json", "--fail-on", "unexplained"]
    done = run("check", "-", "shut.txt", *options, folder=tmp_path, text=OPEN)
    assert (done.returncode, done.stderr) == (1, "wrote a/b/report.json\n")
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["report.json"]
    report = json.loads((tmp_path / "a" / "b" / "report.json").read_text())
    assert [document["path"] for document in report["documents"]] == ["-", "shut.txt"]
    assert [finding["verdict"] for finding in report["findings"]] == ["contradicts"]


def test_explained_contradictions_pass_fail_on_unexplained(tiny_nli, tmp_path):
    (tmp_path / "old.md").write_text(f"---\ndate: 2015-03-01\n---\n{OPEN}")
    (tmp_path / "new.md").write_text(f"---\ndate: 2024-03-01\n---\n{SHUT}")
    options = ["--model", tiny_nli, "--fail-on", "unexplained", "--format", "csv"]
    done = run("check", "old.md", "new.md", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(time?)" in done.stdout
    assert os.listdir(tmp_path / "checker-report") == ["findings.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "a.txt", "--config", "bad.toml"], "bad.toml: max_pears: Unexpected keyword"),
        (["check", "a.txt", "--config", "none.toml"], "none.toml: no such file"),
        (["check", "a.txt", "-o", "a.txt/out"], "a.txt/out: cannot write there: Not a directory"),
        (["label", "none.jsonl"], "none.jsonl: cannot be read: No such file or directory"),
        (["label", "bad.jsonl"], "bad.jsonl:2: not JSON: "),
        (["label", "good.jsonl", "-o", "a.txt/x"], "a.txt: cannot write there: "),
        (["label", "good.jsonl", "--model", "none"], "none: not a model directory"),
    ],
)
def test_input_errors_are_one_line_and_exit_2(tmp_path, arguments, message):
    (tmp_path / "a.txt").write_text(OPEN)
    (tmp_path / "bad.toml").write_text("max_pears = 3\n")
    (tmp_path / "good.jsonl").write_text(PAIR)
    (tmp_path / "bad.jsonl").write_text(f"{PAIR}nonsense\n")
    done = run(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"checker: {message}")
    assert done.stderr.count("\n") == 1


def test_nothing_usable_exits_2_and_names_each_file(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    done = run("check", "empty.txt", "gone.txt", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.split(": ", 1)[1] for line in done.stderr.splitlines()] == [
        "no usable document among the given paths",
        "empty.txt: empty file",
        "gone.txt: no such file or folder",
    ]
    assert not (tmp_path / "checker-report").exists()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2"], "cannot tell which label means 'agree' among"),
        (["contradiction", "neutral", "entailment"], "its labels are mixed up or it is untrained"),
    ],
)
def test_a_model_that_cannot_be_trusted_is_refused(tiny_nli, tmp_path, labels, message):
    shutil.copytree(tiny_nli, tmp_path / "m")
    path = tmp_path / "m" / "config.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"id2label": dict(enumerate(labels))})
    )
    done = run("label", "-", "--model", "m", "-o", "out.jsonl", folder=tmp_path, text=PAIR)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.jsonl").exists()


def test_label_writes_lines_in_order_to_stdout(tiny_nli, tmp_path):
    text = PAIR + '{"a": "The museum opened on Monday.", "b": "The museum opened on Monday."}\n'
    done = run("label", "-", "--model", tiny_nli, folder=tmp_path, text=text)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["id"], first["verdict"]) == ("x", "contradicts")
    assert second["verdict"] == "agrees"
    assert set(second) == {"a", "b", "verdict", "confidence", "scores"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "a.txt", "--bogus"],
        ["check"],
        ["bogus"],
        ["check", "a.txt", "--format", "xml"],
        ["check", "a.txt", "--max-pairs", "0"],
        ["check", "a.txt", "--precision", "int3"],
        ["label", "a.jsonl", "--precision", "int3"],
    ],
)
def test_usage_errors_exit_2_without_a_traceback(tmp_path, arguments):
    done = run(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_during_a_run_exits_130_with_one_line_and_no_file(tiny_nli, tmp_path):
    """Standard error is a terminal here, so the progress bar tells when the run is under way."""
    (tmp_path / "texts").mkdir()
    for number in range(200):  # enough to be at work still when the signal comes
        text = OPEN if number % 2 else SHUT
        (tmp_path / "texts" / f"{number}.txt").write_text(f"{text} Ship {number} waited there.")
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "check", "texts", "--model", str(tiny_nli), "-o", "out"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    seen = b""
    while b"claims" not in seen:
        seen += os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    try:
        while part := os.read(terminal, 4096):
            seen += part
    except OSError:  # a terminal whose other end has closed
        pass
    os.close(terminal)
    assert process.communicate(timeout=60)[0] == b""
    assert process.returncode == 130
    assert re.findall(rb"checker: [^\r]*", seen) == [b"checker: stopped"]
    assert b"Traceback" not in seen
    assert list((tmp_path / "out").iterdir()) == []


def test_help_answers_at_once_and_loads_nothing_heavy(tmp_path):
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        assert run("--help", folder=tmp_path).returncode == 0
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.5
    trace = run("--help", folder=tmp_path, PYTHONPROFILEIMPORTTIME="1").stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines()}
    assert "typer" in loaded
    heavy = {"torch", "transformers", "spacy", "numpy", "pandas", "altair", "pydantic", "ftfy"}
    assert not loaded & heavy


def test_every_command_and_option_is_explained():
    root = typer.main.get_command(checker.cli.app)
    assert root.help
    assert {"check", "label"} <= set(root.commands)
    for name, command in root.commands.items():
        assert command.help, name
        assert "..." not in command.get_short_help_str(60), name
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"
