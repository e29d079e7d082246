"""Mutation testing: change the model, the inference, a rule or a guard by one word, and see whether a test notices.

``python tests/mutation/run.py --sample 200 --seed 1`` mutates 200 places drawn by lot; ``--changed REF`` only the modules
that differ from a git revision; ``--module PART`` those whose path holds PART. Every mutant lives in a forked process
of its own, in memory: no file is changed, and is put to the tests that run its statement. ``--lines FILE`` keeps what the
tests run, for the next draw of the same code. Prints the survivors and the score; exit code 1 when ``--least`` is missed.
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib.abc
import importlib.machinery
import os
import pickle
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
import pytest
from lines import QUICK, Lines, record
from mutants import ROOT, Mutant, mutants, mutated
from warm import Warm

SECONDS = 120
"""A mutant that takes more processor time than this hangs, which is noticed as well. Time on the wall would judge the machine."""

GUARDS = {
    "policy/git.py": ("test_policy_git.py", "test_policy_since.py", "test_policy_register.py"),
    "policy/approval.py": ("test_policy_approval.py", "test_policy_waivers.py"),
    "policy/people.py": ("test_policy_people.py",),
    "policy/review.py": ("test_policy_waivers.py", "test_policy_people.py", "test_policy_floor.py"),
    "policy/owners.py": ("test_policy_owners.py", "test_policy_trust.py"),
    "policy/before.py": ("test_policy_trust.py",),
    "policy/weakening.py": ("test_policy_trust.py", "test_policy_config.py"),
    "policy/floor.py": ("test_policy_floor.py",),
    "policy/nested.py": ("test_policy_config.py", "test_policy_floor.py"),
    "policy/regime.py": ("test_policy_config.py", "test_policy_floor.py", "test_policy_waivers.py"),
    "policy/baseline.py": ("test_policy_baseline.py",),
    "reports/output.py": ("test_writing_inside.py", "test_reports_streamed.py"),
}
"""What keeps harm away and approvals honest, and the tests that know it."""

KNOWN_BY = {
    "infer/runner_engines.py": ("test_policy_floor.py",),
    "model/socket_needs.py": ("test_fixes_socket_proxy.py",),
}
"""Modules whose tests are those of what they were made for."""


WRITTEN_FINDINGS = "tests/test_golden_findings.py::test_the_fixtures_of_a_rule_give_what_is_written_down"
PAGE = "tests/test_docs.py::test_the_page_of_a_rule_states_its_facts"
EVERYBODY = ("tests/test_golden_findings.py", "tests/test_values.py", "tests/test_findings.py")
"""What knows the whole way from a file to a finding."""


def targets() -> list[Path]:
    """Return the modules that are mutated."""
    source = ROOT / "src/dindguard"
    found = [*source.glob("model/*.py"), *source.glob("infer/*.py"), source / "rules.py"]
    guards = [source / name for name in GUARDS]
    return sorted([*found, *guards, *(ROOT / "rules/dindguard_rules").glob("[!_]*.py")])


# -- tests ----------------------------------------------------------------------------------------------------


def tests_for(path: Path) -> list[str]:
    """Return pytest's arguments for the tests that know a module, those likeliest to notice first."""
    guarded = GUARDS.get(f"{path.parent.name}/{path.name}")
    if guarded is not None:
        return [f"tests/{name}" for name in guarded]
    tests = ROOT / "tests"
    own = [*_named(tests, f"test_{path.parent.name}_{path.stem}*.py"), *_named(tests, f"test_{path.stem}.py")]
    own += [f"tests/{name}" for name in KNOWN_BY.get(f"{path.parent.name}/{path.name}", ())]
    if path.parent.name == "dindguard_rules":
        rule = path.stem.replace("_", "-")
        own += [f"{name}[{rule}]" for name in (WRITTEN_FINDINGS, PAGE)]
        own += ["tests/test_advice.py", "tests/test_fixes.py"]
    layers = [name for part in ("infer", "model", "rules") for name in _named(tests, f"test_{part}_*.py")]
    return list(dict.fromkeys([*own, *EVERYBODY, *(name for name in layers if "without_code" not in name)]))


def tests_of(mutant: Mutant, lines: Lines) -> list[str] | None:
    """Return the tests that can notice a mutant, those likeliest first: what runs its statement. ``None`` for all."""
    found = lines.tests(mutant)
    if found is None:
        return None
    known = {name: number for number, name in reversed(list(enumerate(tests_for(mutant.path))))}
    place = {test: min(known.get(name, len(known)) for name in (test, test.partition("::")[0])) for test in found}
    chosen = [test for test in found if place[test] < len(known)]
    return sorted(chosen, key=lambda test: (place[test], lines.seconds[test], test))


def _named(folder: Path, pattern: str) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in sorted(folder.glob(pattern))]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a tree instead of its file."""

    def __init__(self, module: str, path: Path, tree: ast.Module) -> None:
        self.module, self.path, self.tree = module, path, tree

    def find_spec(self, fullname, path, target=None):
        if fullname != self.module:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, origin=str(self.path))

    def exec_module(self, module):
        module.__file__ = str(self.path)
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)


def module_name(path: Path) -> str:
    base = ROOT / ("rules" if "dindguard_rules" in path.parts else "src")
    return ".".join(path.relative_to(base).with_suffix("").parts)


def import_mutated(mutant: Mutant) -> None:
    """Have this process import a module with a mutant in it."""
    sys.meta_path.insert(0, _Finder(module_name(mutant.path), mutant.path, mutated(mutant)))


def noticed(mutant: Mutant) -> bool:
    """Whether one of all tests that know a module fails, in this process, which has not imported it yet."""
    import_mutated(mutant)
    return pytest.main([*QUICK, "--tb=no", *tests_for(mutant.path)]) != 0


def fork(judge: Callable[[], bool]) -> int:
    """Start a process that puts one mutant to its tests, silently, and ends with 0 when nobody noticed."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = 1
        try:
            code = int(judge())
        finally:
            os._exit(code)
    return pid


