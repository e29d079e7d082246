"""Branches of one condition never exist together: neither does one command the other's engine, nor share its state."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.scanning import Options, scan
from support import write_files

CHART = {"Chart.yaml": "apiVersion: v2\nname: ci\nversion: 1.0.0\n", "values.yaml": "nested: true\nmore: true\n"}
POD = """apiVersion: v1
kind: Pod
metadata: {{name: ci}}
spec:
  containers:
{{{{- if .Values.nested }}}}
    - {{name: dind, image: "docker:29-dind", command: [dockerd, -H, "tcp://127.0.0.1:2375", --tls=false]}}
{{{{- {word} }}}}
    - {{name: job, image: "docker:29-cli", env: [{{name: DOCKER_HOST, value: "tcp://localhost:2375"}}]}}
{{{{- end }}}}
"""


@pytest.mark.parametrize(
    ("word", "reached"),
    [("else", 0), ("end }}\n{{- if .Values.nested", 1), ("end }}\n{{- if .Values.more", 1)],
)
def test_who_reaches_an_engine_of_another_branch(tmp_path: Path, word: str, reached: int) -> None:
    root = write_files(tmp_path, {**CHART, "templates/pod.yaml": POD.format(word=word)})
    found = scan(Options(paths=(root,), root=root)).model.containers
    assert {each.name for each in found} == {"dind", "job"}
    (job,) = (each for each in found if each.name == "job")
    assert len(job.accesses) == reached
