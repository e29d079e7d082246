"""The engine that a snapshot comes from: what it says about itself."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.engine_snapshot.parts import Parts
from dindguard.model import endpoints
from dindguard.model.engine import Endpoint, Engine, Machine
from dindguard.model.launch import Launch, Setting
from dindguard.model.values import Flag, How, Text, inherited, unset
from dindguard.patterns import regex
from dindguard.vocabulary import EngineProduct

_OPEN_API = regex(r"API is accessible on (https?)://([^\s/]+?)\.? without (encryption|TLS client verification)")
"""What ``docker info`` warns of (moby ``daemon/info.go``)."""

_VERSION = regex(r"(\d+)\.(\d+)(?:\.(\d+))?")
_LOCAL = frozenset({"127.0.0.0/8", "::1/128"})
"""Registries that every engine talks to without a certificate."""


_TALK = "com.docker.network.bridge.enable_icc"
"""The option of the default bridge that dockerd sets from its own ``icc`` (moby ``daemon/daemon_unix.go``)."""


class Host:
    """The engine's facts; a snapshot without ``info`` has none of them."""

    def __init__(self, parts: Parts) -> None:
        self.info = parts.info
        self.version = parts.version
        self._socket = parts.socket
        self._networks = parts.networks
        options = [(item, item.content.split(",")) for item in self.info["SecurityOptions"].items()]
        # Before 1.13 the names stood alone: "apparmor".
        self._options = {words[0].removeprefix("name="): item for item, words in options}

    @property
    def cgroup_version(self) -> str:
        """``1`` or ``2``; ``""`` when the engine does not say."""
        return self.info["CgroupVersion"].content

    @property
    def remapped(self) -> Node | None:
        """The option that says that containers' users are remapped."""
        return self._options.get("userns")

    @property
    def may_remap(self) -> bool:
        """Whether containers' users are remapped, or it does not say."""
        return self.remapped is not None or not self.info["SecurityOptions"].present

    @property
    def rootless(self) -> Node | None:
        """What says that the engine itself runs without root: a security option, or Podman's own field."""
        own = self.info["Rootless"]
        return self._options.get("rootless") or (own if own.content == "true" else None)

    @property
    def product(self) -> EngineProduct:
        """What it is. Podman answers Docker's questions, with a version of its own and the component's name."""
        components = (item["Name"].content for item in self.version["Components"].items())
        podman = self.info["BuildahVersion"].present or any("podman" in name.lower() for name in components)
        return EngineProduct.PODMAN if podman else EngineProduct.DOCKER

    @property
    def socket(self) -> Text | None:
        """The Unix socket at which it was asked."""
        return self._socket.typed if self._socket.is_scalar and self._socket.content else None

    @property
    def data_root(self) -> Text | None:
        """Where the engine keeps its state."""
        node = self.info["DockerRootDir"]
        return node.typed if node.is_scalar and node.content else None

    def engine(self) -> Engine | None:
        """Return the host's own engine; ``None`` when the snapshot says nothing about it."""
        info = self.info
        if not info.is_mapping or not info.pairs():
            return None
        # A mapping's span runs to its end; an engine is at its name.
        span = next(
            (node.span for node in (info["Name"], info["ServerVersion"], info["ID"]) if node.present), info.span
        )
        reported = self._reported()
        root = self.data_root
        rootless = self.rootless
        return Engine(
            product=self.product,
            span=span,
            address="engine",
            owner=Machine(name="", span=span),
            launch=Launch(wrapper=False, arguments=(), settings=tuple(self._settings()), span=span),
            listens=tuple(self._listeners()),
            rootless=unset(span, "rootless") if rootless is None else Flag(True, rootless.span, name="rootless"),
            version=_parsed(reported.pattern) if reported is not None else None,
            reported_version=reported,
            storage_driver=info["Driver"].typed if info["Driver"].is_scalar and info["Driver"].content else None,
            data_root=root if root is not None else inherited("/var/lib/docker", span),
            mandatory_access_control=self._access_control(),
        )

    def _reported(self) -> Text | None:
        for node in (self.info["ServerVersion"], self.version["Version"]):
            if node.is_scalar and node.content:
                return node.typed
        return None

    def _access_control(self) -> Flag | None:
        """Return whether AppArmor or SELinux confines containers; ``None`` when the engine lists no options."""
        listed = self.info["SecurityOptions"]
        if not listed.is_sequence:
            return None
        for name in ("apparmor", "selinux"):
            if name in self._options:
                return Flag(True, self._options[name].span, name=name)
        return Flag(False, listed.key_span, name="SecurityOptions")

    def _listeners(self) -> Iterator[Endpoint]:
        for warning in self.info["Warnings"].items():
            found = _OPEN_API.search(warning.content)
            if found is None:
                continue
            encrypted = Flag(found[1] == "https", warning.span, name="tls")
            asked = Flag(False, warning.span, How.WRITTEN, "tlsverify")
            address = Text(f"tcp://{found[2]}", warning.span, raw=warning.content)
            endpoint = endpoints.parse(address, authenticated=asked, encrypted=encrypted)
            if endpoint is not None:
                yield endpoint

    def _settings(self) -> Iterator[Setting]:
        registries = self.info["RegistryConfig"]
        for network in registries["InsecureRegistryCIDRs"].items():
            if network.is_scalar and network.content not in _LOCAL:
                yield Setting("insecure-registry", network.typed, network.span, "reported")
        for key, registry in registries["IndexConfigs"].pairs():
            if registry["Secure"].content == "false":
                yield Setting("insecure-registry", key.typed, key.span, "reported")
        for network in self._networks:
            talk = network["Options"][_TALK]
            if network["Name"].content == "bridge" and talk.is_scalar:
                yield Setting("icc", talk.typed, talk.span, "reported")


def _parsed(version: str) -> tuple[int, ...] | None:
    found = _VERSION.match(version.removeprefix("v"))
    return tuple(int(part) for part in found.groups() if part is not None) if found else None
