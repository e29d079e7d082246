"""What dindguard believes the files say, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dindguard.reports import safe
from dindguard.reports.model_json import Describer
from dindguard.reports.terminal import Terminal, cells, wrapped

if TYPE_CHECKING:
    from dindguard.model.container import Container
    from dindguard.model.engine import Engine
    from dindguard.scanning import Report

_LABEL = 18
"""Columns of the names of facts."""

_PLAIN = (
    ("privileged", "privileged"),
    ("sandbox", "sandbox"),
    ("capabilities_added", "capabilities +"),
    ("capabilities_dropped", "capabilities -"),
    ("user", "user"),
    ("devices", "devices"),
    ("ports", "published"),
    ("command", "command"),
)


def render(report: Report, terminal: Terminal) -> str:
    """Return the workloads, each container with what decides its danger."""
    return _Page(Describer(report), terminal).page()


def of_container(report: Report, container: Container, terminal: Terminal) -> str:
    """Return what is believed of one container."""
    describer = Describer(report)
    return safe.log("\n".join(_Page(describer, terminal).container(describer.container(container))))


def of_engine(report: Report, engine: Engine, terminal: Terminal) -> str:
    """Return what is believed of one engine of a machine."""
    described = Describer(report).engine(engine)
    return safe.log("\n".join(_Page(Describer(report), terminal).host(described)))


class _Page:
    """The description in lines."""

    def __init__(self, describer: Describer, terminal: Terminal) -> None:
        self.describer = describer
        self.terminal = terminal

    def page(self) -> str:
        """Return everything, a blank line between workloads."""
        model = self.describer.model()
        blocks = [list(self.workload(workload)) for workload in model["workloads"]]
        blocks += [list(self.host(engine)) for engine in model["host_engines"]]
        if not blocks:
            return "no containers, engines or pipelines were recognised\n"
        return safe.log("\n\n".join("\n".join(block) for block in blocks) + "\n")

    def title(self, name: str, place: str, style: str = "bold") -> str:
        """Return a heading with its place."""
        return f"{self.terminal.paint(name, style)}  {self.terminal.paint(place, 'dim')}".rstrip()

    def host(self, engine: dict[str, Any]) -> Iterator[str]:
        """Yield the lines of a machine's engine."""
        yield self.title("host", engine["place"])
        yield from self.engine(engine)

    def workload(self, workload: dict[str, Any]) -> Iterator[str]:
        """Yield a workload's lines."""
        name = f"{workload['kind']} '{workload['name']}'" if workload["name"] else workload["kind"]
        yield self.title(name, workload["place"])
        for container in workload["containers"]:
            yield from self.container(container)

    def container(self, container: dict[str, Any]) -> Iterator[str]:
        """Yield a container's lines."""
        name = f"{container['kind']} '{container['name']}'" if "name" in container else container["kind"]
        role = f": {container['role']}" if "role" in container else ""
        yield f"  {self.title(name + role, container['place'], 'bold blue')}"
        if "image" in container:
            yield from self.fact("image", container["image"])
        for key, label in _PLAIN:
            value = container.get(key)
            if value:
                danger = "bold red" if key == "privileged" and value == "yes" else ""
                yield from self.fact(label, ", ".join(value) if isinstance(value, list) else value, style=danger)
        for group in ("namespaces", "confinement"):
            for key, value in container.get(group, {}).items():
                yield from self.fact(f"{key} namespace" if group == "namespaces" else key.replace("_", " "), value)
        for mount in container.get("mounts", ()):
            yield from self.fact("mount", _mount(mount), mount["place"])
        variables = container.get("environment", {})
        if variables:
            shown = (f"{name}={'(not known)' if value is None else value}" for name, value in variables.items())
            yield from self.fact("environment", " ".join(shown))
        if "engine" in container:
            yield from self.engine(container["engine"])
        for access in container.get("commands_engines", ()):
            proxy = f", by way of {access['proxy']}" if "proxy" in access else ""
            text = f"{access['to']} through {access.get('through', '?')}{proxy}: {access['permits']}"
            yield from self.fact("commands", text, access["place"], "bold magenta")
        before = container["place"]
        for number, step in enumerate(container.get("way_to_the_host", ()), 1):
            place = step["place"] if step["place"] != before else ""
            yield from self.fact("way to the host" if number == 1 else "", f"{number}. {step['what']}", place)
            before = step["place"]
        for number, credit in enumerate(container.get("no_way_to_the_host", ())):
            yield from self.fact("" if number else "no way out", credit["why"], credit["place"])

    def engine(self, engine: dict[str, Any]) -> Iterator[str]:
        """Yield an engine's lines."""
        rootless = ", rootless" if engine.get("rootless") == "yes" else ""
        words = f"{engine['engine']} {engine.get('version', '')}".strip()
        if "launched_by" in engine:
            words += f"{rootless}, started by {engine['launched_by']}"
            yield from self.fact("runs an engine", words, engine["place"])
        else:
            yield from self.fact("engine", f"{words}, configured here; nothing shows how it starts", engine["place"])
        for endpoint in engine.get("listens", ()):
            yield from self.fact("  listens", f"{endpoint['address']}{_proof(endpoint)}", endpoint["place"])
        unknown = "the engine's own choice" if "launched_by" in engine else ""
        if driver := engine.get("storage_driver", unknown):
            yield from self.fact("  driver", driver)
        if "data_root" in engine:
            yield from self.fact("  data root", f"{engine['data_root']} on {engine['data_on']}")
        if "clients" in engine:
            yield from self.fact("  clients", ", ".join(dict.fromkeys(engine["clients"])))

    def fact(self, label: str, text: str, place: str = "", style: str = "") -> Iterator[str]:
        """Yield a fact: its name, its value, where it was written."""
        first = f"    {label:<{_LABEL}}"
        lines = wrapped(text, self.terminal.width, " " * (4 + _LABEL), first)
        beside = cells(lines[-1]) + len(place) + 2 <= self.terminal.width
        if style:
            start = 4 + _LABEL
            lines = [line[:start] + self.terminal.paint(line[start:], style) for line in lines]
        if place and beside:
            lines[-1] += f"  {self.terminal.paint(place, 'dim')}"
        elif place:
            lines.append(" " * (4 + _LABEL) + self.terminal.paint(place, "dim"))
        yield from lines


def _mount(mount: dict[str, Any]) -> str:
    text = f"{mount['kind']} {mount.get('source', '')}".strip() + f" at {mount['target']}"
    if mount.get("read_only") == "yes":
        text += ", read-only"
    return f"{text}, which exposes {mount['exposes']}" if "exposes" in mount else text


def _proof(endpoint: dict[str, Any]) -> str:
    words = {True: "clients must prove who they are", False: "anyone may connect", None: "authentication not known"}
    return f" ({words[endpoint['authenticated']]})" if "authenticated" in endpoint else ""
