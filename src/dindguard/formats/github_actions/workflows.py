"""Workflows: every job is a workload of the container its steps run in, its services, and its ``docker://`` steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dindguard import budget
from dindguard.documents.alternatives import Choice, combinations, label
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.github_actions.containers import declared_container, image_of, runner_host, scripts_of
from dindguard.formats.github_actions.expressions import (
    Expressions,
    choices_of,
    environment,
    input_values,
    matrix,
    matrix_values,
    names_in,
)
from dindguard.formats.github_actions.steps import Place, StepReader, is_off
from dindguard.model.container import Container, ContainerKind, EnvVar
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Replicas, Workload, WorkloadKind
from dindguard.records import replace
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import Embedded

_FOLDERS = (".github/", ".gitea/", ".forgejo/")
Calls = Mapping[str, Sequence[Mapping[str, Text]]]


def repository_root(path: str) -> str:
    """Return the folder of the repository that a workflow or action belongs to: empty, or ending with a slash."""
    for folder in _FOLDERS:
        before, found, _ = f"/{path}".rpartition(f"/{folder}")
        if found:
            return f"{before[1:]}/" if before else ""
    return ""


def reusable_calls(documents: Sequence[Document]) -> dict[str, list[dict[str, Text]]]:
    """Return what the workflows of a scan give each other: the values of every call, by the called file's path."""
    calls: dict[str, list[dict[str, Text]]] = {}
    for document in documents:
        root = repository_root(document.source.path)
        for job in document.content["jobs"].values():
            target = job["uses"].content if job["uses"].is_scalar else ""
            if target.startswith("./"):
                known = Expressions(matrix(job["strategy"]))
                given = {key.content: known.resolve(value.value) for key, value in job["with"].pairs()}
                calls.setdefault(root + target.removeprefix("./"), []).append(given)
    return calls


class WorkflowReader:
    """Reads workflows into ``reading``; ``used_actions`` are the local actions read as part of a job, by path."""

    def __init__(self, reading: Reading, context: Context, calls: Calls) -> None:
        self.reading = reading
        self.context = context
        self.calls = calls
        self.used_actions: set[str] = set()
        self._variables = 0
        self._room = budget.Room()

    def read(self, document: Document) -> None:
        """Read one workflow."""
        workflow: Node = document.content
        path = document.source.path
        known = {
            **input_values(workflow.at("on", "workflow_dispatch", "inputs"), []),
            **input_values(workflow.at("on", "workflow_call", "inputs"), self.calls.get(path, [])),
        }
        outer = Expressions(known)
        variables = environment(workflow["env"], outer)
        outer = outer.with_env(variables)
        shell = workflow.at("defaults", "run", "shell").content
        self._variables = 0
        for key, job in workflow["jobs"].pairs():
            reads = job.is_mapping and not job["uses"].present and not is_off(job)
            if reads and self._room.has(key, document.source.file.size):
                self._job(key.content, job, outer, variables, shell)

    def _job(self, name: str, job: Node, outer: Expressions, inherited: tuple[EnvVar, ...], shell: str) -> None:
        address = f"jobs.{name}"
        expressions = outer.knowing(matrix(job["strategy"]))
        own = environment(job["env"], expressions)
        self._variables += len(inherited) + len(own)
        if inherited and not budget.within(budget.PIPELINE_VARIABLES, self._variables, job):
            inherited = ()
        variables = (*inherited, *own)
        expressions = expressions.with_env(own)
        volumes = Volumes(f"{job.source.path}:{address}")
        first, *others = _choices(job) or [Choice()]
        owner, *services = _containers(job, name, address, expressions.knowing(first), volumes, variables)
        steps = StepReader(self.reading, self.context, repository_root(job.source.path), volumes)
        place = Place(owner, address, expressions, job.at("defaults", "run", "shell").content or shell)
        steps.read(job["steps"].items(), place)
        self.used_actions |= steps.used
        containers = (*services, owner, *steps.containers)
        self.reading.embedded += [Embedded(script, each) for each in containers for script in scripts_of(each)]
        self._add(
            replace(
                _workload(name, address, job, containers, volumes),
                cached_paths=tuple(steps.cached_paths),
                starts_cluster=steps.starts_cluster,
                replicas=_matrix_jobs(job["strategy"]),
            ),
            job,
        )
        for choice in others:
            self._again(name, f"{address}[{label(choice)}]", job, expressions.knowing(choice), variables)

    def _again(
        self, name: str, address: str, job: Node, expressions: Expressions, variables: tuple[EnvVar, ...]
    ) -> None:
        """Read the containers of a job once more, with other values of its matrix."""
        volumes = Volumes(f"{job.source.path}:{address}")
        owner, *services = _containers(job, name, address, expressions, volumes, variables)
        self._add(_workload(name, address, job, (*services, owner), volumes), job)

    def _add(self, workload: Workload, job: Node) -> None:
        self.reading.workloads.append(workload)
        self._room.take(workload.span.path, job.source.file.size, budget.weight(workload.containers))


