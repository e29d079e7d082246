"""Modules of the standard library that libraries import at once for what few of their users do: they come when somebody asks.

click wants ``inspect`` for the indentation of help texts, ``gettext`` for what it says in other languages, and ``platform``
to learn that this is no AIX; dockerfile-parse wants ``logging`` and ``json`` for methods that nobody calls here. Together they
take longer to import than all rules. So in the command line's own process each has a stand-in, which offers what is
asked of it at the start, and is the module itself for everything else.
"""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """Holds a module's place until somebody asks for something that it does not offer."""

    package = False

    def __getattr__(self, name: str) -> Any:
        if name == "__path__" and not self.package:
            raise AttributeError(name)  # ``from module import name`` asks for it
        return getattr(self._itself(), name)

    def _itself(self) -> Any:
        """Import the module; whoever asks the stand-in from now on is given what is the module's."""
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
        return importlib.import_module(name)


class _Datetime(StandIn):
    """Offers the module in C, whose names replace all of those in Python: Python 3.12 reads only that one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        vars(self).update(item for item in vars(importlib.import_module("_datetime")).items() if item[0][0] != "_")


class _Gettext(StandIn):
    def gettext(self, message: str) -> str:
        return str(self._itself().gettext(message))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return str(self._itself().ngettext(one, many, count))


class _Inspect(StandIn):
    def cleandoc(self, text: str) -> str:
        """Return a text without its indentation; one line that begins with no blank has none."""
        if text.isprintable() and not text.startswith(" "):
            return text
        return str(self._itself().cleandoc(text))


class _Logger:
    """A logger that is made by the first who logs."""

    def __init__(self, logging: Any, name: str | None) -> None:
        self._logging = logging
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logging._itself().getLogger(self._name), name)


class _Json(StandIn):
    package = True


class _Logging(StandIn):
    package = True

    def getLogger(self, name: str | None = None) -> Any:  # noqa: N802 - the module's name for it
        return _Logger(self, name)


_STAND_INS: dict[str, type[StandIn]] = {
    "gettext": _Gettext, "inspect": _Inspect, "json": _Json, "logging": _Logging,
}  # fmt: skip
if sys.platform == "linux":

    class _Platform(StandIn):
        def system(self) -> str:
            return os.uname().sysname

    _STAND_INS["platform"] = _Platform
if sys.version_info < (3, 12) and sys.implementation.name == "cpython":
    _STAND_INS["datetime"] = _Datetime


def begin() -> None:
    """Put the stand-ins in the places of modules that nobody has imported so far."""
    for name, kind in _STAND_INS.items():
        if name not in sys.modules:
            sys.modules[name] = kind(name)
