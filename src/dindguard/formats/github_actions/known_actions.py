"""Actions that command or set up a container engine, in the words of the command lines they stand for.

The inputs are those that the actions' own ``action.yml`` files declare.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Reading
from dindguard.formats.github_actions.containers import option_words, started_container
from dindguard.formats.github_actions.expressions import EXPRESSION, Expressions
from dindguard.model.container import Container, ContainerKind, EnvVar
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import Text, inherited, unset
from dindguard.patterns import regex
from dindguard.records import field, record
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import Embedded

_LINES = regex(r"[^\r\n]+")
_ITEMS = regex(r"[^,\r\n]+")


@record
class Use:
    """One step that uses an action; containers and cached paths that it brings are collected here."""

    step: Node
    uses: Text
    expressions: Expressions
    owner: Container
    variables: tuple[EnvVar, ...]
    address: str
    volumes: Volumes
    cached_paths: list[Text] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)

    def input(self, *names: str) -> Node:
        """Return the first of these inputs that is given; older names come last."""
        given = self.step["with"]
        return next((given[name] for name in names if given[name].present), given[names[0]])

    def text(self, *names: str) -> Text | None:
        """Return an input's value, or ``None`` when it is not given or empty."""
        node = self.input(*names)
        if not node.is_scalar or node.is_null:
            return None
        text = self.expressions.resolve(node.value)
        return text if text.pattern.strip() else None

    def list(self, name: str, pattern: re.Pattern[str] = _ITEMS) -> tuple[Text, ...]:
        """Return the items of an input that is a list: one a line, or separated by commas as well."""
        node = self.input(name)
        if not node.is_scalar or node.is_null:
            return ()
        document = node.document()
        found = []
        for match in pattern.finditer(document.text):
            word = match[0].strip()
            if word:
                start = match.start() + match[0].index(word)
                text = Text(word, document.span(start, start + len(word), node.route), raw=word)
                found.append(self.expressions.resolve(text))
        return tuple(found)

    def call(self, action: str, options: Mapping[str, tuple[Text, ...]], *arguments: Text | None) -> Invocation:
        """Return the client's command that the step stands for."""
        return Invocation(
            kind=InvocationKind.ENGINE_CALL,
            program="docker",
            words=(self.uses,),
            span=self.uses.span,
            action=action,
            options={name: values for name, values in options.items() if values},
            arguments=tuple(argument for argument in arguments if argument is not None),
            environment={variable.name: variable.value for variable in self.variables},
            container=self.owner,
            address=self.address,
        )

    def options(self, *names: str, **renamed: str) -> dict[str, tuple[Text, ...]]:
        """Return inputs with one value as options of the same name, or of another: ``output="outputs"``."""
        pairs = [*((name, name) for name in names), *renamed.items()]
        return {option: (text,) for option, name in pairs if (text := self.text(name)) is not None}


KnownAction = Callable[[Use, Reading], None]


def _setup_buildx(use: Use, reading: Reading) -> None:
    options = use.options("driver", "name")
    options["driver-opt"] = use.list("driver-opts", _LINES)
    for option, names in (
        ("buildkitd-flags", ("buildkitd-flags",)),
        ("buildkitd-config", ("buildkitd-config", "config")),
    ):
        text = use.text(*names)
        if text is not None:
            options[option] = (text,)
    reading.invocations.append(use.call("buildx create", options, use.text("endpoint")))
    _embed(use, reading, "buildkitd.toml", "buildkitd-config-inline", "config-inline")


def _build_push(use: Use, reading: Reading) -> None:
    options = use.options("network", "push", "load", "builder", "target", file="file", output="outputs")
    options["allow"] = use.list("allow")
    options["tag"] = use.list("tags")
    reading.invocations.append(use.call("buildx build", options, use.text("context")))


def _bake(use: Use, reading: Reading) -> None:
    options = use.options("push", "load", "builder")
    options["allow"] = use.list("allow")
    options["file"] = use.list("files")
    options["set"] = use.list("set", _LINES)
    reading.invocations.append(use.call("buildx bake", options, *use.list("targets")))


def _login(use: Use, reading: Reading) -> None:
    reading.invocations.append(use.call("login", {}, use.text("registry")))


