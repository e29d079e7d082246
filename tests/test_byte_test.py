"""The byte test rules out no file that a rule could speak of: words in comments never decide."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dindguard.documents.comments import find
from dindguard.files import decode
from dindguard.formats.recognition import Recogniser
from dindguard.scanning import Options, scan
from dindguard.source import Source
from fixture_files import Fixture, fixtures
from support import write_files

MEANT = re.compile(
    r"dindguard:|#\s*(syntax|escape|check)\s*=|#!|#cloud-config|yaml-language-server|gitea-runner", re.IGNORECASE
)
"""Comments that mean something to whoever reads the file."""


def stripped(name: str, text: str) -> str:
    """Return a file without its comments; every other character stays where it is."""
    source = Source(name, text)
    syntax = Recogniser().syntax_of(source)
    found = find(source, syntax, "") if syntax else ()
    lines = text.splitlines(keepends=True)
    for comment in found:
        if not MEANT.match(comment.text) and "dindguard:" not in comment.text and not comment.fault:
            span = comment.span
            line = lines[span.line - 1]
            if span.line == span.end_line and line[span.column - 1 : span.end_column - 1] == comment.text:
                lines[span.line - 1] = line[: span.column - 1].rstrip(" ") + line[span.end_column - 1 :]
    return "".join(lines)


@pytest.mark.parametrize("fixture", [each for each in fixtures() if each.bad], ids=lambda fixture: fixture.id)
def test_comments_do_not_decide_what_is_found(tmp_path: Path, fixture: Fixture) -> None:
    for path in fixture.files:
        target = tmp_path / path.relative_to(fixture.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = decode(path.read_bytes())
        if text is None or path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff"):
            shutil.copyfile(path, target)
        else:
            target.write_bytes(stripped(path.relative_to(fixture.root).as_posix(), text).encode())
    untrusted = not (fixture.root / ".dindguard.yaml").exists()
    if not untrusted:
        shutil.copyfile(fixture.root / ".dindguard.yaml", tmp_path / ".dindguard.yaml")
    report = scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=untrusted, select=(fixture.rule,)))
    found = {(finding.span.path, finding.span.line, finding.rule.id) for finding in report.findings}
    assert found == fixture.expected()


DEFAULTS = {
    "a runner whose controller adds an engine": (
        {
            "r.yaml": "apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nmetadata: {name: r}\n"
            "spec: {template: {spec: {repository: example/app}}}\n"
        },
        "privileged-engine",
    ),
    "a build step that asks for everything": (
        {"Dockerfile": "FROM alpine:3.22\nRUN --security=insecure true\n"},
        "insecure-build-entitlement",
    ),
    "an engine that a file's name alone tells": ({"etc/docker/daemon.json": '{"hosts": ["tcp://0.0.0.0:99"]}'}, ""),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_danger_that_is_a_default_is_seen(tmp_path: Path, name: str) -> None:
    files, rule = DEFAULTS[name]
    report = scan(Options(paths=(write_files(tmp_path, files),), root=tmp_path))
    assert report.files_read == 1
    assert not rule or rule in {finding.rule.id for finding in report.findings}


RULE = '''"""Anything: any container.

## Why it matters
It does.
"""
from collections.abc import Iterator
from dindguard.api import Container, Problem, Severity, rule

@rule("anything", each=Container, severity=Severity.LOW, category="c", since="1")
def check(container: Container) -> Iterator[Problem]:
    yield Problem(container, "it is there")
'''


def test_rules_from_elsewhere_see_every_file(tmp_path: Path) -> None:
    """Nobody knows what they speak of: the byte test stands aside."""
    pod = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b}]}\n"
    write_files(tmp_path, {"tree/pod.yaml": pod,
                           "any_rules/__init__.py": "", "any_rules/a.py": RULE})  # fmt: skip
    options = {"paths": (tmp_path / "tree",), "root": tmp_path / "tree"}
    assert scan(Options(**options)).files_read == 0
    report = scan(Options(**options, rules_dirs=(tmp_path / "any_rules",)))
    assert [finding.rule.id for finding in report.findings] == ["local/anything"]
