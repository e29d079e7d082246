"""Which kustomizations take others in, and what of a base nobody of the scan applies as it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Origin = tuple[str, int]
_BASES = frozenset({"base", "bases"})


def _is_base(folder: str) -> bool:
    """Whether a folder's path says that it is there for others to build upon: any other may be applied by itself."""
    return not _BASES.isdisjoint(folder.split("/"))


class Result(Protocol):
    """A resource as a kustomization builds it."""

    changed: bool

    @property
    def origin(self) -> Origin:
        """Where it comes from."""


class Takers:
    """The kustomizations of a scan by their folders, and those that take each of them in."""

    def __init__(self) -> None:
        self._takers: dict[str, dict[str, None]] = {}
        self._withheld: set[str] = set()
        self._known: dict[tuple[str, Origin], bool] = {}
        self._built: dict[str, Mapping[Origin, Result]] = {}

    def note(self, taken: str, by: str, *, whole: bool) -> None:
        """Note that one kustomization takes another one in; ``whole`` tells whether it could be given all of it here."""
        self._takers.setdefault(taken, {})[by] = None
        if not whole:
            self._withheld.add(taken)

    def add(self, folder: str, built: Sequence[Result]) -> None:
        """Take what a kustomization builds; a component builds nothing by itself."""
        self._built[folder] = {item.origin: item for item in built}

    def of(self, folder: str, origin: Origin) -> tuple[str, ...]:
        """Return those that take a base's resource in, if each of them changes it, or leaves it out; else none."""
        if not _is_base(folder) or self._applied(folder, origin):
            return ()
        return tuple(self._takers.get(folder, {}))

    def _applied(self, folder: str, origin: Origin) -> bool:
        """Whether somebody may apply a resource as a folder builds it: the folder is nobody's base, or one hands it on."""
        key = folder, origin
        if key not in self._known:
            self._known[key] = True  # while it is looked for: bases that lead back to each other
            takers = self._takers.get(folder, {})
            alone = not takers or folder in self._withheld
            self._known[key] = alone or any(self._handed_on(taker, origin) for taker in takers)
        return self._known[key]

    def _handed_on(self, taker: str, origin: Origin) -> bool:
        if taker not in self._built:
            return True
        item = self._built[taker].get(origin)
        return item is not None and not item.changed and self._applied(taker, origin)
