"""Kubernetes: one pod, and what it shares with the pods that CI systems start."""

from __future__ import annotations

from dindguard.environment.render.template import common, fill, quoted
from dindguard.environment.spec import MIRROR_IMAGE, Isolation, Spec

_POD = {
    Isolation.SYSBOX: """\
# Sysbox, with a user namespace from the kubelet: Kubernetes 1.30 and containerd 2.0.5, or CRI-O.
runtimeClassName: sysbox-runc
hostUsers: false
nodeSelector:
  sysbox-runtime: running""",
    Isolation.KATA: """\
# A virtual machine for the pod: privileged mode ends at its own kernel. containerd needs
# privileged_without_host_devices = true, which is what kata-deploy sets.
runtimeClassName: kata-qemu""",
    Isolation.PRIVILEGED: """\
# Nodes that hold nothing else and are thrown away.
nodeSelector:
  nested-engines: "true"
tolerations:
  - {key: nested-engines, operator: Exists, effect: NoSchedule}""",
}
_MTU = ("--mtu=1400", "--default-network-opt=bridge=com.docker.network.driver.mtu=1400")
# A privileged container gets no control group namespace from the kubelet's runtimes: its engine would make the inner
# containers' groups at the node's root, out of reach of the pod's limits.
_WITHIN_THE_POD = """\
# A privileged pod sees all control groups of its node: inner containers are told to stay within the pod's.
pod=$(sed -n 's/^0:://p' /proc/self/cgroup)
"""
_START = """\
command: [sh, -c]
args:
  - |
    # The engine collects its build cache by itself, before it fills the disk.
    mkdir -p /etc/docker
    echo '{"builder": {"gc": {"enabled": true, "defaultKeepStorage": "10GB"}}}' >/etc/docker/daemon.json
    @{within}
    exec dockerd-entrypoint.sh @{arguments}"""
_OWN_MIRROR = "kubernetes-mirror.tmpl"


def is_privileged(spec: Spec) -> bool:
    """Tell whether the engine's container is privileged: on its node, or in a virtual machine."""
    return spec.isolation in (Isolation.PRIVILEGED, Isolation.KATA)


def parts(spec: Spec, mirror: str) -> dict[str, str]:
    """Return what every pod with a nested engine has, as blocks for templates: the engine is a native sidecar.

    ``mirror`` is the registry mirror's address, empty for none.
    """
    assert spec.isolation is not None
    # Pod networks often carry less than the 1500 bytes that an engine takes for granted.
    arguments = [*([f"--registry-mirror={mirror}"] if mirror else []), *_MTU]
    within = _WITHIN_THE_POD if spec.isolation is Isolation.PRIVILEGED else ""
    if within:
        arguments.append('--cgroup-parent="${pod%/*}/inner"')
    start = _START.replace("    @{within}\n", "".join(f"    {line}\n" for line in within.splitlines()))
    values = common(spec) | {
        "start": start.replace("@{arguments}", " \\\n      ".join(arguments)),
        # Sysbox obeys dropped capabilities when asked to, and brings a system call filter of its own.
        "honour": '- {name: SYSBOX_HONOR_CAPS, value: "TRUE"}' if spec.isolation is Isolation.SYSBOX else "",
        "client_filter": "" if spec.isolation is Isolation.SYSBOX else "seccompProfile: {type: RuntimeDefault}",
        "pod": _POD[spec.isolation],
        "security": "securityContext:\n  privileged: true" if is_privileged(spec) else "",
        "consent_annotation": f"annotations:\n  io.dindguard.consent: {quoted(spec.consent)}"
        if spec.isolation is Isolation.PRIVILEGED
        else "",
        # The virtual machine's shared file system cannot carry an overlay; its memory can.
        "data_volume": "{medium: Memory, sizeLimit: 4Gi}"
        if spec.isolation is Isolation.KATA
        else "{sizeLimit: 20Gi}",
    }
    blocks = ("sidecar", "engine-volumes", "client-environment")
    return values | {name.replace("-", "_"): fill(f"{name}.tmpl", values) for name in blocks}


def render(spec: Spec) -> dict[str, str]:
    """Return ``nested-engine.yaml``: namespace, network policy, mirror and pod."""
    own = not spec.mirror
    values = parts(spec, spec.mirror or "http://mirror:5000") | {
        "mirror_image": MIRROR_IMAGE,
        "pod_security": "privileged" if is_privileged(spec) else "baseline",
        "mirror_rule": "- to:\n    - podSelector: {matchLabels: {app: mirror}}\n  ports: [{port: 5000}]"
        if own
        else "",
    }
    values["mirror_objects"] = fill(_OWN_MIRROR, values) if own else ""
    return {"nested-engine.yaml": fill("kubernetes.tmpl", values)}
