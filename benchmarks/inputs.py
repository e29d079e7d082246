"""One small file with findings in each of eight formats, and files that grow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SMALL = {
    "Compose, one finding": ("compose.yaml", "services:\n  dind:\n    image: docker:29-dind\n    privileged: true\n"),
    "Compose, several findings": (
        "compose.yaml",
        "services:\n  dind:\n    image: docker:29-dind\n    privileged: true\n    environment: {DOCKER_TLS_CERTDIR: ''}\n"
        "    ports: ['2375:2375']\n    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n",
    ),
    "Pod": (
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: docker:29-dind\n"
        "    securityContext: {privileged: true}\n  volumes: [{name: s, hostPath: {path: /var/run/docker.sock}}]\n",
    ),
    "Dockerfile": ("Dockerfile", "FROM docker:29-dind\nENV DOCKER_TLS_CERTDIR=\nRUN docker run --privileged x\n"),
    "GitLab pipeline": (
        ".gitlab-ci.yml",
        "build:\n  image: docker:29-cli\n  services: ['docker:29-dind']\n  variables: {DOCKER_TLS_CERTDIR: ''}\n"
        "  script: [docker build .]\n",
    ),
    "GitHub workflow": (
        ".github/workflows/ci.yml",
        "on: push\njobs:\n  a:\n    runs-on: self-hosted\n    container: {image: 'docker:29-cli', options: --privileged}\n"
        "    steps: [{run: docker run --privileged x}]\n",
    ),
    "Dev container": (
        ".devcontainer/devcontainer.json",
        '{"image": "docker:29-cli", "runArgs": ["--privileged"], "mounts": '
        '["source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind"]}\n',
    ),
    "Terraform": (
        "main.tf",
        'resource "docker_container" "a" {\n  name = "a"\n  image = "docker:29-dind"\n  privileged = true\n}\n',
    ),
    "Ansible": (
        "playbook.yml",
        "- hosts: all\n  tasks:\n  - name: engine\n    community.docker.docker_container:\n      name: a\n"
        "      image: docker:29-dind\n      privileged: true\n",
    ),
}  # fmt: skip
"""File name and text, by what it is."""


def services(count: int, of: str = "s") -> str:
    """Return a Compose file with several findings for each of its services; files ``of`` other names say other things."""
    return "services:\n" + "".join(
        f"  {of}{n}:\n    image: docker:29-dind\n    privileged: true\n    # {'.' * 900}\n"
        f"    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n"
        for n in range(count)
    )


def pods(count: int) -> str:
    return "---\n".join(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}}}\nspec: {{containers: "
        f"[{{name: c, image: 'x:1', securityContext: {{privileged: false}}}}]}}\n"
        for n in range(count)
    )


def calls(count: int) -> str:
    return "#!/bin/sh\n" + "".join(f"docker run --rm image{n} make\n" for n in range(count))


GROWING: dict[str, tuple[str, Callable[[int], str], int]] = {
    "services with findings": ("compose.yaml", services, 10),
    "pods without": ("pods.yaml", pods, 40),
    "calls in a script": ("run.sh", calls, 40),
}
"""File name, what writes its text, and the smallest size."""


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
