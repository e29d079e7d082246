"""The names by which a job reaches its services, as gitlab-runner gives them (``SplitNameAndVersion``)."""

from __future__ import annotations

from dindguard.model.image import Image
from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex

_PORT = regex(r":[0-9]+(?=/|$)")
_ALIAS = regex(r"[^\s,]+")


class ServiceNames:
    """Hands out the names of one job's services: of several equal names, the first service has it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, image: Image, aliases: tuple[Text, ...]) -> tuple[Text, ...]:
        """Return the names of the next service: those made from its image, then ``aliases``."""
        found = []
        for name in (*image_names(image), *aliases):
            if name.pattern not in self._taken:
                self._taken.add(name.pattern)
                found.append(name)
        return tuple(found)


def image_names(image: Image) -> tuple[Text, ...]:
    """Return the names made from an image.

    ``registry:5000/team/docker:29-dind`` makes ``registry__team__docker`` and ``registry-team-docker``.
    """
    if image.reference.unknown:
        return ()
    host = _PORT.sub("", repository(image))
    return tuple(Text(name, image.span) for name in dict.fromkeys((host.replace("/", "__"), host.replace("/", "-"))))


def aliases(text: Text) -> tuple[Text, ...]:
    """Return the names that ``alias:`` holds, separated by blanks or commas."""
    return tuple(text.part(*match.span()) for match in _ALIAS.finditer(text.pattern))


def repository(image: Image) -> str:
    """Return an image's name without tag and digest: its value, or as typed where that is not known."""
    reference = image.reference
    name = reference.pattern if UNKNOWN_PIECE not in reference.pattern else reference.raw
    name = name.partition("@")[0]
    colon = name.find(":", name.rfind("/") + 1)
    return name if colon < 0 else name[:colon]
