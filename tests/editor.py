"""A language client of our own: it starts the server as an editor does, and speaks with it over its standard streams."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]

HANGS = 180
"""Seconds without an answer after which the server is taken for hung: a busy machine is slow."""


class Editor:
    """One editor with one project. ``diagnostics`` has what was last published for each file, by path."""

    def __init__(self, root: Path, *arguments: str, folders: Sequence[str] = (), **capabilities: Message) -> None:
        self.root = root
        self._folders = [{"uri": self.uri(each), "name": each} for each in folders]
        self._capabilities = capabilities
        self.diagnostics: dict[str, list[Message]] = {}
        self.told: list[Message] = []
        command = [sys.executable, "-m", "dindguard", "lsp", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._inbox: queue.Queue[Message | None] = queue.Queue()
        self._next = 0
        self._version = 0
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Editor:
        watched = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
        answer = self.ask(
            "initialize",
            processId=None,
            rootUri=self.root.as_uri(),
            capabilities={**watched, **self._capabilities},
            workspaceFolders=self._folders or None,
        )
        self.capabilities = answer["capabilities"]
        self.tell("initialized")
        return self

    def __exit__(self, *_: object) -> None:
        self.ask("shutdown")
        self.tell("exit")
        self.code = self.process.wait(timeout=HANGS)
        self._listener.join(timeout=HANGS)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    # -- messages -----------------------------------------------------------------------------------

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else 0
            if length:
                while stream.readline().strip():
                    pass
                self._inbox.put(json.loads(stream.read(length)))
        self._inbox.put(None)

    def _send(self, message: Message) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def tell(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self._next += 1
        mine = self._next
        self._send({"id": mine, "method": method, **({"params": params} if params else {})})
        answer = self._until(lambda message: message.get("id") == mine and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def _until(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self._inbox.get(timeout=HANGS)
            assert message is not None, "the server has ended"
            if message.get("method") == "textDocument/publishDiagnostics":
                path = Path.from_uri(message["params"]["uri"]) if hasattr(Path, "from_uri") else None
                name = str(path) if path is not None else message["params"]["uri"].removeprefix("file://")
                self.diagnostics[str(Path(name).relative_to(self.root))] = message["params"]["diagnostics"]
            elif "method" in message and "id" in message:
                self._send({"id": message["id"], "result": None})
                self.told.append(message)
            elif "method" in message:
                assert "Error in server" not in str(message["params"]), message
                self.told.append(message)
            if wanted(message):
                return message

    def shown(self, path: str, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Wait until the rules that are shown for a file are as wanted, and return them."""
        rules = [each["code"] for each in self.diagnostics.get(path, [])]
        while not wanted(rules):
            self._until(lambda message: message.get("method") == "textDocument/publishDiagnostics")
            rules = [each["code"] for each in self.diagnostics.get(path, [])]
        return rules

    # -- documents ----------------------------------------------------------------------------------

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def open(self, path: str, text: str) -> None:
        self._version += 1
        document = {"uri": self.uri(path), "languageId": "yaml", "version": self._version, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)

    def change(self, path: str, *changes: Message) -> None:
        self._version += 1
        document = {"uri": self.uri(path), "version": self._version}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=list(changes))

    def close(self, path: str) -> None:
        self.tell("textDocument/didClose", textDocument={"uri": self.uri(path)})

    def changed_on_disk(self, *paths: str, kind: int = 1) -> None:
        changes = [{"uri": self.uri(path), "type": kind} for path in paths]
        self.tell("workspace/didChangeWatchedFiles", changes=changes)

    def at(self, method: str, path: str, line: int, character: int) -> Any:
        where = {"line": line, "character": character}
        return self.ask(f"textDocument/{method}", textDocument={"uri": self.uri(path)}, position=where)

    def actions(self, path: str, line: int, character: int) -> list[Message]:
        here = {"line": line, "character": character}
        shown = self.diagnostics.get(path, [])
        found: list[Message] = self.ask(
            "textDocument/codeAction",
            textDocument={"uri": self.uri(path)},
            range={"start": here, "end": here},
            context={"diagnostics": shown},
        )
        return found


def made(text: str, edits: list[Message]) -> str:
    """Return a text with an editor's edits made, positions in UTF-16 code units."""
    lines = text.splitlines(keepends=True) or [""]

    def offset(position: Message) -> int:
        if position["line"] >= len(lines):
            return len(text)
        before = sum(map(len, lines[: position["line"]]))
        line = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]]
        return before + len(line.decode("utf-16-le"))

    spans = [(offset(each["range"]["start"]), offset(each["range"]["end"]), each["newText"]) for each in edits]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text
