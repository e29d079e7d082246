"""OpenRC's services: ``command`` and ``command_args``, which ``openrc-run`` starts.

Source: OpenRC ``service-script-guide.md`` and ``sh/start-stop-daemon.sh``; ``/etc/conf.d/NAME`` is sourced before.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from dindguard.formats import Document
from dindguard.model.launch import ServiceFile, ServiceKind
from dindguard.model.paths import machine_of
from dindguard.model.values import Text
from dindguard.patterns import regex
from dindguard.scripts.commands import split_words
from dindguard.source import Source

_ASSIGNMENT = regex(
    r"""(?m)^[ \t]*(command|command_args|command_args_background)=("(?:\\.|[^"\\])*"|'[^']*'|[^\s#]*)"""
)
_BRACED = regex(r"\$\{(\w+)\}")
_DEFAULT = regex(r"\$\{\w+:?-([^{}$]+)\}")
_ENGINE = regex(r"dockerd|containerd|buildkitd|system\s+service")


def services(document: Document) -> Iterator[ServiceFile]:
    """Yield the service of a file whose command is an engine."""
    source = document.source
    path = source.hint or source.path
    name = posixpath.basename(path).partition(".")[0]
    found = {match[1]: match for match in _ASSIGNMENT.finditer(source.text)}
    if "command" not in found or not _ENGINE.search(
        found["command"][2] + found.get("command_args", found["command"])[2]
    ):
        return
    words = [
        word for key in ("command", "command_args", "command_args_background") for word in _words(key, found, source)
    ]
    at = found["command"]
    yield ServiceFile(
        kind=ServiceKind.PROGRAM,
        service=name,
        machine=machine_of(source.path, embedded=source.embedded, part=source.machine),
        path=path,
        span=source.span(*at.span()),
        container=document.owner,
        commands=(tuple(words),),
        reads=(Text(f"/etc/conf.d/{name}", source.span(*at.span(1))),),
    )


def _words(key: str, found: dict[str, re.Match[str]], source: Source) -> Iterator[Text]:
    if key not in found:
        return
    start, end = found[key].span(2)
    if end - start > 1 and source.text[start] in "\"'":
        start, end = start + 1, end - 1
    for word in split_words(Text(source.text[start:end], source.span(start, end))):
        default = _DEFAULT.fullmatch(word.pattern)
        braced = _BRACED.fullmatch(word.pattern)
        if default is not None:
            yield word.part(default.start(1), default.end(1))
        elif braced is not None:  # a shell splits it, unlike systemd
            yield Text(f"${braced[1]}", word.span, raw=word.raw)
        else:
            yield word
