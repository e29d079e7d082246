"""Enumerations and named tuples that are cheap to import do what those of the standard library do."""

from __future__ import annotations

import copy
import enum
import importlib
import json
import pickle
import pkgutil
import typing
from typing import Any

import pytest

import dindguard
from dindguard import enumerations, named_tuples
from dindguard.model.mount import MountKind
from dindguard.rules import Severity


class Ours(enumerations.StrEnum):
    """A word."""

    ONE = "one"
    OTHER = "another"
    AGAIN = "one"
    _hidden = "no member"

    @property
    def shout(self) -> str:
        return self.value.upper()


class Theirs(enum.StrEnum):
    """A word."""

    ONE = "one"
    OTHER = "another"
    AGAIN = "one"

    @property
    def shout(self) -> str:
        return self.value.upper()


class OurNumbers(enumerations.IntEnum):
    NONE = 0
    SOME = 7


class TheirNumbers(enum.IntEnum):
    NONE = 0
    SOME = 7


ANSWERS = {
    "iteration": lambda kind: [each.name for each in kind],
    "length": len,
    "members": lambda kind: {name: member.value for name, member in kind.__members__.items()},
    "by value": lambda kind: [kind(each.value) is each for each in kind],
    "by name": lambda kind: [kind[each.name] is each for each in kind],
    "text": lambda kind: [str(each) for each in kind],
    "format": lambda kind: [f"{each:>9}" for each in kind],
    "representation": lambda kind: [repr(each).partition(".")[2] for each in kind],
    "equal to its value": lambda kind: [(each == each.value, each != each.value) for each in kind],
    "order": lambda kind: [each.name for each in sorted(kind)],
    "JSON": lambda kind: json.dumps(list(kind)),
    "copies": lambda kind: [copy.copy(each) is each and copy.deepcopy([each])[0] is each for each in kind],
    "pickled": lambda kind: [pickle.loads(pickle.dumps(each)) is each for each in kind],
    "membership": lambda kind: [each in kind for each in kind],
    "an instance": lambda kind: [isinstance(each, kind) for each in kind],
}


@pytest.mark.parametrize("question", ANSWERS)
@pytest.mark.parametrize(("ours", "theirs"), [(Ours, Theirs), (OurNumbers, TheirNumbers)])
def test_an_enumeration_answers_as_that_of_the_library(ours: Any, theirs: Any, question: str) -> None:
    assert ANSWERS[question](ours) == ANSWERS[question](theirs)


def test_two_names_of_a_value_are_one_member() -> None:
    assert Ours.AGAIN is Ours.ONE
    assert Ours.ONE.shout == "ONE"


@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_a_value_that_is_none_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match=f"'three' is not a valid {kind.__name__}"):
        kind("three")
    with pytest.raises(ValueError, match="not a valid"):
        kind([])
    with pytest.raises(KeyError):
        kind["THREE"]
    with pytest.raises(AttributeError):
        kind.ONE = "another"


def test_a_member_is_as_its_value_to_sets() -> None:
    assert {Ours.ONE} == {"one"}
    assert {MountKind.HOST: 1}["host path"] == 1


def test_severities_are_ordered_numbers_that_are_told_in_words() -> None:
    assert Severity.LOW < Severity.HIGH
    assert f"{max(Severity)}" == "critical"
    assert repr(Severity.HIGH) == "<Severity.HIGH: 3>"


class Pair(named_tuples.NamedTuple):
    """Two."""

    left: int
    right: str = "r"

    @property
    def both(self) -> str:
        return f"{self.left}{self.right}"


class TheirPair(typing.NamedTuple):
    """Two."""

    left: int
    right: str = "r"

    @property
    def both(self) -> str:
        return f"{self.left}{self.right}"


@pytest.mark.parametrize("kind", [Pair, TheirPair])
def test_a_named_tuple(kind: Any) -> None:
    pair = kind(1)
    assert pair == (1, "r") == kind(left=1, right="r")
    assert (pair.left, pair.right, pair.both) == (1, "r", "1r")
    assert pair._replace(left=2) == (2, "r")
    assert (kind._fields, kind._field_defaults, kind.__doc__) == (("left", "right"), {"right": "r"}, "Two.")
    assert pickle.loads(pickle.dumps(pair)) == pair
    assert repr(pair) == f"{kind.__name__}(left=1, right='r')"
    with pytest.raises(TypeError):
        kind()
    with pytest.raises(AttributeError):
        pair.left = 2


def test_no_module_of_a_scan_makes_an_enumeration_of_the_library() -> None:
    """They cost ten times as much at import: whoever needs one member's attributes has a property."""
    parts = ("model", "infer", "documents", "formats", "scripts", "policy")
    dear = []
    for part in parts:
        package = importlib.import_module(f"dindguard.{part}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            kinds = (value for value in vars(module).values() if isinstance(value, enum.EnumType))
            dear += [
                f"{found.name}.{kind.__name__}" for kind in kinds if kind.__module__.startswith(dindguard.__name__)
            ]
    assert dear == []
