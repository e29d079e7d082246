"""What each folder of a tree holds that is known by its files' paths alone: a Git revision's, an archive's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

_Below: TypeAlias = "dict[str, _Below | None]"


class Folders:
    """What each folder holds, of files that are known by their paths alone: built once, in time that the paths' length takes."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._top: _Below = {}
        for path in paths:
            *above, name = path.split("/")
            at = self._top
            for part in above:
                below = at.get(part)
                if below is None:
                    below = at[part] = {}
                at = below
            at.setdefault(name, None)

    def __contains__(self, folder: str) -> bool:
        return bool(self._at(folder))

    def files(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder, sorted; none if there is no such folder."""
        return tuple(sorted(name for name, below in self._at(folder).items() if below is None))

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder, sorted."""
        return tuple(sorted(name for name, below in self._at(folder).items() if below is not None))

    def _at(self, folder: str) -> _Below:
        at = self._top
        for part in folder.split("/"):
            if part not in ("", "."):
                below = at.get(part)
                if below is None:
                    return {}
                at = below
        return at
