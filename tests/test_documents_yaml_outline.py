"""What a YAML text's left edge tells of its documents, and what must not pass for a definition."""

import pytest

from dindguard.documents import yaml
from dindguard.documents.yaml_outline import parts
from dindguard.formats.recognition import Recogniser
from dindguard.source import Source

CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\nspec:\n  group: y\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers: []\n"


def idle(text: str) -> list[tuple[int, int]]:
    return [part[:2] for part, _ in Recogniser().idle_parts(Source("a.yaml", text))]


def test_the_parts_are_the_documents() -> None:
    text = f"{CRD}---\n# a comment\n{POD}--- # another\n\n{CRD}"
    found = parts(text)
    assert [part.outline.split("\n")[1] for part in found] == [
        "kind: CustomResourceDefinition", "kind: Pod", "kind: CustomResourceDefinition"
    ]  # fmt: skip
    assert "".join(text[part.start : part.end] for part in found) == text
    assert idle(text) == [found[0][:2], found[2][:2]]


def test_what_is_left_is_read_where_it_stands() -> None:
    text = f"{CRD}---\n{POD}---\n{CRD}"
    source = Source("a.yaml", text)
    (pod,) = yaml.read_without(source, idle(text)).documents
    (_, whole, _) = yaml.read(source).documents
    assert [(pair[0].span, pair[1].span) for pair in pod.pairs()] == [(a.span, b.span) for a, b in whole.pairs()]


@pytest.mark.parametrize("text", [
    CRD, "---\n" + CRD, "# license\n\n---\n" + CRD,
    "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1beta1\nmetadata:\n  name: x\n",
])  # fmt: skip
def test_a_definition_is_known_by_its_edge(text: str) -> None:
    assert len(idle(text)) == 1


HIDDEN = "\n" + CRD.replace("\n", "\n\n")


@pytest.mark.parametrize("text", [
    POD,
    CRD + "kind: Pod\n",  # the last of two keys counts
    CRD + '"kind": Pod\n',
    CRD + "? kind\n: Pod\n",
    CRD + "<<: *pod\n",
    CRD + "{kind: Pod}\n",
    "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {x: \"" + HIDDEN + "\"}}\nspec:\n  containers: []\n",
    "  apiVersion: v1\n  kind: Pod\n  metadata: {annotations: {x: '" + HIDDEN + "'}}\n  spec: {}\n",
    CRD.replace("\n", "\r") + POD,  # a carriage return ends a line, too
    CRD + "...\n" + POD,  # and three dots a document
    "%YAML 1.1\n---\n" + CRD,
    CRD.replace("metadata:", "\u2028kind: Pod\nmetadata:"),
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinitionList\nitems:\n- a\n",
])  # fmt: skip
def test_nothing_else_passes_for_one(text: str) -> None:
    assert not idle(text)


def test_a_format_that_is_forced_is_read() -> None:
    assert not Recogniser([("*.yaml", "compose")]).idle_parts(Source("a.yaml", CRD))
