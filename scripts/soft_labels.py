"""Let the judge label pairs for a smaller model that learns from it (distillation).

    python scripts/soft_labels.py --data DIR --rows build/data/stable.jsonl \
        build/data/decay.jsonl --labelled 50000 --unlabelled 16000 --out build/data/soft.jsonl

The written file holds a sample of the given training rows and pairs of claims
that the checker itself would choose in the articles of DIR/documents, each with
`soft`: the judge's probabilities of entailment, neutral and contradiction.
`train_nli.py` learns from them beside the labels. An unlabelled pair has the
label `unknown`. No article is used that `article_labels.jsonl` keeps for
development.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checker.claims import extract_claims
from checker.documents import from_text
from checker.encoder import default_encoder
from checker.nli import EMBEDDED, TransformersNli
from checker.pairing import candidate_pairs
from scripts.prepare_data import (
    ARTICLE_LABELS,
    Row,
    evaluation_keys,
    read_rows,
    short,
    without_leaks,
)

ARTICLES_TOGETHER = 8  # articles of one topic that are paired with one another
NEAREST = 500  # of their pairs, the most promising
PAIRS_TOGETHER = 160  # of which so many are taken
SCORED_AT_ONCE = 2_000


def articles_for_development() -> set[str]:
    """Keys of the articles whose labelled pairs thresholds are chosen on."""
    rows = read_rows(ARTICLE_LABELS) if ARTICLE_LABELS.exists() else iter(())
    return {str(row[side][0]) for row in rows if row["split"] == "dev" for side in "ab"}


def groups_of_articles(data: Path, rng: random.Random) -> Iterator[list[str]]:
    """Texts of a few articles of one event or topic at a time, in random order."""
    kept = articles_for_development()
    by_topic: dict[str, list[str]] = defaultdict(list)
    for raw in read_rows(data / "documents" / "basil_events.jsonl.gz"):
        if "basil:" + raw["uuid"] not in kept:
            paragraphs = (" ".join(sentences) for sentences in raw["body-paragraphs"])
            by_topic[f"basil {raw['triplet-uuid']}"].append("\n\n".join(paragraphs))
    dated = sorted(
        read_rows(data / "documents" / "allsides_conflict_topics.jsonl.gz"),
        key=lambda raw: (raw["topic"], raw["date"], raw["ID"]),
    )
    for raw in dated:
        if "allsides:" + raw["ID"] not in kept:
            by_topic[raw["topic"]].append(raw["content_original"])
    groups = [
        texts[start : start + ARTICLES_TOGETHER]
        for _, texts in sorted(by_topic.items())
        for start in range(0, len(texts), ARTICLES_TOGETHER)
    ]
    rng.shuffle(groups)
    yield from (group for group in groups if len(group) > 1)


def chosen_pairs(data: Path, count: int, rng: random.Random) -> Iterator[Row]:
    """Pairs that the checker would judge, either claim first."""
    for texts in groups_of_articles(data, rng):
        documents = [from_text(text, title=str(n)) for n, text in enumerate(texts)]
        claims = [claim for document in documents for claim in extract_claims(document)]
        if not claims:
            continue
        vectors = default_encoder().encode([claim.scored for claim in claims])
        found = candidate_pairs(claims, documents, vectors, max_pairs=NEAREST).pairs
        for pair in rng.sample(found, min(PAIRS_TOGETHER, len(found), count)):
            a, b = rng.sample((pair.a.scored, pair.b.scored), 2)
            yield {"premise": a, "hypothesis": b, "label": "unknown", "source": "chosen pairs"}
            count -= 1
        if not count:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--labelled", type=int, default=50_000, help="rows to sample from --rows")
    parser.add_argument("--unlabelled", type=int, default=16_000, help="pairs of real articles")
    parser.add_argument("--model", type=Path, default=EMBEDDED, help="the judge that labels")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    rng = random.Random(options.seed)

    distinct = {
        (row["premise"], row["hypothesis"]): row for path in options.rows for row in read_rows(path)
    }
    labelled = list(distinct.values())
    rows = rng.sample(labelled, min(options.labelled, len(labelled)))
    rows += filter(short, chosen_pairs(options.data, options.unlabelled, rng))
    rows = without_leaks(rows, evaluation_keys(options.data))
    rng.shuffle(rows)
    model = TransformersNli(options.model)
    with options.out.open("w", encoding="utf-8") as out:
        for start in range(0, len(rows), SCORED_AT_ONCE):
            part = rows[start : start + SCORED_AT_ONCE]
            scores = model.score([(row["premise"], row["hypothesis"]) for row in part])
            for row, soft in zip(part, np.round(scores, 4).tolist(), strict=True):
                out.write(json.dumps({**row, "soft": soft}) + "\n")
            print(f"{start + len(part)} of {len(rows)}", flush=True)


if __name__ == "__main__":
    main()
