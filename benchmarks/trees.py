"""Trees with the proportions of real repositories: most files are no configuration, most YAML is not ours."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from benchmarks.inputs import SMALL, write


def definition(n: int) -> str:
    """Return a custom resource definition, most of which is a schema; they are the largest YAML of most repositories."""
    fields = "".join(
        f"              field{i}:\n                description: what the container's field {i} of resource {n} is for, in words\n"
        f"                type: object\n                properties:\n                  name:\n                    type: string\n"
        f"                  capabilities:\n                    type: array\n                    items: {{type: string}}\n"
        for i in range(150)
    )
    return (
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: r{n}.example.org\nspec:\n"
        f"  group: example.org\n  names: {{kind: R{n}, plural: r{n}}}\n  scope: Namespaced\n  versions:\n"
        f"  - name: v1\n    served: true\n    storage: true\n"
        f"    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n"
        f"            type: object\n            properties:\n{fields}"
    )


def deployment(n: int) -> str:
    return "---\n".join(
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{n}x{i}}}\nspec:\n  template:\n    spec:\n      containers:\n"
        f"      - name: c\n        image: example/app:1.{i}\n        securityContext: {{privileged: false, runAsUser: 1000}}\n"
        f"        resources: {{limits: {{cpu: '1', memory: 1Gi}}}}\n        env: [{{name: A, value: b}}]\n"
        for i in range(1 + n % 4)
    )


def template(n: int) -> str:
    return (
        "{{- if .Values.enabled }}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n"
        "  template:\n    spec:\n      containers:\n      - name: c\n        image: {{ .Values.image | quote }}\n"
        "        securityContext:\n          {{- toYaml .Values.securityContext | nindent 10 }}\n{{- end }}\n"
        f"# {n}\n"
    )


def settings(n: int) -> str:
    return "".join(f"key{i}:\n  nested: value{n}\n  list: [a, b, c]\n" for i in range(60))


def data(n: int) -> str:
    return (
        '{"items": ['
        + ", ".join(f'{{"id": {n * i}, "name": "n{i}", "tags": ["a", "b"]}}' for i in range(80))
        + "]}\n"
    )


def script(n: int) -> str:
    return (
        "#!/bin/sh\nset -e\n"
        + "".join(f'echo "step {i}"\nmake -C part{i} all\n' for i in range(25))
        + f"docker build -t x{n} .\n"
    )


def project(n: int) -> str:
    if n % 5 == 0:
        return SMALL["Compose, several findings"][1]
    return (
        "services:\n"
        + "".join(
            f"  s{i}:\n    image: example/app:1.{n}\n    environment: {{A: b}}\n    volumes: [data{i}:/data]\n"
            for i in range(5)
        )
        + "volumes: {"
        + ", ".join(f"data{i}: {{}}" for i in range(5))
        + "}\n"
    )


def build(n: int) -> str:
    return (
        f"FROM debian:13 AS b{n}\n"
        + "".join(f"RUN apt-get update && apt-get install -y p{i}\n" for i in range(8))
        + f"FROM b{n}\n"
    )


def code(n: int) -> str:
    return f'"""Module {n}."""\n\n\n' + "def function(argument):\n    return argument + 1\n\n\n" * 120


KINDS: list[tuple[float, str, Callable[[int], str]]] = [
    (0.045, "definitions/r{n}.yaml", definition),
    (0.045, "deploy/d{n}.yaml", deployment),
    (0.045, "chart/templates/t{n}.yaml", template),
    (0.045, "settings/s{n}.yaml", settings),
    (0.045, "data/{n}.json", data),
    (0.020, "bin/{n}.sh", script),
    (0.010, "p{n}/compose.yaml", project),
    (0.008, "i{n}/Dockerfile", build),
]
"""Share of the files, name, text. All others are code."""


def make(root: Path, files: int) -> int:
    """Write so many files and return their bytes; the same every time."""
    chance = random.Random(1)
    total = 0
    for number in range(files):
        drawn = chance.random()
        name, text = "src/m{n}.py", code
        for share, its_name, its_text in KINDS:
            if drawn < share:
                name, text = its_name, its_text
                break
            drawn -= share
        written = text(number)
        write(root / f"part{number // 40}", name.format(n=number), written)
        total += len(written)
    return total
