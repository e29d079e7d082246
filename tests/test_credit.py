"""Set-ups that are safe, or as safe as nesting gets: nothing is reported but what each row names."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.model.credit import credits_of
from dindguard.reports import model_text
from dindguard.reports.terminal import Terminal
from dindguard.scanning import Options, Report, scan
from support import write_files

DIND = "docker:29.10.0-dind@sha256:" + "0123456789abcdef" * 4
CLI = "docker:29.10.0-cli"
TLS = '{DOCKER_HOST: "tcp://docker:2376", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: /certs/client}'

SYSBOX_COMPOSE = f"""services:
  docker:
    image: {DIND}
    runtime: sysbox-runc
    mem_limit: 4g
    volumes: ["certs:/certs/client", "state:/var/lib/docker"]
  job:
    image: {CLI}
    environment: {TLS}
    volumes: ["certs:/certs/client:ro"]
volumes: {{certs: {{}}, state: {{}}}}
"""
SYSBOX_POD = f"""apiVersion: v1
kind: Pod
metadata: {{name: agent, namespace: ci}}
spec:
  runtimeClassName: sysbox-runc
  hostUsers: false
  automountServiceAccountToken: false
  containers:
    - name: dind
      image: {DIND}
      resources: {{limits: {{memory: 4Gi, cpu: "2"}}}}
      volumeMounts: [{{name: state, mountPath: /var/lib/docker}}]
  volumes: [{{name: state, emptyDir: {{}}}}]
"""
TLS_COMPOSE = SYSBOX_COMPOSE.replace("runtime: sysbox-runc", "privileged: true")
OWN_VOLUMES = f"""services:
  one: {{image: "{DIND}", privileged: true, mem_limit: 4g, volumes: ["one:/var/lib/docker"]}}
  two: {{image: "{DIND}", privileged: true, mem_limit: 4g, volumes: ["two:/var/lib/docker"]}}
volumes: {{one: {{}}, two: {{}}}}
"""
BUILDKIT_POD = """apiVersion: v1
kind: Pod
metadata: {name: buildkitd}
spec:
  automountServiceAccountToken: false
  containers:
    - name: buildkitd
      image: moby/buildkit:v0.26.0-rootless
      args: [--oci-worker-no-process-sandbox]
      securityContext:
        seccompProfile: {type: Unconfined}
        appArmorProfile: {type: Unconfined}
        runAsUser: 1000
        runAsGroup: 1000
      volumeMounts: [{name: state, mountPath: /home/user/.local/share/buildkit}]
  volumes: [{name: state, emptyDir: {}}]
"""
BUILDKIT_COMPOSE = """services:
  buildkitd:
    image: moby/buildkit:v0.26.0-rootless
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
    volumes: ["state:/home/user/.local/share/buildkit"]
volumes: {state: {}}
"""
ROOTLESS_COMPOSE = f"""services:
  docker:
    image: docker:29.10.0-dind-rootless
    security_opt: [seccomp=unconfined, apparmor=unconfined, systempaths=unconfined]
    devices: [/dev/net/tun, /dev/fuse]
    mem_limit: 4g
    volumes: ["certs:/certs/client", "state:/home/rootless/.local/share/docker"]
  job:
    image: {CLI}
    environment: {TLS}
    volumes: ["certs:/certs/client:ro"]
volumes: {{certs: {{}}, state: {{}}}}
"""
SOCKET_PROXY = """services:
  proxy:
    image: tecnativa/docker-socket-proxy:0.4.1
    environment: {POST: 0, CONTAINERS: 0, IMAGES: 1}
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    networks: [engine]
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
  reader:
    image: example/dashboard:1
    environment: {DOCKER_HOST: "tcp://proxy:2375"}
    networks: [engine]
networks:
  engine: {internal: true}
"""
PODMAN_STORE = """services:
  podman:
    image: quay.io/podman/stable:v5.6.0
    user: podman
    security_opt: [seccomp=unconfined, label=disable]
    devices: [/dev/fuse]
    volumes: ["shared:/var/lib/shared:ro", "own:/home/podman/.local/share/containers"]
  second:
    image: quay.io/podman/stable:v5.6.0
    user: podman
    security_opt: [seccomp=unconfined, label=disable]
    devices: [/dev/fuse]
    volumes: ["shared:/var/lib/shared:ro", "other:/home/podman/.local/share/containers"]
volumes: {shared: {}, own: {}, other: {}}
"""
GITLAB_TLS = f"""build:
  image: {CLI}
  services: ["{DIND}"]
  variables: {TLS.replace("{", "{DOCKER_TLS_CERTDIR: /certs, ")}
  script: [docker build -t example/app . && docker run example/app test]
