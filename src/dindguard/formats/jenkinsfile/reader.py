"""Reads pipelines: agents and their containers, pods, and the scripts that steps run in them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from dindguard.documents.groovy.nodes import ASSIGNED
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.formats.jenkinsfile import pods
from dindguard.formats.jenkinsfile.containers import build_of, machine, options_given, started
from dindguard.formats.jenkinsfile.images import Images
from dindguard.formats.jenkinsfile.places import Place, Variables, listed_variables, variables_of, without_holder
from dindguard.model.container import Container, EnvVar
from dindguard.model.values import Text
from dindguard.records import replace
from dindguard.scripts.located import add_script
from dindguard.source import Embedded, Span

_SCRIPTS = {"sh": "shell", "shell": "shell", "bat": "batch", "powershell": "powershell", "pwsh": "powershell"}
_ELSEWHERE = {"sshCommand": "command", "sshTransfer": "execCommand"}
"""Steps of plugins that run a script on another machine, and the name of their argument that it is."""
_NO_STEPS = frozenset({"environment", "options", "parameters", "triggers", "when", "tools", "libraries", "agent"})
_SOME_IMAGE = '"$image"'
_IMAGE_CALLS = frozenset({"inside", "withRun", "run"})


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all pipelines of one scan."""
    reading = Reading()
    for document in documents:
        _Pipeline(document, context, reading).read()
    return reading