class Trial:
    """Puts mutants to their tests, some at a time, and remembers those that nobody noticed."""

    def __init__(self, many: int, jobs: int) -> None:
        self._many, self._jobs, self.done = many, jobs, 0
        self._running: dict[int, tuple[Mutant, int]] = {}
        self.left: list[Mutant] = []

    def put(self, mutant: Mutant, judge: Callable[[], bool], tests: int) -> None:
        """Start the trial of one mutant, once there is room for it; ``tests`` is how many it is put to, -1 for all."""
        while len(self._running) >= self._jobs:
            self._wait()
        self._running[fork(judge)] = mutant, tests

    def end(self) -> None:
        """Wait for all trials."""
        while self._running:
            self._wait()

    def _wait(self) -> None:
        pid, status = os.wait()
        mutant, tests = self._running.pop(pid)
        self.done += 1
        place = f"[{self.done}/{self._many}]"
        if status == 0:
            self.left.append(mutant)
            print(f"{place} survived {'all' if tests < 0 else tests or 'no'} tests  {mutant.name}", flush=True)
        elif os.WIFSIGNALED(status):
            print(f"{place} ended by signal {os.WTERMSIG(status)}  {mutant.name}", flush=True)


def survivors(chosen: Sequence[Mutant], lines: Lines, jobs: int) -> list[Mutant]:
    """Put every mutant to its tests and return those that nobody noticed."""
    asked = {mutant: tests_of(mutant, lines) for mutant in chosen}
    trial = Trial(len(chosen), jobs)
    warm = [(mutant, tests) for mutant, tests in asked.items() if tests is not None]
    trial.left += _in_a_fork(lambda: _warm(warm, trial))  # what it imports must not be there for the others
    trial.done = len(warm)
    for mutant in chosen:
        if asked[mutant] is None:
            trial.put(mutant, functools.partial(noticed, mutant), -1)
    trial.end()
    return sorted(trial.left, key=lambda each: (each.path, each.number))


def _warm(asked: Sequence[tuple[Mutant, list[str]]], trial: Trial) -> list[Mutant]:
    Warm(asked, trial.put, import_mutated).run()
    trial.end()
    return trial.left


def _in_a_fork(function: Callable[[], list[Mutant]]) -> list[Mutant]:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open(writing, "wb") as answer:
            answer.write(pickle.dumps(function()))
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as answer:
        content = answer.read()
    os.waitpid(pid, 0)
    if not content:
        sys.exit(2)  # it has said why
    return pickle.loads(content)


# -- the command ----------------------------------------------------------------------------------------------


def chosen_mutants(options: argparse.Namespace) -> list[Mutant]:
    paths = targets()
    if options.changed:
        command = ["git", "diff", "--name-only", options.changed, "--", "src", "rules"]
        changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        paths = [path for path in paths if path.relative_to(ROOT).as_posix() in changed]
    if options.module:
        paths = [path for path in paths if options.module in path.as_posix()]
    found = [mutant for path in paths for mutant in mutants(path)]
    if options.sample and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    return found


def recorded(paths: Sequence[Path], kept: Path | None) -> Lines | None:
    """Return what the tests of modules run, from a file when it is there; nothing when one fails without any mutant."""
    if kept is not None and kept.exists():
        return pickle.loads(kept.read_bytes())
    lines = record(sorted({argument for path in paths for argument in tests_for(path)}), targets())
    if kept is not None and lines is not None:
        kept.write_bytes(pickle.dumps(lines))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changed", metavar="REF", help="only modules that differ from this git revision")
    parser.add_argument("--module", metavar="PART", help="only modules whose path holds this")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants, drawn by lot")
    parser.add_argument("--seed", type=int, default=0, help="of the lot (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one per core)")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="exit with 1 below this score")
    parser.add_argument("--lines", type=Path, metavar="FILE", help="what the tests run: read, or recorded into it")
    parser.add_argument("--list", action="store_true", help="only show the mutants")
    options = parser.parse_args()
    os.chdir(ROOT)
    chosen = chosen_mutants(options)
    if options.list:
        print(*(mutant.name for mutant in chosen), f"{len(chosen)} mutants", sep="\n")
        return 0
    hypothesis.settings.register_profile("mutation", deadline=None, database=None, derandomize=True, max_examples=30)
    hypothesis.settings.load_profile("mutation")
    sys.path.insert(0, str(ROOT / "tests"))
    start = time.monotonic()
    paths = sorted({mutant.path for mutant in chosen})
    lines = recorded(paths if options.lines is None else targets(), options.lines)
    if lines is None:
        print("the tests fail without any mutant: mend them first", file=sys.stderr)
        return 2
    left = survivors(chosen, lines, options.jobs)
    killed = len(chosen) - len(left)
    score = 100 * killed / len(chosen) if chosen else 100.0
    print(*(mutant.name for mutant in left), sep="\n")
    print(
        f"{killed} of {len(chosen)} mutants in {len(paths)} modules were noticed: {score:.1f} %, {time.monotonic() - start:.0f} s"
    )
    return int(score < options.least)


if __name__ == "__main__":
    sys.exit(main())
