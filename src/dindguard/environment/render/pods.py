"""Pods that CI systems start on Kubernetes: the engine is a native sidecar of the job's container."""

from __future__ import annotations

from dindguard.environment.render.kubernetes import is_privileged, parts
from dindguard.environment.render.template import fill, quoted
from dindguard.environment.spec import Isolation, Spec

_MIRROR_HINT = (
    "# Pull once, not once per job: run a registry mirror, and name it with --mirror URL when this is rendered."
)


def _values(spec: Spec) -> dict[str, str]:
    consent = f"# Accepted under: {spec.consent}" if spec.isolation is Isolation.PRIVILEGED else ""
    hint = {"mirror_hint": "" if spec.mirror else _MIRROR_HINT, "consent": consent}
    return parts(spec, spec.mirror) | hint


def scale_set(spec: Spec) -> dict[str, str]:
    """Return the values of GitHub's chart gha-runner-scale-set."""
    values = _values(spec)
    # What a job mounts into a container by its workspace's path is looked for on the engine's side.
    values["sidecar"] += "\n    - {name: work, mountPath: /home/runner/_work}"
    return {"values.yaml": fill("arc.tmpl", values)}


def jenkins(spec: Spec) -> dict[str, str]:
    """Return a pod template for Jenkins' Kubernetes plugin, and a pipeline that uses it."""
    values = _values(spec)
    return {
        "nested-engine-pod.yaml": fill("jenkins-pod.tmpl", values),
        "Jenkinsfile": fill("jenkinsfile.tmpl", values),
    }


def buildkite(spec: Spec) -> dict[str, str]:
    """Return a pipeline for Buildkite's agent stack on Kubernetes."""
    return {".buildkite/pipeline.yml": fill("buildkite.tmpl", _values(spec))}


def tekton(spec: Spec) -> dict[str, str]:
    """Return a Tekton task run: the task, and the isolation of its pod."""
    values = _values(spec)
    sidecar = values["sidecar"].splitlines()
    # Tekton starts and ends its sidecars itself, and calls the resources by another name.
    kept = [line for line in sidecar if not line.strip().startswith("restartPolicy:")]
    values["task_sidecar"] = "\n".join(kept).replace("\n  resources:", "\n  computeResources:")
    return {"nested-engine-run.yaml": fill("tekton.tmpl", values)}


def gitlab_chart(spec: Spec) -> dict[str, str]:
    """Return the values of GitLab's chart for its runner, whose jobs have the engine as a service."""
    values = _values(spec)
    values |= {
        "runner_class": _CLASSES[spec.isolation or Isolation.SYSBOX],
        "privileged": "true" if is_privileged(spec) else "false",
        "mirror_argument": f", {quoted(f'--registry-mirror={spec.mirror}')}" if spec.mirror else "",
        "users": _OWN_USERS if spec.isolation is Isolation.SYSBOX else "",
    }
    return {"values.yaml": fill("gitlab-chart.tmpl", values)}


_OWN_USERS = """\
[[runners.kubernetes.pod_spec]]
  name = "a user namespace from the kubelet"
  patch_type = "strategic"
  patch = '''
    hostUsers: false
  '''
"""
_CLASSES = {
    Isolation.SYSBOX: 'runtime_class_name = "sysbox-runc"',
    Isolation.KATA: 'runtime_class_name = "kata-qemu"',
    Isolation.PRIVILEGED: """\
# Nodes that hold nothing else and are thrown away.
[runners.kubernetes.node_selector]
  nested-engines = "true"
[runners.kubernetes.node_tolerations]
  "nested-engines" = "NoSchedule\"""",
}
