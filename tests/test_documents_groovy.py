"""Groovy as a located tree: strings in all their quotes, calls, chains, and what the text does not decide."""

from __future__ import annotations

import pytest

from dindguard.documents.groovy.lexer import tokens
from dindguard.documents.groovy.nodes import ASSIGNED, DEFINED
from dindguard.documents.groovy.reader import read
from dindguard.documents.tokens import Kind
from dindguard.documents.tree import Node
from dindguard.source import Source


def tree(text: str) -> Node:
    found = read(Source("Jenkinsfile", text))
    assert not found.notices, found.notices
    return found.documents[0]


def written(text: str, node: Node) -> str:
    """Return the characters that a node covers."""
    span = node.span
    assert span.line == span.end_line
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


STRINGS = {
    "'a'": "a",
    '"a"': "a",
    "'''a\nb'''": "a\nb",
    '"""a"b"""': 'a"b',
    r"'it\'s'": "it's",
    r"'a\nb\\c'": "a\nb\\c",
    r"'A'": "A",
    "'''\\\na'''": "a",
    "'$x ${y}'": "$x ${y}",
    r'"\$x"': "$x",
    r"= /a\/b\d/": r"a/b\d",
    "= $/a/b$$c$/d/$": "a/b$c/d",
    '"100$"': "100$",
    "'a' + 'b' + \"c\"": "abc",
}


@pytest.mark.parametrize(("text", "value"), STRINGS.items(), ids=STRINGS.keys())
def test_strings(text: str, value: str) -> None:
    node = tree(f"x {text}" if text.startswith("=") else f"x = {text}")["x"]
    assert node.value.value == value


def test_every_character_keeps_its_place() -> None:
    text = 'sh "a\\tb ${c} d"'
    node = tree(text)["sh"]
    document = node.document("shell")
    assert document.text == "a\tb ${c} d"
    assert [text[document.origin(at)] for at in (0, 2, 4, 9)] == ["a", "b", "$", "d"]


@pytest.mark.parametrize(
    ("string", "runs"), [('"a ${b} c $d e"', 1), ("'a $b'", 1), (r'"a ${b} \\ c"', 3), ("'''a\\\nb'''", 2)]
)
def test_characters_that_stand_for_themselves_are_one_run(string: str, runs: int) -> None:
    text = f"sh {string}"
    document = tree(text)["sh"].document("shell")
    assert len(document.segments) == runs
    assert text[document.origin(len(document.text) - 1)] == document.text[-1]


def test_interpolation_is_unknown_unless_the_text_gives_one_literal() -> None:
    known = tree("def tag = '29'\nimage \"docker:${tag}-dind\"")["image"].value
    assert known.value == "docker:29-dind"
    assert [str(step.span) for step in known.span.trail] == ["Jenkinsfile:1:11"]
    unknown = tree('image "docker:${params.TAG}"')["image"].value
    assert (unknown.value, unknown.variable) == (None, "params.TAG")
    twice = tree("def tag = '29'\ntag = '30'\nimage \"docker:$tag\"")["image"].value
    assert twice.unknown
    computed = tree("def tag = pick('29')\nimage \"docker:$tag\"")["image"].value
    assert computed.unknown


def test_calls_with_and_without_parentheses() -> None:
    for text in ("image 'x'", "image('x')", "image(\n  'x'\n)"):
        assert tree(text)["image"].text == "x"
    named = tree("t(name: 'a', privileged: true, ports: [1, 2])")["t"]
    assert (named["name"].text, named["privileged"].flag().on, len(named["ports"].items())) == ("a", True, 2)
    bare = tree("docker { image 'x' label 'b' reuseNode true }")["docker"]
    assert (bare["image"].text, bare["label"].text, bare["reuseNode"].flag().on) == ("x", "b", True)


def test_blocks_keep_order_and_repetitions() -> None:
    root = tree("steps { sh 'a'\n sh 'b'; echo 'c' }")
    assert [(key.content, value.text) for key, value in root["steps"].pairs()] == [
        ("sh", "a"),
        ("sh", "b"),
        ("echo", "c"),
    ]


def test_chains_lead_back_to_their_receiver() -> None:
    root = tree("docker.image('x')\n  .inside('-v a:b') { c -> sh 'ls' }")
    inside = root["inside"]
    assert (inside["0"].text, inside["receiver"]["docker.image"].text, inside["sh"].text) == ("-v a:b", "x", "ls")
    assert (
        tree("a = sh(script: 'x', returnStdout: true).trim()")["a"].at("trim", "receiver", "sh", "script").text == "x"
    )


