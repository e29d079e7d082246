"""From inspected containers to workloads: one for each Compose project, and one for the engine's other containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard.documents.nodes import further
from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.formats.engine_snapshot import settings
from dindguard.formats.engine_snapshot.engine import Host
from dindguard.formats.engine_snapshot.mounts import Storages
from dindguard.formats.engine_snapshot.parts import Parts
from dindguard.formats.engine_snapshot.places import Place, place_of
from dindguard.model.confinement import Capabilities
from dindguard.model.container import Container, ContainerKind, Dependency, Words
from dindguard.model.image import Image
from dindguard.model.values import Flag, Text, inherited
from dindguard.model.workload import Network, Platform, Workload, WorkloadKind
from dindguard.patterns import regex
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Embedded, Source
from dindguard.vocabulary import COMPOSE_CONDITIONS

_PROJECT = "com.docker.compose.project"
_SERVICE = "com.docker.compose.service"
_DEPENDS_ON = "com.docker.compose.depends_on"
_IMAGE_ID = regex(r"(sha256:)?[0-9a-f]{12,64}\Z")
_ORDINARY_RUNTIMES = frozenset({"runc", "crun", "oci"})
_IMAGE_ENTRY_POINTS = frozenset(
    {
        ("dockerd-entrypoint.sh",),
        ("docker-entrypoint.sh",),
        ("buildkitd",),
        ("rootlesskit", "buildkitd"),
        ("/usr/local/bin/entrypoint", "/sbin/init"),
    }
)
"""Entry points of engine images: in an inspected container they stand for the image's own, which nobody replaced."""


def workloads(
    parts: Parts, containers: Sequence[Node], host: Host, context: Context, embedded: list[Embedded]
) -> Iterator[Workload]:
    """Yield the containers by what they were started with; scripts in their commands are added to ``embedded``."""
    storages = Storages(parts)
    networks = tuple(_network(node) for node in parts.networks)
    projects: dict[str, list[Node]] = {}
    for node in containers:
        projects.setdefault(node["Config"]["Labels"][_PROJECT].content, []).append(node)
    for project, nodes in projects.items():
        names: dict[str, set[str]] = {}
        for node in nodes:
            names.setdefault(_label(node, _SERVICE), set()).add(_name(node))
        made = []
        for node in nodes:
            place = place_of(node, context)
            container = _container(node, place, host, storages, names)
            made.append(container)
            embedded.extend(Embedded(script, container) for script in _scripts(node))
        yield Workload(
            name=project,
            address=f"projects.{project}" if project else "containers",
            kind=WorkloadKind.PROJECT if project else WorkloadKind.HOST,
            platform=Platform.ENGINE,
            span=made[0].span,
            containers=tuple(made),
            networks=networks,
            engine_data_root=host.data_root,
            engine_socket=host.socket,
            engine_product=host.product,
        )


