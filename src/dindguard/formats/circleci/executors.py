"""What a job's steps run in: a container and others beside it, or a machine.

Source: CircleCI's configuration reference. The ``docker`` executor has no privilege, volumes or devices; its containers
share one network. A job runs on CircleCI's machines unless its resource class is of an organisation's own runners.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.circleci.parameters import Names
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, inherited
from dindguard.records import record

PROVIDER = "CircleCI"


@record
class Executor:
    """The settings of a job or of an executor that it names, with the names in force there."""

    settings: Node
    names: Names

    @property
    def hosted(self) -> Text | None:
        """The setting that says that the machine is CircleCI's own; ``None`` for an organisation's runner."""
        resource = self.settings["resource_class"]
        if resource.present:
            text = self.names.located(resource).value
            if text.unknown or "/" in text.pattern:
                return None
        key = next((key for key in ("docker", "machine", "macos") if self.settings[key].present), None)
        return Text(PROVIDER, self.settings[key].key_span) if key is not None else None

    @property
    def windows(self) -> bool:
        """Whether its machine runs Windows, by its image or its resource class."""
        words = (self.settings["machine"]["image"].content, self.settings["resource_class"].content)
        return any("windows" in word.lower() for word in words)

    def containers(self, name: str, address: str, span_of: Node, variables: tuple[EnvVar, ...]) -> list[Container]:
        """Return the job's container, or its machine, and then the containers beside it."""
        own = (*variables_of(self.settings["environment"], self.names), *variables)
        images = [item for item in self.settings["docker"].items() if item["image"].is_scalar]
        if not images:
            return [
                Container(
                    name=name, address=address, kind=ContainerKind.JOB, span=span_of.key_span, environment=Environment(own)
                )
            ]  # fmt: skip
        return [
            _container(item, self.names, name, address, index, own if index == 0 else ())
            for index, item in enumerate(images)
        ]


def _container(item: Node, names: Names, job: str, address: str, index: int, outer: tuple[EnvVar, ...]) -> Container:
    image = names.located(item["image"])
    name = item["name"].text or str(image.value).rpartition("/")[2].partition(":")[0]
    entrypoint, command = _words(item["entrypoint"], names), _words(item["command"], names)
    if index == 0 and command is None:
        command = Words((inherited("sh", image.span),), image.span)  # the image's own does not decide what runs
    return Container(
        name=name if index else job,
        address=f"{address}.docker.{name}" if index else address,
        kind=ContainerKind.JOB_SERVICE if index else ContainerKind.JOB,
        span=item["image"].span,
        image=Image.parse(image.value),
        environment=Environment((*variables_of(item["environment"], names), *outer)),
        entrypoint=entrypoint,
        command=command,
        user=names.located(item["user"]).value if item["user"].is_scalar else None,
    )


def _words(node: Node, names: Names) -> Words | None:
    words = tuple(names.located(each).value for each in node.listed() if each.is_scalar)
    return Words(words, node.span) if words else None


def variables_of(environment: Node, names: Names) -> tuple[EnvVar, ...]:
    """Return the variables of an ``environment``: a mapping, or a list of mappings."""
    return tuple(
        EnvVar(key.content, names.located(value).value, key.span)
        for key, value in pairs_of(environment)
        if value.is_scalar
    )


def pairs_of(environment: Node) -> Iterator[tuple[Node, Node]]:
    """Yield names and values of an ``environment``."""
    for mapping in (environment, *environment.items()):
        yield from mapping.pairs()
