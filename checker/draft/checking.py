"""A draft and its sources to notes: the only place where the stages of a draft's check meet."""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from checker.claims import with_distinct_ids
from checker.config import Config
from checker.documents import find_files, load_documents
from checker.draft.background import Background
from checker.draft.cache import Cache
from checker.draft.decisions import with_decisions
from checker.draft.extraction import (
    Chain,
    cached_reader,
    chains,
    draft_claims,
    likely_claims,
    source_claims,
    unknown,
)
from checker.draft.levels import Levels, read_levels
from checker.draft.noting import Writer, in_order
from checker.draft.scoring import CachedEncoder, CachedJudge
from checker.draft.types import Decision, Draft, DraftStats, Result
from checker.errors import InputError
from checker.grammar import load_parser
from checker.nli import model_directory
from checker.origins import origins
from checker.pairing import candidate_pairs
from checker.pipeline import Progress, made_finding, score_both_ways, silent
from checker.types import Claim, Document, Pair, Problem

# How many of the nearest claims, of sources and of the draft itself, each claim of
# the draft is compared with, and the most pairs of a long draft. Of the 53 clashes with
# a source that fixtures/dev/drafts list, 49 stand among a claim's 16 nearest and one
# more among its 40 nearest (2026-11-22). The 3 were not fitted.
NEAREST_IN_SOURCES = 16
NEAREST_IN_DRAFT = 3
SOURCE_PAIRS = 1_200
OWN_PAIRS = 200
# Up to about this many new sentences are scored before they are parsed.
LOOK_AHEAD_SENTENCES = 12
SENTENCE_CHARACTERS = 100
# An editor gathers sources that bear on the draft: one that is not older than
# this is taken to speak of the same state of things. Not fitted on data.
TIME_GAP = datetime.timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The two models behind the cache; kept by whoever checks more than once."""

    judge: CachedJudge
    encoder: CachedEncoder
    levels: Levels


def load_models(config: Config, cache: Cache) -> Models:
    """Prepare the models of a check; raises ModelError when one is no model, loads nothing."""
    directory = model_directory(config.model)
    judge = CachedJudge(cache, directory, config.precision)
    return Models(
        judge=judge,
        encoder=CachedEncoder(cache),
        levels=read_levels(directory, judge.calibration),
    )


def load_sources(
    paths: Iterable[str | Path], draft: str, cache: Cache, max_bytes: int
) -> tuple[list[Document], list[Problem]]:
    """Read the sources; the draft itself, lying among them, is none.

    Raises InputError when a given path is not there, or no source can be used.
    """
    paths = list(paths)
    for given in paths:
        if not Path(given).exists():
            raise InputError(f"{given}: no such file or folder of sources (--against)")
    own = Path(draft).resolve()
    problems: list[Problem] = []
    files: list[str] = []
    for found in find_files(paths):
        if isinstance(found, Problem):
            problems.append(found)
        elif Path(found).resolve() != own:
            files.append(found)
    detail = "".join(f"\n  {p.path}: {p.reason}" for p in problems if not p.skipped)
    if not files:
        given = ", ".join(str(path) for path in paths)
        raise InputError(f"{given}: no source to check against{detail}")
    documents, unread = load_documents(files, max_bytes=max_bytes, read=cached_reader(cache))
    return documents, [*problems, *unread]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A draft beside its sources: what is to be judged.

    `own` is the draft as claims see it: the texts of `parts`, one after the
    other. `claims` are the draft's, and of each pair one claim is. `cut`
    counts the pairs that the limit left out.
    """

    own: Document
    parts: tuple[Chain, ...]
    documents: tuple[Document, ...]
    claims: tuple[Claim, ...]
    pairs: tuple[Pair, ...]
    cut: int
    problems: tuple[Problem, ...]


def compare(
    draft: Draft,
    against: Iterable[str | Path],
    config: Config,
    cache: Cache,
    models: Models,
) -> Comparison:
    """Read the sources, extract claims and choose the pairs; raises as `check_draft` does."""
    documents, problems = load_sources(against, draft.path, cache, config.max_bytes)
    parts = chains(draft.blocks)
    text = "\n".join(chain.text for chain in parts)
    own = Document(
        id="draft-" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        title=Path(draft.path).name,
        source=draft.path,
        published=draft.published,
        text=text,
        path=draft.path,
        origin="draft",
    )
    everything = [own, *documents]
    _look_ahead(parts, own, documents, cache, models, config)
    claims = with_distinct_ids(
        [*draft_claims(parts, own, cache), *source_claims(documents, cache)], everything
    )
    mine = [claim for claim in claims if claim.document_id == own.id]
    pairs, cut = _pairs(claims, mine, everything, models, config)
    return Comparison(
        own=own,
        parts=tuple(parts),
        documents=tuple(documents),
        claims=tuple(mine),
        pairs=tuple(pairs),
        cut=cut,
        problems=tuple(problems),
    )


