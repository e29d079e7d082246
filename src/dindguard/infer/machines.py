"""Engines of machines: how they are started, how they are configured, or only one of the two.

What the half that nobody shows says is unknown, not absent: TLS may be asked for there (moby
``daemon/config/config.go`` takes each setting from the one or the other, and refuses one that comes from both).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from dindguard.infer.data_roots import DEFAULTS
from dindguard.infer.listeners import Security, by_address, listener, once, security_of
from dindguard.model.endpoints import PLAIN_PORTS
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.launch import OPTIONS, Configuration, Launch, ServiceFile, Setting
from dindguard.model.paths import machine_of
from dindguard.model.values import Flag, How, Text, flag, inherited, unknown, unset
from dindguard.records import record, replace
from dindguard.source import HasSpan, Span
from dindguard.vocabulary import EngineProduct

_ADDRESSES = {EngineProduct.DOCKER: "host", EngineProduct.BUILDKIT: "addr"}
_DRIVERS = {EngineProduct.DOCKER: "storage-driver", EngineProduct.BUILDKIT: "oci-worker-snapshotter"}


@record(eq=False)
class Half:
    """What is known of an engine beside its configuration file: its start, and the sockets that are opened for it."""

    product: EngineProduct
    launch: Launch
    sockets: tuple[Text, ...]
    span: Span
    doubt: str = ""
    """What would make its options void; empty when they count."""
    undecided_file: bool = False
    """Its machine has several configuration files, and nothing tells which one it reads."""


def packaged_starts(invocations: Iterable[Invocation], services: Iterable[ServiceFile]) -> Mapping[str, Span]:
    """Return where machines start or restart Docker by the unit of its package, which no file of theirs changes."""
    changed = {each.machine for each in services if each.container is None and _changes_a_start(each)}
    found: dict[str, Span] = {}
    for each in invocations:
        if each.container is None and not each.remote and not each.during_build and _is_of_dockers_service(each):
            machine = machine_of(each.span.path, embedded=True)
            if machine not in changed:
                found[machine] = each.span
    return found


def _is_of_dockers_service(call: Invocation) -> bool:
    name = call.subject.pattern if call.subject is not None else ""
    started = call.kind is InvocationKind.ENGINE_START and call.action == "service start"
    return name in ("docker", "docker.service") and (started or call.kind is InvocationKind.ENGINE_RESTART)


def _changes_a_start(file: ServiceFile) -> bool:
    options = any(variable.name in OPTIONS for variable in file.variables)
    return bool(options or file.commands or file.resets or file.reads or file.addresses)


def configured_engine(configuration: Configuration, packaged: Span | None = None) -> Engine:
    """Return the engine of whoever has a configuration file that no engine here reads.

    ``packaged`` is where the unit of the engine's package is started.
    """
    span = configuration.span
    launch = Launch(
        wrapper=False, arguments=(), settings=(), span=span, certain=False, shown=False, packaged=packaged
    )
    half = Half(configuration.product, launch, (), span)
    return machine_engine(half, configuration, configuration.product)


def machine_engine(half: Half, configuration: Configuration | None, address: str) -> Engine:
    """Return an engine by its two halves, of which one may be missing; it is a machine's unless the file says whose."""
    written = _Written(half, configuration)
    container = configuration.container if configuration is not None else None
    driver = written[_DRIVERS.get(half.product, "storage-driver")]
    root = written["data-root"] or written["root"]
    usual = inherited(DEFAULTS.get(half.product, "/var/lib/docker"), half.span)
    rootless = written["rootless"]
    return Engine(
        product=half.product,
        span=half.span,
        address=address,
        owner=container or Machine(name="", span=half.span),
        launch=half.launch,
        listens=once(written.listeners()),
        rootless=_rootless(half, rootless),
        storage_driver=driver.value if driver is not None else None,
        data_root=root.value if root is not None else usual if half.launch.shown else unknown(half.span, "data-root"),
        configuration=configuration,
    )


def _rootless(half: Half, setting: Setting | None) -> Flag:
    if setting is not None:
        return Flag(True, setting.span, How.WRITTEN, "rootless")
    return unset(half.span, "rootless") if half.launch.shown else Flag(None, half.span, How.INHERITED, "rootless")


class _Written:
    """The settings of both halves, options before the file's."""

    def __init__(self, half: Half, configuration: Configuration | None) -> None:
        self.half = half
        self.launch = half.launch
        self.configuration = configuration

    def __getitem__(self, name: str) -> Setting | None:
        return self.launch[name] or (self.configuration[name] if self.configuration is not None else None)

    def listeners(self) -> Iterator[Endpoint]:
        """Yield where it listens; nowhere if it refuses to start because both halves say so."""
        name = _ADDRESSES.get(self.half.product, "host")
        options = self.launch.all(name)
        settings = self.configuration.settings if self.configuration is not None else ()
        file = tuple(setting for setting in settings if setting.name == name)
        if options and file and not self.half.doubt:
            return
        addresses = [*(setting.value for setting in options or file), *self.half.sockets]
        security = by_address(self._security, self.launch, self.configuration)
        for address in addresses:
            found = listener(address, security(address))
            if found is not None:
                yield self._doubted(found)

    def _security(self, address: HasSpan, launch: Launch, configuration: Configuration | None) -> Security:
        """Return what both halves say about TLS at an address; certificates alone turn nothing on."""
        if self.half.product is EngineProduct.PODMAN:
            never = unset(self.half.span, "authentication")
            return Security(never, never)
        if self.half.product is not EngineProduct.DOCKER:
            named = self["tlscacert"]
            span = named.span if named is not None else self.half.span
            on = Flag(named is not None, span, How.INHERITED, "tlscacert")
            return Security(on, on)
        return security_of(launch, configuration, self.half.span, How.INHERITED, address)

    def _doubted(self, endpoint: Endpoint) -> Endpoint:
        """Mark a listener that what nobody shows may secure: a plain port is known for asking nobody."""
        asked = endpoint.authenticated
        if asked is None or not asked.off or self.half.product is EngineProduct.PODMAN:
            return endpoint
        if self.half.doubt:
            return replace(endpoint, open_unless=self.half.doubt)
        if (
            asked.set
            or self._declined
            or (self.half.product is EngineProduct.DOCKER and endpoint.port in PLAIN_PORTS)
        ):
            return endpoint
        return replace(endpoint, open_unless=self._unless())

    @cached_property
    def _declined(self) -> bool:
        """Whether somebody wrote that there is no TLS: the other half is not going to ask for it."""
        said = self["tls"]
        return said is not None and flag(said.value).off

    def _unless(self) -> str:
        """Return what may ask for certificates all the same; empty if all is shown: a configuration file is optional."""
        if self.launch.packaged is not None:
            kept = "the rest of its command line" if self.launch.shown else "its unit, which is not changed here,"
            return f"{kept} asks for certificates"
        if not self.launch.shown:
            return "its command line asks for certificates"
        if not self.launch.certain:
            return "the variables of its command line ask for certificates"
        unread = self.half.undecided_file or self.launch["config-file"] is not None
        return "its configuration file asks for certificates" if unread and self.configuration is None else ""
