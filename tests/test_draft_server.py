"""The language server, spoken to by a real client over standard input and output."""

from __future__ import annotations

import ast
import asyncio
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

DRAFT = "# News\n\n👩🏽‍🚒 Hello. The library opened on Friday.\n"
SOURCE = "It rained. The library did not open on Friday. Good news.\n"
WAIT = 120.0


class Editor:
    """A client that remembers what the server published."""

    def __init__(self) -> None:
        self.client = LanguageClient("editor", "1")
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.messages: list[str] = []

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @self.client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def message(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        return list((await asyncio.wait_for(self.published.get(), WAIT)).diagnostics)


async def session(folder: Path, tiny_nli: Path) -> None:
    editor = Editor()
    client = editor.client
    draft = folder / "draft.md"
    await client.start_io(
        *(sys.executable, "-m", "checker", "lsp", "--against", str(folder / "sources")),
        *("--model", str(tiny_nli), "--cache", str(folder / "cache")),
    )
    answer = await asyncio.wait_for(
        client.initialize_async(
            lsp.InitializeParams(capabilities=lsp.ClientCapabilities(), root_uri=folder.as_uri())
        ),
        WAIT,
    )
    assert answer.capabilities.hover_provider
    assert answer.capabilities.code_action_provider
    client.initialized(lsp.InitializedParams())
    uri = draft.as_uri()
    document = lsp.TextDocumentItem(uri=uri, language_id="markdown", version=1, text=DRAFT)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=document))
    (found,) = await editor.diagnostics()
    # Columns are UTF-16 units unless agreed otherwise: the emoji is 7 of them, 4 code points.
    assert (found.range.start.line, found.range.start.character) == (2, 15)
    assert found.range.end == lsp.Position(line=2, character=15 + 29)
    assert found.source == "checker"
    assert "The library did not open on Friday." in found.message
    (other,) = found.related_information or ()
    assert other.location.uri == (folder / "sources" / "wire.txt").as_uri()
    assert other.location.range.start == lsp.Position(line=0, character=11)

    here = lsp.TextDocumentIdentifier(uri=uri)
    hover = await client.text_document_hover_async(
        lsp.HoverParams(text_document=here, position=lsp.Position(line=2, character=20))
    )
    assert hover is not None
    contents: Any = hover.contents
    assert "It rained. »The library did not open on Friday.« Good news." in contents.value
    nothing = await client.text_document_hover_async(
        lsp.HoverParams(text_document=here, position=lsp.Position(line=0, character=3))
    )
    assert nothing is None

    actions = await client.text_document_code_action_async(
        lsp.CodeActionParams(
            text_document=here,
            range=found.range,
            context=lsp.CodeActionContext(diagnostics=[found]),
        )
    )
    assert actions
    dismiss: Any = actions[0]
    assert "Dismiss" in dismiss.title
    # lsprotocol's client takes an action with a command for the command itself.
    command = ast.literal_eval(dismiss.command)
    await client.workspace_execute_command_async(
        lsp.ExecuteCommandParams(command=command["command"], arguments=command["arguments"])
    )
    assert await editor.diagnostics() == []
    decisions = (folder / "draft.md.decisions.jsonl").read_text(encoding="utf-8")
    assert '"decision": "dismiss"' in decisions
    assert "the draft is right" in decisions

    changed = DRAFT.replace("opened on Friday", "opened on a Friday")
    client.text_document_did_change(
        lsp.DidChangeTextDocumentParams(
            text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=2),
            content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=changed)],
        )
    )
    client.text_document_did_save(lsp.DidSaveTextDocumentParams(text_document=here))
    assert len(await editor.diagnostics()) == 1
    (folder / "draft.md.decisions.jsonl").write_text("{broken\n")
    client.text_document_did_save(lsp.DidSaveTextDocumentParams(text_document=here))
    assert await editor.diagnostics() == []
    assert any("draft.md.decisions.jsonl:1: not a decision" in text for text in editor.messages)
    await asyncio.wait_for(client.shutdown_async(None), WAIT)
    client.exit(None)
    await client.stop()


def test_an_editor_gets_diagnostics_hover_and_a_way_to_dismiss(
    tiny_nli: Path, tmp_path: Path
) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "wire.txt").write_text(SOURCE)
    (tmp_path / "draft.md").write_text(DRAFT, encoding="utf-8")
    asyncio.run(session(tmp_path, tiny_nli))
