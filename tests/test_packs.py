"""Rules from elsewhere: only those the command line names, never from what is scanned, and never half."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dindguard.cli import cli
from dindguard.errors import USAGE, UserError
from dindguard.packs import load_packs
from dindguard.rules import API
from dindguard.scanning import Options, scan
from manifests import write_files

RULE = '''"""A container has a name.

## Why it matters
It does not.

## Instead
Nothing.

## When it is fine
Always.

## References
- https://example.org/
"""
from collections.abc import Iterator
from dindguard.api import Container, Problem, Severity, rule

@rule("named-container", each=Container, severity=Severity.LOW, category="test", since="1.0")
def check(container: Container) -> Iterator[Problem]:
    """Report everything."""
    yield Problem(container, f"{container} has a name")
'''
TREE = {"repo/.git/HEAD": "", "repo/compose.yaml": "services: {web: {image: 'docker:cli', pid: host}}\n"}


@pytest.fixture(autouse=True)
def forget_packs() -> Iterator[None]:
    before, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith(("my_rules", "acme")):
            del sys.modules[name]


def local(folder: Path) -> tuple[str, ...]:
    return tuple(rule.id for rule in load_packs((), [folder], []))


def install(folder: Path, files: dict[str, str], package: str = "acme_rules") -> None:
    """Put a distribution with an entry point on the path, as an installer would."""
    meta = {
        "acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n",
        "acme-1.0.dist-info/entry_points.txt": f"[dindguard.rules]\nacme = {package}\n",
    }
    write_files(folder, {**files, **meta})
    sys.path.insert(0, str(folder))


def test_a_folder_of_rules(tmp_path: Path) -> None:
    write_files(tmp_path, {**TREE, "my_rules/__init__.py": "", "my_rules/named.py": RULE})
    report = scan(Options(paths=(tmp_path / "repo",), rules_dirs=(tmp_path / "my_rules",)))
    mine = [finding for finding in report.findings if finding.rule.pack]
    assert [(finding.rule.id, finding.rule.pack, finding.message) for finding in mine] == [
        ("local/named-container", "local", "service 'web' has a name")
    ]
    assert str(tmp_path) not in sys.path


def test_an_installed_pack_speaks_only_when_it_is_named(tmp_path: Path) -> None:
    init = f"DINDGUARD_API = {API}\n"
    install(
        tmp_path / "site",
        write_files(tmp_path, TREE) and {"acme_rules/__init__.py": init, "acme_rules/named.py": RULE},
    )
    silent = scan(Options(paths=(tmp_path / "repo",)))
    assert not [rule for rule in silent.rules if rule.pack]
    assert "acme_rules" not in sys.modules
    report = scan(Options(paths=(tmp_path / "repo",), packs=("acme",)))
    assert "acme/named-container" in {finding.rule.id for finding in report.findings}
    shown = CliRunner().invoke(cli, ["explain", "--pack", "acme", "acme/named-container", "-f", "json"])
    assert json.loads(shown.output)["pack"] == "acme"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"acme_rules/__init__.py": "", "acme_rules/r.py": RULE}, "written for rule API None"),
        ({"acme_rules/__init__.py": "DINDGUARD_API = 99"}, "written for rule API 99"),
        ({"acme_rules/__init__.py": "import no_such_module"}, "No module named 'no_such_module'"),
        ({"acme_rules/__init__.py": f"DINDGUARD_API = {API}"}, "holds no rule"),
        ({"acme_rules/__init__.py": f"DINDGUARD_API = {API}", "acme_rules/r.py": "1 / 0"}, "division by zero"),
        ({}, "No module named 'acme_rules'"),
    ],
)
def test_a_pack_that_does_not_load_ends_the_scan(tmp_path: Path, files: dict[str, str], message: str) -> None:
    install(tmp_path, files)
    with pytest.raises(UserError, match=message) as raised:
        load_packs(["acme"], [], [])
    assert raised.value.exit_code == USAGE


def test_a_pack_that_is_not_installed() -> None:
    with pytest.raises(UserError, match="'nobody' is not installed"):
        load_packs(["nobody"], [], [])


def test_one_id_cannot_come_twice(tmp_path: Path) -> None:
    write_files(tmp_path, {"my_rules/__init__.py": "", "my_rules/a.py": RULE, "my_rules/b.py": RULE})
    with pytest.raises(UserError, match="twice: local/named-container"):
        local(tmp_path / "my_rules")
    write_files(tmp_path, {f"{name}/__init__.py": "" for name in ("my_rules_a", "my_rules_b")})
    write_files(tmp_path, {f"{name}/r.py": RULE for name in ("my_rules_a", "my_rules_b")})
    with pytest.raises(UserError, match="come twice"):
        load_packs((), [tmp_path / "my_rules_a", tmp_path / "my_rules_b"], [])


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing", "no such folder"), ("my-rules", "new Python package name"), ("json", "new Python package name")],
)
def test_folders_that_cannot_be_a_package(tmp_path: Path, name: str, message: str) -> None:
    if name != "missing":
        write_files(tmp_path, {f"{name}/r.py": RULE})
    with pytest.raises(UserError, match=message):
        local(tmp_path / name)


@pytest.mark.parametrize("scanned", ["repo", "repo/my_rules", "."])
def test_what_is_scanned_never_supplies_code(tmp_path: Path, scanned: str) -> None:
    write_files(
        tmp_path, {**TREE, "repo/my_rules/__init__.py": "raise SystemExit('it ran')", "repo/my_rules/r.py": RULE}
    )
    (tmp_path / "my_rules_link").symlink_to(tmp_path / "repo/my_rules")
    for folder in ("repo/my_rules", "my_rules_link"):
        with pytest.raises(UserError, match="scanned code is never run"):
            scan(Options(paths=(tmp_path / scanned,), rules_dirs=(tmp_path / folder,)))


def test_no_setting_of_the_tree_names_code(tmp_path: Path) -> None:
    for key in ("pack", "packs", "rules-dir", "rules_dirs", "plugins"):
        write_files(tmp_path, {**TREE, "repo/.dindguard.yaml": f"{key}: [my_rules]\n", "repo/my_rules/r.py": RULE})
        with pytest.raises(UserError, match=f"no setting '{key}'"):
            scan(Options(paths=(tmp_path / "repo",)))
