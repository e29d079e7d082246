"""Swarm stacks: whether a file is one for certain, and what ``docker stack deploy`` drops from it.

Source: docker/cli ``cli/compose/types`` (unsupported, deprecated and forbidden properties) and its schema 3.13,
which knows no keys of later versions.
"""

from __future__ import annotations

import re

from dindguard.documents.tree import Node
from dindguard.formats.compose.projects import Project
from dindguard.patterns import regex

IGNORED = (
    "build", "cgroup_parent", "devices", "domainname", "external_links", "ipc", "links", "mac_address",
    "network_mode", "pid", "privileged", "restart", "security_opt", "shm_size", "userns_mode",
)  # fmt: skip
"""Settings that a stack drops, with a warning at most."""

_REFUSED = (
    "extends", "volumes_from", "cpu_quota", "cpu_shares", "cpuset", "mem_limit", "memswap_limit", "profiles", "scale",
    "use_api_socket", "runtime", "group_add", "cgroup", "provider", "develop", "pull_policy", "post_start", "gpus",
    "mem_reservation", "pids_limit", "cpus", "platform", "attach",
)  # fmt: skip
"""Settings that make ``docker stack deploy`` refuse the file: then Compose runs it, not Swarm."""

_CERTAIN_NAME = regex(r"(^|/)docker-stack(?:[-._](?:(?!docker-stack)[^/])*)?\.ya?ml", re.IGNORECASE)
_LIKELY_NAME = regex(r"(^|[/._-])(?:stack|swarm)(?:[-._](?:(?!stack|swarm)[^/])*)?\.ya?ml", re.IGNORECASE)


def is_stack(project: Project) -> bool:
    """Whether only Swarm can be meant: by its name, or by what only Swarm has; never against what Swarm refuses."""
    root = project.root
    services = [service for _, service in project.services if service.is_mapping]
    if not services or any(service.has_any(_REFUSED) for service in services):
        return False
    if "include" in root or any(_built_only(service) or _waits(service) for service in services):
        return False
    if "stack" in project.path.lower() and _CERTAIN_NAME.search(project.path):
        return True
    deploys = [service["deploy"] for service in services if service["deploy"].is_mapping]
    orchestrated = any("placement" in deploy or "mode" in deploy or "update_config" in deploy for deploy in deploys)
    if not orchestrated:
        return False
    return bool(_LIKELY_NAME.search(project.path)) or _has_swarm_resources(root)


def _built_only(service: Node) -> bool:
    return "build" in service and "image" not in service


def _waits(service: Node) -> bool:
    """The condition form of ``depends_on``, which version 3 of the format lacks."""
    return service["depends_on"].is_mapping


def _has_swarm_resources(root: Node) -> bool:
    overlay = any(network["driver"].text == "overlay" for network in root["networks"].values())
    granted = [*root["configs"].values(), *root["secrets"].values()]
    return overlay or any(item["external"].flag().on for item in granted)


def without_ignored(service: Node) -> tuple[Node, tuple[str, ...]]:
    """Return a service as Swarm sees it, and the names of the settings that it drops."""
    dropped = tuple(key.content for key, _ in service.pairs() if key.content in IGNORED)
    if not dropped:
        return service, ()
    return service.with_pairs([(key, value) for key, value in service.pairs() if key.content not in dropped]), dropped
