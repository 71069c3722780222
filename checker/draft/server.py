"""A language server: diagnostics, the source's paragraph on hover, dismissing as an action.

Checks when a document is opened and when it is saved. Positions travel in the
encoding that the editor asks for; pygls converts code points.
"""

from __future__ import annotations

import datetime
import getpass
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

import checker
from checker.config import Config
from checker.draft.cache import Cache
from checker.draft.checking import Models, check_draft, load_models
from checker.draft.decisions import decide_note, decisions_path, read_decisions
from checker.draft.formats import difference_words, heading, where
from checker.draft.positions import LineIndex
from checker.draft.reading import read_draft
from checker.draft.types import Choice, Level, Note, Place, Result
from checker.errors import CheckerError

DISMISS = "checker.dismiss"
_SEVERITY = {
    Level.ERROR: lsp.DiagnosticSeverity.Error,
    Level.WARNING: lsp.DiagnosticSeverity.Warning,
    Level.INFO: lsp.DiagnosticSeverity.Information,
}
# An action cannot ask for words, so these are offered; an editor's own command
# may send any reason to DISMISS.
REASONS = (
    "the draft is right",
    "the two do not speak of the same thing",
    "both can be true",
)


class DraftServer(LanguageServer):
    """The server and what it knows: the models, and the last result of each open draft."""

    def __init__(
        self, against: Sequence[Path], config: Config, cache: Cache, by: str | None
    ) -> None:
        super().__init__("checker", checker.__version__)
        self.against = list(against)
        self.by = by or getpass.getuser()
        self.config = config
        self.cache = cache
        self.models: Models = load_models(config, cache)
        self.results: dict[str, Result] = {}

    def check(self, uri: str) -> None:
        """Check an open document as the editor holds it, and publish its notes."""
        path = to_fs_path(uri) or uri
        document = self.workspace.get_text_document(uri)
        try:
            result = check_draft(
                read_draft(path, document.source.encode("utf-8"), self.config.max_bytes),
                self.against,
                self.config,
                cache=self.cache,
                models=self.models,
                decisions=read_decisions(decisions_path(Path(path))),
            )
        except CheckerError as error:
            self.results.pop(uri, None)
            self.say(str(error), lsp.MessageType.Error)
            self._publish(uri, [])
            return
        self.results[uri] = result
        for message in (*self.cache.messages, *(f"{p.path}: {p.reason}" for p in result.problems)):
            self.say(message, lsp.MessageType.Warning)
        self.cache.messages.clear()
        self._publish(uri, [self._diagnostic(uri, note) for note in self.shown(uri)])

    def say(self, message: str, kind: lsp.MessageType) -> None:
        """Show a message in the editor."""
        self.window_show_message(lsp.ShowMessageParams(type=kind, message=message))

    def shown(self, uri: str) -> list[Note]:
        """The notes of a document that its editor sees."""
        result = self.results.get(uri)
        notes = result.notes if result else ()
        return [note for note in notes if note.active and note.level is not Level.INFO]

    def _publish(self, uri: str, diagnostics: Sequence[lsp.Diagnostic]) -> None:
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=uri, diagnostics=list(diagnostics))
        )

    def _range(self, uri: str, place: Place) -> lsp.Range:
        """A place of an open document in the editor's own units."""
        document = self.workspace.get_text_document(uri)
        points = lsp.Range(
            start=lsp.Position(line=place.line - 1, character=place.column - 1),
            end=lsp.Position(line=place.end_line - 1, character=place.end_column - 1),
        )
        return document.position_codec.range_to_client_units(document.lines, points)

    def _diagnostic(self, uri: str, note: Note) -> lsp.Diagnostic:
        lines = [heading(note)]
        lines += [f"{backing.text} ({where(backing)})" for backing in note.backing]
        lines += [difference_words(difference) for difference in note.differences]
        if note.explained_by:
            reasons = ", ".join(reason.value for reason in note.explained_by)
            lines.append(f"may be explained by {reasons}")
        return lsp.Diagnostic(
            range=self._range(uri, note.place),
            severity=_SEVERITY[note.level],
            code=note.rule.value,
            source="checker",
            message="\n".join(lines),
            data={"id": note.id},
            related_information=[
                lsp.DiagnosticRelatedInformation(
                    location=lsp.Location(
                        uri=from_fs_path(str(Path(backing.path).resolve())) or backing.path,
                        range=self._other_range(uri, backing.path, backing.place),
                    ),
                    message=backing.text,
                )
                for backing in note.backing
                if backing.place is not None
            ],
        )

    def _other_range(self, uri: str, path: str, place: Place | None) -> lsp.Range:
        """A place in a source, in the editor's units; its text is on disk, not open."""
        assert place is not None
        if path == (to_fs_path(uri) or uri):
            return self._range(uri, place)
        text = read_draft(path).text
        index = LineIndex(text)
        count, _ = index.line_column(len(text))
        lines = [text[slice(*index.line_span(n, len(text)))] for n in range(1, count + 1)]
        codec = self.workspace.position_codec
        points = lsp.Range(
            start=lsp.Position(line=place.line - 1, character=place.column - 1),
            end=lsp.Position(line=place.end_line - 1, character=place.end_column - 1),
        )
        return codec.range_to_client_units(lines, points)

    def touching(self, uri: str, wanted: lsp.Range) -> list[Note]:
        """The shown notes whose text the range touches."""

        def before(a: lsp.Position, b: lsp.Position) -> bool:
            return (a.line, a.character) <= (b.line, b.character)

        found = []
        for note in self.shown(uri):
            there = self._range(uri, note.place)
            if before(there.start, wanted.end) and before(wanted.start, there.end):
                found.append(note)
        return found


