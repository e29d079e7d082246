"""``[runners.kubernetes]``: the pods that the kubernetes executor starts."""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.nodes import further
from dindguard.documents.tree import Node
from dindguard.formats.gitlab_runner.parts import Parts, environment, image, services, text, texts, words
from dindguard.model import paths
from dindguard.model.container import Capabilities, Container, ContainerKind, Limits, Namespaces
from dindguard.model.mount import Medium, Mount, MountKind, Storage
from dindguard.model.values import Flag, How, Text, inherited
from dindguard.model.workload import Placement
from dindguard.patterns import regex

_HOST_USERS = regex(r"(?m)[\"']?\bhostUsers[\"']?\s*:\s*(true|false)\b")

_KINDS = {
    "host_path": MountKind.HOST,
    "empty_dir": MountKind.EMPTY_DIR,
    "pvc": MountKind.CLAIM,
    "config_map": MountKind.CONFIG,
    "secret": MountKind.SECRET,
}
_FURTHER = (
    ("allow_privilege_escalation",), ("service_account",), ("automount_service_account_token",), ("namespace",),
    ("service_account_overwrite_allowed",), ("namespace_overwrite_allowed",), ("bearer_token_overwrite_allowed",),
    ("pod_annotations",), ("pod_annotations_overwrite_allowed",), ("node_selector_overwrite_allowed",),
    ("node_tolerations_overwrite_allowed",), ("node_selector",), ("node_tolerations",), ("affinity", "node_affinity"),
    ("pod_spec",), ("pod_security_context",), ("build_container_security_context",), ("container_lifecycle",),
    ("service_container_security_context",), ("host_aliases",), ("helper_image",), ("allowed_images",),
    ("allowed_services",), ("allowed_users",),
)  # fmt: skip


def parts(runner: Node, address: str, name: str) -> Parts:
    """Return the containers of a runner with the kubernetes executor."""
    executor = runner["kubernetes"]
    mounts = tuple(_mounts(executor["volumes"], address))
    default = _container(
        runner, name, f"{address}.job", ContainerKind.RUNNER_DEFAULT, runner, mounts, "build_container", ""
    )
    service = _container(
        runner, name, f"{address}.service", ContainerKind.RUNNER_DEFAULT, runner, mounts, "service_container",
        "service_",
    )  # fmt: skip
    others = [
        _container(
            runner, label, f"{address}.services.{label}", ContainerKind.JOB_SERVICE, service, mounts,
            "service_container", "service_",
        )
        for service, label in services(runner, executor, len(mounts))
    ]  # fmt: skip
    storages = tuple(mount.storage for mount in mounts if mount.storage is not None)
    return Parts(default, tuple(others), storages, _placement(executor), service)


def _container(
    runner: Node, name: str, address: str, kind: ContainerKind, node: Node, mounts: tuple[Mount, ...], context: str,
    limits: str,
) -> Container:  # fmt: skip
    executor = runner["kubernetes"]
    own = executor[f"{context}_security_context"]
    privileged = (own["privileged"] if own["privileged"].present else executor["privileged"]).flag("privileged")
    service = node is not runner
    alias = text(node["alias"]) if service else None
    return Container(
        name=name,
        address=address,
        kind=kind,
        span=node["name"].span if node["name"].is_scalar else node.span,
        image=image(node["name"]) if service else image(executor["image"]),
        privileged=privileged,
        capabilities=Capabilities(
            added=texts(executor["cap_add"]) + texts(own["capabilities"]["add"]),
            dropped=texts(executor["cap_drop"]) + texts(own["capabilities"]["drop"]),
        ),
        namespaces=Namespaces(cgroup=inherited("host", privileged.span) if privileged.on else None),
        mounts=mounts,
        environment=environment(runner["environment"], node["environment"] if service else node.hole("")),
        entrypoint=words(node["entrypoint"]) if service else None,
        command=words(node["command"]) if service else None,
        aliases=(alias,) if alias is not None else (),
        user=text(own["run_as_user"]) or text(executor["pod_security_context"]["run_as_user"]),
        runtime=text(executor["runtime_class_name"]),
        user_namespace=_user_namespace(executor),
        further=further(executor, *_FURTHER),
        limits=Limits(
            memory=text(executor[f"{limits}memory_limit"]),
            cpus=text(executor[f"{limits}cpu_limit"]),
            ephemeral_storage=text(executor[f"{limits}ephemeral_storage_limit"]),
        ),
    )


def _user_namespace(executor: Node) -> Flag | None:
    """Return whether a patch of the pod gives it a user namespace of its own; ``None`` when none speaks of it."""
    for patch in executor["pod_spec"].items():
        told = _HOST_USERS.search(patch["patch"].content)
        if told is not None:
            return Flag(told[1] == "false", patch["patch"].span, name="hostUsers")
    return None


def _mounts(volumes: Node, address: str) -> Iterator[Mount]:
    for key, kind in _KINDS.items():
        for volume in volumes[key]:
            target = text(volume["mount_path"])
            if target is not None:
                yield _mount(volume, kind, target, address)


def _mount(volume: Node, kind: MountKind, target: Text, address: str) -> Mount:
    named = text(volume["name"])
    source = (text(volume["host_path"]) or target) if kind is MountKind.HOST else named
    name = source.pattern if source is not None else ""
    own = kind is MountKind.EMPTY_DIR
    read_only = volume["read_only"]
    return Mount(
        kind=kind,
        source=source,
        target=target,
        span=source.span if source is not None else target.span,
        read_only=read_only.flag("read_only"),
        propagation=text(volume["mount_propagation"]),
        sub_path=text(volume["sub_path"]),
        storage=Storage(
            identity=f"{kind}:{address}:{paths.normalise(name) if kind is MountKind.HOST else name}",
            name=name,
            kind=kind,
            span=volume.span,
            medium=Medium.MEMORY if volume["medium"].content == "Memory" else Medium.DISK,
            size_limit=text(volume["size_limit"]),
            per_replica=own,
        ),
    )


def _placement(executor: Node) -> Placement:
    token = executor["automount_service_account_token"]
    return Placement(
        namespace=executor["namespace"].text,
        node_selector={
            key.content: value.value for key, value in executor["node_selector"].pairs() if value.is_scalar
        },
        has_affinity=executor["affinity"]["node_affinity"].present,
        tolerations=tuple(key.span for key, _ in executor["node_tolerations"].pairs()),
        service_account_token=token.flag(token.name) if token.is_scalar else _unknown_token(executor),
    )


def _unknown_token(executor: Node) -> Flag:
    """The pod's account decides, and is not in this file."""
    name = "automount_service_account_token"
    return Flag(None, executor.span, How.UNKNOWN, name, "the service account")
