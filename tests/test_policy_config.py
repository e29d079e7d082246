"""The configuration, the waivers and the baseline: loaders and shipped schemas agree, faults name place and remedy."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard.cli.config_ import schema_text
from dindguard.documents import toml, yaml
from dindguard.errors import UserError
from dindguard.policy import baseline_file, config_file, waiver_file
from dindguard.rules import Severity
from dindguard.source import Source
from policy_tree import rules, scanned, tree, write

FULL: dict[str, Any] = {
    "$schema": "config.schema.json",
    "profile": "all",
    "fail-on": "medium",
    "severity": {"host-network": "low"},
    "disable": ["zombie-processes"],
    "exclude": ["vendor/"],
    "allowed-registries": ["registry.example.com"],
    "socket-users": ["registry.example.com/our/runner"],
    "minimum-engine": "29.5.1",
    "baseline": "known.json",
    "approval": {
        "require": ["privileged", "sysbox"],
        "roles": ["security"],
        "max-days": 90,
        "max-days-critical": 30,
        "warn-days": 7,
        "codeowners": True,
        "people": {"ada": ["@ada", "ada@example.org"]},
    },
}
WAIVER: dict[str, Any] = {
    "rule": "host-engine-socket",
    "file": "compose.yaml",
    "at": "services.runner",
    "mode": "socket",
    "reason": "The runner starts the stacks under test.",
    "alternatives": ["a socket proxy"],
    "poc": "https://git.example/poc/7",
    "owner": "@owner",
    "ticket": "OPS-7",
    "notes": "a node pool of its own",
    "approvers": [{"name": "@sec", "role": "security"}],
    "approved": "2026-11-01",
    "expires": "2027-01-15",
    "fingerprint": "v1:" + "0" * 32,
}
ENTRY = {"rule": "r", "file": "f", "at": "a", "danger": "0123456789abcdef"}

VALIDATORS = {
    name: jsonschema.Draft202012Validator(json.loads(schema_text(name))) for name in ("config", "waivers", "baseline")
}


def loads(name: str, data: Any) -> bool:
    """Whether the loader takes the data, written as JSON, which is YAML."""
    text = json.dumps(data)
    if name == "config":
        (document,) = yaml.read(Source(".dindguard.yaml", text)).documents
        try:
            config_file.read(document)
        except UserError:
            return False
        return True
    if name == "waivers":
        file = waiver_file.read(Source("waivers.yaml", text))
        return not file.faults and not any(waiver.faults for waiver in file.waivers)
    try:
        baseline_file.read(text, "b.json")
    except UserError:
        return False
    return True


def agrees(name: str, data: Any) -> bool:
    assert VALIDATORS[name].is_valid(data) == loads(name, data), json.dumps(data)
    return loads(name, data)


COMPLETE = {
    "config": FULL,
    "waivers": {"version": 1, "waivers": [WAIVER]},
    "baseline": {"version": 1, "findings": [ENTRY]},
}
JUNK = (None, "", " ", "word", 0, 1, -3, 1.5, True, False, [], ["word"], [""], [1], [None], {}, {"a": 1}, [[]], "1")


def places(data: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [way]
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        found += places(value, (*way, key))
    return found


@pytest.mark.parametrize("name", COMPLETE)
def test_the_schemas_are_schemas_and_take_what_is_complete(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATORS[name].schema)
    assert agrees(name, COMPLETE[name])


@pytest.mark.parametrize("name", COMPLETE)
def test_loader_and_schema_agree_on_every_place_replaced_removed_or_added(name: str) -> None:
    refused = 0
    for way in places(COMPLETE[name]):
        if not way:
            continue
        for value in (*JUNK, ...):
            data = copy.deepcopy(COMPLETE[name])
            above = data
            for step in way[:-1]:
                above = above[step]
            if value is ...:
                del above[way[-1]]
            else:
                above[way[-1]] = value
            refused += not agrees(name, data)
            if isinstance(above, dict):
                agrees(name, data | {"unheard-of": 1})
                above["unheard-of"] = value if value is not ... else 1
                agrees(name, data)
    assert refused > 30


WORDS = st.sampled_from(
    [*FULL, *FULL["approval"], "recommended", "high", "security", "host-network", "29", "29.5.1", "29.", "true", ""]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 400), WORDS)
VALUES = st.recursive(SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=4))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(list(FULL)), VALUES, max_size=4))
def test_loader_and_schema_agree_on_made_up_configurations(data: dict[str, Any]) -> None:
    agrees("config", data)


def test_yaml_and_toml_give_the_same() -> None:
    text = """\
