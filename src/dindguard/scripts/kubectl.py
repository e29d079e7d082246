"""Pods that ``kubectl run`` starts: its options, and the object that ``--overrides`` puts over them.

Source: kubernetes/kubectl ``pkg/cmd/run/run.go``; ``oc run`` takes the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Text, flag
from dindguard.model.workload import Placement, Platform, Workload, WorkloadKind
from dindguard.records import record
from dindguard.scripts.command import Command, spanning
from dindguard.scripts.engine_cli.flags import Flags, names
from dindguard.scripts.engine_cli.words import Option, OptionReader, options_of
from dindguard.scripts.shell.pieces import Word, embedded_source
from dindguard.source import Embedded
from dindguard.vocabulary import CLUSTER_CLIENTS

_RUN = Flags(
    names(
        "attach command expose help leave-stdin-open privileged quiet rm stdin tty wait allow-missing-template-keys"
    ),
    {"i": "stdin", "t": "tty", "l": "labels", "n": "namespace", "q": "quiet", "f": "filename", "o": "output"},
    interspersed=True,
)

_GIVES = frozenset({"apply", "create", "replace"})
_STDIN = frozenset({"-", "/dev/stdin"})
_FILE_OPTIONS = frozenset({"-f", "--filename"})
_STDIN_OPTIONS = frozenset({"-f-", "-f=-", "--filename=-", "-f/dev/stdin", "--filename=/dev/stdin"})
_GLOBAL = Flags(names("help insecure-skip-tls-verify"), {"n": "namespace", "s": "server", "v": "v"})


@record
class Pods:
    """The pods that commands start, and the objects that are put over them."""

    workloads: tuple[Workload, ...]
    embedded: tuple[Embedded, ...]


def pods(commands: Iterable[Command], prefix: str) -> Pods:
    """Return what ``kubectl run`` starts; ``prefix`` stands before the addresses."""
    workloads: list[Workload] = []
    embedded: list[Embedded] = []
    for command in commands:
        if command.program not in CLUSTER_CLIENTS:
            continue
        head = OptionReader(command.arguments, _GLOBAL)
        head.read()
        action, *words = command.arguments[head.position :] or (None,)
        if action is not None and action.value == "run":
            options, arguments, _ = options_of(words, _RUN)
            options = (*head.options, *options)
            if arguments:
                workloads.append(_workload(options, arguments, prefix))
                embedded.extend(_overrides(options))
    return Pods(tuple(workloads), tuple(embedded))


def reads_objects(command: Command) -> bool:
    """Whether a command gives a cluster the objects that it reads from its standard input."""
    words = [each.pattern for each in command.arguments]
    from_stdin = any(
        word in _STDIN_OPTIONS or (word in _FILE_OPTIONS and after in _STDIN)
        for word, after in zip(words, [*words, ""][1:], strict=True)
    )
    return from_stdin and not _GIVES.isdisjoint(words)


def _workload(options: Sequence[Option], arguments: Sequence[Text], prefix: str) -> Workload:
    given = {option.name: option for option in options}
    name = arguments[0]
    image = given.get("image")
    command = arguments[1:]
    namespace = given.get("namespace")
    further: dict[str, Any] = {}
    if (privileged := given.get("privileged")) is not None:
        further["privileged"] = flag(privileged.value, "privileged")
    if command:
        further["command"] = Words(tuple(command), spanning(command))
    container = Container(
        name=str(name),
        address=f"{prefix}pods.{name}",
        kind=ContainerKind.POD_MEMBER,
        span=name.span,
        image=Image.parse(image.value) if image is not None else None,
        environment=Environment(_variables(options)),
        **further,
    )
    return Workload(
        name=str(name),
        address=f"{prefix}pods.{name}",
        kind=WorkloadKind.POD,
        platform=Platform.KUBERNETES,
        span=name.span,
        containers=(container,),
        shared_network=True,
        placement=Placement(namespace=str(namespace.value)) if namespace is not None else None,
    )


def _variables(options: Iterable[Option]) -> Iterator[EnvVar]:
    for option in options:
        key, separator, _ = option.value.pattern.partition("=")
        if option.name == "env" and separator:
            yield EnvVar(key, option.value.part(len(key) + 1, len(option.value.pattern)), option.span)


def _overrides(options: Iterable[Option]) -> Iterator[Embedded]:
    for option in options:
        if option.name == "overrides" and isinstance(option.value, Word):
            source = embedded_source(option.value.pieces, "json")
            if source is not None:
                yield Embedded(source)
