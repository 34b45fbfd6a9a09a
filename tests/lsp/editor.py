"""An editor for the tests: starts `sat lsp` as a process and talks to it over standard input and output, as editors do."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE = 120
"""Seconds to wait for an answer; a slow machine needs some."""

SAT_LSP = ("-m", "stable_audio_config", "lsp", "--stdio")

Json = dict[str, Any]


class Editor:
    """One conversation with the server, in a folder."""

    def __init__(self, folder: Path, *, program: Sequence[str] = SAT_LSP, capabilities: Json | None = None) -> None:
        self.folder = folder
        self.errors: list[str] = []
        """What the server logged as its own mistakes."""
        self.shown: dict[str, list[Json]] = {}
        """Address -> the diagnostics that it shows now."""
        self.registered: list[str] = []
        """What the server has asked to be told."""
        self._answers: queue.Queue[Json | None] = queue.Queue()
        self._number = 0
        self.versions: dict[str, int] = {}
        self._server = subprocess.Popen([sys.executable, *program], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self._listen, daemon=True).start()
        root = {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities or {}}
        self.capabilities = self.ask("initialize", root)["capabilities"]
        self.tell("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.ask("shutdown", None)
            self.tell("exit", None)
            self.code = self._server.wait(PATIENCE)
        finally:
            self._server.kill()
        if kind is None:
            assert self.errors == []

    def _listen(self) -> None:
        stream = self._server.stdout
        assert stream is not None
        while line := stream.readline():
            length = int(line.split(b":")[1])
            while stream.readline().strip():
                pass
            self._answers.put(json.loads(stream.read(length)))
        self._answers.put(None)

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._server.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        """The result; an error of the server is an exception with its words."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]

    def _next(self) -> Json:
        message = self._answers.get(timeout=PATIENCE)
        if message is None:
            raise RuntimeError("the server has ended")
        if message.get("method") == "textDocument/publishDiagnostics":
            self.shown[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "client/registerCapability":
            self.registered += [one["method"] for one in message["params"]["registrations"]]
            self._send({"id": message["id"], "result": None})
        elif message.get("method") == "window/logMessage" and message["params"]["type"] == 1:
            self.errors.append(message["params"]["message"])
        return message

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str | None = None) -> list[Json]:
        """Opens a file, with another text than on disk if one is given; what is found in it."""
        body = (self.folder / name).read_text() if text is None else text
        language = "json" if name.endswith(".json") else "yaml"
        self.versions[name] = 1
        item = {"uri": self.uri(name), "languageId": language, "version": 1, "text": body}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return self.found(name)

    def change(self, name: str, text: str) -> list[Json]:
        """Types: the file has this text now; what is found in it."""
        self.versions[name] += 1
        document = {"uri": self.uri(name), "version": self.versions[name]}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        return self.found(name)

    def found(self, name: str) -> list[Json]:
        """What is found in the version of the file that was sent last."""
        while True:
            message = self._next()
            params = message.get("params") or {}
            right = message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == self.uri(name)
            if right and params.get("version") == self.versions[name]:
                return list(params["diagnostics"])

    def settle(self) -> None:
        """Takes in everything that the server has sent."""
        self.ask("textDocument/hover", {"textDocument": {"uri": "untitled:none"}, "position": {"line": 0, "character": 0}})

    def at(self, name: str, line: int, character: int) -> Json:
        return {"textDocument": {"uri": self.uri(name)}, "position": {"line": line, "character": character}}
