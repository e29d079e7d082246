"""Ansible: containers that playbooks and roles keep running, what they run on machines and write into their files, and
the test machines of Molecule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dindguard.formats.row import Evidence, FormatRow
from dindguard.patterns import regex

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.source import Source

PLAY = ("tasks", "roles", "pre_tasks", "post_tasks", "handlers", "vars", "vars_files")
ENGINE_SETTINGS = (
    "docker_daemon_options", "docker_daemon_config", "docker_daemon_json", "docker_options", "docker_opts",
    "docker_users",
)  # fmt: skip
"""Variables of well-known roles (geerlingguy.docker, haxorof.docker_ce): the engine's settings, and who may command it."""

KEYWORDS = frozenset(
    {
        "name", "when", "become", "become_user", "become_method", "become_flags", "register", "loop", "loop_control",
        "notify", "listen", "tags", "vars", "delegate_to", "delegate_facts", "environment", "args", "until", "retries",
        "delay", "no_log", "ignore_errors", "ignore_unreachable", "changed_when", "failed_when", "run_once", "check_mode",
        "diff", "any_errors_fatal", "async", "poll", "connection", "remote_user", "port", "throttle", "timeout",
        "module_defaults", "collections", "debugger", "first_available_file",
    }
)  # fmt: skip
"""What a task may hold besides its module (``with_…`` too)."""

_BLOCK = ("block", "include_tasks", "import_tasks", "include_role", "import_role")
_CONTAINERS = (
    "docker_container", "docker_swarm_service", "docker_compose_v2", "docker_compose", "docker_stack", "docker_volume",
    "docker_container_exec", "docker_image_build", "docker_image", "docker_network", "podman_container", "podman_pod",
    "podman_play", "k8s", "helm",
)  # fmt: skip
_COMMON = (
    "shell", "command", "raw", "script", "copy", "template", "user", "file", "service", "systemd", "systemd_service",
    "apt", "yum", "dnf", "package", "pip", "lineinfile", "blockinfile", "get_url", "uri", "group", "git", "debug",
    "set_fact", "assert", "include_vars", "stat",
)  # fmt: skip
_COLLECTIONS = ("ansible.builtin.", "ansible.legacy.", "community.docker.", "containers.podman.", "kubernetes.core.")
_TASK_FILE = regex(r"(^|/)(tasks|handlers)/")
_VARIABLES_FILE = regex(r"(^|/)((defaults|vars|group_vars|host_vars)/|vars\.ya?ml$)")
_FULL_NAME = regex(r"[a-z]\w*\.[a-z]\w*\.[a-z]\w*$")
_KITCHEN = ("suites", "transport")
_PLAYBOOKS = ("import_playbook", "ansible.builtin.import_playbook")
_GROUP = frozenset({"hosts", "vars", "children"})


def is_ours(source: Source, node: Node) -> bool:
    """Whether a document is a playbook, a list of tasks, a scenario of Molecule, or variables that set an engine up."""
    if node.is_sequence:
        items = node.items()
        return bool(items) and (_are_plays(items) or _are_tasks(items, source.hint or source.path))
    if not node.is_mapping:
        return False
    if node["platforms"].is_sequence and (FORMAT.named(source.path) or _is_scenario(source.path, node)):
        return True
    path = source.path
    if FORMAT.usually(path) and is_inventory(node):
        return True
    return bool(_VARIABLES_FILE.search(path)) and any(name in node for name in ENGINE_SETTINGS)


def _is_scenario(path: str, node: Node) -> bool:
    """Whether a mapping with platforms is Molecule's: Test Kitchen has suites, a transport, and drivers of each platform."""
    others = any(key in node for key in _KITCHEN) or any("driver" in item for item in node["platforms"].items())
    return node["driver"].is_mapping and not others and "kitchen" not in path.rpartition("/")[2]


def is_inventory(node: Node) -> bool:
    """Whether a mapping is an inventory: groups, each with hosts, variables and groups of its own.

    An engine's ``hosts`` are a list, which those of a group are not.
    """
    groups = node.values()
    if any(group["hosts"].is_sequence for group in groups):
        return False
    held = [group for group in groups if group.is_mapping and group.keys()]
    plain = all(group.is_mapping or group.is_null for group in groups)
    return plain and bool(held) and all(_GROUP.issuperset(group.keys()) for group in held)


def _are_plays(items: list[Node]) -> bool:
    """Whether each item is a play or brings a playbook in; ``include`` says so beside a play that does something."""
    plays = [item for item in items if item["hosts"].present]
    if all(any(key in item for key in _PLAYBOOKS) for item in items):
        return True
    return any(key in item for item in plays for key in PLAY) and all(
        item["hosts"].present or "include" in item or any(key in item for key in _PLAYBOOKS) for item in items
    )


def _are_tasks(items: list[Node], path: str) -> bool:
    """At least half of the items have one key that is none of a task's own words, and it is the name of a module."""
    found = [each for each in items if _is_known(module_of(each))]
    if 2 * len(found) < len(items):
        return False
    telling = any(module_of(each) not in _COMMON or any(key != "name" for key in _own(each)) for each in found)
    return telling or bool(_TASK_FILE.search(path))


def _own(item: Node) -> list[str]:
    return [key for key in item.keys() if key in KEYWORDS or key.startswith("with_")]


def module_of(item: Node) -> str:
    """Return the one key of a task that names its module, or ``block``; ``""`` for what is no task."""
    keys = [key for key in item.keys() if key not in KEYWORDS and not key.startswith("with_")]
    if "block" in keys:
        return "block" if all(key in ("block", "rescue", "always") for key in keys) else ""
    return keys[0] if len(keys) == 1 else ""


def _is_known(module: str) -> bool:
    return module in _BLOCK or module in _CONTAINERS or module in _COMMON or bool(_FULL_NAME.match(module))


def _names() -> tuple[str, ...]:
    engines = (
        ("docker", "community.docker."),
        ("podman", "containers.podman."),
        ("k8s", "kubernetes.core."),
        ("helm", "kubernetes.core."),
    )
    full = [collection + name for start, collection in engines for name in _CONTAINERS if name.startswith(start)]
    return (*_BLOCK, *_CONTAINERS, *_COMMON, *full, *(f"ansible.builtin.{name}" for name in (*_BLOCK[1:], *_COMMON)))


FORMAT = FormatRow(
    name="ansible",
    title="Ansible and Molecule",
    syntaxes=("yaml",),
    names=r"(^|/)molecule\.ya?ml$|(^|/)roles/[^/]+/(tasks|handlers)/(?:[^/]|/(?!roles/))*\.ya?ml$",
    usual=r"(^|/)inventor(y|ies)(/.*)?\.ya?ml$|(^|/)(hosts|inventory)\.ya?ml$",
    evidence=Evidence.DECLARED,
    keys=("hosts", "import_playbook", "platforms", "become", "register", "notify", *ENGINE_SETTINGS, *_names()),
    shape=is_ours,
    not_read=(
        "inventories but for engines' settings (which hosts are in a group), and variables that differ between a play's groups",
        "collections' and other people's modules, and roles that lie elsewhere",
    ),
)
