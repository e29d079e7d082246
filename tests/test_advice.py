"""The advice of a finding fits what it is about: the platform, the kind of container, whose engine it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dindguard import reports
from dindguard.reports.masking import Masks
from dindguard.scanning import Options, scan
from support import write_files

ROOT = Path(__file__).parent.parent
SOCKET = "volumes: ['/var/run/docker.sock:/var/run/docker.sock']"
OPEN = "tcp://0.0.0.0:2375"
PLAIN = "build:\n  image: docker:29-cli\n  services: [docker:29.10.0-dind]\n  variables: {DOCKER_TLS_CERTDIR: ''}\n"
RUNNERS = "apiVersion: actions.summerwind.dev/v1alpha1\nkind: RunnerDeployment\nmetadata: {name: r}\n"

ADVICE = {
    "a service": (
        "compose.yaml",
        f"services: {{a: {{image: 'x:1', {SOCKET}}}}}",
        "host-engine-socket",
        "Take the mount away if",
    ),
    "a tool": (
        "compose.yaml",
        f"services: {{a: {{image: 'amir20/dozzle:v8', {SOCKET}}}}}",
        "host-engine-socket",
        "filtering proxy",
    ),
    "an engine": (
        "compose.yaml",
        "services: {a: {image: 'docker:29-dind', volumes: ['/var/run/docker.sock:/host.sock']}}",
        "host-engine-socket",
        "this container has an engine of its own",
    ),
    "a job": (
        ".github/workflows/a.yml",
        f"on: push\njobs: {{a: {{runs-on: [self-hosted], container: {{image: 'x:1', {SOCKET}}}, steps: [{{run: make}}]}}}}",
        "host-engine-socket",
        "Give the job an engine of its own",
    ),
    "a workplace": (
        ".devcontainer/devcontainer.json",
        '{"image": "x:1", "runArgs": ["-v", "/var/run/docker.sock:/var/run/docker.sock"]}',
        "host-engine-socket",
        "Leave the socket out if",
    ),
    "a script's engine": ("run.sh", f"#!/bin/sh\ndockerd -H {OPEN} &\n", "unauthenticated-engine-api", "over SSH"),
    "an image's engine": (
        "Dockerfile",
        f'FROM debian:13\nCMD ["dockerd", "-H", "{OPEN}"]\n',
        "unauthenticated-engine-api",
        "Take the tcp:// listener out",
    ),
    "the entry point's engine": (
        ".gitlab-ci.yml",
        f"{PLAIN}  script: [docker run x]\n",
        "unauthenticated-engine-api",
        "Leave DOCKER_TLS_CERTDIR",
    ),
    "a controller's engine": (
        "r.yaml",
        f"{RUNNERS}spec: {{template: {{spec: {{repository: a/b}}}}}}\n",
        "privileged-engine",
        "Have the controller add no engine",
    ),
    "a frozen client": (
        "compose.yaml",
        "services: {a: {image: 'docker:stable'}}",
        "archived-builder",
        "docker:29.10.0-cli",
    ),
    "an old builder": (
        "compose.yaml",
        "services: {a: {image: 'gcr.io/kaniko-project/executor:v1.9.0'}}",
        "archived-builder",
        "rootless BuildKit",
    ),
    "a Podman that copies": (
        ".gitlab-ci.yml",
        "a: {image: 'quay.io/podman/stable:v5.6', script: [podman --storage-driver=vfs build .]}",
        "copying-storage-driver",
        "'overlay' is the default",
    ),
    "a Docker that copies": (
        "compose.yaml",
        "services: {a: {image: 'docker:29-dind', command: [--storage-driver=vfs]}}",
        "copying-storage-driver",
        "overlay2 then works in a nested",
    ),
    "an engine of a workplace": (
        ".devcontainer/devcontainer.json",
        '{"image": "docker:29-dind", "privileged": true, "overrideCommand": false}',
        "privileged-engine",
        "on Docker Desktop",
    ),
}


@pytest.mark.parametrize("about", ADVICE)
def test_the_advice_fits(tmp_path: Path, about: str) -> None:
    name, text, rule, words = ADVICE[about]
    write_files(tmp_path, {name: text})
    findings = [f for f in scan(Options(paths=(tmp_path,), root=tmp_path)).findings if f.rule.id == rule]
    assert findings
    assert all(words in reports.advice(finding) for finding in findings), [reports.advice(f) for f in findings]


def test_a_secret_is_no_place_for_the_certificates_that_an_engine_makes(tmp_path: Path) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes: [{name: c, secret: {secretName: c}}]\n"
        "  containers:\n    - name: dind\n      image: docker:29.10.0-dind\n      securityContext: {privileged: true}\n"
        "      volumeMounts: [{name: c, mountPath: /certs, readOnly: true}]\n"
    )
    write_files(tmp_path, {"pod.yaml": pod})
    findings = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    (finding,) = (each for each in findings if each.rule.id == "read-only-certificate-directory")
    assert "which nobody can to a Secret" in reports.advice(finding)


def test_nothing_of_our_own_advice_looks_like_a_secret() -> None:
    masks = Masks(None)
    for module in (ROOT / "rules" / "dindguard_rules").glob("*.py"):
        texts = (
            each.value for each in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(each, ast.Constant)
        )
        advice = [text for text in texts if isinstance(text, str) and " " in text and "\n" not in text]
        assert not [text for text in advice if "***" in masks.line(text)], module.name
