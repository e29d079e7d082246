"""What shows only between files and resources, each with the near miss that differs by one word."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dindguard.findings import Finding
from dindguard.rules import Profile
from dindguard.scanning import Options, Report, scan
from support import write_files

DIND = "docker:29.10.0-dind"


def scanned(folder: Path, files: Mapping[str, str]) -> Report:
    write_files(folder, files)
    return scan(Options(paths=(folder,), root=folder, untrusted=True))


def found(folder: Path, files: Mapping[str, str], rule: str) -> list[Finding]:
    report = scanned(folder, files)
    assert not report.incomplete, report.notices
    return [finding for finding in report.findings if finding.rule.id == rule]


def the(findings: list[Finding]) -> Finding:
    assert len(findings) == 1, [f"{each.span}: {each.message}" for each in findings]
    return findings[0]


def place(finding: Finding) -> str:
    return f"{finding.span.path}:{finding.span.line}"


def related(finding: Finding) -> set[str]:
    return {f"{step.span.path}:{step.span.line}" for step in finding.related}


def path(finding: Finding) -> list[str]:
    return [f"{step.span.path}:{step.span.line} {step.what}" for step in finding.path]


def subjects(finding: Finding) -> list[str]:
    return [subject.label for subject in finding.subjects]


# -- shared data roots ------------------------------------------------------------------------------

TWO_ENGINES = f"""services:
  one: {{image: "{DIND}", volumes: ["state:/var/lib/docker"]}}
  two: {{image: "{DIND}", volumes: ["SECOND:/var/lib/docker"]}}
volumes: {{state: {{}}, other: {{}}}}
"""


def test_data_root_of_two_services(tmp_path: Path) -> None:
    finding = the(found(tmp_path, {"compose.yaml": TWO_ENGINES.replace("SECOND", "state")}, "shared-data-root"))
    assert (place(finding), related(finding)) == ("compose.yaml:3", {"compose.yaml:2"})


def test_own_data_roots_of_two_services(tmp_path: Path) -> None:
    assert not found(tmp_path, {"compose.yaml": TWO_ENGINES.replace("SECOND", "other")}, "shared-data-root")


def one_project(name: str) -> str:
    service = f'{{image: "{DIND}", volumes: ["state:/var/lib/docker"]}}'
    return f"name: {name}\nservices:\n  dind: {service}\nvolumes:\n  state:\n"


@pytest.mark.parametrize(("external", "together"), [("engines", True), ("elsewhere", False)])
def test_data_root_of_two_projects(tmp_path: Path, external: str, together: bool) -> None:
    files = {
        "a/compose.yaml": one_project("a") + "    name: engines\n",
        "b/compose.yaml": one_project("b") + f"    external: true\n    name: {external}\n",
    }
    findings = found(tmp_path, files, "shared-data-root")
    assert bool(findings) is together
    if together:
        assert {place(findings[0]), *related(findings[0])} == {"a/compose.yaml:3", "b/compose.yaml:3"}


def test_the_same_host_path_in_unrelated_projects(tmp_path: Path) -> None:
    text = f'services:\n  dind: {{image: "{DIND}", volumes: ["/srv/engine:/var/lib/docker"]}}\n'
    assert not found(tmp_path, {"a/compose.yaml": text, "b/compose.yaml": text}, "shared-data-root")


def engine_pod(kind: str, name: str, volume: str, more: str = "", container: str = "") -> str:
    """Return a workload of Kubernetes whose engine mounts the volume ``state`` at line 14."""
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: ci}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  {more or "replicas: 1"}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: dind
          image: {DIND}
          {container or "args: []"}
          volumeMounts: [{{name: state, mountPath: /var/lib/docker}}]
          securityContext: {{privileged: true}}
      {volume}
"""


CLAIM = "volumes: [{name: state, persistentVolumeClaim: {claimName: CLAIM}}]"


@pytest.mark.parametrize(("second", "together"), [("engines", True), ("others", False)])
def test_claim_of_two_deployments(tmp_path: Path, second: str, together: bool) -> None:
    files = {
        "a.yaml": engine_pod("Deployment", "a", CLAIM.replace("CLAIM", "engines")),
        "b.yaml": engine_pod("Deployment", "b", CLAIM.replace("CLAIM", second)),
    }
    findings = found(tmp_path, files, "shared-data-root")
    assert bool(findings) is together
    if together:
        assert (place(the(findings)), related(findings[0])) == ("b.yaml:14", {"a.yaml:14"})