def _hover_text(note: Note) -> str:
    """The source's paragraph, the sentence in it set off; plain text, so that nothing is markup."""
    parts = []
    for backing in note.backing:
        paragraph = backing.paragraph.replace(backing.text, f"»{backing.text}«", 1)
        date = f", {backing.published}" if backing.published else ""
        parts.append(f"{heading(note)}\n\n{paragraph}\n— {where(backing)}{date}")
    return "\n\n".join(parts)


def make_server(
    against: Sequence[Path], config: Config, cache: Cache, by: str | None = None
) -> DraftServer:
    """Return the language server, ready to be started; raises ModelError when there is no model.

    `by` is who decides, the user's login name where none is given.
    """
    server = DraftServer(against, config, cache, by)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.check(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.check(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.results.pop(params.text_document.uri, None)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        wanted = lsp.Range(start=params.position, end=params.position)
        notes = server.touching(params.text_document.uri, wanted)
        if not notes:
            return None
        text = "\n\n".join(_hover_text(note) for note in notes)
        return lsp.Hover(contents=lsp.MarkupContent(kind=lsp.MarkupKind.PlainText, value=text))

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )
    def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        return [
            lsp.CodeAction(
                title=f"Dismiss “{heading(note)}”: {reason}",
                kind=lsp.CodeActionKind.QuickFix,
                command=lsp.Command(
                    title="Dismiss", command=DISMISS, arguments=[uri, note.id, reason]
                ),
            )
            for note in server.touching(uri, params.range)
            for reason in REASONS
        ]

    @server.command(DISMISS)
    def dismiss(uri: str, note_id: str, reason: str) -> None:
        result = server.results.get(uri)
        path = decisions_path(Path(to_fs_path(uri) or uri))
        today = datetime.datetime.now().astimezone().date().isoformat()
        try:
            notes = result.notes if result else ()
            decide_note(path, notes, note_id, Choice.DISMISS, reason, server.by, today)
        except CheckerError as error:
            server.say(str(error), lsp.MessageType.Error)
            return
        server.check(uri)

    return server