"""
GITLAB_BUILDAH = """build:
  image: quay.io/buildah/stable:v1.41.0
  variables: {STORAGE_DRIVER: overlay, BUILDAH_ISOLATION: chroot}
  script: [buildah build -t example/app ., buildah push example/app]
"""
GITLAB_PODMAN = """build:
  image: {name: "quay.io/podman/stable:v5.6.0", docker: {user: podman}}
  script: [podman build -t example/app .]
"""
GITLAB_BUILDKIT = """build:
  image: {name: "moby/buildkit:v0.26.0-rootless", entrypoint: [""]}
  variables: {BUILDKITD_FLAGS: --oci-worker-no-process-sandbox}
  script: [buildctl-daemonless.sh build --frontend dockerfile.v0 --local context=. --local dockerfile=.]
"""
GITLAB_SSH = f"""build:
  image: {CLI}
  variables: {{DOCKER_HOST: "ssh://builder@builder.example.com"}}
  script: [docker build -t example/app .]
"""
REMOTE_SCRIPT = """#!/bin/sh
set -eu
docker buildx create --name remote --driver remote tcp://builder.example.com:1234 \\
  --driver-opt cacert=ca.pem,cert=cert.pem,key=key.pem
docker buildx build --builder remote -t example/app .
echo "never: docker run --privileged -v /var/run/docker.sock:/var/run/docker.sock example"
"""
PLAIN_DOCKERFILE = """FROM python:3.13-slim
# docker run --privileged -v /var/run/docker.sock:/var/run/docker.sock
RUN pip install example
USER 1000
CMD ["python", "-m", "example"]
"""
CLI_DOCKERFILE = f"""FROM {CLI} AS docker
FROM debian:13-slim
COPY --from=docker /usr/local/bin/docker /usr/local/bin/docker
USER 1000
"""
DEVCONTAINER_DOCKERFILE = """FROM mcr.microsoft.com/devcontainers/base:ubuntu-24.04
RUN apt-get update && apt-get install -y git
USER vscode
"""
KIND = """kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
  - role: worker
    extraMounts: [{hostPath: ./data, containerPath: /data}]
"""
PROXIED_SANDBOX = """services:
  docker:
    image: docker:29.10.0-dind
    runtime: sysbox-runc
    command: [dockerd, -H, "unix:///run/engine/docker.sock"]
    volumes: ["engine:/run/engine"]
  proxy:
    image: tecnativa/docker-socket-proxy:0.4.1
    environment: {POST: 1, CONTAINERS: 1}
    volumes: ["engine:/var/run"]
"""
OPEN_BUILDER = """services:
  buildkitd:
    image: moby/buildkit:v0.26.0-rootless
    command: [--addr, "tcp://0.0.0.0:1234"]
  job:
    image: docker:29.10.0-cli
    user: "1000"
    command: [buildctl, --addr, "tcp://buildkitd:1234", build]
"""
UNPRIVILEGED_POD = """apiVersion: v1
kind: Pod
metadata: {name: builder}
spec:
  containers:
    - name: dind
      image: docker:29.10.0-dind
      securityContext: {privileged: false}
"""
SANDBOXED_APP = """services:
  app: {image: example/app:1, runtime: kata, privileged: true}
  rootless: {image: example/app:1, user: "1000"}
"""
WITHOUT_CERTIFICATE = f"""services:
  docker: {{image: "{DIND}", privileged: true}}
  job:
    image: {CLI}
    environment: {{DOCKER_HOST: "tcp://docker:2376"}}
"""
ORDINARY = """services:
  web: {image: "nginx:1.29", ports: ["8080:80"], volumes: ["./site:/usr/share/nginx/html:ro"]}
  db: {image: "postgres:18", volumes: ["data:/var/lib/postgresql"]}
volumes: {data: {}}
"""


def sandboxed(runtime: str) -> str:
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: agent, namespace: ci}}
spec:
  runtimeClassName: {runtime}
  automountServiceAccountToken: false
  containers:
    - name: dind
      image: {DIND}
      securityContext: {{privileged: true}}
      resources: {{limits: {{memory: 4Gi, cpu: "2"}}}}
      volumeMounts: [{{name: state, mountPath: /var/lib/docker}}]
  volumes: [{{name: state, emptyDir: {{medium: Memory, sizeLimit: 2Gi}}}}]
"""


