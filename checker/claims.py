"""Checkable statements of a document, with exact offsets.

A claim is a sentence, or a clause of a compound sentence that stands alone.
Questions, instructions, headings, fragments, and sentences about the text
itself are not claims. Who is right is not this module's business, nor is how
important a claim is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker.cleaning import prose_spans
from checker.dates import time_spoken_of
from checker.grammar import FINITE_TAGS, is_finite, parse, phrase, root_of, subject_of
from checker.sentences import split_sentences
from checker.types import Claim, Document

if TYPE_CHECKING:
    from spacy.tokens import Doc

MIN_WORDS = 4
# Longer "sentences" are lists or several sentences whose stops were lost.
MAX_WORDS = 80
MIN_CLAUSE_WORDS = 5

_ENDS_WHOLE = re.compile(r"(?<!\.\.)[.!][\"'”’)\]]*(?:\s*\[\d+\])*$")
_STARTS_WHOLE = re.compile(
    r"[\"'“‘(]*(?![A-Z]\.\s(?!\w\.)|Why\b|How\b|What an?\b)([A-Z0-9$€£]|[^\W\d_a-z])"
)
# What may stand before a sentence without being part of it: footnote marks,
# which the sentence splitter leaves to the next one, and an agency's dateline.
_LEAD = re.compile(
    r"(?:\[(?:\d+|[a-z]|citation needed)\]\s*)+"
    r"|[A-Z][A-Z .'’-]{2,30}(?:, [^()–—-]{2,25})? ?(?:\([A-Z][\w .]{1,20}\))? ?"
    r"(?:--?|[–—])\s+(?=[A-Z\"“])"
)
_ABOUT_ITSELF = re.compile(
    r"\b(?:this|the present|our|my) (?:article|essay|post|paper|chapter|study|piece|section|report"
    r"|blog|guide|analysis)\b[^.]{0,30}\b(?:will|explores?|examines?|delves?|discuss(?:es)?|looks?"
    r"|analy[sz]es?|interrogates?|aims?|covers?|describes?|considers?|unpacks?)\b"
    r"|\b(?:as (?:mentioned|noted|discussed)|for more (?:insights?|information|on)|let us|let's"
    r"|for a (?:deeper|closer) (?:dive|look))\b"
    r"|\b(?:IE ?\d+|internet explorer|(?:your|this) browser|javascript)\b[^.]{0,40}"
    r"\b(?:not supported|unsupported|disabled|enabled?|out of date)\b",
    re.IGNORECASE,
)
_EMPTY_OPINION = re.compile(
    r"^(?:I|we) (?:think|feel|love|like|hate|hope|guess|wish|am|are|do not|don't)\b", re.IGNORECASE
)

# Search snippets run into each other without a stop: "..., which is The rebels
# took". A line with several such seams is cut at every capital function word
# inside it, and what is still too long afterwards is two snippets in one.
_SEAM_WORDS = (
    "The|A|An|In|On|At|As|It|This|That|These|Those|When|While|But|And|For|By|With|Since|After|Before"
    "|However|Once|Some|Most|Many|If|Though|Although|What|Why|How|There|They|He|She|We|To|Is|Are"
    "|From|Under|During|Despite|According|Over|See"
)
_CLEAR_SEAM = re.compile(rf"(?<=[a-z,”])\s+(?=(?:{_SEAM_WORDS})\s[a-z])")
_SEAM = re.compile(rf"(?<=[\w,”–-])\s+(?=(?:{_SEAM_WORDS})\s)")
SNIPPET_SEAMS = 3
MAX_SNIPPET_WORDS = 35

_REPORTING = frozenset(
    form
    for verb in (
        "say says said saying",
        "tell tells told",
        "claim claims claimed",
        "argue argues argued",
        "announce announces announced",
        "state states stated",
        "report reports reported",
        "warn warns warned",
        "deny denies denied",
        "insist insists insisted",
        "note notes noted",
        "add adds added",
        "write writes wrote",
        "believe believes believed",
        "think thinks thought",
        "predict predicts predicted",
        "expect expects expected",
        "conclude concludes concluded",
        "acknowledge acknowledges acknowledged",
        "admit admits admitted",
        "allege alleges alleged",
        "accuse accuses accused",
        "declare declares declared",
        "confirm confirms confirmed",
        "promise promises promised",
        "vow vows vowed",
        "complain complains complained",
        "view views viewed",
        "see sees saw",
        "consider considers considered",
        "reiterate reiterates reiterated",
        "emphasize emphasizes emphasized emphasise emphasises emphasised",
    )
    for form in verb.split()
)
_MAY_REPORT = re.compile(rf"\b(?:according|{'|'.join(sorted(_REPORTING))})\b", re.IGNORECASE)
# These report a view only with a "that" clause or an "as": "see" a ship is no view.
_ONLY_AS = frozenset(("view views viewed see sees saw consider considers considered").split())
_HEDGE = re.compile(
    # "May" with a capital is a month.
    r"\b(?:(?-i:may)|might|could|possibly|perhaps|probably|likely|unlikely|reportedly|allegedly|apparently"
    r"|supposedly|appears? to|seems?|seemed|appeared to|(?:is|are|was|were) expected to|expects?"
    r"|suggests?|estimated|rumou?red|(?:is|are) (?:believed|thought|said) to|potentially"
    r"|tends? to)\b",
    re.IGNORECASE,
)
_NOBODY = frozenset({"i", "you", "one"})
_PRONOUNS = frozenset(["he", "she", "it", "they", "his", "her", "its", "their"])
_POSSESSIVE = frozenset(["his", "her", "its", "their"])
_GENERIC = frozenset(
    (
        "country nation kingdom republic company firm group city agency ministry bank "
        "organisation organization party president minister court union regime government "
        "army province state airline university hospital team club institute council"
    ).split()
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A candidate sentence: its span, whether it opens a paragraph, is a search snippet."""

    start: int
    end: int
    opens: bool
    snippet: bool


