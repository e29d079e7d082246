"""Kubernetes: manifests, kustomizations, OpenShift's builds, what machines are given, and a PodSpec wherever one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.documents import syntax
from dindguard.formats.row import Evidence, FormatRow
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_POLICY_GROUPS = (
    "kyverno.io",
    "gatekeeper.sh",
    "policies.kubewarden.io",
    "admissionregistration.k8s.io",
    "policy.open-cluster-management.io",
    "kind.x-k8s.io",
    "auto.gke.io",
)
"""Groups whose objects start nothing in a cluster: policies, and what makes a cluster itself."""

_NO_WORKLOAD_KINDS = frozenset({"CustomResourceDefinition", "PodSecurityPolicy", "Config", "ConstraintTemplate"})

_MACHINES = ("DockerMachine", "DevMachine")
"""How the kinds of Cluster API's provider for Docker begin that are containers, as kind's nodes are, and read as these."""

_GROUP, _DEFINES = r"apiVersion: *apiextensions\.k8s\.io/\w+", "kind: *CustomResourceDefinition"
_DEFINITION = rf"(?:{_GROUP}\n{_DEFINES}|{_DEFINES}\n{_GROUP})(?:\n(?:metadata|spec|status):[^\n]*)*"
"""A CustomResourceDefinition. Nothing else can have this outline: its first line is a key of the document, and a second
``kind`` would be a line of its own."""


_CONTAINERS = regex(r"containers[\"']?\s*+:|containers\s++#|\*[^\s*]++\s++:|\\[xuU\r\n]")
"""What may be a key ``containers``: the word, an alias in its place, an escape that may spell a part of it."""


def is_manifest(source: Source, node: Node) -> bool:
    """Whether a document says which kind of object it is, and that kind may lead to a workload."""
    if node["apiVersion"].is_scalar and (node["kind"].is_scalar or "kustomize" in node["apiVersion"].content):
        group = node["apiVersion"].content.partition("/")[0]
        if any(group.endswith(policy) for policy in _POLICY_GROUPS):
            return False
        if group == "infrastructure.cluster.x-k8s.io" and node["kind"].content.startswith(_MACHINES):
            return False
        return node["kind"].content not in _NO_WORKLOAD_KINDS
    if source.name in ("kustomization.yaml", "kustomization.yml"):
        return node.is_mapping
    return node["metadata"].is_mapping and node["spec"].is_mapping


def is_rule_or_definition(source: Source, node: Node) -> bool:
    """Whether a document is an object that permits, forbids or defines others."""
    del source
    return node["apiVersion"].is_scalar and node["kind"].is_scalar


def holds_pod_spec(source: Source, node: Node) -> bool:
    """Whether a document of no kind we know holds a PodSpec: containers that have an image or a name."""
    if "kind" in node and "apiVersion" in node:
        return False  # a policy or a definition, decided above
    if source.hint == "" and syntax.by_name(source.path) not in (syntax.YAML, syntax.JSON):
        return False
    if not _may_have_containers(source, node):
        return False
    for place in node.walk():
        containers = place["containers"] if place.is_mapping else None
        if containers is None or not containers.is_sequence:
            continue
        items = containers.items()
        if items and all(item.is_mapping for item in items) and any(_is_container(item) for item in items):
            return True
    return False


def _may_have_containers(source: Source, node: Node) -> bool:
    """Whether a document can have a key ``containers``: a map of the world need not be walked.

    What is read of a template may say words that its text lacks.
    """
    if node.every_key is not None:
        return "containers" in node.every_key
    text = source.text
    if "{{" in text or "{%" in text or "<%" in text:
        return True
    if all(text.find(sign, node.start, node.end) < 0 for sign in ("containers", "*", "\\")):
        return False  # told ten times as fast, and of most
    return _CONTAINERS.search(text, node.start, node.end) is not None


def _is_container(item: Node) -> bool:
    if "container" in item:
        return False  # Azure's containers are called so, and are no members of a pod
    return item["image"].is_scalar or (item["name"].is_scalar and len(item.keys()) > 1)


FORMAT = FormatRow(
    name="kubernetes",
    title="Kubernetes",
    syntaxes=("yaml", "json"),
    names=r"(^|/)kustomization\.ya?ml$",
    always=True,
    beginning=r"(?ms)\A(?=.*?^apiVersion: *\S+[ \t\r]*$)(?=.*?^kind: *\w+[ \t\r]*$)",
    keys=("apiVersion", "metadata"),
    within=("containers",),
    evidence=Evidence.DECLARED,
    words=(
        "hostpath", "hostpid", "hostnetwork", "hostipc", "hostusers", "hostport", "sys_admin", "capabilities",
        "securitycontext", "unconfined", "runtimeclass", "persistentvolume", "horizontalpodautoscaler", "pod-security",
        "summerwind", "customstrategy",
        "cgroup", "userns", ("/run", r"/run\b"),
        # What a template's pod holds may stand in helpers and values.
        ("{{", r"(?m)^kind:[ \t]*[\"']?(?:daemonset|deployment|statefulset|cronjob|job|pod|replicaset|\{\{)"),
    ),
    shape=is_manifest,
    part=holds_pod_spec,
    idle=is_rule_or_definition,
    idle_outline=("CustomResourceDefinition", _DEFINITION),
    writes=True,
    looks=True,
)  # fmt: skip
