"""One session of pytest for many mutants: its tests are collected once, and each mutant is put into a fork of the process.

A mutant of a function gets its code into the function that is there; one of a table takes the table's place wherever it was
imported. What else runs when a module is imported needs a process that has not imported it.
"""

from __future__ import annotations

import ast
import functools
import gc
import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence

import hypothesis
import pytest
from lines import QUICK
from mutants import Mutant, mutated

Put = Callable[[Mutant, Callable[[], bool], int], None]
"""Has a function tell, in a process of its own, whether any of so many tests notices a mutant."""


class Warm:
    """A plugin of pytest that puts mutants to the tests that were collected, each to those that it is asked of."""

    def __init__(
        self, asked: Sequence[tuple[Mutant, list[str]]], put: Put, import_mutated: Callable[[Mutant], None]
    ) -> None:
        self._asked, self._put, self._import_mutated = asked, put, import_mutated
        self._functions: dict[str, list[types.FunctionType]] = {}
        self._caches: list[functools._lru_cache_wrapper[object]] = []
        self._begun = False

    def run(self) -> None:
        """Start the session; without tests that can be collected no mutant has been judged, and the run ends."""
        tests = sorted({test.partition("::")[0] for _, tests in self._asked for test in tests})
        code = pytest.main([*QUICK, "-s", "--tb=no", *tests], plugins=[self])
        if not self._begun:
            sys.exit(f"the tests could not be collected: pytest ended with {code}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._begun = True
        hypothesis.settings.load_profile("mutation")  # conftest.py has loaded its own
        items = {item.nodeid: item for item in session.items}
        self._look_around()
        gc.freeze()
        for mutant, tests in self._asked:
            chosen = [items[test] for test in tests if test in items]
            self._put(mutant, functools.partial(self._noticed, session, mutant, chosen), len(chosen))
        return True

    def _look_around(self) -> None:
        gc.collect()
        for each in gc.get_objects():
            if isinstance(each, types.FunctionType):
                self._functions.setdefault(os.path.realpath(each.__code__.co_filename), []).append(each)
            elif isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith("dindguard"):
                self._caches.append(each)

    def _noticed(self, session: pytest.Session, mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
        self._install(mutant)
        for item, following in zip(items, (*items, None)[1:], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return True
        return False

    def _install(self, mutant: Mutant) -> None:
        path = os.path.realpath(mutant.path)
        module = next((each for each in list(sys.modules.values()) if _file(each) == path), None)
        if module is None:
            self._import_mutated(mutant)
            return
        tree = mutated(mutant)
        new = {(each.co_qualname, each.co_firstlineno): each for each in _codes(compile(tree, path, "exec"))}
        for function in self._functions.get(path, ()):
            code = new.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
            if code is not None and code.co_freevars == function.__code__.co_freevars:
                function.__code__ = code
        for node in tree.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno <= mutant.line <= (node.end_lineno or 0):
                _replace_table(module, node)
        for cache in self._caches:
            cache.cache_clear()


def _file(module: types.ModuleType) -> str:
    return os.path.realpath(getattr(module, "__file__", None) or os.devnull)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield each
            yield from _codes(each)


def _replace_table(module: types.ModuleType, node: ast.Assign | ast.AnnAssign) -> None:
    """Put another value in the place of a module's table, and of every import of it by its name."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Name) or node.value is None:
        return
    before = vars(module)[target.id]
    value = eval(compile(ast.Expression(node.value), str(module.__file__), "eval"), vars(module))
    for each in list(sys.modules.values()):
        if getattr(each, "__name__", "").startswith("dindguard") and vars(each).get(target.id) is before:
            setattr(each, target.id, value)
