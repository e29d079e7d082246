"""What an editor, or a fix, would make of files, before anything is saved."""

from __future__ import annotations

import os
from collections import UserDict
from collections.abc import Iterable, Iterator, Mapping

from dindguard.files import Entry, Files, StrPath, within


class Texts(UserDict[str, str]):
    """Texts that are not saved yet, by root-relative path, of which each folder's are found without going through all."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._names: dict[str, set[str]] = {}
        super().__init__(texts)

    def __setitem__(self, path: str, text: str) -> None:
        folder, _, name = path.rpartition("/")
        self._names.setdefault(folder or ".", set()).add(name)
        super().__setitem__(path, text)

    def __delitem__(self, path: str) -> None:
        super().__delitem__(path)
        folder, _, name = path.rpartition("/")
        self._names[folder or "."].remove(name)

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the texts in a folder, ``.`` for the root, in no order."""
        return self._names.get(folder, ())


class Buffers(Files):
    """Texts that are not saved yet, over another provider's files; :class:`Texts` may change meanwhile.

    What those files and folders are is asked once; who knows that they have changed makes another one.
    """

    def __init__(self, saved: Files, texts: Mapping[str, str]) -> None:
        super().__init__(saved.root)
        self.notices = saved.notices
        self._saved = saved
        self._texts = texts if isinstance(texts, Texts) else Texts(texts)
        self._listings: dict[str, tuple[str, ...]] = {}
        self._folders: dict[str, tuple[str, ...]] = {}
        self._left: list[str] = []

    def inside(self, path: str) -> str | None:
        """Return the absolute path of a buffer, or what the saved files say."""
        return os.path.join(self.root, path) if path in self._texts else self._saved.inside(path)

    def exists(self, path: str) -> bool:
        """Whether there is a buffer or a saved file of this path."""
        return path in self._texts or self._saved.exists(path)

    def read(self, path: str) -> bytes:
        """Return a buffer's text as UTF-8, or the saved file's bytes."""
        return self._texts[path].encode() if path in self._texts else self._saved.read(path)

    def rest(self, path: str, *, read: bool = True) -> None:
        """Let go of a saved file's text; that of a buffer can't be had again."""
        if path not in self._texts:
            super().rest(path, read=read)

    def head(self, path: str) -> bytes:
        """Return the first bytes of a saved file."""
        return self._saved.head(path)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of saved files and of buffers."""
        here = os.path.normpath(folder or ".")
        if here not in self._listings:
            self._listings[here] = self._saved.listing(folder)
        return tuple(sorted({*self._listings[here], *self._texts.names(here)}))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders that are saved."""
        if folder not in self._folders:
            self._folders[folder] = self._saved.folders(folder)
        return self._folders[folder]

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield the saved files, then the buffers below the paths that are no saved file yet."""
        given = [os.fspath(path) for path in paths]
        there = [path for path in given if os.path.exists(path)]
        seen = set()
        self._left = []
        for entry in self._saved.below(there, exclude=exclude, ignores=ignores, force_exclude=force_exclude):
            seen.add(entry.path)
            if entry.left is not None:
                self._left.append(entry.path)
            yield entry
        for path in sorted(self._texts):
            absolute = os.path.join(self.root, path)
            if path not in seen and not self.left_out(path) and any(within(absolute, folder) for folder in given):
                yield Entry(path, absolute in given)

    def left_out(self, path: str) -> bool:
        """Whether a file, or a folder that holds it, was left out when somebody looked for files last."""
        return any(path == left or (left.endswith("/") and path.startswith(left)) for left in self._left)
