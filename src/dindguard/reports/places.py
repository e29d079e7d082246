"""Places as people at a terminal want them: relative to the folder that they are in."""

from __future__ import annotations

import os
from functools import cached_property

from dindguard.records import record, replace
from dindguard.reports import shown_place
from dindguard.source import Span


def current_folder() -> str:
    """Return the current folder; nothing where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return ""


@record(eq=False)
class Places:
    """Shows places of files below ``root``; all other reports name files relative to the root."""

    root: str

    @cached_property
    def _here(self) -> str:
        return current_folder()

    @cached_property
    def _known(self) -> dict[str, str]:
        """What paths are from here: a report names each file again and again."""
        return {}

    def path(self, path: str) -> str:
        """Return a file's path, from the current folder."""
        if not path or self._here in ("", self.root):
            return path
        if path not in self._known:
            self._known[path] = self._from_here(path)
        return self._known[path]

    def _from_here(self, path: str) -> str:
        try:
            return os.path.relpath(os.path.join(self.root, path), self._here).replace(os.sep, "/")
        except ValueError:  # another drive
            return path

    def shown(self, span: Span) -> str:
        """Return ``path:line:column`` on one printable line."""
        return shown_place(replace(span, path=self.path(span.path)) if span.path else span)
