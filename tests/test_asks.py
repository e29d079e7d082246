"""What rules ask for only saves time: none falls silent for it."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from dindguard import judging, scan
from dindguard.loading import load
from dindguard.options import Options
from dindguard.records import replace
from dindguard.rules import Rule
from fixture_files import FIXTURES


def said(model: Any, rules: Iterable[Rule]) -> set[tuple[str, object, object, str]]:
    judged = judging.run(model, rules)
    every = [*judged.verdicts, *judged.doubts]
    return {(each.rule.id, each.subject, each.problem.at.span, each.problem.message) for each in every}


def test_no_rule_would_say_more_if_it_asked_for_nothing() -> None:
    model = scan(Options(paths=(FIXTURES,), root=FIXTURES)).model
    rules = load()
    found = said(model, rules)
    assert len({rule for rule, *_ in found}) > 100
    assert said(model, [replace(rule, asks=()) for rule in rules]) - found == set()


@pytest.mark.parametrize(
    ("ask", "there"),
    [
        ("mounts", True), ("none", False), ("empty", False), ("lacks.this", False), ("not lacks.this", True),
        ("mounts.kind is tmpfs", True), ("mounts.kind is bind", False), ("mounts and not empty", True),
        ("mounts.target", True), ("mounts.label is None", True), ("none.label is None", False), ("version", True),
    ],
)  # fmt: skip
def test_what_a_rule_can_ask_for(ask: str, there: bool) -> None:
    mounts = (
        SimpleNamespace(kind="volume", target="/a", label=None),
        SimpleNamespace(kind="tmpfs", target="", label="x"),
    )
    subject = SimpleNamespace(mounts=mounts, none=None, empty=(), version=(29, 0))
    assert bool(judging._Asked().having([subject], ask)) is there


@pytest.mark.parametrize(
    ("ask", "there"),
    [
        ("all.label", True), ("all.kind", False), ("all.kind is None", True), ("all.label is 7", True),
        ("all.label is 99", False), ("not all.kind", True), ("all.parts.name is b", True), ("all.parts.name is c", False),
        ("all.lacks.this", False),
    ],
)  # fmt: skip
def test_of_many_objects_any_will_do(ask: str, there: bool) -> None:
    parts = (SimpleNamespace(name="a"), SimpleNamespace(name="b"))
    subject = SimpleNamespace(
        all=tuple(SimpleNamespace(kind=None, label=number or None, parts=parts) for number in range(2 * judging._FEW))
    )
    assert bool(judging._Asked().having([subject], ask)) is there
