"""Manifests read as a scan reads them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from dindguard.formats import Reading
from dindguard.formats.kubernetes import reader
from dindguard.model.container import Container
from dindguard.source import Span
from support import context_of, documents_of, write_files


def read(folder: Path, files: str | dict[str, str]) -> Reading:
    """Write manifests and read them; a lone text is ``pod.yaml``."""
    named = {"pod.yaml": files} if isinstance(files, str) else files
    write_files(folder, {name: dedent(text) for name, text in named.items()})
    return reader.read(documents_of(folder, "kubernetes"), context_of(folder))


def containers(reading: Reading) -> dict[str, Container]:
    """Return all containers of a reading by address."""
    return {container.address: container for workload in reading.workloads for container in workload.containers}


def only(reading: Reading) -> Container:
    """Return the one container of a reading."""
    (container,) = containers(reading).values()
    return container


def pod(container: str, spec: str = "", metadata: str = "name: agent") -> str:
    """Return a pod with one container; the arguments are flow-style YAML."""
    comma = "," if spec else ""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{{metadata}}}\n"
        f"spec: {{{spec}{comma} containers: [{{name: c, image: docker:29-dind, {container}}}]}}\n"
    )


def text_at(folder: Path, span: Span) -> str:
    """Return the characters that a span of one line covers."""
    line = (folder / span.path).read_text("utf-8").splitlines()[span.line - 1]
    assert span.line == span.end_line
    return line[span.column - 1 : span.end_column - 1]
