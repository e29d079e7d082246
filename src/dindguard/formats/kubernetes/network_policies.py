"""NetworkPolicies, Cilium's too: which pods they select, and whom they admit.

Sources: Kubernetes, *Network Policies*; Cilium, *Layer 3 Policies* (rules of ``ingress`` that name nobody admit nobody).

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

_GROUPS = {"NetworkPolicy": "networking.k8s.io", "CiliumNetworkPolicy": "cilium.io"}
_EVERYBODY = frozenset({"all", "world", "cluster"})
"""Entities of Cilium's by which any pod, or any address, is admitted."""


Pairs = frozenset[tuple[str, str]]


@record
class Requirement:
    """One expression of a selector: what it asks of the label ``key``."""

    key: str
    operator: str
    values: frozenset[str]

    def holds(self, labels: Pairs) -> bool:
        """Whether it surely holds: that a label is absent is never sure, because a template may add it."""
        found = [value for key, value in labels if key == self.key]
        if self.operator == "Exists":
            return bool(found)
        within = bool(self.values.intersection(found))
        return bool(found) and ((self.operator == "In" and within) or (self.operator == "NotIn" and not within))


@record
class Policy:
    """What one policy selects and admits; without ``labels`` it surely selects nobody."""

    span: Span
    labels: Pairs | None
    requirements: tuple[Requirement, ...] = ()
    admissions: tuple[Admission, ...] = ()

    def selects(self, own: Pairs) -> bool:
        """Whether it surely selects a pod with these labels."""
        return self.labels is not None and self.labels <= own and all(each.holds(own) for each in self.requirements)


def isolation(labels: Node, resource: Resource, cluster: Cluster) -> Isolation | None:
    """Return what the policies beside a pod with these labels admit; ``None`` when none surely selects it.

    A policy that the chart's own values leave out selects nobody.
    """
    beside = list(cluster.beside(resource, *_GROUPS))
    own = _pairs(labels) if beside else frozenset()
    policies = [policy_of(each, cluster) for each in beside]
    found = [each for each in policies if each.selects(own)]
    admissions = (admission for policy in found for admission in policy.admissions)
    return Isolation(found[0].span, tuple(admissions)) if found else None


def policy_of(resource: Resource, cluster: Cluster) -> Policy:
    """Return what a policy says."""
    if resource not in cluster.policies:
        spec, cilium = resource.node["spec"], resource.kind != "NetworkPolicy"
        selector = spec["endpointSelector" if cilium else "podSelector"]
        concerns = spec["ingress"].present if cilium else _concerns_ingress(spec)
        if selector.is_mapping and concerns and _is_there(resource, spec):
            expressions = tuple(_requirement(each) for each in selector["matchExpressions"].items())
            admissions = tuple((_of_cilium if cilium else _admissions)(spec))
            policy = Policy(spec.key_span, _pairs(selector["matchLabels"]), expressions, admissions)
        else:
            policy = Policy(spec.key_span, None)
        cluster.policies[resource] = policy
    return cluster.policies[resource]


def _is_there(policy: Resource, spec: Node) -> bool:
    decided = not any(condition.holds is False for condition in (*policy.node.conditions, *spec.conditions))
    return decided and policy.group == _GROUPS[policy.kind]


def _concerns_ingress(spec: Node) -> bool:
    types = spec["policyTypes"]
    return not types.present or any(item.content == "Ingress" for item in types.items())


def _requirement(expression: Node) -> Requirement:
    values = frozenset(item.content for item in expression["values"].items())
    return Requirement(_label(expression["key"]), expression["operator"].content, values)


def _label(key: Node) -> str:
    """Return a label's name without the source of it that Cilium may want (``k8s:app``)."""
    return key.content.removeprefix("k8s:").removeprefix("any:")


def _pairs(labels: Node) -> Pairs:
    return frozenset((_label(key), value.content) for key, value in labels.pairs() if value.is_scalar)


def _admissions(spec: Node) -> Iterator[Admission]:
    for rule in spec["ingress"].items():
        peers = list(rule["from"].items())
        anybody = not peers or any(_is_anybody(peer) for peer in peers)
        yield Admission(rule["from"].key_span if peers else rule.span, _ports(rule["ports"]), anybody)


def _of_cilium(spec: Node) -> Iterator[Admission]:
    """Yield what rules of Cilium's admit: by pods, entities and addresses, on some ports or all."""
    for rule in spec["ingress"].items():
        ports = [port for each in rule["toPorts"].items() for port in each["ports"].items()]
        named = {key: value for key, value in rule.pairs() if key.content.startswith("from")}
        if not named and not ports:
            continue
        entities = {item.content for item in rule["fromEntities"].items()}
        addresses = [item.content for item in rule["fromCIDR"].items()]
        anybody = not named or bool(entities & _EVERYBODY) or any(each.endswith("/0") for each in addresses)
        numbers = frozenset(port["port"].integer for port in ports if not port["endPort"].present)
        known = frozenset(number for number in numbers if number is not None)
        yield Admission(rule.span, known if ports and len(known) == len(ports) else None, anybody)


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
