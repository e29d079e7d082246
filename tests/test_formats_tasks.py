"""What task runners, direnv, agents' tools and Bake have run: package.json, justfile, Taskfile, .envrc, MCP, bake files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from dindguard.scripts.commands import Dialect, commands
from dindguard.source import Source
from support import write_files


def report_of(tmp_path: Path, name: str, text: str) -> Report:
    write_files(tmp_path, {name: text})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def lines(text: str) -> list[str]:
    found = commands(Source("justfile", text), dialect=Dialect.JUST).commands
    return [" ".join(word.value or f"<{word.variable}>" for word in command.words) for command in found]


RUN = "docker run a b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x:\n  @-docker run a b\n", [RUN]),
        ("x:\n  docker run a \\\n    b\n\n  docker ps\n", [RUN, "docker ps"]),
        ("i := 'a' + ' ' + \"b\" # why\nx:\n  docker run {{ i }}\n", [RUN]),
        ("i := 'a'\nj := i\nx:\n  docker run {{j}} b\n", [RUN]),
        ("i := env('I', 'a')\nx:\n  docker run {{i}} b\n", [RUN]),
        ("x i='a':\n  docker run {{i}} b\n", [RUN]),
        ("i := 'c'\nx i:\n  docker run {{i}} b\n", ["docker run <i> b"]),
        ("export I := 'a'\nx:\n  docker run $I b\n", [RUN]),
        ("set export\nI := 'a'\nx:\n  docker run $I b\n", [RUN]),
        ("i := `docker run a b`\n", [RUN]),
        ("x:\n  #!/usr/bin/env bash\n  for i in 1; do\n    docker run a b\n  done\n", [RUN]),
        ("set shell := ['pwsh', '-c']\nx:\n  & docker run a b # c\n", [RUN]),
        ("x:\n  #!/usr/bin/env python3\n  docker run a b\n", []),
        ("# docker run a b\nx := 'docker run a b'\ny:\n  # docker run a b\n  @echo docker run a b\n", []),
        ("i0 := 'a'\n" + "".join(f"i{n + 1} := i{n} + i{n}\n" for n in range(40)) + "x:\n  docker ps {{i40}}\n",
         ["docker ps <i40>"]),
    ],
)  # fmt: skip
def test_a_justfile(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


TASKFILE = """version: '3'
vars: {IMAGE: a, OTHER: {sh: docker run v}}
tasks:
  long:
    vars: {TAG: b}
    preconditions: [{sh: docker run p, msg: m}]
    status: [docker run s]
    cmds:
      - docker run {{.IMAGE}} {{.TAG}}
      - cmd: docker run c
      - defer: docker run d
      - {for: [x], cmd: docker run f}
      - task: other
  short: docker run e
  list: [docker run g, docker run h]
  own:
    vars: {IMAGE: {sh: x}}
    cmd: docker run i {{.IMAGE}}