def test_replicas_of_a_deployment_share_its_claim(tmp_path: Path) -> None:
    text = engine_pod("Deployment", "a", CLAIM.replace("CLAIM", "engines"), "replicas: 3")
    finding = the(found(tmp_path, {"a.yaml": text}, "replicated-data-root"))
    assert place(finding) == "a.yaml:14"
    assert "a.yaml:6" in related(finding)


def test_replicas_of_a_stateful_set_have_their_own(tmp_path: Path) -> None:
    text = engine_pod("StatefulSet", "a", "terminationGracePeriodSeconds: 30", "replicas: 3")
    text += "  volumeClaimTemplates: [{metadata: {name: state}, spec: {accessModes: [ReadWriteOnce]}}]\n"
    assert not found(tmp_path, {"a.yaml": text}, "replicated-data-root")


@pytest.mark.parametrize(
    ("volume", "replicas", "unsafe"),
    [
        ("hostPath: {path: /srv/engine}", 2, True),
        ("hostPath: {path: /srv/engine}", "1\n  strategy: {type: Recreate}", False),
        ("emptyDir: {}", 2, False),
    ],
)
def test_several_pods_on_one_nodes_directory(tmp_path: Path, volume: str, replicas: object, unsafe: bool) -> None:
    text = engine_pod("Deployment", "a", f"volumes: [{{name: state, {volume}}}]", f"replicas: {replicas}")
    assert bool(found(tmp_path, {"a.yaml": text}, "replicated-data-root")) is unsafe


# -- a client against its engine --------------------------------------------------------------------


def client_pod(host: str, namespace: str = "ci", more: str = "") -> str:
    """Return a pod whose client's address is at line 8."""
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: client, namespace: {namespace}}}
spec:
  containers:
    - name: job
      image: docker:29.10.0-cli
      env: [{{name: DOCKER_HOST, value: "{host}"}}{more}]
"""


def service(port: int, target: int) -> str:
    return f"""apiVersion: v1
kind: Service
metadata: {{name: dind, namespace: ci}}
spec:
  selector: {{app: dind}}
  ports: [{{port: {port}, targetPort: {target}}}]
"""


ENGINE = engine_pod("Deployment", "dind", "volumes: [{name: state, emptyDir: {}}]")
OPEN_ENGINE = engine_pod(
    "Deployment", "dind", "volumes: [{name: state, emptyDir: {}}]", container='env: [{name: DOCKER_TLS_CERTDIR, value: ""}]'
)  # fmt: skip


@pytest.mark.parametrize("name", ["dind", "dind.ci", "dind.ci.svc", "dind.ci.svc.cluster.local"])
def test_client_of_a_service_without_tls(tmp_path: Path, name: str) -> None:
    files = {"engine.yaml": ENGINE, "service.yaml": service(2376, 2376), "job.yaml": client_pod(f"tcp://{name}:2376")}
    finding = the(found(tmp_path, files, "client-engine-tls-mismatch"))
    assert place(finding) == "job.yaml:8"
    assert "engine.yaml:12" in related(finding)


@pytest.mark.parametrize(
    ("port", "target", "namespace", "host", "mismatch"),
    [
        (2375, 2375, "ci", "tcp://dind:2375", False),
        (80, 2375, "ci", "tcp://dind:80", False),
        (2376, 2376, "ci", "tcp://dind:2376", True),
        (2376, 2376, "dev", "tcp://dind:2376", False),
        (2376, 2376, "dev", "tcp://dind.ci:2376", True),
    ],
)
def test_port_behind_a_service(
    tmp_path: Path, port: int, target: int, namespace: str, host: str, mismatch: bool
) -> None:
    files = {
        "engine.yaml": OPEN_ENGINE,
        "service.yaml": service(port, target),
        "job.yaml": client_pod(host, namespace),
    }
    findings = found(tmp_path, files, "client-engine-tls-mismatch")
    assert bool(findings) is mismatch


def test_name_of_a_service_that_the_certificate_lacks(tmp_path: Path) -> None:
    tls = ", {name: DOCKER_TLS_VERIFY, value: '1'}, {name: DOCKER_CERT_PATH, value: /certs/client}"
    files = {
        "engine.yaml": ENGINE,
        "service.yaml": service(2376, 2376),
        "job.yaml": client_pod("tcp://dind:2376", more=tls),
    }
    finding = the(found(tmp_path / "without", files, "server-name-not-in-certificate"))
    assert place(finding) == "job.yaml:8"
    assert "engine.yaml:12" in related(finding)
    named = ENGINE.replace("args: []", "env: [{name: DOCKER_TLS_SAN, value: 'DNS:dind'}]")
    assert not found(tmp_path / "with", {**files, "engine.yaml": named}, "server-name-not-in-certificate")


QUADRUPLE = f"""services:
  dind: {{image: "{DIND}", privileged: true, volumes: ["certs:/certs/client", "state:/var/lib/docker"]}}
  job:
    image: docker:29.10.0-cli
    environment: {{DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}}
    volumes: ["VOLUME:/certs/client:ro"]
    links: ["dind:docker"]
