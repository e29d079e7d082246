"""Reads configurations: every job is a workload of what its steps run in, and of the containers beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dindguard import budget
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.circleci.executors import Executor, pairs_of, variables_of
from dindguard.formats.circleci.parameters import Names, of_pipeline
from dindguard.model.container import Container, EnvVar
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.scripts.located import add_exports, add_script
from dindguard.source import Embedded

_BRANCHES = ("when", "unless")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration of a scan."""
    del context  # a configuration stands by itself
    reading = Reading()
    room = budget.Room()
    for document in documents:
        _Configuration(document.content, reading, room).read()
    return reading


class _Configuration:
    """Reads one file. What an inline orb declares goes by the orb's name, a slash, and its own."""

    def __init__(self, root: Node, reading: Reading, room: budget.Room) -> None:
        self._root = root
        self._room = room
        self._reading = reading
        self._names = of_pipeline(root)
        self._commands = _declared(root, "commands")
        self._executors = _declared(root, "executors")
        self._uses = _uses(root["workflows"])
        self._counts = _Counts()
        self._variables = 0

    def read(self) -> None:
        for name, job in _declared(self._root, "jobs").items():
            if job.is_mapping:
                self._job(name, job)

    def _job(self, name: str, job: Node) -> None:
        uses = self._uses.get(name, [])
        names = self._names.of_job(job, uses)
        executor = self._executor(job, names)
        variables = variables_of(job["environment"], names)
        path, size = job.source.path, job.source.file.size
        if self._room.full(path, size):
            budget.met(budget.DESCRIBED_CONTAINERS, job)
            return
        if not self._fit(job, variables, executor):
            return
        containers = executor.containers(name, f"jobs.{name}", job, variables)
        steps = _Steps(self._commands, containers[0], self._counts, windows=executor.windows)
        for use in uses:
            steps.read(use["pre-steps"], self._names, ())
        steps.read(job["steps"], names, ())
        for use in uses:
            steps.read(use["post-steps"], self._names, ())
        if containers[0].image is None and not steps.embedded:
            return
        self._room.take(path, size, len(containers))
        self._reading.embedded += steps.embedded
        self._reading.workloads.append(
            Workload(
                name=name, address=f"jobs.{name}", kind=WorkloadKind.JOB, platform=Platform.OTHER_CI, span=job.key_span,
                containers=tuple(containers), hosted=executor.hosted, shared_network=containers[0].image is not None,
                replicas=_replicas(job),
            )
        )  # fmt: skip

    def _fit(self, job: Node, own: Sequence[EnvVar], executor: Executor) -> bool:
        """Whether a job's variables may be read beside those of all jobs before it; once they may not, nobody counts them."""
        if self._variables <= budget.PIPELINE_VARIABLES.most:
            self._variables += len(own) + sum(1 for _ in pairs_of(executor.settings["environment"]))
        return budget.within(budget.PIPELINE_VARIABLES, self._variables, job)

    def _executor(self, job: Node, names: Names) -> Executor:
        """Return the executor that a job names, with the arguments that it gives; else the job's own settings."""
        written, inner = names.resolved(job["executor"])
        named = written["name"] if written.is_mapping else written
        found = self._executors.get(inner.located(named).value.value or "") if named.is_scalar else None
        if found is None:
            return Executor(job, names)
        settings = found.with_pairs(
            [*found.pairs(), *((key, value) for key, value in job.pairs() if key.content == "resource_class")]
        )
        return Executor(settings, inner.called(found, written))


class _Counts:
    """How many steps all jobs of a file have, with those of the commands that they use, and characters of scripts."""

    def __init__(self) -> None:
        self._steps = 0
        self._characters = 0

    def step(self, at: Node) -> bool:
        """Whether one more step may be read."""
        self._steps += 1
        return budget.within(budget.CIRCLECI_STEPS, self._steps, at)

    def script(self, at: Node) -> bool:
        """Whether one more script may be read."""
        self._characters += max(len(at.content), budget.SCRIPT_COSTS)
        return budget.within(budget.REPEATED_SCRIPTS, self._characters, at)


