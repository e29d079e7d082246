"""Named tuples: what ``typing.NamedTuple`` offers, at a third of its price at import.

``typing`` compiles each field's annotation to check it, which nobody needs when a program starts; a dozen of them were a
twentieth of a scan of one Dockerfile (``python -m benchmarks``). For a type checker this is ``typing``'s own.
"""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Fields(type):
        """Makes a class with annotated fields a tuple of ``collections``, and puts what else it has beside them."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            if not bases:
                return type.__new__(cls, name, bases, namespace)
            names = tuple(namespace["__annotations__"])
            defaults = [namespace.pop(each) for each in names if each in namespace]
            made = namedtuple(name, names, defaults=defaults, module=namespace["__module__"])
            for key, value in namespace.items():
                if key not in _LEFT_TO_COLLECTIONS:
                    setattr(made, key, value)
            return made

    _LEFT_TO_COLLECTIONS = {"__module__", "__dict__", "__weakref__", "__slots__", "__classcell__"}

    class NamedTuple(metaclass=_Fields):
        """What a named tuple's class inherits from, though it is a plain tuple in the end."""


__all__ = ["NamedTuple"]
