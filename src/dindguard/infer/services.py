"""Engines of machines: units, drop-ins, sockets, variables and configuration files that belong together, joined.

systemd's rules are those of systemd.service(5): files of one unit count in the order of their names, and an empty
``ExecStart=`` takes back what stands before it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dindguard.infer.launches import Started, from_words
from dindguard.infer.machines import Half, machine_engine
from dindguard.model.container import Container
from dindguard.model.engine import Engine, Machine
from dindguard.model.engine_settings import settings_of
from dindguard.model.launch import OPTIONS, Configuration, Launch, ServiceFile, ServiceKind, Setting
from dindguard.model.values import Flag, How, Text, unknown
from dindguard.records import record, replace
from dindguard.vocabulary import SHELLS, UNSEEN, EngineProduct

_PACKAGED = frozenset({"docker", "containerd", "podman", "buildkit"})
"""Services whose packaged unit has a command of its own: another one beside it, without a reset, is refused."""
_INITS = frozenset({"init", "openrc", "openrc-init"})
_NOT_READ = "systemd starts it, whose packaged unit does not read this file"


@record(eq=False)
class _Machine:
    """The files of one machine."""

    services: tuple[ServiceFile, ...]
    configurations: tuple[Configuration, ...]


def machine_engines(
    services: Iterable[ServiceFile], configurations: Iterable[Configuration]
) -> tuple[tuple[Engine, ...], frozenset[Configuration]]:
    """Return the engines of machines whose services the files show, and the configuration files that they read."""
    engines: list[Engine] = []
    for machine in _machines(services, configurations):
        engines.extend(_engines(machine))
    return tuple(engines), frozenset(each.configuration for each in engines if each.configuration is not None)


def starts_of(services: Sequence[ServiceFile]) -> tuple[Started, ...]:
    """Return the engines that the service manager of a container starts, by its files."""
    by_name, files = _by_name(services), _variable_files(services)
    return tuple(start for name, own in by_name.items() for start in _starts(name, own, files))


def _machines(services: Iterable[ServiceFile], configurations: Iterable[Configuration]) -> Iterator[_Machine]:
    files: dict[str, list[ServiceFile]] = {}
    settings: dict[str, list[Configuration]] = {}
    for service in services:
        files.setdefault(service.machine, []).append(service)
    for each in configurations:
        settings.setdefault(each.machine, []).append(each)
    for machine, found in files.items():
        yield _Machine(tuple(found), tuple(settings.get(machine, ())))


def _by_name(services: Iterable[ServiceFile]) -> dict[str, list[ServiceFile]]:
    found: dict[str, list[ServiceFile]] = {}
    for each in services:
        found.setdefault(each.service, []).append(each)
    return found


def _variable_files(services: Iterable[ServiceFile]) -> list[ServiceFile]:
    return [each for each in services if each.kind is ServiceKind.VARIABLES]


def _engines(machine: _Machine) -> Iterator[Engine]:
    shown: set[EngineProduct] = set()
    owner: Machine | Container | None = None
    files = _variable_files(machine.services)
    for name, own in _by_name(machine.services).items():
        sockets = _addresses(name, own)
        for start in _starts(name, own, files):
            shown.add(start.product)
            found = _configurations(machine, start.product)
            half = Half(start.product, start.launch, sockets, start.launch.span, undecided_file=len(found) > 1)
            engine = _in_its_network(machine_engine(half, _only(found), f"{name}.engine"), start)
            owner = owner or engine.owner
            yield replace(engine, owner=owner) if engine.container is None else engine
    for product in (EngineProduct.DOCKER, EngineProduct.PODMAN):
        if product not in shown:
            yield from _unshown(machine, product)


def _in_its_network(engine: Engine, start: Started) -> Engine:
    if not start.rootless:
        return engine
    from dindguard.infer.rootless_network import from_outside  # few engines are rootless

    listens = from_outside(engine.listens, start, start.environment.get)
    return replace(engine, listens=listens, rootless=Flag(True, start.launch.span, How.WRITTEN, "rootless"))


def _unshown(machine: _Machine, product: EngineProduct) -> Iterator[Engine]:
    """Yield the engine of which the files show options or a socket, and not what starts it: its package's own unit does."""
    settings = tuple(optional_settings(machine.services)) if product is EngineProduct.DOCKER else ()
    sockets = _addresses(product, machine.services)
    if settings or sockets:
        span = settings[0].span if settings else sockets[0].span
        launch = Launch(wrapper=False, arguments=(), settings=settings, span=span, certain=False, shown=False)
        half = Half(
            product, launch, sockets, span, _NOT_READ if settings and not _of_openrc(machine.services) else ""
        )
        yield machine_engine(half, _only(_configurations(machine, product)), product)


