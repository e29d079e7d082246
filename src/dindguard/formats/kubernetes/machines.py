"""Objects that make machines, and what these are given: user data, Ignition's configurations, files and commands.

Sources: kubevirt/api ``core/v1`` (``CloudInitNoCloudSource``, ``CloudInitConfigDriveSource``) and ``pool/v1alpha1``;
openshift/api ``MachineConfigSpec``; kubernetes-sigs/cluster-api ``KubeadmConfigSpec`` (``files``, and the commands around
kubeadm).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dindguard.documents.built import held
from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.resources import Resource
from dindguard.source import Embedded

_CLOUD_INITS = ("cloudInitNoCloud", "cloudInitConfigDrive")
_COMMANDS = ("bootCommands", "preKubeadmCommands", "postKubeadmCommands")
_PACKED = {"": False, "base64": False, "gzip+base64": True}
"""How the content of a file may be encoded, and whether it is compressed then."""


def makes_machines(resource: Resource) -> bool:
    """Whether an object makes machines, and all that it gives them is read."""
    return (resource.group, resource.kind) in _MAKERS


def given_by(resource: Resource) -> Iterator[Embedded]:
    """Yield the texts and trees that other formats read of what an object gives to its machines."""
    maker = _MAKERS.get((resource.group, resource.kind))
    if maker is not None:
        way, read = maker
        yield from read(resource.node.at(*way))


def _virtual(machine: Node) -> Iterator[Embedded]:
    """Read a virtual machine's user data."""
    for volume in machine["volumes"].items():
        for name in _CLOUD_INITS:
            plain, encoded = volume[name]["userData"], volume[name]["userDataBase64"]
            if plain.is_scalar and not plain.is_null:
                yield Embedded(plain.document("user-data"))
            elif encoded.is_scalar:
                yield from _decoded(encoded, "user-data")


def _configured(config: Node) -> Iterator[Embedded]:
    """Read Ignition's configuration of a machine."""
    if config.is_mapping:
        yield Embedded(held(config, "ignition"), content=config)


def _joining(config: Node) -> Iterator[Embedded]:
    """Read what kubeadm's configuration does to a machine before and after that joins its cluster."""
    for name in _COMMANDS:
        for command in config[name].items():
            if command.is_scalar:
                yield Embedded(command.document("shell"))
    for file in config["files"].items():
        content, path, encoding = file["content"], file["path"].text, file["encoding"].content
        if not content.is_scalar or not path or encoding not in _PACKED:
            continue
        if encoding:
            yield from _decoded(content, path, zipped=_PACKED[encoding])
        else:
            yield Embedded(content.document(path))


def _decoded(node: Node, hint: str, *, zipped: bool = False) -> Iterator[Embedded]:
    from dindguard.documents.encoded import decoded  # few objects hold encoded texts

    source = decoded(node, node.content, hint, zipped=zipped)
    if source is not None:
        yield Embedded(source)


_KUBEVIRT, _BOOTSTRAP, _CONTROL_PLANE = (
    "kubevirt.io", "bootstrap.cluster.x-k8s.io", "controlplane.cluster.x-k8s.io",
)  # fmt: skip
_OF_A_TEMPLATE = ("spec", "template", "spec")
_MAKERS: dict[tuple[str, str], tuple[tuple[str, ...], Callable[[Node], Iterator[Embedded]]]] = {
    (_KUBEVIRT, "VirtualMachine"): (_OF_A_TEMPLATE, _virtual),
    (_KUBEVIRT, "VirtualMachineInstance"): (("spec",), _virtual),
    (_KUBEVIRT, "VirtualMachineInstanceReplicaSet"): (_OF_A_TEMPLATE, _virtual),
    (f"pool.{_KUBEVIRT}", "VirtualMachinePool"): (("spec", "virtualMachineTemplate", *_OF_A_TEMPLATE), _virtual),
    ("machineconfiguration.openshift.io", "MachineConfig"): (("spec", "config"), _configured),
    (_BOOTSTRAP, "KubeadmConfig"): (("spec",), _joining),
    (_BOOTSTRAP, "KubeadmConfigTemplate"): (_OF_A_TEMPLATE, _joining),
    (_CONTROL_PLANE, "KubeadmControlPlane"): (("spec", "kubeadmConfigSpec"), _joining),
    (_CONTROL_PLANE, "KubeadmControlPlaneTemplate"): ((*_OF_A_TEMPLATE, "kubeadmConfigSpec"), _joining),
}
"""By group and kind: where an object describes a machine, and what reads that."""