volumes: {{certs: {{}}, other: {{}}, state: {{}}}}
"""


def test_certificates_in_another_volume(tmp_path: Path) -> None:
    without = QUADRUPLE.replace('    volumes: ["VOLUME:/certs/client:ro"]\n', "")
    finding = the(found(tmp_path / "without", {"compose.yaml": without}, "client-certificates-missing"))
    assert (place(finding), "compose.yaml:2" in related(finding)) == ("compose.yaml:5", True)
    with_volume = {"compose.yaml": QUADRUPLE.replace("VOLUME", "certs")}
    assert [each.rule.id for each in scanned(tmp_path / "with", with_volume).findings] == ["privileged-engine"]


# -- who reaches an engine that asks nobody ---------------------------------------------------------


def test_users_behind_a_service_are_named(tmp_path: Path) -> None:
    files = {
        "engine.yaml": OPEN_ENGINE,
        "service.yaml": service(2375, 2375),
        "job.yaml": client_pod("tcp://dind.ci:2375", "dev"),
    }
    report = scanned(tmp_path, files)
    finding = the([each for each in report.findings if each.rule.id == "unauthenticated-engine-api"])
    assert place(finding) == "engine.yaml:13"
    assert {"service.yaml:6", "job.yaml:8"} <= related(finding)
    job = next(each for each in report.model.containers if each.name == "job")
    assert [f"{step.span.path}:{step.span.line}" for step in job.escape.steps] == [
        "job.yaml:6", "job.yaml:8", "job.yaml:8", "engine.yaml:15", "engine.yaml:11",
    ]  # fmt: skip


def test_users_on_a_network_of_two_projects(tmp_path: Path) -> None:
    engine = f"""services:
  dind:
    image: {DIND}
    privileged: true
    environment: {{DOCKER_TLS_CERTDIR: ""}}
    networks: [engines]
networks:
  engines: {{name: engines}}
"""
    client = """services:
  job:
    image: docker:29.10.0-cli
    environment: {DOCKER_HOST: "tcp://dind:2375"}
    networks: [shared]
networks:
  shared: {external: true, name: NAME}
"""
    files = {"engine/compose.yaml": engine, "job/compose.yaml": client.replace("NAME", "engines")}
    finding = the(found(tmp_path / "same", files, "unauthenticated-engine-api"))
    assert place(finding) == "engine/compose.yaml:5"
    assert "job/compose.yaml:4" in related(finding)
    files["job/compose.yaml"] = client.replace("NAME", "others")
    finding = the(found(tmp_path / "other", files, "unauthenticated-engine-api"))
    assert "job/compose.yaml:4" not in related(finding)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('ports: ["2375:2375"]', "whoever reaches the host"),
        ("network_mode: host", "whoever can connect to the host"),
        ('ports: ["127.0.0.1:2375:2375"]', "every user and program of the host"),
        ("restart: always", "every container on its network"),
    ],
)
def test_circle_of_an_open_engine(tmp_path: Path, setting: str, words: str) -> None:
    text = f"""services:
  dind:
    image: {DIND}
    environment: {{DOCKER_TLS_CERTDIR: ""}}
    {setting}
  app: {{image: "example/app:1"}}