SAFE = [
    ("compose.yaml", SYSBOX_COMPOSE, ()),
    ("pod.yaml", SYSBOX_POD, ()),
    ("compose.yaml", TLS_COMPOSE, ("high privileged-engine",)),
    ("compose.yaml", OWN_VOLUMES, ("high privileged-engine", "high privileged-engine")),
    ("pod.yaml", BUILDKIT_POD, ()),
    ("compose.yaml", BUILDKIT_COMPOSE, ()),
    ("compose.yaml", ROOTLESS_COMPOSE, ()),
    ("pod.yaml", sandboxed("gvisor"), ("info privileged-engine",)),
    ("pod.yaml", sandboxed("kata-qemu"), ("low privileged-engine",)),
    ("compose.yaml", SOCKET_PROXY, ()),
    ("compose.yaml", PODMAN_STORE, ()),
    (".gitlab-ci.yml", GITLAB_TLS, ()),
    (".gitlab-ci.yml", GITLAB_BUILDAH, ()),
    (".gitlab-ci.yml", GITLAB_PODMAN, ()),
    (".gitlab-ci.yml", GITLAB_BUILDKIT, ()),
    (".gitlab-ci.yml", GITLAB_SSH, ()),
    ("build.sh", REMOTE_SCRIPT, ()),
    ("Dockerfile", PLAIN_DOCKERFILE, ()),
    ("Dockerfile", CLI_DOCKERFILE, ()),
    (".devcontainer/Dockerfile", DEVCONTAINER_DOCKERFILE, ()),
    ("kind.yaml", KIND, ()),
    ("compose.yaml", ORDINARY, ()),
]
NAMES = [
    "sysbox-compose", "sysbox-pod", "tls-quadruple", "own-volumes", "rootless-buildkit-pod", "rootless-buildkit-compose",
    "rootless-dind", "gvisor", "kata", "socket-proxy", "podman-additional-store", "gitlab-tls", "buildah", "podman-rootless",
    "buildkit-daemonless", "engine-over-ssh", "remote-builder", "plain-dockerfile", "client-dockerfile", "devcontainer",
    "kind", "ordinary",
]  # fmt: skip


def scanned(folder: Path, name: str, text: str) -> Report:
    write_files(folder, {name: text})
    return scan(Options(paths=(folder,), root=folder, untrusted=True))


@pytest.mark.parametrize(("name", "text", "expected"), SAFE, ids=NAMES)
def test_nothing_but_what_is_named(tmp_path: Path, name: str, text: str, expected: tuple[str, ...]) -> None:
    report = scanned(tmp_path, name, text)
    assert not report.incomplete, report.notices
    found = [f"{each.severity.word} {each.rule.id}" for each in report.findings]
    said = [f"{each.span.line}: {each.message}" for each in report.findings]
    assert sorted(found) == sorted(expected), said


# -- what a sandbox does not contain ----------------------------------------------------------------


@pytest.mark.parametrize("runtime", ["sysbox-runc", "kata-qemu", "gvisor"])
@pytest.mark.parametrize(
    ("path", "rules"),
    [("/var/run/docker.sock", {"host-engine-socket"}), ("/", {"host-root-mount"})],
)
def test_sandboxes_contain_no_mounts(tmp_path: Path, runtime: str, path: str, rules: set[str]) -> None:
    text = f"""services:
  app:
    image: example/app:1
    runtime: RUNTIME
    volumes: ["{path}:/mounted/docker.sock"]
"""
    plain = scanned(tmp_path / "plain", "compose.yaml", text.replace("    runtime: RUNTIME\n", ""))
    inside = scanned(tmp_path / "inside", "compose.yaml", text.replace("RUNTIME", runtime))
    graded = {each.rule.id: each.severity for each in inside.findings}
    if runtime == "sysbox-runc":
        assert set(graded) & {"sysbox-host-exposure", *rules}
    else:
        assert {name: graded.get(name) for name in rules} == {
            each.rule.id: each.severity for each in plain.findings if each.rule.id in rules
        }
    assert max(graded.values()) == max(each.severity for each in plain.findings)


@pytest.mark.parametrize("runtime", ["kata", "runsc"])
def test_sandboxes_contain_no_breakage(tmp_path: Path, runtime: str) -> None:
    """Client and engine disagree about TLS in a virtual machine as well."""
    text = TLS_COMPOSE.replace("privileged: true", f"runtime: {runtime}").replace(":2376", ":2375")
    findings = scanned(tmp_path, "compose.yaml", text).findings
    assert "medium client-engine-tls-mismatch" in [f"{each.severity.word} {each.rule.id}" for each in findings]


@pytest.mark.parametrize(
    ("runtime", "severity", "words"),
    [("kata-qemu", "low", "virtual machine"), ("gvisor", "info", "gVisor")],
)
def test_a_lowered_finding_says_why(tmp_path: Path, runtime: str, severity: str, words: str) -> None:
    (finding,) = scanned(tmp_path, "pod.yaml", sandboxed(runtime)).findings
    assert finding.severity.word == severity
    assert words in finding.containment
    assert runtime in finding.containment


