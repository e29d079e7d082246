"""The language server: an editor's messages in, findings out. It runs nothing, and writes no file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from dindguard import __version__
from dindguard.errors import UserError
from dindguard.files import find_root, within
from dindguard.language_server import actions, diagnostics, knowledge
from dindguard.language_server.garbage import Garbage
from dindguard.language_server.positions import holds, place_of, range_of
from dindguard.language_server.project import Project

if TYPE_CHECKING:
    from dindguard.options import Options
    from dindguard.report import Report
    from dindguard.source import Span

DELAY = 0.15
"""Seconds after the last keystroke until the project is judged again."""

_WATCHED = "**/*"

PAUSE = 2.0
"""Seconds without a keystroke after which all garbage is collected."""


class Checker:
    """One project in one editor: what it holds, what was last said of it, and what is shown."""

    def __init__(self, server: LanguageServer, root: str, options: Options | None) -> None:
        self.server = server
        self.project = Project(root, options)
        self.report: Report | None = None
        self._shown: set[str] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._pause: asyncio.TimerHandle | None = None
        self.garbage = Garbage()
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
                self.report = self.project.check()
                self._refused = ""
            except UserError as error:
                self.report = None
                self._tell(str(error))
        return self.report

    def _tell(self, message: str) -> None:
        """Say once what keeps the project from being judged."""
        if message != self._refused:
            self._refused = message
            self.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, f"dindguard: {message}"))

    def show(self) -> None:
        """Publish the findings of the whole project, and take back those that are gone."""
        report = self.current()
        if report is None:
            return
        found = diagnostics.by_file(report, self.project.source, self.uri)
        for path in sorted(self._shown - found.keys()):
            self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(self.uri(path), []))
        for path, shown in sorted(found.items()):
            self.server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(self.uri(path), shown))
        self._shown = set(found)
        self._tidy()

    def _tidy(self) -> None:
        """Collect garbage between keystrokes instead of under them; all of it where somebody pauses."""
        if self._pause is not None:
            self._pause.cancel()
        self.garbage.collect_new()
        self._pause = asyncio.get_running_loop().call_later(PAUSE, self.garbage.collect_all)

    def location(self, span: Span) -> lsp.Location:
        """Return a place as editors know it."""
        return lsp.Location(self.uri(span.path), range_of(span, self.project.source(span.path)))

    def place(self, uri: str, position: lsp.Position) -> tuple[str, int, int] | None:
        """Return path, line and column of a position; ``None`` for what is not of the project."""
        path = self.path(uri)
        source = self.project.source(path) if path is not None else None
        return None if path is None or source is None else (path, *place_of(position, source))


class Server(LanguageServer):
    """A language server with at most one project: the root that the editor names, or that of its first file."""

    def __init__(self, options: Options | None = None) -> None:
        super().__init__("dindguard", __version__)
        self.options = options
        self.checker: Checker | None = None

    def start(self, root: str) -> Checker:
        """Begin to look at a project."""
        self.checker = Checker(self, find_root(root), self.options)
        return self.checker

    def of(self, uri: str) -> Checker:
        """Return the project, begun at a file's own when the editor named none."""
        return self.checker or self.start(to_fs_path(uri) or os.getcwd())


def make(options: Options | None = None) -> Server:
    """Return a server that is ready to be started."""
    server = Server(options)
    _follow_documents(server)
    _answer_questions(server)
    return server


def _follow_documents(server: Server) -> None:
    """Take what the editor tells of its documents, and of files on disk."""

    @server.feature(lsp.INITIALIZED)
    def initialized(_: lsp.InitializedParams) -> None:
        root = server.workspace.root_path
        if root is not None:
            server.start(root).soon()
        _watch(server)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        _taken(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        _taken(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        checker = server.of(params.text_document.uri)
        if (path := checker.path(params.text_document.uri)) is not None:
            checker.project.close(path)
            checker.soon()

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.of(params.text_document.uri).soon()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def on_disk(_: lsp.DidChangeWatchedFilesParams) -> None:
        if server.checker is not None:
            server.checker.project.changed_on_disk()
            server.checker.soon()


def _watch(server: Server) -> None:
    """Ask an editor that can to tell of changed files."""
    workspace = server.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace is not None else None
    if watched is not None and watched.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(_WATCHED)])
        wanted = lsp.Registration("watched", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        server.client_register_capability(lsp.RegistrationParams([wanted]))


def _answer_questions(server: Server) -> None:
    """Answer what the editor asks about a place."""

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hover(params: lsp.HoverParams) -> lsp.Hover | None:
        asked = _asked(server, params)
        text = knowledge.page_at(*asked) if asked is not None else ""
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(params: lsp.DefinitionParams) -> list[lsp.Location]:
        asked = _asked(server, params)
        checker = server.of(params.text_document.uri)
        return [checker.location(span) for span in knowledge.ends_at(*asked)] if asked is not None else []

    kinds = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return _actions(server, params)


def _taken(server: Server, uri: str) -> None:
    checker = server.of(uri)
    if (path := checker.path(uri)) is not None:
        checker.project.edit(path, server.workspace.get_text_document(uri).source)
        checker.soon()


def _asked(server: Server, params: Any) -> tuple[Report, str, int, int] | None:
    """Return the report and the place that a question is about."""
    checker = server.of(params.text_document.uri)
    report = checker.current()
    place = checker.place(params.text_document.uri, params.position) if report is not None else None
    return None if report is None or place is None else (report, *place)


def _actions(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    checker = server.of(params.text_document.uri)
    report = checker.current()
    if report is None:
        return []
    first = checker.place(params.text_document.uri, params.range.start)
    last = checker.place(params.text_document.uri, params.range.end)
    if first is None or last is None:
        return []
    path, *begin = first
    found: list[lsp.CodeAction] = []
    for finding in report.open:
        span = finding.span
        touched = holds(span, *begin) or tuple(begin) <= (span.line, span.column) <= last[1:]
        if span.path == path and touched:
            shown = _own(params.context.diagnostics, finding.fingerprint)
            for action in actions.for_finding(checker.project, report, finding, checker.uri):
                action.diagnostics = shown
                found.append(action)
    return found


def _own(shown: Sequence[lsp.Diagnostic], fingerprint: str) -> list[lsp.Diagnostic]:
    return [each for each in shown if each.data == fingerprint]
