"""``[runners.docker]``: the containers that the docker executors start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dindguard.documents.nodes import further
from dindguard.documents.tree import Node
from dindguard.formats.gitlab_runner.parts import Parts, environment, image, services, text, texts, words
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.model.values import Text, written
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option
from dindguard.source import Span

_BOTH = {"volumes": "volume", "network_mode": "network", "userns_mode": "userns", "runtime": "runtime"}
_JOB = {
    **_BOTH,
    "privileged": "privileged",
    "cap_add": "cap-add",
    "cap_drop": "cap-drop",
    "security_opt": "security-opt",
    "devices": "device",
    "device_cgroup_rules": "device-cgroup-rule",
    "user": "user",
    "group_add": "group-add",
    "memory": "memory",
    "cpus": "cpus",
    "oom_score_adjust": "oom-score-adj",
    "oom_kill_disable": "oom-kill-disable",
    "ipcmode": "ipc",
    "cgroup_parent": "cgroup-parent",
}
_SERVICE = {
    **_BOTH,
    "privileged": "privileged",
    "services_privileged": "privileged",
    "services_security_opt": "security-opt",
    "service_memory": "memory",
    "service_cpus": "cpus",
    "service_cgroup_parent": "cgroup-parent",
}
"""Later keys count: services take ``privileged`` unless ``services_privileged`` says otherwise."""
_FURTHER = (
    ("gpus",), ("service_gpus",), ("services_devices",), ("sysctls",), ("isolation",), ("volumes_from",), ("volume_driver",),
    ("volume_driver_ops",), ("helper_image",), ("extra_hosts",), ("links",), ("allowed_images",), ("allowed_services",),
    ("allowed_privileged_images",), ("allowed_privileged_services",), ("allowed_users",),
)  # fmt: skip


def parts(runner: Node, address: str, name: str) -> Parts:
    """Return the containers of a runner with a docker executor."""
    docker = runner["docker"]
    volumes = Volumes(address)
    default = Container(
        name=name,
        address=f"{address}.job",
        kind=ContainerKind.RUNNER_DEFAULT,
        span=_span(runner),
        image=image(docker["image"]),
        started_by=_engine(docker),
        **_attributes(docker, _JOB, "tmpfs", volumes, f"{address}.job", environment(runner["environment"])),
    )
    service = Container(
        name=name,
        address=f"{address}.service",
        kind=ContainerKind.RUNNER_DEFAULT,
        span=_span(runner),
        started_by=_engine(docker),
        **_attributes(
            docker, _SERVICE, "services_tmpfs", volumes, f"{address}.job", environment(runner["environment"])
        ),
    )
    given = sum(len(docker[key].items()) for key in _SERVICE) + len(docker["services_tmpfs"].pairs())
    others = [_service(runner, each, label, volumes, address) for each, label in services(runner, docker, given)]
    manager = _manager(runner, docker, name, address)
    return Parts(default, (*others, *manager), volumes.storages, service=service)


def _service(runner: Node, service: Node, label: str, volumes: Volumes, address: str) -> Container:
    own = f"{address}.services.{label}"
    variables = environment(runner["environment"], service["environment"])
    alias = text(service["alias"])
    given = _attributes(runner["docker"], _SERVICE, "services_tmpfs", volumes, own, variables)
    return Container(
        name=label,
        address=own,
        kind=ContainerKind.JOB_SERVICE,
        span=service["name"].span,
        image=image(service["name"]),
        entrypoint=words(service["entrypoint"]),
        command=words(service["command"]),
        **{**given, "aliases": (alias,) if alias is not None else ()},
    )


def _attributes(
    docker: Node, keys: dict[str, str], tmpfs: str, volumes: Volumes, owner: str, variables: Environment
) -> dict[str, Any]:
    """Read settings as the options of ``docker run`` that they become."""
    options = [*_options(docker, keys), *_tmpfs(docker[tmpfs])]
    found = attributes(options, volumes, owner)
    return {**found, "environment": variables, "further": further(docker, *_FURTHER)}


def _options(docker: Node, keys: dict[str, str]) -> Iterator[Option]:
    for key, option in keys.items():
        for value in texts(docker[key]):
            if value.value != "":
                yield Option(option, value, value.span)


def _tmpfs(table: Node) -> Iterator[Option]:
    for key, value in table.pairs():
        path = key.content + (f":{value.content}" if value.is_scalar and value.content else "")
        yield Option("tmpfs", written(path, key.span), key.span)


def _manager(runner: Node, docker: Node, name: str, address: str) -> tuple[Container, ...]:
    """Return the runner itself as a client, when it is told where its engine is."""
    host = _engine(docker)
    if host is None:
        return ()
    variables = [EnvVar("DOCKER_HOST", host, host.span)]
    if docker["tls_verify"].flag().on:
        variables.append(EnvVar("DOCKER_TLS_VERIFY", Text("1", docker["tls_verify"].span), docker["tls_verify"].span))
    certificates = text(docker["tls_cert_path"])
    if certificates is not None and certificates.value:
        variables.append(EnvVar("DOCKER_CERT_PATH", certificates, certificates.span))
    return (
        Container(
            name=name,
            address=f"{address}.runner",
            kind=ContainerKind.RUNNER,
            span=_span(runner),
            environment=Environment(variables),
        ),
    )


def _engine(docker: Node) -> Text | None:
    """Return the address of the engine that starts the jobs, where one is written."""
    host = text(docker["host"])
    return host if host is not None and host.value else None


def _span(runner: Node) -> Span:
    return runner["name"].span if runner["name"].is_scalar else runner.span
