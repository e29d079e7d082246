"""supervisord's programs. Source: supervisord's documentation, "Configuration File", and ``supervisor/options.py``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.sections import Entry, read_ini
from dindguard.formats import Context, Document, Reading
from dindguard.model.container_parts import EnvVar
from dindguard.model.launch import ServiceFile, ServiceKind
from dindguard.model.paths import machine_of
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.patterns import regex
from dindguard.scripts.commands import Dialect, commands, source_words
from dindguard.scripts.meaning import script_model
from dindguard.source import Source

_ENGINE = regex(r"dockerd|containerd|buildkitd|system\s+service")
_EXPRESSION = regex(r"%\((?:ENV_)?(?P<name>\w+)\)s")
_PAIR = regex(r"""(?<!\w)([A-Za-z_]\w*+)=("[^"]*"|'[^']*'|[^,]*)""")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read the programs of every file; one that is not started by itself does not count."""
    del context
    reading = Reading()
    for document in documents:
        entries = read_ini(document.source)
        sections: dict[str, list[Entry]] = {}
        for entry in entries:
            sections.setdefault(entry.section, []).append(entry)
        for section, own in sections.items():
            if section.startswith("program:"):
                _read_program(section, own, document, reading)
    return reading


def _read_program(section: str, entries: Sequence[Entry], document: Document, reading: Reading) -> None:
    values = {entry.key: entry.value for entry in entries}
    command = values.get("command")
    if command is None or ("autostart" in values and values["autostart"].text.lower() in ("false", "0", "no", "off")):
        return
    if _ENGINE.search(command.text):
        source = document.source
        reading.services.append(
            ServiceFile(
                kind=ServiceKind.PROGRAM,
                service=section.removeprefix("program:").strip(),
                machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
                path=source.hint or source.path,
                span=command.span(0, len(command.text)),
                container=document.owner,
                commands=(tuple(map(_undecided, source_words(command))),),
                variables=tuple(_variables(values["environment"])) if "environment" in values else (),
            )
        )
        return
    model = script_model(commands(command, dialect=Dialect.EXEC), command, document.owner)
    reading.workloads += model.workloads
    reading.invocations += model.invocations
    reading.notices += model.notices


def _undecided(word: Text) -> Text:
    """Return a word with its expressions (``%(ENV_DOCKER_HOST)s``) as what they are: variables, here the container's own."""
    first = _EXPRESSION.search(word.pattern)
    if first is None:
        return word
    pieces = _EXPRESSION.sub(UNKNOWN_PIECE, word.pattern)
    return Text(None, word.span, How.UNKNOWN, pieces, first["name"], word.raw)


def _variables(value: Source) -> Iterator[EnvVar]:
    for found in _PAIR.finditer(value.text):
        start, end = found.span(2)
        if end - start > 1 and value.text[start] in "\"'" and value.text[end - 1] == value.text[start]:
            start, end = start + 1, end - 1
        yield EnvVar(found[1], Text(value.text[start:end], value.span(start, end)), value.span(*found.span()))
