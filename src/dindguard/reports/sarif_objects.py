"""The classes of ``sarif_om`` that a log is made of, each imported when it is first used.

``import sarif_om`` makes 55 classes and half of them are needed; making them is most of what a log of one finding costs. Its
modules are named after its classes. In the command line's own process the package therefore begins empty, and runs its own
code when anybody asks it for what is no class of its own.
"""

from __future__ import annotations

import importlib
import re
import sys
from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dindguard import process

if TYPE_CHECKING:
    import sarif_om as om
else:

    class _Beginning(ModuleType):
        """The package before its own code has run."""

        def __getattr__(self, name: str) -> Any:
            module = "_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            try:
                found = getattr(importlib.import_module(f"{self.__name__}.{module}"), name)
            except (ImportError, AttributeError):
                self.__class__ = ModuleType
                self.__loader__.exec_module(self)
                return getattr(self, name)
            setattr(self, name, found)
            return found

    def _package() -> Any:
        spec = PathFinder.find_spec("sarif_om")
        if "sarif_om" in sys.modules or not process.own or spec is None:
            return importlib.import_module("sarif_om")
        package = _Beginning("sarif_om")
        package.__spec__, package.__loader__, package.__file__ = spec, spec.loader, spec.origin
        package.__path__, package.__package__ = spec.submodule_search_locations, "sarif_om"
        sys.modules["sarif_om"] = package
        return package

    om = _package()

__all__ = ["om"]
