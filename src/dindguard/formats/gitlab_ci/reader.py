"""GitLab CI pipelines: ``.gitlab-ci.yml`` with its local includes, ``extends``, ``default`` and ``!reference``.

Sources: GitLab's CI/CD YAML reference; gitlab-runner for service names. Privileged mode is the runner's business
and never written here.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.gitlab_ci.jobs import JobReader
from dindguard.formats.gitlab_ci.merging import Jobs
from dindguard.formats.gitlab_ci.project import Loader, Project, files_of
from dindguard.source import Notice, Source

_SETTINGS = ("image", "services", "stages", "types", "before_script", "after_script", "variables", "cache")
_NO_JOBS = frozenset((*_SETTINGS, "include", "default", "workflow", "spec"))
_CONTENT = ("image", "services", "script", "run")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all GitLab pipelines of a scan.

    A file that another one includes is read as part of that one. Hidden jobs count through the jobs that
    extend them; one that nothing extends is read by itself, since other repositories may include it.
    """
    reading = Reading()
    for project in Loader(files_of(documents), context).projects():
        _read_project(project, reading)
    reading.notices = list(dict.fromkeys(reading.notices))  # several projects may include the same file
    return reading


def _read_project(project: Project, reading: Reading) -> None:
    jobs = Jobs(project.root)
    reader = JobReader(project, jobs)
    names = [key.content for key, value in project.root.pairs() if value.is_mapping and key.content not in _NO_JOBS]
    names = budget.fitting(budget.GITLAB_JOBS, names, 1, project.root)
    complete = {name: jobs.job(name) for name in names}
    concrete = [name for name in names if not name.startswith(".")]
    for name in concrete:
        if _runs(complete[name]):
            reading.workloads += reader.read(name, complete[name])
    merged = _merged_places(complete)
    for name in names:
        node = complete[name]
        if name.startswith(".") and name not in jobs.extended and _has_content(node) and not _used(node, merged):
            reading.workloads += reader.read(name, node)
    reading.embedded += reader.embedded
    reading.notices += project.notices
    if project.complete:
        reading.notices += [
            Notice("unresolved", f"no file that was read defines the job '{name}'", node.span)
            for name, node in jobs.missing.items()
        ]


def _runs(job: Node) -> bool:
    """Whether a job is run by a runner; those with ``trigger`` only start another pipeline."""
    return not job["trigger"].present and (_has_content(job) or job["before_script"].present or "extends" in job)


def _has_content(job: Node) -> bool:
    return any(job[key].present for key in _CONTENT)


Place = tuple[Source, int]


def _merged_places(jobs: dict[str, Node]) -> set[Place]:
    """Return the places of all settings that some job took over with a YAML merge key."""
    return {
        _place(value)
        for job in jobs.values()
        for _, value in job.pairs()
        if any(step.what == "merged here" for step in value.trail)
    }


def _used(job: Node, merged: set[Place]) -> bool:
    return any(_place(value) in merged for _, value in job.pairs() if not value.trail)


def _place(node: Node) -> Place:
    return node.source, node.start
