"""Blocks in the shape of the documents that they stand for: the objects of the kubernetes provider.

The kubernetes provider writes the API's fields in snake case, lists as repeated blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.hcl.reader import BLOCK, CALL
from dindguard.documents.nodes import key_of
from dindguard.documents.tree import Kind, Node, Pairs
from dindguard.formats.terraform.module import Block, bodies, unwrapped

_LISTS = {
    "container": "containers", "init_container": "initContainers", "volume": "volumes", "volume_mount": "volumeMounts",
    "env": "env", "env_from": "envFrom", "port": "ports", "toleration": "tolerations", "host_aliases": "hostAliases",
    "image_pull_secrets": "imagePullSecrets", "volume_claim_template": "volumeClaimTemplates", "items": "items",
    "match_expressions": "matchExpressions", "volume_device": "volumeDevices",
}  # fmt: skip
_KINDS = {
    "pod": ("v1", "Pod"), "deployment": ("apps/v1", "Deployment"), "daemonset": ("apps/v1", "DaemonSet"),
    "daemon_set": ("apps/v1", "DaemonSet"), "stateful_set": ("apps/v1", "StatefulSet"), "job": ("batch/v1", "Job"),
    "cron_job": ("batch/v1", "CronJob"), "replication_controller": ("v1", "ReplicationController"),
    "service": ("v1", "Service"), "namespace": ("v1", "Namespace"), "persistent_volume_claim": ("v1", "PersistentVolumeClaim"),
    "config_map": ("v1", "ConfigMap"),
}  # fmt: skip
_FREE = frozenset({"labels", "annotations", "match_labels", "node_selector", "data", "limits", "requests"})


def kubernetes_object(block: Block) -> Node | None:
    """Return a ``kubernetes_*`` resource as the object it makes; ``None`` for a kind that is not read."""
    kind = block.labels[0].removeprefix("kubernetes_").removesuffix("_v1").removesuffix("_v1beta1")
    if kind not in _KINDS:
        return None
    version, name = _KINDS[kind]
    body = block.body
    pairs: Pairs = [
        (key_of(body, "apiVersion"), _written(body, version)),
        (key_of(body, "kind"), _written(body, name)),
    ]
    pairs += camel(body).pairs()
    node = body.with_pairs(pairs)
    return node.moved("")


def manifest(block: Block) -> Node | None:
    """Return the object that ``kubernetes_manifest`` holds."""
    node = unwrapped(block.body["manifest"])
    return node if node.is_mapping and node.tag != CALL else None


def machine_pod(block: Block) -> Node | None:
    """Return the pod that terraform-google-modules/container-vm declares for the one machine that runs it."""
    body, container = block.body, block.body["container"]
    if not container.is_mapping:
        return None
    name = _written(body, block.labels[-1])
    named = container.with_pairs([(key_of(body, "name"), name), *container.pairs()])
    spec: Pairs = [(key_of(container, "containers"), container.with_items([named]))]
    spec += [(key_of(body["volumes"], "volumes"), body["volumes"])] if body["volumes"].is_sequence else []
    pairs: Pairs = [
        (key_of(body, "apiVersion"), _written(body, "v1")),
        (key_of(body, "kind"), _written(body, "Pod")),
        (key_of(body, "metadata"), body.with_pairs([(key_of(body, "name"), name)])),
        (key_of(body, "spec"), body.with_pairs(spec)),
    ]
    return body.with_pairs(pairs).moved("")


def camel(body: Node, key: str = "") -> Node:
    """Return a block with the API's names: ``security_context`` → ``securityContext``, repeated blocks as a list."""
    if key in _FREE:
        return body
    pairs: Pairs = []
    done: set[str] = set()
    names = {name.content for name, value in body.pairs() if name.content != "dynamic"}
    names |= {inner for name, value in body.pairs() if name.content == "dynamic" for inner in value.keys()}
    for name, value in body.pairs():
        inner = name.content
        if inner == "dynamic":
            inner = next(iter(value.keys()), "")
        if inner in done or inner not in names:
            continue
        if inner in _LISTS and (value.is_mapping or name.content == "dynamic"):
            done.add(inner)
            items = [camel(each, inner) for each in bodies(body, inner)]
            pairs.append((key_of(name, _LISTS[inner]), body.with_items(items)))
        elif value.is_mapping and value.tag in (BLOCK, ""):
            pairs.append((key_of(name, camel_name(inner)), camel(value, inner)))
        else:
            pairs.append((key_of(name, camel_name(inner)), unwrapped(value)))
    return body.with_pairs(pairs)


def left_out(body: Node) -> Iterator[Node]:
    """Yield the single blocks that ``dynamic`` makes or does not: whether they are there, :func:`camel` cannot tell."""
    for node in body.walk():
        for key, value in node.pairs():
            inner = next(iter(value.keys()), "") if key.content == "dynamic" and value.is_mapping else ""
            if inner and inner not in _LISTS and value[inner]["content"].is_mapping:
                yield value[inner]["content"]


def camel_name(name: str) -> str:
    """Return a name of the provider as the API has it."""
    first, *rest = name.split("_")
    special = {"pid": "PID", "ipc": "IPC"}
    if first == "host" and rest and rest[0] in special:
        return f"host{special[rest[0]]}"
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _written(at: Node, value: str) -> Node:
    return Node(Kind.SCALAR, at.source, at.start, at.start, content=value)
