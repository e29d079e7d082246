"""Mutation testing: change the model, the inference, a rule or a guard by one word, and see whether a test notices.

``python tests/mutation/run.py --sample 200 --seed 1`` mutates 200 places drawn by lot; ``--changed REF`` only the modules
that differ from a git revision; ``--module PART`` those whose path holds PART. Every mutant lives in a forked process
of its own, in memory: no file is changed. Prints the survivors and the score; exit code 1 when ``--least`` is missed.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent.parent
SECONDS = 90
"""A mutant that runs longer than this hangs, which is noticed as well."""

COMPARISONS = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
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

NOT_BEHAVIOUR = {"cwe", "since", "category", "formats", "precision", "repr", "compare", "maxsize"}
"""Keyword arguments that people read and no test can fail on."""


# -- mutants --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """The ``number``-th mutant of a module, and what it does to which line."""

    path: Path
    number: int
    line: int
    what: str

    @property
    def name(self) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}: {self.what}"


def targets() -> list[Path]:
    """Return the modules that are mutated."""
    source = ROOT / "src/dindguard"
    found = [*source.glob("model/*.py"), *source.glob("infer/*.py"), source / "rules.py"]
    guards = [source / name for name in GUARDS]
    return sorted([*found, *guards, *(ROOT / "rules/dindguard_rules").glob("[!_]*.py")])


def mutants(path: Path) -> list[Mutant]:
    """Return every mutant of a module, in the order of the file."""
    tree = ast.parse(path.read_text("utf-8"))
    return [Mutant(path, number, line, what) for number, (line, what) in enumerate(_places(tree, None))]


def mutated(mutant: Mutant) -> ast.Module:
    """Return the module's tree with one mutant in it."""
    tree = ast.parse(mutant.path.read_text("utf-8"))
    for number, _ in enumerate(_places(tree, mutant.number)):
        if number == mutant.number:
            break
    return ast.fix_missing_locations(tree)


def _places(tree: ast.Module, chosen: int | None) -> Iterator[tuple[int, str]]:
    """Yield line and description of every mutant; the one that is chosen is put into the tree when it is reached."""
    count = 0
    for parent, name, index, node in list(_nodes(tree)):
        for what, replacement in _changes(node):
            if count == chosen:
                if index is None:
                    setattr(parent, name, replacement)
                else:
                    getattr(parent, name)[index] = replacement
            yield getattr(node, "lineno", 0), what
            count += 1


