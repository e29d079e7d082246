"""Who runs an engine, where it listens and whom it asks: the entry point's decision table, row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import bind, container, model, text, volume
from dindguard import Options, Severity, scan
from dindguard.model.container import ContainerKind, Role
from dindguard.model.engine import Backing, Engine, Machine, Owner
from dindguard.rules import Profile

DIND = "docker:29-dind"


def engine(**fields: object) -> Engine | None:
    found = model(container(**fields)).engines  # type: ignore[arg-type]
    return found[0] if found else None


STARTS = [
    ({"image": "docker:dind"}, True),
    ({"image": "docker:29"}, True),
    ({"image": "docker:20.10"}, False),  # the bare tag was the client before 23.0
    ({"image": "docker:29-cli"}, False),
    ({"image": "registry.example.org:5000/mirror/docker:29-dind"}, True),
    ({"image": "memcachedindex:1"}, False),
    ({"image": DIND, "command": []}, True),
    ({"image": DIND, "command": ["--tls=false"]}, True),
    ({"image": DIND, "command": ["dockerd", "--debug"]}, True),
    ({"image": DIND, "command": ["docker", "info"]}, False),
    ({"image": DIND, "command": ["sh"]}, False),
    ({"image": DIND, "command": ["dind", "dockerd"]}, True),
    ({"image": DIND, "entrypoint": ["sleep"], "command": ["9"]}, False),
    ({"image": DIND, "entrypoint": ["dockerd"]}, True),
    ({"image": DIND, "entrypoint": ["dockerd-entrypoint.sh"]}, True),
    ({"image": DIND, "entrypoint": ["tini", "--", "dockerd-entrypoint.sh", "dockerd"]}, True),
    ({"image": "ubuntu:24.04", "command": ["dockerd", "-H", "tcp://0.0.0.0:2375"]}, True),
    ({"image": "ubuntu:24.04", "command": ["echo", "dockerd"]}, False),
    ({"image": DIND, "entrypoint": ["env", "-u", "DOCKER_HOST"], "command": ["dockerd-entrypoint.sh"]}, True),
    ({"image": DIND, "entrypoint": ["env", "-u", "DOCKER_HOST"], "command": ["docker", "info"]}, False),
    ({"image": DIND, "entrypoint": ["su-exec", "root"], "command": ["dockerd"]}, True),
    ({"image": DIND, "entrypoint": ["su-exec", "dockerd"], "command": ["sh"]}, False),
    ({"image": "ubuntu:24.04", "command": ["gosu", "root", "tini", "-g", "--", "/usr/bin/dockerd"]}, True),
    ({"image": "ubuntu:24.04", "command": ["setpriv", "--reuid", "0", "dockerd"]}, True),
    ({"image": "ubuntu:24.04", "command": ["nsenter", "-t", "1", "-m", "dockerd"]}, True),
    ({"image": "ubuntu:24.04", "command": ["ssh", "host", "dockerd"]}, False),
    ({"image": "ubuntu:24.04", "command": ["exec", "-a", "engine", "dockerd"]}, True),
    ({"image": "quay.io/podman/stable", "command": ["podman", "--storage-driver=vfs", "system", "service"]}, True),
    ({"image": "quay.io/podman/stable", "command": ["podman", "run", "system", "service"]}, False),
    ({"image": "moby/buildkit:v0.31.0"}, True),
    ({"image": "quay.io/podman/stable"}, False),
    ({"image": "quay.io/podman/stable", "command": ["podman", "system", "service", "tcp://0.0.0.0:8080"]}, True),
    ({"image": DIND, "kind": ContainerKind.JOB}, False),  # a CI system replaces a job's command
]


@pytest.mark.parametrize(("fields", "starts"), STARTS, ids=lambda value: str(value))
def test_what_starts_an_engine(fields: dict[str, object], starts: bool) -> None:
    assert (engine(**fields) is not None) == starts


LISTENS = [
    # (container, {(port, authenticated, encrypted)})
    ({"image": DIND}, {(2376, True, True)}),
    ({"image": DIND, "env": {"DOCKER_TLS_CERTDIR": ""}}, {(2375, False, False)}),
    ({"image": DIND, "env": {"DOCKER_TLS_CERTDIR": "/certs"}}, {(2376, True, True)}),
    ({"image": DIND, "env": {"DOCKER_TLS_CERTDIR": None}}, {(None, None, None)}),
    ({"image": "docker:18.09.7-dind"}, {(2375, False, False)}),
    ({"image": "docker:18.09.9-dind"}, {(2375, False, False)}),
    ({"image": "docker:19.03-dind"}, {(2376, True, True)}),
    ({"image": "docker:stable-dind"}, {(2376, True, True)}),
    ({"image": DIND, "command": ["--tls=false"]}, {(2376, True, True)}),  # the wrapper's --tlsverify wins
    ({"image": DIND, "command": ["--tls=false"], "env": {"DOCKER_TLS_CERTDIR": ""}}, {(2375, False, False)}),
    ({"image": DIND, "command": ["--tlsverify=false"]}, {(2376, False, True)}),
    ({"image": DIND, "command": ["--host=tcp://0.0.0.0:2375"]}, {(2376, True, True), (2375, True, True)}),
    ({"image": DIND, "command": ["dockerd"]}, set()),
    ({"image": DIND, "command": ["dockerd", "-H", "tcp://0.0.0.0:2375"]}, {(2375, False, False)}),
    ({"image": DIND, "command": ["dockerd", "-Htcp://:2375", "--tls"]}, {(2375, True, True)}),
    ({"image": DIND, "command": ["dockerd", "-H", "tcp://0.0.0.0:2376", "--tlsverify"]}, {(2376, True, True)}),
    ({"image": DIND, "command": ["dockerd", "-H", "tcp://0.0.0.0", "--tlsverify=false"]}, {(2376, False, True)}),
    ({"image": DIND, "command": ["dockerd", "-H", "unix:///var/run/docker.sock"]}, set()),
    ({"image": "moby/buildkit:v0.31.0", "command": ["--addr", "tcp://0.0.0.0:1234"]}, {(1234, False, False)}),
    (
        {"image": "moby/buildkit:v0.31.0", "command": ["--addr", "tcp://0.0.0.0:1234", "--tlscacert", "/ca.pem"]},
        {(1234, True, True)},
    ),
]


@pytest.mark.parametrize(("fields", "expected"), LISTENS, ids=lambda value: str(value))
def test_where_it_listens_and_whom_it_asks(fields: dict[str, object], expected: set[object]) -> None:
    found = engine(**fields)
    assert found is not None
    tcp = [endpoint for endpoint in found.listens if endpoint.scheme == "tcp"]
    seen = {
        (
            endpoint.port,
            endpoint.authenticated.state if endpoint.authenticated is not None else None,
            endpoint.encrypted.state if endpoint.encrypted is not None else None,
        )
        for endpoint in tcp
    }
    assert seen == expected


BACKINGS = [
    ({"image": DIND}, Backing.ANONYMOUS_VOLUME),
    ({"image": DIND, "mounts": (volume("data", "/var/lib/docker"),)}, Backing.VOLUME),
    ({"image": DIND, "mounts": (volume("data", "/var/lib"),)}, Backing.VOLUME),
    ({"image": DIND, "mounts": (bind("/var/lib/docker", "/var/lib/docker"),)}, Backing.HOST),
    ({"image": DIND, "command": ["--data-root=/data"]}, Backing.CONTAINER_LAYER),
    ({"image": DIND, "command": ["--data-root", "/data"], "mounts": (volume("d", "/data"),)}, Backing.VOLUME),
    ({"image": "docker:29-dind-rootless"}, Backing.ANONYMOUS_VOLUME),
    ({"image": "ubuntu:24.04", "command": ["dockerd"]}, Backing.CONTAINER_LAYER),
]


@pytest.mark.parametrize(("fields", "expected"), BACKINGS, ids=lambda value: str(value))
def test_what_the_data_root_lies_on(fields: dict[str, object], expected: Backing) -> None:
    found = engine(**fields)
    assert found is not None
    assert found.backing is expected


def test_a_part_of_the_data_root_is_told_from_the_whole() -> None:
    found = engine(
        image=DIND, mounts=(volume("cache", "/var/lib/docker/overlay2"), volume("x", "/var/lib/dockerish"))
    )
    assert found is not None
    assert [mount.target.value for mount in found.partial_mounts] == ["/var/lib/docker/overlay2"]
    assert found.data_mount is None


def test_rootless_unless_somebody_makes_it_root() -> None:
    rootless = engine(image="docker:29-dind-rootless")
    assert rootless is not None
    assert rootless.rootless.on
    from build import text

    as_root = engine(image="docker:29-dind-rootless", user=text("0:0"))
    assert as_root is not None
    assert as_root.rootless.off


ROLES = [
    ({"image": DIND}, Role.ENGINE),
    ({"image": "tecnativa/docker-socket-proxy"}, Role.SOCKET_PROXY),
    ({"image": "gitlab/gitlab-runner:v18.1.0"}, Role.CI_RUNNER),
    ({"image": "docker:29-cli"}, Role.ENGINE_CLIENT),
    ({"image": "nginx", "mounts": (bind("/var/run/docker.sock", "/x"),)}, Role.ENGINE_CLIENT),
    ({"image": "nginx"}, Role.OTHER),
]


@pytest.mark.parametrize(("fields", "role"), ROLES, ids=lambda value: str(value))
def test_roles(fields: dict[str, object], role: Role) -> None:
    assert model(container(**fields)).containers[0].role is role  # type: ignore[arg-type]


def test_a_file_that_no_engine_here_reads_is_its_machines_engine(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text('{"hosts": ["tcp://0.0.0.0:2375"], "insecure-registries": ["r.example"]}')
    (engine,) = scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines
    assert engine.owned_by is Owner.MACHINE
    assert isinstance(engine.owner, Machine)
    assert engine.container is None
    assert not engine.launch.shown
    assert not engine.launch.certain
    assert [setting.value.pattern for setting in engine.settings("insecure-registry")] == ["r.example"]
    assert str(engine) == "the docker engine configured here"


def test_a_file_in_an_image_is_the_images_and_not_its_machines_as_well(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text("{}")
    (tmp_path / "Dockerfile").write_text("FROM docker:29-dind\nCOPY daemon.json /etc/docker/daemon.json\n")
    (engine,) = scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines
    assert engine.owned_by is Owner.IMAGE
    assert engine.configuration is not None
    assert engine.container is not None
    assert engine.container.engine is engine


def test_a_file_in_a_container_that_starts_no_engine_is_that_containers(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text("{}")
    (tmp_path / "Dockerfile").write_text("FROM alpine:3.22\nCOPY daemon.json /etc/docker/daemon.json\n")
    (engine,) = scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines
    assert engine.owned_by is Owner.IMAGE
    assert engine.container is not None
    assert engine.container.engine is None


FILES = [
    # (daemon.json, {(port, authenticated, encrypted, whether options may close it)})
    ('{"hosts": ["tcp://0.0.0.0:2375"]}', {(2375, False, False, False)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"]}', {(2376, False, False, True)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"], "tls": false}', {(2376, False, False, False)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"], "tls": true}', {(2376, True, True, False)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"], "tls": true, "tlsverify": false}', {(2376, False, True, False)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"], "tlsverify": true}', {(2376, True, True, False)}),
    ('{"hosts": ["tcp://0.0.0.0:2376"], "tlscacert": "/ca.pem"}', {(2376, False, False, True)}),
    ('{"hosts": ["tcp://0.0.0.0:2375", "tcp://0.0.0.0:2375"]}', {(2375, False, False, False)}),
    ('{"hosts": ["fd://", "unix:///run/docker.sock"]}', set()),
    ('{"host": ["tcp://0.0.0.0:2375"]}', set()),
    ("{}", set()),
]


@pytest.mark.parametrize(("text", "expected"), FILES, ids=lambda value: str(value))
def test_where_a_machines_engine_listens_by_its_file_alone(tmp_path: Path, text: str, expected: set[object]) -> None:
    (tmp_path / "daemon.json").write_text(text)
    (engine,) = scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines
    found = [
        (
            each.port,
            each.authenticated.state if each.authenticated is not None else None,
            each.encrypted.state if each.encrypted is not None else None,
            bool(each.open_unless),
        )
        for each in engine.listens
        if each.scheme == "tcp"
    ]
    assert set(found) == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("text", ["{}", '{"log-driver": "journald"}', '{"data-root": "/srv/docker"}'])
def test_what_a_file_does_not_say_is_no_finding(tmp_path: Path, text: str) -> None:
    (tmp_path / "daemon.json").write_text(text)
    assert scan(Options(paths=(tmp_path,), root=tmp_path, profile=Profile.ALL)).findings == ()


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("daemon.json", Severity.CRITICAL),
        ("roles/docker/files/daemon.json", Severity.CRITICAL),
        ("latest/daemon.json", Severity.CRITICAL),
        ("docs/daemon.json", Severity.HIGH),
        ("molecule/tests/etc/daemon.json", Severity.HIGH),
    ],
)
def test_an_example_weighs_one_level_less_and_says_so(tmp_path: Path, name: str, severity: Severity) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"hosts": ["tcp://0.0.0.0:2375"]}')
    (finding,) = scan(Options(paths=(tmp_path,), root=tmp_path)).findings
    assert finding.severity is severity
    assert bool(finding.containment) == (severity is not Severity.CRITICAL)


def test_an_image_that_a_container_starts_otherwise_is_not_open(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM docker:29-dind\nENV DOCKER_TLS_CERTDIR=""\n')
    alone = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert [each.rule.id for each in alone.open if each.severity >= Severity.HIGH] == ["unauthenticated-engine-api"]
    (tmp_path / "compose.yaml").write_text(
        "services:\n  e:\n    build: .\n    environment: {DOCKER_TLS_CERTDIR: /certs}\n"
    )
    both = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert "unauthenticated-engine-api" not in [each.rule.id for each in both.open]


def test_every_command_that_starts_an_engine_is_one_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text(
        "#!/bin/sh\n"
        "if [ -n \"$TLS\" ]; then\n"
        "  dockerd -H tcp://0.0.0.0:2376 --tlsverify --tlscacert=/ca.pem &\n"
        "else\n"
        "  dockerd -H tcp://0.0.0.0:2375 &\n"
        "fi\n"
        "buildkitd --addr tcp://0.0.0.0:1234 &\n"
    )  # fmt: skip
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    found = [(each.product, each.listens[0].port, bool(each.setting("tlsverify"))) for each in report.model.engines]
    assert found == [("docker", 2376, True), ("docker", 2375, False), ("buildkit", 1234, False)]
    assert [each.span.line for each in report.findings if each.rule.id == "unauthenticated-engine-api"] == [5, 7]
    assert len({each.address for each in report.model.engines}) == 3


def test_an_engine_of_several_is_commanded_by_its_port(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "services:\n"
        "  two:\n"
        "    image: docker:29-dind\n"
        "    entrypoint: [sh, -c]\n"
        "    command: ['dockerd -H tcp://0.0.0.0:2376 --tlsverify & dockerd -H tcp://0.0.0.0:2375']\n"
        "  job:\n"
        "    image: docker:29-cli\n"
        "    environment: {DOCKER_HOST: 'tcp://two:2375'}\n"
    )
    model = scan(Options(paths=(tmp_path,), root=tmp_path)).model
    (access,) = (each for each in model.accesses if each.uses)
    assert isinstance(access.to, Engine)
    assert [each.port for each in access.to.listens] == [2375]
    assert access.credentials


def test_a_script_that_an_image_runs_is_not_its_machines_as_well(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        'FROM debian:13\nRUN apt-get install -y docker.io\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\n'
    )
    (tmp_path / "start.sh").write_text("#!/bin/sh\ndockerd -H tcp://0.0.0.0:2375\n")
    (engine,) = scan(Options(paths=(tmp_path,), root=tmp_path)).model.engines
    assert engine.owned_by is Owner.IMAGE


FOLDERS = [
    # (COPY, the file, whose it is)
    ("COPY rootfs /", "rootfs/etc/docker/daemon.json", Owner.IMAGE),
    ("COPY rootfs/ /", "rootfs/etc/docker/daemon.json", Owner.IMAGE),
    ("COPY etc /etc/", "etc/docker/daemon.json", Owner.IMAGE),
    ("COPY . /", "etc/docker/daemon.json", Owner.IMAGE),
    ("COPY . /src", "etc/docker/daemon.json", Owner.MACHINE),
    ("COPY root /", "rootfs/etc/docker/daemon.json", Owner.MACHINE),
    ("COPY rootfs /opt", "rootfs/etc/docker/daemon.json", Owner.MACHINE),
]


@pytest.mark.parametrize(("copy", "name", "owner"), FOLDERS)
def test_a_file_in_a_folder_that_an_image_copies(tmp_path: Path, copy: str, name: str, owner: Owner) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM docker:29-dind\n{copy}\n")
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text('{"debug": true}')
    model = scan(Options(paths=(tmp_path,), root=tmp_path)).model
    (engine,) = (each for each in model.engines if each.configuration is not None)
    assert engine.owned_by is owner


def test_a_script_that_writes_the_file_and_starts_the_engine_is_one_engine(tmp_path: Path) -> None:
    (tmp_path / "start.sh").write_text(
        "#!/bin/sh\n"
        "cat > /etc/docker/daemon.json <<EOF\n"
        '{"tlsverify": true, "tlscacert": "/ca.pem", "tlscert": "/c.pem", "tlskey": "/k.pem"}\n'
        "EOF\n"
        "dockerd -H tcp://0.0.0.0:2376 &\n"
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    (engine,) = report.model.engines
    assert engine.configuration is not None
    assert not [each for each in report.findings if each.rule.id == "unauthenticated-engine-api"]


def test_a_stage_that_is_named_like_its_base_is_not_its_own_base(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM docker AS docker\nFROM docker AS last\n")
    found = scan(Options(paths=(tmp_path,), root=tmp_path))
    stages = {each.name: each for each in found.model.containers}
    assert stages["docker"].built_from is None
    assert stages["last"].built_from is stages["docker"]


@pytest.mark.parametrize(
    ("fields", "rootless"),
    [
        ({"kind": ContainerKind.LIVE, "user": text("1000")}, True),
        ({"kind": ContainerKind.LIVE, "user": text("0")}, False),
        ({"user": text("1000")}, False),
        ({"kind": ContainerKind.LIVE, "user": text("1000"), "entrypoint": ["dockerd"]}, False),
        ({"image": "docker:29-dind-rootless"}, True),
        ({"image": "docker:29-dind-rootless", "user": text("root")}, False),
    ],
)
def test_a_wrapper_that_runs_without_root_runs_a_rootless_engine(fields: dict[str, object], rootless: bool) -> None:
    found = engine(**{"image": DIND, **fields})
    assert found is not None
    assert found.rootless.on is rootless


@pytest.mark.parametrize(
    ("command", "env", "permits"),
    [
        ([], {}, "reading"),
        (["-allowGET=.*"], {"SP_ALLOW_HEAD": ".*"}, "reading"),
        (["-allowPOST=.*"], {}, "creating containers"),
        (["-allowPOST", "/.*"], {}, "creating containers"),
        (["-allowPOST"], {}, "changing things"),
        (["-allowPOST=^/v1\\..*/.*$"], {}, "creating containers"),
        (["-allowPOST='(/v1\\..{1,2})?/.*'"], {}, "creating containers"),
        (["-allowPOST=/v1\\..*/containers/create"], {}, "creating containers"),
        (["-allowPOST=/v1\\..*/containers/.*"], {}, "creating containers"),
        (["-allowPOST=/v1\\..*/(version|containers/.*|exec/.*)"], {}, "creating containers"),
        (["-allowPOST=/v1\\..*/containers/.*/restart"], {}, "changing things"),
        (["-allowPOST=/v1\\..*/images/.*"], {}, "changing things"),
        (["-allowPUT=.*"], {}, "changing things"),
        (["-allowPUT=.*", "-allowPOST=.*"], {}, "creating containers"),
        ([], {"SP_ALLOW_POST": ".*"}, "creating containers"),
        ([], {"SP_ALLOW_POST": "/build", "SP_ALLOW_POST_2": "/containers/create"}, "creating containers"),
        ([], {"SP_ALLOW_PUT": "/.*"}, "changing things"),
        ([], {"SP_ALLOW_POST": None}, "unknown"),
        ([], {"ALLOW_POST": ".*", "SP_ALLOWFROM": "POST"}, "reading"),
    ],
)
def test_what_a_proxys_expressions_permit(command: list[str], env: dict[str, str | None], permits: str) -> None:
    socket = bind("/var/run/docker.sock", "/var/run/docker.sock")
    proxy = container("wollomatic/socket-proxy:1.12.0", command, env=env, name="proxy", mounts=(socket,))
    client = container(name="client", image="example/app:1", env={"DOCKER_HOST": "tcp://proxy:2375"})
    (access,) = (each for each in model(proxy, client).accesses if each.who is client)
    assert access.permits == permits


@pytest.mark.parametrize(
    ("script", "ports"),
    [
        ("dockerd-entrypoint.sh & sleep 1", [2376]),
        ("dockerd-entrypoint.sh --debug & sleep 1", [2376]),
        ("dockerd-entrypoint.sh dockerd --debug & sleep 1", []),
        ("dockerd --debug & sleep 1", []),
        ("dockerd -H tcp://0.0.0.0:2375 & sleep 1", [2375]),
    ],
)
def test_a_script_starts_the_wrapper_with_its_port_or_past_it(tmp_path: Path, script: str, ports: list[int]) -> None:
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  it:\n    image: {DIND}\n    entrypoint: [sh, -c, '{script}']\n"
    )
    (found,) = scan(Options(paths=tmp_path, root=tmp_path)).model.engines
    assert [each.port for each in found.listens if each.scheme == "tcp"] == ports


def test_each_engine_reads_the_file_of_its_own_product(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text('{"storage-driver": "vfs", "data-root": "/data"}')
    (tmp_path / "compose.yaml").write_text("""services:
  docker:
    image: docker:29-dind
    volumes: ["./daemon.json:/etc/docker/daemon.json"]
  podman:
    image: quay.io/podman/stable:v5.6
    command: [podman, system, service, --time=0]
    volumes: ["./daemon.json:/etc/docker/daemon.json"]
  plain:
    image: docker:29-dind
