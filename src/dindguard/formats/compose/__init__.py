"""Docker Compose: files, overrides and projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import FormatRow

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

_SERVICE_KEYS = frozenset(
    {
        "image", "build", "command", "entrypoint", "environment", "env_file", "ports", "volumes", "volumes_from",
        "depends_on", "networks", "network_mode", "privileged", "cap_add", "cap_drop", "devices", "security_opt",
        "restart", "container_name", "extends", "deploy", "healthcheck", "links", "expose", "labels", "user",
        "working_dir", "hostname", "logging", "tmpfs", "pid", "ipc", "init", "stdin_open", "tty", "profiles", "secrets",
        "configs", "runtime", "ulimits", "sysctls", "extra_hosts", "read_only", "use_api_socket",
    }
)  # fmt: skip
_OTHER_KEYS = frozenset(
    {
        "annotations", "attach", "blkio_config", "cgroup", "cgroup_parent", "cpu_count", "cpu_percent", "cpu_shares", "cpu_quota",
        "cpu_period", "cpu_rt_period", "cpu_rt_runtime", "cpus", "cpuset", "credential_spec", "develop",
        "device_cgroup_rules", "dns", "dns_opt", "dns_search", "domainname", "external_links", "gpus", "group_add", "image",
        "isolation", "label_file", "mac_address", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit", "models",
        "oom_kill_disable", "oom_score_adj", "pids_limit", "platform", "post_start", "pre_stop", "provider", "pull_policy",
        "pull_refresh_after", "scale", "shm_size", "stop_grace_period", "stop_signal", "storage_opt", "userns_mode", "uts",
        "net", "dockerfile", "log_driver", "log_opt", "volume_driver", "<<",
    }
)  # fmt: skip
"""All else that Compose takes in a service (the Compose specification, and the file formats before it)."""


def is_compose(source: Source, node: Node) -> bool:
    """Whether a document has services that look like Compose's, or has a Compose file's name and any services."""
    if not node.is_mapping:
        return False
    named = FORMAT.named(source.path)
    services = node["services"]
    if services.is_mapping:
        bodies = [body for body in services.values() if body.is_mapping]
        if named:
            return True
        if not bodies:
            return False
        clear = [body for body in bodies if _looks_like_service(body)]
        if any("class" in body or "arguments" in body for body in bodies) or 2 * len(clear) < len(bodies):
            return False
        return 2 * sum(map(_is_refused, bodies)) <= len(bodies)
    if named and ("include" in node or "services" in node or "volumes" in node):
        return True
    return _is_compose_v1(node, named)


def _looks_like_service(body: Node) -> bool:
    if body["image"].is_scalar or body["build"].present:
        return not body["script"].present
    if body["extends"].present and not body["script"].present:
        return True
    return len(_SERVICE_KEYS.intersection(body.keys())) >= 2 and not body["script"].present


def _is_refused(body: Node) -> bool:
    """Whether Compose refuses a service for keys that it does not know: another program reads services of that kind."""
    known = _SERVICE_KEYS | _OTHER_KEYS
    return any(key not in known and not key.startswith("x-") and key[:1].isalpha() for key in body.keys())


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


FORMAT = FormatRow(
    name="compose",
    title="Docker Compose",
    syntaxes=("yaml", "json"),
    names=r"(?i:(^|/)(docker-)?(compose|stack)([-._][^/]*)?\.ya?ml(\.\w+)?$)",
    refuses=r"(?i:\.(patch|diff|rej|md|rst|txt|log|html?|lock|sig|asc|sha\d*)$)",
    always=True,
    beginning=r"(?m)^services:[ \t]*\r?$\s+^[ \t]+[\w.-]+:[ \t]*\r?$\s+^[ \t]+(image|build|privileged|volumes|command):",
    keys=("services",),
    within=("image", "build"),  # the first format, which has services at the top
    words=(
        "sys_admin", "cap_add", "security_opt", "network_mode", "devices:", "device_cgroup", "unconfined", "cgroup",
        "userns", "runtime:", "include:", "extends:", ("pid:", r"\bpid:"), ("ipc:", r"\bipc:"), ("uts:", r"\buts:"),
        ("build:", r"\bbuild:"), ("/run", r"/run\b"), ("source:", r"source:\s*[\"']?/"),
        ("device:", r"device:\s*[\"']?/"), (":/", r"(?<![\w./-])/[\w./-]*+:/"),
    ),
    shape=is_compose,
    unmodelled=(
        ("balena-socket", r"io\.balena\.features\.balena-socket[\"']?\s*[:=]\s*[\"']?(?:1|true)\b", "label of balena"),
    ),
    writes=True,
)  # fmt: skip
