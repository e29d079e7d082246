"""Which engines there are, whose they are, and with what they run."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard.infer import data_roots, images, listeners
from dindguard.infer.launches import Started, started_engines
from dindguard.model.certificates import Certificates
from dindguard.model.container import Container, ContainerKind, EnvVar
from dindguard.model.engine import Backing, Engine
from dindguard.model.engine_image import EngineImage, Variant
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import Configuration, ServiceFile, Setting
from dindguard.model.mount import Mount
from dindguard.model.path_spelling import inside
from dindguard.model.values import UNKNOWN_PIECE, Flag, How, Text, unset
from dindguard.records import replace
from dindguard.source import Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.infer.carried import Carriers

_SERVERLESS = {"podman": EngineProduct.PODMAN, "buildah": EngineProduct.BUILDAH}
_DRIVER_VARIABLE = "STORAGE_DRIVER"
"""What containers/storage reads for both, before its files (``storage/types/options.go``)."""
_SECURITYFS = "/sys/kernel/security"
_WITH_APPARMOR = frozenset({"ubuntu", "debian", "buildpack-deps", "ubuntu-debootstrap"})


def find_engines(
    containers: Sequence[Container],
    configurations: Sequence[Configuration],
    services: Sequence[ServiceFile],
    invocations: Iterable[Invocation] = (),
) -> tuple[Engine, ...]:
    """Return the engines that containers run, those of machines, and those of which a file alone tells."""
    configurations = [*configurations, *_of_commands(containers)]
    engines: list[Engine] = []
    own = _by_container(services)
    elsewhere = _spans_in_containers(containers)
    carriers = _Carriers(containers)
    for container in containers:
        if container.discarded:
            continue  # nothing is ever started from it
        inside = [file for link in images.chain(container) for file in own.get(link, ())]
        starts = (*_with_options(started_engines(container), inside), *_started_by(inside, container))
        if container.kind is ContainerKind.SCRIPT:  # what a container runs is not its machine's as well
            starts = tuple(start for start in starts if start.launch.span not in elsewhere)
        owner = carriers.of(container) if starts else container
        found = (_engine_of(owner, start, configurations, number) for number, start in enumerate(starts, 1))
        # Nothing tells what a container of the image has mounted where somebody starts a script that lies in it.
        engines.extend(found if owner is container else (replace(each, backing=Backing.UNKNOWN) for each in found))
    given = {each.span for each in services if each.container is not None}
    given |= {each.span for each in configurations if each.container is not None}
    machines = [each for each in services if each.container is None and each.span not in given]
    files = [each for each in configurations if each.container is None and each.span not in given]
    of_machines, read = _of_machines(machines, files)
    read |= {each.configuration for each in engines if each.configuration is not None}
    alone = [
        each for each in configurations if (each.container is not None or each.span not in given) and each not in read
    ]
    return (*engines, *of_machines, *_configured(alone, services, invocations))


class _Carriers:
    """Tells which image runs a script that is copied into it; asked of few scripts."""

    def __init__(self, containers: Sequence[Container]) -> None:
        self._containers = containers

    def of(self, container: Container) -> Container:
        """Return the image that a script is copied into; else the container itself."""
        return (self._found.of(container.span.path) if container.kind is ContainerKind.SCRIPT else None) or container

    @cached_property
    def _found(self) -> Carriers:
        from dindguard.infer.carried import Carriers

        return Carriers(self._containers)


def _with_options(starts: tuple[Started, ...], files: Sequence[ServiceFile]) -> Iterable[Started]:
    """Give a service that an init script starts the options that its files hold (``/etc/default/docker``)."""
    if not files or not any(start.by_service for start in starts):
        return starts
    from dindguard.infer.services import optional_settings

    settings = tuple(optional_settings(files))
    return [
        replace(start, launch=replace(start.launch, settings=settings)) if start.by_service else start
        for start in starts
    ]


def _started_by(files: Sequence[ServiceFile], container: Container) -> Iterator[Started]:
    """Yield what the service manager of a container starts; the variables in its commands are the container's."""
    if not files:
        return
    from dindguard.infer.services import start_of_init, starts_of

    first = next((word for words in images.entrypoint_and_command(container) for word in words or ()), None)
    by_init = start_of_init(files, posixpath.basename(first.pattern)) if first is not None else None
    for start in starts_of(files) or ((by_init,) if by_init is not None else ()):
        settings = tuple(_decided(setting, container) for setting in start.launch.settings)
        yield replace(start, launch=replace(start.launch, settings=settings))


