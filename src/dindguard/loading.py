"""Rules found and loaded: from an index without importing them, or from their modules."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from functools import cache
from operator import itemgetter
from typing import Any

from dindguard.edits import Edit, Fixer
from dindguard.errors import UserError
from dindguard.model.container import Sandbox
from dindguard.model.model import KINDS
from dindguard.records import maker
from dindguard.rules import Check, Confidence, Problem, Profile, Rule, Severity, Undecided

BUILT_IN = "dindguard_rules"
"""The package of the built-in rules."""


def load(package: str = BUILT_IN, prefix: str = "", *, indexed: bool = True) -> tuple[Rule, ...]:
    """Return every rule in a package's modules, sorted by id; ``prefix`` is put before the ids of a pack.

    Raises :class:`UserError` when the package cannot be imported, brings no rule, or brings an id twice.
    """
    try:
        root = importlib.import_module(package)
        files = os.listdir(root.__path__[0])
        names = _modules(files)
        if indexed and "_index.py" in files:
            found_in_index = _indexed(package, names)
            if found_in_index:
                return found_in_index
        modules = [importlib.import_module(f"{package}.{name}") for name in names]
    except Exception as error:
        raise UserError(f"rule pack '{package}' cannot be loaded: {type(error).__name__}: {error}") from error
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Rule)]
    found = list(dict.fromkeys(found))
    if not found:
        raise UserError(f"rule pack '{package}' holds no rule; a scan without rules would always be clean")
    for each in found:
        if prefix:
            object.__setattr__(each, "id", f"{prefix}/{each.id.removeprefix(prefix + '/')}")
            object.__setattr__(each, "pack", prefix)
    ids = [each.id for each in found]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise UserError(f"rule pack '{package}' brings these ids twice: {', '.join(twice)}")
    return tuple(sorted(found, key=lambda each: each.id))


class _Deferred:
    """A rule's check that imports its module when it is called for the first time."""

    def __init__(self, module: str, rule_id: str) -> None:
        self.__module__ = module
        self._id = rule_id
        self._check: Check | None = None

    def __call__(self, subject: Any) -> Iterable[Problem | Undecided]:
        if self._check is None:
            self._check = _of_module(self.__module__, self._id).check
        return self._check(subject)


class _DeferredPlan:
    """The plan of a rule's fix, from its module too."""

    def __init__(self, module: str, rule_id: str, index: int) -> None:
        self.__module__ = module
        self._id = rule_id
        self._index = index

    def __call__(self, subject: Any, problem: Problem) -> Iterable[Edit]:
        return _of_module(self.__module__, self._id).fixes[self._index].plan(subject, problem)


def _of_module(name: str, rule_id: str) -> Rule:
    module = importlib.import_module(name)
    return next(each for each in vars(module).values() if isinstance(each, Rule) and each.id == rule_id)


def _indexed(package: str, names: list[str]) -> tuple[Rule, ...]:
    """Return the rules of a package from its index, without importing their modules.

    The index (``docs/generate.py`` writes it) is taken only when it lists just the modules that are there.
    """
    index = importlib.import_module(f"{package}._index")
    if sorted({row["module"] for row in index.RULES}) != names:
        return ()
    make, fixer = maker(Rule), maker(Fixer)
    rows = sorted(index.RULES, key=itemgetter("id"))
    return tuple([make(_from_row(package, row, fixer)) for row in rows])


def _from_row(package: str, row: dict[str, Any], fixer: Callable[[dict[str, Any]], Fixer]) -> dict[str, Any]:
    """Return the values of a rule."""
    module = f"{package}.{row['module']}"
    made = {name: make(row[name]) for name, make in _MADE.items() if name in row}
    if "fixes" in row:
        made["fixes"] = tuple(
            fixer({"says": says, "plan": _DeferredPlan(module, row["id"], index), "unsafe": unsafe, "brings": brings})
            for index, (says, unsafe, brings) in enumerate(row["fixes"])
        )
    return {**row, **made, "module": module, "check": _Deferred(module, row["id"])}


_MADE: dict[str, Callable[[Any], Any]] = {
    "each": KINDS.__getitem__,
    "severity": Severity,
    "contained_by": cache(lambda names: frozenset(map(Sandbox, names))),
    "profile": Profile,
    "precision": Confidence,
}
"""What the index holds as plain values, and what they are made into."""


def index_row(each: Rule) -> dict[str, Any]:
    """Return what the index holds of a rule: everything but its check and its page, in plain values.

    What is not said there is as :class:`~dindguard.rules.Rule` has it by itself.
    """
    values = {
        "module": each.module.rpartition(".")[2],
        "id": each.id,
        "each": each.each.__name__,
        "severity": int(each.severity),
        "category": each.category,
        "since": each.since,
        "cwe": each.cwe,
        "contained_by": tuple(sorted(str(sandbox) for sandbox in each.contained_by)),
        "replaces": each.replaces,
        "profile": str(each.profile),
        "precision": str(each.precision),
        "formats": each.formats,
        "needs_approval": each.needs_approval,
        "asks": each.asks,
        "fixes": tuple((fixer.says, fixer.unsafe, tuple(fixer.brings)) for fixer in each.fixes),
    }
    usual = {"profile": str(Profile.RECOMMENDED), "precision": str(Confidence.HIGH)}
    return {
        name: value for name, value in values.items() if name == "severity" or (value and value != usual.get(name))
    }


def _modules(files: Iterable[str]) -> list[str]:
    """Return the names of a package's modules from those of its files: ``pkgutil`` costs more than reading its folder."""
    return sorted([name[:-3] for name in files if name[-3:] == ".py" and name[0] != "_"])
