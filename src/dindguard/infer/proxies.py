"""What a socket proxy lets through, by product and setting (the proxies' own HAProxy templates and READMEs).

The facts: docs/engine-facts.md, "Sockets".
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.infer import images
from dindguard.model import known_images
from dindguard.model.access import Permit, ProxyPermits
from dindguard.model.container import Container, ContainerKind, EnvVar
from dindguard.model.image import Image
from dindguard.model.invocation import InvocationKind
from dindguard.model.values import Text
from dindguard.patterns import regex

_CHANGING = frozenset({"POST", "PUT"})
_OF_ANY_VERSION = regex(r"^\(?/v\d[^/]*+")
_CREATES = regex(r"containers/(?:create|\.\*(?=$|[|)]))")
_YES = frozenset({"1", "true", "yes", "on"})
_ON_BY_DEFAULT = frozenset({"EVENTS", "PING", "VERSION"})
_CREATING = ("CONTAINERS", "SERVICES", "PLUGINS", "SWARM")
_MODIFYING = (
    "IMAGES", "NETWORKS", "VOLUMES", "SECRETS", "CONFIGS", "NODES", "TASKS", "COMMIT", "AUTH", "DISTRIBUTION", "SYSTEM",
)  # fmt: skip


def permits_of(proxy: Container) -> ProxyPermits:
    """Return what a proxy's settings let its clients do with the engine behind it."""
    product = _product(proxy, proxy.image)
    if product in ("tecnativa", "linuxserver", "11notes"):
        return _haproxy(proxy)
    if product == "wollomatic":
        return _wollomatic(proxy)
    if product is not None:  # by its name alone: most of them are forks and take the same settings
        return _haproxy(proxy) if "POST" in proxy.environment else ProxyPermits(Permit.UNKNOWN)
    forwarded = _forwards(proxy)
    return ProxyPermits(Permit.EVERYTHING, (forwarded,)) if forwarded is not None else ProxyPermits(Permit.UNKNOWN)


def is_proxy(container: Container) -> bool:
    """Whether a container is made to hand an engine's API on: a socket proxy, or a bare forwarder."""
    image = images.base_image(container) or container.image
    return _product(container, image) is not None or _forwards(container) is not None


def _product(container: Container, image: Image | None) -> str | None:
    """Return the proxy's product; of an image of which nothing is known, the container's own name may tell."""
    if image is None:
        return None
    return known_images.socket_proxy(container.name) if image.from_anywhere else image.socket_proxy


def _forwards(container: Container) -> Text | None:
    """Return the word by which socat connects a port to an engine's socket."""
    words: tuple[Text, ...] = (*(container.entrypoint or ()), *(container.command or ()))
    image = container.image
    named = image is not None and image.name == "socat"
    if named or any(word.pattern.rpartition("/")[2] == "socat" for word in words):
        from dindguard.model.forwarding import forwarding  # few containers are one

        found = forwarding("socat", words)
        return found.socket if found is not None else None
    calls = (each for each in container.invocations if each.kind is InvocationKind.SOCKET_FORWARD)
    return next((call.subject for call in calls if container.kind is not ContainerKind.SCRIPT), None)


def _haproxy(proxy: Container) -> ProxyPermits:
    post = proxy.environment["POST"]
    if post is not None and post.value.unknown:
        return ProxyPermits(Permit.UNKNOWN, unknown=post)
    if not _on(proxy, "POST"):
        reading = proxy.environment["CONTAINERS"] if _on(proxy, "CONTAINERS") else None
        return ProxyPermits(Permit.READ, (reading,) if reading is not None else ())
    assert post is not None
    for permits, names in (
        (Permit.CREATE, _CREATING),
        (Permit.EXECUTE, ("EXEC",)),
        (Permit.BUILD, ("BUILD",)),
        (Permit.MODIFY, _MODIFYING),
    ):
        granted = [proxy.environment[name] for name in names if _on(proxy, name)]
        if granted:
            return ProxyPermits(permits, (post, *(variable for variable in granted if variable is not None)))
    return ProxyPermits(Permit.READ, (post,))


def _on(proxy: Container, name: str) -> bool:
    value = proxy.environment.value(name)
    if value is None:
        return name in _ON_BY_DEFAULT and name not in proxy.environment
    return value.strip().lower() in _YES


def _wollomatic(proxy: Container) -> ProxyPermits:
    """Read the expressions that wollomatic's proxy allows for each method: a request has to match one of them whole."""
    changing: EnvVar | Text | None = None
    for method, expression, setting in _expressions(proxy):
        if isinstance(setting, EnvVar) and setting.value.unknown:
            return ProxyPermits(Permit.UNKNOWN, unknown=setting)
        written = expression.strip("'\"^$")
        everything = _OF_ANY_VERSION.sub("", written) in (".*", "/.*")
        if method == "POST" and (everything or _CREATES.search(written)):
            return ProxyPermits(Permit.CREATE, (setting,))
        changing = changing or setting
    return ProxyPermits(Permit.MODIFY, (changing,)) if changing is not None else ProxyPermits(Permit.READ)


def _expressions(proxy: Container) -> Iterator[tuple[str, str, EnvVar | Text]]:
    """Yield method, expression and setting of what may change something: ``-allowPOST=…``, ``SP_ALLOW_POST_2``."""
    words = tuple(proxy.command or ())
    for index, word in enumerate(words):
        option, equals, expression = word.pattern.partition("=")
        method = option.lstrip("-").lower().removeprefix("allow").upper()
        if method in _CHANGING and option.startswith("-"):
            following = words[index + 1].pattern if index + 1 < len(words) else ""
            yield method, expression if equals else following, word
    for variable in proxy.environment:
        method = variable.name.removeprefix("SP_ALLOW_").partition("_")[0]
        if variable.name.startswith("SP_ALLOW_") and method in _CHANGING:
            yield method, variable.value.pattern, variable