def _pieces(text: str) -> Iterator[_Piece]:
    """Whole sentences of the prose lines; lines of run-together snippets cut at their seams."""
    for line_start, line_end in prose_spans(text):
        line = text[line_start:line_end]
        snippet = len(_CLEAR_SEAM.findall(line)) >= SNIPPET_SEAMS
        opens = True
        for start, end in split_sentences(line):
            cuts = [m.end() for m in _SEAM.finditer(line, start, end)] if snippet else []
            for left, right in zip([start, *cuts], [*cuts, end], strict=True):
                # Between snippets, what follows a mark is another page's furniture.
                lead = None if snippet else _LEAD.match(line, left, right)
                left = lead.end() if lead else left
                piece = line[left:right].rstrip()
                if snippet and len(piece.split()) > MAX_SNIPPET_WORDS:
                    continue
                if looks_whole(piece):
                    first = line_start + left
                    yield _Piece(first, first + len(piece), opens or snippet, snippet)
                opens = False


def looks_whole(sentence: str) -> bool:
    """Whether a string has the outer form of a complete statement.

    >>> looks_whole("The port has closed."), looks_whole("of the port, which is")
    (True, False)
    """
    words = len(sentence.split())
    start = _STARTS_WHOLE.match(sentence)
    return (
        MIN_WORDS <= words <= MAX_WORDS
        and _ENDS_WHOLE.search(sentence) is not None
        and start is not None
        and not start[1].islower()
        and _ABOUT_ITSELF.search(sentence) is None
        and not (_EMPTY_OPINION.match(sentence) and not re.search(r"\d", sentence))
    )


def is_statement(doc: Doc, *, snippet: bool = False) -> bool:
    """Whether the parse is that of a statement rather than an instruction or a verbless phrase.

    Running text gets the benefit of the doubt, for the small tagger takes some
    verbs for nouns ("the dam dates from 1962"): there any verb will do. A
    search snippet must have a finite main verb.
    """
    root = root_of(doc)
    if subject_of(root) is None:
        # The tagger takes the verb of "To open it, press the button" for a present tense.
        purpose = root.tag_ == "VBP" and doc[0].tag_ == "TO"
        if purpose or (root.tag_ == "VB" and not is_finite(root)):
            return False
    if not snippet:
        plural = root.tag_ == "NNS" and root.i > 1 and doc[0].tag_ == "DT"
        return plural or any(t.tag_.startswith("VB") or t.tag_ == "MD" for t in doc)
    mains = [root, *root.conjuncts, *(t for t in root.children if t.dep_ == "ccomp")]
    return any(
        is_finite(verb) and (subject_of(verb) is not None or verb.tag_ in FINITE_TAGS)
        for verb in mains
        if verb.pos_ in ("VERB", "AUX") or verb.tag_.startswith("VB")
    )


def clause_cut(doc: Doc) -> tuple[int, int] | None:
    """Where a compound sentence parts into two clauses that stand alone.

    Returns (end of the first, start of the second) in characters of the
    sentence, or None. Both clauses have a subject of their own, neither is a
    pronoun, and nothing before the first ("When ...") governs both.
    """
    root = root_of(doc)
    subject = subject_of(root)
    if subject is None or not is_finite(root) or root.lower_ in _REPORTING:
        return None
    if any(
        t.dep_ in ("advcl", "mark", "ccomp", "parataxis") and t.i < subject.i for t in root.lefts
    ):
        return None
    for second in root.children:
        if second.dep_ != "conj" or second.i < root.i or not is_finite(second):
            continue
        other = subject_of(second)
        if other is None or other.tag_ in ("PRP", "DT", "WDT", "WP", "EX"):
            continue
        left = second.left_edge
        if left.i == 0:
            continue
        joint = left.i - 1
        while joint > 0 and (doc[joint].dep_ == "cc" or doc[joint].is_punct):
            joint -= 1
        first_end = doc[joint].idx + len(doc[joint])
        long_enough = joint + 1 >= MIN_CLAUSE_WORDS and len(doc) - left.i >= MIN_CLAUSE_WORDS
        if long_enough and joint < left.i - 1 and joint > root.i:
            return first_end, left.idx
    return None