def test_calls_in_lists_and_values() -> None:
    root = tree(
        "podTemplate(containers: [containerTemplate(name: 'a'), containerTemplate(name: 'b')]) { node('x') { } }"
    )
    items = root["podTemplate"]["containers"].items()
    assert [item["containerTemplate"]["name"].text for item in items] == ["a", "b"]
    assert root["podTemplate"]["node"]["0"].text == "x"


def test_comments_and_strings_are_no_calls() -> None:
    root = tree("/* sh 'a' */ // sh 'b'\nx = \"sh 'c'\"")
    assert root.keys() == ["x"]
    assert root["x"].tag == ASSIGNED


def test_definitions_are_told_from_calls() -> None:
    root = tree("def call(Map a, b = [:]) { sh 'x' }\nclass A extends B { void f() { sh 'y' } }")
    assert root["call"].tag == DEFINED
    assert root["call"]["sh"].text == "x"
    assert root["A"]["f"]["sh"].text == "y"


def test_what_is_not_understood_does_not_hide_what_follows() -> None:
    root = tree(
        "if (a =~ /x\\/y/ && !(b in [1, 2])) { sh 'a' } else { sh 'b' }\nm[0].n['k'] = 3\nxs.each { sh 'c' }\nsh 'd'"
    )
    assert (root["if"]["sh"].text, root["else"]["sh"].text, root["xs.each"]["sh"].text, root["sh"].text) == (
        "a", "b", "c", "d",
    )  # fmt: skip


def test_places() -> None:
    text = "a { image 'docker:29' }"
    image = tree(text)["a"]["image"]
    assert written(text, image) == "'docker:29'"
    assert image.route == "a.image"
    assert str(image.key_span) == "Jenkinsfile:1:5"


@pytest.mark.parametrize("text", ["a {", "a }", "x = 'a", "x = '''a", 'x = "${a', "f(a]"])
def test_what_cannot_be_read_is_said(text: str) -> None:
    found = read(Source("Jenkinsfile", f"sh 'x'\n{text}"))
    assert [notice.kind for notice in found.notices] == ["unreadable"]
    assert found.notices[0].span.line == 2


@pytest.mark.parametrize("opening", ["{", "[", "(", "a(", "a {", "a: [", '"${', "x = !(", "a = b ? ("])
def test_deep_nesting_ends_with_a_notice(opening: str) -> None:
    closing = {"{": "}", "[": "]", "(": ")"}[opening[-1]] if opening != '"${' else '}"'
    found = read(Source("Jenkinsfile", "x " + opening * 3_000 + closing * 3_000))
    assert found.notices
    assert {notice.kind for notice in found.notices} <= {"budget", "unreadable"}


def test_what_a_method_leaves_of_a_text_keeps_its_place() -> None:
    root = tree("a = ['docker', 'run'].join(' ')\nb = 'x'.trim()\nc = 'y'.size()\nd = e ? f('g') : h('i')")
    assert (root["a"].text, root["b"].text) == ("docker run", "x")
    assert root["c"].value.unknown
    assert root["d"].value.unknown
    assert (root["f"].text, root["h"].text) == ("g", "i")
    joined = root["a"].document()
    at = joined.text.index("run")
    assert joined.span(at, at + 3).column == 17


@pytest.mark.parametrize(
    "text", ["a b " * 5_000, "a.b('c')" + ".d('e')" * 5_000, "x = 1" + " + 1" * 5_000, "a 'b', " * 5_000]
)
def test_long_texts_are_read(text: str) -> None:
    assert not read(Source("Jenkinsfile", text)).notices


@pytest.mark.oracle
def test_strings_stand_where_tree_sitter_finds_them() -> None:
    sitter = pytest.importorskip("tree_sitter", reason="tree-sitter is not installed")
    grammar = pytest.importorskip("tree_sitter_groovy", reason="tree-sitter-groovy is not installed")
    text = "\n".join(
        f"v{index} = {one}" for index, one in enumerate(STRINGS) if not one.startswith("=") and "+" not in one
    )
    text += "\nf(a: 'x', b: [\"y ${z['k']}\"]) { c 'd' }\n"
    root = sitter.Parser(sitter.Language(grammar.language())).parse(text.encode()).root_node
    theirs, stack = set(), [root]
    while stack:
        node = stack.pop()
        if node.type in ("string_literal", "character_literal"):
            theirs.add((node.start_byte, node.end_byte))
            continue
        stack.extend(node.children)
    ours = {(token.start, token.end) for token in tokens(text) if token.kind is Kind.STRING}
    assert ours == theirs
