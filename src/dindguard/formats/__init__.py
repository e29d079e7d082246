"""Formats: file kinds read into the model. One package per format, imported when a file needs it.

How a format is written (see CONTRIBUTING.md, "a format in an hour"):

* The package's ``__init__`` declares ``FORMAT``, its :class:`~dindguard.formats.row.FormatRow`: its names, its shape,
  its words. It imports nothing heavy. Nobody else knows a format by name.
* Its module ``reader`` has one function ``read(documents, context) -> Reading``. It gets *all* documents of its kind
  at once, so that it can join what several files say (an override, a namespace's labels).
* It builds :class:`~dindguard.model.workload.Workload` objects with their containers, and leaves *conclusions*
  (roles, daemons, accesses, sandboxes) to ``infer``. It knows no rule and no other format.
* A document inside a document (a script, a ``daemon.json`` in a ConfigMap) becomes
  :class:`~dindguard.source.Embedded` with a hint and its owner; the scan reads it like any other.
* ``context.open(path)`` gives another file inside the root (``None`` when there is none).
* Nothing raises for bad content: a hole is read as *not written*; what is wrong becomes a notice.
* ``address`` of a container is its named way in the file, free of list positions: ``services.dind``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dindguard import memory
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar
from dindguard.records import field, record
from dindguard.source import Embedded, Notice, Source, Span

if TYPE_CHECKING:
    from dindguard.documents.yaml import Tree
    from dindguard.model.engine import Engine
    from dindguard.model.invocation import Invocation
    from dindguard.model.launch import Configuration, ServiceFile
    from dindguard.model.workload import Workload
    from dindguard.scripts.commands import Dialect

T = TypeVar("T")


@record(slots=True)
class Document:
    """One document of a recognised format.

    ``content`` is what its reader gave: a :class:`~dindguard.documents.tree.Node` for YAML and JSON, ``None`` for
    formats that read the text themselves. ``owner`` is the container whose text it was embedded in. ``seen`` is what the
    format said of it when it was recognised, if it looks at its documents then.
    """

    source: Source
    content: Any = None
    owner: Container | None = None
    seen: Any = None


class Addresses:
    """Gives every object of a file an address of its own: the second of a name is ``name#2``."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def unique(self, address: str) -> str:
        """Return the address, numbered where it was asked for before."""
        count = self._taken[address] = self._taken.get(address, 0) + 1
        return address if count == 1 else f"{address}#{count}"


@record
class Unread:
    """A text that a format recognised and did not understand. ``what`` says what it is; ``known``, that such a thing
    configures containers or their hosts."""

    source: Source
    what: str
    known: bool = False


class Reading:
    """What a format found: fill it, return it."""

    def __init__(self, workloads: Iterable[Workload] = ()) -> None:
        self.workloads: list[Workload] = list(workloads)
        self.embedded: list[Embedded] = []
        self.invocations: list[Invocation] = []
        self.configurations: list[Configuration] = []
        self.services: list[ServiceFile] = []
        self.engines: list[Engine] = []
        """Engines of hosts, which tell about themselves; those in containers are concluded by ``infer``."""
        self.programs: list[tuple[Container, str]] = []
        """Every program that a container's scripts run, by its base name."""
        self.notices: list[Notice] = []
        self.unread: list[Unread] = []
        """Documents that are of this format, of which nothing was understood."""
        self.taken: list[str] = []
        """Files of which values were taken one by one; ``unread`` has what nothing asked for."""


def read_scripts(documents: Iterable[Document], dialect: Dialect, context: Context) -> Reading:
    """Return what scripts of one language start, reach and write: what every format of scripts reads of them."""
    from dindguard.scripts.commands import commands
    from dindguard.scripts.meaning import script_model

    reading = Reading()
    for document in documents:
        found = commands(document.source, dialect=dialect)
        model = script_model(found, document.source, document.owner, context.open)
        reading.workloads += model.workloads
        reading.invocations += model.invocations
        reading.notices += model.notices
        reading.embedded += model.embedded
    return reading


def registered_runners(containers: Sequence[Container]) -> Iterable[Workload]:
    """Return the runners that containers register by their own variables."""
    if not any("RUNNER_EXECUTOR" in container.environment for container in containers):
        return ()
    from dindguard.scripts.runner_variables import runners

    return runners(containers)


