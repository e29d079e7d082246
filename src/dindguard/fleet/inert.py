"""Keeps this process from loading pickles: what comes from a cluster may be a worker's, and workers are not trusted.

Dask unpickles what a message says is pickled, whichever deserializers a client names: types and errors of tasks, events,
warnings. Here its loaders give a :class:`Refused` instead, so that the stream goes on; and below them all, an audit hook of the
interpreter stops every pickle, by whomever it is loaded, that names a function or a class.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


class Refused(Exception):  # noqa: N818 - it stands in for what a task raised
    """Stands in for what came pickled."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__("it came pickled, and what workers pickle is never loaded")


class PickleRefusedError(RuntimeError):
    """Somebody tried to load a pickle that names a function or a class."""


_ON: list[bool] = []


def refuse_pickles() -> None:
    """Load no pickle in this process any more. There is no way back."""
    if _ON:
        return
    _ON.append(True)
    for name, function, ours in _REPLACED:
        vars(importlib.import_module(name))[function] = ours
    serialize = importlib.import_module("distributed.protocol.serialize")  # its package has a function of that name
    for name in [name for name in serialize.families if name != "msgpack"]:
        dumps, _, wants_context = serialize.families[name]
        serialize.families[name] = (dumps, _refused, wants_context)
    sys.addaudithook(_hook)


def _refused(*_: Any, **__: Any) -> Refused:
    return Refused()


def _refused_error(*_: Any, **__: Any) -> tuple[type[Refused], Refused, None]:
    return Refused, Refused(), None


_REPLACED = (
    ("distributed.protocol.pickle", "loads", _refused),
    ("distributed.client", "loads", _refused),
    ("distributed.client", "clean_exception", _refused_error),
    ("distributed.core", "clean_exception", _refused_error),
)
"""What would load them, or wants a traceback that came pickled: whoever gets none waits for ever."""


def _hook(event: str, _arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        raise PickleRefusedError("a pickle was refused: nothing that workers send is unpickled")
