"""Reads pipelines: every step is a job on the agent's own machine, or in the container that a plugin starts for it."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.formats.buildkite import plugins
from dindguard.formats.buildkite.values import Values, written
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind, alone
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.located import add_exports, add_script
from dindguard.source import Embedded, Span


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every pipeline of a scan."""
    del context  # a pipeline stands by itself
    reading = Reading()
    for document in documents:
        _Pipeline(document.content, reading).read()
    return reading


class _Pipeline:
    def __init__(self, root: Node, reading: Reading) -> None:
        self._root = root
        self._reading = reading
        self._addresses = Addresses()
        self._steps_read = self._variables = 0
        self._values = Values(written(root["env"]))

    def read(self) -> None:
        self._steps(self._root if self._root.is_sequence else self._root["steps"], 0)

    def _steps(self, steps: Node, level: int) -> None:
        given = steps.items()
        if not given or not budget.within(budget.BUILDKITE_LEVELS, level + 1, steps):
            return
        for step in given:
            self._steps_read += 1
            if not budget.within(budget.BUILDKITE_STEPS, self._steps_read, step):
                return
            if not step.is_mapping or _is_off(step):
                continue
            if step["steps"].is_sequence:  # a group; it holds none, but for an alias that makes it seem to
                self._steps(step["steps"], level + 1)
            elif "command" in step or "commands" in step or "plugins" in step:
                self._step(step)

    def _step(self, step: Node) -> None:
        name, span = _named(step)
        address = self._addresses.unique(f"steps.{name}" if name else "steps")
        values = self._values.of_step(step["matrix"])
        self._variables += len(self._root["env"].pairs()) + len(step["env"].pairs())
        if not budget.within(budget.PIPELINE_VARIABLES, self._variables, step):
            return
        variables = tuple(
            EnvVar(key.content, values.setting(value).value, key.span)
            for env in (self._root["env"], step["env"])
            for key, value in env.pairs()
            if value.is_scalar
        )
        used = plugins.plugins_of(step)
        volumes = Volumes(f"{step.source.path}:{address}")
        owner = self._container(used, values, volumes, name, address, span, variables)
        before = len(self._reading.embedded)
        self._scripts(step, values, owner)
        self._command_lines(used, values, owner, name)
        if owner.image is not None or len(self._reading.embedded) > before:
            self._reading.workloads.append(_workload(step, owner, volumes))

    def _container(
        self, used: dict[str, Node], values: Values, volumes: Volumes, name: str, address: str, span: Span,
        variables: tuple[EnvVar, ...],
    ) -> Container:  # fmt: skip
        """Return what the step's command runs in; the agent's machine, if no plugin starts a container for it."""
        if "docker" in used:
            found = plugins.container(
                used["docker"], values, volumes, name=name, address=address, span=span, outer=variables
            )
            if found is not None:
                return found
        return Container(
            name=name, address=address, kind=ContainerKind.JOB, span=span, environment=Environment(variables)
        )

    def _scripts(self, step: Node, values: Values, owner: Container) -> None:
        joined: Joined | None = None
        for key in ("command", "commands"):
            for line in step[key].listed():
                if not line.is_scalar or line.is_null:
                    continue
                if joined is None or joined.parent is not line.source:
                    self._embed(joined, owner)
                    joined = Joined(line.source)
                    add_exports(joined, ((name.content, value) for name, value in step["env"].pairs()))
                add_script(joined, values.script(line))
                joined.add_glue("\n")
        self._embed(joined, owner)

    def _command_lines(self, used: dict[str, Node], values: Values, owner: Container, name: str) -> None:
        """Read the plugins that start something beside the step's command."""
        if "docker-compose" in used:
            self._embed(plugins.compose_command(used["docker-compose"], values), owner)
        made = plugins.pod(used["kubernetes"], name) if "kubernetes" in used else None
        if made is not None:
            self._reading.embedded.append(made)

    def _embed(self, joined: Joined | None, owner: Container) -> None:
        if joined is not None and not joined.empty:
            self._reading.embedded.append(Embedded(joined.source("shell"), owner))


def _is_off(step: Node) -> bool:
    """Whether a step is skipped, with a reason or without, or its condition is no."""
    skip = step["skip"]
    skipped = skip.is_scalar and not skip.is_null and not skip.flag().off
    return skipped or step["if"].content.strip() == "false"


def _named(step: Node) -> tuple[str, Span]:
    """Return a step's name and where it is: its key, else its label, else where it begins."""
    for key in ("key", "id", "identifier", "label", "name"):
        if step[key].is_scalar and not step[key].is_null and step[key].content:
            return str(step[key].value), step[key].span
    return "", step.span


def _workload(step: Node, owner: Container, volumes: Volumes) -> Workload:
    several = step["parallelism"].integer or 1
    replicas = Replicas(several, step["parallelism"].span) if several > 1 else None
    return alone(owner, WorkloadKind.JOB, Platform.OTHER_CI, storages=volumes.storages, replicas=replicas)
