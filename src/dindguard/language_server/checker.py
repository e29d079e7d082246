"""One project in one editor: what it holds, what was last said of it, and what is shown."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from dindguard.errors import UserError
from dindguard.files import within
from dindguard.language_server import diagnostics
from dindguard.language_server.positions import Change, Places, Units, whole_characters
from dindguard.language_server.progress import Progress
from dindguard.language_server.project import Project
from dindguard.options import Options
from dindguard.patterns import regex
from dindguard.records import replace

if TYPE_CHECKING:
    from dindguard.language_server.garbage import Garbage
    from dindguard.report import Report

_PLACED = regex(r"(?P<path>[^:\n]+):(?P<line>\d+):\d+: ")
"""The beginning of a message about a place of a file."""

DELAY = 0.15
"""Seconds after the last keystroke until the project is judged again."""

PAUSE = 2.0
"""Seconds without a keystroke after which all garbage is collected."""


class Checker:
    """One project in one editor: what it holds, what was last said of it, and what is shown."""

    def __init__(
        self, server: LanguageServer, root: str, options: Options | None, units: Units, garbage: Garbage
    ) -> None:
        self.server = server
        self._progress = Progress(server)
        self.project = Project(root, replace(options or Options(), progress=self._progress.at))
        self.places = Places(units, self.project.source, self.uri)
        self.report: Report | None = None
        self._shown: dict[str, list[lsp.Diagnostic]] = {}
        self._typed: set[str] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._garbage = garbage
        self._stale = True
        self._refused = ""

    def path(self, uri: str) -> str | None:
        """Return the path of a document relative to the root; ``None`` outside, and for what is no file."""
        full = to_fs_path(uri)
        if full is None:
            return None
        full = os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))
        root = self.project.root
        return (
            full[len(os.path.join(root, "")) :].replace(os.sep, "/") if within(full, root) and full != root else None
        )

    def uri(self, path: str) -> str:
        """Return a file's address as editors know it."""
        return from_fs_path(os.path.join(self.project.root, *path.split("/"))) or ""

    def opened(self, uri: str, text: str) -> None:
        """Take the text of a document that the editor has opened."""
        if (path := self.path(uri)) is not None:
            self._take(path, whole_characters(text))

    def changed(self, uri: str, changes: Iterable[Change]) -> None:
        """Take what was typed into a document."""
        if (path := self.path(uri)) is not None:
            self._take(path, self.places.units.changed(self.project.text(path) or "", changes))

    def _take(self, path: str, text: str) -> None:
        self.project.edit(path, text)
        self._typed.add(path)
        self.soon()

    def closed(self, uri: str) -> None:
        """Take the saved file of a document that the editor has closed."""
        if (path := self.path(uri)) is not None:
            self.project.close(path)
            self.soon()

    def end(self) -> None:
        """Take back all that is shown, and judge the project no more."""
        for each in (self._waiting, self._pause):
            if each is not None:
                each.cancel()
        for path in sorted(self._shown):
            self._publish(path, [])

    def soon(self) -> None:
        """Judge the project when nothing has been typed for a moment."""
        self._stale = True
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(DELAY, self.show)

    def current(self) -> Report | None:
        """Return the report on the present state; ``None`` while the configuration is faulty, which is said."""
        if self._stale:
            self._stale = False
            try:
                with self._progress.shown(self.project.begins):
                    self.report = self.project.check()
                self._refused = ""
            except UserError as error:
                self.report = None
                self._tell(str(error))
        return self.report

    def _tell(self, message: str) -> None:
        """Say once what keeps the project from being judged: at its place in a file that is open, else in a window."""
        if message == self._refused:
            return
        self._refused = message
        at = _PLACED.match(message)
        if at is not None and at["path"] in self.project.opened:
            line = int(at["line"])
            where = lsp.Range(lsp.Position(line - 1, 0), lsp.Position(line, 0))
            shown = diagnostics.refused(where, message[at.end() :])
            self._shown[at["path"]] = [shown]
            self._publish(at["path"], [shown])
        else:
            self.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"dindguard: {message}"))

    def show(self) -> None:
        """Publish the findings of the whole project where they are others, and take back those that are gone.

        Where something was typed they are published anew: an editor moves what it shows as one types.
        """
        report = self.current()
        if report is None:
            return
        found = diagnostics.by_file(report, self.places, self.project.opened)
        for path in sorted(self._shown.keys() | found.keys()):
            shown = found.get(path, [])
            if path in self._typed or shown != self._shown.get(path):
                self._publish(path, shown)
        self._shown, self._typed = found, set()
        self._tidy()

    def _publish(self, path: str, shown: list[lsp.Diagnostic]) -> None:
        self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(self.uri(path), shown))

    def _tidy(self) -> None:
        """Collect garbage between keystrokes instead of under them; all of it where somebody pauses."""
        if self._pause is not None:
            self._pause.cancel()
        self._garbage.collect_new()
        self._pause = asyncio.get_running_loop().call_later(PAUSE, self._garbage.collect_all)

    def place(self, uri: str, position: lsp.Position) -> tuple[str, int, int] | None:
        """Return path, line and column of a position; ``None`` for what is not of the project."""
        path = self.path(uri)
        source = self.project.source(path) if path is not None else None
        return None if path is None or source is None else (path, *self.places.units.place_of(position, source))
