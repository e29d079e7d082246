"""How rules are run: a crash is a notice, an unknown value a note, and one root cause one finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from build import container, model, on
from dindguard.errors import UserError
from dindguard.findings import doubts
from dindguard.judging import run
from dindguard.model.container import Container
from dindguard.rules import Problem, Profile, Rule, Severity, Undecided, nearest, selected
from dindguard.scanning import Options, scan
from dindguard.source import Gravity


def make(name: str, check, **more) -> Rule:
    more = {"category": "test", **more}
    return Rule(name, Container, Severity.HIGH, more.pop("category"), "0.1.0", check, text="A title.", **more)


def always(subject: Container) -> Iterator[Problem]:
    yield Problem(subject, "is wrong")


def broken(subject: Container) -> Iterator[Problem]:
    yield Problem(subject, "is wrong")
    raise ValueError("what went wrong")


def test_a_rule_that_fails_is_said_and_stops_no_other() -> None:
    found = run(model(container(env={"TOKEN": "s3cret"})), [make("bad", broken), make("good", always)])
    assert [verdict.rule.id for verdict in found.verdicts] == ["bad", "good"]
    (notice,) = found.notices
    assert (notice.kind, notice.gravity) == ("rule-crashed", Gravity.ERROR)
    assert notice.span == found.verdicts[0].problem.at.span
    assert "rule bad failed on service 'it': ValueError: what went wrong" in notice.message
    assert "s3cret" not in notice.message
    assert notice.remedy


def test_a_value_that_nobody_knows_is_a_doubt_once() -> None:
    flag = on()
    found = run(model(container()), [make("unsure", lambda _: [Undecided(flag, "P"), Undecided(flag, "P")])])
    assert (found.verdicts, found.notices) == ([], [])
    (doubt,) = doubts(found.doubts)
    assert (doubt.undecided, doubt.span) == (True, flag.span)
    assert doubt.message == "unsure could not decide: P is not known here"


def test_a_composite_takes_the_place_of_its_parts_in_the_same_container_only() -> None:
    def only_a(subject: Container) -> Iterator[Problem]:
        if subject.name == "a":
            yield Problem(subject, "is wrong")

    rules = [make("part", always), make("whole", only_a, replaces=("part",))]
    verdicts = run(model(container(name="a"), container(name="b")), rules).verdicts
    assert [(verdict.rule.id, verdict.subject.name) for verdict in verdicts] == [("part", "b"), ("whole", "a")]


RULES = [make("one", always, category="x"), make("two", always, category="y"),
         make("three", always, category="y", profile=Profile.ALL)]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["one", "two"]),
        ({"profile": Profile.ALL}, ["one", "two", "three"]),
        ({"select": ["y"]}, ["two", "three"]),
        ({"select": ["three"]}, ["three"]),
        ({"ignore": ["two"]}, ["one"]),
        ({"ignore": ["y"], "profile": Profile.ALL}, ["one"]),
        ({"select": ["y"], "ignore": ["two"]}, ["three"]),
    ],
)
def test_selecting_rules(options: dict, expected: list[str]) -> None:
    assert [rule.id for rule in selected(RULES, **options)] == expected


def test_a_name_that_no_rule_has_is_the_users_to_mend() -> None:
    with pytest.raises(UserError, match=r"no rule or category 'thre' \(did you mean 'three'\?\)"):
        list(selected(RULES, select=["thre"]))
    assert nearest("zzz", ["one"]) == ""


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("privileged-engine", "services: {a: {image: 'docker:29-dind', privileged: '${P}'}}"),
        ("privileged-container", "services: {a: {image: 'app:1', privileged: '${P}'}}"),
    ],
)
def test_unknown_is_neither_yes_nor_no(tmp_path: Path, rule: str, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    report = scan(Options(paths=(tmp_path,), root=tmp_path, select=(rule,)))
    assert not report.findings
    assert not report.incomplete
    notes = [notice.message for notice in report.notices if notice.kind == "undecided"]
    assert notes == [f"{rule} could not decide: P is not known here"]