[tool.dindguard]
profile = "all"
fail-on = "medium"
disable = ["zombie-processes"]
minimum-engine = "29.5.1"
[tool.dindguard.severity]
host-network = "low"
[tool.dindguard.approval]
max-days = 90
codeowners = true
"""
    table = toml.read(Source("pyproject.toml", text)).documents[0].at("tool", "dindguard")
    found = config_file.read(table)
    same = {name: FULL[name] for name in ("profile", "fail-on", "disable", "minimum-engine", "severity")}
    same["approval"] = {"max-days": 90, "codeowners": True}
    (document,) = yaml.read(Source(".dindguard.yaml", json.dumps(same))).documents
    expected = config_file.read(document)
    for name in ("profile", "fail_on", "disabled", "minimum_engine", "severities", "approval"):
        assert getattr(found, name) == getattr(expected, name)
    assert str(found.origins["approval.max-days"]) == "pyproject.toml:9:12"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profil: all\n", ":1:1: there is no setting 'profil' (did you mean 'profile'?)"),
        ("approval:\n  max_days: 3\n", ":2:3: there is no setting 'approval.max_days' (did you mean 'max-days'?)"),
        ("profile: al\n", ":1:10: 'profile' must be one of recommended, all (did you mean 'all'?)"),
        ("approval: {max-days: 0}\n", ":1:22: 'approval.max-days' must be a whole number above 0"),
        ("disable: zombie-processes\n", ":1:10: 'disable' must be a list of texts"),
        ("exclude: [1]\n", ":1:11: 'exclude' must be a list of texts: write '1' in quotes"),
        ("disable: [zombie-proceses]\n", "there is no rule 'zombie-proceses' (did you mean 'zombie-processes'?)"),
        ("severity: {host-network: fatal}\n", ":1:26: 'severity.host-network' must be one of"),
        ("profile: all\nprofile: all\n", ":2:1: 'profile' is there twice"),
        ("- a\n", ":1:1: the configuration must be a mapping"),
        ("profile: [\n", ":2:1: this YAML cannot be read"),
        ("profile: all\n---\nprofile: all\n", ":3:1: the configuration must be one document"),
    ],
)
def test_a_fault_names_place_and_remedy(tmp_path: Path, text: str, message: str) -> None:
    write(tree(tmp_path), ".dindguard.yaml", text)
    with pytest.raises(UserError) as caught:
        scanned(tmp_path)
    assert str(caught.value).startswith(".dindguard.yaml:")
    assert message in str(caught.value)
    scanned(tmp_path, untrusted=True)


def test_which_file_is_read(tmp_path: Path) -> None:
    tree(tmp_path, pyproject_dot_toml="[tool.dindguard]\ndisable = ['dangerous-capability']\n")
    write(tmp_path, "pyproject.toml", "[tool.dindguard]\ndisable = ['dangerous-capability']\n")
    assert rules(scanned(tmp_path)) == ["host-engine-socket"]
    write(tmp_path, ".dindguard.yaml", "fail-on: low\n")
    assert rules(scanned(tmp_path)) == ["dangerous-capability", "host-engine-socket"]
    assert scanned(tmp_path).config.fail_on is Severity.LOW
    write(tmp_path, "other.yaml", "disable: [host-engine-socket]\n")
    assert rules(scanned(tmp_path, config=tmp_path / "other.yaml")) == ["dangerous-capability"]
    assert rules(scanned(tmp_path, untrusted=True)) == ["dangerous-capability", "host-engine-socket"]
    (tmp_path / ".dindguard.yaml").unlink()
    write(tmp_path, ".dindguard.yml", "fail-on: low\n")
    with pytest.raises(UserError, match=r"call it \.dindguard\.yaml"):
        scanned(tmp_path)


def test_a_link_out_of_the_tree_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    write(tmp_path, "secret.yaml", "password: x\n")
    tree(tmp_path / "r")
    (tmp_path / "r" / ".dindguard.yaml").symlink_to(tmp_path / "secret.yaml")
    with pytest.raises(UserError, match="leads out") as caught:
        scanned(tmp_path / "r")
    assert "password" not in str(caught.value)


def test_dates_are_days() -> None:
    from dindguard.policy.typed import date_of

    assert date_of("2027-03-01") == dt.date(2027, 3, 1)
    for text in ("2027-02-30", "20270301", "2027-W09-1", "2027-3-1", "", "x"):
        assert date_of(text) is None