def speaker_of(doc: Doc) -> str | None:
    """Who the sentence says holds the claim, or None.

    >>> from checker.grammar import parse
    >>> speaker_of(next(parse(["Russia says that the port is closed."])))
    'Russia'
    """
    text = doc.text
    if _MAY_REPORT.search(text) is None:
        return None
    for token in doc:
        if token.lower_ == "according" and token.i + 1 < len(doc):
            for preposition in token.children:
                for name in preposition.children:
                    if name.dep_ == "pobj":
                        return phrase(name)
        if token.lower_ not in _REPORTING or not is_finite(token):
            continue
        subject = subject_of(token) or next(
            (t for t in token.rights if t.dep_ in ("nsubj", "nsubjpass")), None
        )
        if (
            subject is None
            or subject.tag_ in ("WDT", "WP", "EX", "DT")
            or subject.lower_ in _NOBODY
        ):
            continue
        parts = {t.dep_ for t in token.children}
        if token.lower_ in _ONLY_AS:
            holds = token.dep_ == "ROOT" and any(
                t.dep_ == "prep" and t.lower_ == "as" for t in token.children
            )
        else:
            quoted = any(mark in text for mark in '"“”')
            main = token.dep_ in ("ROOT", "parataxis", "conj")
            holds = main and ("ccomp" in parts or token.dep_ == "parataxis" or quoted)
        if holds:
            return phrase(subject)
    return None


_WEATHER = re.compile(r"(?:rain|snow|hail|thunder)(?:s|ed|ing)?$", re.IGNORECASE)
_PEOPLE = frozenset(["he", "she", "his", "her"])
_MANY = frozenset(["they", "their"])


@dataclass(frozen=True, slots=True)
class _Antecedent:
    """A noun phrase that a later pronoun may stand for."""

    text: str
    plural: bool
    name: bool

    def fits(self, pronoun: str) -> bool:
        """Whether number and kind allow the pronoun."""
        if pronoun in _PEOPLE or pronoun in _MANY:
            return self.name and self.plural == (pronoun in _MANY)
        return not self.plural


def _antecedent(doc: Doc, carried: _Antecedent | None) -> _Antecedent | None:
    """What a pronoun in the next sentence would mean: a name or short "the ..." as subject.

    Of "Russia's aim" the pronoun means Russia.
    """
    subject = subject_of(root_of(doc))
    if subject is not None and subject.lower_ in _PRONOUNS:
        return carried
    if subject is None:
        return None
    owner = next((t for t in subject.lefts if t.dep_ == "poss" and t.tag_ == "NNP"), None)
    head = owner or subject
    name = head.tag_ in ("NNP", "NNPS")
    text = phrase(head, limit=8)
    if text is None or (owner is not None and text.endswith(("'s", "’s"))):
        text = text and text[:-2]
    if not text or not (name or (head.tag_ == "NN" and text.lower().startswith("the "))):
        return None
    plural = head.tag_ == "NNPS" or any(t.dep_ == "conj" for t in head.rights)
    return _Antecedent(text, plural, name) if name or len(text.split()) <= 4 else None


_COPULAS = frozenset(
    "is was be been remains remained seems seemed appears appeared becomes became".split()
)
_CLAUSES = frozenset(["ccomp", "csubj", "advcl"])
# With these, "it ... to" has a real subject: "It is ready to sell the plant".
_OF_A_SUBJECT = frozenset(
    "able unable ready likely unlikely willing unwilling eager keen set due bound free prepared "
    "determined poised reluctant quick slow certain sure".split()
)


def _is_impersonal(doc: Doc) -> bool:
    """Whether "it" stands for nothing: "It is said that", "It is time to", "It rained"."""
    root = root_of(doc)
    parts = {t.dep_ for t in root.children}
    if "ccomp" in parts and root.lower_ not in _COPULAS:
        return root.lower_ not in _REPORTING or "auxpass" in parts
    judged = root.lower_ in _COPULAS and parts & {"acomp", "attr", "oprd"}
    clause = any(t.dep_ in _CLAUSES and t.head in (root, *root.children) for t in doc)
    to_do = any(
        t.tag_ == "TO"
        and t.head.head in (root, *root.children)
        and t.head.head.lower_ not in _OF_A_SUBJECT
        and not any(c.lower_ in _OF_A_SUBJECT for c in root.children)
        for t in doc
    )
    takes = root.lower_ in ("took", "takes", "take") and to_do
    return bool(takes or (judged and (clause or to_do))) or _WEATHER.match(root.text) is not None


