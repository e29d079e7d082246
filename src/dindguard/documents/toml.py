"""TOML text into a located tree: the one that YAML is read into, so that formats need not know which they are given.

``tomllib`` decides what is valid; :mod:`~dindguard.documents.toml_scanner` then finds where everything stands.
A table's place is its header; that of a list of tables, or of one that only its parts imply (``a`` of ``[a.b]``), is the
word that names it first.
"""

from __future__ import annotations

import tomllib

from dindguard import budget
from dindguard.documents.faults import unreadable
from dindguard.documents.routes import join_route, route_key
from dindguard.documents.syntax import may_be_filled
from dindguard.documents.toml_scanner import Items, Scanner, Table
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.documents.yaml import Tree
from dindguard.patterns import regex
from dindguard.source import Notice, Source

_PLACE = regex(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_VARIABLE = r"(?:\$\{[^{}\n]{0,500}\}|\$\w{1,500}+)"
_ALONE = regex(rf"(?m)^[ \t]*+{_VARIABLE}[ \t]*+(?=\r?$)")
_AS_VALUE = regex(rf"(?<==){_VARIABLE}|(?<== ){_VARIABLE}")
_AS_KEY = regex(rf"(?m)^([ \t]*+)({_VARIABLE})(?=[ \t]*+=)")
"""What a script or ``envsubst`` puts in before the text is TOML."""
_KEY = regex(r"[ \t]*+(?P<name>\[{1,2}[\w. -]{1,200}\]{1,2}|[\w.-]{1,200}+(?=[ \t]*+=))")


def read(source: Source) -> Tree:
    """Read the document of ``source``; what is no TOML becomes an error notice with its place. Never raises.

    In a template, or a text that a script writes, variables without quotes are unknown values, and of what several
    branches say the first counts.
    """
    tree = _read(source, source.text)
    if tree.readable or not may_be_filled(source):
        return tree
    text, repeated = _said_once(_without_variables(source.text))
    again = _read(source, text)
    for name, start, end in repeated if again.readable else ():
        message = f"'{name}' is given above as well, in another branch, and that one is judged"
        again.notices.append(Notice("unresolved", message, source.span(start, end)))
    inserted = _ALONE.search(source.text)
    if again.readable and inserted is not None:
        message = f"what {inserted[0].strip()} puts in here is not known"
        again.notices.append(Notice("unresolved", message, source.span(*inserted.span())))
    return again


def _said_once(text: str) -> tuple[str, list[tuple[str, int, int]]]:
    """Return a text without the keys and headers that say what one above has said, and where those stand.

    Both branches of a template's condition are there, and TOML lets nobody say anything twice.
    """
    table, said = "", set[str]()
    pieces: list[str] = []
    repeated: list[tuple[str, int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        kept, named = line, _KEY.match(line)
        name = named["name"].replace(" ", "") if named is not None else ""
        if name.startswith("[["):
            table, said = name, set()
        elif name:
            table = name if name.startswith("[") else table
            place = table if name == table else f"{table} {name}"
            if place in said:
                bare = line.rstrip("\r\n")
                repeated.append((name, at, at + len(bare)))
                kept = " " * len(bare) + line[len(bare) :]
            said.add(place)
        pieces.append(kept)
        at += len(line)
    return "".join(pieces), repeated


def _without_variables(text: str) -> str:
    """Return a text of the same length that has words for variables as keys and strings for those as values, and blanks for
    lines of nothing else."""
    text = _ALONE.sub(lambda match: " " * len(match[0]), text)
    text = _AS_KEY.sub(lambda match: match[1] + "x" * len(match[2]), text)
    return _AS_VALUE.sub(lambda match: f'"{"x" * (len(match[0]) - 2)}"', text)


def _read(source: Source, text: str) -> Tree:
    tree = Tree(source)
    if (position := _long_key(text)) is not None:
        tree.notices.append(budget.TOML_NESTING.notice(source.span(position, position)))
        return tree
    try:
        tomllib.loads(text)
        root = Scanner(source, text).document()
    except tomllib.TOMLDecodeError as error:
        tree.notices.append(_notice(str(error), source))
    except ValueError:  # Python reads no number of more than 4,300 digits, and no engine one of more than 19
        tree.notices.append(_notice("a number has too many digits", source))
    except RecursionError:
        tree.notices.append(_notice("it nests too deeply", source))
    else:
        tree.documents.append(_node(root, source, "", None))
    return tree


def _long_key(text: str) -> int | None:
    """Return where a line begins whose key has too many parts: its tables would cost the square of that."""
    start = 0
    for line in text.splitlines(keepends=True):
        head = line.partition("=")[0]
        if head.count(".") > budget.TOML_NESTING.most and not line.lstrip().startswith(("#", '"', "'")):
            return start
        start += len(line)
    return None


def _node(value: Table | Items | Node, source: Source, route: str, key: Node | None) -> Node:
    """Make a node of what was scanned; tables and lists make theirs when they are asked for."""
    if isinstance(value, Node):
        value.route, value.key = route, key
        return value
    if isinstance(value, Items):
        return Node(
            Kind.SEQUENCE, source, value.start, value.end, route=route, style=value.style, key=key,
            children=lambda _: [
                _node(item, source, f"{route}[{index}]", None) for index, item in enumerate(value.items)
            ],
        )  # fmt: skip
    table = value
    return Node(
        Kind.MAPPING, source, table.start, table.end, route=route, style=table.style, key=key,
        children=lambda _: _pairs(table, source, route),
    )  # fmt: skip


def _pairs(table: Table, source: Source, route: str) -> Pairs:
    pairs: Pairs = []
    for name, (start, end, value) in table.entries.items():
        below = join_route(route, route_key(name))
        key = Node(Kind.SCALAR, source, start, end, route=below, content=name)
        pairs.append((key, _node(value, source, below, key)))
    return pairs


def _notice(problem: str, source: Source) -> Notice:
    match = _PLACE.search(problem)
    position = len(source.text)
    if match and match[1]:
        lines = source.text.replace("\r\n", "\n").split("\n")
        before = int(match[1]) - 1
        position = sum(len(line) + 1 for line in lines[:before]) + int(match[2]) - 1
        position += source.text.count("\r\n", 0, position + before)
    message = problem[: match.start()] if match else problem
    return unreadable(source, "TOML", f"{message[:1].lower()}{message[1:]}", position)
