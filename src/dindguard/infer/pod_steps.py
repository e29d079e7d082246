"""Steps that run in a container of a pod which a text tells, read apart from the pipeline that names the container.

A pipeline's reader knows such a container by its name alone; what it mounts, and which engine is beside it, stands in the
text (``agent { kubernetes { yaml … } }``, ``yamlFile``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dindguard.infer.runners import Given, started_in
from dindguard.model.container import Container
from dindguard.model.workload import Workload, WorkloadKind
from dindguard.source import Span


def in_their_pods(given: Given) -> Given:
    """Have what steps run be run by the pods' containers; steps of a pod that is not found stay where they are."""
    pods: dict[str, list[Workload]] = {}
    for each in given.workloads:
        if each.kind is WorkloadKind.POD:
            pods.setdefault(each.span.path, []).append(each)
    found = dict(_members(given.workloads, pods))
    kept = (each for each in given.workloads if each.pod_text is None or each.containers[0] not in found)
    return Given(tuple(started_in(each, found) for each in kept), {**given.copies, **found})


def _members(
    workloads: Iterable[Workload], pods: Mapping[str, list[Workload]]
) -> Iterable[tuple[Container, Container]]:
    """Yield what stands for the container that steps name, and the pod's of that name."""
    for each in workloads:
        text = each.pod_text
        if text is None:
            continue
        within = (pod for pod in pods.get(text.path, ()) if _covers(text, pod.span))
        named = each.containers[0]
        member = next((one for pod in within for one in pod.containers if one.name == named.name), None)
        if member is not None:
            yield named, member


def _covers(text: Span, at: Span) -> bool:
    """Whether a place lies in a text; a path alone is the whole file."""
    whole = (text.line, text.column) == (text.end_line, text.end_column)
    return whole or (text.line, text.column) <= (at.line, at.column) <= (text.end_line, text.end_column)
