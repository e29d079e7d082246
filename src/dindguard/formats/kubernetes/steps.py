"""Pipelines whose steps are containers of a pod: Tekton tasks and Argo workflows."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.common_settings import CommonSettings
from dindguard.formats.kubernetes.placeholders import scope_of
from dindguard.formats.kubernetes.podspecs import TEKTON, Member, PodTemplate
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.container import ContainerKind
from dindguard.records import replace
from dindguard.source import Notice

_ARGO = "argoproj.io"
_OF_TEMPLATES = ("templates", "templateDefaults")
"""What of a workflow is no pod's."""
_ARGO_KINDS = frozenset({"Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow"})


def step_templates(resource: Resource, notices: list[Notice]) -> list[PodTemplate]:
    """Return the pods of a Tekton or Argo object; none for any other."""
    if resource.group == TEKTON:
        return list(_tekton(resource))
    if resource.group == _ARGO and resource.kind in _ARGO_KINDS:
        return list(_argo(resource, notices))
    return []


def _tekton(resource: Resource) -> Iterator[PodTemplate]:
    spec, common = resource.node["spec"], CommonSettings(resource)
    if resource.kind == "StepAction":
        member = Member(spec, "step", ContainerKind.STEP, 0, resource.name, alone=True)
        yield _template(resource, "", spec, (member,))
        return
    yield from _task(resource, common, "", spec)
    yield from _task(resource, common, "", spec["taskSpec"], spec["podTemplate"])
    pod = spec["podTemplate"] if spec["podTemplate"].present else spec["taskRunTemplate"]["podTemplate"]
    for pipeline in (spec, spec["pipelineSpec"]):
        for item in (*pipeline["tasks"], *pipeline["finally"]):
            task = item["taskSpec"]
            wrapped = task["spec"]
            yield from _task(resource, common, item["name"].content, wrapped if wrapped.present else task, pod)


def _task(
    resource: Resource, common: CommonSettings, name: str, task: Node, pod: Node | None = None
) -> Iterator[PodTemplate]:
    defaults = task["stepTemplate"]
    found = [
        Member(common.beneath(defaults, item), "steps", ContainerKind.STEP, index)
        for index, item in enumerate(task["steps"])
        if item.is_mapping and ("image" in item or "image" in defaults)
    ]
    if not found:
        return
    found.extend(
        Member(item, "sidecars", ContainerKind.POD_MEMBER, index)
        for index, item in enumerate(task["sidecars"])
        if item.is_mapping
    )
    spec = task if pod is None or not pod.is_mapping else common.beneath(pod, task)
    yield _template(resource, name, spec, tuple(found))


def _argo(resource: Resource, notices: list[Notice]) -> Iterator[PodTemplate]:
    spec = resource.node["spec"]
    spec = spec["workflowSpec"] if spec["workflowSpec"].is_mapping else spec
    defaults, common = spec["templateDefaults"], CommonSettings(resource)
    pods = spec.with_pairs([(key, value) for key, value in spec.pairs() if key.content not in _OF_TEMPLATES])
    for template in spec["templates"]:
        if not template.is_mapping:
            continue
        whole = common.beneath(defaults, template)
        found = _argo_members(whole, common)
        if not found:
            continue
        pod = common.beneath(pods, whole)
        for patch in (spec["podSpecPatch"], template["podSpecPatch"]):
            pod, found = _patched(pod, found, patch, common, notices)
        yield _template(resource, template["name"].content, pod, found)


def _argo_members(template: Node, common: CommonSettings) -> tuple[Member, ...]:
    main = [
        Member(template[key], key, ContainerKind.STEP, 0, "main", alone=True)
        for key in ("container", "script")
        if template[key].is_mapping
    ]
    main.extend(
        Member(item, "containerSet.containers", ContainerKind.STEP, index)
        for index, item in enumerate(template["containerSet"]["containers"])
        if item.is_mapping
    )
    if not main:
        return ()
    shared = main[0].node["volumeMounts"]
    others = [
        Member(_mirrored(item, shared, common), group, kind, index)
        for group, kind in (("initContainers", ContainerKind.INIT), ("sidecars", ContainerKind.POD_MEMBER))
        for index, item in enumerate(template[group])
        if item.is_mapping
    ]
    return (*main, *others)


def _mirrored(item: Node, shared: Node, common: CommonSettings) -> Node:
    """Return a sidecar with the main container's mounts, if it mirrors them."""
    if not item["mirrorVolumeMounts"].flag().on or not shared.is_sequence or not common.fit(shared):
        return item
    own = item["volumeMounts"]
    if own.is_sequence:
        return item.with_pairs(
            [(k, v.with_items([*v, *shared]) if k.content == "volumeMounts" else v) for k, v in item.pairs()]
        )
    assert shared.key is not None
    return item.with_pairs([*item.pairs(), (shared.key, shared)])


def _patched(
    pod: Node, found: tuple[Member, ...], text: Node, common: CommonSettings, notices: list[Notice]
) -> tuple[Node, tuple[Member, ...]]:
    """Apply a ``podSpecPatch``: a PodSpec's patch, written as a text."""
    if not text.is_scalar or not text.content.strip():
        return pod, found
    from dindguard.formats.kubernetes.patches import BudgetError

    patch = common.patch(text, notices)
    if patch is None:
        return pod, found
    try:
        return _merged(pod, found, patch.scoped(scope_of(pod)))
    except BudgetError:
        return pod, found


def _merged(pod: Node, found: tuple[Member, ...], change: Node) -> tuple[Node, tuple[Member, ...]]:
    from dindguard.formats.kubernetes.patches import merge

    by_name = {item["name"].content: item for group in ("containers", "initContainers") for item in change[group]}
    members = []
    for member in found:
        own = by_name.get(member.name)
        node = merge(member.node, own) if own is not None else member.node
        if node is not None:
            members.append(replace(member, node=node))
    rest = change.with_pairs([(k, v) for k, v in change.pairs() if k.content not in ("containers", "initContainers")])
    return merge(pod, rest) or pod, tuple(members)


def _template(resource: Resource, name: str, spec: Node, found: tuple[Member, ...]) -> PodTemplate:
    address = f"{resource.address}.{name}" if name else resource.address
    claims = spec["volumeClaimTemplates"]
    return PodTemplate(
        resource, address, name or resource.name, resource.span, spec, spec["metadata"], found, claims=claims
    )
