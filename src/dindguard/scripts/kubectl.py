"""Pods that ``kubectl run``, ``debug`` and ``patch`` start: their options, and the objects that are put over them.

Sources: kubernetes/kubectl ``pkg/cmd/run/run.go``, ``pkg/cmd/debug/profiles.go``; ``oc`` takes the same, and its
``oc debug node/…`` is privileged by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.mount import Mount, MountKind
from dindguard.model.values import Flag, Text, flag, inherited, unset
from dindguard.model.workload import Placement, Platform, Workload, WorkloadKind, alone
from dindguard.patterns import regex
from dindguard.records import record, replace
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

_DEBUG = Flags(
    names(
        "arguments-only attach help keep-annotations keep-init-containers keep-labels keep-liveness keep-readiness"
        " keep-startup quiet replace same-node share-processes stdin tty"
    ),
    {"i": "stdin", "t": "tty", "c": "container", "n": "namespace", "q": "quiet", "f": "filename"},
    interspersed=True,
)
_PATCH = Flags(names("help local recursive allow-missing-template-keys"), {"p": "patch", "n": "namespace"}, True)
_PATCHED = {
    "pod": "v1 Pod", "po": "v1 Pod", "deployment": "apps/v1 Deployment", "deploy": "apps/v1 Deployment",
    "daemonset": "apps/v1 DaemonSet", "ds": "apps/v1 DaemonSet", "statefulset": "apps/v1 StatefulSet",
    "sts": "apps/v1 StatefulSet", "replicaset": "apps/v1 ReplicaSet", "rs": "apps/v1 ReplicaSet", "job": "batch/v1 Job",
    "cronjob": "batch/v1 CronJob", "cj": "batch/v1 CronJob",
}  # fmt: skip
"""Kinds that hold pods, by the names that the client takes for them (kubectl ``api-resources``); plurals add an s."""
_OF_NODES = ("node/", "nodes/", "no/")
_SEES_NODE = ("", "legacy", "general", "sysadmin")
"""Profiles of ``kubectl debug`` that give a node's pod its root file system below ``/host``."""

_GLOBAL = Flags(names("help insecure-skip-tls-verify"), {"n": "namespace", "s": "server", "v": "v"})

_CLUSTERS = "kind|minikube|k3d|k3s|microk8s"
_STARTED = regex(
    r"\bkind +create +cluster\b|\bminikube +start\b|\bk3d +cluster +create\b|\bget\.k3s\.io\b|\bmicrok8s +(?:start|status)\b"
)
_SET_UP = regex(rf"(?i)(?:^|[/_-])(?:{_CLUSTERS})(?:$|[/_@-])")


@record
class Pods:
    """The pods that commands start, and the objects that are put over them."""

    workloads: tuple[Workload, ...]
    embedded: tuple[Embedded, ...]


def pods(commands: Iterable[Command], prefix: str, owner: Container | None = None) -> Pods:
    """Return what ``kubectl run``, ``debug`` and ``patch`` start; ``prefix`` stands before the addresses.

    ``owner`` is the container that runs the commands, if it is known.
    """
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
                workloads.append(replace(_workload(options, arguments, prefix), sent_by=owner))
                embedded.extend(_overrides(options))
        elif action is not None and action.value == "debug":
            options, arguments, _ = options_of(words, _DEBUG)
            if arguments:
                pod = _debugging((*head.options, *options), arguments[0], command.program, prefix)
                workloads.append(replace(pod, sent_by=owner))
        elif action is not None and action.value == "patch":
            embedded.extend(_patched(words))
    return Pods(tuple(workloads), tuple(embedded))


def starts_cluster(script: str) -> bool:
    """Whether a script starts a cluster on the machine that it runs on."""
    return any(word in script for word in _CLUSTERS.split("|")) and _STARTED.search(script) is not None


def sets_up_cluster(action: str) -> bool:
    """Whether the name of a step's action says that it starts such a cluster: ``helm/kind-action``."""
    return _SET_UP.search(action) is not None


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
    by_hand = "rm" in given and not _TERMINAL.isdisjoint(given)
    return _pod(
        container,
        Placement(namespace=str(namespace.value)) if namespace is not None else None,
        for_debugging=name if by_hand else None,
    )


_TERMINAL = frozenset({"stdin", "tty", "i", "t"})
"""Options of ``kubectl run`` that connect its pod with whoever started it."""


def _debugging(options: Sequence[Option], target: Text, program: str, prefix: str) -> Workload:
    """Return the container that is put into a pod, or the pod that is put on a node, to look into it."""
    given = {option.name: option for option in options}
    image, profile = given.get("image"), given.get("profile")
    on_node = target.pattern.startswith(_OF_NODES)
    chosen = profile.value if profile is not None else target
    further: dict[str, Any] = {}
    if (profile is not None and profile.value.value == "sysadmin") or (on_node and program == "oc"):
        further["privileged"] = Flag(True, chosen.span, name="privileged")
    if on_node and (profile is None or profile.value.value in _SEES_NODE):
        # The node's namespaces come with it: what they allow, its root file system allows already.
        further["mounts"] = (_root_of_node(chosen),)
    name = str(target).rpartition("/")[2]
    container = Container(
        name=name,
        address=f"{prefix}debug.{name}",
        kind=ContainerKind.POD_MEMBER if on_node else ContainerKind.EPHEMERAL,
        span=target.span,
        image=Image.parse(image.value) if image is not None else None,
        **further,
    )
    return _pod(container, for_debugging=target)


def _pod(container: Container, placement: Placement | None = None, for_debugging: Text | None = None) -> Workload:
    """Return the pod of one container, which is called and found as its container is."""
    return alone(
        container,
        WorkloadKind.POD,
        Platform.KUBERNETES,
        shared_network=True,
        placement=placement,
        for_debugging=for_debugging,
    )


def _root_of_node(at: Text) -> Mount:
    target = inherited("/host", at.span)
    return Mount(
        kind=MountKind.HOST,
        source=inherited("/", at.span),
        target=target,
        span=at.span,
        read_only=unset(at.span, "readOnly"),
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


def _patched(words: Sequence[Text]) -> Iterator[Embedded]:
    """Yield what a patch says of an object's pods, as that object."""
    from dindguard.documents.built import held, mapping, word
    from dindguard.documents.yaml import read
    from dindguard.scripts.json_patches import written_by

    options, arguments, _ = options_of(words, _PATCH)
    given = next((each.value for each in options if each.name == "patch"), None)
    resource, _, name = arguments[0].pattern.partition("/") if arguments else ("", "", "")
    kind = resource.partition(".")[0].lower()
    made = _PATCHED.get(kind) or _PATCHED.get(kind.removesuffix("s"))
    source = embedded_source(given.pieces, "kubernetes") if made and isinstance(given, Word) else None
    for each in read(source).documents[:1] if source is not None else ():
        root = written_by(each) if each.is_sequence else each
        if made and root["spec"].is_mapping:
            version, _, kind = made.partition(" ")
            called = word(root, name or str(arguments[-1]))
            parts = {
                "apiVersion": word(root, version),
                "kind": word(root, kind),
                "metadata": mapping(root, {"name": called}),
            }
            node = mapping(root, {**parts, "spec": root["spec"]})
            yield Embedded(held(node, "kubernetes"), content=node)
