"""Compose projects and Swarm stacks, as Compose itself puts them together.

A project's files are merged first (``projects``, ``loading``, ``merging``), on the located trees, so that every
setting keeps the place where it is written; then services become containers (``services``, ``mounts``, ``settings``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dindguard.documents.unknown import undecided
from dindguard.formats import Context, Document, Reading, registered_runners
from dindguard.formats.compose.files import Files
from dindguard.formats.compose.projects import Project, projects_of
from dindguard.formats.compose.services import workload
from dindguard.formats.compose.storage import Volumes
from dindguard.source import Notice, Source


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all Compose documents of a scan: one workload for each project."""
    files = Files(documents, context)
    found = projects_of(files)
    volumes = Volumes(found)
    reading = Reading()
    work = partial(_read_apart, files, volumes)
    for _, (made, notices) in context.each(_in_turn(found), work, _source_of, _size_of):
        reading.workloads += made.workloads
        reading.embedded += made.embedded
        reading.notices += made.notices
        files.add(notices)
    reading.notices.extend(files.notices)
    return reading


def _in_turn(projects: list[Project]) -> Iterator[Project]:
    """Yield the projects, and let go of each: what was merged is needed no more."""
    projects.reverse()
    while projects:
        yield projects.pop()


def _source_of(project: Project) -> tuple[Source]:
    return (project.root.source,)


def _size_of(project: Project) -> int:
    return project.root.source.size


def _read_apart(files: Files, volumes: Volumes, project: Project) -> tuple[Reading, list[Notice]]:
    """Return what a project says, and what could not be read of its files."""
    kind = ("Compose workload", volumes.elsewhere(project))
    return files.apart(kind, (project,), partial(_read_project, project, files, volumes))


def _read_project(project: Project, files: Files, volumes: Volumes) -> Reading:
    made, held = workload(project, files, volumes)
    reading = Reading((made, *registered_runners(made.containers)))
    reading.embedded.extend(held)
    for _, service in project.services:
        reading.notices.extend(undecided(service, ("volumes", "devices", "security_opt", "cap_add")))
    return reading
