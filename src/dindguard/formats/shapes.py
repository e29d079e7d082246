"""Which format a document has: by its shape first, by its name second.

The order of :data:`SHAPES` matters: the first match wins (the lookalikes are in tests/test_shapes.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from dindguard.patterns import regex
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.documents.tree import Node


class Syntax(StrEnum):
    """How a source's text is read before its format is known."""

    YAML = "yaml"
    JSON = "json"
    TOML = "toml"
    TEXT = "text"
    """The format reads the text itself."""


_COMPOSE_NAME = regex(r"(^|/)(docker-)?(compose|stack)([-._][^/]*)?\.ya?ml(\.\w+)?$", re.IGNORECASE)
_DOCKERFILE_NAME = regex(
    r"(^|/)((Docker|Container)file([.-][^/]+)?|[^/]+\.(docker|container)file)$", re.IGNORECASE
)  # fmt: skip
_NOT_DOCKERFILE = regex(
    r"\.(md|rst|txt|sh|py|js|ts|go|rb|ya?ml|json|toml|dockerignore|orig|patch|html?|j2|in|erb|template|tmpl|m4)$",
    re.IGNORECASE,
)
_SHELL_NAME = regex(r"\.(sh|bash|zsh|ksh|bats|envrc)$", re.IGNORECASE)
_SHEBANG = regex(r"#!.*\b(ba|da|z|k|a)?sh\b")
_MAKEFILE_NAME = regex(r"(^|/)(GNUm|[Mm])akefile([.-][^/]*)?$|\.mk$")
_GITHUB_WORKFLOW = regex(r"(^|/)\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")
_ACTION_NAME = regex(r"(^|/)action\.ya?ml$")
_GITLAB_NAME = regex(r"(^|/)[^/]*\.?gitlab-ci[^/]*\.ya?ml$", re.IGNORECASE)
_DAEMON_JSON = regex(r"(^|/)daemon\.json$")
_YAML_NAME = regex(r"\.ya?ml(\.(j2|tpl|tmpl|dist|example|sample))?$", re.IGNORECASE)
_BUILDKITD_TOML = regex(r"(^|/)buildkitd[^/]*\.toml$")
_TOML_NAME = regex(r"\.toml(\.(j2|tpl|tmpl|dist|example|sample|template))?$", re.IGNORECASE)
_JSON_NAME = regex(r"\.jsonc?$", re.IGNORECASE)

_POLICY_GROUPS = (
    "kyverno.io",
    "gatekeeper.sh",
    "policies.kubewarden.io",
    "admissionregistration.k8s.io",
    "policy.open-cluster-management.io",
)
_NO_WORKLOAD_KINDS = frozenset({"CustomResourceDefinition", "PodSecurityPolicy", "Config", "ConstraintTemplate"})
_SERVICE_KEYS = frozenset(
    {
        "image", "build", "command", "entrypoint", "environment", "env_file", "ports", "volumes", "volumes_from",
        "depends_on", "networks", "network_mode", "privileged", "cap_add", "cap_drop", "devices", "security_opt",
        "restart", "container_name", "extends", "deploy", "healthcheck", "links", "expose", "labels", "user",
        "working_dir", "hostname", "logging", "tmpfs", "pid", "ipc", "init", "stdin_open", "tty", "profiles", "secrets",
        "configs", "runtime", "ulimits", "sysctls", "extra_hosts", "read_only", "use_api_socket",
    }
)  # fmt: skip
_GITLAB_JOB_KEYS = frozenset({"script", "trigger", "extends", "before_script", "after_script", "run"})
_GITLAB_TOP_KEYS = frozenset({"stages", "default", "workflow", "include", "before_script", "after_script"})


def syntax_of(source: Source) -> Syntax | None:
    """Return how a source is to be read, by its name, its hint, or its first line; ``None``: nothing of ours."""
    if source.hint:
        return _embedded_syntax(source)
    path = source.path
    if _YAML_NAME.search(path) or _COMPOSE_NAME.search(path):
        return Syntax.YAML
    if _JSON_NAME.search(path):
        return Syntax.JSON
    if _TOML_NAME.search(path):
        return Syntax.TOML
    if text_format(source):
        return Syntax.TEXT
    return None


