"""Kubernetes."""

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
_START_WITHIN_THE_POD = """\
# A privileged pod sees all control groups of its node: inner containers are told to stay within the pod's.
command: [sh, -c]
args:
  - |
    pod=$(sed -n 's/^0:://p' /proc/self/cgroup)
    exec dockerd-entrypoint.sh @{arguments} \\
      --cgroup-parent="${pod%/*}/inner\""""
_OWN_MIRROR = "kubernetes-mirror.tmpl"


def render(spec: Spec) -> dict[str, str]:
    """Return ``nested-engine.yaml``: namespace, network policy, mirror and pod."""
    assert spec.isolation is not None
    privileged = spec.isolation is Isolation.PRIVILEGED
    own = not spec.mirror
    # Pod networks often carry less than the 1500 bytes that an engine takes for granted.
    arguments = [f"--registry-mirror={spec.mirror or 'http://mirror:5000'}", *_MTU]
    values = common(spec) | {
        "mirror_image": MIRROR_IMAGE,
        "start": _START_WITHIN_THE_POD.replace("@{arguments}", " \\\n      ".join(arguments))
        if privileged
        else "args:\n" + "\n".join(f"  - {argument}" for argument in arguments),
        # Sysbox obeys dropped capabilities when asked to, and brings a system call filter of its own.
        "honour": "" if privileged else '- {name: SYSBOX_HONOR_CAPS, value: "TRUE"}',
        "client_filter": "seccompProfile: {type: RuntimeDefault}" if privileged else "",
        "pod_security": "privileged" if privileged else "baseline",
        "pod": _POD[spec.isolation],
        "security": "securityContext:\n  privileged: true" if privileged else "",
        "consent_annotation": f"annotations:\n  io.dindguard.consent: {quoted(spec.consent)}" if privileged else "",
        "mirror_rule": "- to:\n    - podSelector: {matchLabels: {app: mirror}}\n  ports: [{port: 5000}]"
        if own
        else "",
    }
    values["mirror_objects"] = fill(_OWN_MIRROR, values) if own else ""
    return {"nested-engine.yaml": fill("kubernetes.tmpl", values)}
