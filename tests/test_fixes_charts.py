"""Fixes of charts: what a template takes from the values is changed there, if all that take it want that."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.fixes.mending import Mended, mend
from dindguard.scanning import Options

VALUES = """\
# How builds run.
engine:
  # of the official image
  image: docker:24.0.1-dind
  parts: {repository: docker, tag: 24.0.1-dind}
  privileged: true
  securityContext:
    capabilities:
      add: [SYS_ADMIN, CHOWN]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers:
    - name: one
      image: %s
      securityContext: %s
"""
IMAGE = "{{ .Values.engine.image | quote }}"
PARTS = '"{{ .Values.engine.parts.repository }}:{{ .Values.engine.parts.tag }}"'
PRIVILEGED = "{privileged: {{ .Values.engine.privileged }}}"
CONTEXT = "{{- toYaml .Values.engine.securityContext | nindent 8 }}"
OLD, NEW = "24.0.1-dind", "29.10.0-dind"


def mended(folder: Path, *rules: str, values: str = VALUES, **templates: str) -> Mended:
    (folder / "templates").mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: builds\nversion: 0.1.0\n", "utf-8")
    (folder / "values.yaml").write_text(values, "utf-8")
    for name, text in templates.items():
        (folder / f"templates/{name}.yaml").write_text(text, "utf-8")
    return mend(Options(paths=(folder,), root=folder), unsafe=True, select=rules)


CASES = {
    "a value": ("end-of-life-engine", POD % ("a", IMAGE, "{}"), f"image: docker:{OLD}", f"image: docker:{NEW}"),
    "the last of several": ("end-of-life-engine", POD % ("a", PARTS, "{}"), f"tag: {OLD}", f'tag: "{NEW}"'),
    "a flag": (
        "privileged-container",
        POD % ("a", "example/a:1", PRIVILEGED),
        "privileged: true",
        "privileged: false",
    ),
    "an item": ("dangerous-capability", POD % ("a", "example/a:1", CONTEXT), "[SYS_ADMIN, CHOWN]", "[CHOWN]"),
}


@pytest.mark.parametrize(("rule", "pod", "old", "new"), CASES.values(), ids=CASES)
def test_what_one_place_takes_is_changed_in_the_values(
    rule: str, pod: str, old: str, new: str, tmp_path: Path
) -> None:
    result = mended(tmp_path, rule, pod=pod)
    assert not result.refused
    assert result.texts == {"values.yaml": VALUES.replace(old, new)}


def test_what_all_takers_want_is_changed_once(tmp_path: Path) -> None:
    pods = {name: POD % (name, "example/a:1", PRIVILEGED) for name in ("a", "b")}
    result = mended(tmp_path, "privileged-container", **pods)
    assert not result.refused
    assert len(result.made) == 2
    assert result.texts == {"values.yaml": VALUES.replace("privileged: true", "privileged: false")}


TAKERS = {
    "an engine that needs it": (POD % ("b", "docker:29.10.0-dind", PRIVILEGED), 8),
    "a condition": ("{{- if .Values.engine.privileged }}\n" + POD % ("b", "example/b:1", "{}") + "{{- end }}\n", 1),
    "all values beside it": ("data:\n  all: {{ toJson .Values.engine }}\n", 2),
    "a function": ('data:\n  all: {{ index .Values "engine" "privileged" }}\n', 2),
}


@pytest.mark.parametrize(("other", "line"), TAKERS.values(), ids=TAKERS)
def test_what_others_take_stays(other: str, line: int, tmp_path: Path) -> None:
    result = mended(tmp_path, "privileged-container", a=POD % ("a", "example/a:1", PRIVILEGED), b=other)
    assert not result.texts
    assert [each.why for each in result.refused] == [f"others use it too: templates/b.yaml:{line}"]


def test_other_values_are_no_others(tmp_path: Path) -> None:
    values = VALUES.replace("  privileged", "  privilegedPods: 3\n  privileged")
    other = "data:\n  one: {{ .Values.engine.privilegedPods }}\n  two: {{ .Values.engine.parts.tag }}\n"
    result = mended(
        tmp_path, "privileged-container", values=values, a=POD % ("a", "example/a:1", PRIVILEGED), b=other
    )
    assert result.texts == {"values.yaml": values.replace("privileged: true", "privileged: false")}


def test_a_template_keeps_what_it_may_need(tmp_path: Path) -> None:
    values = VALUES.replace("[SYS_ADMIN, CHOWN]", "[SYS_ADMIN]")
    pod = POD % ("a", "example/a:1", CONTEXT)
    result = mended(tmp_path, "dangerous-capability", values=values, pod=pod)
    assert [each.why for each in result.refused] == ["the chart's templates may need the value that would go"]


def test_values_that_were_not_scanned_stay(tmp_path: Path) -> None:
    mended(tmp_path, "privileged-container", pod=POD % ("a", "example/a:1", PRIVILEGED))
    options = Options(paths=(tmp_path / "templates",), root=tmp_path)
    result = mend(options, unsafe=True, select=("privileged-container",))
    assert not result.texts
    assert [each.why for each in result.refused] == ["values.yaml was not scanned"]
