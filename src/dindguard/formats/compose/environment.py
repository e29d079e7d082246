"""A service's variables: ``env_file`` below ``environment``."""

from __future__ import annotations

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats.compose import settings
from dindguard.formats.compose.files import Files, resolve
from dindguard.formats.compose.interpolation import ComposeScope
from dindguard.model.container import Environment, EnvVar
from dindguard.model.values import Text
from dindguard.source import Source, Step


class Variables:
    """Reads the variables of a project's services: those that all take from one list or file count for each of them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read = 0

    def of(self, service: Node) -> Environment:
        """Return the variables of a service; none once those of the services before it are too many."""
        if not budget.within(budget.COMPOSE_VARIABLES, self._read, service):
            return Environment()
        found = _environment(service, self._files)
        self._read += len(found)
        return found


def _environment(service: Node, files: Files) -> Environment:
    """Return the variables of a service; a file that is not in the tree is noted, its variables stay unknown."""
    own = settings.environment(service["environment"])
    listed = service["env_file"].listed()
    if not listed:
        return own
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
    from dindguard.formats.compose.dotenv import read_variables

    outer = {variable.name: variable.value for variable in own if variable.value.known}
    outer.update(scope.variables)
    values = _raw(source) if item["format"].text == "raw" else read_variables(source, outer)
    step = Step("used here", written.span)
    return [EnvVar(name, value, value.span.with_trail(step)) for name, value in values.items()]


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