def start_of_init(services: Sequence[ServiceFile], main: str) -> Started | None:
    """Return the Docker that OpenRC starts in a container whose ``main`` program is its init, if a file has options for it.

    Its package's init script takes them from ``/etc/conf.d/docker`` (Alpine's and Gentoo's ``docker.initd``).
    """
    settings = tuple(optional_settings(services)) if main in _INITS and _of_openrc(services) else ()
    if not settings:
        return None
    launch = Launch(wrapper=False, arguments=(), settings=settings, span=settings[0].span, certain=False, init=True)
    return Started(EngineProduct.DOCKER, launch, by_service=True)


def _of_openrc(services: Iterable[ServiceFile]) -> bool:
    """Whether all files of options are where OpenRC's init scripts look."""
    paths = [each.path for each in services if each.kind is ServiceKind.VARIABLES]
    return bool(paths) and all("conf.d/" in path for path in paths)


def optional_settings(services: Iterable[ServiceFile]) -> Iterator[Setting]:
    """Yield the settings in files of options, which init scripts put into an engine's command line."""
    for service in services:
        if service.kind is ServiceKind.VARIABLES:
            for variable in service.variables:
                if variable.name in OPTIONS:
                    from dindguard.scripts.commands import split_words  # few scans have service files

                    yield from settings_of(split_words(variable.value))[0]


def _configurations(machine: _Machine, product: EngineProduct) -> Sequence[Configuration]:
    return [each for each in machine.configurations if each.product is product]


def _only(found: Sequence[Configuration]) -> Configuration | None:
    return found[0] if len(found) == 1 else None


def _addresses(name: str, services: Iterable[ServiceFile]) -> tuple[Text, ...]:
    own = (each for each in services if each.kind is ServiceKind.SOCKET and each.service == name)
    return tuple(address for each in own for address in each.addresses)


def _starts(name: str, services: Sequence[ServiceFile], files: Sequence[ServiceFile]) -> Iterator[Started]:
    """Yield what the files of one service start, after what later ones take back."""
    own = sorted(
        (each for each in services if each.kind in _STARTING),
        key=lambda each: (each.kind is ServiceKind.DROP_IN, posixpath.basename(each.path)),
    )
    commands: list[tuple[Text, ...]] = []
    whole = name not in _PACKAGED or any(each.kind is not ServiceKind.DROP_IN for each in own)
    for each in own:
        commands = list(each.commands) if each.resets else [*commands, *each.commands]
        whole = whole or each.resets
    variables = _variables(own, files)
    for words in commands if whole else ():
        expanded, certain = _expanded(words, variables)
        start = _service_start(expanded)
        if start is not None:
            kept = next((word.span for word in expanded if word.variable == UNSEEN), None)
            launch = replace(start.launch, certain=start.launch.certain and certain, packaged=kept)
            yield replace(start, launch=launch, environment={**variables, **start.environment})


_STARTING = frozenset({ServiceKind.UNIT, ServiceKind.DROP_IN, ServiceKind.PROGRAM})


def _variables(own: Sequence[ServiceFile], files: Sequence[ServiceFile]) -> Mapping[str, Text]:
    """Return what a service's command line can name: its own variables, then those of the files that it reads."""
    found = {variable.name: variable.value for each in own for variable in each.variables}
    read = {posixpath.normpath(text.pattern.lstrip("-")) for each in own for text in each.reads}
    for each in files if read else ():
        if any(f"/{each.path}".endswith(path) for path in read):
            found.update((variable.name, variable.value) for variable in each.variables)
    return found


def _expanded(words: Iterable[Text], variables: Mapping[str, Text]) -> tuple[tuple[Text, ...], bool]:
    """Return words with systemd's variables replaced, and whether all of them are known.

    ``$NAME`` alone becomes any number of words, ``${NAME}`` alone one; inside a word they are left as they are.
    """
    result: list[Text] = []
    certain = True
    for word in words:
        typed = word.pattern
        if not typed.startswith("$") or typed.startswith("$$"):
            result.append(word)
            continue
        name = typed[1:].strip("{}")
        value = variables.get(name)
        if value is None:
            result.append(unknown(word.span, name, typed))
            certain = False
        elif typed.startswith("${"):
            result.append(value)
        else:
            from dindguard.scripts.commands import split_words

            result.extend(split_words(value))
    return tuple(result), certain


def _service_start(words: Sequence[Text]) -> Started | None:
    """Return the engine that a service manager starts with a command; it collects the orphans then."""
    start = next(
        (found for each in _told(words) if (found := from_words(None, each, each[0].span)) is not None), None
    )
    return replace(start, launch=replace(start.launch, main_program=False, init=None)) if start is not None else None


def _told(words: Sequence[Text]) -> Iterator[Sequence[Text]]:
    """Yield the commands that a command comes to: those of a shell's script (``sh -c 'exec dockerd …'``), else itself."""
    if words and words[0].pattern.rpartition("/")[2] in SHELLS:
        from dindguard.scripts.commands import argv_commands  # few services are started so

        yield from (each.words for each in argv_commands(words).commands)
    elif words:
        yield words
