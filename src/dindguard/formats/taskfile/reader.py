"""Reads Taskfiles: each command is a script of its own, with the variables that the file gives put in.

Source: go-task/task, ``website/static/schema.json`` (``cmds``: a line, ``cmd``, ``defer`` or ``for``; short forms of tasks;
``sh`` in variables, ``status`` and ``preconditions``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading, add_task
from dindguard.patterns import regex
from dindguard.source import Source

_VALUE = regex(r"\{\{-?[ \t]*\.(\w+)[ \t]*-?\}\}")

Values = Mapping[str, str]


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every Taskfile of a scan."""
    del context  # what a Taskfile includes is another file of the scan
    reading = Reading()
    for document in documents:
        root = document.content
        given = _values(root, {})
        scripts = [*_variables(root), *_lines(root["env"])]
        add_task(reading, "vars", "variables", root["vars"].span, _sources(scripts, given))
        for key, task in root["tasks"].pairs():
            name = key.content
            found = _sources(_commands(task), _values(task, given))
            add_task(reading, f"tasks.{name}", name, key.span, found)
    return reading


def _values(node: Node, outer: Values) -> Values:
    """Return the variables that are plain values; one that a task gives again is the task's."""
    own = {
        key.content: value.content
        for name in ("env", "vars")
        for key, value in node[name].pairs()
        if value.is_scalar and "{{" not in value.content
    }
    hidden = {key for name in ("env", "vars") for key in node[name].keys()}
    return {**{key: value for key, value in outer.items() if key not in hidden}, **own}


def _commands(task: Node) -> Iterator[Node]:
    """Yield the scalars that a task hands to a shell."""
    yield from _lines(task)
    for key in ("cmds", "cmd"):
        for item in task[key].listed():
            yield from _lines(item)
            for inner in ("cmd", "defer"):
                yield from _lines(item[inner])
    yield from (item for item in task["status"].listed() if item.is_scalar)
    for item in task["preconditions"].listed():
        yield from _lines(item if item.is_scalar else item["sh"])
    yield from _variables(task)


def _lines(node: Node) -> Iterator[Node]:
    """Yield a command, or those of a list: the short forms."""
    for item in node.listed():
        if item.is_scalar and not item.is_null:
            yield item


def _variables(node: Node) -> Iterator[Node]:
    for name in ("vars", "env"):
        yield from (value["sh"] for value in node[name].values() if value["sh"].is_scalar)


def _sources(scripts: Sequence[Node] | Iterator[Node], values: Values) -> Iterator[Source]:
    def value(match: re.Match[str]) -> str | None:
        return values.get(match[1])

    for script in scripts:
        joined = Joined(script.source)
        joined.add_node(script, _VALUE, value)
        if not joined.empty:
            yield joined.source("shell")
