"""Reads pipelines: each task is a container of its own, started by the worker, and so is each resource of a custom type.

A container that is not privileged is in a user namespace; a privileged one is not, has every capability and every device
(Concourse's documentation, "task step" and "Security hardening").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.formats.concourse import is_pipeline, is_task
from dindguard.formats.concourse.plans import Plans
from dindguard.formats.concourse.started import started_file
from dindguard.formats.concourse.variables import Variables
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Limits, Words
from dindguard.model.image import Image
from dindguard.model.values import Flag, How, Text, flag
from dindguard.model.workload import Platform, Workload, WorkloadKind, alone
from dindguard.scripts.commands import argv_commands
from dindguard.scripts.meaning import script_model
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Embedded, Source, Span

_IMAGES = ("registry-image", "docker-image")
"""Types of resources that are images."""
_WITHOUT_CONTAINERS = ("darwin", "windows")
"""Platforms whose tasks run on the worker itself."""


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every pipeline of a scan, with the files of tasks that it names, and the other tasks by themselves."""
    reading = Reading()
    tasks = _TaskFiles(documents, context)
    for document in documents:
        if is_pipeline(document.content):
            _Pipeline(document.content, tasks, reading).read()
    for path, task in tasks.unused():
        name = path.rpartition("/")[2].partition(".")[0]
        run = _Task(name, "task", task["run"].key_span, task, task.hole("step"), Variables())
        run.add_to(reading, {}, tasks)
    return reading


class _TaskFiles:
    """The files that describe tasks; the first part of a path that names one is an artifact, mostly a repository."""

    def __init__(self, documents: Sequence[Document], context: Context) -> None:
        self._context = context
        self._tasks = {_way_to(each.source): each.content for each in documents if not is_pipeline(each.content)}
        self._below: dict[str, str | None] = {}
        """Their paths in the folder where a repository lies beside others; ``None`` for one that is in several."""
        for path in self._tasks:
            below = path.partition("/")[2]
            self._below[below] = None if below in self._below else path
        self._used: set[str] = set()
        self._shared = Shared(budget.SHARED_FILES, sum(each.source.size for each in documents))

    def named(self, file: Text, at: Node) -> Node | None:
        """Return the task that a step's ``file`` names, if the scan has it and it may be read here."""
        within = file.pattern.partition("/")[2]
        path = within if within in self._tasks else self._below.get(within, within)
        task = self._tasks.get(path or "") or self._speechless(path or "")
        if task is None or path is None:
            return None
        self._used.add(path)
        return task if self._shared.fits(path, task.source.size, at) else None

    def _speechless(self, path: str) -> Node | None:
        """Return a task whose file names no engine, so that nobody else reads it: its script may."""
        tree = self._context.tree(path) if path.endswith((".yml", ".yaml")) else None
        return next((each for each in tree.documents if is_task(each)), None) if tree is not None else None

    def started_by(self, task: Node, words: Sequence[str]) -> Source | None:
        """Return the script that a task's command starts, if the scan has it and it may be read here."""
        found = started_file(task, words, self._context)
        return found if found is not None and self._shared.fits(found.path, found.size, task["run"]) else None

    def unused(self) -> Iterator[tuple[str, Node]]:
        """Yield the paths and tasks that no pipeline of the scan names."""
        return ((path, task) for path, task in self._tasks.items() if path not in self._used)


def _way_to(source: Source) -> str:
    """Return a file's path; a file may hold several texts that others are made of."""
    return source.path if source.parent is None else f"{source.path}#{source.origin(0)}"


class _Pipeline:
    def __init__(self, root: Node, tasks: _TaskFiles, reading: Reading) -> None:
        self._root = root
        self._tasks = tasks
        self._reading = reading
        self._addresses = Addresses()
        self._variables = Variables()

    def read(self) -> None:
        """Read the tasks of every job, and the resource types that are privileged."""
        plans = Plans()
        images = {
            item["name"].text: item["source"]
            for item in self._root["resources"].items()
            if item.is_mapping and item["type"].text in _IMAGES
        }
        for job in self._root["jobs"].items():
            for step in plans.tasks(job):
                self._task(job["name"].text, step, images)
        for kind in self._root["resource_types"].items():
            if kind.is_mapping and "privileged" in kind:
                self._resource_type(kind)

    def _task(self, job: str, step: Node, images: Mapping[str, Node]) -> None:
        body, variables = step["config"], self._variables
        if "file" in step and "run" not in body:
            found = self._tasks.named(self._variables.value(step["file"]), step)
            if found is not None:
                body, variables = found, self._variables.of_step(step)
        name = step["task"]
        address = self._addresses.unique(f"jobs.{job}.{name.text}")
        job_of_it = f"job '{job}'" if job else ""
        task = _Task(name.text, address, name.span, body, step, variables, job_of_it)
        task.add_to(self._reading, images, self._tasks)

    def _resource_type(self, kind: Node) -> None:
        """Add what a resource of the type is checked, fetched and put in."""
        name = kind["name"]
        container = Container(
            name=name.text,
            address=self._addresses.unique(f"resource_types.{name.text}"),
            kind=ContainerKind.STEP,
            span=name.span,
            image=_image(kind["source"], self._variables) if kind["type"].text in _IMAGES else None,
            privileged=_privileged(kind, self._variables),
        )
        self._reading.workloads.append(_workload(container))


