"""Images that bring a container engine: which one, in which variant and version, with which defaults.

Sources: docker-library/docker (``generate-stackbrew-library.sh``, the Dockerfiles and entry points),
docker-library/docs ``docker/README.md``, moby/buildkit and containers/image_build Dockerfiles.

The facts: docs/engine-facts.md, "Entry point".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dindguard.enumerations import StrEnum
from dindguard.model.values import UNKNOWN_PIECE
from dindguard.patterns import decimal
from dindguard.records import record
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    from dindguard.model.image import Image

Version = tuple[int, ...]

FROZEN_VERSION = (19, 3, 14)
"""What ``docker:stable``, ``docker:test`` and ``docker:edge`` have held since December 2020."""


class Variant(StrEnum):
    """What an engine's image does when nobody gives it another command."""

    DAEMON = "daemon"
    ROOTLESS = "rootless"
    """A daemon that runs as an ordinary user."""
    DAEMONLESS = "daemonless"
    """Runs containers in itself, without listening anywhere (Podman, Buildah)."""
    CLIENT = "client"
    UNKNOWN = "unknown"
    """The tag decides, and is not known."""


@record
class ImageDefaults:
    """What an image sets when nobody says otherwise.

    ``tls_certdir`` is the value of ``DOCKER_TLS_CERTDIR``: ``""`` is plain TCP, ``None`` not known. ``volumes`` are the
    paths of VOLUME, ``None`` if not known. ``init`` tells whether the entry point starts an init. ``uid`` is the user's number.
    """

    data_root: str
    tls_certdir: str | None = None
    volumes: tuple[str, ...] | None = None
    ports: tuple[int, ...] = ()
    wrapper: bool = False
    init: bool | None = None
    uid: int | None = 0


@record
class EngineImage:
    """What an image's name tells about the engine in it.

    ``version`` is as
    much of the engine's version as the tag says: ``(29,)``, ``(29, 7, 2)``, or ``None``. ``floating`` tells
    whether a rebuild can bring another version; ``None`` if a variable decides. ``official`` is true for its
    maker's own image, mirrors included. ``frozen`` is a channel that gets no builds any more.
    """

    product: EngineProduct
    variant: Variant
    version: Version | None
    floating: bool | None
    official: bool
    frozen: bool = False

    @property
    def runs_engine(self) -> bool:
        """Whether a daemon runs in it unless the command says otherwise."""
        return self.variant in (Variant.DAEMON, Variant.ROOTLESS)

    @property
    def runs_containers(self) -> bool:
        """Whether containers run inside it, with a daemon or without."""
        return self.runs_engine or self.variant is Variant.DAEMONLESS

    @property
    def defaults(self) -> ImageDefaults | None:
        """The image's settings; ``None`` for a client and for images of which they are not known."""
        rootless = self.variant is Variant.ROOTLESS
        if self.product is EngineProduct.DOCKER and self.official and self.runs_engine:
            return _docker_defaults(self.version, self.floating, rootless)
        if self.product is EngineProduct.BUILDKIT and self.official:
            root = "/home/user/.local/share/buildkit" if rootless else "/var/lib/buildkit"
            return ImageDefaults(root, volumes=(root,), uid=1000 if rootless else 0)
        if self.product in (EngineProduct.PODMAN, EngineProduct.BUILDAH) and self.official:
            user = "podman" if self.product is EngineProduct.PODMAN else "build"
            root = "/var/lib/containers"
            return ImageDefaults(root, volumes=(root, f"/home/{user}/.local/share/containers"))
        return None


@lru_cache(maxsize=256)
def _docker_defaults(version: Version | None, floating: bool | None, rootless: bool) -> ImageDefaults:
    """Return what docker-library's image sets; a tag without a version is the newest one."""
    if version is None and floating is None:
        certdir, init = None, None
    else:
        newest = _newest_of(version)
        certdir = "/certs" if newest >= (19, 3) else ""
        init = newest >= (20, 10, 8)
    root = "/home/rootless/.local/share/docker" if rootless else "/var/lib/docker"
    return ImageDefaults(
        data_root=root,
        tls_certdir=certdir,
        volumes=("/var/lib/docker", root) if rootless else (root,),
        ports=(2375, 2376) if certdir != "" else (2375,),
        wrapper=True,
        init=init,
        uid=1000 if rootless else 0,
    )


def _newest_of(version: Version | None) -> Version:
    """Return the version filled up with the highest numbers: the newest that the tag can mean."""
    newest = 1_000
    return (*(version or ()), newest, newest, newest)[:3]


def recognise(image: Image) -> EngineImage | None:
    """Return what the image's name tells about an engine in it, ``None`` if it tells of none."""
    key = (image.registry, image.repository, image.tag, image.digest, image.pinned)  # all that is asked of it
    try:
        return _RECOGNISED[key]
    except KeyError:  # asked so because another thread may forget them all meanwhile
        found = _docker(image) or _other_engine(image) or _docker_by_name(image)
    if len(_RECOGNISED) >= IMAGES_HELD:
        _RECOGNISED.clear()
    _RECOGNISED[key] = found
    return found


IMAGES_HELD = 1_000
"""So many images are remembered: most files name one that another one names, too."""

_RECOGNISED: dict[tuple[object, ...], EngineImage | None] = {}


