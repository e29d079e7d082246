"""Documents that scripts give to commands through a heredoc, a here-string or a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.scripts.commands import Dialect, commands
from dindguard.source import Source

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: c, image: a, securityContext: {privileged: true}}]"
SERVICE = "services: {a: {image: b, privileged: true}}"
NODES = (
    "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n"
    "- extraMounts: [{hostPath: /var/run/docker.sock, containerPath: /var/run/docker.sock}]"
)
IMAGE = "FROM ubuntu:24.04\nCMD dockerd -H tcp://0.0.0.0:2375"
TARGET = 'target "a" { entitlements = ["security.insecure"] }'
SCALE_SET = "githubConfigUrl: https://github.com/a/b\ncontainerMode: {type: dind}"


def documents(script: str) -> list[str]:
    """Return what the documents of a script would be called."""
    return [each.source.hint for each in commands(Source("x.sh", script), dialect=Dialect.SHELL).embedded]


def places(root: Path, name: str, script: str) -> set[tuple[str, int]]:
    (root / name).write_text(script, "utf-8")
    return {(each.rule.id, each.span.line) for each in scan(Options(paths=(root,), root=root)).findings}


READ = (
    ("kubectl apply -f -", POD, "privileged-container", 4),
    ("kubectl -n a create --filename=-", POD, "privileged-container", 4),
    ("oc replace -f /dev/stdin", POD, "privileged-container", 4),
    ("podman kube play -", POD, "privileged-container", 4),
    ("podman play kube --network a -", POD, "privileged-container", 4),
    ("docker compose -f - up -d", SERVICE, "privileged-container", 1),
    ("sudo docker-compose --file=- -p a up", SERVICE, "privileged-container", 1),
    ("docker stack deploy -c - a", SERVICE.replace("privileged: true", "volumes: ['/:/a']"), "host-root-mount", 1),
    ("docker build -t a -", IMAGE, "unauthenticated-engine-api", 2),
    ("docker buildx build -f - .", IMAGE, "unauthenticated-engine-api", 2),
    ("podman build -f- .", IMAGE, "unauthenticated-engine-api", 2),
    ("docker buildx bake -f -", TARGET, "insecure-build-entitlement", 1),
    ("docker buildx bake -f -", '{"target": {"a": {"entitlements": ["security.insecure"]}}}', "insecure-build-entitlement", 1),
    ("kind create cluster --config=-", NODES, "host-engine-socket", 4),
    ("kind create cluster --name a --config /dev/stdin", NODES, "host-engine-socket", 4),
    ("helm install a oci://b/gha-runner-scale-set -f -", SCALE_SET, "privileged-engine", 2),
    ("helm upgrade -i a oci://b/gha-runner-scale-set --values=-", SCALE_SET, "privileged-engine", 2),
)  # fmt: skip


@pytest.mark.parametrize(("command", "text", "rule", "line"), READ, ids=[each[0] for each in READ])
def test_what_a_command_is_given_is_judged_at_its_place(
    tmp_path: Path, command: str, text: str, rule: str, line: int
) -> None:
    assert (rule, 1 + line) in places(tmp_path, "a.sh", f"{command} <<'EOF'\n{text}\nEOF\n")
    assert (rule, 2 + line) in places(tmp_path, "a.sh", f"#!/bin/sh\ncat <<'EOF' | {command}\n{text}\nEOF\n")


@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete -f -",
        "kubectl apply -f a.yaml",
        "docker compose -f a.yaml up",
        "docker compose -p - up",
        "docker stack deploy -c a.yaml -",
        "docker build -f Dockerfile -",
        "docker build -t - .",
        "docker buildx bake -f a.hcl",
        "podman kube down -",
        "kind create cluster --config a.yaml",
        "kind load docker-image -",
        "helm template a b -f a.yaml",
        "helm list -f -",
        "docker load",
        "docker login --password-stdin",
    ],
)
def test_what_a_command_does_not_read_as_a_document_is_none(command: str) -> None:
    assert documents(f"{command} <<'EOF'\n{SERVICE}\nEOF\n") == []


def test_what_two_commands_are_given_is_told_once(tmp_path: Path) -> None:
    script = f"cat <<'EOF' | tee compose.yaml | docker compose -f - up\n{SERVICE}\nEOF\n"
    (tmp_path / "a.sh").write_text(script, "utf-8")
    found = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert [(each.rule.id, each.span.line) for each in found] == [("privileged-container", 2)]


@pytest.mark.parametrize("opened", ["@'\n{}\n'@ | ", "$text = @'\n{}\n'@\n$text | "])
def test_a_powershell_script_gives_a_text_through_a_pipe(tmp_path: Path, opened: str) -> None:
    script = f"{opened.replace('{}', SERVICE)}docker compose -f - up\n"
    assert ("privileged-container", 2) in places(tmp_path, "a.ps1", script)
    assert not places(tmp_path, "a.ps1", script.replace("-f -", "-f a.yaml"))