def check_draft(
    draft: Draft,
    against: Iterable[str | Path],
    config: Config | None = None,
    *,
    cache: Cache | None = None,
    models: Models | None = None,
    decisions: Sequence[Decision] = (),
    progress: Progress = silent,
    clock: Callable[[], float] = time.perf_counter,
) -> Result:
    """Compare a draft with sources and with itself.

    `cache` keeps what was found out for the next check; without one nothing
    is kept. Raises InputError when there is no usable source and ModelError
    when the model cannot be loaded. Sources that could not be read are in
    `result.problems`.
    """
    begun = clock()
    config = config or Config()
    cache = cache or Cache(None)
    models = models or load_models(config, cache)
    before = models.judge.scored
    found = compare(draft, against, config, cache, models)
    progress("claims", 1, 1)
    everything = (found.own, *found.documents)
    pairs = found.pairs
    judge = models.judge
    levels = models.levels
    lowered = replace(judge.calibration, contradict_threshold=levels.warning)
    rows, forward, backward = score_both_ways(pairs, judge, progress, calibration=lowered)
    by_id = {document.id: document for document in everything}
    made = (
        made_finding(pairs[row], scores, lowered, by_id, TIME_GAP)
        for row, scores in zip(rows.tolist(), zip(forward, backward, strict=True), strict=True)
    )
    findings = [finding for finding in made if finding is not None]
    copies = origins([document.text for document in everything])
    echoes = frozenset(everything[i].id for i, first in enumerate(copies) if first == 0)
    writer = Writer(draft, found.own, found.parts, found.documents, levels, echoes)
    notes, unused = with_decisions(in_order(writer.notes(findings, found.claims)), decisions)
    return Result(
        draft=draft,
        documents=found.documents,
        notes=tuple(notes),
        problems=(*draft.problems, *found.problems),
        unused=tuple(unused),
        model=judge.info,
        stats=DraftStats(
            claims=len(found.claims),
            sources=len(found.documents),
            origins=len({document.origin for document in found.documents}),
            pairs=len(pairs),
            scored=judge.scored - before,
            cut_pairs=found.cut,
            seconds=round(clock() - begun, 3),
        ),
    )


def _look_ahead(
    parts: Sequence[Chain],
    own: Document,
    documents: Sequence[Document],
    cache: Cache,
    models: Models,
    config: Config,
) -> None:
    """Score what an edit is likely to need while the parser, a second of Python, loads.

    The likely claims of what is new are paired and scored; the scores wait in
    the cache. A wrong guess costs a few pairs and changes nothing in the result.
    """
    new = unknown([*(chain.text for chain in parts), *(d.text for d in documents)], cache)
    if not new or not models.judge.light:
        return
    models.judge.begin_loading()
    models.encoder.begin_loading()
    fresh = [chain for chain in parts if chain.text in new]
    expected = sum(len(chain.text) for chain in fresh) // SENTENCE_CHARACTERS
    if expected > LOOK_AHEAD_SENTENCES or len(fresh) < len(new):
        return
    parser = Background(load_parser)
    parser.begin()
    known = [chain for chain in parts if chain.text not in new]
    claims = draft_claims(known, own, cache)
    unseen: set[str] = set()
    for chain in fresh:
        likely, sentences = likely_claims(chain, own, cache)
        claims += likely
        unseen |= sentences
    claims += source_claims(documents, cache)
    everything = [own, *documents]
    claims = with_distinct_ids(claims, everything)
    mine = [claim for claim in claims if claim.document_id == own.id]
    pairs, _ = _pairs(claims, mine, everything, models, config)
    score_both_ways(
        [pair for pair in pairs if {pair.a.scored, pair.b.scored} & unseen], models.judge
    )
    parser.get()


def _pairs(
    claims: Sequence[Claim],
    mine: Sequence[Claim],
    documents: Sequence[Document],
    models: Models,
    config: Config,
) -> tuple[list[Pair], int]:
    """The pairs to score, the draft's claim first, and how many promising ones were cut."""
    if not mine:
        return [], 0
    vectors = models.encoder.encode([claim.scored for claim in claims])
    scale = min(1.0, config.max_pairs / (SOURCE_PAIRS + OWN_PAIRS))
    wanted = NEAREST_IN_SOURCES * len(mine), NEAREST_IN_DRAFT * len(mine)
    across = candidate_pairs(
        claims,
        documents,
        vectors,
        max_pairs=max(1, min(wanted[0], int(SOURCE_PAIRS * scale))),
        focus=documents[0].id,
    )
    rows = [i for i, claim in enumerate(claims) if claim.document_id == documents[0].id]
    within = candidate_pairs(
        mine,
        documents[:1],
        vectors[rows],
        max_pairs=max(1, min(wanted[1], int(OWN_PAIRS * scale))),
        within=True,
    )
    cut = sum(
        max(0, min(count, found.possible) - len(found.pairs))
        for count, found in zip(wanted, (across, within), strict=True)
    )
    return [*across.pairs, *within.pairs], cut
