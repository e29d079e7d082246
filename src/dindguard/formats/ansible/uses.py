"""Which plays use a role, on which hosts and with which variables: what counts inside the role besides its own files.

Source: Ansible's "Understanding variable precedence" (``group_vars`` < ``host_vars`` < a play's ``vars`` < a role's parameters).
Which hosts are in a group is an inventory's, which is not read: a play on ``builders`` gets ``group_vars/builders``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dindguard import budget
from dindguard.documents.template.answers import Answer, Unknown
from dindguard.documents.tree import Node
from dindguard.formats.ansible.variables import Layer
from dindguard.patterns import regex
from dindguard.records import record

_SEPARATOR = regex(r"[:,\s]+")
_PLAIN = regex(r"[\w.-]+")
_ROLE_TASKS = ("include_role", "import_role", "ansible.builtin.include_role", "ansible.builtin.import_role")
_TASKS = ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always")


@record
class Use:
    """One use of a role. ``groups`` are those that the play names; ``None`` when any host may be meant."""

    path: str
    groups: tuple[str, ...] | None
    given: Layer
    place: Node


def groups_of(play: Node) -> tuple[str, ...] | None:
    """Return the groups and hosts that a play names; ``None`` for all hosts, and for patterns that nobody here knows."""
    names: list[str] = []
    for each in play["hosts"].listed():
        parts = [part for part in _SEPARATOR.split(each.content) if part] if each.is_scalar else ["*"]
        if any(part == "all" or not _PLAIN.fullmatch(part) for part in parts):
            return None
        names += parts
    return tuple(dict.fromkeys(names)) or None


def uses_of(play: Node, path: str, files: Iterable[Layer]) -> Iterator[tuple[str, Use]]:
    """Yield the roles of a play by name, each as it is used there; ``files`` are its ``vars_files``."""
    groups, own = groups_of(play), stacked((*files, _pairs(play["vars"])))
    for item in play["roles"].items():
        name = item if item.is_scalar else item["role"] if item["role"].present else item["name"]
        given = {**own, **_pairs(item), **_pairs(item["vars"])} if item.is_mapping else own
        if name.is_scalar and name.content:
            yield _short(name.content), Use(path, groups, given, item)
    for task in _tasks(play):
        for key in _ROLE_TASKS:
            name = task[key]["name"]
            if name.is_scalar and name.content:
                yield _short(name.content), Use(path, groups, {**own, **_pairs(task["vars"])}, task)


def _tasks(play: Node) -> Iterator[Node]:
    waiting = [play]
    repeated = -len(play.source.text)  # more tasks than characters are those of aliases
    while waiting:
        holder = waiting.pop()
        for part in _TASKS:
            for item in holder[part].items():
                repeated += 1
                if not budget.within(budget.SEARCHED_NODES, repeated, play):
                    return
                yield item
                waiting.append(item)


def _short(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2]


def _pairs(node: Node) -> dict[str, Node]:
    return {key.content: value for key, value in node.pairs()}


def agreed(layers: Sequence[Layer], lower: Sequence[Layer]) -> Layer:
    """Return what several places that count alike say of variables.

    What all of them say holds. What only some say holds where nothing below says anything else: for some hosts it does.
    Of a variable that they give different values nobody knows which one counts.
    """
    found: dict[str, Node | Answer] = {}
    for name in dict.fromkeys(name for layer in layers for name in layer):
        values = [layer[name] for layer in layers if name in layer]
        everywhere = len(values) == len(layers)
        if not everywhere and any(name in each for each in lower):
            continue
        same = len({_written(value) for value in values}) == 1
        found[name] = values[0] if same else Unknown(name)
    return found


def _written(value: Node | Answer) -> str:
    return value.source.text[value.start : value.end].strip() if isinstance(value, Node) else repr(value)


def stacked(layers: Iterable[Mapping[str, Node | Answer]]) -> Layer:
    """Return layers as one, those that count first before the others."""
    whole: dict[str, Node | Answer] = {}
    for layer in reversed(list(layers)):
        whole.update(layer)
    return whole
