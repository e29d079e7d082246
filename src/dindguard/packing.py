"""What was made of files, packed to travel from one process of ours to another."""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from dindguard.files import Files
from dindguard.source import Source


def packed(made: Sequence[Any], known: Iterable[object] = ()) -> bytes:
    """Return what was made in a form that travels between processes of ours; files go as their paths.

    What is ``known`` to both goes as its number.
    """
    if not made:
        return b""
    store = io.BytesIO()
    _Packer(store, known).dump(made)
    return store.getvalue()


def unpacked(data: bytes, sources: dict[str, Source], known: Iterable[object] = ()) -> list[Any]:
    """Return what another process of ours has packed; ``sources`` are the files that it was made of."""
    made: list[Any] = _Unpacker(io.BytesIO(data), sources, known).load()
    return made


class Sources(dict[str, Source]):
    """The files of the scan by their paths."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self._files = files

    def __missing__(self, path: str) -> Source:
        source = self._files.open(path)
        if source is None:
            raise LookupError(path)
        return source


class _Packer(pickle.Pickler):
    def __init__(self, store: io.BytesIO, known: Iterable[object]) -> None:
        super().__init__(store, pickle.HIGHEST_PROTOCOL)
        self._known = {id(each): number for number, each in enumerate(known)}

    def persistent_id(self, obj: Any) -> str | int | tuple[str, str] | None:
        if (number := self._known.get(id(obj))) is not None:
            return number
        if type(obj) is Source:
            return obj.path if obj.parent is None else None
        return _unsettled().get(id(obj))


class _Unpacker(pickle.Unpickler):
    def __init__(self, data: io.BytesIO, sources: dict[str, Source], known: Iterable[object]) -> None:
        super().__init__(data)
        self._known = list(known)
        self._sources = sources

    def persistent_load(self, pid: Any) -> Any:
        if isinstance(pid, int):
            return self._known[pid]
        return self._sources[pid] if isinstance(pid, str) else _default(*pid)


_UNSETTLED: dict[int, tuple[str, str]] = {}


def _unsettled() -> dict[int, tuple[str, str]]:
    """Return by their ids what stands for facts that nobody has concluded yet: it is told by being the very same."""
    if not _UNSETTLED:
        for name, kind in _kinds().items():
            fields = [each for each in kind.__record_fields__ if hasattr(type(each.default), "__record_fields__")]
            _UNSETTLED.update({id(each.default): (name, each.name) for each in fields})
    return _UNSETTLED


@cache
def _default(kind: str, field: str) -> Any:
    return next(each.default for each in _kinds()[kind].__record_fields__ if each.name == field)


def _kinds() -> dict[str, Any]:
    from dindguard.model.container import Container
    from dindguard.model.engine import Engine
    from dindguard.model.mount import Storage
    from dindguard.model.workload import Workload

    return {kind.__name__: kind for kind in (Container, Engine, Storage, Workload)}
