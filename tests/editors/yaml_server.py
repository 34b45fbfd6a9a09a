"""The real yaml-language-server, spoken to as an editor does: one process for all tests, files opened with any text."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE = 60
"""Seconds to wait for an answer; it takes less than one."""

OFFLINE = {"schemaStore": {"enable": False}, "hover": True, "completion": True, "validate": True}
"""Nothing is fetched. All else is as it comes."""

Message = dict[str, Any]


class YamlServer:
    """A running server. Files need not exist on the disk, but their folders say which schemas they find."""

    def __init__(self, program: Path, root: Path, schemas: Message | None = None) -> None:
        """Args:
        program: the server's JavaScript file.
        root: the folder that is opened.
        schemas: the editor's setting `yaml.schemas`.
        """
        self._settings = {"yaml": {**OFFLINE, "schemas": schemas or {}}}
        self._process = subprocess.Popen(["node", str(program), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._answers: queue.Queue[Message] = queue.Queue()
        self._diagnostics: queue.Queue[Message] = queue.Queue()
        self._number = 0
        self._versions: dict[str, int] = {}
        threading.Thread(target=self._read, daemon=True).start()
        folder = {"uri": root.as_uri(), "name": root.name}
        documents = {
            "completion": {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True}},
            "hover": {"contentFormat": ["markdown"]},
        }
        self._ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "workspaceFolders": [folder],
                "capabilities": {"workspace": {"configuration": True}, "textDocument": documents},
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self._settings})

    def diagnostics(self, texts: dict[Path, str]) -> dict[Path, list[Message]]:
        """What is shown in each file while it has its text."""
        waiting = {file.as_uri(): (file, self._open(file, text)) for file, text in texts.items()}
        shown: dict[Path, list[Message]] = {}
        while waiting:
            found = self._diagnostics.get(timeout=PATIENCE)
            file, version = waiting.get(found["uri"], (None, 0))
            if file is not None and found.get("version", version) == version:
                shown[file] = found["diagnostics"]
                del waiting[found["uri"]]
        return shown

    def completions(self, file: Path, text: str, line: int, column: int) -> list[Message]:
        """What is offered at a place, both numbers from 0."""
        self.diagnostics({file: text})
        found = self._ask("textDocument/completion", _at(file, line, column))
        return list(found["items"] if isinstance(found, dict) else found or [])

    def hover(self, file: Path, text: str, line: int, column: int) -> str:
        """What is said about the word at a place, both numbers from 0."""
        self.diagnostics({file: text})
        found = self._ask("textDocument/hover", _at(file, line, column))
        return "" if found is None else str(found["contents"]["value"])

    def close(self) -> None:
        """The process is gone after the call."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _open(self, file: Path, text: str) -> int:
        uri = file.as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        if version == 1:
            self._tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        else:
            changes = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._tell("textDocument/didChange", changes)
        return version

    def _ask(self, method: str, params: Message) -> Any:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while True:
            answer = self._answers.get(timeout=PATIENCE)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer.get("result")

    def _tell(self, method: str, params: Message) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: Message) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
                line = stream.readline()
            self._take(json.loads(stream.read(length)))

    def _take(self, message: Message) -> None:
        if "method" not in message:
            self._answers.put(message)
        elif message["method"] == "textDocument/publishDiagnostics":
            self._diagnostics.put(message["params"])
        elif message["method"] == "workspace/configuration":
            asked = [item.get("section") for item in message["params"]["items"]]
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": [self._settings.get(section) for section in asked]})
        elif "id" in message:
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": None})

    def __enter__(self) -> YamlServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _at(file: Path, line: int, column: int) -> Message:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}
