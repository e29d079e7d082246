"""What both executors have in common: the containers of a runner, and reading of values."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard import budget
from dindguard.budget.stocks import share_of
from dindguard.documents.tree import Node
from dindguard.formats import Addresses
from dindguard.model.container import Container, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Storage
from dindguard.model.values import Text
from dindguard.model.workload import Placement
from dindguard.named_tuples import NamedTuple
from dindguard.scripts.engine_cli.specs import key_value

_LENGTH = 4
"""For so many characters of a configuration its services may be given one setting more."""


class Parts(NamedTuple):
    """The containers of a runner: ``default`` stands for any job's."""

    default: Container
    others: tuple[Container, ...]
    storages: tuple[Storage, ...]
    placement: Placement | None = None
    service: Container | None = None
    """Stands for any service of a job."""

    @property
    def containers(self) -> tuple[Container, ...]:
        """All of them, the default first."""
        return (self.default, *self.others)


def text(node: Node) -> Text | None:
    """Return a scalar as written; ``None`` for all else."""
    return node.value if node.is_scalar else None


def texts(node: Node) -> tuple[Text, ...]:
    """Return the scalars of a list; a single value is a list of one."""
    return tuple(item.value for item in node.listed() if item.is_scalar)


def environment(*lists: Node) -> Environment:
    """Return the variables of lists of ``NAME=value``, later ones on top."""
    return Environment(
        EnvVar(name.pattern, value, entry.span)
        for node in lists
        for entry in texts(node)
        for name, value in (key_value(entry),)
        if value is not None
    )


def image(node: Node) -> Image | None:
    """Return an image reference."""
    found = text(node)
    return Image.parse(found) if found is not None and found.value else None


def words(node: Node) -> Words | None:
    """Return a command."""
    return Words(texts(node), node.span) if node.is_sequence and node.items() else None


def services(runner: Node, executor: Node, given: int) -> Iterator[tuple[Node, str]]:
    """Yield the services that a runner adds to every job, each with the name it is told apart by.

    Each is ``given`` so many settings that stand in the configuration once, and its variables: as many as that allows.
    """
    names = Addresses()
    own = share_of(budget.RUNNER_SERVICES, runner.source, runner.source.size // _LENGTH)
    for service in executor["services"]:
        if not service.is_mapping or image(service["name"]) is None:
            continue
        if not own.takes(given + len(runner["environment"].items())):
            budget.met(budget.RUNNER_SERVICES, service)
            return
        name = service["alias"].text or service["name"].text.partition(":")[0]
        yield service, names.unique(name)