"""
    finding = the(found(tmp_path, {"compose.yaml": text}, "unauthenticated-engine-api"))
    assert words in finding.message
    assert place(finding) == "compose.yaml:4"


def test_client_of_a_published_port(tmp_path: Path) -> None:
    text = f"""services:
  dind:
    image: {DIND}
    privileged: true
    environment: {{DOCKER_TLS_CERTDIR: ""}}
    ports: ["12375:2375"]
  job:
    image: docker:29.10.0-cli
    environment: {{DOCKER_HOST: "tcp://host.docker.internal:12375"}}
"""
    report = scanned(tmp_path, {"compose.yaml": text})
    finding = the([each for each in report.findings if each.rule.id == "unauthenticated-engine-api"])
    assert {"compose.yaml:6", "compose.yaml:9"} <= related(finding)
    assert not [each for each in report.findings if each.rule.id == "client-engine-tls-mismatch"]


# -- build, image, data root ------------------------------------------------------------------------

BUILT = """services:
  dind: {build: ./dind, privileged: true}
  client: {image: "docker:29.10.0-cli", environment: {DOCKER_HOST: "tcp://dind:2375"}}
"""


def test_build_leads_to_its_dockerfile(tmp_path: Path) -> None:
    files = {"compose.yaml": BUILT, "dind/Dockerfile": f'FROM {DIND}\nENV DOCKER_TLS_CERTDIR=""\n'}
    findings = found(tmp_path / "open", files, "unauthenticated-engine-api")
    finding = next(each for each in findings if place(each) == "dind/Dockerfile:2")
    assert "compose.yaml:2" in {*related(finding), *(f"{s.span.path}:{s.span.line}" for s in finding.subjects)}
    files["dind/Dockerfile"] = f"FROM {DIND}\nENV DOCKER_TLS_CERTDIR=/certs\n"
    assert not found(tmp_path / "closed", files, "unauthenticated-engine-api")


def test_volume_of_the_image_holds_the_data_root(tmp_path: Path) -> None:
    base = "FROM ubuntu:24.04\nRUN apt-get install -y docker-ce\n"
    start = 'ENTRYPOINT ["dockerd"]\n'
    files = {"compose.yaml": "services:\n  dind: {build: ., privileged: true}\n", "Dockerfile": base + start}
    assert found(tmp_path / "without", files, "data-root-on-overlay")
    files["Dockerfile"] = f"{base}VOLUME /var/lib/docker\n{start}"
    assert not found(tmp_path / "with", files, "data-root-on-overlay")


# -- a runner and its pipeline ----------------------------------------------------------------------

PIPELINE = f"""build:
  image: docker:29.10.0-cli
  services: ["{DIND}"]
  variables: {{DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}}
  script: [docker build .]
test:
  image: docker:29.10.0-cli
  script: [docker info]
"""


def runner(settings: str, concurrent: int = 1, more: str = "") -> str:
    """Return a runner's configuration with settings from line 6."""
    return (
        f'concurrent = {concurrent}\n[[runners]]\n  name = "nested"\n  executor = "docker"\n'
        f"  [runners.docker]\n{settings}\n{more}"
    )


def with_runner(configuration: str) -> dict[str, str]:
    return {".gitlab-ci.yml": PIPELINE, "runner/config.toml": configuration}


def test_runner_without_the_certificates_volume(tmp_path: Path) -> None:
    files = with_runner(runner('privileged = true\nvolumes = ["/cache"]'))
    finding = the(found(tmp_path / "without", files, "client-certificates-missing"))
    assert (place(finding), ".gitlab-ci.yml:3" in related(finding)) == (".gitlab-ci.yml:4", True)
    files = with_runner(runner('privileged = true\nvolumes = ["/certs/client", "/cache"]'))
    assert not found(tmp_path / "with", files, "client-certificates-missing")


def test_socket_for_every_job(tmp_path: Path) -> None:
    files = with_runner(runner('volumes = ["/var/run/docker.sock:/var/run/docker.sock"]'))
    finding = the(found(tmp_path, files, "host-engine-socket"))
    assert place(finding) == "runner/config.toml:6"
    assert {".gitlab-ci.yml:1", ".gitlab-ci.yml:6"} <= related(finding)
    assert "job 'build'" in subjects(finding)
    assert finding.path


