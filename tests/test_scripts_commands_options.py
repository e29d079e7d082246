"""Options of the engines' command lines: Docker's rules for switches, clusters and arguments."""

from __future__ import annotations

import pytest

from dindguard.scripts.command import Command
from dindguard.scripts.commands import commands
from dindguard.scripts.engine_cli.calls import DockerCall, daemon_call, docker_call
from dindguard.source import Source


def command(text: str) -> Command:
    return commands(Source("x.sh", text)).commands[0]


def call(text: str) -> DockerCall:
    found = docker_call(command(text))
    assert found is not None
    return found


def shown(options: object) -> str:
    assert isinstance(options, tuple)
    return " ".join(
        f"{each.name}={each.value.value if each.value.known else '?' + each.value.variable}" for each in options
    )


@pytest.mark.parametrize(
    ("text", "action", "options", "arguments"),
    [
        ("docker run -it --rm a b -c", "run", "interactive=true tty=true rm=true", ["a", "b", "-c"]),
        ("docker run -itv s:d a", "run", "interactive=true tty=true volume=s:d", ["a"]),
        ("docker run -p2375:2375 -eK=V -v=/a:/b a", "run", "publish=2375:2375 env=K=V volume=/a:/b", ["a"]),
        ("docker run --privileged a", "run", "privileged=true", ["a"]),
        ("docker run --privileged=false a", "run", "privileged=false", ["a"]),
        ("docker run --privileged true", "run", "privileged=true", ["true"]),
        ("docker run -t=false a", "run", "tty=false", ["a"]),
        ("docker run a --privileged", "run", "", ["a", "--privileged"]),
        ("docker run -- a --privileged", "run", "", ["a", "--privileged"]),
        ("docker run --net host --pid=host a", "run", "network=host pid=host", ["a"]),
        ("docker run --name --privileged a", "run", "name=--privileged", ["a"]),
        ("docker run --use-api-socket a", "run", "use-api-socket=true", ["a"]),
        ("docker container run -d a", "run", "detach=true", ["a"]),
        ("docker create --label x=y a", "create", "label=x=y", ["a"]),
        ("podman run --read-only-tmpfs --systemd always a", "run", "read-only-tmpfs=true systemd=always", ["a"]),
        ("nerdctl -n k8s.io run --privileged a", "run", "privileged=true", ["a"]),
        ("docker exec -it --privileged c sh", "exec", "interactive=true tty=true privileged=true", ["c", "sh"]),
        ("docker build . -t x --allow=security.insecure", "build", "tag=x allow=security.insecure", ["."]),
        ("docker buildx build --push .", "buildx build", "push=true", ["."]),
        (
            "docker buildx create --use --driver docker-container",
            "buildx create",
            "use=true driver=docker-container",
            [],
        ),
        ("docker volume create v -o o=bind --opt device=/x", "volume create", "opt=o=bind opt=device=/x", ["v"]),
        (
            "docker service create --mount type=bind,src=/a,dst=/b i",
            "service create",
            "mount=type=bind,src=/a,dst=/b",
            ["i"],
        ),
        ("docker context create c --docker host=tcp://x:1", "context create", "docker=host=tcp://x:1", ["c"]),
        ("docker compose -f a.yml up -d", "compose up", "detach=true", []),
        ("docker-compose -f a.yml run --rm web sh", "compose run", "rm=true", ["web", "sh"]),
        ("docker push x", "push", "", ["x"]),
        ("docker run", "run", "", []),
        ("docker run -v", "run", "volume=?", []),
    ],
)
def test_options_and_arguments(text: str, action: str, options: str, arguments: list[str]) -> None:
    found = call(text)
    assert (found.action, shown(found.options), [each.value for each in found.arguments]) == (
        action,
        options,
        arguments,
    )
    assert found.certain


def test_global_options_stand_before_the_action() -> None:
    found = call("docker -H tcp://x:2375 --tlsverify -c other run a")
    assert shown(found.globals) == "host=tcp://x:2375 tlsverify=true context=other"
    host = found.last_global("host")
    assert host is not None
    assert (host.span.column, host.span.end_column, host.value.span.column) == (8, 23, 11)
    compose = call("docker compose -f a.yml --profile x up")
    assert shown(compose.globals) == "file=a.yml profile=x"


@pytest.mark.parametrize(
    ("text", "options", "image", "doubts"),
    [
        ("docker run $OPTS --privileged a", "privileged=true", "a", ["$OPTS"]),
        ('docker run "$@"', "", None, ['"$@"']),
        ("docker run $IMAGE --privileged", "", None, []),
        ('docker run "$X" --privileged', "", None, []),
        ("docker run $X --privileged a", "privileged=true", "a", ["$X"]),
        ("docker run $X sh", "", None, ["$X"]),
        ("docker run --$X a", "", "a", ["--$X"]),
        ("docker run -v $V a", "volume=?V", "a", []),
        ("docker run ${P:+--privileged} a", "privileged=?P", "a", []),
        ("docker run ${V:+-v /a:/b} a", "volume=?V", "a", []),
        ("docker run --privileged=$P a", "privileged=?P", "a", []),
    ],
)
def test_what_the_file_does_not_decide_is_a_doubt_and_never_a_guess(
    text: str, options: str, image: str | None, doubts: list[str]
) -> None:
    found = call(text)
    assert shown(found.options) == options
    assert (found.arguments[0].value if found.arguments else None) == image
    assert [str(each) for each in found.doubts] == doubts
    assert found.certain is not doubts or not doubts


def test_an_option_from_a_variable_points_at_the_variable() -> None:
    found = call("OPTS='--rm --privileged'\ndocker run $OPTS a")
    privileged = found.last("privileged")
    assert privileged is not None
    assert (privileged.span.line, privileged.span.column, privileged.span.end_column) == (1, 12, 24)
    assert [step.span.line for step in privileged.span.trail] == [2]


@pytest.mark.parametrize(
    ("text", "options", "certain"),
    [
        (
            "dockerd -H tcp://0.0.0.0:2375 -H unix:///x --tls=false",
            "host=tcp://0.0.0.0:2375 host=unix:///x tls=false",
            True,
        ),
        ("dockerd-entrypoint.sh dockerd -s vfs", "storage-driver=vfs", True),
        ("docker daemon -H fd://", "host=fd://", True),
        ("docker -d -H fd://", None, True),
        ("podman system service --time=0 tcp://0.0.0.0:1", "time=0", True),
        ('exec dockerd --debug "$@"', "debug=true", False),
        ("buildkitd --addr tcp://0.0.0.0:1234", "addr=tcp://0.0.0.0:1234", True),
    ],
)
def test_a_daemons_own_command_line(text: str, options: str | None, certain: bool) -> None:
    found = daemon_call(command(text))
    if options is None:
        assert found is None
        return
    assert found is not None
    assert shown(found.options) == options
    assert found.certain is certain


def test_other_programs_are_neither_client_nor_daemon() -> None:
    other = command("chmod 666 /var/run/docker.sock")
    assert docker_call(other) is None
    assert daemon_call(other) is None
    assert docker_call(command("docker daemon --debug")) is None
