"""The language server: an editor's messages in, findings out. It runs nothing, and writes no file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from dindguard import __version__
from dindguard.files import find_root
from dindguard.language_server import actions, knowledge
from dindguard.language_server.checker import Checker
from dindguard.language_server.garbage import Garbage
from dindguard.language_server.positions import Units, holds

if TYPE_CHECKING:
    from dindguard.options import Options
    from dindguard.report import Report

_WATCHED = "**/*"


class Server(LanguageServer):
    """A language server with the projects that the editor's folders lie in; with that of its first file where it names none."""

    def __init__(self, options: Options | None = None) -> None:
        super().__init__("dindguard", __version__)
        self.options = options
        self.checkers: dict[str, Checker] = {}
        self._folders: dict[str, str] = {}
        self._garbage = Garbage()

    def start(self, folder: str) -> Checker:
        """Begin to look at the project that a folder lies in."""
        root = self._folders[folder] = find_root(folder)
        if root not in self.checkers:
            units = Units(self.workspace.position_encoding or "utf-16")
            self.checkers[root] = Checker(self, root, self.options, units, self._garbage)
        return self.checkers[root]

    def leave(self, folder: str) -> None:
        """Look no longer at a project of which the editor has closed the last folder."""
        root = self._folders.pop(folder, None)
        if root is not None and root not in self._folders.values():
            self.checkers.pop(root).end()

    def of(self, uri: str) -> Checker:
        """Return the innermost project that a document lies in, any one for what lies in none."""
        inside = [checker for checker in self.checkers.values() if checker.path(uri) is not None]
        if inside:
            return max(inside, key=lambda checker: len(checker.project.root))
        return next(iter(self.checkers.values()), None) or self.start(to_fs_path(uri) or os.getcwd())


def make(options: Options | None = None) -> Server:
    """Return a server that is ready to be started."""
    server = Server(options)
    _follow_folders(server)
    _follow_documents(server)
    _answer_questions(server)
    return server


def _follow_folders(server: Server) -> None:
    """Take which folders the editor has, and what changes in them on disk."""

    @server.feature(lsp.INITIALIZED)
    def initialized(_: lsp.InitializedParams) -> None:
        folders = [to_fs_path(uri) for uri in server.workspace.folders] or [server.workspace.root_path]
        for folder in filter(None, folders):
            server.start(folder).soon()
        _watch(server)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        for each in params.event.added:
            if folder := to_fs_path(each.uri):
                server.start(folder).soon()
        for each in params.event.removed:
            if folder := to_fs_path(each.uri):
                server.leave(folder)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def on_disk(params: lsp.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            checker = server.of(change.uri)
            path, as_before = checker.path(change.uri), change.type == lsp.FileChangeType.Changed
            if path is not None and checker.project.changed_on_disk(path, as_before=as_before):
                checker.soon()


def _follow_documents(server: Server) -> None:
    """Take what the editor tells of its documents."""

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.of(params.text_document.uri).opened(params.text_document.uri, params.text_document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        server.of(params.text_document.uri).changed(params.text_document.uri, params.content_changes)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.of(params.text_document.uri).closed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        server.of(params.text_document.uri).soon()


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
        return [checker.places.location(span) for span in knowledge.ends_at(*asked)] if asked is not None else []

    kinds = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return _actions(server, params)


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
            for action in actions.for_finding(checker.project, report, finding, checker.places):
                action.diagnostics = shown
                found.append(action)
    return found


def _own(shown: Sequence[lsp.Diagnostic], fingerprint: str) -> list[lsp.Diagnostic]:
    return [each for each in shown if each.data == fingerprint]
