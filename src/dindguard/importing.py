"""Modules of ours, found where they are: beside each other.

Python looks for a module through all that could know it, a listing of each folder and five endings of names, then asks for its
source three times. In the command line's own process ours are looked up by their names alone, and what they were compiled to
is taken as Python takes it: when it was made of a source of that age and size. Whatever is otherwise is left to Python.
"""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import MAGIC_NUMBER
from types import CodeType, ModuleType

_HEAD = 16
"""Bytes of a compiled file before its code: the version, flags, the source's age and its size."""


class OwnModules:
    """A finder of the modules below some packages."""

    def __init__(self, *packages: str) -> None:
        self._below = tuple(f"{package}." for package in packages)
        self._ending = f".{sys.implementation.cache_tag}.pyc"

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what is known of a module; ``None`` for one that is not ours, and where Python has to look itself."""
        if path is None or not name.startswith(self._below) or len(path) != 1:
            return None
        stem = f"{path[0]}{os.sep}{name.rpartition('.')[2]}"
        return self._module(name, f"{stem}.py") or self._module(name, f"{stem}{os.sep}__init__.py", stem)

    def _module(self, name: str, source: str, folder: str = "") -> ModuleSpec | None:
        try:
            facts = os.stat(source)
        except OSError:
            return None
        above, _, file = source.rpartition(os.sep)
        compiled = f"{above}{os.sep}__pycache__{os.sep}{file[:-3]}{self._ending}"
        spec = ModuleSpec(name, _Loader(name, source, compiled, facts), origin=source, is_package=bool(folder))
        spec.has_location, spec.cached = True, compiled
        if folder:
            spec.submodule_search_locations = [folder]
        return spec


class _Loader(SourceFileLoader):
    """Loads a module from what it was compiled to, and as Python does when that is of another source or of another kind."""

    def __init__(self, name: str, source: str, compiled: str, facts: os.stat_result) -> None:
        super().__init__(name, source)
        self._compiled = compiled
        self._made_of = (
            b"\0\0\0\0"
            + (int(facts.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
            + (facts.st_size & 0xFFFFFFFF).to_bytes(4, "little")
        )

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code."""
        try:
            data = self.get_data(self._compiled)
        except OSError:
            return super().get_code(fullname)
        if data[4:_HEAD] != self._made_of or data[:4] != MAGIC_NUMBER:
            return super().get_code(fullname)
        code: CodeType = marshal.loads(memoryview(data)[_HEAD:])  # noqa: S302 - Python does the same with this file
        return code


def begin() -> None:
    """Have our own modules found so from now on; not where what they are compiled to lies elsewhere."""
    if sys.implementation.cache_tag and sys.pycache_prefix is None and not sys.flags.optimize:
        sys.meta_path.insert(0, OwnModules("dindguard", "dindguard_rules"))
