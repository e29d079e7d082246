"""Plays and lists of tasks: each task with the variables, the conditions and the environment that hold for it.

Source: Ansible's playbook keywords. A block hands down what it has; of a loop over a literal list each item is a task.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.template.answers import Known, of_node
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.formats.ansible import module_of
from dindguard.formats.ansible.variables import Layer, Variables
from dindguard.model.condition import Condition
from dindguard.patterns import regex
from dindguard.records import record, replace
from dindguard.source import Source, Step

_PAIR = regex(r"(?:^|(?<=\s))(?P<key>[a-z_]+)=(?P<value>\"(?:\\.|[^\"\\])*\"|'[^']*'|(?:\{\{[^{}]*\}\}|\S)*)")
_NEVER = frozenset({"false", "False", "no", "never"})
_PARTS = ("block", "rescue", "always")


@record
class Around:
    """What holds for the tasks of a list."""

    variables: Variables
    conditions: tuple[Condition, ...] = ()
    environment: tuple[Node, ...] = ()


@record
class Task:
    """One task: the short name of its module, what is given to it, and what holds for it."""

    module: str
    arguments: Node
    place: Node
    """Where its module is named."""
    item: Node
    """All of it."""
    around: Around

    def __getitem__(self, name: str) -> Node:
        return self.arguments[name]

    def first(self, *names: str) -> Node:
        """Return the first of several names of a setting that is there."""
        found = (self.arguments[name] for name in names)
        return next((each for each in found if each.present), self.arguments[names[0]])


def tasks_of(items: Node, around: Around) -> Iterator[Task]:
    """Yield the tasks of a list in order."""
    for item in items.items():
        if item.is_mapping and not _switched_off(item):
            yield from _tasks(item, _inside(item, around))


def inner(holder: Node, around: Around) -> Around:
    """Return what holds inside a play, a block or a task."""
    return _inside(holder, around)


def _tasks(item: Node, around: Around) -> Iterator[Task]:
    name = module_of(item)
    if name == "block":
        for part in _PARTS:
            yield from tasks_of(item[part], around)
        return
    if not name:
        return
    for variables in _rounds(item, around.variables):
        own = replace(around, variables=variables)
        yield _task(item, name, own)


def _task(item: Node, name: str, around: Around) -> Task:
    module = name.rpartition(".")[2]
    off = (Step(each.words, each.span, off=True) for each in around.conditions if each.holds is False)
    given = item[name].scoped(around.variables).explained(*off)
    place = next(key for key, _ in item.pairs() if key.content == name)
    if given.is_scalar and module not in _FREE_FORM:
        given = _from_text(given)
    if item["args"].is_mapping and given.is_mapping:
        given = given.with_pairs([*given.pairs(), *item["args"].scoped(around.variables).pairs()])
    return Task(module, given, place, item, around)


_FREE_FORM = frozenset({"shell", "command", "raw", "script", "win_shell", "win_command"})


def _from_text(node: Node) -> Node:
    """Return ``key=value key=value`` as a mapping whose values keep their places."""
    document = node.document()
    pairs: Pairs = []
    for match in _PAIR.finditer(document.text):
        start, end = match.span("value")
        if end - start > 1 and document.text[start] in "\"'" and document.text[end - 1] == document.text[start]:
            start, end = start + 1, end - 1
        key = _scalar(node, document, match.start("key"), match.end("key"), match["key"])
        value = _scalar(node, document, start, end, document.text[start:end])
        value.key = key
        pairs.append((key, value))
    return node.with_pairs(pairs)


def _scalar(node: Node, document: Source, start: int, end: int, text: str) -> Node:
    first = document.origin(start)
    last = document.origin(end - 1) + 1 if end > start else first
    return Node(Kind.SCALAR, node.source, first, max(last, first), route=node.route, content=text, scope=node.scope)


def _switched_off(item: Node) -> bool:
    """Whether nobody's variables could make a task run."""
    return any(each.is_scalar and each.content in _NEVER for each in item["when"].listed())


def _inside(item: Node, around: Around) -> Around:
    variables = around.variables.over(layer_of(item["vars"]))
    found = tuple(_condition(each, variables) for each in item["when"].listed() if each.is_scalar)
    environment = (item["environment"].scoped(variables),) if item["environment"].is_mapping else ()
    return Around(variables, (*around.conditions, *found), (*around.environment, *environment))


def layer_of(node: Node) -> Layer:
    """Return the variables that a mapping sets."""
    return {key.content: value for key, value in node.pairs()}


def _condition(node: Node, variables: Variables) -> Condition:
    text = " ".join(node.content.split())
    return Condition(text, node.span, variables.holds(text, node), f"{node.source.path}:{node.start}")


def _rounds(item: Node, variables: Variables) -> Iterator[Variables]:
    """Yield the variables of a task's rounds: those of one that nobody knows, if the files do not decide the loop."""
    loop = next((value for key, value in item.pairs() if key.content in _LOOPS), None)
    if loop is None:
        yield variables
        return
    name = item["loop_control"]["loop_var"].content or "item"
    rounds = (
        _entries(loop, variables)
        if loop.key is not None and loop.key.content == "with_dict"
        else _items(loop, variables)
    )
    allowed = budget.within(budget.TEMPLATE_ROUNDS, len(rounds), loop) and variables.tally.allows(
        10 * len(rounds), loop
    )
    if not rounds or not allowed:
        yield variables
        return
    for each in rounds:
        yield variables.over({name: each})


_LOOPS = frozenset({"loop", "with_items", "with_list", "with_dict", "with_flattened"})


def _items(loop: Node, variables: Variables) -> list[Node | Known]:
    return [*variables.items(loop.scoped(variables))]


def _entries(loop: Node, variables: Variables) -> list[Node | Known]:
    pairs = variables.mapping(loop.scoped(variables)).pairs()
    return [Known({"key": of_node(key), "value": of_node(value)}) for key, value in pairs]
