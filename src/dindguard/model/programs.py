"""What the programs of a script need an engine for, as far as their names tell."""

from __future__ import annotations

from dindguard.model.container import Container
from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.vocabulary import BUILD_ACTIONS, ENGINE_CLIENTS

WITHOUT_ENGINE = frozenset(
    {
        ":", "[", "[[", "apk", "apt", "apt-get", "awk", "aws", "az", "base64", "basename", "cat", "cd", "chmod",
        "chown", "cp", "curl", "cut", "date", "df", "diff", "dirname", "dnf", "du", "echo", "env", "exit", "export",
        "false", "file", "find", "flux", "free", "git", "grep", "gzip", "head", "helm", "hostname", "id", "jq",
        "kubectl", "kustomize", "ln", "ls", "mkdir", "mktemp", "mv", "openssl", "printenv", "printf", "pwd", "read",
        "rm", "rsync", "scp", "sed", "set", "sha256sum", "shellcheck", "shift", "skopeo", "sleep", "sort", "ssh",
        "ssh-add", "ssh-agent", "ssh-keyscan", "stat", "tail", "tar", "tee", "terraform", "test", "tofu", "touch",
        "tr", "trap", "true", "uname", "uniq", "unset", "unzip", "wait", "wc", "wget", "which", "whoami", "xargs",
        "yamllint", "yq", "yum", "zip", "hadolint", "ansible-lint", "crane", "oras", "cosign",
    }
)  # fmt: skip
"""Programs that work without any container engine, whatever their arguments are."""

SERVERS = frozenset(
    {
        "adminer", "couchdb", "eclipse-mosquitto", "haproxy", "httpd", "influxdb", "mariadb", "memcached", "mongo",
        "mysql", "nginx", "phpmyadmin", "postgres", "rabbitmq", "redis", "valkey", "zookeeper",
    }
)  # fmt: skip
"""Official images whose own program, started as it is, speaks to no engine."""

_AROUND_BUILDS = BUILD_ACTIONS | {
    "push", "pull", "tag", "login", "logout", "info", "version", "images", "image ls", "inspect", "image inspect",
    "buildx create", "buildx use", "buildx inspect", "buildx rm", "buildx ls", "buildx imagetools",
    "manifest create", "manifest push", "manifest annotate", "manifest inspect", "image push", "image tag",
    "context create", "context use",
}  # fmt: skip


def needs_no_engine(container: Container) -> bool:
    """Whether the script of a container is known, and nothing in it can use an engine."""
    programs = container.programs or frozenset()
    return bool(programs) and programs <= WITHOUT_ENGINE and not _calls(container)


def never_uses_engines(container: Container) -> bool:
    """Whether it is known to work without an engine: by its whole script, or as a server that is none's client."""
    image = container.image
    server = image is not None and image.bare and image.name in SERVERS and container.build is None
    idle = container.command is None and container.entrypoint is None and not container.accesses
    return (server and idle) or needs_no_engine(container)


def only_builds(container: Container) -> Invocation | None:
    """Return the build, if a container's script uses its engine for building images only."""
    programs = container.programs
    calls = _calls(container)
    if programs is None or not programs <= WITHOUT_ENGINE | ENGINE_CLIENTS:
        return None
    if any(call.action not in _AROUND_BUILDS for call in calls):
        return None
    return next((call for call in calls if call.action in BUILD_ACTIONS), None)


def _calls(container: Container) -> list[Invocation]:
    return [each for each in container.invocations if each.kind is InvocationKind.ENGINE_CALL]
