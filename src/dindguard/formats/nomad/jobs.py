"""What a job is made of, be it written in HCL or as the API's JSON.

Source: Nomad's documentation ("Job specification", "JSON Jobs API", "Variables").
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.model.values import How, Text
from dindguard.records import record, replace

OWN_FOLDERS = {"NOMAD_TASK_DIR": "local", "NOMAD_ALLOC_DIR": "alloc", "NOMAD_SECRETS_DIR": "secrets"}
"""Folders of a task's own, by the variable that names each."""

_API_NAMES = {
    "driver": "Driver", "config": "Config", "user": "User", "env": "Env", "volume_mount": "VolumeMounts",
    "template": "Templates", "resources": "Resources", "data": "EmbeddedTmpl", "destination": "DestPath",
    "memory": "MemoryMB", "type": "Type", "source": "Source", "read_only": "ReadOnly", "mode": "Mode",
    "volume": "Volume", "propagation_mode": "PropagationMode", "static": "Value", "to": "To",
}  # fmt: skip
"""What the API calls things of the job specification."""


def setting(body: Node, name: str) -> Node:
    """Return a setting by the name that it has in HCL."""
    names = (name, _API_NAMES.get(name, name), name.capitalize())
    return body[next((each for each in names if each in body), name)]


def blocks(body: Node, name: str) -> list[Node]:
    """Return the blocks of a type inside another, or the items of a list that stands for them."""
    names = (name, _API_NAMES.get(name, name))
    found = [value for key, value in body.pairs() if key.content in names]
    return [each for value in found for each in ([value] if value.is_mapping else value.items()) if each.is_mapping]


def labelled(body: Node, name: str) -> Iterator[tuple[Node, Node]]:
    """Yield the blocks of a type inside another, each with its label."""
    for key, value in body.pairs():
        if key.content == name and value.is_mapping:
            yield from ((label, block) for label, block in value.pairs() if block.is_mapping)


@record
class Task:
    """One task: its name, where that is written, and its settings."""

    name: str
    key: Node
    body: Node


@record
class Group:
    """What is placed on one machine together."""

    name: str
    body: Node
    tasks: tuple[Task, ...]

    @property
    def volumes(self) -> dict[str, Node]:
        """The group's volumes by their names."""
        found = {label.content: block for label, block in labelled(self.body, "volume")}
        return found or {key.content: each for key, each in self.body["Volumes"].pairs() if each.is_mapping}

    @property
    def networks(self) -> list[Node]:
        """Its networks; a task of old jobs has one among its resources."""
        own = [*blocks(self.body, "network"), *(item for item in self.body["Networks"].items() if item.is_mapping)]
        return own or [
            each for task in self.tasks for part in blocks(task.body, "resources") for each in blocks(part, "network")
        ]


@record
class Job:
    """A job and its groups."""

    name: str
    groups: tuple[Group, ...]


def jobs_in(root: Node) -> Iterator[Job]:
    """Yield the jobs of a document."""
    for label, body in labelled(root, "job"):
        groups = [*labelled(body, "group"), *((task, body.with_pairs([(_task_key(body), _only(task, block))]))
                  for task, block in labelled(body, "task"))]  # fmt: skip
        yield Job(label.content, tuple(_group(name, block) for name, block in groups))
    for body in (root, root["Job"]):
        if body["TaskGroups"].is_sequence:
            name = setting(body, "Name") if "Name" in body else body["ID"]
            yield Job(name.text, tuple(_api_group(item) for item in body["TaskGroups"].items() if item.is_mapping))


def _task_key(body: Node) -> Node:
    return next(key for key, _ in body.pairs() if key.content == "task")


def _only(label: Node, block: Node) -> Node:
    """Return the mapping of one label, for a task that is a group of its own."""
    return block.with_pairs([(label, block)])


def _group(label: Node, body: Node) -> Group:
    tasks = tuple(Task(name.content, name, block) for name, block in labelled(body, "task"))
    return Group(label.content, body, tasks)


def _api_group(body: Node) -> Group:
    tasks = tuple(Task(each["Name"].text, each["Name"], each) for each in body["Tasks"].items() if each.is_mapping)
    return Group(body["Name"].text, body, tasks)


def put_in(root: Node) -> dict[str, Node]:
    """Put what variables and locals stand for into the expressions that name them; return it by name."""
    given = {f"var.{label.content}": block["default"] for label, block in labelled(root, "variable")}
    own = [value for key, value in root.pairs() if key.content == "locals" and value.is_mapping]
    given |= {f"local.{key.content}": value for each in own for key, value in each.pairs()}
    if isinstance(root.scope, Holes) and isinstance(root.scope.values, dict):
        values = root.scope.values
        values |= {name: Text(folder, root.span) for name, folder in OWN_FOLDERS.items()}
        for name, node in given.items():
            if node.is_scalar and not node.is_null and node.value.known:
                values[name] = replace(node.value, how=How.DEFAULT)
    return given
