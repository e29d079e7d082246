"""Services of s6 and runit: a shell script, or a chain of execline's programs. Each command starts the next one.

Sources: skarnet.org ``execline`` ("The execlineb program"), ``s6`` ("s6-supervise"), runit's ``runsv(8)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.formats import Context, Document, Reading
from dindguard.model.invocation import InvocationKind
from dindguard.model.launch import ServiceFile, ServiceKind
from dindguard.model.paths import machine_of
from dindguard.patterns import regex
from dindguard.scripts.command import Command, Commands, base_name
from dindguard.scripts.commands import PROGRAMS, argv_commands, commands, source_words
from dindguard.scripts.invocations import meanings
from dindguard.scripts.meaning import script_model
from dindguard.source import Source
from dindguard.vocabulary import SHELLS

_OPENRC = regex(r"#!.*\bopenrc-run\b")
_EXECLINE = regex(r"#!.*\bexecline")
_BREAK = regex(r"""(?P<word>"(?:[^"\\]|\\.)*"|[^\s"{}#][^\s]*)|(?P<comment>#[^\n]*)|[{}]""")
_PRINTS = frozenset({"echo", "s6-echo", "printf", "s6-log", "logger", "test", "s6-test", "eltest"})


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every service: the engines that it starts, and whatever else it runs."""
    del context  # the services of one machine or image are joined when all are read
    reading = Reading()
    for document in documents:
        source = document.source
        found = _chains(source) if _EXECLINE.match(source.text) else commands(source)
        if _OPENRC.match(source.text):
            from dindguard.formats.service_run import openrc  # few machines have one

            reading.services += openrc.services(document)
        started = [each for each, meaning in meanings(found.commands) if meaning.kind is InvocationKind.ENGINE_START]
        reading.services += _services(started, document)
        rest = found._replace(commands=tuple(each for each in found.commands if each not in started))
        model = script_model(rest, source, document.owner)
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
    return reading


def _services(started: Sequence[Command], document: Document) -> Iterator[ServiceFile]:
    source = document.source
    path = source.hint or source.path
    for number, command in enumerate(started, 1):
        name = path.split("/")[-2]
        yield ServiceFile(
            kind=ServiceKind.PROGRAM,
            service=name if number == 1 else f"{name}-{number}",
            machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
            path=path,
            span=command.span,
            container=document.owner,
            commands=(command.words,),
        )


def _chains(source: Source) -> Commands:
    """Return what an execline script runs: of each block, the chain's last program that is one of ours."""
    found: list[Command] = []
    for start, end in _blocks(source.text):
        words = source_words(source.part(start, end))
        names = [base_name(word.pattern) for word in words]
        if not names or names[0] in _PRINTS:
            continue
        first = next((at for at, name in enumerate(names) if name in PROGRAMS or name in SHELLS), None)
        if first is not None:
            found += argv_commands(words[first:]).commands
    return Commands(tuple(found))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of words between braces and comments, each a chain or a part of one."""
    start = end = -1
    for match in _BREAK.finditer(text):
        if match["word"] is None and match["comment"] is None:
            if start >= 0:
                yield start, end
            start = end = -1
        elif match["word"] is not None:
            start = match.start() if start < 0 else start
            end = match.end()
        elif start >= 0:  # a comment inside a chain
            yield start, end
            start = -1
    if start >= 0:
        yield start, end