def _workload(name: str, address: str, job: Node, containers: tuple[Container, ...], volumes: Volumes) -> Workload:
    return Workload(
        name=name,
        address=address,
        kind=WorkloadKind.JOB,
        platform=Platform.GITHUB,
        span=job.key_span,
        containers=containers,
        storages=volumes.storages,
        dormant=_dormant(job.source.path),
        runner_labels=_labels(job["runs-on"]),
        hosted=_hosted(job["runs-on"], job["strategy"]),
    )


def _dormant(path: str) -> str:
    """Return why GitHub starts nothing of a workflow: it looks into one folder, and into no other below it.

    Source: docs.github.com, "Workflow syntax" ("You must store workflow files in the .github/workflows directory"). Gitea's
    and Forgejo's look into all folders below theirs (``modules/actions/workflows.go``).
    """
    folder = f"/{path}".rpartition("/.github/workflows/")[2].rpartition("/")[0]
    return f"GitHub runs no workflow in a folder below .github/workflows ('{folder}')" if folder else ""


def _matrix_jobs(strategy: Node) -> Replicas | None:
    """Return how many jobs a matrix makes at once; ``None`` for one, and for what the file does not decide."""
    matrix, most = strategy["matrix"], strategy["max-parallel"]
    axes = [value for key, value in matrix.pairs() if key.content not in ("include", "exclude")]
    if not axes or not all(axis.is_sequence for axis in axes):
        return None
    count = math.prod(len(axis.items()) for axis in axes)
    if most.integer is not None:
        count = min(count, most.integer)
    return Replicas(count, matrix.key_span) if count > 1 else None


def _choices(job: Node) -> list[Choice]:
    """Return the combinations of values that the job's matrix gives to the images of its containers."""
    images = [image_of(each) for each in (job["container"], *job["services"].values())]
    names = names_in(image.content for image in images if image is not None)
    return combinations(matrix_values(job["strategy"]), names, job["strategy"]["matrix"]) if names else []


def _containers(
    job: Node, name: str, address: str, expressions: Expressions, volumes: Volumes, variables: tuple[EnvVar, ...]
) -> list[Container]:
    """Return the container that the job's steps run in, and its services."""
    owner = _job_container(job, name, address, expressions, volumes, variables)
    services = [
        declared_container(
            service, expressions, volumes, name=key.content, address=f"{address}.services.{key.content}",
            kind=ContainerKind.JOB_SERVICE,
        )
        for key, service in job["services"].pairs()
        if not service.is_null and image_of(service) is not None
    ]  # fmt: skip
    return [owner, *services]


_HOSTED = ("ubuntu-", "windows-", "macos-")


def _labels(runs_on: Node) -> tuple[Text, ...]:
    """Return the labels, and the group, by which a runner is chosen."""
    if runs_on.is_mapping:
        return tuple(each.value for key in ("labels", "group") for each in runs_on[key].listed() if each.is_scalar)
    return tuple(each.value for each in runs_on.listed() if each.is_scalar)


def _hosted(runs_on: Node, strategy: Node) -> Text | None:
    """Return the label of a hosted runner, whose machine ends with the job; ``None`` for one of somebody's own."""
    labels = [label.value for label in runs_on.listed()]
    if len(labels) != 1:
        return None
    label = labels[0]
    of_matrix = matrix_values(strategy) if "matrix." in label.pattern else {}
    choices = choices_of(label.pattern) or [
        each.pattern for name in names_in([label.pattern]) for each in of_matrix.get(name, ())
    ]
    return label if all(each.startswith(_HOSTED) for each in choices or [label.pattern]) else None


def _job_container(
    job: Node, name: str, address: str, expressions: Expressions, volumes: Volumes, variables: tuple[EnvVar, ...]
) -> Container:
    declared = job["container"]
    if image_of(declared) is None:
        return runner_host(job, name, address, variables)
    return declared_container(
        declared, expressions, volumes, name=name, address=address, kind=ContainerKind.JOB, outer=variables
    )
