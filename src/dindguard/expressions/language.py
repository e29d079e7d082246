"""CEL, the Common Expression Language, over the model: expressions are checked when they are loaded, and then run.

The library is the official one (``cel-expr-python``, the extra ``rules``). Two environments are made of the same attributes.
In the first an object is a message with typed fields, so that a misspelt attribute or a wrong type is told before anything
runs. In the second it is a mapping that holds just what the expression looks at: what is absent is ``null``, what
nobody knows is left out, so that looking at it fails, and ``&&`` and ``||`` decide without it where they can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from dindguard.errors import UserError
from dindguard.expressions import schema
from dindguard.expressions.schema import Shape
from dindguard.patterns import regex
from dindguard.records import record

PACKAGE = "dindguard"

_PLACE = regex(r"ERROR: <input>:(\d+):(\d+): ([^\n]*)")
_FIELD = regex(r"undefined field '(\w+)' not found in struct '([\w.]+)'")
_NO_KEY = 'Key not found in map : "'
_NAME = regex(r"undeclared reference to '([^']*)'.*")
_TOKEN = regex(
    r"""[rRbB]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|//[^\n]*|\w+|\s+|.""",
    re.DOTALL,
)
_CHAIN = regex(r"\s*[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)+\s*")


class ExpressionError(Exception):
    """An expression that cannot be checked or run. ``line`` and ``column`` are 1-based, in the expression; 0: all of it."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


@record(eq=False)
class Compiled:
    """An expression that has been checked: ``run`` evaluates it, ``tree`` is its checked form, as CEL serialises it."""

    run: Any
    tree: bytes


def compiled(text: str, variable: str, kind: str) -> Compiled:
    """Check an expression about ``variable``, a record ``kind`` of the model, which has to say yes or no.

    Raises :class:`ExpressionError` with the place of what is wrong.
    """
    try:
        checked = _checking(variable, kind).compile(text)
        if checked.return_type().name() not in ("bool", "BOOL"):
            raise ExpressionError(f"says {_plain_type(checked.return_type().name())}, and must say yes or no")
        return Compiled(_running(variable).compile(_without_has(text)), checked.serialize())
    except RuntimeError as error:
        raise _told(str(error), variable) from None


def handed_over(variable: str, data: Mapping[str, Any]) -> Any:
    """Return data in the form that expressions about ``variable`` are evaluated with; it costs more than one of them."""
    return _running(variable).Activation({variable: data})


def answer(expression: Compiled, about: Any) -> bool:
    """Evaluate an expression about what :func:`handed_over` gave.

    Raises :class:`ExpressionError` for what cannot be evaluated with this data.
    """
    try:
        found = expression.run.eval(about).value()
    except RuntimeError as error:
        raise ExpressionError(_plain(str(error))) from None
    if isinstance(found, bool):
        return found
    raise ExpressionError(str(found))


def missing_key(error: ExpressionError) -> str:
    """Return the key that an evaluation looked for and that was not there; nothing for any other error."""
    _, _, key = str(error).partition(_NO_KEY)
    return key.removesuffix('"') if key.endswith('"') else ""


def in_words(error: ExpressionError) -> str:
    """Return what went wrong in an evaluation, as its author may be told."""
    key = missing_key(error)
    return f"there is no '{key}' in the map: ask '{key}' in … first" if key else _plain(str(error))


@cache
def _library() -> Any:
    try:
        from cel_expr_python import cel
    except ImportError:
        raise UserError("rules without code need CEL: pip install 'dindguard[rules]'") from None
    return cel


def _told(message: str, variable: str) -> ExpressionError:
    """Return an error in words: where, and what is wrong."""
    match = _PLACE.search(message)
    if match is None:
        return ExpressionError(_plain(message))
    words, line, column = match[3], int(match[1]), int(match[2])
    if field := _FIELD.search(words):
        from dindguard.rules import nearest

        owner = field[2].rpartition(".")[2]
        near = nearest(field[1], schema.fields(owner.replace("_or_", "|")))
        return ExpressionError(
            f"there is no attribute '{field[1]}' in {owner}{near}; see docs/model.md", line, column + 1
        )
    if name := _NAME.search(words):
        first, dot, _ = name[1].partition(".")
        words = f"there is no '{name[1]}' here; the object is called '{variable}'"
        return ExpressionError(words, line, column - len(first) if dot else column)
    return ExpressionError(_plain(words), line, column)


_WORDS = {
    "Applying SELECT to non-message type": "it asks for an attribute of something that is absent",
    "Iteration budget exceeded": "it goes through too many items, one list inside another",
}


def _plain(message: str) -> str:
    """Return the first line of one of the library's messages, without its codes, in words where there are better ones."""
    line = (
        re.sub(r"^[A-Z_]+: |\[[A-Z_]+\]$", "", message.split("\n", maxsplit=1)[0]).replace(f"{PACKAGE}.", "").rstrip()
    )
    line = re.sub(r"^Syntax error: (.*?) expecting \{.*", r"syntax error: \1", line)
    return next((words for told, words in _WORDS.items() if told in line), line[:_SHOWN])


