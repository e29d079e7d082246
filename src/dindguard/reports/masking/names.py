"""Names: which say that their value is a credential, and which may be printed with their value."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from dindguard.reports.masking import hints

SHOWN_PREFIXES = (
    "DOCKER_", "DOCKERD_", "DIND_", "COMPOSE_", "BUILDKIT_", "BUILDX_", "CONTAINER_", "CONTAINERD_", "PODMAN_",
    "TESTCONTAINERS_", "SYSBOX_", "ROOTLESSKIT_", "ALLOW_", "LIBPOD_", "FF_NETWORK_", "FF_USE_",
)  # fmt: skip
"""Variables that say how an engine is run, reached or filtered."""

SHOWN = frozenset(
    {
        # Sections of the engine's API, as the settings of socket proxies name them: 0 or 1.
        "AUTH", "BUILD", "COMMIT", "CONFIGS", "CONTAINERS", "DISTRIBUTION", "EVENTS", "EXEC", "GRPC", "IMAGES",
        "INFO", "NETWORKS", "NODES", "PING", "PLUGINS", "POST", "SECRETS", "SERVICES", "SESSION", "SWARM", "SYSTEM",
        "TASKS", "VERSION", "VOLUMES", "SOCKET_PATH", "PROXY_SOCKET_ENDPOINT",
        "XDG_RUNTIME_DIR", "container", "STORAGE_DRIVER", "BUILDAH_ISOLATION", "_CONTAINERS_USERNS_CONFIGURED",
    }
)  # fmt: skip

_CREDENTIAL = (
    r"passw|passphrase|passcode|(?<!by)(?<!com)(?<!tres)pass(?![a-z])|passin$|passout$"
    r"|pwd|pw(?:$|_|\d)|secret|token|credential|cred(?:s|$|_)|login|cookie|authorization|bearer|webhook"
    r"|(?:^|_)(?:psk|jwt|dsn|otp)(?:$|_)|connection_?string|dockerconfigjson|dockercfg"
    r"|(?:api|access|auth|private|encryption|signing|deploy|ssh|account|license|master|shared)_?key|_art_api$|auth(?:_|$)|_pat$|_key$"
)

_ABOUT_CREDENTIALS = (
    r"(?:name|ref|path|file|dir|directory|mount|type|ttl|expiry|url|uri|cert|crt|id|stdin|server|host|registry|user"
    r"|store|helper|provider|policy|version|enabled|second|minute|length|count|class|timeout|shell|method|mode|driver"
    r"|backend|engine|endpoint|organi[sz]ation|org|domain|scope|audience|issuer|realm|algorithm)s?$"
    r"|(?:public|cache|sort|primary|foreign|partition|object|config|map|restore|group|label)_?keys?$|^no_"
)
"""What such a name ends with when its value only speaks of the credential."""

_USERS_WITH_PASSWORDS = ("basicauth_users", "basic_auth_users", "digestauth_users", "digest_auth_users")
"""Ends of names whose value is ``user:password``, though they speak of users (Traefik's middlewares)."""


_YES_OR_NO = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none"})
_PLAIN = _YES_OR_NO | frozenset(
    {
        "0",
        "1",
        "~",
        "|",
        ">",
        "inherit",
        "|-",
        ">-",
        "&&",
        "||",
    }
    | {"\\", "-"}
)


@cache
def _name() -> re.Pattern[str]:
    return re.compile(_CREDENTIAL)


@cache
def _harmless_name() -> re.Pattern[str]:
    return re.compile(_ABOUT_CREDENTIALS)


@lru_cache(4096)
def secret_name(name: str) -> bool:
    """Whether a name says that its value is a credential."""
    if len(name) > 200:
        name = name[-200:]
    if not hints.names_secret(name):
        return False
    # camelCase counts as words too: apiKey, clientSecret.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_").lower()
    if words.endswith(_USERS_WITH_PASSWORDS):
        return True
    return _name().search(words) is not None and _harmless_name().search(words) is None


def shown(name: str) -> bool:
    """Whether a variable's value may be printed."""
    return name in SHOWN or (name.startswith(SHOWN_PREFIXES) and not secret_name(name))


def plain(value: str) -> bool:
    """Whether a value is no secret whatever its name: a reference, a path, a yes or no, the start of a collection."""
    return (
        value.startswith(("./", "../", "~/", "id=", "type=", "[", "{"))
        or value.lower() in _PLAIN
        or reference(value)
        or re.fullmatch(r"(?:/[a-z0-9_.-]+)*/?", value) is not None
    )


def bare_options(value: str) -> bool:
    """Whether a value is nothing but options of a command that have no values themselves: ``--privileged --rm``."""
    return re.fullmatch(r"\s*--?[a-z][a-z-]{0,40}(?:\s++--?[a-z][a-z-]{0,40})*\s*", value) is not None


def says_yes_or_no(value: str) -> bool:
    """Whether a value is a switch's."""
    return value.lower() in _YES_OR_NO


def reference(value: str) -> bool:
    """Whether a value only names where the secret comes from: ``$X``, ``${X}``, ``${{ secrets.X }}``, ``$(cmd)``."""
    return re.fullmatch(r"[\"']?\$(\w+|\{\w+[:?]*\}|\{\{[^{}]*\}\}|\([\w ./-]+\)|\$\w+)[\"']?", value) is not None
