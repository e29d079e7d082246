"""GitLab CI and GitHub Actions."""

from __future__ import annotations

from dindguard.environment.render.shell import build_command, client_command, daemon_command
from dindguard.environment.render.template import common, fill
from dindguard.environment.spec import Isolation, Spec

_PRIVILEGED_RUNNER = """\
# The service alone is privileged, and only this image may be one; jobs are not.
privileged = false
services_privileged = true
allowed_privileged_services = ["@{daemon_image}"]"""
_SYSBOX_RUNNER = """\
runtime = "sysbox-runc"
privileged = false"""
_USER_NAMESPACES = """\
- name: Let ordinary users make user namespaces
  # Ubuntu 24.04 reserves them for programs with an AppArmor profile. The machine is thrown away after the job.
  run: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0

"""


def gitlab(spec: Spec) -> dict[str, str]:
    """Return ``.gitlab-ci.yml`` and the runner's ``config.toml``: isolation is the runner's, not the job's."""
    runner = _SYSBOX_RUNNER if spec.isolation is Isolation.SYSBOX else _PRIVILEGED_RUNNER
    values = common(spec)
    values |= {
        "runner": runner.replace("@{daemon_image}", values["daemon_image"]),
        "mirror": f'command: ["--registry-mirror={spec.mirror}"]' if spec.mirror else _GITLAB_MIRROR,
    }
    return {
        ".gitlab-ci.yml": fill("gitlab-ci.tmpl", values),
        "config.toml": fill("gitlab-runner.tmpl", values),
    }


def github(spec: Spec) -> dict[str, str]:
    """Return a workflow that starts the engine after the checkout, uses it, and removes it in every case."""
    name = "nested-engine"
    values = common(spec) | {
        "user_namespaces": _USER_NAMESPACES if spec.isolation is Isolation.ROOTLESS else "",
        "runs_on": _OWN_MACHINE if spec.isolation is Isolation.SYSBOX else "runs-on: ubuntu-24.04",
        "build": build_command(spec),
        "daemon": daemon_command(spec, name, ".dindguard/seccomp-nested.json"),
        "client": client_command(spec, name, "docker run --rm alpine:3.22 echo hello"),
        "mirror": "" if spec.mirror else _GITHUB_MIRROR,
    }
    return {".github/workflows/nested-engine.yml": fill("github-actions.tmpl", values)}


_OWN_MACHINE = """\
# A machine of your own with Sysbox, registered with this label: GitHub's machines do not have it.
runs-on: [self-hosted, linux, sysbox]"""
_GITLAB_MIRROR = """\
# Pull once, not once per job: run a registry mirror, and name it here. Sharing one /var/lib/docker between
# jobs is no answer: two engines on one data root destroy it.
# command: ["--registry-mirror=https://mirror.example"]"""
_GITHUB_MIRROR = """\
# Pull once, not once per job: run a registry mirror, and add --registry-mirror=URL behind the engine's image
# (`dindguard env render --mirror URL` writes it). Caching /var/lib/docker is no answer: it breaks."""
