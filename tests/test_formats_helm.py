"""Values of charts, and the releases of Flux, Argo CD and Helmfile that give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

FLUX = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r, namespace: n}\nspec:\n"
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: r}\nspec:\n"
PRIVILEGED_RUNNER = """runners:
  config: |
    [[runners]]
      executor = "kubernetes"
      [runners.kubernetes]
        privileged = true
"""


def report_of(tmp_path: Path, files: dict[str, str]) -> Report:
    write_files(tmp_path, files)
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def found(report: Report) -> set[tuple[str, int]]:
    return {(finding.rule.id, finding.span.line) for finding in report.findings}


def privileged(report: Report) -> list[str]:
    return sorted(container.name for container in report.model.containers if container.privileged.on)


def test_a_scale_set_s_engine_is_the_chart_s(tmp_path: Path) -> None:
    values = """githubConfigUrl: a
runnerScaleSetName: builds
containerMode: {type: dind}
template:
  spec:
    containers:
      - name: runner
        image: b
        env: [{name: DOCKER_HOST, value: "tcp://c:2376"}]
      - {name: dind, image: own}
"""
    report = report_of(tmp_path, {"values.yaml": values})
    engine, runner = report.model.containers
    assert (engine.name, str(engine.image), engine.privileged.span.line) == ("dind", "docker:dind", 3)
    assert not engine.image.reference.written if engine.image else False
    assert runner.environment.value("DOCKER_HOST") == "tcp://c:2376"
    assert engine.workload.name == "builds"


@pytest.mark.parametrize("mode", ["kubernetes", "kubernetes-novolume", "''"])
def test_other_modes_of_a_scale_set_start_no_engine(tmp_path: Path, mode: str) -> None:
    report = report_of(tmp_path, {"values.yaml": f"githubConfigUrl: a\ncontainerMode: {{type: {mode}}}\n"})
    assert [container.name for container in report.model.containers] == ["runner"]


def test_the_newer_chart_of_scale_sets(tmp_path: Path) -> None:
    values = """githubConfigUrl: a
runner:
  mode: dind
  dind: {container: {image: "docker:29-dind"}}
  pod: {spec: {containers: [{name: side, image: b}]}}
"""
    report = report_of(tmp_path, {"values.yaml": values})
    assert {c.name: str(c.image) for c in report.model.containers if c.name != "runner"} == {
        "dind": "docker:29-dind",
        "side": "b",
    }


@pytest.mark.parametrize(
    "files",
    [
        {"values.yaml": PRIVILEGED_RUNNER},
        {"values.yaml": "ci:\n" + "".join(f"  {line}\n" for line in PRIVILEGED_RUNNER.splitlines())},
        {"values.yaml": "gitlabUrl: a\nrunners: {privileged: true}\n"},
        {"r.yaml": FLUX + "  values:\n" + "".join(f"    {line}\n" for line in PRIVILEGED_RUNNER.splitlines())},
        {"r.yaml": ARGO + "  source: {chart: gitlab-runner, helm: {valuesObject: {runners: {privileged: true}}}}\n"},
        {
            "r.yaml": ARGO
            + "  sources: [{chart: gitlab-runner, helm: {parameters: [{name: runners.privileged, value: 'true'}]}}]\n"
        },
        {
            "r.yaml": ARGO.replace("Application", "ApplicationSet")
            + "  template: {spec: {source: {chart: gitlab-runner, helm: {values: 'runners: {privileged: true}'}}}}\n"
        },
        {
            "r.yaml": ARGO + "  source: {path: charts/gitlab-runner, helm: {valueFiles: [../x.yaml]}}\n",
            "charts/x.yaml": "runners: {privileged: true}\n",
        },
        {
            "r.yaml": FLUX + "  chart: {spec: {chart: gitlab-runner}}\n  valuesFrom: [{kind: ConfigMap, name: c}]\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata:\n  values.yaml: |\n"
            "    runners:\n      privileged: true\n"
        },
        {
            "r.yaml": "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: r}\nspec:\n  chart: gitlab-runner\n"
            "  valuesContent: |-\n    runners:\n      privileged: true\n"
        },
        {
            "d/helmfile.yaml": "releases: [{name: r, chart: a/gitlab-runner, values: [x.yaml]}]\n",
            "d/x.yaml": "runners: {privileged: true}\n",
        },
        {"kustomization.yaml": "helmCharts: [{name: gitlab-runner, valuesInline: {runners: {privileged: true}}}]\n"},
    ],
    ids=str,
)  # fmt: skip
def test_runners_of_gitlab_wherever_their_values_are(tmp_path: Path, files: dict[str, str]) -> None:
    report = report_of(tmp_path, files)
    assert {finding.rule.id for finding in report.findings} >= {"privileged-runner"}
    if len(files) == 1 and "ConfigMap" not in files.get("r.yaml", ""):
        assert not report.coverage.blind_spots


def test_later_values_stand_over_earlier_ones(tmp_path: Path) -> None:
    files = {
        "r.yaml": ARGO
        + "  source:\n    chart: gitlab-runner\n    helm:\n      values: 'runners: {privileged: true}'\n"
        "      valuesObject: {runners: {privileged: false}}\n"
    }
    assert privileged(report_of(tmp_path, files)) == []


def test_jenkins_agents_and_their_templates(tmp_path: Path) -> None:
    values = """controller:
  image: {repository: jenkins/jenkins, tag: lts}
  JCasC:
    configScripts:
      clouds: |
        jenkins:
          clouds:
            - docker: {name: d, templates: [{labelString: l, dockerTemplateBase: {image: a, privileged: true}}]}
