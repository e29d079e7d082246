"""Reading a folder of files as a scan does, without a scan."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dindguard.documents import yaml
from dindguard.documents.yaml import Tree
from dindguard.formats import Context, Document
from dindguard.formats.recognition import Recogniser
from dindguard.model.container import Container, EnvVar
from dindguard.model.image import Image
from dindguard.source import Source, Span


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files, by their path relative to ``folder``, and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def context_of(folder: Path) -> Context:
    """Return a context whose root is ``folder``."""

    def open_file(path: str) -> Source | None:
        file = folder / path
        return Source(path, file.read_text("utf-8", errors="replace")) if file.is_file() else None

    def tree(path: str) -> Tree | None:
        source = open_file(path)
        read = yaml.read(source) if source is not None else None
        return read if read is not None and read.readable else None

    def listing(path: str) -> tuple[str, ...]:
        there = folder / path
        return tuple(sorted(entry.name for entry in there.iterdir())) if there.is_dir() else ()

    return Context(open=open_file, tree=tree, listing=listing)


def documents_of(folder: Path, format_name: str, *names: str) -> list[Document]:
    """Return the documents of a format under ``folder``; only those in ``names``, if given, are read."""
    found = []
    for path in sorted(folder.rglob("*.y*ml")):
        name = path.relative_to(folder).as_posix()
        if names and name not in names:
            continue
        source = Source(name, path.read_text("utf-8", errors="replace"))
        nodes = yaml.read(source).documents
        claims = [(node, [row.name for row in Recogniser().formats_of(source, node)]) for node in nodes]
        found += [Document(source, node) for node, names in claims if names[:1] == [format_name]]
    return found


def image(container: Container) -> Image:
    """Return a container's image, which it must have."""
    assert container.image is not None
    return container.image


def variable(container: Container, name: str) -> EnvVar:
    """Return a variable of a container, which must be set."""
    found = container.environment[name]
    assert found is not None
    return found


def typed(text: str, span: Span) -> str:
    """Return the characters that a place of one line covers."""
    lines = text.split("\n")
    assert span.line == span.end_line
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


def steps(work: Callable[[], object]) -> int:
    """Return how many lines of Python run for some work: what it costs, on every machine the same."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    old = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]  # returns itself
    try:
        work()
    finally:
        sys.settrace(old)
    return count
