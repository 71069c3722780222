"""From findings to notes at their places in the draft."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from checker.draft.extraction import Chain
from checker.draft.identity import note_id
from checker.draft.levels import Levels
from checker.draft.locating import find_place
from checker.draft.positions import LineIndex, joined, literal
from checker.draft.types import Backing, Draft, Level, Note, Place, Rule
from checker.report import line_of
from checker.types import Claim, Difference, Document, Finding, Verdict

_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


def in_order(notes: Sequence[Note]) -> list[Note]:
    """Sort notes as they stand in the draft; at one place the most serious and surest first."""
    return sorted(
        notes,
        key=lambda n: (n.place.start, _ORDER[n.level], -(n.confidence or 0), n.id),
    )


def _turned(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    return tuple(Difference(kind=d.kind, a=d.b, b=d.a) for d in differences)


class Writer:
    """Knows the draft and its sources, and writes notes about their claims.

    `document` is the draft as claims see it: its chains, one after the other.
    `echoes` are the ids of documents that are copies of the draft; what they
    say backs nothing.
    """

    def __init__(
        self,
        draft: Draft,
        document: Document,
        parts: Sequence[Chain],
        documents: Sequence[Document],
        levels: Levels,
        echoes: frozenset[str],
    ) -> None:
        line_end = literal("\n", 0, 1)
        blocks = [block for chain in parts for block in chain.blocks]
        self._placed = joined(piece for b in blocks for piece in (b.placed, line_end))
        self._lines = LineIndex(draft.text)
        self._draft = draft
        self._document = document
        self._by_id = {one.id: one for one in (document, *documents)}
        self._levels = levels
        self._echoes = echoes
        self._files: dict[str, Draft | None] = {}

    def place(self, claim: Claim) -> Place:
        """Where a claim of the draft stands in it."""
        return self._lines.place(*self._placed.span(claim.start, claim.end))

    def text(self, claim: Claim) -> str:
        """A claim of the draft as it is written there, markup included."""
        place = self.place(claim)
        return self._draft.text[place.start : place.end]

    def _suppressed(self, place: Place) -> str | None:
        return next(
            (s.reason for s in self._draft.suppressions if s.start <= place.start < s.end), None
        )

    def backing(self, claim: Claim) -> Backing:
        """A claim of a source, or of the draft, as the other side of a note."""
        document = self._by_id[claim.document_id]
        text = document.text
        first = text.rfind("\n", 0, claim.start) + 1
        last = text.find("\n", claim.end)
        paragraph = text[first : last if last >= 0 else len(text)].strip()
        if claim.document_id == self._document.id:
            place: Place | None = self.place(claim)
        else:
            place = find_place(document.path, claim.text, self._files)
        return Backing(
            path=document.path,
            source=document.source,
            line=place.line if place else line_of(document, claim.start),
            text=claim.text,
            paragraph=paragraph,
            published=document.published,
            speaker=claim.speaker,
            place=place,
        )

    def notes(self, findings: Sequence[Finding], claims: Sequence[Claim]) -> list[Note]:
        """All notes, in no order: contradictions, then what is backed, then what is not.

        `claims` are the draft's. Every finding has a claim of the draft as `pair.a`.
        """
        clashes = [f for f in findings if f.verdict is Verdict.CONTRADICTS]
        agreeing: dict[str, list[Finding]] = defaultdict(list)
        spoken_of: set[str] = set()
        for finding in findings:
            other = finding.pair.b.document_id
            if other == self._document.id:
                continue
            spoken_of.add(finding.pair.a.id)
            if finding.verdict is Verdict.AGREES and other not in self._echoes:
                agreeing[finding.pair.a.id].append(finding)
        made = self._contradictions(clashes)
        seen: Counter[str] = Counter()
        for claim in claims:
            backed = agreeing.get(claim.id)
            if backed:
                made.append(self._supported(claim, backed, seen))
            elif claim.id not in spoken_of:
                made.append(self._unsupported(claim, seen))
        return made

    def _contradictions(self, findings: Sequence[Finding]) -> list[Note]:
        """One note for each two sentences; copies of a source's sentence stand in one note."""
        found: dict[tuple[str, int], Note] = {}
        for finding in sorted(findings, key=lambda f: (-f.confidence, f.id)):
            a, b = finding.pair.a, finding.pair.b
            differences = finding.differences
            rule = Rule.CONTRADICTS_SOURCE
            if b.document_id == self._document.id:
                rule = Rule.CONTRADICTS_DRAFT
                if a.start < b.start:  # the later sentence is the one to look at
                    a, b, differences = b, a, _turned(differences)
            place = self.place(a)
            sides = sorted((a.text, b.text)) if rule is Rule.CONTRADICTS_DRAFT else (a.text, b.text)
            key = note_id(rule.value, *sides), place.start
            if key in found:
                known = found[key]
                found[key] = replace(known, backing=(*known.backing, self.backing(b)))
                continue
            occurrence = sum(id == key[0] for id, _ in found)
            found[key] = Note(
                id=note_id(rule.value, *sides, occurrence=occurrence),
                rule=rule,
                level=self._levels.of(finding.confidence, finding.explained_by),
                place=place,
                text=self.text(a),
                backing=(self.backing(b),),
                confidence=finding.confidence,
                explained_by=finding.explained_by,
                differences=differences,
                origins=1,
                suppressed=self._suppressed(place),
            )
        return list(found.values())

    def _supported(self, claim: Claim, findings: Sequence[Finding], seen: Counter[str]) -> Note:
        ranked = sorted(findings, key=lambda f: (-f.confidence, f.id))
        others = [finding.pair.b for finding in ranked]
        note = self._about(claim, Rule.SUPPORTED, seen)
        return replace(
            note,
            backing=tuple(self.backing(other) for other in others),
            confidence=ranked[0].confidence,
            origins=len({self._by_id[other.document_id].origin for other in others}),
        )

    def _unsupported(self, claim: Claim, seen: Counter[str]) -> Note:
        return self._about(claim, Rule.UNSUPPORTED, seen)

    def _about(self, claim: Claim, rule: Rule, seen: Counter[str]) -> Note:
        place = self.place(claim)
        first = note_id(rule.value, claim.text)
        seen[first] += 1
        return Note(
            id=note_id(rule.value, claim.text, occurrence=seen[first] - 1),
            rule=rule,
            level=Level.INFO,
            place=place,
            text=self.text(claim),
            suppressed=self._suppressed(place),
        )
