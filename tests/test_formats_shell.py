"""Scripts and Makefiles as objects of the model: containers, volumes, invocations, places."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard.formats import Document, Reading
from dindguard.formats.makefile import reader as makefile
from dindguard.formats.shell import reader as shell
from dindguard.model.container import Container, ContainerKind
from dindguard.model.invocation import InvocationKind
from dindguard.model.mount import Medium, MountKind
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Source, Span
from support import context_of


def read(text: str, tmp_path: Path, *, owner: Container | None = None, hint: str = "", name: str = "x.sh") -> Reading:
    source = Source(name, text, hint=hint)
    module = makefile if name == "Makefile" else shell
    return module.read([Document(source, owner=owner)], context_of(tmp_path))


def containers(reading: Reading) -> list[Container]:
    return [container for workload in reading.workloads for container in workload.containers]


def owner(kind: ContainerKind) -> Container:
    place = Span("ci.yml", 1, 1, 1, 4)
    container = Container(name="job", address="jobs.build", kind=kind, span=place)
    Workload(
        name="build", address="jobs.build", kind=WorkloadKind.JOB, platform=Platform.GITLAB, span=place,
        containers=(container,),
    )  # fmt: skip
    return container


def test_docker_run_is_a_container_with_all_that_it_was_given(tmp_path: Path) -> None:
    text = (
        "docker -H tcp://a:2376 run -d --name dind --privileged --cap-add SYS_ADMIN --security-opt seccomp=unconfined"
        " --pid host --network lan -v /var/run/docker.sock:/s:ro -p 127.0.0.1:2375:2375 -e A=b --device /dev/kvm"
        " --runtime runc -u 0 docker:29-dind --tls=false"
    )
    reading = read(text, tmp_path)
    container = next(one for one in containers(reading) if one.kind is ContainerKind.COMMAND)
    assert (container.name, container.address) == ("dind", "run.dind")
    assert container.image is not None
    assert (container.image.repository, container.image.tag) == ("docker", "29-dind")
    assert container.privileged.on
    assert [str(each) for each in container.capabilities.added] == ["SYS_ADMIN"]
    assert str(container.confinement.seccomp) == "unconfined"
    assert (str(container.namespaces.pid), [str(each) for each in container.networks]) == ("host", ["lan"])
    [mount] = container.mounts
    assert (mount.kind, str(mount.source), str(mount.target), mount.read_only.on) == (
        MountKind.HOST,
        "/var/run/docker.sock",
        "/s",
        True,
    )
    assert mount.source is not None
    assert text[mount.source.span.column - 1 : mount.source.span.end_column - 1] == "/var/run/docker.sock"
    [port] = container.ports
    assert (port.host_address, port.host_port, port.container_port) == ("127.0.0.1", 2375, 2375)
    assert container.environment.value("A") == "b"
    assert container.command is not None
    assert [str(word) for word in container.command] == ["--tls=false"]
    assert str(container.started_by) == "tcp://a:2376"
    assert text[container.span.column - 1 : container.span.end_column - 1] == "docker -H tcp://a:2376 run"


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        ("--privileged", True),
        ("--privileged=true", True),
        ("--privileged=false", False),
        ("", False),
        ("--privileged=$P", None),
        ("${P:+--privileged}", None),
        ("--name --privileged", False),
    ],
)
def test_privileged_is_on_off_or_unknown(flags: str, state: bool | None, tmp_path: Path) -> None:
    [container] = containers(read(f"docker run {flags} a", tmp_path))
    assert container.privileged.state is state


@pytest.mark.parametrize(
    "text",
    ["echo docker run --privileged a", "# docker run a", "docker run --help", "docker pull a", "podman ps"],
)
def test_what_starts_nothing_gives_no_container(text: str, tmp_path: Path) -> None:
    assert not containers(read(text, tmp_path))


def test_words_that_may_hold_further_options_are_told(tmp_path: Path) -> None:
    reading = read("docker run $OPTS --rm a", tmp_path)
    [notice] = reading.notices
    assert (notice.kind, "$OPTS" in notice.message, notice.span.column) == ("unresolved", True, 12)
    [invocation] = reading.invocations
    assert not invocation.certain


def test_a_volume_made_with_a_bind_is_the_hosts_directory(tmp_path: Path) -> None:
    text = "docker run -v store:/a x\ndocker volume create store -o type=none -o o=bind,ro --opt device=/var/lib/docker\n"
    [container] = containers(read(text, tmp_path))
    [mount] = container.mounts
    assert mount.storage is not None
    assert str(mount.storage.host_path) == "/var/lib/docker"
    assert mount.host_path == "/var/lib/docker"
    text = "docker volume create -o type=nfs -o device=:/x store\ndocker run -v store:/a x"
    [container] = containers(read(text, tmp_path))
    storage = container.mounts[0].storage
    assert storage is not None
    assert (storage.medium, storage.host_path) == (Medium.NETWORK, None)


def test_containers_share_a_workload_only_where_one_engine_starts_them(tmp_path: Path) -> None:
    text = (
        "docker run -v vol:/a one\ndocker run -v vol:/a two\nssh h docker run three\n"
        "docker exec dind docker run four\ndocker service create --replicas 3 five\n"
    )
    reading = read(text, tmp_path)
    assert {w.address: [c.name for c in w.containers] for w in reading.workloads} == {
        "commands": ["one", "two"],
        "commands.on-h": ["three"],
        "commands.in-dind": ["four"],
        "commands.swarm": ["five"],
    }
    one, two = reading.workloads[0].containers
    assert one.mounts[0].storage is two.mounts[0].storage
    swarm = reading.workloads[3]
    assert (swarm.platform, swarm.containers[0].replicas and swarm.containers[0].replicas.count) == (
        Platform.SWARM,
        3,
    )


def test_addresses_do_not_depend_on_lines_and_stay_apart(tmp_path: Path) -> None:
    first = containers(read("docker run a\ndocker run a\ndocker run b", tmp_path))
    assert [one.address for one in first] == ["run.a", "run.a-2", "run.b"]
    moved = containers(read("\n\n\ndocker run a\ndocker run a\ndocker run b", tmp_path))
    assert [one.address for one in moved] == [one.address for one in first]


@pytest.mark.parametrize(
    ("text", "kind", "subject"),
    [
        ("curl -fsSL https://get.docker.com | sudo sh", InvocationKind.PIPED_INSTALL, "https://get.docker.com"),
        ("wget -qO- get.docker.com | bash", InvocationKind.PIPED_INSTALL, "get.docker.com"),
        ("bash <(curl https://get.docker.com)", InvocationKind.PIPED_INSTALL, "https://get.docker.com"),
        ("curl https://get.docker.com -o i.sh\nsh ./i.sh", InvocationKind.PIPED_INSTALL, "https://get.docker.com"),
        ("curl https://get.docker.com > i.sh; sh i.sh", InvocationKind.PIPED_INSTALL, "https://get.docker.com"),
        ("apt-get install -y docker-ce=5:29", InvocationKind.ENGINE_INSTALL, "docker-ce=5:29"),
        ("apk add --no-cache docker", InvocationKind.ENGINE_INSTALL, "docker"),
        ("dnf -y install podman", InvocationKind.ENGINE_INSTALL, "podman"),
        ("sudo usermod -aG docker me", InvocationKind.GROUP_GRANT, "me"),
        ("usermod -a -G sudo,docker me", InvocationKind.GROUP_GRANT, "me"),
        ("gpasswd -a me docker", InvocationKind.GROUP_GRANT, "me"),
        ("adduser me docker", InvocationKind.GROUP_GRANT, "me"),
        ("addgroup me docker", InvocationKind.GROUP_GRANT, "me"),
        ("adduser -D -G docker me", InvocationKind.GROUP_GRANT, "me"),
        ("useradd -m -G docker me", InvocationKind.GROUP_GRANT, "me"),
        ("sudo chmod 666 /var/run/docker.sock", InvocationKind.SOCKET_PERMISSION, "/var/run/docker.sock"),
        ("chmod a+rw /run/docker.sock", InvocationKind.SOCKET_PERMISSION, "/run/docker.sock"),
        ("chmod 0777 /var/run/docker.sock", InvocationKind.SOCKET_PERMISSION, "/var/run/docker.sock"),
        ("service docker start", InvocationKind.ENGINE_START, "docker"),
        ("systemctl start docker", InvocationKind.ENGINE_START, "docker"),
        ("systemctl restart docker", InvocationKind.ENGINE_RESTART, "docker"),
        ("dockerd --debug &", InvocationKind.ENGINE_START, None),
        ("docker build .", InvocationKind.ENGINE_CALL, None),
    ],
)
def test_what_a_command_does_to_an_engine(
    text: str, kind: InvocationKind, subject: str | None, tmp_path: Path
) -> None:
    [found] = read(text, tmp_path).invocations
    assert (found.kind, found.subject and str(found.subject)) == (kind, subject)


@pytest.mark.parametrize(
    "text",
    [
        "curl https://get.docker.com -o i.sh",
        "curl https://example.org/docker | sh",
        "apt-get install docker-ce-cli",
        "apt-get remove docker",
        "apt-get update # docker",
        "usermod -aG sudo docker",
        "addgroup docker",
        "groupadd docker",
        "adduser docker",
        "gpasswd -d me docker",
        "chmod 660 /var/run/docker.sock",
        "chmod 666 /var/run/docker.pid",
        "systemctl status docker",
        "dockerd --version",
        "command -v docker",
    ],
)
def test_the_twin_that_does_nothing_to_an_engine(text: str, tmp_path: Path) -> None:
    assert not read(text, tmp_path).invocations


@pytest.mark.parametrize(
    ("text", "address", "verified"),
    [
        ("docker -H tcp://x:2375 ps", "tcp://x:2375", False),
        ("docker --tlsverify -H tcp://x:2376 ps", "tcp://x:2376", True),
        ("export DOCKER_HOST=tcp://x:2375\ndocker ps", "tcp://x:2375", False),
        ("export DOCKER_TLS_VERIFY=1\nDOCKER_HOST=tcp://x:2376 docker ps", "tcp://x:2376", True),
        ("docker context create c --docker host=tcp://x:2375", "tcp://x:2375", False),
        ("docker context create c --docker 'host=tcp://x:2376,ca=c,cert=d,key=e'", "tcp://x:2376", True),
    ],
)
def test_the_engine_that_a_call_names(text: str, address: str, verified: bool, tmp_path: Path) -> None:
    reading = read(text, tmp_path)
    endpoint = reading.invocations[0].endpoint
    assert endpoint is not None
    assert str(endpoint) == address
    assert endpoint.verified is not None
    assert endpoint.verified.on is verified
    [workload] = reading.workloads
    assert (workload.kind, workload.containers[0].kind) == (WorkloadKind.HOST, ContainerKind.SCRIPT)
    assert reading.invocations[0].container is workload.containers[0]


def test_a_script_in_a_container_belongs_to_it(tmp_path: Path) -> None:
    job = owner(ContainerKind.JOB)
    reading = read("docker run a\nssh h docker ps\ndockerd &\n", tmp_path, owner=job, hint="shell")
    call, remote, start = reading.invocations
    assert call.container is job
    assert start.container is job
    assert remote.container is None
    assert remote.remote
    assert not call.during_build
    [container] = containers(reading)
    assert container.address == "jobs.build.run.a"
    assert container.workload.runs_in is job


def test_only_run_steps_of_an_image_are_build_steps(tmp_path: Path) -> None:
    image = owner(ContainerKind.IMAGE)
    assert read("dockerd &", tmp_path, owner=image, hint="shell").invocations[0].during_build
    assert not read("dockerd &", tmp_path, owner=image, hint="entrypoint.sh").invocations[0].during_build


def test_what_a_started_container_runs_belongs_to_that_container(tmp_path: Path) -> None:
    reading = read("docker run --name d img sh -c 'dockerd -H tcp://0.0.0.0:2375'", tmp_path)
    [container] = containers(reading)
    start = next(one for one in reading.invocations if one.kind is InvocationKind.ENGINE_START)
    assert start.container is container
    assert [str(host) for host in start.options["host"]] == ["tcp://0.0.0.0:2375"]


def test_a_machine_of_its_own_only_where_the_script_opens_or_reaches_an_engine(tmp_path: Path) -> None:
    assert not read("dockerd &\ndocker ps", tmp_path).workloads
    [workload] = read("dockerd -H tcp://0.0.0.0:2375 &", tmp_path).workloads
    assert workload.kind is WorkloadKind.HOST


def test_a_written_configuration_is_handed_on_with_its_owner(tmp_path: Path) -> None:
    job = owner(ContainerKind.JOB)
    [embedded] = read("cat > /etc/docker/daemon.json <<E\n{}\nE", tmp_path, owner=job, hint="shell").embedded
    assert (embedded.source.hint, embedded.owner) == ("/etc/docker/daemon.json", job)


def test_a_makefile_gives_the_same_objects(tmp_path: Path) -> None:
    text = "FLAGS ?= --privileged\nrun:\n\t@docker run $(FLAGS) docker:dind\n"
    [container] = containers(read(text, tmp_path, name="Makefile"))
    assert container.privileged.on
    assert (container.privileged.span.line, container.privileged.span.column) == (1, 10)
    assert [step.span.line for step in container.privileged.span.trail] == [3]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("docker run --name a b", "docker run 'a'"),
        ("sudo /usr/bin/podman run --name a b", "podman run 'a'"),
        ("docker-compose run -v /:/h a", "docker run 'a'"),
        ("nerdctl run $X", "the container of 'nerdctl run'"),
    ],
)
def test_a_container_is_told_by_the_client_that_starts_it(tmp_path: Path, line: str, told: str) -> None:
    assert [str(each) for each in containers(read(f"{line}\n", tmp_path)) if each.client] == [told]