""")
    containers = scan(Options(paths=tmp_path, root=tmp_path)).model.containers
    found = {each.name: each.engine for each in containers if each.engine is not None}
    assert {name: str(each.data_root) for name, each in found.items()} == {
        "docker": "/data", "podman": "/var/lib/containers/storage", "plain": "/var/lib/docker",
    }  # fmt: skip
    assert {name: each.storage_driver and each.storage_driver.value for name, each in found.items()} == {
        "docker": "vfs", "podman": None, "plain": None,
    }  # fmt: skip


WORKFLOW = """on: push
jobs:
  job:
    runs-on: ubuntu-24.04
    services: {docker: {image: docker:29-dind}}
    steps: [{run: docker info}]
"""


@pytest.mark.parametrize(
    ("name", "text", "unknown"),
    [
        (".gitlab-ci.yml", "job: {image: docker:29-cli, services: [docker:29-dind], script: docker info}\n", True),
        (".gitlab-ci.yml", "job: {image: docker:29-cli, services: [docker:29-dind-rootless], script: docker info}\n", False),
        (
            ".github/workflows/ci.yml",
            WORKFLOW,
            False,
        ),
    ],
)  # fmt: skip
def test_only_a_runner_of_gitlabs_decides_whether_an_engine_beside_a_job_has_privilege(
    tmp_path: Path, name: str, text: str, unknown: bool
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    containers = scan(Options(paths=tmp_path, root=tmp_path)).model.containers
    (service,) = (each for each in containers if each.kind is ContainerKind.JOB_SERVICE)
    assert service.privileged.unknown is unknown


@pytest.mark.parametrize(
    ("options", "variable", "asks"),
    [
        ([], "1", False),
        ([], "", False),
        (["--tls"], "", True),
        (["--tls=false"], "", False),
        (["--tlsverify"], "", True),
        (["--tlsverify=false"], "1", False),
        (["--tls=false"], "1", True),
    ],
)
def test_an_option_counts_before_the_variable_that_makes_an_engine_ask(
    options: list[str], variable: str, asks: bool
) -> None:
    found = engine(
        image="ubuntu:24.04", command=["dockerd", "-H", "tcp://0.0.0.0:2376", *options],
        env={"DOCKER_TLS_VERIFY": variable},
    )  # fmt: skip
    assert found is not None
    (listener,) = found.listens
    assert listener.authenticated is not None
    assert listener.authenticated.on is asks


@pytest.mark.parametrize(
    ("tag", "asks"),
    [("19.03-dind", True), ("20-dind", False), ("20.10-dind", False), ("29-dind", False), ("dind", False)],
)
def test_engines_before_20_10_obey_the_variable_alone(tag: str, asks: bool) -> None:
    found = engine(
        image=f"docker:{tag}", entrypoint=["dockerd", "-H", "tcp://0.0.0.0:2376"], env={"DOCKER_TLS_VERIFY": "1"}
    )
    assert found is not None
    (listener,) = found.listens
    assert listener.authenticated is not None
    assert listener.authenticated.on is asks


@pytest.mark.parametrize(
    ("script", "product"),
    [
        ("service docker start", "docker"),
        ("systemctl start docker.service", "docker"),
        ("systemctl start podman.socket", "podman"),
        ("systemctl start podman", "podman"),
        ("systemctl enable --now podman.socket", "podman"),
        ("systemctl enable --now docker", "docker"),
    ],
)
def test_a_service_is_the_engine_that_its_name_says(tmp_path: Path, script: str, product: str) -> None:
    (tmp_path / "compose.yaml").write_text(
        f"services:\n  it:\n    image: debian:13\n    command: [sh, -c, '{script} && sleep 1']\n"
    )
    (found,) = scan(Options(paths=tmp_path, root=tmp_path)).model.engines
    assert found.product == product
