"""Mutation testing: change the model, the inference, a rule or a guard by one word, and see whether a test notices.

``python tests/mutation/run.py --sample 200 --seed 1`` mutates 200 places drawn by lot; ``--changed REF`` only the modules
that differ from a git revision; ``--module PART`` those whose path holds PART. Every mutant lives in a forked process
of its own, in memory: no file is changed, and is put to the tests that run its statement. Prints the survivors and the
score; exit code 1 when ``--least`` is missed.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from lines import QUICK, Lines, record
from mutants import ROOT, Mutant, mutants, mutated

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
    "reports/output.py": ("test_writing_inside.py",),
}
"""What keeps harm away and approvals honest, and the tests that know it."""


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
    page = []
    if path.parent.name == "dindguard_rules":
        page.append(f"tests/test_docs.py::test_the_page_of_a_rule_states_its_facts[{path.stem.replace('_', '-')}]")
        page.append("tests/test_fixes.py")
    layers = [name for part in ("infer", "model", "rules") for name in _named(tests, f"test_{part}_*.py")]
    return list(dict.fromkeys([*own, *page, *EVERYBODY, *layers]))


def tests_of(mutant: Mutant, lines: Lines) -> list[str]:
    """Return the tests that can notice a mutant: what runs its statement, else all that know its module."""
    known = tests_for(mutant.path)
    found = lines.tests(mutant)
    if found is None:
        return known
    files = {name.partition("::")[0]: number for number, name in enumerate(known)}
    asked = [test for test in found if test.partition("::")[0] in files]
    return sorted(asked, key=lambda test: (files[test.partition("::")[0]], lines.seconds[test], test))


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


def noticed(mutant: Mutant, arguments: list[str]) -> bool:
    """Run tests in this process, silently; whether one failed."""
    sys.meta_path.insert(0, _Finder(module_name(mutant.path), mutant.path, mutated(mutant)))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    return pytest.main([*QUICK, "--tb=no", *arguments]) != 0


def fork(mutant: Mutant, arguments: list[str]) -> int:
    """Start a process that puts one mutant to the tests and ends with 0 when nobody noticed."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        code = 1
        try:
            code = int(bool(arguments) and noticed(mutant, arguments))
        finally:
            os._exit(code)
    return pid


def survivors(chosen: list[Mutant], asked: Callable[[Mutant], list[str]], jobs: int) -> list[Mutant]:
    """Put every mutant to its tests and return those that nobody noticed."""
    running: dict[int, tuple[Mutant, int]] = {}
    left = []
    waiting = list(reversed(chosen))
    done = 0
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            arguments = asked(mutant)
            running[fork(mutant, arguments)] = mutant, len(arguments)
        pid, status = os.wait()
        mutant, tests = running.pop(pid)
        done += 1
        if status == 0:
            left.append(mutant)
            print(f"[{done}/{len(chosen)}] survived {tests or 'no'} tests  {mutant.name}", flush=True)
        elif os.WIFSIGNALED(status):
            print(f"[{done}/{len(chosen)}] ended by signal {os.WTERMSIG(status)}  {mutant.name}", flush=True)
    return sorted(left, key=lambda each: (each.path, each.number))


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changed", metavar="REF", help="only modules that differ from this git revision")
    parser.add_argument("--module", metavar="PART", help="only modules whose path holds this")
    parser.add_argument("--sample", type=int, metavar="N", help="so many mutants, drawn by lot")
    parser.add_argument("--seed", type=int, default=0, help="of the lot (0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (one per core)")
    parser.add_argument("--least", type=float, default=0, metavar="PERCENT", help="exit with 1 below this score")
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
    unchanged = sorted({argument for path in paths for argument in tests_for(path)})
    lines = record(unchanged, targets())
    if lines is None:
        print("the tests fail without any mutant: mend them first", file=sys.stderr)
        return 2
    left = survivors(chosen, lambda mutant: tests_of(mutant, lines), options.jobs)
    killed = len(chosen) - len(left)
    score = 100 * killed / len(chosen) if chosen else 100.0
    print(*(mutant.name for mutant in left), sep="\n")
    print(
        f"{killed} of {len(chosen)} mutants in {len(paths)} modules were noticed: {score:.1f} %, {time.monotonic() - start:.0f} s"
    )
    return int(score < options.least)


if __name__ == "__main__":
    sys.exit(main())
