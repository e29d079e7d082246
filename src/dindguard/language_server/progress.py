"""What an editor shows while a project is read for the first time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

_EVERY = 0.1
"""Seconds between two reports: more often, nobody can read them."""

_NUMBERS = itertools.count(1)


class Progress:
    """Tells an editor that can show it how far a scan is."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._token = ""
        self._told = 0.0

    @contextmanager
    def shown(self, wanted: bool) -> Iterator[None]:
        """Have what is done inside the block shown, if that is wanted and the editor can."""
        window = self._server.client_capabilities.window
        if not wanted or window is None or not window.work_done_progress:
            yield
            return
        self._token = f"dindguard {next(_NUMBERS)}"
        progress = self._server.work_done_progress
        progress.create(self._token)
        progress.begin(self._token, lsp.WorkDoneProgressBegin("dindguard", message="looking for files"))
        try:
            yield
        finally:
            progress.end(self._token, lsp.WorkDoneProgressEnd())
            self._token = ""

    def at(self, what: str, done: int, total: int) -> None:
        """Tell what a scan is at, how much of it is done, and how much there is (0 when nobody knows)."""
        if not self._token or time.monotonic() - self._told < _EVERY:
            return
        self._told = time.monotonic()
        message = f"{what}: {done} of {total}" if total else what
        share = 100 * done // total if total else None
        self._server.work_done_progress.report(
            self._token, lsp.WorkDoneProgressReport(message=message, percentage=share)
        )