def _nodes(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield every node that behaves, with the place it hangs at; annotations and docstrings do not behave."""
    for name, value in ast.iter_fields(parent):
        if name in ("annotation", "returns", "type_params") or (name == "bases" and isinstance(parent, ast.ClassDef)):
            continue
        for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(node, ast.AST) or isinstance(
                node, (ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)
            ):
                continue
            if isinstance(node, ast.keyword) and node.arg in NOT_BEHAVIOUR:
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                continue
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                continue
            yield parent, name, index, node
            yield from _nodes(node)


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield every change of one node: what it is, and the node to put there."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        other = copy.deepcopy(node)
        other.ops = [COMPARISONS[type(node.ops[0])]()]
        yield f"{ast.unparse(node)}  →  {ast.unparse(other)}", other
    elif isinstance(node, ast.BoolOp):
        swapped = copy.deepcopy(node)
        swapped.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)}  →  {ast.unparse(swapped)}", swapped
        for left_out in node.values:
            rest = [value for value in node.values if value is not left_out]
            other = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"{ast.unparse(node)}  →  {ast.unparse(other)}", copy.deepcopy(other)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield f"{ast.unparse(node)}  →  {ast.unparse(node.operand)}", copy.deepcopy(node.operand)
    elif isinstance(node, ast.IfExp):
        for always in (node.body, node.orelse):
            yield f"{ast.unparse(node)}  →  {ast.unparse(always)}", copy.deepcopy(always)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value}  →  {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value}  →  {node.value + 1}", ast.Constant(node.value + 1)
    elif isinstance(node, (ast.Set, ast.Tuple, ast.List)) and len(node.elts) > 1:
        if isinstance(getattr(node, "ctx", None), ast.Store) or not all(map(_is_member, node.elts)):
            return
        for left_out in node.elts:
            other = copy.deepcopy(node)
            other.elts = [copy.deepcopy(each) for each in node.elts if each is not left_out]
            yield f"without the member {ast.unparse(left_out)}", other
    elif (
        isinstance(node, ast.Dict) and len(node.keys) > 1 and all(isinstance(key, ast.Constant) for key in node.keys)
    ):
        for number, key in enumerate(node.keys):
            other = copy.deepcopy(node)
            del other.keys[number], other.values[number]
            yield f"without the entry {ast.unparse(key)}", other
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield f"{ast.unparse(node)}  →  return None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom)):
        yield f"without {ast.unparse(node).splitlines()[0]}", ast.Pass()


def _is_member(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.Attribute))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


# -- tests ----------------------------------------------------------------------------------------------------


def tests_for(path: Path) -> list[str]:
    """Return pytest's arguments for the tests that know a module, those likeliest to notice first."""
    tests = ROOT / "tests"
    everything = [
        "tests/test_rules.py::test_a_fixture_gives_exactly_what_it_expects",
        "tests/test_golden_findings.py",
    ]
    if path.parent.name == "dindguard_rules":
        name = path.stem.replace("_", "-")
        own = [f"{everything[0]}[{name}/{each.name}]" for each in sorted((ROOT / "fixtures" / name).iterdir())
               if each.suffix != ".expect" and each.name.startswith(("bad", "good"))]  # fmt: skip
        written = f"tests/test_golden_findings.py::test_the_fixtures_of_a_rule_give_what_is_written_down[{name}]"
        page = f"tests/test_docs.py::test_the_page_of_a_rule_states_its_facts[{name}]"
        return [*own, page, written, *_named(tests, "test_rules_*.py")]
    guarded = GUARDS.get(f"{path.parent.name}/{path.name}")
    if guarded is not None:
        return [f"tests/{name}" for name in guarded]
    part = "infer" if path.parent.name == "infer" else "model"
    others = {"infer": "model", "model": "infer"}[part]
    own = _named(tests, f"test_{part}_{path.stem}*.py")
    named = [*own, *_named(tests, f"test_{part}_*.py"), "tests/test_values.py", *_named(tests, f"test_{others}_*.py")]
    named += [*_named(tests, "test_rules_*.py"), *everything, "tests/test_findings.py"]
    return [name for name in dict.fromkeys(named) if (ROOT / name.partition("::")[0]).exists()]


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


def noticed(mutant: Mutant | None, arguments: list[str]) -> bool:
    """Run tests in this process, silently; whether one failed. ``None`` runs them on what is written."""
    if mutant is not None:
        tree = mutated(mutant)
        sys.meta_path.insert(0, _Finder(module_name(mutant.path), mutant.path, tree))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:warnings", "--tb=no"]
    return pytest.main([*options, *arguments]) != 0


def fork(mutant: Mutant | None, arguments: list[str]) -> int:
    """Start a process that puts one mutant to the tests and ends with 0 when nobody noticed."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        code = 1
        try:
            code = int(noticed(mutant, arguments))
        finally:
            os._exit(code)
    return pid


def survivors(chosen: list[Mutant], jobs: int) -> list[Mutant]:
    """Put every mutant to its tests and return those that nobody noticed."""
    running: dict[int, Mutant] = {}
    left = []
    waiting = list(reversed(chosen))
    done = 0
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[fork(mutant, tests_for(mutant.path))] = mutant
        pid, status = os.wait()
        mutant = running.pop(pid)
        done += 1
        if status == 0:
            left.append(mutant)
            print(f"[{done}/{len(chosen)}] survived  {mutant.name}", flush=True)
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
    if unchanged and os.waitpid(fork(None, unchanged), 0)[1] != 0:
        print("the tests fail without any mutant: mend them first", file=sys.stderr)
        return 2
    left = survivors(chosen, options.jobs)
    killed = len(chosen) - len(left)
    score = 100 * killed / len(chosen) if chosen else 100.0
    print(*(mutant.name for mutant in left), sep="\n")
    print(
        f"{killed} of {len(chosen)} mutants in {len(paths)} modules were noticed: {score:.1f} %, {time.monotonic() - start:.0f} s"
    )
    return int(score < options.least)


if __name__ == "__main__":
    sys.exit(main())
