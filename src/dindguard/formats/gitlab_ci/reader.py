"""GitLab CI pipelines: ``.gitlab-ci.yml`` with its local includes, ``extends``, ``default`` and ``!reference``.

Sources: GitLab's CI/CD YAML reference; gitlab-runner for service names. Privileged mode is the runner's business
and never written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard import budget
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.gitlab_ci.jobs import JobReader
from dindguard.formats.gitlab_ci.merging import Jobs
from dindguard.formats.gitlab_ci.project import MAIN_NAME, Loader, Project, files_of
from dindguard.source import Notice, Source

_SETTINGS = ("image", "services", "stages", "types", "before_script", "after_script", "variables", "cache")
_NO_JOBS = frozenset((*_SETTINGS, "include", "default", "workflow", "spec"))
_CONTENT = ("image", "services", "script", "run")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all GitLab pipelines of a scan.

    A file that another one includes is read as part of that one. Hidden jobs count through the jobs that
    extend them, or take parts of them; one that nothing uses is read by itself in a file of templates, since other
    repositories may include it, and not beside jobs that run.
    """
    reading = Reading()
    loader = Loader(files_of(documents), context)
    room = budget.Room()
    for project in loader.projects():
        _read_project(project, reading, room)
    reading.notices += loader.notices
    reading.notices = list(dict.fromkeys(reading.notices))  # several projects may include the same file
    return reading


def _read_project(project: Project, reading: Reading, room: budget.Room) -> None:
    jobs = Jobs(project.root, project.merger)
    reader = JobReader(project, jobs)
    names = [key.content for key, value in project.root.pairs() if value.is_mapping and key.content not in _NO_JOBS]
    names = budget.fitting(budget.GITLAB_JOBS, names, 1, project.root)
    complete = {name: jobs.job(name) for name in names}
    concrete = [name for name in names if not name.startswith(".")]
    for name in concrete:
        if _runs(complete[name]) and not reader.is_off(complete[name]):
            _read_job(name, complete[name], reader, reading, room)
    hidden = [name for name in names if name.startswith(".")] if _is_template(project, concrete) else []
    taken = _taken_places(complete) if hidden else {}
    for name in hidden:
        node = complete[name]
        if name not in jobs.extended and _has_content(node) and not _used(name, node, taken):
            _read_job(name, node, reader, reading, room)
    reading.embedded += reader.embedded
    reading.notices += project.notices
    if project.complete:
        reading.notices += [
            Notice("unresolved", f"no file that was read defines the job '{name}'", node.span)
            for name, node in jobs.missing.items()
        ]


def _read_job(name: str, job: Node, reader: JobReader, reading: Reading, room: budget.Room) -> None:
    """Read a job, if its file may describe more containers."""
    path, size = job.source.path, job.source.file.size
    if room.full(path, size):
        budget.met(budget.DESCRIBED_CONTAINERS, job)
        return
    found = reader.read(name, job)
    for workload in found:
        room.take(path, size, len(workload.containers))
    reading.workloads += found


def _runs(job: Node) -> bool:
    """Whether a job is run by a runner; those with ``trigger`` only start another pipeline."""
    return not job["trigger"].present and (_has_content(job) or job["before_script"].present or "extends" in job)


def _has_content(job: Node) -> bool:
    return any(job[key].present for key in _CONTENT)


def _is_template(project: Project, concrete: Sequence[str]) -> bool:
    """Whether a pipeline may be there for others to include: not a repository's own with jobs that run."""
    return not concrete or project.path.rpartition("/")[2] != MAIN_NAME


Place = tuple[Source, int]


def _taken_places(jobs: dict[str, Node]) -> dict[Place, str]:
    """Return where the settings of jobs are written, and what their lists hold, each with a job that has it.

    A YAML alias or merge key gives a job what is written in another one.
    """
    found: dict[Place, str] = {}
    for name, job in sorted(jobs.items(), key=lambda each: each[0].startswith(".")):
        for part in _parts(job):
            found.setdefault(_place(part), name)
    return found


def _parts(job: Node) -> Iterator[Node]:
    for _, value in job.pairs():
        yield value
        yield from value.items()


def _used(name: str, job: Node, taken: dict[Place, str]) -> bool:
    """Whether another job has a part of this one."""
    return any(taken.get(_place(part), name) != name for part in _parts(job))


def _place(node: Node) -> Place:
    return node.source, node.start
