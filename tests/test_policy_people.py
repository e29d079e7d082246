"""People: spellings of one person are one, names that hide whom they name are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dindguard.findings import Status
from dindguard.policy.people import People, disguised, spelled
from policy_tree import own, record, scanned, statuses, tree, waived, write

ONE = [
    ("@ada", "ada"),
    ("@ada", "@@ada"),
    ("@ada", "@Ada "),
    ("@ada", "@a\u200bda"),
    ("@ada", "\u202e@ada\u2066"),
    ("@ada", "@ada\ufe0f"),
    ("@ada", "@a\u034fda"),
    ("@ada", "@ad\U000e0101a"),
    ("@ada", "@ad\u180ba"),
    ("@ada", "@ad\u3164a"),
    ("@ada", "\uff20\uff41\uff44\uff41"),
    ("@ada", "\U0001d41a\U0001d41d\U0001d41a"),
    ("@ada", "\u0430d\u0430"),
    ("@ace", "\u0430\u0441\u0435"),
    ("@ada", "ada@example.org"),
    ("@ada", "Ada Lovelace <ada@example.org>"),
    ("@ada", "ada+reviews@example.org"),
    ("@ada", "12345+ada@users.noreply.github.com"),
    ("Stra\u00dfe", "STRASSE"),
    ("Ada  Lovelace", "ada\u00a0lovelace"),
]


@pytest.mark.parametrize(("one", "other"), ONE, ids=lambda name: ascii(name))
def test_spellings_of_one_person_are_one(one: str, other: str) -> None:
    assert People().one(one) == People().one(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("@ada", "@ada2"),
        ("@ada", "@adah"),
        ("ada@example.org", "bob@example.org"),
        ("Ad\u00e1", "Ada"),
        ("@org/a", "@org/b"),
    ],
)
def test_people_are_not_taken_for_each_other(one: str, other: str) -> None:
    assert People().one(one) != People().one(other)


def test_the_configuration_says_who_is_who() -> None:
    people = People({"ada": ["@countess", "ada@example.org"], "the other ada": ["ada@example.net"]})
    assert people.one("@countess") == people.one("Ada <ADA@example.org>") == people.one("ada")
    assert people.one("ada@example.net") != people.one("@countess")
    assert people.among("@countess", ["ada@example.org"])
    assert not people.among("@countess", ["ada@example.net"])
    assert not People().among("ada@elsewhere.example", ["@ada"]), "a mailbox anywhere is no code owner"
    assert People().among("\uff20ADA", ["@ada"])


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("@ada", ""),
        ("Jos\u00e9 Nu\u00f1ez", ""),
        ("\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432 <ivan@example.org>", ""),
        ("@a\u200bda", "cannot be seen"),
        ("@\u0430da", "no handle"),
        ("ad\u00e1@example.org", "no handle"),
        ("\u0430da", "mixes alphabets"),
        ("\u03bfscar", "mixes alphabets"),
        ("\u0585scar", "mixes alphabets"),
        ("\u13a0da", "mixes alphabets"),
        ("\u2c9fscar", "mixes alphabets"),
        ("A. <b", ""),
    ],
    ids=ascii,
)
def test_a_name_that_hides_whom_it_names(name: str, hidden: str) -> None:
    assert hidden in disguised(name)
    assert bool(hidden) == bool(disguised(name))


def test_a_spelling_keeps_what_tells_people_apart() -> None:
    assert spelled(" @@Ada-L ") == "ada-l"
    assert spelled("Ada <ada@x> <bob@x>") == "bob@x"
    assert spelled("Ada < Bob") == "ada < bob"
    assert spelled("Ada>") == "ada"
    assert People().one("ada+b") != People().one("ada")


SECURITY = {"name": "@sec", "role": "security"}


@pytest.mark.parametrize(
    "name",
    [
        "@@owner",
        "@o\u200bwner",
        "\uff4fwner",
        "owner@example.org",
        "X <7+owner@users.noreply.github.com>",
        "\u043ewner",
        "@owner.",
        "'@owner'",
        "`@owner`,",
        "@owner (architecture)",
        "(owner)",
        "mailto:owner@example.org",
        "<mailto:@owner>",
    ],
    ids=ascii,
)
def test_nobody_approves_their_own_waiver_in_disguise(tmp_path: Path, name: str) -> None:
    approvers: Any = [{"name": name, "role": "architecture"}, SECURITY]
    report = scanned(waived(tree(tmp_path), record(tree(tmp_path), approvers=approvers)))
    assert "waiver-self-approved" in own(report)
    assert statuses(report)["host-engine-socket"] is Status.OPEN


def test_one_person_in_two_spellings_stands_for_one_role(tmp_path: Path) -> None:
    approvers: Any = [{"name": "@ann", "role": "architecture"}, {"name": "ann@example.org", "role": "security"}]
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=approvers))
    assert own(scanned(folder)) == ["waiver-lacks-role"]
    write(folder, ".dindguard.yaml", "approval: {people: {Ann: ['@ann'], Another Ann: [ann@example.org]}}\n")
    assert own(scanned(folder)) == []
    write(folder, ".dindguard.yaml", "approval: {people: {Ann: ['@ann', '@sec', '@owner']}}\n")
    assert own(scanned(folder)) == ["waiver-self-approved"]


def test_a_code_owner_may_sign_with_a_known_address(tmp_path: Path) -> None:
    approvers: Any = [{"name": "ann@example.org", "role": "architecture"}, SECURITY]
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=approvers))
    write(folder, "CODEOWNERS", "/.dindguard/ @ann @SEC\n")
    write(folder, ".dindguard.yaml", "approval: {codeowners: true}\n")
    assert own(scanned(folder)) == ["waiver-approver-unknown"]
    write(folder, ".dindguard.yaml", "approval: {codeowners: true, people: {Ann: ['@ann', ann@example.org]}}\n")
    assert own(scanned(folder)) == []


def test_alone_one_approves_oneself_and_it_is_said(tmp_path: Path) -> None:
    folder = waived(tree(tmp_path), record(tree(tmp_path), approvers=None, poc=None, expires="2027-10-01"))
    assert "waiver-malformed" in own(scanned(folder))
    write(folder, ".dindguard.yaml", "approval: {alone: true}\n")
    report = scanned(folder)
    assert own(report) == []
    (finding,) = (f for f in report.findings if f.rule.id == "host-engine-socket")
    assert finding.status is Status.WAIVED
    assert "its owner's own approval" in finding.subjects[0].reason
    waived(folder, record(folder, approvers=None, alternatives=None))
    assert "waiver-malformed" in own(scanned(folder)), "alternatives are asked for all the same"
    waived(folder, record(folder, approvers=None, expires="2027-11-03"))
    assert own(scanned(folder)) == ["waiver-too-long"], "a year at most"
