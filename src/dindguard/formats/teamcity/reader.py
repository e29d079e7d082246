"""Reads settings: the steps of builds, which run on an agent or in a container that it starts for them.

Sources: TeamCity's documentation, "Container Wrapper" and "Run in Docker" (the step's own command runs in the container, by
``docker run`` with further arguments), and "Kotlin DSL" (the names of settings, and of the parameters that stand for them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard.documents.groovy.nodes import ASSIGNED
from dindguard.documents.groovy.reader import read_kotlin
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.formats.teamcity.parameters import Parameters
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import inherited
from dindguard.model.workload import Platform, WorkloadKind, alone
from dindguard.records import record, replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import run_attributes
from dindguard.scripts.located import add_exports, add_script, option_words
from dindguard.source import Embedded

_PARAMETERS = {
    "plugin.docker.imageId": "dockerImage",
    "plugin.docker.run.parameters": "dockerRunParameters",
    "script.content": "scriptContent",
    "command.executable": "path",
    "command.parameters": "arguments",
}
"""The settings that parameters of a step stand for."""
_OF_STEPS = frozenset({"dockerImage", "scriptContent", "commandType", "scriptMode"})
_PODS = frozenset({"customPod", "podTemplate"})


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read each file's settings."""
    del context
    reading = Reading()
    for document in documents:
        tree = read_kotlin(document.source)
        reading.notices += tree.notices
        for root in tree.documents:
            _File(root, reading).read()
    return reading


@record
class _Place:
    """Where steps stand: the named way there, the parameters that hold, and the container that all steps of a build run in."""

    address: str
    parameters: Parameters
    owner: Container | None = None


