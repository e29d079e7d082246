"""From a project's merged document to the workload with its containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dindguard import budget
from dindguard.documents.nodes import further, written
from dindguard.documents.tree import Node
from dindguard.formats.compose import embedding, mounts, settings, stack
from dindguard.formats.compose.environment import Variables
from dindguard.formats.compose.files import Files, is_remote, resolve
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.formats.compose.projects import Project
from dindguard.formats.compose.settings import HOOKS
from dindguard.formats.compose.storage import Volumes
from dindguard.model.container import Build, Container, ContainerKind, OuterName
from dindguard.model.image import Image
from dindguard.model.mount import Mount
from dindguard.model.path_spelling import inside, path_of
from dindguard.model.values import Flag, Text
from dindguard.model.workload import Network, Platform, Workload, WorkloadKind
from dindguard.source import Embedded

_FURTHER = (
    ("gpus",), ("deploy", "resources", "reservations", "devices"), ("credential_spec",), ("isolation",), ("sysctls",),
    ("annotations",), *((hook,) for hook in HOOKS), ("develop",), ("extra_hosts",), ("external_links",), ("build", "ssh"),
    ("build", "secrets"), ("build", "additional_contexts"), ("build", "extra_hosts"),
)  # fmt: skip


def workload(project: Project, files: Files, volumes: Volumes) -> tuple[Workload, list[Embedded]]:
    """Return a project as a workload, and the documents that its services hold."""
    services = _services(project)
    is_stack = stack.is_stack(project)
    ignored: dict[str, tuple[str, ...]] = {}
    if is_stack:
        for name, service in services.items():
            services[name], ignored[name] = stack.without_ignored(service)
    reader = mounts.MountReader(project, volumes.of(project))
    own = {name: reader.read(name, service) for name, service in services.items()}
    all_mounts = mounts.from_others(services, own)
    gates = _gates(services)
    links = _links(services)
    shared = _network_names(project)
    variables = Variables(files, project.root.source.file.size)
    containers = tuple(
        _container(
            name,
            service,
            variables,
            all_mounts[name],
            name in gates,
            links.get(name, ()),
            ignored.get(name, ()),
            shared,
        )
        for name, service in services.items()
    )
    result = Workload(
        name=project.root["name"].text or project.path,
        address=project.path,
        kind=WorkloadKind.STACK if is_stack else WorkloadKind.PROJECT,
        platform=Platform.SWARM if is_stack else Platform.ENGINE,
        span=project.span,
        containers=containers,
        networks=tuple(_network(key, node) for key, node in project.root["networks"].pairs()),
        storages=tuple(reader.storages),
    )
    held = [
        document
        for container in containers
        for document in embedding.embedded(project, files, container, services[container.name])
    ]
    return result, held


def _services(project: Project) -> dict[str, Node]:
    """Return the services that are containers: not those that a provider stands for, nor empty ones."""
    every = project.root["services"]
    budget.within(budget.COMPOSE_SERVICES, len(every.pairs()), every)
    return {key.content: node for key, node in project.services if node.is_mapping and "provider" not in node}


def _gates(services: dict[str, Node]) -> set[str]:
    """Return the services for whose health another one waits."""
    return {
        key.content
        for service in services.values()
        if "depends_on" in service
        for key, value in service["depends_on"].pairs()
        if value["condition"].text == "service_healthy"
    }


def _links(services: dict[str, Node]) -> dict[str, tuple[Text, ...]]:
    """Return the further names that ``links`` give to services."""
    found: dict[str, list[Text]] = {}
    for service in (each for each in services.values() if "links" in each):
        for link in settings.texts(service["links"]):
            name, colon, alias = link.pattern.partition(":")
            if alias:
                found.setdefault(name, []).append(link.part(len(name) + len(colon), len(link.pattern)))
    return {name: tuple(aliases) for name, aliases in found.items()}


def _container(
    name: str, service: Node, variables: Variables, mounted: tuple[Mount, ...], gates_start: bool,
    linked: tuple[Text, ...], ignored: tuple[str, ...], shared: dict[str, str],
) -> Container:  # fmt: skip
    own, aliases = Text(name, service.key_span), _aliases(service)
    scopes = _scopes(service, shared)
    return Container(
        name=name,
        address=f"services.{name}",
        kind=ContainerKind.SERVICE,
        span=own.span,
        conditions=service.conditions,
        mounts=mounted,
        environment=variables.of(service),
        health=settings.health_check(service["healthcheck"], gates_start),
        aliases=aliases + linked,
        outer_names=tuple(OuterName(name, scope) for scope in scopes for name in (own, *aliases)),
        scopes=scopes,
        ignored_settings=ignored,
        **_mentioned(service),
    )


def _mentioned(service: Node) -> dict[str, Any]:
    """Return the fields of a container that a service's keys tell: most services have few, and a container has the rest."""
    found = {}
    for key in service.keys():
        if (told := _TOLD_BY_ONE.get(key)) is not None:
            field, read = told
            found[field] = read(service[key])
    for field, keys, read in _TOLD_BY_SEVERAL:
        if service.has_any(keys):
            found[field] = read(service)
    return found


