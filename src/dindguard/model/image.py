"""Image references: their parts, as far as they are known, and what kind of image they name."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from dindguard.compact import shared
from dindguard.model import known_images
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.records import field, record
from dindguard.source import Span

if TYPE_CHECKING:
    from dindguard.model.engine_image import EngineImage

_DOCKER_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@record(eq=False, slots=True)
class Image:
    """An image reference (grammar: distribution/reference).

    ``registry`` is ``docker.io`` when none is written; ``repository`` is the rest of the name, with ``library/``
    left out for it; ``tag`` and ``digest`` are ``""`` when not written. Pieces that the files don't decide stay as
    :data:`~dindguard.model.values.UNKNOWN_PIECE`: what is known around them still counts.
    """

    reference: Text
    registry: str
    repository: str
    tag: str
    digest: str
    _engine: EngineImage | Literal[False] | None = field(init=False, repr=False, default=False)

    @classmethod
    def parse(cls, text: Text) -> Image:
        """Read a reference. Any text gives an image, if need be one of which nothing is known."""
        name, _, digest = text.pattern.strip().partition("@")
        slash = name.rfind("/")
        colon = name.find(":", slash + 1)
        name, tag = (name, "") if colon < 0 else (name[:colon], name[colon + 1 :])
        registry, repository = _split_registry(name)
        if registry in _DOCKER_HUB:
            registry = "docker.io"
            repository = repository.removeprefix("library/")
        return cls(text, shared(registry), shared(repository), shared(tag), digest)

    @property
    def span(self) -> Span:
        """Where the reference is written."""
        return self.reference.span

    @property
    def name(self) -> str:
        """The repository's last component; ``""`` if it is not known."""
        last = self.repository.rpartition("/")[2]
        return "" if UNKNOWN_PIECE in last else last

    @property
    def from_anywhere(self) -> bool:
        """Whether nothing is known of it that tells what is in it: ``${IMAGE}``, ``${REGISTRY}/${NAME}:1``."""
        return self.reference.unknown and not self.name and self.engine is None

    @property
    def pinned(self) -> bool | None:
        """Whether a digest fixes the content; ``None`` if a variable may hold one."""
        if self.digest:
            return None if UNKNOWN_PIECE in self.digest and ":" not in self.digest else True
        open_ended = self.reference.unknown and self.reference.pattern.strip().endswith(UNKNOWN_PIECE)
        return None if open_ended else False

    @property
    def bare(self) -> bool:
        """Whether it has neither registry nor namespace: an official image, or one that was built locally."""
        return self.registry == "docker.io" and "/" not in self.repository and UNKNOWN_PIECE not in self.repository

    def comes_from(self, registries: Collection[str]) -> bool | None:
        """Whether it lies in one of the registries, or folders of them (``ghcr.io/team``); ``None`` if not known."""
        bare = self.registry == "docker.io" and self.repository[:1] in ("", UNKNOWN_PIECE)
        if UNKNOWN_PIECE in self.registry or bare:
            return None
        name = f"{self.registry}/{self.repository}"
        if any(name.startswith(f"{entry.rstrip('/')}/") for entry in registries):
            return True
        folders = any(entry.startswith(f"{self.registry}/") for entry in registries)
        return None if folders and UNKNOWN_PIECE in self.repository else False

    @property
    def engine(self) -> EngineImage | None:
        """The engine in it, if it is an image that is known to bring one."""
        known = self._engine
        if known is False:  # nobody has asked
            from dindguard.model.engine_image import recognise

            known = recognise(self)
            object.__setattr__(self, "_engine", known)
        return known

    @property
    def socket_proxy(self) -> str | None:
        """The product that filters the engine's API; ``unknown`` if only the name says that it is one."""
        return known_images.socket_proxy(self.repository)

    @property
    def known_socket_user(self) -> str | None:
        """The product, if it is well known and made to command the host's engine (Portainer, Traefik …)."""
        return known_images.socket_user(self.repository)

    @property
    def runner(self) -> str | None:
        """The CI system whose runner or agent it is: ``gitlab``, ``github``, ``jenkins`` …"""
        return known_images.runner(self.repository)

    @property
    def privileged_tool(self) -> str | None:
        """What it does to the host, if it is well known, made to be run privileged, and ends by itself."""
        from dindguard.model.known_powers import privileged_tool

        return privileged_tool(self.repository)

    @property
    def privileged_user(self) -> str | None:
        """The product, if it is well known and its own instructions run it privileged (cAdvisor, Home Assistant …)."""
        from dindguard.model.known_powers import privileged_user

        return privileged_user(self.repository)

    @property
    def host_agent(self) -> str | None:
        """The product, if it is well known and its own instructions let it look into the host's processes (Netdata …)."""
        from dindguard.model.known_powers import host_agent

        return host_agent(self.repository)

    @property
    def host_networker(self) -> str | None:
        """The product, if it is well known and its own instructions let it set up the host's network (kube-vip …)."""
        from dindguard.model.known_powers import host_networker

        return host_networker(self.repository)

    @property
    def fuse_mounter(self) -> str | None:
        """The product, if it is well known and its own instructions let it mount file systems (rclone …)."""
        from dindguard.model.known_powers import fuse_mounter

        return fuse_mounter(self.repository)

    @property
    def archived(self) -> str | None:
        """Why nobody maintains it any more, in a phrase; ``None`` for all else."""
        if self.engine is not None and self.engine.frozen:
            return "its channel tags have been frozen since December 2020 at 19.03.14"
        return known_images.archived(self.repository)

    def __str__(self) -> str:
        return str(self.reference)


def _split_registry(name: str) -> tuple[str, str]:
    """Split as distribution/reference does; an unknown first piece counts as registry and path prefix."""
    first, slash, rest = name.partition("/")
    if not slash:
        prefix, piece, known = name.rpartition(UNKNOWN_PIECE)
        # ${REGISTRY}docker: such a variable ends with a slash, or is empty.
        return (prefix + piece, known) if piece and not prefix and known else ("docker.io", name)
    if any(char in first for char in ".:") or first == "localhost" or first != first.lower():
        return first, rest
    if UNKNOWN_PIECE in first:
        return first, rest
    return "docker.io", name