_SHOWN = 300


def _plain_type(name: str) -> str:
    return {"string": "a text", "int": "a number", "null_type": "nothing"}.get(
        name.lower(), name.removeprefix(f"{PACKAGE}.")
    )


# -- the checking environment: the model as messages ------------------------------------------------------------


@cache
def _checking(variable: str, kind: str) -> Any:
    cel = _library()
    return cel.NewEnv(descriptor_pool=_pool(), variables={variable: cel.Type(_message(kind))})


@cache
def _running(variable: str) -> Any:
    cel = _library()
    return cel.NewEnv(variables={variable: cel.Type.DYN})


def _message(name: str) -> str:
    return f"{PACKAGE}.{name.replace('|', '_or_')}"


@cache
def _pool() -> Any:
    """Return the model's records as message types: texts, numbers and flags may be null, as wrappers are."""
    from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2, wrappers_pb2

    pool = descriptor_pool.DescriptorPool()
    for known in (wrappers_pb2, struct_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="model.proto", package=PACKAGE, syntax="proto3",
        dependency=["google/protobuf/wrappers.proto", "google/protobuf/struct.proto"],
    )  # fmt: skip
    wanted, done = list(schema.names()), set[str]()
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        message = file.message_type.add(name=name.replace("|", "_or_"))
        for number, (attribute, shape) in enumerate(schema.fields(name).items(), 1):
            _add_field(message, attribute, number, shape)
            inner = shape.of or shape
            if inner.kind == "record":
                wanted.append(inner.name)
    pool.Add(file)
    return pool


_WRAPPERS = {"bool": "BoolValue", "int": "Int64Value", "string": "StringValue", "any": "Value", "list": "ListValue"}


_ANY_LIST = Shape("list")


def _add_field(message: Any, name: str, number: int, shape: Shape) -> None:
    from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Proto

    of = shape.of
    field = message.field.add(name=name, number=number, label=Proto.LABEL_OPTIONAL, type=Proto.TYPE_MESSAGE)
    if shape.kind == "map" and of is not None:
        entry = message.nested_type.add(name=f"{''.join(part.title() for part in name.split('_'))}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label=Proto.LABEL_OPTIONAL, type=Proto.TYPE_STRING)
        _add_field(entry, "value", 2, _ANY_LIST if of.kind == "list" else of)  # a map's value may not be repeated
        field.label, field.type_name = Proto.LABEL_REPEATED, f".{PACKAGE}.{message.name}.{entry.name}"
    elif shape.kind == "list" and of is not None:
        field.label = Proto.LABEL_REPEATED
        if of.kind == "record":
            field.type_name = f".{_message(of.name)}"
        else:
            field.type = {"bool": Proto.TYPE_BOOL, "int": Proto.TYPE_INT64}.get(of.kind, Proto.TYPE_STRING)
    elif shape.kind == "record":
        field.type_name = f".{_message(shape.name)}"
    else:
        field.type_name = f".google.protobuf.{_WRAPPERS[shape.kind]}"


# -- the running environment: what an object has and what it lacks ----------------------------------------------


def given(attribute: str) -> str:
    """Return the key under which data say whether an attribute is there: for ``has(…)``, which asks about mappings."""
    return f"has {attribute}"


def _without_has(text: str) -> str:
    """Return an expression whose ``has(a.b.c)`` ask whether the attribute is there, absent objects on the way included.

    CEL's own macro asks a mapping whether it has the key, which an absent attribute has (it is null).
    """
    tokens = [match.group() for match in _TOKEN.finditer(text)]
    out: list[str] = []
    at = 0
    while at < len(tokens):
        opened = next((n for n in range(at + 1, len(tokens)) if not tokens[n].isspace()), None)
        alone = tokens[at] == "has" and (not out or "".join(out[-2:]).rstrip()[-1:] != ".")
        if not alone or opened is None or tokens[opened] != "(":
            out.append(tokens[at])
            at += 1
            continue
        closed = _closing(tokens, opened)
        out.append(_asked("".join(tokens[opened + 1 : closed])))
        at = closed + 1
    return "".join(out)


def _closing(tokens: list[str], opened: int) -> int:
    depth = 0
    for at in range(opened, len(tokens)):
        depth += (tokens[at] in "([{") - (tokens[at] in ")]}") if len(tokens[at]) == 1 else 0
        if depth == 0:
            return at
    return len(tokens)


def _asked(argument: str) -> str:
    if _CHAIN.fullmatch(argument) is None:
        before, _, last = argument.rpartition(".")
        return f'({_without_has(before)}["{given(last.strip())}"])'
    names = [name.strip() for name in argument.split(".")]
    ways = [".".join(names[: count + 1]) for count in range(1, len(names) - 1)]
    return (
        "("
        + " && ".join([*(f"{way} != null" for way in ways), f'{".".join(names[:-1])}["{given(names[-1])}"]'])
        + ")"
    )
