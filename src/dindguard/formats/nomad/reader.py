"""Reads Nomad's jobs: a group is a task of the model, whose containers are placed on one machine together.

Files that a ``template`` block writes are the container's own. A task of the raw_exec driver is a command on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.nomad import is_agent
from dindguard.formats.nomad.containers import DRIVERS, Tasks
from dindguard.formats.nomad.jobs import Group, Job, Task, blocks, jobs_in, labelled, put_in, setting
from dindguard.model.container import Container, ContainerKind
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.scripts.commands import argv_commands
from dindguard.scripts.located import add_script
from dindguard.scripts.meaning import script_model
from dindguard.scripts.shell_argument import script_index
from dindguard.source import Embedded, Source

_ON_THE_MACHINE = "raw_exec"


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every job of a scan; the agents' files say where volumes of the host lie."""
    del context  # a job stands by itself
    reading = Reading()
    hosts = dict(_host_volumes(documents))
    for document in documents:
        given = put_in(document.content)
        for job in jobs_in(document.content):
            for group in job.groups:
                _Group(job, group, document, reading).read(given, hosts)
    return reading


def _host_volumes(documents: Sequence[Document]) -> Iterator[tuple[str, Node]]:
    """Yield the paths of agents' volumes by name; one that two agents have at different places is nowhere."""
    found: dict[str, Node] = {}
    for document in documents:
        if is_agent(document.content):
            for label, body in labelled(document.content["client"], "host_volume"):
                path = body["path"]
                known = found.setdefault(label.content, path)
                if known.content != path.content:
                    found[label.content] = path.hole("path")
    return ((name, path) for name, path in found.items() if path.is_scalar and path.content)


class _Group:
    """Reads one group into ``reading``."""

    def __init__(self, job: Job, group: Group, document: Document, reading: Reading) -> None:
        self._group = group
        self._name = job.name
        self._address = f"job.{job.name}.{group.name}"
        self._document = document
        self._reading = reading

    def read(self, given: Mapping[str, Node], hosts: Mapping[str, Node]) -> None:
        """Read the tasks by their drivers."""
        tasks = Tasks(self._group, self._address, self._document.source.path, given, hosts)
        containers = []
        for task in self._group.tasks:
            driver = setting(task.body, "driver").text
            if driver in DRIVERS:
                container = tasks.container(task)
                containers.append(container)
                texts = (*_scripts(tasks.words(task)), *_files(task, tasks))
                self._reading.embedded += [Embedded(source, container) for source in texts]
            elif driver == _ON_THE_MACHINE:
                self._run(task, tasks)
            else:
                part = task.body.source.part(task.body.start, task.body.end)
                self._reading.unread.append(Unread(part, "task of another driver of Nomad's", known=True))
        if containers:
            self._reading.workloads.append(self._workload(tuple(containers), tasks))

    def _workload(self, containers: tuple[Container, ...], tasks: Tasks) -> Workload:
        return Workload(
            name=self._name,
            address=self._address,
            kind=WorkloadKind.TASK,
            platform=Platform.ENGINE,
            span=containers[0].span,
            containers=containers,
            storages=tasks.volumes.storages,
            shared_network=tasks.shares_network,
        )

    def _run(self, task: Task, tasks: Tasks) -> None:
        """Read what a task runs on the machine: a script, or words without a shell between."""
        words = tasks.words(task)
        address = f"{self._address}.{task.name}"
        machine = Container(name=task.name, address=address, kind=ContainerKind.SCRIPT, span=task.key.span)
        reading = self._reading
        reading.workloads.append(
            Workload(
                name=self._name,
                address=address,
                kind=WorkloadKind.HOST,
                platform=Platform.NONE,
                span=machine.span,
                containers=(machine,),
            )
        )
        reading.embedded += [Embedded(source, machine) for source in (*_scripts(words), *_files(task, tasks))]
        model = script_model(argv_commands([word.value for word in words]), self._document.source, machine)
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded


def _scripts(words: list[Node]) -> Iterator[Source]:
    """Yield the script that a shell is handed: the words of the entry point and of the command are one line."""
    index = script_index([word.content for word in words])
    if index is not None:
        yield words[index].document("shell")


def _files(task: Task, tasks: Tasks) -> Iterator[Source]:
    """Yield what templates write, each by the name that the task knows it by."""
    for block in blocks(task.body, "template"):
        data = setting(block, "data")
        if data.is_scalar and data.style != "expression" and data.content.strip():
            joined = Joined(data.source)
            add_script(joined, data)
            path = tasks.where(task, setting(block, "destination").text.lstrip("/"))
            yield joined.source(path.rpartition("/")[2])
