"""``<< parameters.x >>`` and ``<< pipeline.parameters.x >>``, as far as the file decides them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dindguard.documents.placeholders import Holes, differing
from dindguard.documents.tree import Node
from dindguard.model.values import How, Text
from dindguard.patterns import regex
from dindguard.records import record, replace

_REFERENCE = regex(r"(?<!\\)<<\s*((?:pipeline\.)?(?:parameters|matrix)\.[\w-]+|pipeline\.[\w.-]+)\s*>>")


@record
class Given:
    """A parameter's value, and the names that are in force where it was written."""

    node: Node
    names: Names


class Names:
    """What parameters stand for at one place: those of a job or a command, and those of the whole pipeline."""

    def __init__(self, given: Mapping[str, Given] | None = None, texts: Mapping[str, Text] | None = None) -> None:
        self._given = dict(given or {})
        self._texts = dict(texts or {})

    def located(self, node: Node) -> Node:
        """Return a scalar with what the parameters in it stand for."""
        if not node.is_scalar or "<<" not in node.content:
            return node
        places = [(*match.span(), match[1]) for match in _REFERENCE.finditer(node.content)]
        values = {name: text for _, _, name in places if (text := self._text(name)) is not None}
        return node.scoped(Holes(places, values)) if places else node

    def resolved(self, node: Node) -> tuple[Node, Names]:
        """Return what stands at a place: of a scalar that is one parameter, what that was given."""
        match = _REFERENCE.fullmatch(node.content.strip()) if node.is_scalar and "<<" in node.content else None
        given = self._given.get(match[1]) if match is not None else None
        if given is None or given.node.is_scalar:
            return node, self
        return given.node, given.names

    def called(self, declared: Node, arguments: Node) -> Names:
        """Return the names inside of a command or an executor: its arguments, else its defaults."""
        given = {}
        for key, parameter in declared["parameters"].pairs():
            written = arguments[key.content]
            if written.present:
                given[f"parameters.{key.content}"] = Given(written, self)
            elif parameter["default"].present:
                given[f"parameters.{key.content}"] = Given(parameter["default"], _NOTHING)
        return Names(given, self._of_the_pipeline())

    def of_job(self, declared: Node, uses: Iterable[Node]) -> Names:
        """Return the names inside of a job: what all of its uses in workflows agree on, else its defaults."""
        listed = list(uses)
        given, texts = {}, self._of_the_pipeline()
        for key, parameter in declared["parameters"].pairs():
            name = f"parameters.{key.content}"
            default = parameter["default"]
            written = [node for use in listed for node in _arguments(use, key.content, default)] or [default]
            values = [node for node in written if node.present]
            if len(values) == 1 or (values and not values[0].is_scalar):
                given[name] = Given(values[0], self)
            elif values:
                texts[name] = differing([self.located(node).value for node in values], key.span, name)
        return Names(given, texts)

    def _of_the_pipeline(self) -> dict[str, Text]:
        return {name: text for name, text in self._texts.items() if name.startswith("pipeline.")}

    def _text(self, name: str) -> Text | None:
        given = self._given.get(name)
        if given is None or not given.node.is_scalar:
            return self._texts.get(name)
        return given.names.located(given.node).value


_NOTHING = Names()


def _arguments(use: Node, name: str, default: Node) -> list[Node]:
    """Return the values that one use of a job gives to a parameter: each of its matrix."""
    several = use["matrix"]["parameters"][name]
    if several.is_sequence:
        return several.items()
    return [use[name] if use[name].present else default]


def of_pipeline(root: Node) -> Names:
    """Return the names in a whole file: the pipeline's parameters, which whoever starts it can change."""
    return Names(
        texts={
            f"pipeline.parameters.{key.content}": replace(each["default"].value, how=How.DEFAULT)
            for key, each in root["parameters"].pairs()
            if each["default"].is_scalar
        }
    )