class _Task:
    """One task: what a file or a step says of it, and what the step that starts it adds."""

    def __init__(
        self, name: str, address: str, span: Span, body: Node, step: Node, variables: Variables, job: str = ""
    ) -> None:
        """``job`` is what messages call the job that it is a step of."""
        self._job = job
        self._name = name
        self._address = address
        self._span = span
        self._body = body
        self._step = step
        self._variables = variables

    def add_to(self, reading: Reading, images: Mapping[str, Node], files: _TaskFiles) -> None:
        """Add its container, and what that runs; a script of the repository is its as well."""
        container = self._container(images)
        reading.workloads.append(_workload(container, self._job))
        words = self._words()
        script_file = files.started_by(self._body, [self._variables.value(word).pattern for word in words])
        reading.embedded += [Embedded(script_file, container)] if script_file is not None else ()
        index = script_index([word.content for word in words])
        if index is not None:
            script = self._variables.script(words[index], self._body["params"])
            reading.embedded.append(Embedded(script, container))
        elif words:
            found = argv_commands([self._variables.value(word) for word in words])
            model = script_model(found, self._body.source, container)
            reading.workloads += model.workloads
            reading.invocations += model.invocations
            reading.notices += model.notices
            reading.embedded += model.embedded

    def _container(self, images: Mapping[str, Node]) -> Container:
        body, step, run = self._body, self._step, self._body["run"]
        on_the_worker = body["platform"].text in _WITHOUT_CONTAINERS
        settings: dict[str, Any] = {}
        if not on_the_worker:
            settings = {
                "kind": ContainerKind.STEP,
                "image": self._image(images),
                "privileged": _privileged(step, self._variables),
                "limits": _limits(step["container_limits"], body["container_limits"]),
            }
        return Container(
            **{"kind": ContainerKind.JOB, **settings},
            name=self._name,
            address=self._address,
            span=self._span,
            environment=Environment([*self._parameters(body), *self._parameters(step)]),
            user=written(run["user"]),
            command=_command([self._variables.value(word) for word in self._words()], run),
        )

    def _image(self, images: Mapping[str, Node]) -> Image | None:
        if "image" in self._step:
            found = images.get(self._step["image"].text)
            return _image(found, self._variables) if found is not None else None
        wanted = self._body["image_resource"]
        return _image(wanted["source"], self._variables) if wanted["type"].text in _IMAGES else None

    def _words(self) -> list[Node]:
        run = self._body["run"]
        return [word for word in (run["path"], *run["args"].items()) if word.is_scalar and not word.is_null]

    def _parameters(self, of: Node) -> Iterator[EnvVar]:
        for key, value in of["params"].pairs():
            if value.is_scalar:
                yield EnvVar(key.content, self._variables.value(value), key.span)


def _workload(container: Container, told_as: str = "") -> Workload:
    return alone(container, WorkloadKind.JOB, Platform.CONCOURSE, told_as=told_as)


def _image(source: Node, variables: Variables) -> Image | None:
    """Return the image that a resource's source names; without a tag it is ``latest``."""
    if not source["repository"].is_scalar:
        return None
    name, tag = variables.value(source["repository"]), source["tag"]
    if not tag.is_scalar or tag.is_null:
        return Image.parse(name)
    told = variables.value(tag)
    whole = f"{name.pattern}:{told.pattern}"
    if name.unknown or told.unknown:
        return Image.parse(Text(None, name.span, How.UNKNOWN, whole, name.variable or told.variable))
    return Image.parse(Text(whole, name.span))


def _privileged(of: Node, variables: Variables) -> Flag:
    node = of["privileged"]
    return (
        flag(variables.value(node), "privileged") if node.is_scalar and not node.is_null else node.flag("privileged")
    )


def _limits(first: Node, second: Node) -> Limits:
    return Limits(
        memory=written(first["memory"]) or written(second["memory"]),
        cpus=written(first["cpu"]) or written(second["cpu"]),
    )


def _command(words: list[Text], run: Node) -> Words | None:
    return Words(tuple(words), run.span) if words else None
