"""Speed tables: the whole run, all but the models, the judge against a plain pipeline, a draft.

    python scripts/bench.py [PATH…] [--pairs N] [--only run|claims|judge|draft]

PATH are documents (default: all of `fixtures/documents`). Run it while
nothing else runs. Memory is the peak of this process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from checker.claims import extract_claims
from checker.config import Config
from checker.documents import from_text, load_documents
from checker.encoder import default_encoder
from checker.nli import EMBEDDED, Calibration, Progress, TextPair, TransformersNli
from checker.pairing import candidate_pairs
from checker.pipeline import check, check_documents
from checker.types import ModelInfo

ROOT = Path(__file__).resolve().parent.parent
MANY_CLAIMS = 10_000
CLAIMS_PER_DOCUMENT = 25
DRAFT_WORDS = 1_500
SOURCES = 20
SOURCE_WORDS = 800


class NoModel:
    """Stands for the judge where everything but the models is timed: answers at once."""

    info = ModelInfo(name="none", precision="none", device="none", hash="none")
    calibration = Calibration()

    def score(
        self, pairs: Sequence[TextPair], progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """One pair in a hundred contradicts, chosen by its text."""
        clash = np.array([zlib.crc32((a + b).encode()) % 100 == 0 for a, b in pairs], bool)
        scores = np.tile(np.array([0.02, 0.96, 0.02], np.float32), (len(pairs), 1))
        scores[clash] = (0.02, 0.03, 0.95)
        return scores


class NoEncoder:
    """Stands for the claim encoder: a fixed random vector for each text."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), 384)."""
        seeds = [zlib.crc32(text.encode()) for text in texts]
        vectors = np.stack([np.random.default_rng(s).standard_normal(384) for s in seeds])
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors.astype(np.float32)


def peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def whole_run(paths: Sequence[Path]) -> Table:
    begun = time.perf_counter()
    report = check(paths)
    total = time.perf_counter() - begun
    stats = report.stats
    table = Table(title=f"The whole run: {report.model.name}, {report.model.precision}")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    for stage, seconds in stats.seconds.items():
        table.add_row(stage, f"{seconds:.2f}")
    table.add_row("all, reading included", f"{total:.2f}", style="bold")
    table.caption = (
        f"{stats.documents} documents, {stats.claims} claims, {stats.scored_pairs:,} of "
        f"{stats.possible_pairs:,} pairs scored; peak memory {peak_gigabytes():.2f} GB"
    )
    return table


def without_models() -> Table:
    """Time the stages on MANY_CLAIMS claims made of the sentences of the pair fixtures."""
    sentences = sorted(
        {
            json.loads(line)[side]
            for path in (ROOT / "fixtures" / "pairs").glob("*/*.jsonl")
            for line in path.read_text(encoding="utf-8").splitlines()
            for side in "ab"
        }
    )
    rng = random.Random(0)
    texts: list[str] = []
    while len(texts) * CLAIMS_PER_DOCUMENT < MANY_CLAIMS * 1.1:
        rng.shuffle(sentences)
        for first in range(0, len(sentences) - CLAIMS_PER_DOCUMENT, CLAIMS_PER_DOCUMENT):
            texts.append(" ".join(sentences[first : first + CLAIMS_PER_DOCUMENT]))
    documents = [from_text(text, title=f"Document {i}") for i, text in enumerate(texts)]
    extract_claims(documents[0])  # the parser is a model: it is loaded before the clock starts
    begun = time.perf_counter()
    report = check_documents(documents, Config(), model=NoModel(), encoder=NoEncoder())
    total = time.perf_counter() - begun
    claims = report.stats.claims
    table = Table(title=f"Everything but the models, {claims:,} claims")
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    table.add_column("per 10,000 claims", justify="right")
    spent = report.stats.seconds
    own = {name: spent[name] for name in ("claims", "pairing", "deciding")}
    for name, seconds in own.items():
        table.add_row(name, f"{seconds:.2f}", f"{seconds / claims * 10_000:.2f}")
    summed = sum(own.values())
    table.add_row("together", f"{summed:.2f}", f"{summed / claims * 10_000:.2f}", style="bold")
    table.caption = f"{report.stats.scored_pairs:,} pairs chosen; {total:.1f} s with the stand-ins"
    return table