def _resolve(doc: Doc, text: str, antecedent: _Antecedent | None) -> tuple[str, bool]:
    """Return the text with its opening pronoun or "the country" made clear.

    The second value says whether the claim needs context at all. Where no
    antecedent fits, the text comes back as it is.
    """
    first = doc[0]
    if first.lower_ in _PRONOUNS and first.tag_ in ("PRP", "PRP$"):
        impersonal = first.lower_ == "it" and _is_impersonal(doc)
        if impersonal or antecedent is None or not antecedent.fits(first.lower_):
            return text, not impersonal
        name = antecedent.text[0].upper() + antecedent.text[1:]
        if first.lower_ in _POSSESSIVE and first.tag_ == "PRP$":
            name += "'" if name.endswith("s") else "'s"
        return name + text[len(first) :], True
    subject = subject_of(root_of(doc))
    generic = (
        subject is not None
        and subject.i == 1
        and subject.lower_ in _GENERIC
        and not any(t.dep_ == "prep" for t in subject.rights)  # "the government of Chile"
    )
    if first.lower_ == "the" and subject is not None and generic:
        if antecedent is None or not antecedent.name or antecedent.plural:
            return text, True
        end = subject.idx + len(subject)
        return f"{text[:end]} ({antecedent.text}){text[end:]}", True
    return text, first.lower_ in ("this", "these", "that", "those", "such")


def _context(antecedent: _Antecedent | None, before: str, resolved: bool) -> str:
    """The antecedent where one was put in place, else the sentence before."""
    return antecedent.text if resolved and antecedent is not None else before


def extract_claims(document: Document) -> list[Claim]:
    """Return the claims of a document in reading order.

    For every claim `document.text[claim.start:claim.end] == claim.text`; spans
    do not overlap. A claim's id comes of its wording alone (and of how often
    that occurred before), so it survives edits elsewhere in the document.
    """
    text = document.text
    pieces = list(_pieces(text))
    claims: list[Claim] = []
    occurrences: dict[str, int] = {}
    antecedent: _Antecedent | None = None
    before = ""
    parses = parse([text[p.start : p.end] for p in pieces])
    for piece, doc in zip(pieces, parses, strict=True):
        sentence = text[piece.start : piece.end]
        if piece.snippet or (piece.opens and doc[0].lower_ not in _PRONOUNS):
            antecedent, before = None, ""
        if is_statement(doc, snippet=piece.snippet):
            cut = None if piece.snippet else clause_cut(doc)
            spans = [(0, len(sentence))] if cut is None else [(0, cut[0]), (cut[1], len(sentence))]
            standalone, needs_context = _resolve(doc, sentence, antecedent)
            speaker = speaker_of(doc)
            if speaker and speaker.lower() in _PRONOUNS:
                opening = doc[0].lower_ == speaker.lower() and standalone != sentence
                if opening and antecedent:
                    speaker = antecedent.text
                elif speaker.lower() == "it":
                    speaker = None
            for start, end in spans:
                words = sentence[start:end]
                opening = start == 0
                resolved = standalone
                if cut is not None:
                    resolved = standalone[: len(standalone) - (len(sentence) - end)]
                    resolved = resolved if opening else words
                key = " ".join(words.split())
                occurrences[key] = occurrences.get(key, 0) + 1
                identity = f"{key}\0{occurrences[key]}"
                needs = opening and needs_context
                claims.append(
                    Claim(
                        id=hashlib.sha256(identity.encode()).hexdigest()[:12],
                        document_id=document.id,
                        start=piece.start + start,
                        end=piece.start + end,
                        text=words,
                        context=_context(antecedent, before, resolved != words) if needs else "",
                        speaker=speaker,
                        hedged=_HEDGE.search(words) is not None,
                        when=time_spoken_of(words),
                        standalone=resolved if resolved != words else "",
                    )
                )
        antecedent = _antecedent(doc, antecedent)
        before = sentence
    return claims


def with_distinct_ids(claims: Sequence[Claim], documents: Sequence[Document]) -> list[Claim]:
    """Give a claim that stands word for word in an earlier document an id of its own.

    It is made of the wording and the later document's source, so it stays the
    same from run to run.
    """
    source = {document.id: document.source for document in documents}
    taken: set[str] = set()
    made = []
    for claim in claims:
        name = claim.id
        copies = 0
        while name in taken:
            copies += 1
            identity = f"{claim.id}\0{source[claim.document_id]}\0{copies}"
            name = hashlib.sha256(identity.encode()).hexdigest()[:12]
        taken.add(name)
        made.append(claim if name == claim.id else replace(claim, id=name))
    return made
