"""A container's variables: given one by one, or taken from ConfigMaps that the scan has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.nodes import written
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.placeholders import expand
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import How, Text, unknown
from dindguard.records import replace
from dindguard.source import Span, Step


class Variables:
    """The variables of one container, and what ``$(NAME)`` means in its command."""

    def __init__(self, container: Node, resource: Resource, cluster: Cluster) -> None:
        self._resource = resource
        self._cluster = cluster
        self._span = container.key_span
        self._found: dict[str, EnvVar] = {}
        self.open_ended = False
        """Whether further variables come from objects that the scan does not have."""
        for source in container["envFrom"]:
            for variable in self._imported(source):
                self._found[variable.name] = variable
        for item in self._given(container, container["env"]):
            if item["name"].is_scalar:
                name = item["name"].content
                value = self._value(item)
                self._found[name] = EnvVar(name, value, _place(item, value))

    def environment(self) -> Environment:
        """Return them as the model has them."""
        return Environment(self._found.values())

    def expanded(self, text: Text) -> Text:
        """Return a text with its ``$(NAME)`` references replaced."""
        return expand(text, self._reference)

    def differs_per_pod(self, text: Text) -> bool:
        """Whether a reference in ``text`` stands for the pod's own name or identity."""
        return any(
            variable.value.variable in _OF_ONE_POD and f"$({name})" in text.raw
            for name, variable in self._found.items()
        )

    def _given(self, container: Node, variables: Node) -> Sequence[Node]:
        """Return the variables of a list; of one that stands elsewhere (an alias, a template's values) as many have it as may."""
        within = container.start <= variables.start and variables.end <= container.end
        if variables.source is container.source and within:
            return variables.items()
        items: Sequence[Node] = ()
        if self._cluster.imported <= budget.IMPORTED_VARIABLES.most:  # to make the items of a list costs most
            items = variables.items()
            self._cluster.imported += len(items)
        if budget.within(budget.IMPORTED_VARIABLES, self._cluster.imported, container):
            return items
        self.open_ended = True
        return ()

    def _reference(self, name: str) -> Text | None:
        variable = self._found.get(name)
        if variable is not None:
            return variable.value
        return unknown(self._span, name) if self.open_ended else None

    def _value(self, item: Node) -> Text:
        node = item["value"]
        if node.is_scalar:
            return self.expanded(replace(node.value, value="") if node.is_null else node.value)
        origin = item["valueFrom"]
        if not origin.present:
            return Text("", item["name"].span)
        return self._of_config_map(origin["configMapKeyRef"]) or unknown(origin.span, _meant_by(origin))

    def _of_config_map(self, reference: Node) -> Text | None:
        if not reference.is_mapping:
            return None
        found = self._cluster.find("ConfigMap", reference["name"].content, self._resource)
        value = found.node["data"][reference["key"].content] if found is not None else None
        if value is None or not value.is_scalar:
            return None
        return _taken(value, reference["key"])

    def _imported(self, source: Node) -> Iterator[EnvVar]:
        reference = source["configMapRef"]
        found = self._cluster.find("ConfigMap", reference["name"].content, self._resource)
        if found is None or not found.node["data"].is_mapping:
            self.open_ended = True
            return
        prefix = source["prefix"].content
        pairs = found.node["data"].pairs()
        self._cluster.imported += len(pairs)
        if not budget.within(budget.IMPORTED_VARIABLES, self._cluster.imported, source):
            self.open_ended = True
            return
        for key, value in pairs:
            if value.is_scalar:
                yield EnvVar(prefix + key.content, _taken(value, reference["name"]), value.span)


_OF_ONE_POD = ("metadata.name", "metadata.uid", "status.podIP")


def _taken(value: Node, use: Node) -> Text:
    text = value.value
    text = Text("", value.span) if value.is_null else text
    how = text.how if text.unknown else How.VARIABLE
    return replace(text, how=how, span=text.span.with_trail(Step("used here", use.span)))


def _meant_by(origin: Node) -> str:
    """Return a word for where a value comes from: a field of the pod, or an object and its key."""
    field = written(origin["fieldRef"]["fieldPath"]) or written(origin["resourceFieldRef"]["resource"])
    if field is not None:
        return str(field)
    for kind in ("secretKeyRef", "configMapKeyRef"):
        if origin[kind].is_mapping:
            return f"{kind} {origin[kind]['name'].content}/{origin[kind]['key'].content}"
    return "valueFrom"


def _place(item: Node, value: Text) -> Span:
    """Return where a variable is written: mostly the place of its value, which is held once then."""
    node = item["value"] if item["value"].is_scalar and not item["value"].is_null else item["name"]
    span, its = node.span, value.span
    return its if span == its and (span.route, span.trail) == (its.route, its.trail) else span
