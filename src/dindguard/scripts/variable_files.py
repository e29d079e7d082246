"""Files of variables that ``docker run --env-file`` gives a container (docker/cli ``pkg/kvfile``): lines ``NAME=value``.

A value is what stands there, quotes and all. Read are the variables that say how an engine is run, reached or filtered; a
file may hold any number of others.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence

from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.source import Notice, Source, Step

Opener = Callable[[str], Source | None]
"""Gives a file of the scan by its path, ``None`` for one that is not there."""

_READ = regex(
    r"(?m)^[ \t]*(?P<name>DOCKER_(?:HOST|TLS|TLS_VERIFY|TLS_CERTDIR|TLS_SAN|CERT_PATH|CONTEXT|DRIVER|API_VERSION|MIN_API_VERSION"
    r"|IPTABLES_LEGACY)|DOCKERD_ROOTLESS_ROOTLESSKIT_(?:NET|FLAGS)|(?:CONTAINER|BUILDKIT)_HOST|STORAGE_DRIVER|POST|PUT"
    r"|CONTAINERS|SERVICES|PLUGINS|SWARM|EXEC|BUILD|IMAGES|NETWORKS|VOLUMES|SECRETS|CONFIGS|NODES|TASKS|COMMIT|AUTH|DISTRIBUTION"
    r"|SYSTEM|SOCKET_PATH|ALLOW_(?:START|STOP|RESTARTS))=(?P<value>[^\r\n]*)"
)


class VariableFiles:
    """Reads the files that the commands of one script name, each once; a script is run in its own folder or in the root."""

    def __init__(self, opened: Opener, script: Source) -> None:
        self._opened = opened
        self._folder = posixpath.dirname(script.path)
        self._known: dict[str, tuple[EnvVar, ...] | None] = {}

    def beneath(self, own: Environment, files: Sequence[Text]) -> tuple[Environment, list[Notice]]:
        """Return a container's variables over those of files, of which the last counts, and the files that are not there."""
        below: dict[str, EnvVar] = {}
        missing: list[Notice] = []
        for file in files:
            found = self._variables(file)
            missing += [Notice("unresolved", _MISSING, file.span)] if found is None else ()
            step = Step("used here", file.span)
            below |= {each.name: _explained(each, step) for each in found or ()}
        return (Environment(below.values()).beneath(own) if below else own), missing

    def _variables(self, file: Text) -> tuple[EnvVar, ...] | None:
        name = file.pattern
        if name not in self._known:
            source = next((found for path in self._paths(name) if (found := self._opened(path)) is not None), None)
            self._known[name] = tuple(_variables(source)) if source is not None else None
        return self._known[name]

    def _paths(self, name: str) -> Iterator[str]:
        unknown, slash, rest = name.partition(f"{UNKNOWN_PIECE}/")  # mostly the folder of the script
        within = rest if slash and not unknown else name
        if not within or within.startswith(("/", "~")) or UNKNOWN_PIECE in within:
            return
        for folder in dict.fromkeys((self._folder, "")):
            yield posixpath.normpath(posixpath.join(folder, within))


_MISSING = "the variables of this file are not known: it could not be read"


def _variables(source: Source) -> Iterator[EnvVar]:
    for found in {
        each["name"]: each for each in _READ.finditer(source.text)
    }.values():  # of several the last one counts
        start, end = found.span("value")
        yield EnvVar(found["name"], Text(found["value"], source.span(start, end)), source.span(*found.span()))


def _explained(variable: EnvVar, step: Step) -> EnvVar:
    value = variable.value
    return EnvVar(variable.name, Text(value.value, value.span.with_trail(step)), variable.span.with_trail(step))
