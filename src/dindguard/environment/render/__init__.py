"""The reference environment as files for other tools; no engine is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from dindguard.environment.bodies import seccomp_profile
from dindguard.environment.render import ci, compose, kubernetes, pods, shell
from dindguard.environment.spec import Isolation, Spec
from dindguard.errors import CONSENT, UserError

SECCOMP_FILE = "seccomp-nested.json"
_IN_A_POD = "a pod may unmask its /proc only with hostUsers: false, and there it has no tun device"
_WHY_NOT = {
    "kubernetes": _IN_A_POD,
    "arc": _IN_A_POD,
    "jenkins": _IN_A_POD,
    "buildkite": _IN_A_POD,
    "tekton": _IN_A_POD,
    "gitlab-chart": _IN_A_POD,
    "gitlab-ci": "GitLab Runner cannot unmask the system paths that inner containers need",
}
PODS = tuple(form for form, why in _WHY_NOT.items() if why is _IN_A_POD)
_RENDERERS: Mapping[str, Callable[[Spec], dict[str, str]]] = {
    "compose": compose.render,
    "kubernetes": kubernetes.render,
    "arc": pods.scale_set,
    "gitlab-ci": ci.gitlab,
    "gitlab-chart": pods.gitlab_chart,
    "github-actions": ci.github,
    "jenkins": pods.jenkins,
    "buildkite": pods.buildkite,
    "tekton": pods.tekton,
    "shell": shell.render,
    "seccomp": lambda _: {SECCOMP_FILE: seccomp_profile()},
}


def settle(form: str, spec: Spec) -> Spec:
    """Return ``spec`` with an isolation that ``form`` can express.

    Raises :class:`UserError`: exit code 4 for privileged mode without consent, 2 for what the format cannot say.
    """
    isolation = spec.isolation or (Isolation.SYSBOX if form in _WHY_NOT else Isolation.ROOTLESS)
    if isolation is Isolation.ROOTLESS and form in _WHY_NOT:
        raise UserError(f"rootless isolation cannot be written as {form}: {_WHY_NOT[form]}. Take sysbox")
    if isolation is Isolation.KATA and form not in PODS:
        raise UserError(f"kata is a class of pods, which {form} has not: {', '.join(PODS)} can say it")
    if isolation is Isolation.PRIVILEGED and not spec.consent:
        raise UserError(
            "privileged mode is refused without consent: whoever commands such an engine is root on the host. "
            "If that has been approved, add --accept-privileged TICKET, which is written into the files",
            CONSENT,
        )
    return replace(spec, isolation=isolation)


def render(form: str, spec: Spec) -> dict[str, str]:
    """Return the files of ``form`` by relative path, the main one first, for a settled ``spec``."""
    files = _RENDERERS[form](spec)
    if spec.isolation is Isolation.ROOTLESS and form != "seccomp":
        folder = ".dindguard/" if form == "github-actions" else ""
        files[folder + SECCOMP_FILE] = seccomp_profile()
    return files


def is_pinned(spec: Spec) -> bool:
    """Tell whether both images of a settled ``spec`` are written with a digest."""
    assert spec.isolation is not None
    return all("@sha256:" in image for image in (spec.image_for(spec.isolation), spec.client_image))


def write(files: Mapping[str, str], folder: str) -> list[str]:
    """Write ``files`` below ``folder``, replacing none that exists; return their paths."""
    root = Path(folder)
    paths = [root / name for name in files]
    taken = [str(path) for path in paths if path.exists() or path.is_symlink()]
    if taken:
        raise UserError(f"{', '.join(taken)} exists already; choose another folder, or remove it first")
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if path.suffix == ".sh":
            path.chmod(0o755)
    return [str(path) for path in paths]
