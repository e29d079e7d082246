"""Jenkins' configuration as code: the clouds that give agents to its jobs, of Docker and of Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_OWN = (
    "clouds", "nodes", "securityRealm", "authorizationStrategy", "numExecutors", "systemMessage", "mode",
    "globalNodeProperties", "labelString", "slaveAgentPort", "agentProtocols",
)  # fmt: skip
_OF_A_CHART = ("controller", "agent", "master", "persistence", "enabled")


def is_configuration(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Whether a document configures Jenkins itself: a chart's values below the same key do not."""
    jenkins = node["jenkins"]
    return any(key in jenkins for key in _OWN) and not any(key in jenkins for key in _OF_A_CHART)


FORMAT = FormatRow(
    name="jcasc",
    title="Jenkins configuration as code",
    syntaxes=("yaml",),
    keys=("jenkins",),
    evidence=Evidence.DECLARED,
    words=("hostpathvolume", "hostpathworkspacevolume", "dockertemplatebase"),
    shape=is_configuration,
)
