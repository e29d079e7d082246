"""Whether a container's main process runs as root."""

from __future__ import annotations

from dindguard.infer import images
from dindguard.model import known_images
from dindguard.model.container import Container
from dindguard.model.image import Image
from dindguard.model.values import Flag, How

_ROOT = frozenset({"0", "root"})


def as_root(container: Container) -> Flag:
    """Return whether it runs as root: what is written for it or its Dockerfile stages, else what its image sets.

    Unknown, and not set, for images of which nothing is known.
    """
    user = next((link.user for link in images.chain(container) if link.user is not None and link.user.pattern), None)
    if user is not None and user.unknown:
        return Flag(None, user.span, How.UNKNOWN, "user", user.variable)
    if user is not None:
        return Flag(user.pattern.partition(":")[0] in _ROOT, user.span, user.how, "user")
    if container.run_as_non_root is not None and container.run_as_non_root.on:
        return Flag(False, container.run_as_non_root.span, container.run_as_non_root.how, "user")
    image = images.base_image(container)
    told = _told_by_variable(container, image)
    if told is not None:
        return told
    if image is not None and known_images.runs_as_ordinary_user(image.repository):
        return Flag(False, container.span, How.INHERITED, "user")
    defaults = image.engine.defaults if image is not None and image.engine is not None else None
    uid = defaults.uid if defaults is not None else None
    return Flag(None if uid is None else uid == 0, container.span, How.INHERITED, "user")


def _told_by_variable(container: Container, image: Image | None) -> Flag | None:
    """Return what a variable tells of the user, to images that take theirs from one; ``None`` for root by their own choice."""
    named = known_images.user_variable(image.repository) if image is not None else None
    if named is None:
        return None
    name, usual = named
    variable = images.variable(container, name)
    if variable is None:
        return None if usual in _ROOT else Flag(False, container.span, How.INHERITED, "user")
    value = variable.value
    if value.unknown:
        return Flag(None, value.span, How.UNKNOWN, "user", value.variable)
    return Flag(value.pattern in _ROOT, value.span, value.how, "user")