persistence:
  volumes: [{name: s, hostPath: {path: /var/run/docker.sock}}]
  mounts: [{name: s, mountPath: /var/run/docker.sock}]
agent:
  image: {repository: r/agent, tag: "2"}
  envVars: [{name: A, value: b}]
  additionalContainers:
    - {sideContainerName: dind, image: {repository: docker, tag: 29-dind}, privileged: true, command: dockerd-entrypoint.sh}
  additionalAgents:
    extra: {sideContainerName: side, privileged: true}
  podTemplates:
    more: |
      - name: more
        containers:
          - {name: deep, image: c, privileged: true}
  yamlTemplate: |
    spec:
      hostPID: true
"""
    report = report_of(tmp_path, {"v.yaml": values})
    assert set(privileged(report)) == {"l", "dind", "side", "deep"}
    agent = next(c for c in report.model.containers if str(c.image) == "r/agent:2")
    assert agent.environment.value("A") == "b"
    assert str(agent.namespaces.pid) == "host"
    assert ("host-engine-socket", 10) in found(report)
    assert ("privileged-engine", 16) in found(report)
    assert not report.coverage.blind_spots


def test_jenkins_chart_in_the_spelling_of_old(tmp_path: Path) -> None:
    values = "Master: {AdminUser: a}\nAgent:\n  Image: i\n  ImageTag: t\n  Privileged: true\n  volumes:\n"
    values += "    - {type: HostPath, hostPath: /var/run/docker.sock, mountPath: /var/run/docker.sock}\n"
    report = report_of(tmp_path, {"v.yaml": values})
    (agent,) = report.model.containers
    assert (str(agent.image), agent.privileged.on) == ("i:t", True)
    assert ("host-engine-socket", 7) in found(report)


def test_app_template_by_name(tmp_path: Path) -> None:
    values = """  values:
    defaultPodOptions: {hostNetwork: true}
    controllers:
      one:
        type: daemonset
        pod: {hostPID: true}
        containers:
          app:
            image: {repository: a, tag: b@sha256:c}
            env: {A: b, C: {valueFrom: {}}}
            command: run
      two:
        enabled: false
        containers: {app: {image: {repository: x}}}
    persistence:
      own: {type: hostPath, hostPath: /srv}
      off: {enabled: false, type: hostPath, hostPath: /}
      some: {type: emptyDir, advancedMounts: {one: {app: [{path: /tmp}], two: {app: [{path: /no}]}}}}
      all: {existingClaim: c, globalMounts: [{path: /data, readOnly: true}]}
      bare: {existingClaim: c}
