"""Where a container was written: in the snapshot, and in the Compose file that its labels name."""

from __future__ import annotations

from dindguard.documents.tree import Node
from dindguard.formats import Context
from dindguard.model.container import Words
from dindguard.model.values import Flag, How, Text, inherited, unset
from dindguard.records import record, replace
from dindguard.source import Span, Step

_PROJECT_FILES = "com.docker.compose.project.config_files"
_DIRECTORY = "com.docker.compose.project.working_dir"
_SERVICE = "com.docker.compose.service"


@record
class Place:
    """Makes values of a container's nodes; each points at the Compose service, if there is one, and then at the node.

    Unlike a file that people write, an inspected container has every setting. What is off, empty or zero in it
    counts as not written.
    """

    service: Span | None = None

    def at(self, node: Node) -> Span:
        """Return where to point for what stands at ``node``."""
        if self.service is None:
            return node.span
        return self.service.with_trail(Step("so the engine reports it", node.span))

    def text(self, node: Node) -> Text | None:
        """Return a scalar's text; ``None`` for null and for the empty string."""
        if not node.is_scalar or node.is_null or not node.content:
            return None
        return self.written(node, node.content)

    def written(self, node: Node, value: str) -> Text:
        """Return ``value`` as the text at ``node``, as a whole: its parts have no place of their own in another file."""
        if self.service is None and node.content == value:
            return node.typed
        return Text(value, self.at(node), raw=f'"{value}"')

    def inherited(self, node: Node, value: str) -> Text:
        """Return ``value`` as something that nobody chose."""
        return inherited(value, self.at(node))

    def texts(self, node: Node) -> tuple[Text, ...]:
        """Return the texts of a list."""
        return tuple(text for item in node.items() if (text := self.text(item)) is not None)

    def words(self, node: Node) -> Words | None:
        """Return a command: a list of words, or Podman's one string; ``None`` when there is none."""
        items = node.listed()
        words = tuple(self.written(item, item.content) for item in items if item.is_scalar)
        return Words(words, self.at(node)) if words else None

    def flag(self, node: Node, name: str) -> Flag:
        """Return a boolean; false counts as not written."""
        if node.is_scalar and node.content == "true":
            return Flag(True, self.at(node), How.WRITTEN, name)
        return unset(self.at(node), name)

    def number(self, node: Node) -> Text | None:
        """Return a limit; zero and -1 stand for none."""
        return None if node.content in ("0", "-1") else self.text(node)


def place_of(container: Node, context: Context) -> Place:
    """Return where a container was written: at its service, if its labels name a file below the scan's root."""
    labels = container["Config"]["Labels"]
    service = labels[_SERVICE].content
    if not service:
        return Place()
    for name in labels[_PROJECT_FILES].content.split(","):
        written = name.strip()
        absolute = written if written.startswith("/") else f"{labels[_DIRECTORY].content}/{written}"
        path = context.relative(absolute)
        tree = context.tree(path) if written and path is not None else None
        for document in tree.documents if tree is not None else ():
            if service in document["services"]:
                # Also the address: what is allowed or approved of the service holds for its container.
                return Place(replace(document["services"][service].key_span, route=f"services.{service}"))
    return Place()
