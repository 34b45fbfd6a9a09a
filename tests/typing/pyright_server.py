"""pyright's language server, asked as an editor asks it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

SERVER = Path(sys.executable).with_name("pyright-langserver")

CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {"completion": {"completionItem": {"documentationFormat": ["plaintext"]}}},
}


class PyrightServer:
    """One server for one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last = 0
        command = [str(SERVER), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self) -> PyrightServer:
        root = self.folder.as_uri()
        folders = [{"uri": root, "name": "user"}]
        self.request("initialize", {"processId": None, "rootUri": root, "workspaceFolders": folders, "capabilities": CAPABILITIES})
        self._send({"method": "initialized", "params": {}})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait(timeout=30)

    def completions(self, text: str) -> dict[str, Any]:
        """What is offered at the end of the text: label -> item."""
        uri = (self.folder / "typing.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        lines = text.splitlines()
        place = {"line": len(lines) - 1, "character": len(lines[-1])}
        answer = self.request("textDocument/completion", {"textDocument": {"uri": uri}, "position": place})
        self._send({"method": "textDocument/didClose", "params": {"textDocument": {"uri": uri}}})
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return {item["label"]: item for item in items}

    def request(self, method: str, params: Any) -> Any:
        """The answer to a request; what the server asks meanwhile is answered with nothing but where Python is."""
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message["error"]
                return message.get("result")
            if "id" in message and "method" in message:
                self._send({"id": message["id"], "result": self._settings(message)})

    def _settings(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        python = {"pythonPath": sys.executable}
        return [python if item.get("section") == "python" else {} for item in message["params"]["items"]]

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = cast("IO[bytes]", self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        stream.flush()

    def _read(self) -> dict[str, Any]:
        stream = cast("IO[bytes]", self._process.stdout)
        length = 0
        while (line := stream.readline().strip()) or not length:
            assert line or self._process.poll() is None, "the language server has ended"
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        found: dict[str, Any] = json.loads(stream.read(length))
        return found
