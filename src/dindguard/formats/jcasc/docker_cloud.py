"""A cloud of the docker plugin: an engine, and the containers that its templates start for agents.

Source: jenkinsci/docker-plugin, ``DockerTemplateBase`` (setters; a name that ends in ``String`` takes one value a line) and
``DockerAPI``: credentials are a client's certificate, without them a TCP address is plain.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats import Addresses
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.commands import split_words
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import attributes
from dindguard.scripts.engine_cli.words import Option

_OPTIONS = {
    "privileged": "privileged", "mounts": "mount", "mountsString": "mount", "volumes": "volume", "volumesString": "volume",
    "volumesFromString": "volumes-from", "devicesString": "device", "devices": "device", "environment": "env",
    "environmentsString": "env", "network": "network", "user": "user", "bindPorts": "publish",
    "capabilitiesToAdd": "cap-add", "capabilitiesToAddString": "cap-add", "capabilitiesToDrop": "cap-drop",
    "capabilitiesToDropString": "cap-drop", "securityOpts": "security-opt", "securityOptsString": "security-opt",
    "extraGroups": "group-add", "extraGroupsString": "group-add", "cgroupParent": "cgroup-parent", "hostname": "hostname",
}  # fmt: skip
"""Settings of a template, and the option of ``docker run`` that each becomes."""
_PORTS = "bindPorts"


def workloads(cloud: Node, address: str) -> Iterator[Workload]:
    """Yield a runner for each template of a cloud; the first one has the client that commands the cloud's engine."""
    client = _client(cloud["dockerApi"]["dockerHost"], address)
    templates = [each for each in cloud["templates"].items() if each.is_mapping]
    addresses = Addresses()
    for index, template in enumerate(templates):
        name = _name(template)
        own = addresses.unique(f"{address}.templates.{name}")
        volumes = Volumes(f"{cloud.source.path}:{own}")
        containers = (_default(template, name, own, volumes), *(client if index == 0 else ()))
        yield _runner(containers, own, volumes)
    if client and not templates:
        yield _runner(client, address, Volumes(address))


def _runner(containers: tuple[Container, ...], address: str, volumes: Volumes) -> Workload:
    first = containers[0]
    return Workload(
        name=first.name,
        address=address,
        kind=WorkloadKind.RUNNER,
        platform=Platform.OTHER_CI,
        span=first.span,
        containers=containers,
        storages=volumes.storages,
    )


def _name(template: Node) -> str:
    return template["labelString"].text or template["name"].text


def _default(template: Node, name: str, address: str, volumes: Volumes) -> Container:
    base = template["dockerTemplateBase"]
    settings = attributes(list(_options(base)), volumes, address)
    settings["environment"] = Environment(settings["environment"])
    command = base["dockerCommand"]
    words = split_words(command.value) if command.is_scalar and command.content else ()
    image = base["image"]
    place = template["labelString"] if template["labelString"].is_scalar else template
    return Container(
        name=name,
        address=address,
        kind=ContainerKind.RUNNER_DEFAULT,
        span=place.span,
        image=Image.parse(image.value) if image.is_scalar and image.content else None,
        command=Words(words, command.span) if words else None,
        **settings,
    )


def _options(base: Node) -> Iterator[Option]:
    for key, option in _OPTIONS.items():
        for value in _lines(base[key], words=key == _PORTS):
            yield Option(option, value, value.span)


def _lines(node: Node, *, words: bool) -> Iterator[Text]:
    """Yield the values of a setting: the items of a list, or the lines of a text."""
    for item in node.listed():
        if not item.is_scalar or not item.content:
            continue
        if words:
            yield from split_words(item.value)
        elif "\n" not in item.content:
            yield item.value
        else:
            yield from _each_line(item)


def _each_line(node: Node) -> Iterator[Text]:
    document = node.document()
    at = 0
    for line in document.text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = at + line.index(stripped)
            text = Text(stripped, document.span(start, start + len(stripped), node.route), raw=stripped)
            yield text if node.scope is None else node.scope.resolve(text)
        at += len(line) + 1


def _client(host: Node, address: str) -> tuple[Container, ...]:
    """Return Jenkins itself as a client of the engine that the cloud names."""
    uri, credentials = host["uri"], host["credentialsId"]
    if not uri.is_scalar or not uri.content:
        return ()
    variables = [EnvVar("DOCKER_HOST", uri.value, uri.span)]
    if credentials.is_scalar and credentials.content:
        variables.append(EnvVar("DOCKER_TLS_VERIFY", inherited("1", credentials.span), credentials.span))
        variables.append(EnvVar("DOCKER_CERT_PATH", inherited("/credentials", credentials.span), credentials.span))
    return (
        Container(
            name="Jenkins",
            address=f"{address}.jenkins",
            kind=ContainerKind.RUNNER,
            span=uri.span,
            environment=Environment(variables),
        ),
    )
