"""A tree that is edited: unsaved texts over saved files, judged again and again without reading all of it again."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from dindguard import discover, memory
from dindguard.buffers import Buffers, Texts
from dindguard.coverage import PLAIN
from dindguard.discover import Found
from dindguard.documents import syntax as syntaxes
from dindguard.model.facts import Conclusions
from dindguard.options import Options
from dindguard.policy.config import WAIVER_FILE
from dindguard.records import replace
from dindguard.remembering import Memory
from dindguard.scanning import Scan
from dindguard.source import Source
from dindguard.working_tree import WorkingTree

if TYPE_CHECKING:
    from dindguard.report import Report

_DECIDE = (".dindguard.yaml", "pyproject.toml", ".gitignore", ".dindguardignore", "CODEOWNERS")
"""Files that decide what is scanned, and how."""


class Project:
    """One root with what an editor holds of it. Paths are relative to the root, with ``/``.

    Each file is read once, until it changes; what no format read is left out until it changes. :meth:`check` says what
    a scan of the same state says.
    """

    def __init__(self, root: str, options: Options | None = None) -> None:
        self.root = os.path.realpath(root)
        self._options = replace(options or Options(), paths=(self.root,), root=self.root)
        self._texts = Texts()
        self._scan: Scan | None = None
        self._sources: dict[str, Source] = {}
        self._listed: frozenset[str] = frozenset()
        self._on_disk: frozenset[str] = frozenset()
        self._found = Found()
        self._memory = Memory()
        self._conclusions = Conclusions()

    def edit(self, path: str, text: str) -> None:
        """Take an editor's text for a file, saved or not."""
        new = path not in self._texts and path not in self._listed
        self._texts[path] = text
        if self._scan is None or new or os.path.basename(path) in _DECIDE:
            self._scan = None
            return
        self._look_at(path, self._scan)

    def _look_at(self, path: str, scan: Scan) -> None:
        """Look at one file as a scan does when it looks for files."""
        if self._buffers.left_out(path):
            return
        self._found.book.forget(path)
        self._found.notices = [each for each in self._found.notices if each.span.path != path]
        self._sources.pop(path, None)
        scan.files.forget(path)
        found = Found(self._found.book.policy)
        discover.look(path, False, scan.files, found, scan.survey().criteria(scan.recogniser))
        self._found.book.add(found.book)
        self._found.notices += found.notices
        self._sources.update({source.path: source for source in found.sources})

    def close(self, path: str) -> None:
        """Take the saved file again, if there is one."""
        if self._texts.pop(path, None) is not None:
            self._saved_again(path)

    def changed_on_disk(self, path: str, *, as_before: bool = False) -> bool:
        """Look at a saved file again, or at all of them unless it was there and is still there ``as_before``.

        Return whether that can matter: it cannot for what is left out, nor for a file that the editor has a text of.
        """
        scan = self._scan
        if scan is not None and (path.startswith(".git/") or self._buffers.left_out(path)):
            return False
        if scan is not None and as_before and path in self._on_disk and path in self._texts:
            return False
        if as_before:
            self._saved_again(path)
        else:
            self._scan = None
        return True

    def _saved_again(self, path: str) -> None:
        decides = os.path.basename(path) in _DECIDE or path == WAIVER_FILE
        if self._scan is None or decides or path not in self._on_disk or not os.path.isfile(self._full(path)):
            self._scan = None
        else:
            self._look_at(path, self._scan)

    def _full(self, path: str) -> str:
        return os.path.join(self.root, *path.split("/"))

    @property
    def opened(self) -> Collection[str]:
        """The paths of the files that the editor has a text of."""
        return self._texts.keys()

    @property
    def begins(self) -> bool:
        """Whether the next report needs all files to be read."""
        return self._scan is None

    def text(self, path: str) -> str | None:
        """Return a file's text as the editor or the disk has it."""
        if path in self._texts:
            return self._texts[path]
        source = self._current().files.open(path)
        return None if source is None else source.text

    def check(self) -> Report:
        """Return the report on the present state; raises :class:`~dindguard.errors.UserError` for a faulty configuration."""
        report = self._judged()
        self._forget_unread(report)
        return report

    def edited(self, texts: Mapping[str, str]) -> Report:
        """Return the report on the present state with some texts changed; nothing of it is kept."""
        scan = self._current()
        files, concluded, found = scan.files, self._conclusions, self._found
        before = {path: files.open(path) for path in texts}
        listed, buffers = dict(self._sources), {path: self._texts.get(path) for path in texts}
        self._found = Found(found.book.policy)
        self._found.book.add(found.book)
        self._found.notices = [*found.notices]
        try:
            for path, text in texts.items():
                self._texts[path] = text
                self._look_at(path, scan)
            return self._judged(aside=True)
        finally:
            self._conclusions.take_back()
            concluded.give_again()
            self._conclusions, self._found, self._sources = concluded, found, listed
            for path, buffer in buffers.items():
                if buffer is None:
                    del self._texts[path]
                else:
                    self._texts[path] = buffer
            for source in before.values():
                if source is not None:
                    files.keep(source)

    def _judged(self, *, aside: bool = False) -> Report:
        scan = self._current()
        found = Found(self._found.book.policy)
        found.book.add(self._found.book)
        found.notices = [*self._found.notices]
        found.sources = [self._sources[path] for path in sorted(self._sources)]
        self._conclusions.take_back()
        self._conclusions = Conclusions()
        try:
            with memory.opened(self._memory, aside=aside):
                judged = scan.judge(found)
        except BaseException:
            self._scan = None  # what is kept may have been concluded about in part
            raise
        self._conclusions = judged.conclusions
        return scan.report(found, judged, scan.apply(found, judged))

    @property
    def scan(self) -> Scan:
        """The scan of the present state: its files, configuration and rules."""
        return self._current()

    def _current(self) -> Scan:
        if self._scan is None:
            self._buffers = Buffers(WorkingTree(self.root), self._texts)
            scan = Scan.of(self._options, self._buffers)
            found = scan.find()
            self._found = found
            self._sources = {source.path: source for source in found.sources}
            self._listed = frozenset(self._sources)
            there = (path for path in self._texts if os.path.isfile(self._full(path)))
            self._on_disk = self._listed.difference(self._texts).union(self._listed.intersection(there))
            self._memory = Memory()
            self._conclusions = Conclusions()
            self._scan = scan
        return self._scan

    def source(self, path: str) -> Source | None:
        """Return a file's text with its places, as the editor or the disk has it."""
        return self._current().files.open(path)

    def _forget_unread(self, report: Report) -> None:
        """Leave out what no format read and of which nothing is said, until it changes or another file refers to it.

        A template stays: what it takes from its chart tells what is left of that for others.
        """
        spoken_of = {span.path for notice in report.notices for span in (notice.span, *notice.also)}
        for state in PLAIN:
            for path in report.coverage.plain.get(state, ()):
                source = self._sources.get(path)
                if source is None or path in self._texts or path in spoken_of or source.speaks:
                    continue
                if not syntaxes.has_actions(source.text):
                    del self._sources[path]
                    self._found.book.plain(path, state)