def _setup_docker(use: Use, reading: Reading) -> None:
    """The action starts a daemon of its own; ``tcp-port`` adds a listener on 127.0.0.1 without TLS."""
    options: dict[str, tuple[Text, ...]] = {}
    port = use.text("tcp-port")
    if port is not None and port.known:
        options["host"] = (Text(f"tcp://127.0.0.1:{port}", port.span, port.how, raw=port.raw),)
    reading.invocations.append(
        Invocation(
            kind=InvocationKind.ENGINE_START,
            program="dockerd-rootless.sh" if (text := use.text("rootless")) and text.value == "true" else "dockerd",
            words=(use.uses,),
            span=use.uses.span,
            options=options,
            container=use.owner,
            address=use.address,
        )
    )
    _embed(use, reading, "daemon.json", "daemon-config")


def _cache(use: Use, _: Reading) -> None:
    use.cached_paths.extend(use.list("path", _LINES))


def _run_action(use: Use, reading: Reading) -> None:
    """``docker run`` in an action's clothes; it hands the runner's socket to the container on its own account."""
    image = use.text("image")
    if image is None:
        return
    words = option_words(use.input("options"), use.expressions)
    container = started_container(
        use.step["uses"], image, words, use.volumes, name=use.address.partition(".steps.")[2], address=use.address,
        kind=ContainerKind.STEP, extra_mounts=(_runner_socket(use),),
    )  # fmt: skip
    use.containers.append(container)
    reading.invocations.append(use.call("run", {}, image))
    _embed(use, reading, "shell", "run", owner=container)


def _runner_socket(use: Use) -> Mount:
    path = inherited("/var/run/docker.sock", use.uses.span)
    return Mount(
        kind=MountKind.HOST,
        source=path,
        target=path,
        span=use.uses.span,
        read_only=unset(use.uses.span, "read_only"),
        through=use.uses.pattern.partition("@")[0],
    )


def _start_cluster(use: Use, reading: Reading) -> None:
    reading.invocations.append(
        Invocation(
            kind=InvocationKind.CLUSTER_START,
            program="kind",
            words=(use.uses,),
            span=use.uses.span,
            action="create cluster",
            options=use.options("config"),
            container=use.owner,
            address=use.address,
        )
    )


def _script(name: str, *, elsewhere: bool = False) -> KnownAction:
    """Return what to make of an action that runs a script, on the runner or on a machine ``elsewhere``."""

    def made(use: Use, reading: Reading) -> None:
        _embed(use, reading, "shell", name, around=("ssh machine <<'EOF'\n", "\nEOF\n") if elsewhere else ("", ""))

    return made


def _embed(
    use: Use,
    reading: Reading,
    hint: str,
    *names: str,
    owner: Container | None = None,
    around: tuple[str, str] = ("", ""),
) -> None:
    node = use.input(*names)
    if node.is_scalar and not node.is_null and node.content.strip():
        joined = Joined(node.source)
        joined.add_glue(around[0])
        joined.add_node(node, EXPRESSION, use.expressions.replacement)
        joined.add_glue(around[1])
        reading.embedded.append(Embedded(joined.source(hint), owner or use.owner))


KNOWN_ACTIONS: dict[str, KnownAction] = {
    "docker/setup-buildx-action": _setup_buildx,
    "docker/build-push-action": _build_push,
    "docker/bake-action": _bake,
    "docker/login-action": _login,
    "docker/setup-docker-action": _setup_docker,
    "crazy-max/ghaction-setup-docker": _setup_docker,
    "actions/cache": _cache,
    "actions/cache/save": _cache,
    "actions/cache/restore": _cache,
    "addnab/docker-run-action": _run_action,
    "nick-fields/retry": _script("command"),
    "nick-invision/retry": _script("command"),
    "wandalen/wretry.action": _script("command"),
    "devcontainers/ci": _script("runCmd"),
    "coactions/setup-xvfb": _script("run"),
    "gabrielbb/xvfb-action": _script("run"),
    "reactivecircus/android-emulator-runner": _script("script"),
    "appleboy/ssh-action": _script("script", elsewhere=True),
    "fifsky/ssh-action": _script("command", elsewhere=True),
    "garygrossgarten/github-action-ssh": _script("command", elsewhere=True),
    "cross-platform-actions/action": _script("run", elsewhere=True),
    "helm/kind-action": _start_cluster,
    "container-tools/kind-action": _start_cluster,
    "engineerd/setup-kind": _start_cluster,
}
"""What to make of an action, by its name without version, in lower case."""
