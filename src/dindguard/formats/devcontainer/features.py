"""What features add to a dev container, by their published definitions (devcontainers/features, ``src/*``).

What nobody wrote is inherited, and its place is the feature's key.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.model.container import Capabilities, EnvVar, Words
from dindguard.model.mount import Mount
from dindguard.model.values import Flag, How, Text, inherited
from dindguard.records import field, record
from dindguard.scripts.engine_cli.mounts import Volumes

_PUBLISHERS = ("devcontainers/features/", "devcontainers-contrib/features/", "devcontainers-extra/features/")
_ENGINE = frozenset({"docker-in-docker"})
_SOCKET = frozenset({"docker-outside-of-docker", "docker-from-docker"})
_DEBUGGERS = frozenset({"go", "rust"})


@record(kw_only=True)
class Added:
    """What all features of one file add."""

    privileged: Flag | None = None
    init: Flag | None = None
    mounts: tuple[Mount, ...] = ()
    capabilities: tuple[Text, ...] = ()
    security: tuple[Text, ...] = ()
    entrypoint: Words | None = None
    environment: tuple[EnvVar, ...] = ()
    unknown: tuple[Node, ...] = field(default=())
    """Features of other publishers: what they add stands elsewhere."""


class Features:
    """Reads the features of one file."""

    def __init__(self, features: Node, volumes: Volumes, owner: str, context: Context) -> None:
        self._features = features
        self._volumes = volumes
        self._owner = owner
        self._context = context

    def added(self) -> Added:
        """Return what they add."""
        found = Added()
        for key, options in self._features.pairs():
            found = _joined(found, self._of(key, options))
        return found

    def _of(self, key: Node, options: Node) -> Added:
        if key.content.startswith(("./", "../")):
            return self._local(key)
        name, version = _named(key.content)
        if not name:
            return Added(unknown=(key,))
        if name in _ENGINE:
            return self._engine(key, options, version)
        if name in _SOCKET:
            return self._socket(key)
        if name in _DEBUGGERS:
            return Added(
                capabilities=(inherited("SYS_PTRACE", key.span),),
                security=(inherited("seccomp=unconfined", key.span),),
            )
        return Added()

    def _engine(self, key: Node, options: Node, version: str) -> Added:
        """A nested engine: privileged, a volume of its own, and dockerd behind the nesting script."""
        fixed = (
            version.partition(".")[0] == "1"
        )  # one volume of that name for all; later ones have the container's id
        volumes = Volumes("dev containers") if fixed else self._volumes
        name = "dind-var-lib-docker" if fixed else "dind-var-lib-docker-${devcontainerId}"
        words = [inherited(word, key.span) for word in ("dind", "dockerd", "-H", "unix:///var/run/docker.sock")]
        pool = options["dockerDefaultAddressPool"]
        if pool.is_scalar and pool.content:
            words += [inherited("--default-address-pool", pool.span), pool.value]
        volume = volumes.volume(inherited(f"{name}:/var/lib/docker", key.span), self._owner, through="feature")
        return Added(
            privileged=Flag(True, key.span, How.INHERITED, "privileged"),
            mounts=(volume,),
            entrypoint=Words(tuple(words), key.span),
            environment=(EnvVar("DOCKER_BUILDKIT", inherited("1", key.span), key.span),),
        )

    def _socket(self, key: Node) -> Added:
        text = inherited("/var/run/docker.sock:/var/run/docker-host.sock", key.span)
        return Added(
            mounts=(self._volumes.volume(text, self._owner, through="feature"),),
            security=(inherited("label=disable", key.span),),
        )

    def _local(self, key: Node) -> Added:
        """A feature of the same repository: its own description tells."""
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(key.source.path), key.content))
        tree = self._context.tree(f"{folder}/devcontainer-feature.json")
        if tree is None or not tree.documents:
            return Added(unknown=(key,))
        node = tree.documents[0]
        mounts = (mount_of(item, self._volumes, self._owner) for item in node["mounts"].items())
        privileged, init = node["privileged"], node["init"]
        return Added(
            privileged=privileged.flag("privileged") if privileged.present else None,
            init=init.flag("init") if init.present else None,
            mounts=tuple(mount for mount in mounts if mount is not None),
            capabilities=tuple(item.value for item in node["capAdd"].items() if item.is_scalar),
            security=tuple(item.value for item in node["securityOpt"].items() if item.is_scalar),
            environment=tuple(
                EnvVar(name.content, value.value, name.span) for name, value in node["containerEnv"].pairs()
            ),
        )


def mount_of(item: Node, volumes: Volumes, owner: str) -> Mount | None:
    """Return a mount written as ``docker run --mount`` takes it, or as an object of the same fields."""
    if item.is_scalar:
        return volumes.mount(item.value, owner)
    fields = {key.content: value.value for key, value in item.pairs() if value.is_scalar}
    kind = fields.get("type")
    place = fields.get("source") or fields.get("target")
    if place is None:
        return None
    return volumes.fields("volume" if kind is None else kind.pattern, fields, place.span, owner)


def _named(reference: str) -> tuple[str, str]:
    """Return name and version of a feature of a known publisher; ``("", "")`` for any other."""
    path, _, version = (
        reference.partition("@")[0].rpartition(":") if ":" in reference.rpartition("/")[2] else (reference, "", "")
    )
    if "/" not in path:
        return path, version or "1"  # the ids of old files, which stand for version 1
    publisher, _, name = path.rpartition("/")
    return (name, version or "latest") if f"{publisher}/".endswith(_PUBLISHERS) else ("", "")


def either(*flags: Flag | None) -> Flag | None:
    """Return the first that is on, else one that is unknown, else any: a file and its features are joined by *or*."""
    found = [flag for flag in flags if flag is not None]
    on = [flag for flag in found if flag.on] + [flag for flag in found if flag.unknown] + found
    return on[0] if on else None


def _joined(one: Added, other: Added) -> Added:
    def both(name: str) -> Any:
        return getattr(one, name) + getattr(other, name)

    return Added(
        privileged=either(one.privileged, other.privileged),
        init=either(one.init, other.init),
        mounts=both("mounts"),
        capabilities=both("capabilities"),
        security=both("security"),
        entrypoint=one.entrypoint or other.entrypoint,
        environment=both("environment"),
        unknown=both("unknown"),
    )


def capabilities_of(node: Node, added: Added) -> Capabilities:
    """Return the capabilities that the file and its features add."""
    return Capabilities(added=(*(item.value for item in node.items() if item.is_scalar), *added.capabilities))


def texts_of(node: Node) -> Iterator[Text]:
    """Yield the scalars of a list."""
    return (item.value for item in node.items() if item.is_scalar)