@pytest.mark.parametrize(("concurrent", "unsafe"), [(1, False), (4, True)])
def test_data_root_of_concurrent_jobs(tmp_path: Path, concurrent: int, unsafe: bool) -> None:
    files = with_runner(runner('volumes = ["/cache/docker:/var/lib/docker"]', concurrent))
    report = scanned(tmp_path, files)
    findings = [each for each in report.findings if each.rule.id == "replicated-data-root"]
    assert bool(findings) is unsafe
    if unsafe:
        assert place(the(findings)) == "runner/config.toml:6"
        assert {"runner/config.toml:1", ".gitlab-ci.yml:3"} <= related(findings[0])
    assert not [each for each in report.findings if each.rule.id == "shared-data-root"]


def test_privilege_for_every_job(tmp_path: Path) -> None:
    files = with_runner(runner("privileged = true"))
    report = scanned(tmp_path / "one", files)
    finding = the([each for each in report.findings if each.rule.id.startswith("privileged-")])
    assert (finding.rule.id, place(finding)) == ("privileged-runner", "runner/config.toml:6")
    assert {".gitlab-ci.yml:1", ".gitlab-ci.yml:6"} <= related(finding)


def test_privilege_for_services_alone(tmp_path: Path) -> None:
    files = with_runner(runner("privileged = false\nservices_privileged = true"))
    finding = the([each for each in scanned(tmp_path, files).findings if each.rule.id.startswith("privileged-")])
    assert (finding.rule.id, place(finding)) == ("privileged-engine", "runner/config.toml:7")
    assert ".gitlab-ci.yml:3" in related(finding)


def test_two_runners_tell_nothing_about_a_job(tmp_path: Path) -> None:
    files = with_runner(runner("privileged = true"))
    files["other/config.toml"] = runner("privileged = false")
    finding = the(found(tmp_path, files, "privileged-runner"))
    assert not any(name.startswith(".gitlab-ci.yml") for name in related(finding))


# -- base and overlay, namespace and pod ------------------------------------------------------------


def test_overlay_of_a_base(tmp_path: Path) -> None:
    patch = "- op: add\n  path: /spec/template/spec/containers/0/env\n  value: [{name: DOCKER_TLS_CERTDIR, value: VALUE}]\n"
    files = {
        "base/kustomization.yaml": "resources: [engine.yaml]\n",
        "base/engine.yaml": ENGINE,
        "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml, target: {kind: Deployment}}]\n",
        "prod/patch.yaml": patch.replace("VALUE", '""'),
    }
    finding = the(found(tmp_path / "open", files, "unauthenticated-engine-api"))
    assert place(finding) == "prod/patch.yaml:3"
    files["prod/patch.yaml"] = patch.replace("VALUE", "/certs")
    assert not found(tmp_path / "closed", files, "unauthenticated-engine-api")


@pytest.mark.parametrize(("level", "conflict"), [("restricted", True), ("privileged", False)])
def test_labels_of_a_namespace_reach_its_pods(tmp_path: Path, level: str, conflict: bool) -> None:
    namespace = f"""apiVersion: v1
kind: Namespace
metadata:
  name: ci
  labels:
    pod-security.kubernetes.io/enforce: {level}
"""
    findings = found(tmp_path, {"namespace.yaml": namespace, "engine.yaml": ENGINE}, "pod-security-conflict")
    assert bool(findings) is conflict
    if conflict:
        assert {place(the(findings)), *related(findings[0])} >= {"engine.yaml:15", "namespace.yaml:6"}


# -- one root cause ---------------------------------------------------------------------------------


def test_five_users_of_one_anchor(tmp_path: Path) -> None:
    users = "".join(f'  user{number}:\n    <<: *base\n    image: "example/app:{number}"\n' for number in range(5))
    text = f"x-base: &base\n  volumes: [/var/run/docker.sock:/var/run/docker.sock]\nservices:\n{users}"
    finding = the(found(tmp_path, {"compose.yaml": text}, "host-engine-socket"))
    assert place(finding) == "compose.yaml:2"
    assert subjects(finding) == [f"service 'user{number}'" for number in range(5)]
    assert len(related(finding)) >= 5


