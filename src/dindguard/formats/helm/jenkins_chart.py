"""``jenkins``: the chart of Jenkins, whose agents' settings become templates of its kubernetes plugin.

Source: jenkinsci/helm-charts, ``charts/jenkins/VALUES.md`` and ``templates/_helpers.tpl`` (5.8);
``master`` stood for ``controller`` before 3.0, and capital letters before 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.documents.built import held, mapping, word
from dindguard.documents.template.charts import overlaid
from dindguard.documents.tree import Node, Pairs
from dindguard.formats.helm.release import Found, Release, image_of
from dindguard.formats.helm.shapes import agent_of, controller_of
from dindguard.source import Embedded

_TEMPLATES = "jcasc"
_VOLUMES = {
    "HostPath": "hostPathVolume", "EmptyDir": "emptyDirVolume", "ConfigMap": "configMapVolume", "Secret": "secretVolume",
    "PVC": "persistentVolumeClaim", "Nfs": "nfsVolume", "EphemeralVolume": "genericEphemeralVolume",
}  # fmt: skip
"""Types of volumes in the chart, and their names in the plugin."""


def read(release: Release) -> Found:
    """Return the templates of the agents, the configuration that the controller gets, and the controller's pod."""
    agent, controller = _lower(agent_of(release.values)), controller_of(release.values)
    found = Found()
    if not (agent["enabled"].present and agent["enabled"].flag("enabled").off):
        for each in _agents(agent):
            found.add(_agent(each))
    for text in agent["podTemplates"].values():
        found.hand_on(text, _TEMPLATES)
    for text in controller["JCasC"]["configScripts"].values():
        found.hand_on(text, "jenkins.yaml")
    found.add(_controller(release, controller))
    found.taken.append(agent_of(release.values))
    return found


def _lower(agent: Node) -> Node:
    """Return the settings with the names of today."""
    pairs: Pairs = []
    for key, value in agent.pairs():
        name = key.content[:1].lower() + key.content[1:]
        pairs.append((word(key, name) if name != key.content else key, value))
    return agent.with_pairs(pairs)


def _agents(agent: Node) -> Iterator[Node]:
    """Yield the settings of each agent; the additional ones have those of the first for what they leave out."""
    yield agent
    base = agent.with_pairs([(key, value) for key, value in agent.pairs() if key.content != "additionalAgents"])
    each = 1 + len(base["additionalContainers"].items())
    others = agent["additionalAgents"]
    for key, value in budget.fitting(budget.CHART_CONTAINERS, others.pairs(), each, others):
        if value.is_mapping:
            own = {"podName": word(key, key.value), **{name.content: each for name, each in value.pairs()}}
            yield overlaid(base, mapping(value, own))


def _agent(agent: Node) -> Found:
    """Return an agent's settings as the template that the chart writes."""
    containers = [_container(agent)]
    containers += [_container(each) for each in agent["additionalContainers"].items() if each.is_mapping]
    name = next((agent[key] for key in ("podName", "name") if agent[key].text), word(agent, "default"))
    template = mapping(
        agent,
        {
            "name": name,
            "containers": agent.with_items(containers),
            "volumes": agent.with_items([*_volumes(agent["volumes"])]),
            "yaml": agent["yamlTemplate"],
            "runAsUser": agent["runAsUser"],
            "hostNetwork": agent["hostNetworking"],
        },
    )
    made = agent.with_items([template])
    return Found([Embedded(held(made, _TEMPLATES), content=made)])


def _container(settings: Node) -> Node:
    image = image_of(settings["image"])
    tag = settings["tag"] if settings["tag"].is_scalar else settings["imageTag"]
    if settings["image"].is_scalar and tag.text:
        image = image_of(mapping(settings, {"repository": settings["image"], "tag": tag}))
    limits = settings["resources"]["limits"]
    name = settings["sideContainerName"]
    return mapping(
        settings,
        {
            "name": name if name.text else word(settings, "jnlp"),
            "image": image if image.present else word(settings, "jenkins/inbound-agent"),
            "command": settings["command"],
            "args": settings["args"],
            "privileged": settings["privileged"],
            "envVars": _variables(settings["envVars"]),
            "resourceLimitMemory": limits["memory"],
            "resourceLimitCpu": limits["cpu"],
        },
    )


def _variables(items: Node) -> Node:
    found = [
        mapping(item, {"key": item["name"], "value": item["value"]}) for item in items.items() if item.is_mapping
    ]
    return items.with_items(found) if found else items.hole("envVars")


def _volumes(items: Node) -> Iterator[Node]:
    for item in items.items():
        kind = _VOLUMES.get(item["type"].content)
        if kind is not None:
            yield mapping(item, {kind: item})


def _controller(release: Release, controller: Node) -> Found:
    """Return Jenkins' own pod, where its volumes, its other containers or its privileges are written."""
    persistence = (
        release.values["persistence"] if release.values["persistence"].present else release.values["Persistence"]
    )
    volumes = persistence["volumes"] if persistence["volumes"].present else persistence["Volumes"]
    mounts = persistence["mounts"] if persistence["mounts"].present else persistence["Mounts"]
    context = controller["containerSecurityContext"]
    beside = controller["sidecars"]
    others = [*beside["additionalSidecarContainers"].items(), *beside["other"].items()]
    first = controller["customInitContainers"]
    if not (volumes.items() or others or first.items() or context["privileged"].present):
        return Found()
    at = mounts if mounts.items() else controller
    image = image_of(controller["image"])
    container = mapping(
        at,
        {
            "name": word(at, "jenkins"),
            "image": image if image.present else word(at, "jenkins/jenkins"),
            "volumeMounts": mounts,
            "securityContext": context,
            "env": controller["containerEnv"],
            "resources": controller["resources"],
        },
    )
    spec = mapping(
        at,
        {
            "initContainers": first,
            "containers": at.with_items([container, *(each for each in others if each.is_mapping)]),
            "volumes": volumes,
            "hostNetwork": controller["hostNetworking"],
            "serviceAccountName": controller["serviceAccount"]["name"],
        },
    )
    found = Found([release.workload("StatefulSet", release.named(word(at, "jenkins")), spec)])
    found.taken += [volumes, mounts, context, first, *others]
    return found
