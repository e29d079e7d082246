"""What was made of files, packed to travel from one process of ours to another."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable, Sequence
from copyreg import __newobj__  # type: ignore[attr-defined]  # pickle knows it by its name, and needs no call
from functools import cache
from operator import attrgetter
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
    """Packs records by the values of their slots, without names. Of texts, numbers and tuples nobody is asked."""

    def __init__(self, store: io.BytesIO, known: Iterable[object]) -> None:
        super().__init__(store, pickle.HIGHEST_PROTOCOL)
        self._known = {id(each): number for number, each in enumerate(known)}

    def reducer_override(self, obj: Any) -> Any:
        if (number := self._known.get(id(obj))) is not None:
            return _known, (number,)
        kind: Any = type(obj)
        if kind is Source:
            return (_source, (obj.path,)) if obj.parent is None else NotImplemented
        if (unsettled := _unsettled().get(id(obj))) is not None:
            return _default, unsettled
        taken = _values_of(kind)
        return NotImplemented if taken is None else (__newobj__, (kind,), taken(obj), None, None, _keep)


class _Unpacker(pickle.Unpickler):
    def __init__(self, data: io.BytesIO, sources: dict[str, Source], known: Iterable[object]) -> None:
        super().__init__(data)
        self._own = {"_known": [*known].__getitem__, "_source": sources.__getitem__}

    def find_class(self, module: str, name: str, /) -> Any:
        own = self._own.get(name) if module == __name__ else None
        return own or super().find_class(module, name)


def _known(number: int) -> Any:
    """Stands for what is known to both by its number."""
    raise LookupError(number)


def _source(path: str) -> Source:
    """Stands for a file."""
    raise LookupError(path)


@cache
def _values_of(kind: Any) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return what gives the values of a record that has slots alone; ``None`` for another kind of thing."""
    names = [each.name for each in getattr(kind, "__record_fields__", ())]
    if kind.__dictoffset__ or not names:
        return None
    return attrgetter(*names) if len(names) > 1 else lambda made: (getattr(made, names[0]),)


@cache
def _slots_of(kind: Any) -> list[Callable[[Any, Any], Any]]:
    return [getattr(kind, each.name).__set__ for each in kind.__record_fields__]


def _keep(made: Any, values: tuple[Any, ...]) -> None:
    """Give a record that arrives the values of its slots."""
    for keep, value in zip(_slots_of(made.__class__), values, strict=True):
        keep(made, value)


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
