"""``dindguard formats`` says what the packages say, of all of them, and what it says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dindguard.formats
from dindguard import surfaces
from dindguard.cli import cli
from dindguard.cli.formats_ import unread_kinds
from dindguard.documents import readers, syntax
from dindguard.errors import UserError
from dindguard.formats import registry
from dindguard.formats.describing import descriptions
from dindguard.formats.recognition import Recogniser, formats_in
from dindguard.source import Source

PACKAGES = sorted(path.parent.name for path in Path(dindguard.formats.__file__).parent.glob("*/__init__.py"))
FIXTURES = Path(__file__).parent.parent / "fixtures"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["formats", *arguments])


def test_every_package_is_described() -> None:
    assert sorted(row.package for row in registry.declared()) == PACKAGES
    found = descriptions()
    assert sorted(each.name for each in found) == list(registry.names())
    for each in found:
        assert each.reads, f"{each.name}: the docstring of its package says what is read"
        assert each.known_by, f"{each.name}: the docstring of its shape says by what a document is known"
        re.compile(each.names)


def test_shapes_say_of_what_they_are_true() -> None:
    shapes = [row.shape for row in registry.declared() if row.shape is not None]
    assert [shape.__name__ for shape in shapes if not (shape.__doc__ or "").startswith("Whether ")] == []


def test_text_names_all_and_wraps() -> None:
    shown = run()
    assert shown.exit_code == 0
    for each in descriptions():
        assert f"{each.title}  {each.name}" in shown.output
    assert "Known by name, and not read" in shown.output
    lines = [line for line in shown.output.splitlines() if not line.startswith("  names")]
    assert max(map(len, lines)) <= 100


def test_json_says_the_same() -> None:
    shown = json.loads(run("-f", "json").output)
    assert shown["version"] == 1
    assert [each["name"] for each in shown["formats"]] == [each.name for each in descriptions()]
    assert shown["known_by_name_only"] == list(unread_kinds())
    azure = next(each for each in shown["formats"] if each["name"] == "azure-pipelines")
    assert "templates of other repositories" in azure["not_read"]
    assert azure["known_by"].startswith("a document has stages, jobs or steps")


def test_one_format() -> None:
    shown = run("compose")
    assert shown.output.startswith("Docker Compose  compose\n")
    assert "Known by name" not in shown.output


def test_a_format_that_is_none() -> None:
    shown = run("azure-pipeline")
    assert isinstance(shown.exception, UserError)
    assert "did you mean 'azure-pipelines'?" in str(shown.exception)


def test_what_is_modelled_is_shown_by_fixtures_on_both_sides() -> None:
    """A format without an unsafe and a safe file of its own is not in the list."""
    found: dict[str, set[str]] = {}
    for path in sorted(FIXTURES.glob("*/*")):
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        for file in files:
            name = file.relative_to(path if path.is_dir() else path.parent).as_posix()
            for row in formats_in(Source(name, file.read_text("utf-8"))):
                found.setdefault(row.name, set()).add(path.name.partition(".")[0].partition("-")[0])
    lacking = {name: {"bad", "good"} - found.get(name, set()) for name in registry.names()}
    assert {name: sides for name, sides in lacking.items() if sides} == {}


def test_kinds_that_are_not_read_are_named_by_no_format() -> None:
    unread = set(unread_kinds())
    assert "Earthfile" in unread
    named = [
        name
        for name, what in surfaces.NAMES.items()
        if what in unread and Recogniser().name_says_enough(Source(name, ""))
    ]
    assert named == []
    assert not any(surfaces.is_read(what) for what in unread)
    kinds = {*surfaces.NAMES.values(), *surfaces.EXTENSIONS.values()}
    assert {what for what in kinds if surfaces.is_read(what)} == kinds - unread


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        ("Ansible role", "roles/a/tasks/main.yml", "- docker_container: {name: a, image: b}"),
        ("Ansible variables", "group_vars/all.yml", "docker_daemon_options: {debug: true}"),
        ("Groovy script", "ci.groovy", "node { sh 'docker ps' }"),
        ("CircleCI pipeline", ".circleci/config.yml", "version: 2.1\njobs: {a: {machine: true, steps: [checkout]}}"),
        ("ECS task definition", "taskdef.json", '{"family": "a", "containerDefinitions": [{"name": "a", "image": "b"}]}'),
        ("Gitea runner configuration", "runner/config.yaml", "log: {}\nrunner: {}\ncontainer: {privileged: false}"),
        ("Helmfile", "helmfile.yaml", "releases: [{name: a, chart: b/gitlab-runner, values: [{runners: {privileged: true}}]}]"),
        ("Jenkins configuration", "jenkins.yaml", "jenkins: {clouds: [{docker: {templates: []}}]}"),
    ],
)  # fmt: skip
def test_kinds_that_are_read_by_their_shape(kind: str, path: str, text: str) -> None:
    source = Source(path, text)
    (node, *_) = readers.reader(syntax.by_name(path))(source).documents
    assert Recogniser().formats_of(source, node), kind
    assert kind not in unread_kinds()
