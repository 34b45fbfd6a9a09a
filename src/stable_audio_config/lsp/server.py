"""The language server itself: which requests it answers, when it checks, and that nothing that goes wrong reaches the editor."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from .. import __version__
from .buffers import SUFFIXES, Buffer, buffer_of
from .cures import ALL
from .desk import Desk
from .spots import Declined

T = TypeVar("T")

PAUSE = 0.25
"""Seconds without a keystroke after which a document is checked."""

REQUEST_FAILED = -32803
"""The protocol's number for a request that was right and cannot be fulfilled."""


class SatServer(LanguageServer):
    """One editor's server. Requests wait in a queue for one thread; the event loop only takes messages."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("sat", __version__, types.TextDocumentSyncKind.Full)
        self._desk = desk
        self._thread = ThreadPoolExecutor(1, "sat-lsp")
        self._open: dict[str, Buffer] = {}
        self._waiting: asyncio.Task[None] | None = None
        self._published: dict[str, tuple[int | None, list[types.Diagnostic]]] = {}
        """Document -> the version and the diagnostics that the editor has."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Goes to the log: our own mistakes are no news for someone who writes a config."""
        if not (isinstance(error, JsonRpcException) and error.code == REQUEST_FAILED):  # That one answers a question.
            self._log(error)

    def _log(self, error: BaseException) -> None:
        import traceback

        words = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        message = f"this is a bug of stable-audio-config, not a mistake of yours:\n{words}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    @property
    def _units(self) -> str:
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16")

    async def ask(self, work: Callable[[Desk], T], otherwise: T) -> T:
        """What the desk answers, on the documents as they are now; `otherwise` where it fails.

        Raises:
            JsonRpcException: what was asked for cannot be done; the editor shows why.
        """
        buffers, units = dict(self._open), self._units
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: self._desk.look(buffers, units, lambda: work(self._desk)))
        except Declined as declined:
            raise JsonRpcException(str(declined), REQUEST_FAILED) from None
        except Exception as error:
            self._log(error)
            return otherwise

    def started(self, params: types.InitializeParams) -> None:
        """Relative paths mean from here on what they mean to `sat train` in the folder that is open in the editor."""
        folders = params.workspace_folders or []
        uri = folders[0].uri if folders else params.root_uri
        path = to_fs_path(uri) if uri else params.root_path
        if path is not None and os.path.isdir(path):  # noqa: PTH112
            os.chdir(path)

    def watch(self) -> None:
        """Asks the editor to tell when a config changes on disk, by a checkout say; not all editors do."""
        workspace = self.client_capabilities.workspace
        watched = None if workspace is None else workspace.did_change_watched_files
        if watched is not None and watched.dynamic_registration:
            patterns = [types.FileSystemWatcher(f"**/*{suffix}") for suffix in SUFFIXES]
            options = types.DidChangeWatchedFilesRegistrationOptions(patterns)
            ours = types.Registration("sat-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self.client_register_capability(types.RegistrationParams([ours]))

    def changed(self, document: types.TextDocumentItem | types.VersionedTextDocumentIdentifier, *, opened: bool = False) -> None:
        """Notes the text of a document and checks it soon; right away where it was just opened."""
        text = self.workspace.get_text_document(document.uri).source
        self._open[document.uri] = buffer_of(document.uri, document.version, text, self._units)
        self._check_soon(0.0 if opened else PAUSE)

    def closed(self, uri: str) -> None:
        """Forgets a document, and what was found through it."""
        self._open.pop(uri, None)
        self._check_soon(0.0)

    def on_disk(self) -> None:
        """Some file has changed on disk: whatever was composed may be another now."""

        async def forget() -> None:
            await self.ask(lambda desk: desk.forget(), None)

        self._keep(asyncio.ensure_future(forget()))
        self._check_soon(0.0)

    def _keep(self, task: asyncio.Future[None]) -> None:
        self._forgetting = task  # The event loop itself holds tasks weakly.

    def _check_soon(self, pause: float) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.ensure_future(self._check_all(pause))

    async def _check_all(self, pause: float) -> None:
        """Checks every document that is open: one may be a preset that others name."""
        await asyncio.sleep(pause)
        versions = {uri: buffer.version for uri, buffer in self._open.items()}
        for uri in [*self._open, *(uri for uri in self._published if uri not in self._open)]:
            await self.ask(lambda desk, uri=uri: desk.check(uri), None)  # type: ignore[misc]
        found = await self.ask(lambda desk: desk.diagnostics(), None)
        if found is not None and versions == {uri: buffer.version for uri, buffer in self._open.items()}:
            self._publish(found)

    def _publish(self, found: dict[str, list[types.Diagnostic]]) -> None:
        """Sends what is found in every version that is new, what is new in other files, and empty lists for what is over."""
        now: dict[str, tuple[int | None, list[types.Diagnostic]]] = {}
        for uri in {**found, **dict.fromkeys(self._open)}:
            now[uri] = (self._open[uri].version if uri in self._open else None, found.get(uri, []))
        for uri, (version, listed) in now.items():
            if self._published.get(uri) != (version, listed):
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, listed, version))
        for uri in self._published.keys() - now.keys():
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self._published = now