"""


def test_every_command_of_a_taskfile(tmp_path: Path) -> None:
    found = report_of(tmp_path, "Taskfile.yml", TASKFILE).model.containers
    started = {str(each.image.name) for each in found if each.image is not None}
    assert started == {"a", *"vpscdfeghi"}
    assert "tasks.long.run.a" in {each.address for each in found}
    (own,) = [each for each in found if each.image is not None and each.image.name == "i"]
    assert own.command is not None
    assert own.command.words[0].unknown


@pytest.mark.parametrize(
    ("name", "text", "run"),
    [
        (".mcp.json", {"mcpServers": {"s": {"command": "docker", "args": ["run", "a"]}}}, True),
        ("x.json", {"mcpServers": {"s": {"command": "/usr/bin/docker", "args": ["run", "a"]}}}, True),
        (".vscode/mcp.json", {"servers": {"s": {"type": "stdio", "command": "docker", "args": ["run", "a"]}}}, True),
        ("x.json", {"mcp": {"s": {"type": "local", "command": ["docker", "run", "a"]}}}, True),
        ("settings.json", {"mcp": {"servers": {"s": {"command": "docker run a"}}}}, True),
        ("x.json", {"mcpServers": {"s": {"command": "cmd", "args": ["/c", "docker", "run", "a"]}}}, True),
        ("x.json", {"mcpServers": {"s": {"command": "sh", "args": ["-c", "exec docker run a"]}}}, True),
        ("x.json", {"mcpServers": {"s": {"command": "docker", "args": ["run", "a"], "enabled": False}}}, False),
        ("x.json", {"mcpServers": {"s": {"command": "docker", "args": ["run", "a"], "disabled": True}}}, False),
        ("x.json", {"mcpServers": {"s": {"command": "npx", "args": ["docker", "run", "a"]}}}, False),
        ("x.json", {"mcpServers": {"s": {"url": "https://example.com/docker"}}}, False),
        ("x.json", {"servers": {"s": {"command": "docker", "args": ["run", "a"]}}}, False),
    ],
)
def test_servers_that_are_containers(tmp_path: Path, name: str, text: dict[str, object], run: bool) -> None:
    started = [each for each in report_of(tmp_path, name, json.dumps(text)).model.containers if each.image]
    assert bool(started) is run


def test_what_a_client_fills_in_is_unknown(tmp_path: Path) -> None:
    servers = {"s": {"command": "docker", "args": ["run", "-v", "${workspaceFolder}:/w", "a"]}}
    report = report_of(tmp_path, ".mcp.json", json.dumps({"mcpServers": servers}))
    (container,) = [each for each in report.model.containers if each.image]
    assert container.mounts[0].source is not None
    assert container.mounts[0].source.unknown
    assert container.address == "mcpServers.s.run.a"


def test_the_engine_of_a_server(tmp_path: Path) -> None:
    server = {"command": "docker", "args": ["ps"], "env": {"DOCKER_HOST": "tcp://192.0.2.1:2375", "TOKEN": "t"}}
    report = report_of(tmp_path, ".mcp.json", json.dumps({"mcpServers": {"s": server}}))
    assert [finding.rule.id for finding in report.findings] == ["plaintext-engine-client"]


def test_a_variable_of_a_bake_file(tmp_path: Path) -> None:
    text = """variable "ENTITLEMENT" { default = "security.insecure" }
target "a" {
  entitlements = [ENTITLEMENT]
  dockerfile-inline = <<EOT
FROM example/base
RUN dockerd &
EOT
}
"""
    report = report_of(tmp_path, "docker-bake.hcl", text)
    found = {(finding.rule.id, finding.span.line) for finding in report.findings}
    assert {("insecure-build-entitlement", 3), ("engine-started-during-build", 6)} <= found
    assert any(" asks for " in finding.message for finding in report.findings)


@pytest.mark.parametrize(("host", "found"), [("tcp://192.0.2.1:2375", 1), ("unix:///run/docker.sock", 0)])
def test_the_engine_that_direnv_names(tmp_path: Path, host: str, found: int) -> None:
    assert len(report_of(tmp_path, ".envrc", f"export DOCKER_HOST={host}\n").findings) == found


@pytest.mark.parametrize(("scope", "found"), [("User", 1), ("Machine", 1), ("Process", 0)])
def test_the_engine_that_windows_keeps(tmp_path: Path, scope: str, found: int) -> None:
    text = f'[Environment]::SetEnvironmentVariable("DOCKER_HOST", "tcp://192.0.2.1:2375", "{scope}")\n'
    assert len(report_of(tmp_path, "setup.ps1", text).findings) == found


def test_a_target_has_what_it_inherits(tmp_path: Path) -> None:
    text = """target "base" {
  network      = "host"
  entitlements = ["security.insecure"]
}
target "image" { inherits = ["base", "image"] }
target "closed" {
  inherits = ["base"]
  network  = "none"
}
target "other" { inherits = ["gone"] }
"""
    report = report_of(tmp_path, "docker-bake.hcl", text)
    found = {each.name: each.build for each in report.model.containers}
    assert {name: (len(build.entitlements), str(build.network)) for name, build in found.items() if build} == {
        "base": (1, "host"),
        "image": (1, "host"),
        "closed": (1, "none"),
    }
    (insecure,) = (each for each in report.findings if each.rule.id == "insecure-build-entitlement")
    assert insecure.span.line == 3
