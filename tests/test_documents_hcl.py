"""HCL as a located tree, checked against tree-sitter's grammar."""

from __future__ import annotations

import pytest

from dindguard.documents.hcl.reader import BLOCK, CALL, read
from dindguard.documents.tree import Node
from dindguard.model.values import How, Text
from dindguard.source import Source

MODULE = r"""
# privileged = true
variable "plain" { default = true }
locals {
  image = "docker:29-dind" // not "x"
  list  = [1, "two", { three = 3 }, ]
}
resource "docker_container" "dind" {
  image      = docker_image.dind.image_id
  privileged = var.plain
  entrypoint = ["dockerd", "-H", "tcp://0.0.0.0:${var.port}"]
  env        = [for k, v in var.env : "${k}=${v}"]
  labels     = { "a b" = 1, c : 2, (var.x) = 3 }
  memory     = var.big ? 4096 : 512
  command    = concat(["a"], local.list[0].x, jsonencode({ a = "}" }))
  dynamic "volumes" {
    for_each = var.dirs
    content { host_path = volumes.value }
  }
  ports {
    internal = 2375
  }
  ports {
    internal = 2376
  }
  upload {
    content = <<-EOT
      #!/bin/sh
        dockerd -H "tcp://$${x}:${var.port}"
      %{ if var.y ~}yes%{ endif }
    EOT
  }
}
"""


def tree(text: str, **values: Text) -> Node:
    found = read(Source("main.tf", text), {name.replace("__", "."): value for name, value in values.items()})
    assert not found.notices, found.notices
    return found.documents[0]


@pytest.fixture
def container() -> Node:
    return tree(MODULE).at("resource", "docker_container", "dind")


def test_blocks_and_attributes(container: Node) -> None:
    assert container.tag == BLOCK
    assert container.key_span.line == 8
    assert [item.text for item in container["entrypoint"].items()[:2]] == ["dockerd", "-H"]
    assert [value["internal"].integer for key, value in container.pairs() if key.content == "ports"] == [2375, 2376]
    assert container.at("dynamic", "volumes", "content").tag == BLOCK
    assert container["ports"].at("internal").route == "resource.docker_container.dind.ports.internal"


def test_what_is_not_written_is_unknown(container: Node) -> None:
    privileged = container["privileged"].flag("privileged")
    assert (privileged.unknown, privileged.variable) == (True, "var.plain")
    assert container["memory"].value.variable == "var.big ? 4096 : 512"
    assert container["env"].value.unknown
    listener = container["entrypoint"][2].value
    assert (listener.partial[:14], listener.variable) == ("tcp://0.0.0.0:", "var.port")


def test_values_decide_expressions() -> None:
    default = Text("true", tree(MODULE)["variable"].span, How.DEFAULT)
    flag = tree(MODULE, var__plain=default).at("resource", "docker_container", "dind", "privileged").flag()
    assert flag.on
    assert flag.how is How.DEFAULT


def test_objects_lists_and_calls(container: Node) -> None:
    assert container["labels"].keys() == ["a b", "c", ""]
    assert container["command"].tag == CALL
    arguments = container["command"]["concat"].items()
    assert [len(arguments), arguments[0][0].text, arguments[2].tag] == [3, "a", CALL]
    assert arguments[2].at("jsonencode", 0, "a").text == "}"
    assert [item.content for item in tree(MODULE)["locals"]["list"].items()[:2]] == ["1", "two"]


def test_heredocs(container: Node) -> None:
    content = container["upload"]["content"]
    document = content.document("shell")
    assert document.text.split("\n")[:2] == ["#!/bin/sh", '  dockerd -H "tcp://${x}:${var.port}"']
    assert document.position(document.text.index("dockerd")) == (29, 9)
    assert content.value.variable == "var.port"


def test_strings_with_escaped_quotes_in_an_expression_end_where_old_terraform_ends_them() -> None:
    document = tree('a = "x${join(\\",}\\", b.*.id)}"\nc = "\\"d\\""\n')
    assert document["a"].value.unknown
    assert document["a"].value.partial.startswith("x")
    assert document["c"].text == '"d"'


@pytest.mark.parametrize("text", ['a = "', "a {", "a = [", "a = <<X\ny\n", 'a = "${', "a = }", 'a = "x\n"'])
def test_what_cannot_be_read_is_said(text: str) -> None:
    found = read(Source("main.tf", f"b = 1\n{text}"))
    assert [notice.kind for notice in found.notices] == ["unreadable"]
    assert found.notices[0].span.line >= 2


@pytest.mark.parametrize("opening", ["[", "a {\n", "{b=", '"${', "f("])
def test_deep_nesting_ends_with_a_notice(opening: str) -> None:
    closing = {"[": "]", "\n": "}", "=": "}", "{": '}"', "(": ")"}[opening[-1]]
    found = read(Source("main.tf", ("" if opening == "a {\n" else "a = ") + opening * 3_000 + "1" + closing * 3_000))
    assert {notice.kind for notice in found.notices} <= {"budget", "unreadable"}
    assert found.notices


@pytest.mark.oracle
@pytest.mark.parametrize(
    "text",
    [
        MODULE,
        "a = b\nc { d = [\n  1,\n  2\n] }\n",
        "x = {\n  a = { b = 1 }\n  c = \"%{ for x in y }${x}%{ endfor }\"\n}\nblock a \"b\" {}\n",
        'e = a == b && !c || d >= 3 ? [for x in y : x if x != ""] : { for k, v in m : k => v... }\nf = 1\n',
        "g = <<EOT\n}{\"${\"a\"}\"\nEOT\nh { i = \"\\\"{\" }\n",
    ],
)  # fmt: skip
def test_blocks_and_attributes_stand_where_tree_sitter_finds_them(text: str) -> None:
    sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
    grammar = pytest.importorskip("tree_sitter_hcl", reason="tree-sitter-hcl is not installed")
    root = sitter.Parser(sitter.Language(grammar.language())).parse(text.encode()).root_node
    assert not root.has_error
    theirs, stack = set(), [root]
    while stack:
        node = stack.pop()
        if node.type in ("attribute", "block"):
            theirs.add((node.type, node.children[0].start_byte, node.children[0].end_byte))
        stack.extend(node.children)
    ours: set[tuple[str, int, int]] = set()
    bodies = [tree(text)]
    while bodies:
        for key, value in bodies.pop().pairs():
            body = value
            while body.is_mapping and not body.tag and len(body.pairs()) == 1:
                body = body.values()[0]
            if body.tag == BLOCK:
                bodies.append(body)
            ours.add(("block" if body.tag == BLOCK else "attribute", key.start, key.end))
    assert ours == theirs
