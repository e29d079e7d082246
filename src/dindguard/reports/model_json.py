"""What dindguard believes the files say, as plain data and JSON. Values of variables are masked as in reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dindguard import __version__
from dindguard.model.access import Access
from dindguard.model.container import Container, Role, Sandbox
from dindguard.model.credit import credits_of
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, Text
from dindguard.model.workload import Workload
from dindguard.reports import safe, shown_place
from dindguard.reports.excerpt import MASK
from dindguard.reports.json import dumps
from dindguard.reports.masking import Masks, shown
from dindguard.reports.picture import building, plain
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.scanning import Report

VERSION = 1


def render(report: Report) -> str:
    """Return the document."""
    return dumps(Describer(report).model())


class Describer:
    """Describes the model of one scan. Every method returns plain data; empty facts are left out."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.masks = Masks(report.model, report.rules)

    def model(self) -> dict[str, Any]:
        """Return everything: workloads with their containers, the engines of hosts, and who reaches what."""
        model = self.report.model
        return {
            "version": VERSION,
            "tool": {"name": "dindguard", "version": __version__},
            "workloads": [self.workload(workload) for workload in model.workloads],
            "host_engines": [self.engine(engine) for engine in model.machine_engines],
            "graph": plain.data(building.build(self.report, self.masks)),
        }

    def words(self, text: str) -> str:
        """Return text without credentials and control characters."""
        return self.masks.line(text)

    def place(self, span: Span) -> str:
        """Return ``path:line:column``."""
        return shown_place(span) if span.path else ""

    def workload(self, workload: Workload) -> dict[str, Any]:
        """Return a workload with its containers."""
        return {
            "name": self.words(workload.name),
            "kind": workload.kind.value,
            "platform": workload.platform.value,
            "place": self.place(workload.span),
            "containers": [self.container(container) for container in workload.containers],
        }

    def container(self, container: Container) -> dict[str, Any]:
        """Return a container."""
        facts = {
            "name": self.words(container.name),
            "kind": container.kind.value,
            "address": self.words(container.address),
            "place": self.place(container.span),
            "role": container.role.value if container.role is not Role.OTHER else "",
            "image": self.words(str(container.image)) if container.image is not None else "",
            "privileged": self.flag(container.privileged),
            "sandbox": self.sandbox(container),
            "capabilities_added": [self.words(str(text)) for text in container.capabilities.added],
            "capabilities_dropped": [self.words(str(text)) for text in container.capabilities.dropped],
            "confinement": self.confinement(container),
            "namespaces": self.namespaces(container),
            "user": self.text(container.user),
            "mounts": [self.mount(mount) for mount in container.mounts],
            "devices": [self.words(str(device.host_path)) for device in container.devices],
            "ports": [self.words(_port(port)) for port in container.ports],
            "environment": {
                variable.name: self.value(variable.name, variable.value) for variable in container.environment
            },
            "command": safe.one_line(" ".join(self.command(container))),
            "engine": self.engine(container.engine) if container.engine is not None else {},
            "commands_engines": [self.access(access) for access in container.accesses],
            "way_to_the_host": [
                {"what": self.words(step.what), "place": self.place(step.span)}
                for step in (container.escape.steps if container.escape is not None else ())
            ],
            "no_way_to_the_host": [
                {"why": self.words(why), "place": self.place(span)} for why, span in credits_of(container)
            ],
        }
        return {name: fact for name, fact in facts.items() if fact not in ("", [], {}, None)}

    def command(self, container: Container) -> list[str]:
        """Return a container's command without credentials: whose they are, the entry point tells that stands before it."""
        first = [str(word) for word in container.entrypoint or ()]
        return self.masks.words([*first, *(str(word) for word in container.command or ())])[len(first) :]

    def value(self, name: str, text: Text) -> str | None:
        """Return a variable's value: ``None`` when it is not known, masked unless its name is on the short list."""
        if text.value is None:
            return None
        return self.words(text.value) if shown(name) or not text.value else MASK

    def text(self, text: Text | None) -> str:
        """Return a setting's value, or which variable decides it."""
        if text is None:
            return ""
        return self.words(str(text)) if text.known else f"not known ({self.words(str(text) or text.variable)})"

    def flag(self, flag: Flag) -> str:
        """Return ``yes``, ``no`` or who decides; nothing for what nobody wrote."""
        if not flag.set:
            return ""
        return (
            "yes" if flag.on else "no" if flag.off else f"not known ({self.words(flag.variable or 'no plain value')})"
        )

    def sandbox(self, container: Container) -> str:
        """Return what stands between the container and the host's kernel, and why that is believed."""
        if container.sandbox is Sandbox.NONE:
            return ""
        evidence = container.sandbox_evidence
        why = f" ({self.place(evidence.span)})" if evidence is not None else ""
        return f"{container.sandbox.value}{why}"

    def confinement(self, container: Container) -> dict[str, str]:
        """Return what was written about seccomp, AppArmor, SELinux and masked paths."""
        given = container.confinement
        facts = {
            "seccomp": self.text(given.seccomp),
            "apparmor": self.text(given.apparmor),
            "selinux": " ".join(self.text(text) for text in given.selinux),
            "system_paths": self.text(given.system_paths),
            "no_new_privileges": self.flag(given.no_new_privileges) if given.no_new_privileges is not None else "",
        }
        return {name: fact for name, fact in facts.items() if fact}

    def namespaces(self, container: Container) -> dict[str, str]:
        """Return whose namespaces it lives in, where somebody said so."""
        given = container.namespaces
        names = ("pid", "ipc", "network", "uts", "user", "cgroup")
        facts = {name: self.text(getattr(given, name)) for name in names}
        return {name: fact for name, fact in facts.items() if fact}

    def mount(self, mount: Mount) -> dict[str, Any]:
        """Return a mount."""
        socket = mount.socket()
        facts = {
            "kind": mount.kind.value,
            "source": self.text(mount.source),
            "target": self.text(mount.target),
            "read_only": self.flag(mount.read_only),
            "exposes": f"the {socket.product} engine's socket" if socket is not None else "",
            "place": self.place(mount.span),
        }
        return {name: fact for name, fact in facts.items() if fact}

    def engine(self, engine: Engine) -> dict[str, Any]:
        """Return an engine."""
        facts = {
            "engine": self.words(engine.product),
            "version": ".".join(map(str, engine.version)) if engine.version else "",
            "place": self.place(engine.span),
            "launched_by": _launched_by(engine),
            "listens": [self.endpoint(endpoint) for endpoint in engine.listens],
            "rootless": self.flag(engine.rootless),
            "storage_driver": self.text(engine.storage_driver),
            "data_root": self.text(engine.data_root) if engine.launch.shown else "",
            "data_on": engine.backing.value if engine.launch.shown else "",
            "clients": [self.words(str(access.who)) for access in engine.clients],
        }
        return {name: fact for name, fact in facts.items() if fact not in ("", [])}

    def endpoint(self, endpoint: Endpoint) -> dict[str, Any]:
        """Return where an engine listens, and what it asks of clients."""
        facts = {
            "address": self.words(str(endpoint)),
            "authenticated": _state(endpoint.authenticated),
            "encrypted": _state(endpoint.encrypted),
            "place": self.place(endpoint.span),
        }
        return {name: fact for name, fact in facts.items() if fact != ""}

    def access(self, access: Access) -> dict[str, Any]:
        """Return which engine a container commands, through what, and what that permits."""
        facts = {
            "to": self.words(
                f"{access.to}'s {access.product} engine" if isinstance(access.to, Machine) else str(access.to)
            ),
            "engine": self.words(access.product),
            "through": self.words(_via(access)),
            "proxy": self.words(str(access.proxy)) if access.proxy is not None else "",
            "permits": access.permits.value,
            "place": self.place(access.span),
        }
        return {name: fact for name, fact in facts.items() if fact}


def _launched_by(engine: Engine) -> str:
    if not engine.launch.shown:
        return ""
    return "the image's entry point" if engine.launch.wrapper else "its command"


def _state(flag: Flag | None) -> bool | str | None:
    return "" if flag is None else flag.state


def _via(access: Access) -> str:
    via = access.via
    if isinstance(via, Mount):
        return str(via.source if via.source is not None else via.target)
    if isinstance(via, (Endpoint, Text)):
        return str(via)
    return via.name


def _port(port: Any) -> str:
    host = f"{port.host_address or '*'}:{port.host_port if port.host_port is not None else 'any'}"
    inside = port.container_port if port.container_port is not None else "?"
    return f"{host} -> {inside}/{port.protocol}"