def test_way_to_the_host_in_words(tmp_path: Path) -> None:
    text = """services:
  runner:
    image: example/ci:1
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
"""
    finding = the(found(tmp_path, {"compose.yaml": text}, "host-engine-socket"))
    assert path(finding) == [
        "compose.yaml:2 code in service 'runner'",
        "compose.yaml:4 service 'runner' reaches the host's docker socket",
        "compose.yaml:4 a new container with / mounted is root there",
        "compose.yaml:2 root on the host",
    ]


def test_way_through_a_proxy(tmp_path: Path) -> None:
    text = """services:
  proxy:
    image: tecnativa/docker-socket-proxy:0.4.1
    environment: {POST: 1, CONTAINERS: 1}
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
  job:
    image: docker:29.10.0-cli
    environment: {DOCKER_HOST: "tcp://proxy:2375"}
"""
    report = scanned(tmp_path, {"compose.yaml": text})
    job = next(each for each in report.model.containers if each.name == "job")
    assert [step.span.line for step in job.escape.steps] == [6, 8, 2, 8, 6]
    closed = scanned(tmp_path / "closed", {"compose.yaml": text.replace("POST: 1", "POST: 0")})
    assert next(each for each in closed.model.containers if each.name == "job").escape is None


# -- the lines of one script ------------------------------------------------------------------------

SCRIPT = """#!/bin/sh
docker network create nested
{before}
docker run -d --name dind --network nested --runtime sysbox-runc {image}
{between}
docker run --rm --network nested -e DOCKER_HOST=tcp://dind:2376 -e DOCKER_TLS_VERIFY=1 docker:29.10.0-cli docker pull example/app
"""


def said(folder: Path, rule: str, before: str = "", between: str = "", image: str = DIND) -> list[Finding]:
    write_files(folder, {"start.sh": SCRIPT.format(before=before, between=between, image=image)})
    report = scan(Options(paths=(folder,), root=folder, untrusted=True, profile=Profile.ALL))
    return [finding for finding in report.findings if finding.rule.id == rule]


@pytest.mark.parametrize(
    ("between", "awaited"),
    [
        ("", False),
        ("docker pull example/app", False),
        ("docker inspect dind", False),
        ("until docker inspect -f '{{.State.Health.Status}}' dind | grep -q ^healthy; do sleep 1; done", True),
        ("timeout 60 sh -c 'until docker exec dind docker info; do sleep 1; done'", True),
    ],
)
def test_script_that_waits_between_two_starts(tmp_path: Path, between: str, awaited: bool) -> None:
    assert bool(said(tmp_path, "engine-not-awaited", between=between)) is not awaited


@pytest.mark.parametrize(("tag", "moving"), [("docker:29-dind", False), ("docker:28-dind", True)])
def test_image_that_the_same_script_builds(tmp_path: Path, tag: str, moving: bool) -> None:
    findings = said(tmp_path, "unpinned-engine-image", before=f"docker build --tag {tag} .", image="docker:29-dind")
    assert bool([each for each in findings if each.span.line == 4]) is moving


# -- the engine of a runner whose configuration Terraform hands to its pod -------------------------------

RUNNER_CONFIG = """log: {level: info}
runner: {capacity: 1}
container:
  privileged: true
  docker_host: unix:///run/podman/podman.sock
  options: -v /etc/containers/mirrors.conf:/etc/containers/mirrors.conf:ro
  valid_volumes: ["**"]
"""
RUNNER_POD = """resource "kubernetes_config_map" "runner" {
  metadata { name = "runner-config" }
  data = { "config.yaml" = templatefile("${path.module}/config.yaml.tpl", { a = "b" }) }
}
resource "kubernetes_deployment" "runner" {
  metadata { name = "runner" }
  spec {
    template {
      spec {
        init_container {
          name  = "register"
          image = "registry.example/runner:1"
          volume_mount {
            name       = "config"
            mount_path = "/config/config.yaml"
            sub_path   = "config.yaml"
          }
        }
        container {
          name  = "runner"
          image = "registry.example/runner:1"
          security_context {
            privileged  = false
            run_as_user = 1001
          }
          volume_mount {
            name       = "config"
            mount_path = "/config/config.yaml"
            sub_path   = "config.yaml"
          }
          volume_mount {
            name       = "socket"
            mount_path = "/run/podman"
          }
        }
        volume {
          name = "config"
          config_map { name = kubernetes_config_map.runner.metadata[0].name }
        }
        volume {
          name = "socket"
          empty_dir {}
        }
      }
    }
  }
}
"""


