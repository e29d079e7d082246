"""Steps that run in a container of a pod which a text tells, read apart from the pipeline that names the container.

A pipeline's reader knows such a container by its name alone; what it mounts, and which engine is beside it, stands in the
text (``agent { kubernetes { yaml … } }``, ``yamlFile``).
"""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.container import Container
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.source import Span


def members_of_pods(workloads: Iterable[Workload]) -> dict[Container, Container]:
    """Return the pods' containers by what stands for them where steps name them; steps of a pod that is not found have none."""
    pods: dict[str, list[Workload]] = {}
    named: list[tuple[Span, Container]] = []
    for each in workloads:
        if each.kind is WorkloadKind.POD:
            pods.setdefault(each.span.path, []).append(each)
        elif each.pod_text is not None:
            named.append((each.pod_text, each.containers[0]))
    return {
        stand_in: member
        for text, stand_in in named
        for pod in pods.get(text.path, ())
        if _covers(text, pod.span)
        for member in pod.containers
        if member.name == stand_in.name
    }


def _covers(text: Span, at: Span) -> bool:
    """Whether a place lies in a text; a path alone is the whole file."""
    whole = (text.line, text.column) == (text.end_line, text.end_column)
    return whole or (text.line, text.column) <= (at.line, at.column) <= (text.end_line, text.end_column)