def add_client(reading: Reading, name: str, variables: Sequence[EnvVar]) -> None:
    """Add a machine whose clients command the engine that variables name, which it gives to all that it starts."""
    from dindguard.model.workload import Platform, WorkloadKind, alone

    host = next((each for each in variables if each.name == "DOCKER_HOST"), None)
    if host is None:
        return
    machine = Container(
        name=name,
        address="environment",
        kind=ContainerKind.SCRIPT,
        span=host.span,
        environment=Environment(each for each in variables if each.name.startswith("DOCKER_")),
    )
    reading.workloads.append(alone(machine, WorkloadKind.HOST, Platform.NONE))


def add_task(reading: Reading, address: str, name: str, span: Span, scripts: Iterable[Source]) -> None:
    """Add what a machine runs under a name: a task runner's task. Scripts that name no engine are left aside."""
    from dindguard.model.workload import Platform, WorkloadKind, alone
    from dindguard.scripts.commands import names_an_engine

    found = [script for script in scripts if names_an_engine(script.text)]
    if not found:
        return
    machine = Container(name=name, address=address, kind=ContainerKind.SCRIPT, span=span)
    reading.workloads.append(alone(machine, WorkloadKind.HOST, Platform.NONE))
    reading.embedded += [Embedded(script, machine) for script in found]


def _outside(_: str) -> str | None:
    return None


def _none(folder: str) -> tuple[str, ...]:  # noqa: ARG001 - the default for readers that are tested alone
    return ()


def _never(_: str) -> bool:
    return False


def _now(_kind: object, _about: Iterable[Any], make: Callable[[], Any]) -> Any:
    return make()


def _each(
    items: Iterable[Any],
    work: Callable[[Any], Any],
    _known: Callable[[Any], Iterable[object]],
    _size: Callable[[Any], int],
) -> Iterator[tuple[Any, Any]]:
    return ((item, work(item)) for item in items)


def _nobody(_: object) -> None:
    return None


class _Made:
    """What was made of the texts of the file that is being read; of other files it is forgotten."""

    def __init__(self) -> None:
        self._file: Source | None = None
        self._made: dict[object, Any] = {}

    def of(self, file: Source) -> dict[object, Any]:
        """Return what was made of a file's texts: nothing yet, if another file was asked for before."""
        if self._file is not file:
            self._file, self._made = file, {}
        return self._made


@record
class Context:
    """What surrounds the documents. ``open`` and ``tree`` take paths relative to the root, with ``/``.

    ``open`` returns ``None`` for a file that is missing, outside the root or too large; ``tree`` for one that
    is no readable YAML as well. ``exists`` and ``listing`` ask about files and a folder's file names. ``relative``
    turns an absolute path into such a one, ``None`` outside the root.
    """

    open: Callable[[str], Source | None]
    tree: Callable[[str], Tree | None]
    listing: Callable[[str], tuple[str, ...]]
    relative: Callable[[str], str | None] = _outside
    configures: Callable[[str], bool] = _never
    """Whether a file of that path configures, or starts, the engine of whoever has it."""
    named: Callable[[str], bool] = _never
    """Whether a file of that path is read for its name alone, so that nobody else need hand it on."""
    folders: Callable[[str], tuple[str, ...]] = _none
    """The names of the folders in a folder."""
    again: Callable[[object, Iterable[Any], Callable[[], Any]], Any] = _now
    """Returns what a function makes of some objects: in an editor, what it made before if all that it asks here, and the
    files that it ``uses``, are as they were. ``kind`` says what is made, for which names."""
    uses: Callable[[str], None] = _nobody
    """Says that what is being made comes from a document of a file that was given with the others."""
    waits: Callable[[Source], None] = _nobody
    """Says that a text which was found waits to be read or told of: where there are many, it is packed meanwhile."""
    each: Callable[
        [Iterable[Any], Callable[[Any], Any], Callable[[Any], Iterable[object]], Callable[[Any], int]],
        Iterator[tuple[Any, Any]],
    ] = _each
    """Yields each of some things with what a function makes of it, in their order: perhaps of many at a time, in copies of this
    process. So what it makes should be able to travel, and what it changes counts for nothing; it must say of what it takes
    from things before it. A second function tells what of a thing may stand in what is made, and is not to be a copy; a third
    how many characters it has."""
    _made: _Made = field(default_factory=_Made, repr=False)

    def once(self, source: Source, what: str, make: Callable[[], T]) -> T:
        """Return what ``make`` makes of a text alone, once for all texts of its file that say the same at the same place."""
        if source.parent is None:
            return make()
        made = self._made.of(source.file)
        key = what, memory.key_of(source)
        if key not in made:
            made[key] = make()
        return cast("T", made[key])
