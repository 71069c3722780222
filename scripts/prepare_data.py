"""Build the training files of the NLI model from labelled sets and news articles.

    python scripts/prepare_data.py --data DIR --out build/data

DIR holds `nli/train/*.jsonl.gz`, `nli/dev/*.jsonl.gz` and
`documents/{allsides_conflict_topics,basil_events}.jsonl.gz`. Two files are
written: `stable.jsonl`, the broad mix for the long constant-rate phase, and
`decay.jsonl`, the mix for the phase in which the learning rate falls, with the
hand-written pairs of `fixtures/pairs/train` and the labelled pairs of real
articles with weight, and the pairs of `fixtures/train/drafts`. Both hold pairs
turned round and hypotheses denied.
The same seed gives the same files. `recipe.json` beside them records rows by
source, for the model card.

Every evaluation pair (all of `nli/dev` and `fixtures/pairs/{dev,test}`) is
compared with every training pair by normalised exact match, in both orders;
the script stops when one is found in a source that should have none.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from checker.config import Config
from checker.draft.cache import Cache
from checker.draft.checking import load_models
from checker.sentences import split_sentences
from eval.drafts import listed_pairs, load_draft_cases

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "pairs"
ARTICLE_LABELS = Path(__file__).resolve().parent / "article_labels.jsonl"
Row = dict[str, str]

# What a set calls its labels, in the five that the training loss knows.
LABELS = {
    "entailment": "entailment",
    "neutral": "neutral",
    "contradiction": "contradiction",
    "not_entailment": "not_entailment",
    "not_contradiction": "not_contradiction",
    "supports": "entailment",
    "refutes": "contradiction",
    # Hand-written near-minimal opposites; 7 of 10 read are strict contradictions.
    "opposed": "contradiction",
}


def content_words(text: str) -> set[str]:
    """Lower-case words of four letters or more, the cheap measure of shared subject."""
    return set(re.findall(r"[a-z]{4,}", text.lower()))


def overlap(a: str, b: str) -> float:
    """Share of the shorter text's content words that the other has, 0 to 1."""
    left, right = content_words(a), content_words(b)
    return len(left & right) / max(1, min(len(left), len(right)))


def same_event(row: Row) -> bool:
    """Drop caption "contradictions" that are only different scenes (no word shared)."""
    return row["label"] != "contradiction" or overlap(row["premise"], row["hypothesis"]) > 0


def explains(row: Row) -> bool:
    """Drop explanations without content, such as "I made this statement up"."""
    first_person = re.search(r"\b(I|my|statement|sentence)\b", row["premise"])
    return len(row["premise"].split()) > 6 and first_person is None


