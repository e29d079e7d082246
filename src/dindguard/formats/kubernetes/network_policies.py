"""NetworkPolicies: which pods they select, and whom they admit (Kubernetes, *Network Policies*).

A pod that no policy selects takes connections from everybody; one that any selects, only what one of them admits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.resources import Resource
from dindguard.model.isolation import Admission, Isolation
from dindguard.records import record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.formats.kubernetes.cluster import Cluster

_GROUP = "networking.k8s.io"


@record
class Policy:
    """What one policy selects and admits; without ``labels`` it surely selects nobody."""

    span: Span
    labels: frozenset[tuple[str, str]] | None
    admissions: tuple[Admission, ...] = ()


def isolation(labels: Node, resource: Resource, cluster: Cluster) -> Isolation | None:
    """Return what the policies beside a pod with these labels admit; ``None`` when none surely selects it.

    A policy that the chart's own values leave out selects nobody.
    """
    beside = list(cluster.beside(resource, "NetworkPolicy"))
    own = _pairs(labels) if beside else frozenset()
    policies = [policy_of(each, cluster) for each in beside]
    found = [each for each in policies if each.labels is not None and each.labels <= own]
    admissions = (admission for policy in found for admission in policy.admissions)
    return Isolation(found[0].span, tuple(admissions)) if found else None


def policy_of(resource: Resource, cluster: Cluster) -> Policy:
    """Return what a policy says."""
    if resource not in cluster.policies:
        spec = resource.node["spec"]
        selects = resource.group == _GROUP and _selects(resource, spec)
        labels = _pairs(spec["podSelector"]["matchLabels"]) if selects else None
        cluster.policies[resource] = Policy(spec.key_span, labels, tuple(_admissions(spec)) if selects else ())
    return cluster.policies[resource]


def _selects(policy: Resource, spec: Node) -> bool:
    """Whether a policy surely selects the pods with the labels that it names."""
    selector, types = spec["podSelector"], spec["policyTypes"]
    decided = not any(condition.holds is False for condition in (*policy.node.conditions, *spec.conditions))
    inwards = not types.present or any(item.content == "Ingress" for item in types.items())
    # What a rule with an expression selects depends on labels that a template may add.
    return decided and inwards and selector.is_mapping and not selector["matchExpressions"].present


def _pairs(labels: Node) -> frozenset[tuple[str, str]]:
    return frozenset((key.content, value.content) for key, value in labels.pairs() if value.is_scalar)


def _admissions(spec: Node) -> Iterator[Admission]:
    for rule in spec["ingress"].items():
        peers = list(rule["from"].items())
        anybody = not peers or any(_is_anybody(peer) for peer in peers)
        yield Admission(rule["from"].key_span if peers else rule.span, _ports(rule["ports"]), anybody)


def _is_anybody(peer: Node) -> bool:
    """Whether a peer stands for all pods of the cluster, or all addresses; a pod's labels narrow it."""
    namespaces, pods = peer["namespaceSelector"], peer["podSelector"]
    if peer["ipBlock"].is_mapping:
        return peer["ipBlock"]["cidr"].content.endswith("/0")
    every = namespaces.is_mapping and not namespaces.keys()
    return every and (not pods.present or (pods.is_mapping and not pods.keys()))


def _ports(ports: Node) -> frozenset[int] | None:
    """Return the numbers of ports; ``None`` where there are none, or a name or a range is among them."""
    numbers = [item["port"].integer for item in ports.items() if not item["endPort"].present]
    known = frozenset(number for number in numbers if number is not None)
    return known if known and len(numbers) == len(ports.items()) and None not in numbers else None
