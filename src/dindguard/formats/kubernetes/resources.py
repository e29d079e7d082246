"""Kubernetes objects, one by one, and which of them are deployed together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard import budget
from dindguard.compact import shared
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.placeholders import Placeholders, may_hold_any
from dindguard.model.values import How, Text
from dindguard.records import record, replace
from dindguard.source import Source, Span

_POLICY_GROUPS = (
    "kyverno.io",
    "gatekeeper.sh",
    "kubewarden.io",
    "admissionregistration.k8s.io",
    "policy.open-cluster-management.io",
    "apiextensions.k8s.io",
    "audit.k8s.io",
    "admission.k8s.io",
    "auto.gke.io",
)
_POLICY_KINDS = frozenset(
    {"CustomResourceDefinition", "PodSecurityPolicy", "SecurityContextConstraints", "Config", "AdmissionReview"}
)
_KIND_FOLDERS = frozenset(
    {
        "claims", "configmap", "configmaps", "daemonset", "daemonsets", "deployment", "deployments", "ingress",
        "jobs", "namespaces", "persistentvolumeclaims", "pods", "pv", "pvc", "pvcs", "secrets", "service",
        "services", "statefulset", "statefulsets", "storage", "svc", "volumes",
    }
)  # fmt: skip
"""Folders that sort one application's manifests by kind."""


@record(eq=False, slots=True)
class Resource:
    """One object of a cluster, as it is written or as an overlay builds it.

    ``unit`` names what is deployed together with it when no namespace says so: its folder, or the overlay.
    ``namespace`` is empty when nobody wrote one. ``variant`` distinguishes an overlay's copy in addresses. ``revised_by`` are
    the kustomizations that take a base's one in, where each of them changes it.
    """

    node: Node
    source: Source
    kind: str
    group: str
    name: str
    namespace: str
    unit: str
    overlay: str | None = None
    variant: str = ""
    revised_by: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """``Deployment/ci/agent``; empty for a document without a kind."""
        suffix = f"@{self.variant}" if self.variant else ""
        return f"{self.kind}/{self.namespace or '-'}/{self.name}{suffix}" if self.kind else suffix

    @property
    def span(self) -> Span:
        """Where its name is written, else its kind, else the document."""
        metadata = self.node["metadata"]
        for node in (metadata["name"], metadata["generateName"], self.node["kind"]):
            if node.present:
                return node.span
        return self.node.source.span(self.node.start, self.node.start, self.node.route)

    @property
    def labels(self) -> Node:
        """Its own labels."""
        return self.node["metadata"]["labels"]

    def together_with(self, other: Resource) -> bool:
        """Whether the files show that both are deployed into one namespace of one cluster."""
        if self.overlay is not None or other.overlay is not None:
            return self.overlay == other.overlay and self.namespace == other.namespace
        if self.namespace != other.namespace:
            return False
        return bool(self.namespace) or self.near(other)

    def near(self, other: Resource) -> bool:
        """Whether both lie in one folder, or one in a folder above the other's."""
        if self.unit == other.unit:
            return True
        return self.unit.startswith(other.unit + "/") or other.unit.startswith(self.unit + "/")

    @property
    def scope(self) -> str:
        """The namespace for storage identities: without a written one, what is deployed together stands for it."""
        if self.overlay is not None:
            return f"{self.namespace or '-'}@{self.overlay or '.'}"
        return self.namespace or f"-@{self.unit or '.'}"


def size_of(resource: Resource) -> int:
    """Return how many characters an object is written in."""
    return resource.node.end - resource.node.start


def is_policy(node: Node) -> bool:
    """Whether an object describes what workloads must look like: it holds patterns and no workload."""
    group = node["apiVersion"].content.partition("/")[0]
    if node["kind"].content in _POLICY_KINDS or any(group.endswith(suffix) for suffix in _POLICY_GROUPS):
        return True
    return node["suite"].is_scalar and node["tests"].is_sequence  # a helm-unittest file


