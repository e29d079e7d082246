"""Templates: where a local one lies, and the parameters that it declares."""

from __future__ import annotations

import posixpath

from dindguard.documents.tree import Node
from dindguard.formats.azure_pipelines.names import Names
from dindguard.formats.azure_pipelines.parts import Part


def template_path(written: str, path: str) -> str:
    """Return a template's path from the root of the scan; ``""`` for one of another repository.

    ``written`` is how the file at ``path`` names it: from its own folder, or from the repository's root with a slash.
    """
    name, _, repository = written.partition("@")
    if repository not in ("", "self") or not name.endswith((".yml", ".yaml")):
        return ""
    if name.startswith("/"):
        return posixpath.normpath(name.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def declared_parameters(root: Node) -> dict[str, Part]:
    """Return the parameters that a file declares, by the names that expressions use, with their defaults."""
    return {f"parameters.{name.lower()}": part for name, part in default_values(root).items()}


def default_values(root: Node) -> dict[str, Part]:
    """Return the defaults of a file's parameters: a list of declarations, or a mapping of names to values."""
    declared = root["parameters"]
    nothing = Names()
    found = {key.content: Part(value, nothing) for key, value in declared.pairs()}
    for item in declared.items():
        name = item["name"].content
        if name and item["default"].present:
            found[name] = Part(item["default"], nothing)
    return found
