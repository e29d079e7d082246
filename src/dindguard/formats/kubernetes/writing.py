"""How settings are written in the manifest of a pod, or of what makes pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from dindguard.documents.changes import Append, Change, Content, Put
from dindguard.documents.tree import Node
from dindguard.edits import Argument, Await, Edit, EngineOptions, Give, Variable, Volume

Chain = tuple[Node, ...]

_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_PROFILES = ("seccompProfile", "appArmorProfile")


def entries(chain: Chain) -> Sequence[Node]:
    """Return what goes with the last of a chain: a variable's item, a mount's, a volume with all mounts of it."""
    for index in range(len(chain) - 1, 0, -1):
        node, above = chain[index], chain[index - 1]
        if node.name in _PROFILES:
            return (node,)
        if above.is_sequence and above.name in ("env", "volumeMounts", "volumeDevices"):
            return (node,)
        if above.is_sequence and above.name == "volumes":
            pod = chain[index - 2]
            return (node, *_mounts_of(pod, node["name"].content))
    return chain[-1:]


def _mounts_of(pod: Node, volume: str) -> Iterator[Node]:
    for kind in _CONTAINERS:
        for container in pod[kind].items():
            for key in ("volumeMounts", "volumeDevices"):
                yield from (each for each in container[key].items() if each["name"].content == volume)


def changes(edit: Edit, chain: Chain) -> Iterator[Change]:
    """Yield the changes that make an edit; none for what a manifest has no setting for."""
    container, pod = _container(chain), _pod(chain)
    if isinstance(edit, Give) and edit.attribute in ("read_only", "host_address"):
        item = _item(chain)
        key = "readOnly" if edit.attribute == "read_only" else "hostIP"
        if item is not None:
            yield Put(item, (key,), edit.value)
    elif isinstance(edit, Give):
        yield from _given(edit, container, pod)
    elif isinstance(edit, Variable) and container is not None:
        present = [each for each in container["env"].items() if each["name"].content == edit.name]
        item_of: Content = {"name": edit.name, "value": edit.value}
        yield Put(present[-1], ("value",), edit.value) if present else Append(container, ("env",), item_of)
    elif isinstance(edit, Await):
        yield from _ready(edit, chain)
    elif isinstance(edit, (Argument, EngineOptions)) and container is not None:
        key = "command" if container["command"].is_sequence and not container["args"].present else "args"
        words = edit.words if isinstance(edit, EngineOptions) else (edit.text,)
        yield from (Append(container, (key,), word) for word in words)
    elif isinstance(edit, Volume) and container is not None and pod is not None:
        mount: dict[str, Content] = {"name": edit.name, "mountPath": edit.target}
        mount |= {"readOnly": True} if edit.read_only else {}
        item = _item(chain)
        if item is None:
            yield Append(container, ("volumeMounts",), mount)
        else:
            yield from (Put(item, (key,), value) for key, value in mount.items())
        if edit.name not in [each["name"].content for each in pod["volumes"].items()]:
            yield Append(pod, ("volumes",), {"name": edit.name, "emptyDir": {}})


def _ready(edit: Await, chain: Chain) -> Iterator[Change]:
    """Give a sidecar a probe; whether others wait for it, the proof shows."""
    probe: Content = {"exec": {"command": [*edit.command]}, "periodSeconds": 2}
    for node in chain:
        for sidecar in node["sidecars"].items() if node.is_mapping else ():
            if sidecar["name"].content == edit.name and not sidecar["readinessProbe"].present:
                yield Put(sidecar, ("readinessProbe",), probe)


def _given(edit: Give, container: Node | None, pod: Node | None) -> Iterator[Change]:
    if edit.attribute == "limits.memory" and container is not None:
        size = str(edit.value).replace("g", "Gi").replace("m", "Mi")
        yield Put(container, ("resources", "limits", "memory"), size)
    elif edit.attribute == "unconfined" and container is not None:
        yield from (Put(container, ("securityContext", name), {"type": "Unconfined"}) for name in _PROFILES)
    elif edit.attribute == "user" and container is not None:
        yield from (Put(container, ("securityContext", name), edit.value) for name in ("runAsUser", "runAsGroup"))
    if pod is None:
        return
    if edit.attribute == "stop_grace_period":
        yield Put(pod, ("terminationGracePeriodSeconds",), edit.value)
    elif edit.attribute == "token":
        yield Put(pod, ("automountServiceAccountToken",), bool(edit.value))
    elif edit.attribute == "user_namespace":
        yield Put(pod, ("hostUsers",), not edit.value)
    elif edit.attribute == "runtime":
        yield Put(pod, ("runtimeClassName",), edit.value)
        if str(edit.value).startswith("sysbox"):  # it starts no pod that has no user namespace
            yield Put(pod, ("hostUsers",), False)


def _container(chain: Chain) -> Node | None:
    for above, below in pairwise(chain):
        if above.is_sequence and above.name in _CONTAINERS:
            return below
    return None


def _pod(chain: Chain) -> Node | None:
    """Return the pod's specification: of a chain that leads through it, else of the object that the chain is in."""
    found = next((each for each in chain if each.is_mapping and each["containers"].is_sequence), None)
    if found is not None:
        return found
    root = chain[0]
    ways = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))
    return next((root.at(*way) for way in ways if root.at(*way)["containers"].is_sequence), None)


def _item(chain: Chain) -> Node | None:
    for above, below in pairwise(chain):
        if above.is_sequence and above.name in ("volumeMounts", "ports"):
            return below
    return None
