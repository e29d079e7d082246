"""What the docker plugin's calls are made on: ``docker.image('i')`` itself, or a variable that holds one.

Source: jenkinsci/docker-workflow-plugin, ``Docker.groovy``: ``docker.image`` and ``docker.build`` return an ``Image``, whose
``inside``, ``run`` and ``withRun`` take options of ``docker run`` as one string.
"""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from dindguard.documents.groovy.nodes import ASSIGNED, all_below
from dindguard.documents.tree import Node
from dindguard.formats.jenkinsfile.places import without_holder

_MADE_BY = ("docker.image", "docker.build")
_start = attrgetter("start")


class Images:
    """The images of one pipeline, those that its variables hold among them."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._held: dict[str, list[Node]] | None = None

    def of(self, made_on: Node, holder: str, options: Node, *, runs: bool) -> Node | None:
        """Return the image that a call is made on, as its name is written; a hole where nobody knows which.

        ``made_on`` is the call before this one, and where a variable stands instead, whose name is ``holder``, this call.
        ``None`` where it is no image: a variable of which nothing is known is one by what it is asked, and ``run`` is too
        common a word for that.
        """
        if not holder:
            return _image(made_on)
        held = self._of_variables().get(holder)
        if held:
            return held[max(bisect_left(held, made_on.start, key=_start) - 1, 0)]
        asked = options.is_scalar and options.content.lstrip().startswith("-")
        return made_on.hole("image") if asked and not runs else None

    def _of_variables(self) -> dict[str, list[Node]]:
        """Return by their names the images that variables are given, in the order of the text."""
        if self._held is None:
            self._held = {}
            for block in all_below(self._root):
                for key, value in block.pairs():
                    image = _image(value) if value.tag == ASSIGNED else None
                    if image is not None:
                        self._held.setdefault(key.content, []).append(image)
            for each in self._held.values():
                each.sort(key=_start)
        return self._held


def _image(made: Node) -> Node | None:
    """Return the name of the image that ``docker.image`` or ``docker.build`` makes; ``None`` of anything else."""
    called = next((value for key, value in made.pairs() if without_holder(key.content) in _MADE_BY), None)
    return called["0"] if called is not None and called.is_mapping else called