def _decided(setting: Setting, container: Container) -> Setting:
    text = setting.value
    variable = images.variable(container, text.variable) if text.partial == UNKNOWN_PIECE else None
    return replace(setting, value=variable.value) if variable is not None else setting


def _of_machines(
    services: Sequence[ServiceFile], files: Sequence[Configuration]
) -> tuple[tuple[Engine, ...], frozenset[Configuration]]:
    if not (services or files):
        return (), frozenset()
    from dindguard.infer.services import machine_engines

    return machine_engines(services, files)


def _configured(
    alone: Sequence[Configuration], services: Iterable[ServiceFile], invocations: Iterable[Invocation]
) -> Iterator[Engine]:
    """Yield the engines of which a configuration file is all there is, and at most their packages' own units beside it."""
    if alone:
        from dindguard.infer.machines import configured_engine, packaged_starts

        starts = packaged_starts(invocations, services)
        for each in alone:
            by_package = each.container is None and each.product is EngineProduct.DOCKER
            yield configured_engine(each, starts.get(each.machine) if by_package else None)


def _of_commands(containers: Iterable[Container]) -> Iterator[Configuration]:
    """Yield what commands of Podman and Buildah set for themselves: without a server, each is its own engine."""
    for container in containers:
        told: set[EngineProduct] = set()
        for call in container.invocations:
            product = _SERVERLESS.get(call.program.rpartition("/")[2])
            driver = call.option("storage-driver") or call.environment.get(_DRIVER_VARIABLE)
            if product is not None and driver is not None and call.kind is InvocationKind.ENGINE_CALL:
                told.add(product)
                yield _with_driver(product, driver, call.span, container)
        variable = images.variable(container, _DRIVER_VARIABLE) if images.has_variables(container) else None
        if variable is None or not variable.value.pattern or images.variable(container, "CONTAINER_HOST") is not None:
            continue
        image = images.engine_image(container)
        by_image = () if image is None else (image.product,)
        by_calls = (_SERVERLESS.get(call.program.rpartition("/")[2]) for call in container.invocations)
        for product in dict.fromkeys((*by_image, *by_calls)):
            if product in _SERVERLESS.values() and product is not None and product not in told:
                yield _with_driver(product, variable.value, variable.span, container)


def _with_driver(product: EngineProduct, driver: Text, span: Span, container: Container) -> Configuration:
    settings = (Setting("storage-driver", driver, driver.span),)
    return Configuration(product=product, settings=settings, span=span, container=container)


def _spans_in_containers(containers: Iterable[Container]) -> frozenset[Span]:
    """Return where commands stand that run in containers: a file may be read for itself, too."""
    return frozenset(
        call.span for each in containers if each.kind is not ContainerKind.SCRIPT for call in each.invocations
    )


def _by_container(services: Iterable[ServiceFile]) -> dict[Container, list[ServiceFile]]:
    found: dict[Container, list[ServiceFile]] = {}
    for each in services:
        if each.container is not None:
            found.setdefault(each.container, []).append(each)
    return found


def _engine_of(
    container: Container, started: Started, configurations: Sequence[Configuration], number: int
) -> Engine:
    """Return one of the engines that a container runs; each reads the same file.

    An image that merely brings an engine and that nobody starts is one all the same when its own entry
    point would start it: what is started from it later begins there.
    """
    image = images.engine_image(container)
    configuration = None if started.launch.forwards else _configuration(container, started, configurations)
    rootless = _rootless(container, started, image)
    root = data_roots.data_root(container, started, rootless.on, configuration)
    mount = container.mount_at(root.pattern) if root.known else None
    return Engine(
        product=started.product,
        span=started.launch.span,
        address=f"{container.address}.engine" + (f"-{number}" if number > 1 else ""),
        owner=container,
        launch=started.launch,
        listens=listeners.listeners(container, started, image, configuration, rootless),
        rootless=rootless,
        version=image.version if image is not None and image.official else None,
        storage_driver=_storage_driver(container, started, configuration),
        data_root=root,
        data_mount=mount,
        partial_mounts=data_roots.partial_mounts(container, root),
        backing=data_roots.backing(container, root, mount, image),
        certificates=_certificates(container, started, image),
        configuration=configuration,
        loads_apparmor_profile=_loads_apparmor_profile(container, started, rootless),
        sees_apparmor=any(_shows_securityfs(each) for each in container.host_mounts),
    )


