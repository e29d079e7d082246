"""A service's variables: ``env_file`` below ``environment``."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.budget.stocks import Share
from dindguard.documents.tree import Node
from dindguard.formats.compose import settings
from dindguard.formats.compose.files import Files, resolve
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import Text
from dindguard.source import Source, Step

_KEYS = frozenset({"environment", "env_file"})
_NONE = Environment()

_OWN = 16
"""For so many characters of a project's file its services may have one variable, whatever other projects have."""
_FILE = 5
"""An env file counts as so many variables at least: to look for one that is not there costs as much."""


class Variables:
    """Reads the variables of a project's services: those that all take from one list or file count for each of them.

    ``size`` is how many characters the project's file has.
    """

    def __init__(self, files: Files, size: int) -> None:
        self._files = files
        self._share = Share(budget.COMPOSE_VARIABLES, size // _OWN)

    def of(self, service: Node) -> Environment:
        """Return the variables of a service; none once those of the services before it are too many."""
        if not service.has_any(_KEYS):
            return _NONE
        if not self._share.left(service):
            return _NONE
        found = settings.environment(service["environment"])
        listed = service["env_file"].listed()
        if listed and self._share.left(service, own=False):  # a file of many variables costs more than what names it
            found = _with_files(listed, found, self._files)
        self._share.take(max(len(found), len(listed) * _FILE))
        return found


def _with_files(listed: Sequence[Node], own: Environment, files: Files) -> Environment:
    """Return a service's own variables over those of files; a file that is not in the tree is noted, its variables unknown."""
    below: dict[str, EnvVar] = {}
    for item in listed:
        for variable in _file(item, own, files):
            below[variable.name] = variable
    return Environment(below.values()).beneath(own)


def _file(item: Node, own: Environment, files: Files) -> list[EnvVar]:
    written = item["path"] if item.is_mapping else item
    scope = item.scope
    if not written.is_scalar or written.is_null or not isinstance(scope, ComposeScope):
        return []
    path = written.value.value
    found = resolve(scope.directory, path) if path is not None else None
    source = files.source(found) if found is not None else None
    if source is None:
        if not item["required"].flag().off or not item["required"].present:
            files.note(
                "unresolved", "the variables of this env_file are not known: it could not be read", written.span
            )
        return []
    step = Step("used here", written.span)
    raw = item["format"].text == "raw"
    values = _raw(source) if raw else files.plain_variables(source)
    if values is None:
        values = _with_variables(source, own, scope)
    return [EnvVar(name, value, value.span.with_trail(step)) for name, value in values.items()]


def _with_variables(source: Source, own: Environment, scope: ComposeScope) -> dict[str, Text]:
    """Read a file whose values are made of a service's own variables, and of those around it."""
    from dindguard.formats.compose.dotenv import read_variables

    outer = {variable.name: variable.value for variable in own if variable.value.known}
    outer.update(scope.variables)
    return read_variables(source, outer)


def _raw(source: Source) -> dict[str, Text]:
    """Read a file of format ``raw``, as ``docker run --env-file`` does: no quotes, no variables."""
    found: dict[str, Text] = {}
    at = 0
    for line in source.text.splitlines(keepends=True):
        content = line.strip()
        name, equals, value = content.partition("=")
        if equals and not content.startswith("#"):
            start = at + line.index(content)
            found[name] = Text(value, source.span(start, start + len(content), name))
        at += len(line)
    return found
