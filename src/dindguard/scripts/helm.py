"""Releases that ``helm install`` and ``helm upgrade`` make: a chart, and the values that ``-f`` and ``--set`` give it.

Source: helm/helm, ``pkg/cmd/install.go`` and ``pkg/strvals`` (pairs apart by commas, ``\\,`` for one in a value; JSON with
or without a name before it). They are handed on as a list of releases. Where a script is started nobody tells: its files of
values are looked for in the scan's root and beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.built import held, mapping, word
from dindguard.documents.tree import Kind, Node
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.scripts.command import Command
from dindguard.scripts.engine_cli.flags import Flags, names
from dindguard.scripts.engine_cli.words import OptionReader, options_of
from dindguard.source import Embedded, Segment, Source

_GLOBAL = Flags(names("debug help kube-insecure-skip-tls-verify"), {"n": "namespace"})
_INSTALL = Flags(
    names(
        "atomic cleanup-on-fail create-namespace debug dependency-update devel disable-openapi-validation enable-dns force"
        " generate-name help hide-notes hide-secret insecure-skip-tls-verify install no-hooks pass-credentials plain-http"
        " render-subchart-notes replace reset-then-reuse-values reset-values reuse-values rollback-on-failure skip-crds"
        " skip-schema-validation take-ownership verify wait wait-for-jobs"
    ),
    {"f": "values", "n": "namespace", "g": "generate-name", "i": "install", "o": "output", "l": "labels"},
    interspersed=True,
)
_SETS = ("set", "set-string")
_NAME = regex(r"[^,]+")
_KEY = regex(r"(?:[^={\[\"]+=)?")
_PAIR = regex(r"(?:[^,\\{]|\\.|\{[^{}]*\}?)+")


def releases(commands: Iterable[Command], source: Source) -> tuple[Embedded, ...]:
    """Return the releases of commands that set values, as one list; ``source`` is the script."""
    found = [release for each in commands if (release := _release(each, source.file)) is not None]
    if not found:
        return ()
    made = mapping(found[0], {"releases": found[0].with_items(found)})
    return (Embedded(held(made, "helm"), content=made),)


def _release(command: Command, file: Source) -> Node | None:
    if command.program != "helm":
        return None
    head = OptionReader(command.arguments, _GLOBAL)
    head.read()
    action, *words = command.arguments[head.position :] or (None,)
    if action is None or action.value not in ("install", "upgrade"):
        return None
    options, arguments, _ = options_of(words, _INSTALL)
    values = [node for each in options if each.name in _SETS for node in _values(each.value, file)]
    values += [node for each in options if each.name == "set-json" for node in _json_values(each.value, file)]
    files = [node for each in options if each.name == "values" for node in _files(each.value, file)]
    chart = _scalar(arguments[-1], file) if arguments else None
    if not (values or files) or chart is None:
        return None
    name = _scalar(arguments[0], file) if len(arguments) > 1 else None
    namespaces = [each.value for each in (*head.options, *options) if each.name == "namespace"]
    namespace = _scalar(namespaces[-1], file) if namespaces else None
    at = [*values, *files][0]
    parts = {
        "name": name,
        "chart": chart,
        "namespace": namespace,
        "values": at.with_items(files) if files else None,
        "set": at.with_items(values) if values else None,
    }
    return mapping(at, {key: part for key, part in parts.items() if part is not None})


def _files(text: Text, file: Source) -> Iterator[Node]:
    """Yield the paths of files of values, from the scan's root (with a slash in front) and from the script's folder."""
    for match in _NAME.finditer(text.pattern):
        start, end = match.span()
        name = text.pattern[start:end].removeprefix("./")
        node = _scalar(text.part(start, end), file)
        if (
            node is None
            or UNKNOWN_PIECE in name
            or not name.endswith((".yaml", ".yml"))
            or name.startswith(("/", "~"))
        ):
            continue
        yield word(node, f"/{name}")
        if "/" in file.path:
            yield word(node, name)


def _values(text: Text, file: Source) -> Iterator[Node]:
    """Yield each ``a.b=c`` as the pair of a name and a value."""
    for match in _PAIR.finditer(text.pattern):
        name, equals, _ = match[0].partition("=")
        begin = match.start() + len(name) + 1
        given = _scalar(text.part(begin, match.end()), file) if equals else None
        key = _scalar(text.part(match.start(), begin - 1), file)
        if given is not None and key is not None:
            yield mapping(given, {"name": key, "value": given})


def _json_values(text: Text, file: Source) -> Iterator[Node]:
    """Yield each ``a.b={…}`` as the pair of a name and what its JSON says; without a name it is values by itself."""
    from json import JSONDecodeError, JSONDecoder  # few scripts give any

    written, at = text.pattern, 0
    while at < len(written):
        match = _KEY.match(written, at)
        assert match is not None  # it may be empty
        try:
            end = JSONDecoder().raw_decode(written, match.end())[1]
        except JSONDecodeError:
            return
        given = _json(text.part(match.end(), end), file)
        if given is not None:
            key = _scalar(text.part(at, max(match.end() - 1, at)), file)
            yield mapping(given, {"name": key or given.hole("name"), "value": given})
        at = end + 1


def _json(text: Text, file: Source) -> Node | None:
    """Return what a word says in JSON: each part at its place, where the script has the same characters, else all at one."""
    from dindguard.documents import json

    span = text.span
    if span.path != file.path:
        return None
    start = file.offset(span.line, span.column)
    part = file.part(start, file.offset(span.end_line, span.end_column))
    if part.text != text.pattern:
        part = Source(file.path, text.pattern, parent=file, segments=(Segment(0, start, 0),))
    documents = json.read(part).documents
    return documents[0] if documents else None


def _scalar(text: Text, file: Source) -> Node | None:
    """Return a word of the script as a scalar at its place; ``None`` for one that another file gives."""
    span = text.span
    if span.path != file.path:
        return None
    start, end = file.offset(span.line, span.column), file.offset(span.end_line, span.end_column)
    return Node(Kind.SCALAR, file, start, max(end, start), content=text.pattern, filled=text)