def _loads_apparmor_profile(container: Container, started: Started, rootless: Flag) -> bool:
    """Whether dockerd finds nothing that keeps it from loading its profile (containerd ``pkg/apparmor``).

    The nesting script sets the variable ``container``. Only distributions whose engine packages bring
    ``apparmor_parser`` along count; the official image, which is Alpine's, has none.
    """
    image = images.base_image(container)
    if started.product is not EngineProduct.DOCKER or started.launch.prepared or not rootless.off or image is None:
        return False
    return image.name in _WITH_APPARMOR and images.variable(container, "container") is None


def _shows_securityfs(mount: Mount) -> bool:
    """Whether the host's securityfs is at its place in the container by a mount."""
    return mount.provides(_SECURITYFS) and mount.host_path is not None and inside(_SECURITYFS, mount.host_path)


def _rootless(container: Container, started: Started, image: EngineImage | None) -> Flag:
    """Tell whether the engine runs without root: a rootless image, unless somebody makes it run as uid 0."""
    setting = started.launch["rootless"]
    if setting is not None:
        return Flag(True, setting.span, How.WRITTEN, "rootless")
    root = container.as_root
    if container.kind is ContainerKind.LIVE and started.launch.wrapper and root.off:
        # It runs, and without root the wrapper starts nothing but a rootless engine.
        return Flag(True, root.span, How.WRITTEN, "rootless")
    if started.rootless:
        return Flag(True, started.launch.span, How.WRITTEN, "rootless")
    if image is None or image.variant is not Variant.ROOTLESS:
        return unset(container.span, "rootless")
    user = next((link.user for link in images.chain(container) if link.user is not None), None)
    if user is not None and user.pattern.partition(":")[0] in ("0", "root"):
        return Flag(False, user.span, user.how, "rootless")
    if user is not None and user.unknown:
        return Flag(None, user.span, How.UNKNOWN, "rootless", user.variable)
    span = container.image.span if container.image is not None else container.span
    return Flag(True, span, How.WRITTEN, "rootless")


def _storage_driver(container: Container, started: Started, configuration: Configuration | None) -> Text | None:
    """Return the driver somebody asked for: a flag, the variable that dockerd reads, or the file."""
    name = "oci-worker-snapshotter" if started.product is EngineProduct.BUILDKIT else "storage-driver"
    setting = started.launch[name]
    if setting is not None:
        return setting.value
    variable = images.variable(container, "DOCKER_DRIVER") if started.product is EngineProduct.DOCKER else None
    if variable is None and started.product is EngineProduct.PODMAN:
        variable = images.variable(container, "STORAGE_DRIVER")
    if variable is not None and variable.value.pattern:
        return variable.value
    written = configuration[name] if configuration is not None else None
    return written.value if written is not None else None


def _certificates(container: Container, started: Started, image: EngineImage | None) -> Certificates | None:
    """Return where the daemon's certificates lie, for engines that the official entry point prepares."""
    if not started.defaults:
        return None
    directory = listeners.certificate_directory(container, started, image)
    if not directory.value:
        return None
    path = directory.value.rstrip("/")
    mounts = tuple(mount for mount in container.mounts if _touches(mount.target, path))
    names = images.variable(container, "DOCKER_TLS_SAN")
    return Certificates(
        directory=path,
        span=directory.span,
        generated=True,
        mounts=mounts,
        names=(*_listed(names), *((container.hostname,) if container.hostname is not None else ())),
    )


def _listed(names: EnvVar | None) -> tuple[Text, ...]:
    """Return the entries of ``DOCKER_TLS_SAN``: a comma-separated list of ``DNS:name`` and ``IP:address``."""
    if names is None:
        return ()
    if names.value.unknown:
        return (names.value,)
    found, start = [], 0
    for piece in names.value.pattern.split(","):
        found.append(names.value.part(start, start + len(piece)))
        start += len(piece) + 1
    return tuple(found)


def _touches(target: Text, directory: str) -> bool:
    path = (target.value or "").rstrip("/")
    return path == directory or path.startswith(f"{directory}/") or (directory.startswith(f"{path}/") and path != "")


def _configuration(
    container: Container, started: Started, configurations: Sequence[Configuration]
) -> Configuration | None:
    """Return the configuration file that the engine reads: one that its container, or its image, has."""
    for link in images.chain(container):
        for configuration in configurations:
            if configuration.container is link and configuration.product == started.product:
                return configuration
    if container.kind is ContainerKind.SCRIPT:
        # All that a script writes is for the machine that runs it.
        own = [each for each in configurations if each.container is None and each.machine == container.span.path]
        found = [each for each in own if each.product == started.product]
        return found[0] if len(found) == 1 else None
    return None
