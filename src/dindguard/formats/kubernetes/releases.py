"""Objects that ask for releases of charts: what each gives its chart, handed on as Helmfile lists it.

Sources: fluxcd/helm-controller ``HelmRelease`` v2 (``valuesFrom`` below ``values``); argoproj/argo-cd ``ApplicationSource``
(``valueFiles``, ``values``, ``valuesObject``, ``parameters``, the later on top); k3s-io/helm-controller ``HelmChart``;
kubernetes-sigs/kustomize ``helmCharts``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dindguard.documents import yaml
from dindguard.documents.built import held, mapping, word
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.cluster import Cluster
from dindguard.formats.kubernetes.resources import Resource
from dindguard.source import Embedded

_FLUX, _ARGO, _K3S = "helm.toolkit.fluxcd.io", "argoproj.io", "helm.cattle.io"


def handed_on(resource: Resource, cluster: Cluster) -> Embedded | None:
    """Return the list of an object's releases as a document of its own; ``None`` for an object that asks for none."""
    return _handed_on(resource.node, [*_releases(resource, cluster)])


def of_kustomization(root: Node) -> Embedded | None:
    """Return the list of the charts that a kustomization has rendered; ``None`` where it names none."""
    return _handed_on(root, [_rendered(chart) for chart in root["helmCharts"].items() if chart.is_mapping])


def _rendered(chart: Node) -> Node:
    name = chart["releaseName"] if chart["releaseName"].is_scalar else chart["name"]
    given = (chart["valuesFile"], *chart["additionalValuesFiles"].items(), chart["valuesInline"])
    values = chart.with_items([each for each in given if each.present])
    return mapping(chart, {"name": name, "namespace": chart["namespace"], "chart": chart["name"], "values": values})


def _handed_on(node: Node, found: list[Node]) -> Embedded | None:
    if not found:
        return None
    listed = mapping(node, {"releases": node.with_items(found)})
    return Embedded(held(listed, "helm"), content=listed)


def _releases(resource: Resource, cluster: Cluster) -> Iterator[Node]:
    spec = resource.node["spec"]
    if resource.group == _FLUX and resource.kind == "HelmRelease":
        yield _flux(resource, spec, cluster)
    elif resource.group == _K3S and resource.kind in ("HelmChart", "HelmChartConfig"):
        yield _release(resource, spec["chart"], [_text(spec["valuesContent"])], spec.with_items(_sets(spec["set"])))
    elif resource.group == _ARGO and resource.kind in ("Application", "ApplicationSet"):
        spec = spec["template"]["spec"] if resource.kind == "ApplicationSet" else spec
        for source in (spec["source"], *spec["sources"].items()):
            if source["helm"].is_mapping:
                yield _argo(resource, source)


def _flux(resource: Resource, spec: Node, cluster: Cluster) -> Node:
    chart = spec["chart"]["spec"]["chart"]
    given = [_from(each, resource, cluster) for each in spec["valuesFrom"].items() if "targetPath" not in each]
    return _release(resource, chart if chart.is_scalar else spec["chartRef"]["name"], [*given, spec["values"]])


def _from(item: Node, resource: Resource, cluster: Cluster) -> Node:
    """Return the values that a ConfigMap of the scan holds for a release."""
    found = cluster.find("ConfigMap", item["name"].text, resource) if item["kind"].content == "ConfigMap" else None
    return (
        _text(found.node["data"][item["valuesKey"].text or "values.yaml"])
        if found is not None
        else item.hole("values")
    )


def _argo(resource: Resource, source: Node) -> Node:
    helm = source["helm"]
    chart = source["chart"] if source["chart"].is_scalar else source["path"]
    files = [
        word(each, _from_root(each.text, source["path"].text)) for each in helm["valueFiles"].items() if each.text
    ]
    values = [*files, _text(helm["values"]), helm["valuesObject"]]
    return _release(resource, chart, values, helm["parameters"])


def _from_root(path: str, folder: str) -> str:
    """Return a file's path from the root of the repository; ``$name/`` stands for another source's root."""
    if path.startswith("$"):
        return "/" + path.partition("/")[2]
    return "/" + posixpath.normpath(posixpath.join(folder, path)).lstrip("/")


def _sets(pairs: Node) -> list[Node]:
    return [mapping(value, {"name": word(key, key.value), "value": value}) for key, value in pairs.pairs()]


def _release(resource: Resource, chart: Node, values: list[Node], settings: Node | None = None) -> Node:
    at = resource.node
    metadata = at["metadata"]
    given = {
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "chart": chart,
        "values": at.with_items([each for each in values if each.present]),
    }
    return mapping(at, given if settings is None else {**given, "set": settings})


def _text(node: Node) -> Node:
    """Return the values in a text; a hole where there are none, or it cannot be read."""
    if not node.is_scalar or not node.content.strip():
        return node.hole("values")
    tree = yaml.read(node.document("values.yaml"))
    found = tree.documents[0] if tree.readable and tree.documents else None
    return found if found is not None and found.is_mapping else node.hole("values")
