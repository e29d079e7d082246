"""Which tests run which lines: a mutant is put to the tests that run its statement, for no other can notice it.

What a test runs is recorded once, with nothing changed. A statement that runs when its module is imported (a table, a default)
is told by those that read the name it binds.
"""

from __future__ import annotations

import ast
import json
import os
import resource
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutants import ROOT, Mutant

Place = tuple[str, int]
"""A file's real path, and a line."""

QUICK = ("-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:warnings")
"""Pytest's options: the first failure ends it, and nothing is kept."""


class Recorder:
    """A plugin of pytest: names each test to ``coverage`` while it runs, and takes its time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        tracer = coverage.Coverage.current()
        assert tracer is not None
        tracer.switch_context(item.nodeid)
        start = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        result = yield
        self.seconds[item.nodeid] = resource.getrusage(resource.RUSAGE_SELF).ru_utime - start
        tracer.switch_context("")
        return result


class Lines:
    """What the tests run, as recorded."""

    def __init__(self, ran: dict[Place, set[str]], seconds: dict[str, float], paths: Iterable[Path]) -> None:
        self._ran = ran
        self.seconds = seconds
        self._modules = {path: Statements(path) for path in paths}
        self._readers: dict[str, list[tuple[Path, tuple[int, ...] | None]]] = {}
        for path in sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "rules").rglob("*.py")):
            statements = self._modules.get(path)
            for name, lines in (statements or Statements(path)).names():
                self._readers.setdefault(name, []).append((path, lines if statements else None))

    def tests(self, mutant: Mutant) -> set[str] | None:
        """Return the tests that run a mutant's statement; none when it could be any."""
        module = self._modules[mutant.path]
        found = module.around(mutant.line)
        if found is None or found.cached:
            return None
        if found.in_function:
            return self._that_run(mutant.path, found.lines)
        return self._that_read(found.binds) if found.binds else None

    def _that_run(self, path: Path, lines: Iterable[int]) -> set[str]:
        file = os.path.realpath(path)
        return {test for line in lines for test in self._ran.get((file, line), ())}

    def _that_read(self, name: str) -> set[str] | None:
        tests: set[str] = set()
        for path, lines in self._readers.get(name, ()):
            if lines is None:
                return None
            tests |= self._that_run(path, lines)
        return tests


class Statements:
    """The statements of a module: their lines, whether they run on import, and the names they read."""

    def __init__(self, path: Path) -> None:
        self._tree = ast.parse(path.read_text("utf-8"))
        self._all = list(_statements(self._tree, in_function=False, cached=False))

    def around(self, line: int) -> Statement | None:
        """Return the innermost statement on a line."""
        return min((each for each in self._all if line in each.lines), key=lambda each: len(each.lines), default=None)

    def names(self) -> Iterator[tuple[str, tuple[int, ...] | None]]:
        """Yield each name that is read, with the lines of the statement; without them when any test could run it."""
        for each in self._all:
            for name in each.reads:
                yield name, tuple(each.lines) if each.in_function and not each.cached else None


class Statement:
    """One statement without the statements within it."""

    def __init__(self, node: ast.stmt, *, in_function: bool, cached: bool) -> None:
        inner = [each for name in ("body", "orelse", "finalbody") for each in getattr(node, name, ())]
        end = inner[0].lineno - 1 if inner else node.end_lineno or node.lineno
        self.lines = range(node.lineno, max(end, node.lineno) + 1)
        self.in_function, self.cached = in_function, cached
        own = [each for part in _own_parts(node) for each in ast.walk(part)]
        self.reads = {each.id for each in own if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
        self.reads |= {each.attr for each in own if isinstance(each, ast.Attribute)}
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        self.binds = targets[0].id if isinstance(targets[0], ast.Name) else ""


def _own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    for _, value in ast.iter_fields(node):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST) and not isinstance(each, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                yield each


def _statements(parent: ast.AST, *, in_function: bool, cached: bool) -> Iterator[Statement]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.stmt):
            yield Statement(node, in_function=in_function, cached=cached)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            kept = any("cache" in ast.unparse(each) for each in node.decorator_list)
            yield from _statements(node, in_function=True, cached=cached or kept)
        elif isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _statements(node, in_function=in_function, cached=cached)


def record(arguments: list[str], paths: Iterable[Path]) -> Lines | None:
    """Run tests in a process of its own and return what they ran; nothing when one failed."""
    targets = list(paths)
    with tempfile.TemporaryDirectory() as folder:
        data, times = os.path.join(folder, "ran"), os.path.join(folder, "seconds")
        pid = os.fork()
        if pid == 0:
            os._exit(_record(arguments, targets, data, times))
        if os.waitpid(pid, 0)[1] != 0:
            return None
        kept = coverage.CoverageData(data)
        kept.read()
        ran = {(file, line): {test for test in tests if test}
               for file in kept.measured_files() for line, tests in kept.contexts_by_lineno(file).items()}  # fmt: skip
        return Lines(ran, json.loads(Path(times).read_text("utf-8")), targets)


def _record(arguments: list[str], paths: list[Path], data: str, times: str) -> int:
    tracer = coverage.Coverage(data_file=data, config_file=False, include=[str(path) for path in paths])
    recorder = Recorder()
    tracer.start()
    failed = pytest.main([*QUICK, "--tb=short", *arguments], plugins=[recorder])
    tracer.stop()
    tracer.save()
    Path(times).write_text(json.dumps(recorder.seconds), "utf-8")
    return int(failed)