def _image(node: Node) -> Image | None:
    text = written(node)
    return Image.parse(text) if text is not None and text.value != "" else None


def _privileged_commands(service: Node) -> tuple[Flag, ...]:
    """Return the hooks and watch actions that run with every capability, as ``docker exec --privileged`` does."""
    hooks = [item for hook in HOOKS for item in service[hook].items()]
    hooks += [item["exec"] for item in service["develop"]["watch"].items()]
    flags = [hook["privileged"].flag("privileged") for hook in hooks]
    return tuple(flag for flag in flags if not flag.off)


def _build(node: Node) -> Build | None:
    """Return how the image is built; a context that is fetched from elsewhere is unknown."""
    if not node.is_mapping and (not node.is_scalar or node.is_null):
        return None
    folder = node["context"] if node.is_mapping else node
    context = _folder(folder, node)
    inline = node["dockerfile_inline"].is_scalar
    arguments = node["args"]
    privileged = node["privileged"]
    return Build(
        span=node.key_span,
        context=context,
        dockerfile=node["dockerfile_inline"].source.path if inline else _dockerfile(node["dockerfile"], context),
        target=written(node["target"]),
        arguments={variable.name: variable.value for variable in settings.environment(arguments)},
        privileged=privileged.flag("build.privileged") if privileged.present else None,
        entitlements=settings.texts(node["entitlements"]),
        network=written(node["network"]),
        inline=inline,
    )


def _folder(written: Node, build: Node) -> str | None:
    scope = (written if written.is_scalar else build).scope
    directory = scope.directory if isinstance(scope, ComposeScope) else ""
    path = written.value.value if written.is_scalar else "."
    if path is None and written.value.variable == "PWD":
        return _from_here(written.value, directory)
    return None if path is None or is_remote(path) else resolve(directory, path)


def _from_here(path: Text, directory: str) -> str | None:
    """Return the folder that ``$PWD/…`` is, where Compose is run beside its file or, as the path then says, at the root."""
    spelt = path_of(path)
    if not spelt.startswith("./"):
        return None
    at_root = directory and inside(spelt, f"./{directory}")
    return resolve("" if at_root else directory, spelt)


def _dockerfile(written: Node, context: str | None) -> str | None:
    """Return where the Dockerfile lies; of a context that is a variable, a path below it is taken from the root."""
    path = written.value.value if written.is_scalar and not written.is_null else "Dockerfile"
    if path is None or (context is None and "/" not in path.removeprefix("./")):
        return None
    return resolve(context or "", path)


def _networks(node: Node) -> tuple[Text, ...]:
    if node.is_mapping:
        return tuple(key.typed for key, _ in node.pairs())
    return settings.texts(node)


_NAMING = frozenset({"networks", "container_name"})