class _File:
    """Reads one file into ``reading``."""

    def __init__(self, root: Node, reading: Reading) -> None:
        self._root = root
        self._reading = reading
        self._addresses = Addresses()
        self._agents: dict[str, Container] = {}

    def read(self) -> None:
        """Read it; the parameters of its project hold for all builds in it."""
        everywhere = Parameters()
        for key, value in self._root.pairs():
            if key.content == "project" and value.is_mapping:
                everywhere = everywhere.within(value)
        self._block(self._root, _Place("", everywhere))

    def _block(self, block: Node, place: _Place) -> None:
        place = replace(place, parameters=place.parameters.within(block))
        feature = block["features"]["runInDocker"]
        if feature.is_mapping and (owner := self._started(_settings(feature), place)) is not None:
            place = replace(place, owner=owner)
        for key, value in block.pairs():
            name = key.content.rpartition(".")[2]
            if name in _PODS and value.is_scalar:
                self._reading.embedded.append(Embedded(value.document("kubernetes")))
            elif name in ("params", "features"):
                continue
            elif name == "object" and value.is_mapping:
                for defined, body in value.pairs():
                    self._value(body, replace(place, address=defined.content))
            else:
                self._value(value, place)

    def _value(self, value: Node, place: _Place) -> None:
        if value.is_sequence:
            for item in value.items():
                self._value(item, place)
        elif value.is_mapping:
            settings = _settings(value)
            if not place.address and "steps" in value:
                place = replace(place, address=_name(value))
            if not _OF_STEPS.isdisjoint(settings) or {"path", "arguments"} <= settings.keys():
                self._step(settings, place)
            self._block(value, place)

    # -- steps ------------------------------------------------------------------------------------------

    def _step(self, settings: Mapping[str, Node], place: _Place) -> None:
        own = replace(place, address=f"{place.address}.{_name(settings)}".strip("."))
        owner = self._started(settings, own) or place.owner or self._agent(settings, place)
        script = settings.get("scriptContent")
        if script is not None:
            self._script([script], "shell", owner, place)
        if (shell := settings.get("scriptMode")) is not None and shell.is_mapping:
            self._script([shell["script"]["content"]], "powershell", owner, place)
        if "path" in settings and "arguments" in settings:
            self._script([settings["path"], settings["arguments"]], "shell", owner, place)
        if (command := settings.get("commandType")) is not None and command.is_mapping:
            self._command(command, owner, place)

    def _command(self, command: Node, owner: Container, place: _Place) -> None:
        """Read what the Docker runner's step runs: a build, or any command."""
        other, build = command["other"], command["build"]
        if other.is_mapping:
            self._script([other["subCommand"], other["commandArgs"]], "shell", owner, place, start="docker ")
        elif build.is_mapping:
            file = build["source"]["file"]["path"]
            start = "docker build -f " if file.is_scalar else "docker build "
            self._script([file, build["commandArgs"]], "shell", owner, place, start=start, end=" .")

    def _script(
        self,
        parts: Sequence[Node],
        hint: str,
        owner: Container,
        place: _Place,
        *,
        start: str = "",
        end: str = "",
    ) -> None:
        joined = Joined(self._root.source)
        if hint == "shell":
            given = place.parameters.environment(" ".join(part.content for part in parts if part.is_scalar))
            add_exports(joined, ((name, value) for name, value in given if owner.environment[name] is None))
        written = [part for part in parts if part.is_scalar and not part.is_null]
        joined.add_glue(start)
        for number, part in enumerate(written):
            joined.add_glue(" " if number else "")
            add_script(joined, place.parameters.located(part))
        if written:
            joined.add_glue(end)
            self._reading.embedded.append(Embedded(joined.source(hint), owner))

    # -- where steps run --------------------------------------------------------------------------------

    def _started(self, settings: Mapping[str, Node], place: _Place) -> Container | None:
        """Return the container that an agent starts for a step, or for all of a build; ``None`` without an image."""
        image, arguments = settings.get("dockerImage"), settings.get("dockerRunParameters")
        if image is None or not image.is_scalar or not image.content:
            return None
        address = self._addresses.unique(f"{place.address}.docker".lstrip("."))
        volumes = Volumes(f"{image.source.path}:{address}")
        words = option_words(place.parameters.located(arguments)) if arguments is not None else ()
        given = run_attributes(words, volumes, address)
        variables = (EnvVar(name, node.value, node.span) for name, node in place.parameters.environment())
        text = place.parameters.located(image).value
        given.pop("entrypoint", None)
        own = given.pop("environment")
        container = Container(
            name=str(text),
            address=address,
            kind=ContainerKind.JOB,
            span=image.span,
            image=Image.parse(text),
            environment=Environment((*variables, *own)),
            entrypoint=Words((inherited("/bin/sh", image.span),), image.span),
            **given,
        )
        self._reading.workloads.append(
            alone(container, WorkloadKind.JOB, Platform.OTHER_CI, storages=volumes.storages)
        )
        return container

    def _agent(self, settings: Mapping[str, Node], place: _Place) -> Container:
        """Return the agent's machine, on which all steps of a build run that have no container."""
        if place.address not in self._agents:
            span = next(iter(settings.values())).span
            address = self._addresses.unique(place.address or "agent")
            container = Container(name=place.address, address=address, kind=ContainerKind.JOB, span=span)
            self._reading.workloads.append(alone(container, WorkloadKind.JOB, Platform.OTHER_CI))
            self._agents[place.address] = container
        return self._agents[place.address]


def _settings(block: Node) -> dict[str, Node]:
    """Return a step's settings: those that have a name of their own, and those that are parameters."""
    found: dict[str, Node] = {}
    for key, value in block.pairs():
        if value.tag == ASSIGNED:
            found[key.content] = value
        elif key.content == "param" and value.is_mapping and value["0"].text in _PARAMETERS:
            found[_PARAMETERS[value["0"].text]] = value["1"]
    return found


def _name(of: Mapping[str, Node] | Node) -> str:
    """Return what a build or a step calls itself; ``""`` where the text does not tell."""
    for key in ("id", "name"):
        node = of.get(key) if isinstance(of, Mapping) else of[key]
        if node is not None and node.is_scalar and node.value.value:
            return node.value.value
    return ""