def unit_of(path: str) -> str:
    """Return the folder of a file, without a last part that only sorts by kind (``services/``)."""
    folder = path.rpartition("/")[0]
    above, _, last = folder.rpartition("/")
    return above if last.lower() in _KIND_FOLDERS else folder


def resources(source: Source, root: Node) -> Iterator[Resource]:
    """Yield every object of a document, lists and templates opened; policies are left out."""
    unit = shared(unit_of(source.path)) if source.parent is None else f"{source.path}#{source.origin(0)}"
    for count, node in enumerate(_objects(root)):
        if not budget.within(budget.LISTED_OBJECTS, count + 1, source.whole()):
            return
        if node.is_mapping:
            yield _resource(node, source, unit)


def _objects(root: Node, depth: int = 0) -> Iterator[Node]:
    """Yield what a document holds but policies; a list counts as one, too, so that lists of lists end.

    What a list repeats by aliases is one object, however often it is applied.
    """
    if not root.is_mapping or is_policy(root) or not budget.within(budget.LIST_DEPTH, depth, root):
        return
    kind = root["kind"].content
    items, values = _held(root, kind)
    if items.is_sequence:
        yield root.hole("")
        starts: set[int] = set()
        for item in items:
            if item.trail and item.start in starts:
                continue
            starts.add(item.start)
            yield from _objects(item.scoped(Placeholders(values)) if values else item, depth + 1)
    else:
        bare = root.scope is None and may_hold_any(root.source.text)
        yield root.scoped(Placeholders(_step_defaults(root))) if bare else root


def _held(root: Node, kind: str) -> tuple[Node, dict[str, Text]]:
    """Return what a list or a template makes, and the defaults of its parameters; no sequence for any other object."""
    if kind == "Template" and root["apiVersion"].present:
        return root["objects"], _named(root["parameters"])
    if kind == "TriggerTemplate":
        return root["spec"]["resourcetemplates"], _named(root["spec"]["params"], "tt.params.")
    return (root["items"] if kind.endswith("List") else root.hole("items")), {}


def _step_defaults(root: Node) -> dict[str, Text]:
    """Return the defaults of a Tekton or Argo object's parameters by the names they are used under."""
    version = root["apiVersion"].content
    spec = root["spec"]
    if version.startswith("tekton.dev/"):
        return _named(spec["params"], "params.") | _named(spec["params"], "inputs.params.")
    if version.startswith("argoproj.io/"):
        spec = spec["workflowSpec"] if spec["workflowSpec"].is_mapping else spec
        return _named(spec["arguments"]["parameters"], "workflow.parameters.")
    return {}


def _named(items: Node, prefix: str = "") -> dict[str, Text]:
    """Return the defaults in a list of parameters."""
    values = {}
    for item in items:
        default = item["default"] if item["default"].is_scalar else item["value"]
        if default.is_scalar and item["name"].content:
            values[prefix + item["name"].content] = replace(default.typed, how=How.DEFAULT)
    return values


def _resource(node: Node, source: Source, unit: str) -> Resource:
    metadata = node["metadata"]
    name = metadata["name"].content or (metadata["generateName"].content + "*").removeprefix("*")
    return Resource(
        node=node,
        source=source,
        kind=node["kind"].content,
        group=node["apiVersion"].content.rpartition("/")[0],
        name=name,
        namespace=metadata["namespace"].content,
        unit=unit,
    )


def nearest(found: Iterable[Resource], to: Resource) -> Resource | None:
    """Return the one that ``to`` must mean: in the same file, else the only one. Two candidates are none."""
    candidates = list(found)
    if len(candidates) > 1:
        candidates = [other for other in candidates if other.source.file is to.source.file] or [
            other for other in candidates if other.unit == to.unit
        ]
    return candidates[0] if len(candidates) == 1 else None