def _aliases(service: Node) -> tuple[Text, ...]:
    """Return what others call a service by besides its name: aliases, fixed addresses, the container's name."""
    if not service.has_any(_NAMING):
        return ()
    networks = service["networks"].values()
    found = [alias for network in networks for alias in settings.texts(network["aliases"])]
    single = [written(network[key]) for network in networks for key in ("ipv4_address", "ipv6_address")]
    return tuple(each for each in (*found, *single, written(service["container_name"])) if each is not None)


def _network_names(project: Project) -> dict[str, str]:
    """Return the names that the engine knows networks by, where the files tell, by their names in the file."""
    own = project.root["name"].text
    found = {"default": f"{own}_default"} if own else {}
    for key, node in project.root["networks"].pairs():
        name = _engine_name(node)
        if name or _is_external(node):
            found[key.content] = name or key.content
        elif own:
            found[key.content] = f"{own}_{key.content}"
    return found


def _scopes(service: Node, names: dict[str, str]) -> tuple[str, ...]:
    """Return the networks of a service that other projects can join too."""
    if not names or "network_mode" in service:
        return ()
    joined = [text.pattern for text in _networks(service["networks"])] or ["default"]
    return tuple(f"network:{names[name]}" for name in joined if name in names)


def _engine_name(node: Node) -> str:
    return node["name"].text or node["external"]["name"].text


def _is_external(node: Node) -> bool:
    return node["external"].is_mapping or node["external"].flag().on


def _network(key: Node, node: Node) -> Network:
    external = _is_external(node)
    name = _engine_name(node) or key.content
    subnets = [written(item["subnet"]) for item in node["ipam"]["config"].items()]
    return Network(
        name=key.content,
        span=key.span,
        internal=node["internal"].flag().on,
        external=external,
        host=(name == "host" and external) or node["driver"].text == "host",
        subnets=tuple(subnet for subnet in subnets if subnet is not None),
    )


def _flagged(name: str) -> Callable[[Node], Flag]:
    return lambda node: node.flag(name)


_TOLD_BY_ONE: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "image": ("image", _image),
    "build": ("build", _build),
    "privileged": ("privileged", _flagged("privileged")),
    "security_opt": ("confinement", settings.confinement),
    "volumes_from": ("volumes_from", settings.texts),
    "devices": ("devices", settings.devices),
    "device_cgroup_rules": ("device_rules", settings.texts),
    "ports": ("ports", settings.ports),
    "expose": ("exposed_ports", settings.texts),
    "entrypoint": ("entrypoint", settings.words),
    "command": ("command", settings.words),
    "user": ("user", written),
    "group_add": ("groups", settings.texts),
    "runtime": ("runtime", written),
    "use_api_socket": ("engine_api", _flagged("use_api_socket")),
    "read_only": ("read_only_root", _flagged("read_only")),
    "init": ("init", _flagged("init")),
    "restart": ("restart", written),
    "stop_grace_period": ("stop_grace_period", written),
    "cgroup_parent": ("cgroup_parent", written),
    "networks": ("networks", _networks),
    "hostname": ("hostname", written),
    "profiles": ("profiles", settings.texts),
}
"""Settings that say one thing: which field of a container each is, and what reads it."""

_TOLD_BY_SEVERAL: tuple[tuple[str, frozenset[str], Callable[[Node], Any]], ...] = (
    ("capabilities", settings.OF_CAPABILITIES, settings.capabilities),
    ("namespaces", settings.OF_NAMESPACES, settings.namespaces),
    ("limits", settings.OF_LIMITS, settings.limits),
    ("replicas", settings.OF_REPLICAS, settings.replicas),
    ("depends_on", settings.OF_DEPENDENCIES, settings.dependencies),
    ("privileged_commands", frozenset({*HOOKS, "develop"}), _privileged_commands),
    ("further", frozenset(way[0] for way in _FURTHER), lambda service: further(service, *_FURTHER)),
)
"""Fields of a container that several settings tell together, those settings, and what reads them from a service."""