class _Steps:
    """Reads the steps of one job into ``embedded``. ``counts`` are those of all jobs."""

    def __init__(self, commands: Mapping[str, Node], owner: Container, counts: _Counts, *, windows: bool) -> None:
        self._counts = counts
        self.embedded: list[Embedded] = []
        self._commands = commands
        self._owner = owner
        self._windows = windows

    def read(self, steps: Node, names: Names, through: tuple[str, ...]) -> None:
        """Read steps, in the names that are in force; ``through`` are the commands that they came through."""
        items, names = names.resolved(steps)
        for item in items.items():
            if not self._counts.step(item):
                return
            step, inner = names.resolved(item)
            if step.is_scalar:
                self._command(inner.located(step).value.value or "", step.hole("arguments"), inner, through)
            elif step.is_sequence:
                self.read(step, inner, through)
            for key, value in step.pairs():
                self._step(key.content, value, inner, through)

    def _step(self, name: str, value: Node, names: Names, through: tuple[str, ...]) -> None:
        if name == "run":
            self._run(value, names)
        elif name == "steps":
            self.read(value, names, through)
        elif name in _BRANCHES:
            if not _never(name, names.located(value["condition"])):
                self.read(value["steps"], names, through)
        else:
            self._command(name, value, names, through)

    def _command(self, name: str, arguments: Node, names: Names, through: tuple[str, ...]) -> None:
        """Read a command of the file in its place; of an orb's, the steps that it is given."""
        declared = self._commands.get(name)
        if declared is None:
            for key, value in arguments.pairs():
                if key.content.endswith("steps"):
                    self.read(value, names, through)
        elif name not in through:
            self.read(declared["steps"], names.called(declared, arguments), (*through, name))

    def _run(self, value: Node, names: Names) -> None:
        value, names = names.resolved(value)
        command = value["command"] if value.is_mapping else value
        if not command.is_scalar or command.is_null:
            return
        if not self._counts.script(command):
            return
        shell = names.located(value["shell"]).value.value or ""
        hint = _hint(shell, self._windows)
        joined = Joined(command.source)
        if hint == "shell":
            add_exports(joined, ((key.content, names.located(each)) for key, each in pairs_of(value["environment"])))
        add_script(joined, names.located(command))
        self.embedded.append(Embedded(joined.source(hint), self._owner))


def _hint(shell: str, windows: bool) -> str:
    """Return what runs a step's script."""
    word = shell.lower()
    if "powershell" in word or "pwsh" in word or (windows and not word):
        return "powershell"
    return "batch" if word.startswith("cmd") else "shell"


def _never(branch: str, condition: Node) -> bool:
    """Whether a condition is known never to hold; a text that is no literal may be either."""
    written = condition.value.value if condition.is_scalar else None
    return written == ("false" if branch == "when" else "true")


def _declared(root: Node, kind: str) -> dict[str, Node]:
    """Return what a file declares of a kind (``jobs``, ``commands``), by name."""
    found = {key.content: value for key, value in root[kind].pairs()}
    for orb, body in root["orbs"].pairs():
        found |= {f"{orb.content}/{key.content}": value for key, value in body[kind].pairs()}
    return found


def _uses(workflows: Node) -> dict[str, list[Node]]:
    """Return the uses of each job in the workflows: what they give to its parameters."""
    found: dict[str, list[Node]] = {}
    for workflow in workflows.values():
        for item in workflow["jobs"].items():
            if item.is_scalar:
                found.setdefault(item.content, []).append(item.hole("arguments"))
            for key, value in item.pairs():
                found.setdefault(key.content, []).append(value)
    return found


def _replicas(job: Node) -> Replicas | None:
    several = job["parallelism"].integer or 1
    return Replicas(several, job["parallelism"].span) if several > 1 else None
