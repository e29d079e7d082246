"""The resources of a template: task definitions in the shape in which they are registered, and the user data of machines.

Source: the CloudFormation resource reference, ``AWS::ECS::TaskDefinition`` (the API's names, each with a capital letter),
``AWS::EC2::Instance`` and ``AWS::EC2::LaunchTemplate`` (``UserData``), and the intrinsic functions: a parameter's default is a
default, all that the deployment decides is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.encoded import packed
from dindguard.documents.joined import Joined
from dindguard.documents.nodes import key_of
from dindguard.documents.placeholders import Unfilled
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.formats.cloudformation import TASK, user_data
from dindguard.model.values import How, Text, unknown
from dindguard.records import replace
from dindguard.source import SET_HERE, Source, Step

_NOTHING = "AWS::NoValue"
_SHOWN = 60
"""So long an expression still serves as a name."""


class Template:
    """One template."""

    def __init__(self, root: Node) -> None:
        self._parameters = root["Parameters"]
        self._resources = root["Resources"].pairs()

    def tasks(self) -> Iterator[Node]:
        """Yield the task definitions; one without a family is known by its name in the template."""
        for key, resource in self._resources:
            if resource["Type"].content == TASK:
                definition = self._shaped(resource["Properties"])
                own = [] if "family" in definition else [(key_of(key, "family"), key)]
                yield definition.with_pairs([*own, *definition.pairs()])

    def others(self) -> Iterator[Node]:
        """Yield the resources that are something else."""
        return (each for _, each in self._resources if each["Type"].content != TASK and each.is_mapping)

    def user_data(self, resource: Node) -> Source | None:
        """Return the text that a resource gives to its machines; ``None`` where it gives none that can be seen."""
        node = user_data(resource)
        if (given := packed(node, "user-data")) is not None:
            return given
        text = Joined(node.source)
        return text.source("user-data") if _add_text(text, node) else None

    def _shaped(self, node: Node) -> Node:
        """Return a part of a resource with the API's names, and with what its functions give."""
        function, argument = _function(node)
        if function:
            return self._result(node, function, argument)
        if node.is_mapping:
            pairs: Pairs = [(key_of(key, key.content[:1].lower() + key.content[1:]), self._shaped(value))
                            for key, value in node.pairs()]  # fmt: skip
            return node.with_pairs([pair for pair in pairs if pair[1].present])
        if node.is_sequence:
            items = [self._shaped(item) for item in node.items()]
            return node.with_items([item for item in items if item.present])
        return node

    def _result(self, node: Node, function: str, argument: Node) -> Node:
        name = argument.content
        if function == "Ref" and name == _NOTHING:
            return node.hole("nothing")
        default = self._parameters[name]["Default"]
        if function == "Ref" and default.is_scalar:
            step = Step(SET_HERE, default.span)
            return _scalar(node, replace(default.typed, span=node.span.with_trail(step), how=How.DEFAULT))
        if function == "Sub" and argument.is_scalar:
            return argument.scoped(Unfilled())
        if function == "If":
            branches = [self._shaped(each) for each in argument.items()[1:]]
            return next((each for each in branches if each.is_mapping or each.is_sequence), _unknown(node, name))
        return _unknown(node, name or function)


def _add_text(text: Joined, node: Node, depth: int = 0) -> bool:
    """Add what a text with functions says, and tell whether any of that is written; of two branches, the first that is.

    What the deployment puts in stands there as a variable.
    """
    function, argument = _function(node)
    items = argument.items()
    if not budget.within(budget.CLOUDFORMATION_FUNCTIONS, depth, node):
        return False
    if function == "Base64" and argument is not node:
        return _add_text(text, argument, depth + 1)
    if function == "If":
        return any(_add_text(text, each, depth + 1) for each in items[1:])
    if function == "Join" and len(items) == 2:
        return _add_joined(text, items[0].content, items[1].items(), depth + 1)
    written = items[0] if function == "Sub" and items else argument
    if function not in ("", "Sub", "Base64") or not written.is_scalar:
        return False
    document = written.document()
    text.add_slice(document, 0, len(document.text))
    return bool(document.text)


def _add_joined(text: Joined, between: str, parts: list[Node], depth: int) -> bool:
    found = False
    for number, part in enumerate(parts):
        if number and between:
            text.add_glue(between)
        if _add_text(text, part, depth):
            found = True
        else:
            name = "".join(letter for letter in _function(part)[1].content if letter.isalnum()) or "unknown"
            text.add(f"${{{name}}}", part.start, part.end)
    return found


def _function(node: Node) -> tuple[str, Node]:
    """Return the intrinsic function that a node calls, in YAML's short form or as a mapping, and its argument."""
    if node.tag.startswith("!"):
        return node.tag[1:], node
    key = node.keys()[0] if node.is_mapping and len(node.pairs()) == 1 else ""
    if key == "Ref" or key.startswith("Fn::"):
        return key.removeprefix("Fn::"), node.values()[0]
    return "", node


def _unknown(node: Node, name: str) -> Node:
    """Return a value that the deployment decides: known by what is written, where that is short."""
    written = " ".join(node.source.text[node.start : node.end].split())
    name = written if len(written) <= _SHOWN else name
    return _scalar(node, unknown(node.span, name, name))


def _scalar(node: Node, value: Text) -> Node:
    return Node(
        Kind.SCALAR, node.source, node.start, node.end, route=node.route, key=node.key,
        content=value.value or value.variable, filled=value,
    )  # fmt: skip