def of_runner(folder: Path, pod: str) -> dict[str, str]:
    report = scanned(folder, {"main.tf": pod, "config.yaml.tpl": RUNNER_CONFIG})
    return {
        each.rule.id: f"{each.severity.word} {each.message}"
        for each in report.findings
        if each.span.path != "main.tf"
    }


def test_a_runners_engine_in_its_own_pod_is_not_the_hosts(tmp_path: Path) -> None:
    found = of_runner(tmp_path, RUNNER_POD)
    assert "host-engine-socket" not in found
    assert found["privileged-runner"].startswith("medium")
    assert (
        found["host-system-mount"]
        == "low the runner default can read /etc/containers/mirrors.conf of container 'runner', its host"
    )


def test_a_runners_engine_on_the_node_is_the_hosts(tmp_path: Path) -> None:
    found = of_runner(tmp_path, RUNNER_POD.replace("empty_dir {}", 'host_path { path = "/run/podman" }'))
    assert found["host-engine-socket"].startswith("critical")
    assert found["privileged-runner"].startswith("high")


# -- paths below a variable -----------------------------------------------------------------------------

BELOW_A_VARIABLE = {
    "shared/compose.yaml": "services: {app: {build: {context: '${ROOT}/', dockerfile: none/Dockerfile}}}\n",
    "web/compose.yaml": """services:
  app:
    extends: {file: '${ROOT}/shared/compose.yaml', service: app}
    build: {dockerfile: images/web/Dockerfile}
    pid: host
""",
    "images/web/Dockerfile": "FROM alpine:3.22\nUSER app\n",
}


@pytest.mark.parametrize(("user", "words"), [("app", ""), ("root", ", and as root can signal them")])
def test_a_dockerfile_below_a_variable_is_that_from_the_root(tmp_path: Path, user: str, words: str) -> None:
    files = {name: text.replace("USER app", f"USER {user}") for name, text in BELOW_A_VARIABLE.items()}
    message = the(found(tmp_path, files, "host-pid-namespace")).message
    assert message == f"service 'app' sees the host's processes{words}"


# -- what a test gives a role ------------------------------------------------------------------------------

ROLE_IN_A_TEST = {
    "roles/engine/tasks/main.yml": """- ansible.builtin.user: {name: "{{ someone }}", groups: docker, append: true}
  when: not (in_a_test | default(false))
""",
    "roles/engine/defaults/main.yml": "someone: me\n",
    "roles/engine/molecule/default/converge.yml": "- hosts: all\n  vars: {in_a_test: true}\n  roles: [engine]\n",
}


def test_what_a_test_gives_a_role_is_nobody_elses(tmp_path: Path) -> None:
    finding = the(found(tmp_path, ROLE_IN_A_TEST, "docker-group-access"))
    assert not [step.what for step in finding.related if "false by default" in step.what]


def test_what_a_play_gives_a_role_counts(tmp_path: Path) -> None:
    files = {**ROLE_IN_A_TEST, "site.yml": ROLE_IN_A_TEST["roles/engine/molecule/default/converge.yml"]}
    finding = the(found(tmp_path, files, "docker-group-access"))
    assert [step.what for step in finding.related if "false by default" in step.what]


# -- pieces of Dockerfiles ------------------------------------------------------------------------------------

PIECE = """- ansible.builtin.blockinfile:
    path: /srv/build/Dockerfile
    block: |
      FIRST
      RUN apt-get install -y docker.io && usermod -aG docker web
"""


@pytest.mark.parametrize(("first", "told"), [("USER root", 0), ("FROM alpine:3.22\n      FORM typo", 1)])
def test_a_piece_that_is_written_into_a_dockerfile_is_not_broken(tmp_path: Path, first: str, told: int) -> None:
    report = scanned(tmp_path, {"play.yml": "- hosts: all\n  tasks:\n" + _indented(PIECE.replace("FIRST", first))})
    assert len([each for each in report.notices if each.kind == "malformed"]) == told


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())
