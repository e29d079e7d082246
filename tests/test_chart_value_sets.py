"""Further files of values in a chart's folder: each alone on top of its own, and what holds only with one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Finding, Options, Report, scan
from support import write_files

CHART = {
    "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "c/values.yaml": "p: false\nreplicas: 1\nsidecars: []\n",
    "c/templates/d.yaml": """apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: a
          image: x:1
          resources: {{- toYaml .Values.limits | nindent 12 }}
          securityContext:
            privileged: {{ .Values.p }}
        {{- with .Values.sidecars }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
""",
}


def report_of(tmp_path: Path, files: dict[str, str]) -> Report:
    write_files(tmp_path, CHART | files)
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def only(report: Report, rule: str) -> Finding:
    (found,) = (finding for finding in report.findings if finding.rule.id == rule)
    return found


@pytest.mark.parametrize("name", ["values-prod.yaml", "values.prod.yaml", "prod.values.yml", "prod_values.yaml"])
def test_a_danger_of_another_set_says_where_it_is_set(tmp_path: Path, name: str) -> None:
    found = only(report_of(tmp_path, {f"c/{name}": "p: true\n"}), "privileged-container")
    assert (found.span.path, found.span.line) == ("c/templates/d.yaml", 13)
    assert [(step.what, step.span.path, step.span.line) for step in found.related] == [("set here", f"c/{name}", 1)]


@pytest.mark.parametrize("name", ["prod.yaml", "values.schema.json", "values-prod.txt"])
def test_other_files_are_no_sets_of_values(tmp_path: Path, name: str) -> None:
    assert not report_of(tmp_path, {f"c/{name}": "p: true\n"}).findings


def test_a_danger_that_only_the_chart_s_own_values_have_stays(tmp_path: Path) -> None:
    found = only(
        report_of(tmp_path, {"c/values.yaml": "p: true\n", "c/values-safe.yaml": "p: false\n"}),
        "privileged-container",
    )
    assert [step.span.path for step in found.related] == ["c/values.yaml"]
    assert len(found.subjects) == 1


def test_what_holds_with_every_set_is_one_finding_about_one_container(tmp_path: Path) -> None:
    files = {"c/values.yaml": "p: true\n", "c/values-a.yaml": "p: true\n", "c/values-b.yaml": "p: true\n"}
    found = only(report_of(tmp_path, files), "privileged-container")
    assert [subject.address for subject in found.subjects] == ["Deployment/-/d.containers.a.privileged"]
    assert "the same holds" not in found.message


def test_a_set_that_changes_nothing_about_privileges_makes_no_second_pod(tmp_path: Path) -> None:
    report = report_of(tmp_path, {"c/values-big.yaml": "replicas: 9\nlimits: {limits: {memory: 1Gi}}\n"})
    assert len(report.model.workloads) == 1


def test_pods_of_different_sets_never_meet(tmp_path: Path) -> None:
    engine = "sidecars:\n- {name: e, image: docker:29-dind, volumeMounts: [{name: d, mountPath: /var/lib/docker}]}\nown: %s\n"
    volumes = "      volumes: [{name: d, hostPath: {path: /var/lib/docker}}]\n"
    files = {
        "c/values-a.yaml": engine % 1,
        "c/values-b.yaml": engine % 2,
        "c/templates/d.yaml": CHART["c/templates/d.yaml"] + volumes,
    }
    report = report_of(tmp_path, files)
    assert len(report.model.workloads) == 3
    assert "shared-data-root" not in {finding.rule.id for finding in report.findings}


def test_a_dependency_gets_its_part_of_each_set(tmp_path: Path) -> None:
    files = {
        "p/Chart.yaml": "apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies: [{name: c}]\n",
        "p/values.yaml": "c: {replicas: 2}\n",
        "p/values-prod.yaml": "c: {p: true}\n",
        **{f"p/charts/{path}": text for path, text in CHART.items()},
    }
    found = only(report_of(tmp_path, files), "privileged-container")
    assert (found.span.path, found.related[0].span.path) == ("p/charts/c/templates/d.yaml", "p/values-prod.yaml")


def test_another_set_does_not_change_what_was_approved(tmp_path: Path) -> None:
    one = only(report_of(tmp_path / "a", {"c/values.yaml": "p: true\n"}), "privileged-container")
    both = only(
        report_of(tmp_path / "b", {"c/values.yaml": "p: true\n", "c/values-big.yaml": "replicas: 2\n"}),
        "privileged-container",
    )
    assert one.subjects[0].identity == both.subjects[0].identity
    assert one.fingerprint == both.fingerprint


def test_a_set_that_cannot_be_read_costs_nothing_else(tmp_path: Path) -> None:
    report = report_of(
        tmp_path, {"c/values-a.yaml": "p: [docker", "c/values-b.yaml": "p: true\n", "c/values-c.yaml": "- p\n"}
    )
    assert only(report, "privileged-container").related[0].span.path == "c/values-b.yaml"