def server(desk: Desk) -> SatServer:
    """The server with everything that it answers."""
    made = SatServer(desk)
    _documents(made)
    _questions(made)
    _conditioners(made)
    return made


def _documents(made: SatServer) -> None:
    """What the editor tells: documents come, change and go."""

    @made.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        made.started(params)

    @made.feature(types.INITIALIZED)
    async def initialized(_params: types.InitializedParams) -> None:
        made.watch()

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        made.changed(params.text_document, opened=True)

    @made.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        made.changed(params.text_document)

    @made.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        made.closed(params.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(_params: types.DidSaveTextDocumentParams) -> None:
        made.on_disk()

    @made.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def did_change_files(_params: types.DidChangeWatchedFilesParams) -> None:
        made.on_disk()


def _questions(made: SatServer) -> None:
    """What the editor asks about one place of a document."""

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await made.ask(lambda desk: desk.hover(params.text_document.uri, params.position), None)

    @made.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["/", '"', "$", "{", ".", " "]))
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        none: list[types.CompletionItem] = []
        found = await made.ask(lambda desk: desk.completion(params.text_document.uri, params.position), none)
        return types.CompletionList(is_incomplete=False, items=found)

    kinds = [types.CodeActionKind.QuickFix, ALL]

    @made.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        only = None if params.context.only is None else [str(getattr(kind, "value", kind)) for kind in params.context.only]
        return await made.ask(lambda desk: desk.actions(params.text_document.uri, params.range, only), [])

    @made.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return await made.ask(lambda desk: desk.symbols(params.text_document.uri), [])

    @made.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hints(params: types.InlayHintParams) -> list[types.InlayHint]:
        return await made.ask(lambda desk: desk.hints(params.text_document.uri, params.range), [])


def _conditioners(made: SatServer) -> None:
    """What the editor asks about names: where they come from, where they stand, what else they could be."""

    @made.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> types.Location | None:
        return await made.ask(lambda desk: desk.definition(params.text_document.uri, params.position), None)

    @made.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location]:
        return await made.ask(lambda desk: desk.references(params.text_document.uri, params.position), [])

    @made.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare_rename(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        return await made.ask(lambda desk: desk.can_rename(params.text_document.uri, params.position), None)

    @made.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        return await made.ask(lambda desk: desk.rename(params.text_document.uri, params.position, params.new_name), None)


def serve(config_dir: str | None, *, plugins: bool) -> None:
    """Answers the editor at the other end of standard input and output until it says goodbye.

    Anything else that is printed goes to standard error: a stray word would end the conversation.
    """
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    server(Desk(config_dir, plugins=plugins)).start_io(incoming, outgoing)
