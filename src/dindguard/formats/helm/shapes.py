"""Which chart values are for, told by the keys that only that chart has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

_OF_AGENTS = frozenset(
    {
        "podTemplates", "yamlTemplate", "additionalContainers", "additionalAgents", "customJenkinsLabels",
        "sideContainerName", "jenkinsUrl", "containerCap",
    }
)  # fmt: skip
_OF_CONTROLLERS = frozenset(
    {"JCasC", "installPlugins", "numExecutors", "jenkinsUrlProtocol", "adminUser", "adminPassword", "initScripts"}
)
_OF_RUNNERS = (
    "gitlabUrl",
    "runnerRegistrationToken",
    "runnerToken",
    "unregisterRunners",
    "certsSecretName",
    "checkInterval",
)
_LISTS = (
    "extraContainers",
    "sidecars",
    "sidecarContainers",
    "additionalContainers",
    "extraInitContainers",
    "initContainers",
)
_VOLUMES = (
    ("extraVolumes", "extraVolumeMounts"), ("additionalVolumes", "additionalVolumeMounts"), ("volumes", "volumeMounts"),
)  # fmt: skip
CONTAINERS, INIT_CONTAINERS = _LISTS[:4], _LISTS[4:]
"""Keys under which many charts take containers that they add to a pod of theirs."""
VOLUMES = _VOLUMES
"""Keys under which they take volumes, and their mounts into the pod's own container."""


_CONTAINER_MODES = ("dind", "kubernetes", "kubernetes-novolume")


def is_scale_set(values: Node) -> bool:
    """Whether values are those of ``gha-runner-scale-set``, of the newer experimental chart as well."""
    more = ("githubConfigSecret", "containerMode", "template", "runner", "runnerScaleSetName")
    if values["githubConfigUrl"].present:
        return any(key in values for key in more)
    return values["containerMode"]["type"].content in _CONTAINER_MODES  # the URL may come from elsewhere (Terraform)


def is_gitlab_runner(values: Node) -> bool:
    """Whether values are those of ``gitlab-runner``: a configuration of runners, or the settings of old."""
    runners = values["runners"]
    if "[[runners" in runners["config"].content:
        return True
    return runners["privileged"].present and any(key in values for key in _OF_RUNNERS)


def is_jenkins(values: Node) -> bool:
    """Whether values are those of ``jenkins``, in any of its spellings."""
    agent, controller = agent_of(values), controller_of(values)
    if not agent.is_mapping and not controller.is_mapping:
        return False
    if not (_OF_AGENTS.isdisjoint(agent.keys()) and _OF_CONTROLLERS.isdisjoint(controller.keys())):
        return True
    volumes = agent["volumes"] if agent["volumes"].present else agent["Volumes"]
    return any(item["type"].is_scalar and item["mountPath"].is_scalar for item in volumes.items() if item.is_mapping)


def agent_of(values: Node) -> Node:
    """Return the settings of Jenkins' agents."""
    return values["agent"] if values["agent"].is_mapping else values["Agent"]


def controller_of(values: Node) -> Node:
    """Return the settings of Jenkins itself, under the name that the chart's version has for it."""
    return next(
        (values[key] for key in ("controller", "master", "Master") if values[key].is_mapping),
        values.hole("controller"),
    )


def is_app_template(values: Node) -> bool:
    """Whether values are those of ``app-template``: controllers, whose containers have names and images."""
    return any(
        container["image"].present
        for controller in values["controllers"].values()
        for container in controller["containers"].values()
    )


def is_image_builder(values: Node) -> bool:
    """Whether values are those of BinderHub that choose an engine for image builds."""
    return values["imageBuilderType"].content in ("dind", "pink", "host")


def is_generic(values: Node) -> bool:
    """Whether values add containers, or volumes of the node, to pods of a chart that nobody here knows."""
    return any(True for _ in additions(values))


def additions(values: Node) -> Iterator[Node]:
    """Yield the mappings that add containers or volumes of the node to a pod of the chart's."""
    for node in values.walk():
        if node.is_mapping and not node["containers"].is_sequence and (_adds_containers(node) or _adds_volumes(node)):
            yield node


def _adds_containers(node: Node) -> bool:
    lists = any(item["image"].present and item["name"].present for key in _LISTS for item in node[key].items())
    return lists or is_engine(node["dind"])


def is_engine(dind: Node) -> bool:
    """Whether values under ``dind`` describe a container: an image, and what it may do."""
    return dind["image"].present and (dind["securityContext"].is_mapping or dind["privileged"].present)


def _adds_volumes(node: Node) -> bool:
    return any(
        node[mounts].items() and any(item["hostPath"]["path"].is_scalar for item in node[volumes].items())
        for volumes, mounts in _VOLUMES
    )
