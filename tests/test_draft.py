"""Checking a draft: the command as a user runs it, with a real small model and a real cache."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from checker.config import Config
from checker.draft.cache import FILE, VERSION, Cache
from checker.draft.checking import Models, check_draft, load_models
from checker.draft.decisions import decisions_path, read_decisions
from checker.draft.identity import note_id, substance
from checker.draft.reading import read_draft
from checker.draft.types import Level, Result, Rule
from checker.draft.watching import watch
from checker.errors import InputError

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "tests" / "data" / "sarif-schema-2.1.0.json").read_text())
DRAFT = "# News\n\n🎈 Hello. The library opened on Friday. Wheat prices rose in Peru last year.\n"
SOURCE = "The library did not open on Friday. Wheat prices rose in Peru last year.\n"


@pytest.fixture(scope="module")
def models(tiny_nli: Path) -> Models:
    return load_models(Config(model=str(tiny_nli)), Cache(None))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "wire.txt").write_text(SOURCE)
    (tmp_path / "draft.md").write_text(DRAFT)
    return tmp_path


# Root may write everywhere, unless it gives that up.
WITHOUT_ROOT_RIGHTS = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
)


def run(
    folder: Path,
    tiny_nli: Path,
    *arguments: Any,
    text: bytes = b"",
    under: tuple[str, ...] = (),
) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "checker", "draft", *map(str, arguments)]
    done = subprocess.run(
        [*under, *command, "--model", str(tiny_nli)],
        cwd=folder,
        input=text,
        capture_output=True,
        timeout=240,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT), "CHECKER_CACHE": str(folder / ".cache")},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(models: Models, folder: Path, **options: Any) -> Result:
    return check_draft(
        read_draft(folder / "draft.md"), [folder / "sources"], models=models, **options
    )


def clash(result: Result) -> Any:
    return next(n for n in result.notes if n.rule is Rule.CONTRADICTS_SOURCE)


def test_a_contradiction_stands_at_its_line_and_column(models: Models, folder: Path) -> None:
    result = check(models, folder)
    note = clash(result)
    assert (note.place.line, note.place.column) == (3, 10)
    assert note.text == "The library opened on Friday."
    assert note.backing[0].text == "The library did not open on Friday."
    assert (note.backing[0].line, note.backing[0].path) == (1, str(folder / "sources/wire.txt"))
    assert note.level in (Level.ERROR, Level.WARNING)
    backed = next(n for n in result.notes if n.rule is Rule.SUPPORTED)
    assert (backed.text, backed.origins) == ("Wheat prices rose in Peru last year.", 1)
    (folder / "sources" / "wire.txt").write_text("All three miners survived.\n")
    unsupported = [n for n in check(models, folder).notes if n.rule is Rule.UNSUPPORTED]
    assert "Wheat prices rose in Peru last year." in [note.text for note in unsupported]


def test_a_draft_that_contradicts_itself_is_noted_at_the_later_sentence(
    models: Models, folder: Path
) -> None:
    (folder / "draft.md").write_text(f"{SOURCE}\nThe library opened on Friday.\n")
    (folder / "sources" / "wire.txt").write_text("Wheat prices fell in Peru last year.\n")
    notes = check(models, folder).notes
    own = [note for note in notes if note.rule is Rule.CONTRADICTS_DRAFT]
    assert {(note.place.line, note.backing[0].line) for note in own} == {(3, 1)}


def test_copies_are_one_origin_and_a_copy_of_the_draft_backs_nothing(
    models: Models, folder: Path
) -> None:
    long = (
        SOURCE.strip() + " The red bridge over the river was painted green by forty volunteers.\n"
    )
    for name in ("wire", "copy"):
        (folder / "sources" / f"{name}.txt").write_text(long)
    (folder / "sources" / "older.md").write_text(DRAFT)
    result = check(models, folder)
    backed = next(n for n in result.notes if n.rule is Rule.SUPPORTED)
    assert backed.origins == 1
    assert {Path(b.path).name for b in backed.backing} == {"wire.txt", "copy.txt"}
    clashes = [n for n in result.notes if n.text == "The library opened on Friday."]
    assert [len(n.backing) for n in clashes if n.backing[0].text.startswith("The library did")] == [
        2
    ]


def test_ids_depend_on_substance_alone() -> None:
    rule = "contradicts-source"
    same = note_id(rule, "It rose “by 3.5 %” — in May.", "It fell.")
    assert same == note_id(rule, 'it  rose "by 3.5%" - in May', "It fell.")
    assert same != note_id(rule, "It rose “by 3.6 %” — in May.", "It fell.")
    assert same != note_id(rule, "It rose “by 3.5 %” — in May.", "It fell not.")
    assert substance("It didn’t fall by -2 °C.") == "it didn't fall by -2 ° c"


def test_a_dismissed_note_stays_dismissed_until_its_sentence_changes(
    folder: Path, tiny_nli: Path
) -> None:
    arguments = ("draft.md", "--against", "sources", "--fail-on", "warning")
    code, out, _ = run(folder, tiny_nli, *arguments)
    assert code == 1
    assert out.startswith("draft.md:3:10: ")
    (id,) = {line.split("[")[1][:12] for line in out.splitlines() if line.startswith("draft.md:")}
    code, _, said = run(folder, tiny_nli, *arguments, "--decide", id, "dismiss")
    assert (code, "needs a reason" in said) == (2, True)
    decide = ("--decide", id, "dismiss", "--reason", "wire was wrong", "--by", "Ada")
    code, _, said = run(folder, tiny_nli, *arguments, *decide)
    assert code == 0, said
    path = folder / "draft.md.decisions.jsonl"
    (row,) = [json.loads(line) for line in path.read_text().splitlines()]
    assert (row["id"], row["by"], row["draft"]) == (id, "Ada", "The library opened on Friday.")
    moved = DRAFT.replace("# News", "# News\n\nDoes a question move the text?")
    (folder / "draft.md").write_text(moved.replace("opened on Friday", "opened  on *Friday*"))
    code, out, said = run(folder, tiny_nli, *arguments)
    assert (code, out) == (0, "")
    assert "1 dismissed" in said
    (folder / "draft.md").write_text(DRAFT.replace("on Friday", "on Sunday"))
    code, out, said = run(folder, tiny_nli, *arguments)
    assert f"{id} (dismiss: wire was wrong) meets no note any more" in said
    assert path.read_text()
    (folder / "draft.md").write_text(DRAFT)
    path.write_text(path.read_text() + "{not json\n")
    code, _, said = run(folder, tiny_nli, *arguments)
    assert code == 2
    assert "draft.md.decisions.jsonl:2: not a decision" in said
    assert "{not json" in path.read_text()


def test_all_formats_tell_the_same_note(folder: Path, tiny_nli: Path) -> None:
    base = ("draft.md", "--against", "sources", "--fail-on", "never")
    code, out, _ = run(folder, tiny_nli, *base, "--format", "json", "-o", "out/notes.json")
    assert (code, out) == (0, "")
    content = json.loads((folder / "out" / "notes.json").read_text())
    assert content["schema_version"] == 1
    (note,) = content["drafts"][0]["notes"]
    assert (note["line"], note["column"], note["start"]) == (3, 10, DRAFT.index("The library"))
    _, out, _ = run(folder, tiny_nli, *base, "--format", "github")
    assert out.startswith(f"::{note['level']} file=draft.md,line=3,endLine=3,col=10,endColumn=39,")
    assert "%0Asource: The library did not open on Friday." in out
    _, out, _ = run(folder, tiny_nli, *base, "--format", "html")
    assert "The library opened on Friday." in out
    assert "http" not in out.replace("http-equiv", "")
    _, out, _ = run(
        folder,
        tiny_nli,
        *base,
        "--format",
        "sarif",
        "--baseline",
        "out/notes.json",
        "--show-support",
    )
    log = json.loads(out)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    first, backed = log["runs"][0]["results"]
    assert first["partialFingerprints"] == {"checkerNote/v1": note["id"]}
    assert (first["baselineState"], backed["baselineState"]) == ("unchanged", "new")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "draft.md"
    assert (place["region"]["startLine"], place["region"]["startColumn"]) == (3, 10)
    other = first["relatedLocations"][0]["physicalLocation"]
    assert other["artifactLocation"]["uri"] == "sources/wire.txt"
    assert other["region"]["snippet"]["text"] == "The library did not open on Friday."
    (folder / "base.sarif").write_text(out)
    (folder / "draft.md").write_text("Is nothing left of it?\n")
    _, out, _ = run(folder, tiny_nli, *base, "--format", "sarif", "--baseline", "base.sarif")
    log = json.loads(out)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    assert {r["baselineState"] for r in log["runs"][0]["results"]} == {"absent"}
    code, out, _ = run(folder, tiny_nli, *base, "--baseline", "base.sarif", "--new-only")
    assert (code, out) == (0, "")


def test_comments_switch_notes_off_and_need_a_reason(models: Models, folder: Path) -> None:
    clashing = "The library opened on Friday.\n"
    (folder / "draft.md").write_text(
        f"<!-- checker: off quoted from the old edition -->\n\n{clashing}\n"
        f"<!-- checker: on -->\n\n<!-- checker: line a joke -->\n{clashing}\n{clashing}\n"
        f"Hm: {clashing.strip()} <!-- checker: line -->\n\n<!-- checker: on -->\n"
    )
    result = check(models, folder)
    shown = {
        note.place.line: note.suppressed
        for note in result.notes
        if note.rule is Rule.CONTRADICTS_SOURCE
    }
    assert shown[3] == "quoted from the old edition"
    assert shown[8] == "a joke"
    assert shown[10] is None
    assert len({n.id for n in result.notes}) == len(result.notes)
    assert [problem.reason for problem in result.problems] == [
        "checker: line without a reason is ignored; write why",
        "checker: on without an off before it",
    ]
    assert result.problems[0].path.endswith("draft.md:12:35")


def test_a_piped_draft_is_read_as_its_name_says(folder: Path, tiny_nli: Path) -> None:
    html = b"<p>Hello.</p>\r\n<p>The <b>library</b> opened on Friday.</p>"
    code, out, _ = run(
        folder,
        tiny_nli,
        "-",
        "--stdin-filename",
        "new.html",
        "--against",
        "sources",
        "--fail-on",
        "warning",
        text=html,
    )
    assert code == 1
    assert out.startswith("new.html:2:4: ")


@pytest.mark.parametrize(
    ("name", "text", "against", "message"),
    [
        ("draft.md", b"Text is here.", "gone", "gone: no such file or folder of sources"),
        ("draft.md", b" \n", "sources", "draft.md: the draft is empty"),
        ("draft.xyz", b"Text.", "sources", "draft.xyz: a draft is one of .md"),
        ("gone.md", None, "sources", "gone.md: cannot read the draft: no such file"),
        ("draft.docx", b"no zip", "sources", "draft.docx: cannot read the draft: damaged DOCX"),
        ("draft.txt", b"\0\1\2", "sources", "draft.txt: cannot read the draft: binary file"),
    ],
)
def test_bad_input_is_told_clearly(
    folder: Path, tiny_nli: Path, name: str, text: bytes | None, against: str, message: str
) -> None:
    if text is not None:
        (folder / name).write_bytes(text)
    code, out, said = run(folder, tiny_nli, name, "--against", against)
    assert (code, out) == (2, "")
    assert message in said
    assert "Traceback" not in said


def test_a_source_that_cannot_be_read_is_named_and_the_rest_is_checked(
    folder: Path, tiny_nli: Path
) -> None:
    (folder / "sources" / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "sources" / "empty.txt").write_bytes(b"")
    code, out, said = run(folder, tiny_nli, "draft.md", "--against", "sources")
    assert code == 2
    assert "sources/broken.pdf: damaged PDF" in said
    assert "sources/empty.txt: empty file" in said
    assert "The library opened on Friday." in out


def test_the_second_check_scores_nothing_and_finds_the_same(tiny_nli: Path, folder: Path) -> None:
    notes = []
    for expected in (True, False):
        cache = Cache(folder / "cache")
        models = load_models(Config(model=str(tiny_nli)), cache)
        result = check(models, folder, cache=cache)
        assert (result.stats.scored > 0) is expected
        notes.append(result.notes)
        cache.close()
    assert notes[0] == notes[1]


@pytest.mark.parametrize("harm", ["garbage", "version", "cut"])
def test_a_damaged_or_older_cache_is_built_anew(tmp_path: Path, harm: str) -> None:
    cache = Cache(tmp_path)
    cache.put("kind", {b"%d" % i: b"x" * 2_000 for i in range(200)})
    cache.close()
    path = tmp_path / FILE
    if harm == "garbage":
        path.write_bytes(b"no database at all" * 500)
    elif harm == "version":
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.close()
    else:
        data = bytearray(path.read_bytes())
        data[4096 : len(data) - 4096] = b"\xff" * (len(data) - 8192)
        path.write_bytes(data)
    cache = Cache(tmp_path)
    assert cache.get("kind", [b"1"]) == {}
    cache.put("kind", {b"a": b"b"})
    assert cache.get("kind", [b"a"]) == {b"a": b"b"}
    assert len(cache.messages) == 1
    assert "it is built anew" in cache.messages[0]
    cache.close()
    assert Cache(tmp_path).get("kind", [b"a"]) == {b"a": b"b"}


def test_without_a_folder_to_write_the_check_goes_on(folder: Path, tiny_nli: Path) -> None:
    # Root may write into any folder, so the folder's place is taken by a file, and /proc is tried.
    (folder / "taken").write_text("")
    for place in (folder / "taken", Path("/proc/none")):
        code, out, said = run(
            folder,
            tiny_nli,
            "draft.md",
            "--against",
            "sources",
            "--cache",
            place,
            "--fail-on",
            "never",
        )
        assert code == 0
        assert "cannot use the cache" in said
        assert "--cache" in said
        assert "The library opened on Friday." in out


def test_a_read_only_cache_is_told_of(folder: Path, tiny_nli: Path) -> None:
    (folder / ".cache").mkdir(mode=0o500)
    code, out, said = run(
        folder, tiny_nli, "draft.md", "--against", "sources", under=WITHOUT_ROOT_RIGHTS
    )
    assert "cannot use the cache" in said
    assert "The library opened on Friday." in out
    assert code in (0, 1)


def test_a_read_only_cache_file_is_told_of(tmp_path: Path) -> None:
    Cache(tmp_path).close()
    connection = sqlite3.connect(f"file:{tmp_path / FILE}?mode=ro", uri=True)
    cache = Cache(tmp_path)
    cache._connection.close()
    cache._connection = connection
    cache.put("kind", {b"a": b"b"})
    assert "cannot use the cache (attempt to write a readonly database)" in cache.messages[0]
    cache.put("kind", {b"a": b"b"})
    assert cache.get("kind", [b"a"]) == {b"a": b"b"}


def test_processes_that_open_a_new_cache_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from checker.draft.cache import Cache\n"
        "while time.time() < float(sys.argv[3]): pass\n"
        "cache = Cache(Path(sys.argv[1]))\n"
        "cache.put('kind', {sys.argv[2].encode(): b'v'})\n"
        "assert not cache.messages, cache.messages\n"
    )
    for attempt in range(4):
        folder, start = tmp_path / str(attempt), str(time.time() + 1.5)
        running = [
            subprocess.Popen([sys.executable, "-c", code, folder, name, start], cwd=ROOT)
            for name in "abcdef"
        ]
        assert [process.wait(timeout=60) for process in running] == [0] * 6
        assert len(Cache(folder).get("kind", [name.encode() for name in "abcdef"])) == 6


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from checker.draft.cache import Cache\n"
        "cache = Cache(Path(sys.argv[1]))\n"
        "for i in range(150):\n"
        "    cache.put('kind', {b'%s-%d' % (sys.argv[2].encode(), i): b'v'})\n"
        "assert not cache.messages, cache.messages\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path, name], cwd=ROOT) for name in "ab"
    ]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    keys = [b"%s-%d" % (name, i) for name in (b"a", b"b") for i in range(150)]
    assert len(Cache(tmp_path).get("kind", keys)) == 300


def test_watching_tells_what_a_save_changed(models: Models, folder: Path) -> None:
    told: Iterator[str] = watch(
        folder / "draft.md", [folder / "sources"], Config(), Cache(None), models, poll=0.02
    )
    assert "The library opened on Friday." in next(told)
    (folder / "draft.md").write_text(DRAFT.replace("The library opened", "Wheat prices rose"))
    assert next(told).startswith("- ")
    (folder / "draft.md").write_text("")
    assert "the draft is empty" in next(told)
    time.sleep(0.01)
    (folder / "draft.md").write_text(DRAFT)
    assert "draft.md:3:10:" in next(told)


def test_a_reader_names_the_line_of_a_bad_decision(tmp_path: Path) -> None:
    path = decisions_path(tmp_path / "d.md")
    assert path.name == "d.md.decisions.jsonl"
    assert read_decisions(path) == []
    row = {"id": "a", "decision": "dismiss", "reason": "why", "by": "Ada"}
    for wrong in ({"decision": "maybe"}, {"reason": " "}, {"extra": 1}):
        path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"id": "b"} | wrong) + "\n")
        with pytest.raises(InputError, match=rf"d.md.decisions.jsonl:2: .*{next(iter(wrong))}"):
            read_decisions(path)
    path.write_text(2 * (json.dumps(row) + "\n"))
    with pytest.raises(InputError, match="second decision on a"):
        read_decisions(path)