"""
    report = report_of(tmp_path, {"r.yaml": FLUX + values})
    (app,) = report.model.containers
    assert (str(app.image), str(app.namespaces.pid), str(app.namespaces.network)) == ("a:b@sha256:c", "host", "host")
    assert app.environment.value("A") == "b"
    assert [(str(mount.target), mount.kind.value) for mount in app.mounts] == [
        ("/srv", "host path"),
        ("/tmp", "emptyDir"),
        ("/data", "persistent volume claim"),
        ("/bare", "persistent volume claim"),
    ]
    assert app.workload.address == "DaemonSet/n/r"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (
            "imageBuilderType: dind\ndind: {hostLibDir: /x, daemonset: {extraArgs: ['--mtu=1400']}}\n",
            "privileged-engine",
        ),
        ("imageBuilderType: pink\n", "privileged-engine"),
        ("imageBuilderType: host\n", "host-engine-socket"),
        ("binderhub: {imageBuilderType: host}\n", "host-engine-socket"),
    ],
)
def test_binderhub_s_builders(tmp_path: Path, values: str, rule: str) -> None:
    assert rule in {rule for rule, _ in found(report_of(tmp_path, {"hub.yaml": values}))}


def test_a_binderhub_whose_builder_is_a_variable_costs_no_file(tmp_path: Path) -> None:
    report = report_of(
        tmp_path, {"deploy.sh": "helm install hub helm-chart/binderhub --set imageBuilderType=$BUILDER\n"}
    )
    assert [each.message for each in report.notices if each.kind == "unreadable"] == []


def test_what_values_add_to_unknown_charts(tmp_path: Path) -> None:
    values = """app:
  sidecars:
    - {name: dind, image: {repository: docker, tag: 29-dind}, securityContext: {privileged: true}}
  privileged: true
other:
  dind:
    enabled: false
    image: docker:29-dind
    privileged: true
"""
    report = report_of(tmp_path, {"values.yaml": values})
    assert {each for each in found(report) if each[0] == "privileged-engine"} == {
        ("privileged-engine", 3),
        ("privileged-engine", 9),
    }
    off = next(f for f in report.findings if f.rule.id == "privileged-engine" and f.span.line == 9)
    assert "only when 'other.dind.enabled', false by default" in {step.what for step in off.related}
    (spot,) = report.coverage.blind_spots
    assert (spot.words, spot.span.line if spot.span else 0) == ("privileged: true", 4)


def test_values_that_templates_of_the_scan_take_are_theirs(tmp_path: Path) -> None:
    chart = {
        "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "c/values.yaml": "sidecars:\n  - {name: a, image: b, securityContext: {privileged: true}}\n",
        "c/templates/d.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        "    {{- toYaml .Values.sidecars | nindent 4 }}\n",
    }
    report = report_of(tmp_path, chart)
    assert len([f for f in report.findings if f.rule.id == "privileged-container"]) == 1
    assert not report.coverage.blind_spots


@pytest.mark.parametrize(
    "values",
    [
        "sidecars: docker.sock\n", "runners: [privileged]\n", "githubConfigUrl: a\ncontainerMode: dind\n", "agent: privileged\n",
        "controllers: {a: {containers: [x]}}\n", "githubConfigUrl: a\ntemplate: {spec: {containers: [1, [], {}]}}\n",
        "controller: {JCasC: {configScripts: {a: ': [docker'}}}\n", "releases: [{chart: a, values: [b, 1], set: [c]}]\n",
    ],
)  # fmt: skip
def test_nonsense_gives_nothing(tmp_path: Path, values: str) -> None:
    report = report_of(tmp_path, {"values.yaml": values})
    assert not report.findings
    assert not report.incomplete


def test_values_that_a_script_sets(tmp_path: Path) -> None:
    script = (
        "helm install arc -n ci --set githubConfigUrl=https://example.com/a --set 'containerMode.type=dind' oci://example/"
        "gha-runner-scale-set\n"
        "helm install jenkins jenkins/jenkins --set agent.privileged=$P --set-string 'a=b\\,c'\n"
    )
    write_files(tmp_path, {"install.sh": script})
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [(each.rule.id, each.span.line) for each in report.findings] == [("privileged-engine", 1)]
    assert [(each.span.line, "P is not known" in each.message) for each in report.notices] == [(2, True)]