def could_be_ours(path: str) -> bool:
    """Whether a file of this path could be read by any format; its content decides then."""
    name = path.rpartition("/")[2]
    if "." not in name.lstrip("."):
        return True  # a Dockerfile, a Makefile, a script that only its first line tells
    probe = Source(path, "")
    return syntax_of(probe) is not None


def _embedded_syntax(source: Source) -> Syntax | None:
    hint = source.hint
    if hint in ("yaml", "compose", "kubernetes", "gitlab-ci", "github-actions") or _YAML_NAME.search(hint):
        return Syntax.YAML
    if hint in ("json", "daemon-json") or _JSON_NAME.search(hint):
        return Syntax.JSON
    if hint == "gitlab-runner" or _TOML_NAME.search(hint):
        return Syntax.TOML
    return Syntax.TEXT if text_format(source) else None


def text_format(source: Source) -> str | None:
    """Return the name of the format that reads this text itself: Dockerfiles, scripts, Makefiles."""
    name = source.hint or source.path
    if name in ("shell", "dockerfile", "makefile"):
        return name
    if _DOCKERFILE_NAME.search(name) and not _NOT_DOCKERFILE.search(name):
        return "dockerfile"
    if _MAKEFILE_NAME.search(name):
        return "makefile"
    if _SHELL_NAME.search(name):
        return "shell"
    if "." not in name.rpartition("/")[2] and _SHEBANG.match(source.text[:200]):
        return "shell"
    return None


def name_is_ours(source: Source) -> bool:
    """Whether a file's name alone says that it is one of ours, so that not being able to read it is an error."""
    path = source.hint or source.path
    patterns = (_COMPOSE_NAME, _GITHUB_WORKFLOW, _GITLAB_NAME, _DAEMON_JSON)
    return any(pattern.search(path) for pattern in patterns)


def document_format(source: Source, node: Node) -> str | None:
    """Return the name of the format of a YAML or JSON document; ``None`` when it is none of ours."""
    if source.hint in ("compose", "kubernetes", "gitlab-ci", "github-actions", "daemon-json", "gitlab-runner"):
        return source.hint
    for name, matches in SHAPES:
        if matches(source, node):
            return name
    return None


def _is_daemon_json(source: Source, node: Node) -> bool:
    return node.is_mapping and _DAEMON_JSON.search(source.hint or source.path) is not None


def _is_gitlab_runner(source: Source, node: Node) -> bool:
    """A runner's configuration: a list of runners that name their executor; or the chart's values that hold one."""
    if source.hint == "gitlab-runner" or _TOML_NAME.search(source.hint or source.path):
        runners = node["runners"].items()
        return any(
            "executor" in each or each["docker"].is_mapping or each["kubernetes"].is_mapping for each in runners
        )
    return node.is_mapping and "[[runners]]" in node["runners"]["config"].content


def _is_buildkitd_toml(source: Source, node: Node) -> bool:
    return node.is_mapping and _BUILDKITD_TOML.search(source.hint or source.path) is not None


def _is_kubernetes(source: Source, node: Node) -> bool:
    if not node.is_mapping:
        return False
    if node["apiVersion"].is_scalar and (node["kind"].is_scalar or "kustomize" in node["apiVersion"].content):
        group = node["apiVersion"].content.partition("/")[0]
        if any(group.endswith(policy) for policy in _POLICY_GROUPS):
            return False
        return node["kind"].content not in _NO_WORKLOAD_KINDS
    if source.name in ("kustomization.yaml", "kustomization.yml"):
        return True
    return node["metadata"].is_mapping and node["spec"].is_mapping


def _is_github(source: Source, node: Node) -> bool:
    if not node.is_mapping:
        return False
    if _ACTION_NAME.search(source.path) and node["runs"]["using"].is_scalar:
        return True
    jobs = node["jobs"]
    if not jobs.is_mapping:
        return node["runs"]["using"].is_scalar and ("inputs" in node or "name" in node)
    if _GITHUB_WORKFLOW.search(source.path):
        return True
    if "on" not in node and "true" not in node:
        return False
    return any("runs-on" in job or "uses" in job for job in jobs.values() if job.is_mapping)


