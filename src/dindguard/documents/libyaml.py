"""libyaml as PyYAML binds it, before the half of PyYAML that is written in Python, which reads no file here.

``import yaml`` makes two loaders, a dumper and their expressions: a third of the start of a scan of one file. The binding,
``yaml._yaml``, needs four small modules of it (errors, tokens, events, nodes) and the names of eight exceptions. So in the
command line's own process the package is there as far as that, and becomes whole, by its own code, when anybody asks it for
anything else: :func:`complete`. Everywhere else, and wherever this does not work, PyYAML is imported as usual.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

from dindguard import process

_TAKEN = ("error", "tokens", "events", "nodes")
"""What the binding takes from PyYAML as it is."""

_RAISED = {
    "reader": "ReaderError", "scanner": "ScannerError", "parser": "ParserError", "composer": "ComposerError",
    "constructor": "ConstructorError", "emitter": "EmitterError", "serializer": "SerializerError",
    "representer": "RepresenterError",
}  # fmt: skip
"""The exceptions that it raises, by the modules that they come from and that are left for later."""

_MARKED = frozenset({"scanner", "parser", "composer", "constructor"})
"""Where the exceptions are no more than errors with a mark, so that those that stand in for them tell as much."""


def binding() -> Any:
    """Return the module that binds libyaml; ``None`` where PyYAML was installed without."""
    if "yaml" not in sys.modules and process.own:
        try:
            return _alone()
        except Exception:  # an installation of another kind, or a PyYAML that is built in another way
            for name in [each for each in sys.modules if each.partition(".")[0] == "yaml"]:
                del sys.modules[name]
    whole = importlib.import_module("yaml")
    return importlib.import_module("yaml._yaml") if whole.__with_libyaml__ else None


def complete() -> bool:
    """Import the rest of PyYAML; whether it was not all there before.

    Until then an exception of the binding that has no mark says that something is wrong, and not what.
    """
    package = sys.modules.get("yaml")
    if package is None or "__getattr__" not in vars(package) or not isinstance(package, _Beginning):
        return False
    package.complete()
    return True


class _Beginning(ModuleType):
    """PyYAML's package before its own code has run."""

    def begin(self) -> Any:
        """Import the binding and return it."""
        for name in _TAKEN:
            setattr(self, name, importlib.import_module(f"yaml.{name}"))
        for name, raised in _RAISED.items():
            stand_in = ModuleType(f"yaml.{name}")
            base = self.error.MarkedYAMLError if name in _MARKED else self.error.YAMLError
            setattr(stand_in, raised, type(raised, (base,), {}))
            sys.modules[stand_in.__name__] = stand_in
            setattr(self, name, stand_in)
        self._yaml = importlib.import_module("yaml._yaml")
        for name in _RAISED:
            del sys.modules[f"yaml.{name}"]
            delattr(self, name)
        return self._yaml

    def complete(self) -> None:
        """Run the package's own code, and have the binding raise the exceptions that everybody else knows."""
        del self.__dict__["__getattr__"]
        loader: Any = self.__loader__
        loader.exec_module(self)
        for name, raised in _RAISED.items():
            setattr(self._yaml, raised, getattr(importlib.import_module(f"yaml.{name}"), raised))


def _alone() -> Any:
    spec = PathFinder.find_spec("yaml")
    if spec is None or spec.loader is None or spec.submodule_search_locations is None:
        raise ImportError("yaml")
    package = _Beginning("yaml")
    package.__spec__, package.__loader__, package.__file__ = spec, spec.loader, spec.origin
    package.__path__ = spec.submodule_search_locations
    package.__package__ = "yaml"

    def asked(name: str) -> Any:
        complete()
        return getattr(package, name)

    sys.modules["yaml"] = package
    found = package.begin()
    vars(package)["__getattr__"] = asked
    return found