def _docker(image: Image) -> EngineImage | None:
    """Recognise docker-library's image, through registries and mirrors."""
    if image.name != "docker" or image.repository.endswith("plugins/docker"):
        return None  # Drone's plug-in of that name is another program
    words = _words(image.tag)
    version = _version(image.tag)
    plain = image.repository in ("docker", "library/docker") or image.repository.endswith("/library/docker")
    if not plain:
        told = "dind" in words or "cli" in words or (version is not None and version >= (17,))
        mirrored = image.registry != "docker.io"
        if not (told and (mirrored or "dind" in words)):
            return None
        plain = mirrored
    frozen = bool(words) and words[0] in ("stable", "test", "edge")
    if frozen:
        version = FROZEN_VERSION
    variant = _docker_variant(image, words, version)
    return EngineImage(EngineProduct.DOCKER, variant, version, _floating(image, version), plain, frozen)


def _docker_variant(image: Image, words: list[str], version: Version | None) -> Variant:
    if any(word in words for word in ("cli", "git", "windowsservercore", "nanoserver")):
        return Variant.CLIENT
    if "dind" in words:
        return Variant.ROOTLESS if "rootless" in words else Variant.DAEMON
    if UNKNOWN_PIECE in image.tag or (image.digest and not image.tag):
        return Variant.UNKNOWN
    if version is not None:
        # Since 23.0 the bare tag is the daemon's image; before, it held the client alone.
        return Variant.DAEMON if version >= (23,) else Variant.CLIENT
    return Variant.DAEMON if not words or words[0] in ("latest", "rc") else Variant.UNKNOWN


_ENGINES = {
    "moby/buildkit": EngineProduct.BUILDKIT,
    "earthly/buildkitd": EngineProduct.BUILDKIT,
    "earthly/earthly": EngineProduct.BUILDKIT,
    "dagger/engine": EngineProduct.BUILDKIT,
    "podman/stable": EngineProduct.PODMAN,
    "podman/testing": EngineProduct.PODMAN,
    "podman/upstream": EngineProduct.PODMAN,
    "containers/podman": EngineProduct.PODMAN,
    "buildah/stable": EngineProduct.BUILDAH,
    "buildah/testing": EngineProduct.BUILDAH,
    "buildah/upstream": EngineProduct.BUILDAH,
    "containers/buildah": EngineProduct.BUILDAH,
    "kindest/node": EngineProduct.KUBERNETES_NODE,
    "rancher/k3s": EngineProduct.KUBERNETES_NODE,
    "rancher/rancher": EngineProduct.KUBERNETES_NODE,
    "k8s-minikube/kicbase": EngineProduct.KUBERNETES_NODE,
}


def _other_engine(image: Image) -> EngineImage | None:
    path = "dagger/engine" if image.registry == "registry.dagger.io" else image.repository
    engine = _ENGINES.get("/".join(path.split("/")[-2:]))
    if engine is None:
        return None
    variant = Variant.DAEMON
    if engine in (EngineProduct.PODMAN, EngineProduct.BUILDAH):
        variant = Variant.DAEMONLESS
    elif "rootless" in _words(image.tag):
        variant = Variant.ROOTLESS
    elif engine is EngineProduct.BUILDKIT and UNKNOWN_PIECE in image.tag:
        variant = Variant.UNKNOWN
    version = _version(image.tag)
    official = path.split("/")[-2] not in ("earthly", "dagger")  # they bring BuildKit inside their own
    return EngineImage(engine, variant, version, _floating(image, version), official)


_AFTER_DIND = frozenset(["rootless", "runner", "image", "daemon", "base", "ubuntu", "debian", "alpine", "fedora"])
"""Words behind ``dind`` in a repository's name that leave it an engine's image; ``docs`` does not."""


def _docker_by_name(image: Image) -> EngineImage | None:
    """Recognise other makers' images with a Docker daemon by the word ``dind`` in name or tag."""
    words = _words(image.name)
    tag = _words(image.tag)
    if "dind" in words:
        rest = words[words.index("dind") + 1 :]
        told = all(word in _AFTER_DIND or word.isdigit() for word in rest) and _not_denied(words)
    elif image.repository.split("/")[-2:-1] == ["nestybox"]:
        told = "docker" in words
    else:
        told = words[-3:] == ["docker", "in", "docker"] or ("dind" in tag and _not_denied(tag))
    if not told or "cli" in tag:
        return None
    variant = Variant.ROOTLESS if "rootless" in words or "rootless" in tag else Variant.DAEMON
    return EngineImage(EngineProduct.DOCKER, variant, None, _floating_by_habit(image), official=False)


def _not_denied(words: list[str]) -> bool:
    at = words.index("dind")
    return at == 0 or words[at - 1] not in ("no", "non", "not", "without")


def _words(text: str) -> list[str]:
    """Split a name or tag at its separators; an unknown piece makes the word it is part of unknown."""
    words = text.lower().replace("_", "-").replace(".", "-").split("-")
    return [word for word in words if word]


def _version(tag: str) -> Version | None:
    """Return the version a tag starts with: ``(27, 5)`` for ``v27.5-dind-alpine3.21``."""
    number = tag.lower().removeprefix("v").partition("-")[0].partition("+")[0]
    numbers = [decimal(part, digits=4) for part in number.split(".")[:4]]
    known = tuple(each for each in numbers if each is not None)
    return known if len(known) == len(numbers) < 4 else None


def _floating(image: Image, version: Version | None) -> bool | None:
    if image.pinned:
        return False
    if UNKNOWN_PIECE in image.tag or image.pinned is None:
        return None
    return version is None or len(version) < 3


def _floating_by_habit(image: Image) -> bool | None:
    """Tell of an image whose maker numbers it as they like: a tag without any digit names no build.

    One that was built locally has no other build anywhere: its Dockerfile is what can float.
    """
    if image.bare:
        return False
    floating = _floating(image, None)
    return floating and not any(char.isdigit() for char in image.tag)