def _is_compose(source: Source, node: Node) -> bool:
    if not node.is_mapping:
        return False
    named = _COMPOSE_NAME.search(source.path) is not None
    services = node["services"]
    if services.is_mapping:
        bodies = [body for body in services.values() if body.is_mapping]
        if named:
            return True
        if not bodies:
            return False
        clear = [body for body in bodies if _looks_like_service(body)]
        return 2 * len(clear) >= len(bodies) and not any("class" in b or "arguments" in b for b in bodies)
    if named and ("include" in node or "services" in node or "volumes" in node):
        return True
    return _is_compose_v1(node, named)


def _looks_like_service(body: Node) -> bool:
    if body["image"].is_scalar or body["build"].present:
        return not body["script"].present
    if body["extends"].present and not body["script"].present:
        return True
    return len(_SERVICE_KEYS.intersection(body.keys())) >= 2 and not body["script"].present


def _is_compose_v1(node: Node, named: bool) -> bool:
    bodies = node.values()
    if not bodies or not all(body.is_mapping for body in bodies):
        return False
    if any(key in ("default", "stages", "variables", "workflow") for key in node.keys()):
        return False
    for body in bodies:
        if not (body["image"].is_scalar or body["build"].is_scalar):
            return False
        if any(key in body for key in ("script", "stage", "trigger", "repository", "tag", "rules", "only")):
            return False
    keys = {key for body in bodies for key in body.keys()}
    return named or (
        len(keys & _SERVICE_KEYS) >= 2 and keys <= _SERVICE_KEYS | {"net", "dockerfile", "mem_limit", "cpu_shares"}
    )


def _is_gitlab(source: Source, node: Node) -> bool:
    if not node.is_mapping:
        return False
    if _GITLAB_NAME.search(source.path):
        return True
    bodies = [body for key, body in node.pairs() if body.is_mapping and key.content not in ("default", "variables")]
    jobs = [body for body in bodies if body["script"].is_sequence or body["script"].is_scalar]
    if "jobs" in node or "pipelines" in node or "tasks" in node or "language" in node or "kind" in node:
        return False
    if _GITLAB_TOP_KEYS.intersection(node.keys()) and jobs:
        return True
    if jobs and all(key.startswith(".") for key in node.keys()):
        return True  # templates only
    with_stage = [
        body for body in jobs if any(key in body for key in ("stage", "image", "services", "rules", "tags", "only"))
    ]
    return bool(with_stage) and len(jobs) == len([b for b in bodies if _GITLAB_JOB_KEYS.intersection(b.keys())])


def _has_pod_spec(source: Source, node: Node) -> bool:
    """A document of no kind we know that holds a PodSpec: containers that have an image or a name."""
    if source.hint == "" and not _YAML_NAME.search(source.path) and not _JSON_NAME.search(source.path):
        return False
    if "kind" in node and "apiVersion" in node:
        return False  # a policy or a definition, decided above
    for place in node.walk():
        containers = place["containers"] if place.is_mapping else None
        if containers is None or not containers.is_sequence:
            continue
        items = containers.items()
        if items and all(item.is_mapping for item in items) and any(_is_container(item) for item in items):
            return True
    return False


def _is_container(item: Node) -> bool:
    return item["image"].is_scalar or (item["name"].is_scalar and len(item.keys()) > 1)


def _is_engine_snapshot(source: Source, node: Node) -> bool:  # noqa: ARG001 - the signature of shapes
    """Output of ``docker inspect`` or ``docker info``, or a snapshot of both."""
    if node.is_sequence:
        return any(_is_inspected(item) for item in node.items()[:100])
    if not node.is_mapping:
        return False
    if _is_inspected(node) or (node["DockerRootDir"].is_scalar and node["ServerVersion"].is_scalar):
        return True
    return node["info"]["ServerVersion"].is_scalar or any(map(_is_inspected, node["containers"].items()[:100]))


def _is_inspected(node: Node) -> bool:
    return node.is_mapping and node["HostConfig"].is_mapping and node["Config"].is_mapping


SHAPES: tuple[tuple[str, Callable[[Source, Node], bool]], ...] = (
    ("engine-snapshot", _is_engine_snapshot),
    ("daemon-json", _is_daemon_json),
    ("gitlab-runner", _is_gitlab_runner),
    ("buildkitd-toml", _is_buildkitd_toml),
    ("kubernetes", _is_kubernetes),
    ("github-actions", _is_github),
    ("compose", _is_compose),
    ("gitlab-ci", _is_gitlab),
    ("kubernetes", _has_pod_spec),
)
"""Shapes in order; a format may have several."""