def short(row: Row) -> bool:
    """Keep pairs that fit the training length without being cut."""
    return len(row["premise"].split()) + len(row["hypothesis"].split()) <= 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One labelled set: how many rows go to each phase.

    The stable phase takes them from one end of the shuffled set, the decay
    phase from the other; a small set may give a row to both.
    """

    name: str
    stable: int = 0
    decay: int = 0
    keep: Callable[[Row], bool] = short
    balance: bool = False


# Sets marked non-commercial are left out. Rows chosen 2026-11-22 for two cores.
SOURCES = (
    Source(name="mnli_nyu20k.train", stable=14_000, decay=3_000),
    Source(name="mnli_llmsknow.train", stable=6_500, decay=1_500),
    Source(name="mnli_lil3000.train", stable=2_200, decay=500),
    Source(name="mnli_olora.train", stable=2_200, decay=500),
    Source(name="lingnli.train", stable=16_000, decay=8_000),
    Source(name="newprot_base.train", stable=1_200, decay=2_000),
    Source(name="newprot_edit_other.train", stable=1_000, decay=2_000),
    Source(name="newprot_contrast.train", stable=500, decay=800),
    Source(name="cad_nli_all_combined.train", stable=1_500, decay=400, keep=same_event),
    Source(name="snli_pilot2014.train", stable=1_500, decay=400, keep=same_event),
    Source(name="fever_train.train", stable=1_500, decay=500, balance=True),
    Source(name="fever_train_nei_derived.train", stable=700, decay=300),
    Source(name="conjnli.adv_train15k", stable=300),
    Source(name="wikiresnli_ex.train", stable=200, balance=True),
    Source(name="arct_warrants.train", stable=600, decay=200),
    Source(name="check_covid.train", stable=400, decay=200),
    Source(name="rte_glue.train", stable=500, decay=200),
    Source(name="role_switched.dev", stable=500, decay=500),
    Source(name="scone.train", stable=250, decay=100),
    Source(name="semfrag_counting.train", stable=200, decay=100),
    Source(name="semfrag_comparative.train", stable=200, decay=100),
    Source(name="semfrag_negation.train", stable=200, decay=100),
    Source(name="semfrag_quantifier.train", stable=200, decay=100),
    Source(name="curriculum_lexical.train", stable=200),
)
SAME_ARTICLE = (2_000, 800)  # neutral pairs of one article's sentences: stable, decay
OTHER_ARTICLE = (1_200, 300)  # neutral pairs of two articles on different topics
# Pairs made of one article sentence: the same words, a quotation taken out of it
# (entailment), another number in one place (contradiction).
EDITED = {"same words": (0, 200), "quotation": (0, 300), "number": (0, 300)}
# Entailments turned round, as neutral: a vague claim does not entail a precise one.
# Contradictions turned round, as contradictions: else a model that has only seen the
# longer text first calls every pair neutral in which it comes second.
REVERSED = {"entailment": (3_000, 1_000), "contradiction": (4_000, 1_500)}
# Hypotheses denied, one third of each label: what "not" means depends on the premise.
DENIED = (2_400, 900)
# Files of fixtures/pairs/train that the weights to start from have not seen, and how
# often a pair of these enters; of the others, what share.
FRESH = frozenset(("roles3", "since"))
FRESH_REPEATS = (1, 2)
HAND_WRITTEN_SHARE = (1.0, 0.5)
ARTICLE_LABEL_SHARE = (0.0, 0.7)  # likewise of the labelled pairs of real articles
ARTICLE_FINDING_REPEATS = 2  # and how often those that are not neutral, which are few

# Of each draft in fixtures/train/drafts: how often a listed pair enters the decay mix,
# and how many of the nearest that are not listed.
DRAFT_ENTRY_REPEATS = 2
DRAFT_OTHERS = 140

_SPACE_BEFORE = re.compile(r"\s+([.,;:!?%)\]]|n't\b|'(?:s|re|ve|ll|d|m)\b)")


def detokenise(text: str) -> str:
    """Undo treebank spacing: "wo n't stop , he said" becomes "won't stop, he said"."""
    return " ".join(_SPACE_BEFORE.sub(r"\1", text).replace("( ", "(").split())


def normalised(a: str, b: str) -> frozenset[str]:
    """Key for the leak check: both texts without case, punctuation and order."""
    return frozenset(re.sub(r"[^a-z0-9]+", "", text.lower()) for text in (a, b))


def read_rows(path: Path) -> Iterator[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def evaluation_keys(data: Path) -> set[frozenset[str]]:
    keys = {
        normalised(row["premise"], row["hypothesis"])
        for path in sorted((data / "nli" / "dev").glob("*.jsonl.gz"))
        for row in read_rows(path)
    }
    for split in ("dev", "test"):
        for path in sorted((FIXTURES / split).glob("*.jsonl")):
            keys |= {normalised(row["a"], row["b"]) for row in read_rows(path)}
    return keys


def labelled(data: Path, source: Source, rng: random.Random) -> list[Row]:
    """All usable rows of a set, cleaned, shuffled and, where asked, balanced by label."""
    rows = []
    for raw in read_rows(data / "nli" / "train" / f"{source.name}.jsonl.gz"):
        label = LABELS.get(raw["label"])
        if label is None:
            continue
        row = {
            "premise": detokenise(raw["premise"]),
            "hypothesis": detokenise(raw["hypothesis"]),
            "label": label,
            "source": source.name,
        }
        if source.keep(row) and row["premise"] and row["hypothesis"]:
            rows.append(row)
    rng.shuffle(rows)
    if source.balance:
        counts = Counter(row["label"] for row in rows)
        quota = Counter(dict.fromkeys(counts, min(counts.values())))
        kept = []
        for row in rows:
            if quota[row["label"]] > 0:
                quota[row["label"]] -= 1
                kept.append(row)
        rows = kept
    return rows


def oriented(a: str, b: str, label: str, source: str) -> list[Row]:
    """A symmetric pair in the orders in which its label holds.

    Contradiction and neutral are symmetric by the labelling rules. Of an
    agreeing pair the shorter claim is taken as the one that follows.
    """
    if label == "agrees":
        premise, hypothesis = sorted((a, b), key=len, reverse=True)
        orders = [(premise, hypothesis, "entailment")]
    else:
        name = {"contradicts": "contradiction", "neutral": "neutral"}[label]
        orders = [(a, b, name), (b, a, name)]
    return [
        {"premise": premise, "hypothesis": hypothesis, "label": name, "source": source}
        for premise, hypothesis, name in orders
    ]


def hand_written(part: int, rng: random.Random) -> list[Row]:
    """`fixtures/pairs/train` as often as it enters a phase."""
    rows: list[Row] = []
    for path in sorted((FIXTURES / "train").glob("*.jsonl")):
        made = [
            row
            for raw in read_rows(path)
            for row in oriented(raw["a"], raw["b"], raw["label"], f"fixtures/{path.stem}")
        ]
        if path.stem in FRESH:
            rows += made * FRESH_REPEATS[part]
        else:
            rows += share_of(made, HAND_WRITTEN_SHARE[part], rng)
    return rows


def share_of(rows: list[Row], share: float, rng: random.Random) -> list[Row]:
    """A share of the rows at random, 0 to 1."""
    return rng.sample(rows, round(share * len(rows)))


def draft_cases() -> list[Row]:
    """The pairs of `fixtures/train/drafts` that the checker would judge.

    What a case lists as a contradiction or as support is that; of any other
    pair it vouches only that it is no contradiction.
    """
    config, cache = Config(), Cache(None)
    models = load_models(config, cache)
    rows: list[Row] = []
    for case in load_draft_cases(FIXTURES.parent / "train"):
        others: list[Row] = []
        for pair, entry in listed_pairs(case, config, cache, models):  # the nearest first
            a, b = pair.a.scored, pair.b.scored
            if entry is not None and entry.row.kind != "never":
                label = {"contradicts": "contradicts", "supported": "agrees"}[entry.row.kind]
                rows += oriented(a, b, label, "drafts: listed") * DRAFT_ENTRY_REPEATS
            else:
                row = {"premise": a, "hypothesis": b, "label": "not_contradiction"}
                others.append(row | {"source": "drafts: not listed"})
        rows += others[:DRAFT_OTHERS]
    return rows


def articles_by_topic(data: Path) -> list[tuple[str, list[str]]]:
    """(topic, whole sentences of 8 to 40 words) of each article that has at least four."""
    articles: list[tuple[str, list[str]]] = []
    for raw in read_rows(data / "documents" / "allsides_conflict_topics.jsonl.gz"):
        text = raw["content_original"]
        sentences = [text[start:end] for start, end in split_sentences(text[:6000])]
        sentences = [s for s in sentences if 8 <= len(s.split()) <= 40 and s[-1] in '.”"']
        if len(sentences) >= 4:
            articles.append((raw["topic"], sentences))
    return articles


_QUOTATION = re.compile('[“"]([A-Z][^”“"]{35,}?)[,.]?[”"]')
_COUNT = re.compile(r"(?<![\d,.:/$-])\d{1,3}(?:,\d{3})*(?![\d,.:/-])")
_BOUND = re.compile(r"\b(?:than|least|most|over|to|nearly|almost) $")


def with_other_number(sentence: str, rng: random.Random) -> str | None:
    """The sentence with one of its counts changed by a fifth to four fifths, or None."""
    found = [m for m in _COUNT.finditer(sentence) if int(m.group().replace(",", "")) > 3]
    # "More than 6,000" and "more than 10,000" can both be true.
    found = [m for m in found if not _BOUND.search(sentence, 0, m.start())]
    if not found:
        return None
    match = rng.choice(found)
    value = int(match.group().replace(",", ""))
    change = max(1, round(value * rng.uniform(0.2, 0.8)))
    other = value + change if rng.random() < 0.5 or value <= change + 1 else value - change
    return f"{sentence[: match.start()]}{other:,}{sentence[match.end() :]}"


def edited(articles: list[tuple[str, list[str]]], part: int, rng: random.Random) -> list[Row]:
    """Pairs of an article sentence and an edit of it, as many of each kind as EDITED says."""
    sentences = [s for _, group in articles for s in group]
    rows: list[Row] = []
    for kind, counts in EDITED.items():
        left = counts[part]
        while left:
            a = rng.choice(sentences)
            quotation = _QUOTATION.search(a)
            if kind == "same words":
                b: str | None = a.strip('“”"').rstrip(".") + "."
            elif kind == "quotation":
                b = quotation and quotation[1] + "."
            else:
                b = with_other_number(a, rng)
            if not b:
                continue
            left -= 1
            if rng.random() < 0.5 and kind != "quotation":
                a, b = b, a
            label = "contradiction" if kind == "number" else "entailment"
            rows.append(
                {"premise": a, "hypothesis": b, "label": label, "source": f"edited: {kind}"}
            )
    return rows


def article_neutrals(
    articles: list[tuple[str, list[str]]], same: int, other: int, rng: random.Random
) -> list[Row]:
    """Neutral pairs from real articles: of one article (sharing words), of unrelated ones.

    An article seldom restates or contradicts itself, so two of its sentences
    about one subject are the compatible pairs that a news corpus is full of.
    """
    rows: list[Row] = []
    while len(rows) < same:
        _, sentences = rng.choice(articles)
        a, b = rng.sample(sentences, 2)
        if 0.15 <= overlap(a, b) <= 0.5:
            rows.append(
                {"premise": a, "hypothesis": b, "label": "neutral", "source": "same_article"}
            )
    while len(rows) < same + other:
        (topic_a, left), (topic_b, right) = rng.sample(articles, 2)
        if topic_a != topic_b:
            a, b = rng.choice(left), rng.choice(right)
            rows.append(
                {"premise": a, "hypothesis": b, "label": "neutral", "source": "other_article"}
            )
    return rows


def article_texts(data: Path) -> dict[str, str]:
    """The articles of both corpora by the key that `article_labels.jsonl` uses."""
    folder = data / "documents"
    texts = {}
    for raw in read_rows(folder / "basil_events.jsonl.gz"):
        paragraphs = (" ".join(sentences) for sentences in raw["body-paragraphs"])
        texts["basil:" + raw["uuid"]] = "\n\n".join(paragraphs)
    for raw in read_rows(folder / "allsides_conflict_topics.jsonl.gz"):
        texts["allsides:" + raw["ID"]] = raw["content_original"]
    return texts


def labelled_articles(data: Path) -> list[Row]:
    """Sentence pairs of real articles that were labelled by reading them.

    `article_labels.jsonl` beside this script names the places, not the text:
    {split, a: [article, start, end], b: [...], label, weight}, with offsets into
    the text that `article_texts` gives. `weight` is how many pairs the line
    stands for where a sample was drawn. The split `dev` is left out here.
    """
    if not ARTICLE_LABELS.exists():
        return []
    texts = article_texts(data)
    rows: list[Row] = []
    for line in ARTICLE_LABELS.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        if raw["split"] != "train":
            continue
        a, b = (texts[key][start:end] for key, start, end in (raw["a"], raw["b"]))
        made = oriented(a, b, raw["label"], "article_labels")
        rows += made[:1] if raw["label"] == "neutral" else made * ARTICLE_FINDING_REPEATS
    return rows


def turned_round(rows: list[Row], part: int, rng: random.Random) -> list[Row]:
    """Entailments as neutral, contradictions as contradictions, premise and hypothesis swapped.

    Only entailments whose premise is at least twice as long are taken: what
    follows from a much longer text says less, so that the swap is neutral.
    """
    made: list[Row] = []
    for label, counts in REVERSED.items():
        fit = [
            row
            for row in rows
            if row["label"] == label
            and row["source"].startswith(("mnli", "lingnli", "newprot", "fever"))
            and len(row["hypothesis"].split()) >= 4
            and (
                label == "contradiction"
                or len(row["premise"].split()) >= 2 * len(row["hypothesis"].split())
            )
        ]
        made += [
            {
                "premise": row["hypothesis"],
                "hypothesis": row["premise"],
                "label": "neutral" if label == "entailment" else label,
                "source": f"{row['source']} reversed",
            }
            for row in rng.sample(fit, counts[part])
        ]
    return made


_AUXILIARY = re.compile(r"\b(is|are|was|were|will|can|could|would)\b")
# Words with which "not" beside the first auxiliary need not deny the whole sentence.
_SCOPE = re.compile(
    r"\b(not|no|never|nobody|none|nothing|neither|nor|n't|cannot|only|all|every\w*|each|some\w*"
    r"|any\w*|many|most|few|both|always|often|sometimes|also|because|if|when|since|who|which|that)\b|n't|[?]"
)


def denied(rows: list[Row], count: int, keys: set[frozenset[str]], rng: random.Random) -> list[Row]:
    """Pairs whose hypothesis is denied, a third of each label.

    What a premise entails it contradicts when denied, what it contradicts it
    entails, and what it leaves open stays open. Sentences in which the scope
    of "not" could be another than the whole are left out, and so are texts that
    stand in an evaluation pair: one of these sets was made in the same way.
    """
    evaluated = frozenset().union(*keys)
    opposite = {
        "entailment": "contradiction",
        "contradiction": "entailment",
        "neutral": "neutral",
    }
    left = Counter(dict.fromkeys(opposite, count // len(opposite)))
    made: list[Row] = []
    for row in rng.sample(rows, len(rows)):
        hypothesis = row["hypothesis"]
        found = list(_AUXILIARY.finditer(hypothesis))
        if (
            left[row["label"]] > 0
            and row["source"].startswith(("mnli", "lingnli"))
            and len(found) == 1
            and found[0].start() > 0
            and len(hypothesis.split()) <= 14
            and not _SCOPE.search(hypothesis.lower())
            and not normalised(row["premise"], hypothesis) & evaluated
        ):
            left[row["label"]] -= 1
            place = found[0].end()
            made.append(
                {
                    "premise": row["premise"],
                    "hypothesis": f"{hypothesis[:place]} not{hypothesis[place:]}",
                    "label": opposite[row["label"]],
                    "source": f"{row['source']} denied",
                }
            )
    return made


def write(path: Path, rows: list[Row], seed: int) -> Counter[str]:
    random.Random(seed).shuffle(rows)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Counter(row["source"] for row in rows)


def without_leaks(rows: Iterable[Row], keys: set[frozenset[str]]) -> list[Row]:
    """Return `rows`; stop the program when one of them is an evaluation pair."""
    kept = list(rows)
    for row in kept:
        if normalised(row["premise"], row["hypothesis"]) in keys:
            sys.exit(f"leak: {row['source']} holds the evaluation pair {row}")
    return kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/data"))
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    rng = random.Random(options.seed)

    keys = evaluation_keys(options.data)
    stable: list[Row] = []
    decay: list[Row] = []
    for source in SOURCES:
        rows = labelled(options.data, source, rng)
        stable += rows[: source.stable]
        decay += rows[len(rows) - source.decay :]
    topical = articles_by_topic(options.data)
    articles = labelled_articles(options.data)
    for part, phase in enumerate((stable, decay)):
        phase += article_neutrals(topical, SAME_ARTICLE[part], OTHER_ARTICLE[part], rng)
        phase += edited(topical, part, rng)
        phase += denied(phase, DENIED[part], keys, rng) + turned_round(phase, part, rng)
        phase += hand_written(part, rng) + share_of(articles, ARTICLE_LABEL_SHARE[part], rng)

    decay += draft_cases()

    options.out.mkdir(parents=True, exist_ok=True)
    recipe: dict[str, object] = {"seed": options.seed}
    for name, rows in (("stable", stable), ("decay", decay)):
        path = options.out / f"{name}.jsonl"
        recipe[name] = write(path, without_leaks(rows, keys), options.seed)
        print(f"{len(rows)} rows in {path}")
    (options.out / "recipe.json").write_text(json.dumps(recipe, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
