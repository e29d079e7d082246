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
from dindguard.policy import baseline_file, config_text, floor, waiver_file
from dindguard.rules import Severity
from dindguard.scanning import Options, Report, scan
from dindguard.source import Source
from policy_tree import COMPOSE, rules, scanned, tree, write

FULL: dict[str, Any] = {
    "$schema": "config.schema.json",
    "profile": "all",
    "fail-on": "medium",
    "severity": {"host-network": "low"},
    "select": ["privilege", "host-engine-socket"],
    "disable": ["zombie-processes"],
    "overrides": [
        {"paths": ["ci/"], "disable": ["host-network"], "severity": {"host-pid": "info"}, "profile": "all"},
        {"paths": ["*.tmpl"]},
    ],
    "nested": ["disable"],
    "exclude": ["vendor/"],
    "allowed-registries": ["registry.example.com"],
    "socket-users": ["registry.example.com/our/runner"],
    "minimum-engine": "29.5.1",
    "rules-as-of": "0.1.0",
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
POLICY: dict[str, Any] = {
    "$schema": "policy.schema.json",
    "profile": "all",
    "fail-on": "medium",
    "keep": ["privilege"],
    "may-exclude": ["vendor/"],
    "allowed-registries": ["registry.example.com"],
    "minimum-engine": "29.5.1",
    "approval": {
        "require": ["sysbox"],
        "roles": {"security": ["@sec"]},
        "people": {"sec": ["@sec", "sec@example.org"]},
        "max-days": 90,
        "max-days-critical": 30,
        "codeowners": True,
        "alone": False,
    },
    "runners": {"arc": {"sandbox": "vm", "ephemeral": True}},
    "runtime-classes": {"secure": "kata"},
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

SCHEMAS = {name: json.loads(schema_text(name)) for name in ("config", "policy", "waivers", "baseline")}
VALIDATORS = {name: jsonschema.validators.validator_for(schema)(schema) for name, schema in SCHEMAS.items()}


def loads(name: str, data: Any) -> bool:
    """Whether the loader takes the data, written as JSON, which is YAML."""
    text = json.dumps(data)
    if name in ("config", "policy"):
        (document,) = yaml.read(Source(".dindguard.yaml", text)).documents
        try:
            (config_text.read if name == "config" else floor.read)(document)
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
    "policy": POLICY,
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
    VALIDATORS[name].check_schema(SCHEMAS[name])
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
    found = config_text.read(table)
    same = {name: FULL[name] for name in ("profile", "fail-on", "disable", "minimum-engine", "severity")}
    same["approval"] = {"max-days": 90, "codeowners": True}
    (document,) = yaml.read(Source(".dindguard.yaml", json.dumps(same))).documents
    expected = config_text.read(document)
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


def described(schema: dict[str, Any], way: str = "") -> list[str]:
    """Return the properties of a schema that say nothing about themselves."""
    found = []
    for name, inner in schema.get("properties", {}).items():
        found += [f"{way}.{name}"] * ("description" not in inner)
        found += described(inner, f"{way}.{name}") + described(inner.get("items", {}), f"{way}.{name}[]")
    return found


def test_the_schema_can_go_to_the_schema_store() -> None:
    schema = SCHEMAS["config"]
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema["$id"] == "https://json.schemastore.org/dindguard.json"
    assert schema["title"]
    assert described(schema) == []
    for match in ("then", "if"):
        assert match in schema["properties"]["approval"]


LAYERED = """\
services:
  a:
    image: nginx:1.29
    cap_add: [SYS_ADMIN]
    pid: host
    security_opt: ['no-new-privileges:false']
"""


def everywhere(folder: Path, config: str, **files: str) -> dict[str, dict[str, str]]:
    """Return rule and severity of the open findings by file, of one Compose file in three folders."""
    tree(folder, compose_dot_yaml=LAYERED, _dot_dindguard_dot_yaml=config)
    write(folder, "ci/compose.yaml", LAYERED)
    write(folder, "ci/deep/compose.yaml", LAYERED)
    for name, text in files.items():
        write(folder, name.replace("__", "/").replace("_dot_", "."), text)
    found: dict[str, dict[str, str]] = {}
    for finding in scanned(folder).open:
        for subject in finding.subjects:
            found.setdefault(subject.path, {})[finding.rule.id] = finding.severity.word
    return found


def rules_of(report: Report, path: str) -> set[str]:
    """Return the rules that say something of one file, of its copies as well or not."""
    return {each.rule.id for each in report.open if path in [subject.path for subject in each.subjects]}


BOTH = {"dangerous-capability": "high", "host-pid-namespace": "high"}


def test_overrides_hold_for_their_paths_the_last_one_first(tmp_path: Path) -> None:
    found = everywhere(
        tmp_path,
        "overrides:\n  - {paths: [ci/], disable: [dangerous-capability], severity: {host-pid-namespace: low}}\n"
        "  - {paths: ['ci/deep/**'], severity: {host-pid-namespace: high}}\n",
    )
    assert found == {
        "compose.yaml": BOTH,
        "ci/compose.yaml": {"host-pid-namespace": "low"},
        "ci/deep/compose.yaml": {"host-pid-namespace": "high"},
    }


def test_a_profile_for_some_paths(tmp_path: Path) -> None:
    found = everywhere(tmp_path, "overrides: [{paths: [ci/deep/], profile: all}]\n")
    assert set(found["ci/deep/compose.yaml"]) > set(BOTH)
    assert set(found["compose.yaml"]) == set(BOTH)
    write(tmp_path, ".dindguard.yaml", "profile: all\noverrides: [{paths: [ci/], profile: recommended}]\n")
    report = scanned(tmp_path)
    assert rules_of(report, "ci/compose.yaml") == set(BOTH)
    assert rules_of(report, "compose.yaml") > set(BOTH)


def test_only_what_is_selected_runs(tmp_path: Path) -> None:
    assert everywhere(tmp_path, "select: [dangerous-capability]\n")["compose.yaml"] == {
        "dangerous-capability": "high"
    }
    assert rules(scanned(tmp_path, "compose.yaml", select=("host-pid-namespace",))) == ["host-pid-namespace"]
    write(tmp_path, ".dindguard.yaml", "select: [privilege]\n")
    assert "dangerous-capability" in rules(scanned(tmp_path))
    write(tmp_path, ".dindguard.yaml", "select: [privileges]\n")
    with pytest.raises(UserError, match=r"\.dindguard\.yaml:1:10: there is no rule 'privileges'"):
        scanned(tmp_path)


def said(folder: Path) -> list[str]:
    return [f"{n.span}: {n.message}" for n in scanned(folder).notices if n.kind == "not-obeyed"]


def test_a_configuration_in_a_folder_tightens(tmp_path: Path) -> None:
    found = everywhere(
        tmp_path, "severity: {host-pid-namespace: low}\n",
        ci___dot_dindguard_dot_yaml="profile: all\nseverity: {host-pid-namespace: critical}\n",
    )  # fmt: skip
    assert found["compose.yaml"] == {"dangerous-capability": "high", "host-pid-namespace": "low"}
    for path in ("ci/compose.yaml", "ci/deep/compose.yaml"):
        assert found[path]["host-pid-namespace"] == "critical"
        assert set(found[path]) > set(BOTH)
    assert said(tmp_path) == []


def test_a_configuration_in_a_folder_loosens_what_the_root_lets_it(tmp_path: Path) -> None:
    loose = "disable: [dangerous-capability]\nseverity: {host-pid-namespace: low}\n"
    found = everywhere(tmp_path, "profile: recommended\n", ci___dot_dindguard_dot_yaml=loose)
    assert found["ci/compose.yaml"] == BOTH
    assert [line.partition(": ")[0] for line in said(tmp_path)] == [
        "ci/.dindguard.yaml:1:11",
        "ci/.dindguard.yaml:2:12",
    ]
    found = everywhere(tmp_path, "nested: [disable]\n", ci___dot_dindguard_dot_yaml=loose)
    assert found["ci/compose.yaml"] == {"host-pid-namespace": "high"}
    found = everywhere(tmp_path, "nested: [disable, severity]\n", ci___dot_dindguard_dot_yaml=loose)
    assert found["ci/deep/compose.yaml"] == {"host-pid-namespace": "low"}
    assert found["compose.yaml"] == BOTH
    assert said(tmp_path) == []
    assert rules_of(scanned(tmp_path, untrusted=True), "ci/compose.yaml") == set(BOTH)


def test_a_configuration_in_a_folder_never_touches_approvals(tmp_path: Path) -> None:
    everywhere(
        tmp_path, "nested: [disable, severity, profile]\n",
        ci___dot_dindguard_dot_yaml="disable: [host-engine-socket]\nseverity: {privileged-engine: info}\n"
        "approval: {require: []}\nfail-on: critical\nexclude: ['**']\nbaseline: b.json\n",
    )  # fmt: skip
    assert [line.partition(": ")[2].partition(" is not")[0] for line in said(tmp_path)] == [
        "'disable' of host-engine-socket",
        "'severity' of privileged-engine",
        "'approval'",
        "'fail-on'",
        "'exclude'",
        "'baseline'",
    ]


def test_a_faulty_configuration_in_a_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"ci/\.dindguard\.yaml:1:1: there is no setting 'profil'"):
        everywhere(tmp_path, "profile: all\n", ci___dot_dindguard_dot_yaml="profil: all\n")
    with pytest.raises(UserError, match="there is no rule 'nonsense'"):
        everywhere(tmp_path, "profile: all\n", ci___dot_dindguard_dot_yaml="disable: [nonsense]\n")


def test_dates_are_days() -> None:
    from dindguard.policy.typed import date_of

    assert date_of("2027-03-01") == dt.date(2027, 3, 1)
    for text in ("2027-02-30", "20270301", "2027-W09-1", "2027-3-1", "", "x"):
        assert date_of(text) is None


def test_rules_newer_than_what_was_agreed_to_report_and_fail_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "compose.yaml", COMPOSE)

    def severities(text: str) -> dict[str, str]:
        write(tmp_path, ".dindguard.yaml", text)
        report = scan(Options(paths=(tmp_path,), root=tmp_path))
        return {finding.rule.id: finding.severity.word for finding in report.findings}

    usual = severities("profile: recommended\n")
    assert usual["host-engine-socket"] == "critical"
    assert severities("rules-as-of: 0.1.0\n") == usual
    held = severities("rules-as-of: '0.0.9'\nseverity: {dangerous-capability: high}\n")
    assert held == {name: "high" if name == "dangerous-capability" else "info" for name in usual}
    (finding, *_) = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert "after rules-as-of 0.0.9" in finding.containment or finding.rule.id == "dangerous-capability"
    with pytest.raises(UserError, match=r"\.dindguard\.yaml:1:14: 'rules-as-of' is above this dindguard's version"):
        severities("rules-as-of: 99.0\n")
    with pytest.raises(UserError, match="must be a version such as"):
        severities("rules-as-of: newest\n")