class _Pipeline:
    """Reads one file into ``reading``."""

    def __init__(self, document: Document, context: Context, reading: Reading) -> None:
        self._root: Node = document.content
        self._source = document.source
        self._context = context
        self._reading = reading
        self._addresses = Addresses()
        self._images = Images(self._root)
        self._places: dict[str, Callable[[Node, Place], Place]] = {
            "stage": self._stage,
            "container": self._member,
            "podTemplate": self._pod,
            "withEnv": self._with_variables,
            "docker.withServer": self._server,
            "withDockerServer": self._server,
            "withDockerContainer": self._with_container,
            "dockerNode": self._node,
        }

    def read(self) -> None:
        """Read the whole file; what runs outside every block runs on an agent's machine."""
        workload, owner = machine("", "agent", self._root.span)
        before = len(self._reading.embedded)
        self._block(self._root, Place(owner, "agent"))
        if any(embedded.owner is owner for embedded in self._reading.embedded[before:]):
            self._reading.workloads.append(workload)

    # -- blocks -----------------------------------------------------------------------------------------

    def _block(self, block: Node, place: Place) -> None:
        """Read a block's statements; its agent and variables hold for all of them."""
        if given := variables_of(block["environment"]):
            place = replace(place, variables=place.variables.within(given))
        place = self._agent(block["agent"], place)
        variables: Variables | None = None
        for key, value in block.pairs():
            name = key.content
            if name in _NO_STEPS and value.tag != ASSIGNED:
                continue
            if name.startswith("env.") and value.tag == ASSIGNED and value.is_scalar:
                variable = EnvVar(name[4:], value.value, key.span)
                if variables is None:
                    variables = place.variables.within({variable.name: variable})
                    place = replace(place, variables=variables)
                variables.give(variable.name, variable)
            elif value.is_mapping or value.is_scalar or value.is_sequence:
                self._statement(name, value, place)

    def _statement(self, called: str, value: Node, place: Place) -> None:
        name = without_holder(called)
        if name in _SCRIPTS and value.tag != ASSIGNED:
            self._script(_SCRIPTS[name], value, place)
        elif name in _ELSEWHERE and value.is_mapping:
            self._command_elsewhere(value[_ELSEWHERE[name]], place)
        elif name == "cps" and value.is_mapping and value["script"].is_scalar:
            self._reading.embedded.append(Embedded(value["script"].document("Jenkinsfile")))
        elif name in self._places:
            self._inside(value, self._places[name](value, place))
        elif name.rpartition(".")[2] in _IMAGE_CALLS and value.tag != ASSIGNED:
            self._image_call(name, value, place)
        elif value.is_mapping and (options := options_given(name, value)) is not None:
            image = next((each for each in (value["image"], value["0"]) if each.is_scalar), value.hole("image"))
            named = image if image is not options else value.hole("image")
            self._inside(value, self._started(named, options, place))
        elif name == "docker.build":
            self._command("docker build -t ", (value["0"] if value.is_mapping else value, value["1"]), place)
        elif value.is_mapping:
            self._inside(value, place)
        elif value.is_sequence:
            for item in value.items():
                self._inside(item, place)

    def _inside(self, value: Node, place: Place) -> None:
        if value.is_mapping:
            self._block(value, place)

    def _address(self, kind: str, name: Node) -> str:
        address = f"{kind}.{name.value.pattern if name.is_scalar else ''}".rstrip(".")
        return self._addresses.unique(address)

    # -- where steps run ----------------------------------------------------------------------------------

    def _agent(self, agent: Node, place: Place) -> Place:
        docker, build, cloud = agent["docker"], agent["dockerfile"], agent["kubernetes"]
        if docker.present:
            image = docker["image"] if docker.is_mapping else docker
            return self._started(image, docker["args"], place)
        if build.is_mapping or build.flag().on:
            return self._started(build.hole("image"), build["args"], place, built=build)
        if agent["dockerContainer"].is_mapping:
            given = agent["dockerContainer"]
            return self._started(given["image"], given.hole("args"), self._on(given["dockerHost"], place))
        return self._pod(cloud, place) if cloud.is_mapping else place

    def _started(self, image: Node, arguments: Node, place: Place, *, built: Node | None = None) -> Place:
        inner = replace(place, address=self._address(f"{place.address}.docker", image))
        build = build_of(built) if built is not None else None
        workload, container = started(image, arguments, inner, build=build)
        self._reading.workloads.append(workload)
        return replace(place, owner=container, pod={})

    def _pod(self, template: Node, place: Place) -> Place:
        """Read a pod in calls, in YAML, or in a file of its own."""
        address = self._address("pods", template["label"] if template["label"].is_scalar else template["name"])
        if template["yaml"].is_scalar:
            joined = Joined(self._source)
            add_script(joined, template["yaml"])
            self._reading.embedded.append(Embedded(joined.source("kubernetes")))
        place = replace(place, pod_text=_text_of(template), pod={}, runs=pods.runs(template))
        found = pods.pod(template, address)
        if found is not None:
            workload, members = found
            self._reading.workloads.append(workload)
            place = replace(place, owner=members.get("jnlp", place.owner), pod=members)
        usual = template["defaultContainer"]
        return self._chosen(usual, place) if usual.is_scalar else place

    def _stage(self, call: Node, place: Place) -> Place:
        return replace(place, address=self._address("stages", call["0"]))

    def _with_variables(self, call: Node, place: Place) -> Place:
        given = call["0"] if call["0"].present else call["overrides"]
        return replace(place, variables=place.variables.within(listed_variables(given)))

    def _with_container(self, call: Node, place: Place) -> Place:
        return self._started(call["image"] if call["image"].present else call["0"], call["args"], place)

    def _node(self, call: Node, place: Place) -> Place:
        """Read an agent that the Docker plugin starts for a block: ``dockerNode(dockerHost: 'tcp://…', image: '…')``."""
        image = call["image"] if call["image"].present else call["0"]
        return self._started(image, call.hole("args"), self._on(call["dockerHost"], place))

    def _member(self, call: Node, place: Place) -> Place:
        """Choose the container that ``container('name')`` names."""
        return self._chosen(call["0"] if call["0"].present else call["name"], place)

    def _chosen(self, written: Node, place: Place) -> Place:
        """Choose a container of the pod by its name; one that only a YAML text has is known by that alone here."""
        name = written.value.pattern if written.is_scalar else ""
        chosen: Container | None = place.pod.get(name)
        if chosen is None:
            workload, chosen = machine(name, self._address("containers", written), written.span, place)
            self._reading.workloads.append(workload)
        return replace(place, owner=chosen)

    def _server(self, call: Node, place: Place) -> Place:
        credentials = call["1"] if call["1"].present else call["credentialsId"]
        return self._on(call["0"] if call["0"].present else call["uri"], place, credentials)

    def _on(self, host: Node, place: Place, credentials: Node | None = None) -> Place:
        """Name the engine that clients command; with credentials, which are a client's certificates, they verify it."""
        if not host.is_scalar or host.is_null:
            return place
        variables = {"DOCKER_HOST": EnvVar("DOCKER_HOST", host.value, host.span)}
        if credentials is not None and credentials.present and not credentials.is_null:
            verified = EnvVar("DOCKER_TLS_VERIFY", Text("1", credentials.span), credentials.span)
            variables[verified.name] = verified
        return replace(place, variables=place.variables.within(variables))

    # -- steps ------------------------------------------------------------------------------------------

    def _image_call(self, name: str, value: Node, place: Place) -> None:
        """Read ``docker.image('i').inside('ARGS') { … }``, ``.withRun(…)``, ``.run(…)``, or of a variable."""
        holder, _, method = name.rpartition(".")
        receiver = value["receiver"]
        self._inside(receiver, place) if "docker.build" in receiver else None
        options = value["0"] if value.is_mapping else value
        image = self._images.of(receiver if not holder else value, holder, options, runs=method == "run")
        if image is None:
            self._inside(value, place)
        elif method == "inside":
            self._inside(value, self._started(image, options, place))
        else:
            named = image if image.present else _SOME_IMAGE
            self._command("docker run -d ", (options, named, value["1"]), place)
            self._inside(value, place)

    def _command(self, start: str, parts: Sequence[Node | str], place: Place) -> None:
        """Read a command of the docker plugin's as the shell would; of its parts, those without a place are given as texts."""
        joined = Joined(self._source)
        written = (part for part in parts if not isinstance(part, str) and part.is_scalar)
        self._exports(joined, place, " ".join(part.content for part in written))
        joined.add_glue(start)
        for part in parts:
            if isinstance(part, str):
                joined.add_glue(f"{part} ")
            elif part.is_scalar and not part.is_null:
                add_script(joined, part)
                joined.add_glue(" ")
        self._embed(joined, "shell", place)

    def _script(self, hint: str, value: Node, place: Place) -> None:
        script = value["script"] if value.is_mapping else value
        if not script.is_scalar:
            return
        joined = Joined(self._source)
        if hint == "shell":
            self._exports(joined, place, script.content)
        add_script(joined, script)
        self._embed(joined, hint, place)

    def _command_elsewhere(self, script: Node, place: Place) -> None:
        if script.is_scalar:
            joined = Joined(self._source)
            joined.add_glue("ssh machine <<'EOF'\n")
            add_script(joined, script)
            joined.add_glue("\nEOF\n")
            self._embed(joined, "shell", place)

    def _exports(self, joined: Joined, place: Place, script: str) -> None:
        """Put variables before a script, but for those of its container: those of clients, and those that it names."""
        for name, variable in place.variables.seen_by(script):
            value = variable.value.value
            if value is None or place.owner.environment[name] == variable:
                continue
            if joined.repeats(value, variable):
                joined.add_glue(f"export {name}='")
                self._located(joined, value.replace("'", "'\\''"), variable.value)
                joined.add_glue("'\n")

    def _located(self, joined: Joined, text: str, value: Text) -> None:
        """Add a variable's text with the place of its value, where that lies in this very file."""
        span = value.span
        if self._source.parent is None and span.path == self._source.path and span.line == span.end_line:
            start = self._source.offset(span.line, span.column)
            inner = self._source.text.find(text, start, start + span.end_column - span.column)
            if inner >= 0:
                joined.add(text, inner, inner + len(text))
                return
        joined.add_glue(text)

    def _embed(self, joined: Joined, hint: str, place: Place) -> None:
        if not joined.empty:
            self._reading.embedded.append(Embedded(joined.source(hint), place.owner))


def _text_of(template: Node) -> Span | None:
    """Return where the text of a pod lies: in this file, or a whole file below the root (``yamlFile``)."""
    file = template["yamlFile"]
    if file.is_scalar and file.value.value is not None:
        return Span(posixpath.normpath(file.value.value))
    return template["yaml"].span if template["yaml"].is_scalar else None
