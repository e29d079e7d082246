"""Reads pipelines, and the templates that no pipeline of the scan uses."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.budget.stocks import Shared
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.azure_pipelines.names import Names
from dindguard.formats.azure_pipelines.parts import Part
from dindguard.formats.azure_pipelines.pipeline import Pipeline
from dindguard.formats.azure_pipelines.templates import declared_parameters, template_path

_OF_A_WHOLE = ("trigger", "pr", "schedules", "resources", "pool", "extends")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all pipelines of a scan; a template that one of them uses is read in its place, and any other by itself."""
    reading = Reading()
    called = {path for document in documents for path in _called(document.content)}
    used: set[str] = set()
    shared = Shared(budget.SHARED_FILES, sum(document.source.size for document in documents))
    room = budget.Room()
    first = [document for document in documents if document.source.path not in called]
    later = [document for document in documents if document.source.path in called]
    for document in (*first, *later):
        if document.source.path not in used:
            used |= _read(document, reading, context, shared, room)
    return reading


def _read(document: Document, reading: Reading, context: Context, shared: Shared, room: budget.Room) -> set[str]:
    """Read one file as a pipeline, and return the templates that it used."""
    root: Node = document.content
    names = Names(declared_parameters(root), assumed=True)
    pipeline = Pipeline(reading, context, shared, room, whole=any(key in root for key in _OF_A_WHOLE))
    pipeline.read(Part(root, names))
    return pipeline.used


def _called(root: Node) -> list[str]:
    """Return the paths of the local templates that a file names."""
    found = []
    for node in root.walk(again=False):
        if node.is_mapping and node["template"].is_scalar:
            path = template_path(node["template"].content, root.source.path)
            if path:
                found.append(path)
    return found
