"""Runners that ``gitlab-runner register`` makes: what it gives to every job of the docker executors.

Each option ``--docker-NAME`` is the setting NAME of ``[runners.docker]``, and each can be a variable instead
(gitlab-runner ``common/config.go``: ``DOCKER_PRIVILEGED``, ``DOCKER_VOLUMES`` …).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.model.container import Container, ContainerKind, Environment
from dindguard.model.image import Image
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.command import Command
from dindguard.scripts.engine_cli.flags import Flags, names
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option, options_of

_FLAGS = Flags(
    names(
        "non-interactive run-untagged locked access-level-protected docker-privileged docker-services_privileged"
        " docker-disable-cache docker-oom-kill-disable docker-tlsverify docker-disable-entrypoint-overwrite"
        " leave-runner paused help debug kubernetes-privileged"
    ),
    {"n": "non-interactive", "u": "url", "r": "registration-token", "t": "token", "c": "config"},
    interspersed=True,
)
_SETTINGS = {
    "privileged": "privileged",
    "volumes": "volume",
    "network-mode": "network",
    "userns": "userns",
    "runtime": "runtime",
    "cap-add": "cap-add",
    "cap-drop": "cap-drop",
    "security-opt": "security-opt",
    "devices": "device",
    "user": "user",
    "memory": "memory",
    "cpus": "cpus",
}
"""Settings of the docker executors, and the option of ``docker run`` that each becomes."""


def runners(commands: Iterable[Command], prefix: str, path: str) -> Iterator[Workload]:
    """Yield the runner of each registration; ``path`` is the script's."""
    for number, command in enumerate((each for each in commands if _registers(each)), 1):
        options, _, _ = options_of(command.arguments, _FLAGS)
        given = {option.name: option for option in options}
        address = f"{prefix}runners.{number}" if number > 1 else f"{prefix}runners"
        yield _runner(command, given, list(_docker_options(command, options)), address, path)


def _registers(command: Command) -> bool:
    return command.program == "gitlab-runner" and any(word.value == "register" for word in command.arguments)


def _runner(command: Command, given: dict[str, Option], settings: list[Option], address: str, path: str) -> Workload:
    name = given.get("name") or given.get("description")
    label = str(name.value) if name is not None and name.value.known else ""
    volumes = Volumes(f"{path}#{address}")
    attributes_of = attributes(settings, volumes, address)
    image = given.get("docker-image")
    default = Container(
        name=label,
        address=f"{address}.job",
        kind=ContainerKind.RUNNER_DEFAULT,
        span=command.span,
        image=Image.parse(image.value) if image is not None else None,
        **{**attributes_of, "environment": Environment()},
    )
    return Workload(
        name=label,
        address=address,
        kind=WorkloadKind.RUNNER,
        serves=Platform.GITLAB,
        platform=Platform.GITLAB,
        span=command.span,
        containers=(default,),
        storages=volumes.storages,
        service_default=Container(
            name=label,
            address=f"{address}.service",
            kind=ContainerKind.RUNNER_DEFAULT,
            span=command.span,
            **{**attributes_of, "environment": Environment()},
        ),
    )


def _docker_options(command: Command, options: Iterable[Option]) -> Iterator[Option]:
    """Yield the settings as options of ``docker run``: those of the command line, then those of its variables."""
    for option in options:
        setting = _SETTINGS.get(option.name.removeprefix("docker-").replace("_", "-"))
        if option.name.startswith("docker-") and setting is not None:
            yield Option(setting, option.value, option.span)
    for name, setting in _SETTINGS.items():
        variable = command.environment.get(f"DOCKER_{name.upper().replace('-', '_')}")
        if variable is not None:
            yield Option(setting, variable, variable.span)