def _container(
    node: Node, place: Place, host: Host, storages: Storages, names: Mapping[str, set[str]]
) -> Container:  # fmt: skip
    config, given = node["Config"], node["HostConfig"]
    image = _image(node, place)
    entrypoint = place.words(config["Entrypoint"])
    if entrypoint is not None and _is_the_images(entrypoint, image):
        entrypoint = None
    modes = settings.namespaces(given, place, host)
    runtime = place.text(given["Runtime"])
    timeout = place.text(config["StopTimeout"])
    return Container(
        name=_name(node),
        address=f"containers.{_name(node)}" if place.service is None else place.service.route,
        kind=ContainerKind.LIVE,
        span=place.at(node["Name"] if node["Name"].present else node),
        image=image,
        privileged=place.flag(given["Privileged"], "privileged"),
        capabilities=Capabilities(added=place.texts(given["CapAdd"]), dropped=place.texts(given["CapDrop"])),
        confinement=settings.confinement(node, place),
        namespaces=modes,
        mounts=storages.mounts(node, place),
        devices=settings.devices(given, place),
        device_rules=place.texts(given["DeviceCgroupRules"]),
        environment=settings.environment(node, place),
        ports=settings.ports(node, place),
        entrypoint=entrypoint,
        command=place.words(config["Cmd"]),
        user=place.text(config["User"]),
        groups=place.texts(given["GroupAdd"]),
        runtime=runtime if runtime is not None and runtime.pattern not in _ORDINARY_RUNTIMES else None,
        limits=settings.limits(given, place),
        health=settings.health_check(node, place),
        depends_on=tuple(_dependencies(node, place, names)),
        read_only_root=place.flag(given["ReadonlyRootfs"], "read_only"),
        init=place.flag(given["Init"], "init"),
        restart=place.text(given["RestartPolicy"]["Name"]),
        stop_grace_period=place.written(config["StopTimeout"], f"{timeout.pattern}s")
        if timeout is not None
        else None,
        cgroup_parent=place.text(given["CgroupParent"]),
        further=further(given, ("DeviceRequests",), ("Sysctls",)),
        networks=_networks(node, place) if modes.network is None else (),
        aliases=tuple(_aliases(node, place)),
        hostname=place.text(config["Hostname"]),
        user_namespace=settings.user_namespace(given, place, host.remapped, host.rootless),
        rootless_host=Flag(True, host.rootless.span, name="rootless") if host.rootless is not None else None,
        stopped=node["State"]["Running"].content == "false",
    )


def _name(node: Node) -> str:
    return node["Name"].content.removeprefix("/") or node["Id"].content[:12]


def _label(node: Node, label: str) -> str:
    return node["Config"]["Labels"][label].content


def _image(node: Node, place: Place) -> Image | None:
    """Return the image by the name that it was started under; ``None`` when that is only an identifier."""
    for written in (node["Config"]["Image"], node["ImageName"]):
        text = place.text(written)
        if text is not None and not _IMAGE_ID.match(text.pattern):
            return Image.parse(text)
    return None


def _is_the_images(entrypoint: Words, image: Image | None) -> bool:
    words = tuple(word.pattern for word in entrypoint)
    return image is not None and image.engine is not None and words in _IMAGE_ENTRY_POINTS


def _networks(node: Node, place: Place) -> tuple[Text, ...]:
    return tuple(place.written(key, key.content) for key, _ in node["NetworkSettings"]["Networks"].pairs())


def _aliases(node: Node, place: Place) -> Iterator[Text]:
    """Yield the names that others can use: its service, its aliases, its identifier whole and short."""
    yield place.inherited(node["Id"], node["Id"].content)
    service = node["Config"]["Labels"][_SERVICE]
    if service.content:
        yield place.inherited(service, service.content)
    for network in node["NetworkSettings"]["Networks"].values():
        for key in ("Aliases", "DNSNames"):
            yield from place.texts(network[key])


def _dependencies(node: Node, place: Place, names: Mapping[str, set[str]]) -> Iterator[Dependency]:
    """Yield what Compose started it after (``dind:service_healthy:false,db:service_started:true``), of ``names`` by service."""
    label = node["Config"]["Labels"][_DEPENDS_ON]
    for entry in label.content.split(","):
        wanted, _, rest = entry.partition(":")
        condition = COMPOSE_CONDITIONS.get(rest.partition(":")[0], "started")
        for name in sorted(names.get(wanted, ())) if wanted else ():
            yield Dependency(name, condition, place.at(label))


def _scripts(node: Node) -> Iterator[Source]:
    """Yield the script that its command hands to a shell."""
    config = node["Config"]
    words = [item for item in (*config["Entrypoint"].listed(), *config["Cmd"].listed()) if item.is_scalar]
    index = script_index([word.content for word in words])
    if index is not None:
        yield words[index].document("shell")


def _network(node: Node) -> Network:
    subnets = (item["Subnet"] for item in node["IPAM"]["Config"].items())
    return Network(
        name=node["Name"].content,
        span=node["Name"].span,
        internal=node["Internal"].content == "true",
        host=node["Driver"].content == "host",
        subnets=tuple(inherited(subnet.content, subnet.span) for subnet in subnets if subnet.is_scalar),
    )