def judge(paths: Sequence[Path], count: int) -> Table:
    """Score the same pairs with the checker and with a plain fp32 transformers pipeline."""
    import tempfile

    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, pipeline

    from checker import weights

    documents, _ = load_documents(paths)
    claims = [claim for document in documents for claim in extract_claims(document)]
    vectors = default_encoder().encode([claim.scored for claim in claims])
    chosen = candidate_pairs(claims, documents, vectors, max_pairs=count).pairs
    pairs = [(pair.a.scored, pair.b.scored) for pair in chosen]
    table = Table(title=f"The judge: the same {len(pairs)} pairs, one direction")
    for column in ("how", "seconds", "pairs/s", "times plain"):
        table.add_column(column, justify="left" if column == "how" else "right")
    with tempfile.TemporaryDirectory() as folder:
        config = AutoConfig.from_pretrained(EMBEDDED, local_files_only=True)
        model = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
        model.load_state_dict(weights.load(EMBEDDED))
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(EMBEDDED, local_files_only=True).save_pretrained(folder)
        plain = pipeline("text-classification", model=folder, device="cpu")
        plain([{"text": "warm", "text_pair": "up"}])
        begun = time.perf_counter()
        plain([{"text": a, "text_pair": b} for a, b in pairs], top_k=None)
        slow = time.perf_counter() - begun
    table.add_row("plain pipeline, fp32", f"{slow:.1f}", f"{len(pairs) / slow:.1f}", "1.0")
    for precision in ("fp32", "int8", "auto"):
        ours = TransformersNli(precision=precision)
        begun = time.perf_counter()
        ours.score(pairs)
        fast = time.perf_counter() - begun
        name = f"checker, {precision} ({ours.info.precision} on {ours.info.device})"
        table.add_row(name, f"{fast:.1f}", f"{len(pairs) / fast:.1f}", f"{slow / fast:.1f}")
    return table


def written(folder: Path) -> tuple[Path, Path]:
    """Write a draft of DRAFT_WORDS words and sources made of the sentences of the pair fixtures.

    What the draft says is taken from one side of the pairs, what the sources
    say from the other, so that there is something to be found.
    """
    rows = [
        json.loads(line)
        for path in sorted((ROOT / "fixtures" / "pairs").glob("*/*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    random.Random(0).shuffle(rows)

    def text(side: str, first: int, words: int) -> str:
        chosen: list[str] = []
        while sum(len(sentence.split()) for sentence in chosen) < words:
            chosen.append(rows[(first + len(chosen)) % len(rows)][side])
        paragraphs = [" ".join(chosen[i : i + 5]) for i in range(0, len(chosen), 5)]
        return "\n\n".join(paragraphs) + "\n"

    draft, sources = folder / "draft.md", folder / "sources"
    sources.mkdir()
    draft.write_text(text("a", 0, DRAFT_WORDS), encoding="utf-8")
    for number in range(SOURCES):
        (sources / f"source-{number:02}.txt").write_text(
            text("b", 40 * number, SOURCE_WORDS), encoding="utf-8"
        )
    return draft, sources


def draft_check() -> Table:
    """Time `checker draft` as a user runs it: the first time, and after one sentence changed."""
    import subprocess
    import sys
    import tempfile

    table = Table(title=f"A draft of {DRAFT_WORDS:,} words, {SOURCES} sources of {SOURCE_WORDS}")
    for column in ("run", "wall s", "CPU s", "pairs scored"):
        table.add_column(column, justify="left" if column == "run" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draft, sources = written(folder)
        command = [sys.executable, "-m", "checker", "draft", str(draft), "--against", str(sources)]
        command += ["--cache", str(folder / "cache"), "--fail-on", "never", "--format", "json"]
        sentence = draft.read_text(encoding="utf-8").split("\n\n")[3].split(". ")[0]
        for run in ("first", "nothing changed", "one sentence changed"):
            if run == "one sentence changed":
                text = draft.read_text(encoding="utf-8")
                changed = sentence.replace(" ", " reportedly ", 1)
                draft.write_text(text.replace(sentence, changed, 1), encoding="utf-8")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begun = time.perf_counter()
            done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
            wall = time.perf_counter() - begun
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            scored = json.loads(done.stdout)["drafts"][0]["stats"]["scored"]
            table.add_row(run, f"{wall:.1f}", f"{used:.1f}", f"{scored:,}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / "fixtures" / "documents"])
    parser.add_argument("--pairs", type=int, default=300, help="pairs for the judge's table")
    names = ("run", "claims", "judge", "draft")
    parser.add_argument("--only", choices=names, help="one table instead of all")
    options = parser.parse_args()
    console = Console()
    for name in names if options.only is None else (options.only,):
        if name == "run":
            console.print(whole_run(options.paths))
        elif name == "claims":
            console.print(without_models())
        elif name == "judge":
            console.print(judge(options.paths, options.pairs))
        else:
            console.print(draft_check())


if __name__ == "__main__":
    main()