# -- what ``dindguard model`` says ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("compose.yaml", SYSBOX_COMPOSE, "a user namespace contains its privileges"),
        ("pod.yaml", sandboxed("gvisor"), "gVisor contains its privileges"),
        ("pod.yaml", BUILDKIT_POD, "it runs containers as an ordinary user"),
        ("compose.yaml", ROOTLESS_COMPOSE, "the engine that it commands runs as an ordinary user"),
        ("compose.yaml", SOCKET_PROXY, "service 'proxy' lets it do no more than reading"),
        ("compose.yaml", SYSBOX_COMPOSE, "nothing leads on from service 'docker' to the host"),
    ],
)
def test_the_model_says_why_there_is_no_way_out(tmp_path: Path, name: str, text: str, words: str) -> None:
    report = scanned(tmp_path, name, text)
    said = {why: span for container in report.model.containers for why, span in credits_of(container)}
    (why,) = (each for each in said if each.startswith(words))
    assert said[why].path == name
    shown = model_text.render(report, Terminal(width=200))
    assert why in shown


USERNS = "a user namespace contains its privileges, though not its mounts and sockets"
VM = "a virtual machine contains its privileges, though not its mounts and sockets"
GVISOR = "gVisor contains its privileges, though not its mounts and sockets"
PLAIN = "it is not privileged"
ORDINARY_USER = "it runs containers as an ordinary user"
ROOTLESS_ENGINE = "the engine that it commands runs as an ordinary user"
NO_FURTHER = "nothing leads on from service 'docker' to the host"


@pytest.mark.parametrize(
    ("text", "credited"),
    [
        (SYSBOX_COMPOSE, {"docker": [(USERNS, 4, 14), (PLAIN, 2, 3)], "job": [(NO_FURTHER, 9, 32)]}),
        (sandboxed("gvisor"), {"dind": [(GVISOR, 5, 21)]}),
        (BUILDKIT_POD, {"buildkitd": [(ORDINARY_USER, 8, 14), (PLAIN, 11, 9)]}),
        (ROOTLESS_COMPOSE, {"docker": [(ORDINARY_USER, 3, 12), (PLAIN, 2, 3)], "job": [(ROOTLESS_ENGINE, 10, 32)]}),
        (SOCKET_PROXY, {"proxy": [], "reader": [("service 'proxy' lets it do no more than reading", 2, 3)]}),
        (PROXIED_SANDBOX, {"docker": [(USERNS, 4, 14), (PLAIN, 2, 3)], "proxy": [(NO_FURTHER, 10, 15)]}),
        (OPEN_BUILDER, {"buildkitd": [(ORDINARY_USER, 3, 12), (PLAIN, 2, 3)], "job": [(ROOTLESS_ENGINE, 4, 23)]}),
        (UNPRIVILEGED_POD, {"dind": [(PLAIN, 8, 37)]}),
        (SANDBOXED_APP, {"app": [(VM, 2, 40)], "rootless": []}),
        (
            WITHOUT_CERTIFICATE,
            {"docker": [], "job": [("it has no certificate for the engine, which asks for one", 5, 32)]},
        ),
        (ORDINARY, {"web": [], "db": []}),
    ],
    ids=[
        "sysbox", "gvisor", "rootless-builder", "rootless", "reading-proxy", "proxy-of-a-sandbox", "open-builder",
        "not-privileged", "not-an-engine", "no-certificate", "ordinary",
    ],
)  # fmt: skip
def test_what_each_container_is_credited_with_and_where_it_is_written(
    tmp_path: Path, text: str, credited: dict[str, list[tuple[str, int, int]]]
) -> None:
    report = scanned(tmp_path, "pod.yaml" if "kind: Pod" in text else "compose.yaml", text)
    found = {
        each.name: [(why, at.line, at.column) for why, at in credits_of(each)] for each in report.model.containers
    }
    assert found == credited


def test_no_credit_where_there_is_a_way_out(tmp_path: Path) -> None:
    report = scanned(tmp_path, "compose.yaml", TLS_COMPOSE)
    assert [credits_of(container) for container in report.model.containers] == [(), ()]
    assert all(container.escape for container in report.model.containers)


@pytest.mark.parametrize(
    ("runs_on", "severity"),
    [
        ("ubuntu-24.04", "low"),
        ("self-hosted", "critical"),
        ("[self-hosted, linux]", "critical"),
        ("${{ matrix.os }}", "critical"),
    ],
)
def test_a_hosted_machine_that_ends_with_the_job_lowers_privilege_and_sockets(
    tmp_path: Path, runs_on: str, severity: str
) -> None:
    (tmp_path / "ci.yaml").write_text(
        f"on: push\njobs:\n  build:\n    runs-on: {runs_on}\n    steps:\n"
        "      - run: docker run -v /var/run/docker.sock:/var/run/docker.sock example/tool:1\n"
        "      - run: docker run --privileged example/tool:1\n"
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path, untrusted=True))
    found = {finding.rule.id: finding.severity.word for finding in report.findings}
    assert found == {"host-engine-socket": severity, "privileged-container": severity}
