"""``gha-runner-scale-set``: runners of GitHub Actions, beside whom the chart puts an engine when it is asked to.

Source: actions/actions-runner-controller, ``charts/gha-runner-scale-set/templates/_helpers.tpl`` (0.14): the mode ``dind``
gives the pod a privileged ``docker:dind`` that listens on a socket in a volume, and drops an own container
of that name; no other mode starts an engine. The experimental chart says ``runner.mode``.
"""

from __future__ import annotations

from collections.abc import Iterator

from dindguard.documents.built import mapping, word, words
from dindguard.documents.tree import Node
from dindguard.formats.helm.release import Found, Release

_RUNNER, _RUNNER_IMAGE, _ENGINE = "runner", "ghcr.io/actions/actions-runner:latest", "dind"
_SOCKET = "unix:///var/run/docker.sock"
_FOLDERS = {"dind-sock": "/var/run", "work": "/home/runner/_work", "dind-externals": "/home/runner/externals"}
"""The volumes that runner and engine share, and where each has them; the last is the engine's alone."""


def read(release: Release) -> Found:
    """Return the runners' pod."""
    values = release.values
    newer = values["runner"]["pod"]["spec"]
    spec = values["template"]["spec"] if not newer.is_mapping else newer
    mode = _mode(values)
    name = values["runnerScaleSetName"] if values["runnerScaleSetName"].text else release.named(word(values, _RUNNER))
    own = spec if spec.is_mapping else values
    pairs = {key.content: value for key, value in spec.pairs()}
    if mode.content == "dind":
        pairs |= _with_engine(own, mode, values["runner"]["dind"]["container"])
    elif not spec["containers"].items():
        pairs["containers"] = own.with_items([_runner(own)])
    found = Found([release.workload("AutoscalingRunnerSet", name, mapping(own, pairs))])
    found.taken += [values["template"], values["containerMode"], values["runner"]]
    return found


def _mode(values: Node) -> Node:
    """Return the scalar that chooses whether the chart adds an engine."""
    newer = values["runner"]["mode"]
    return newer if newer.is_scalar else values["containerMode"]["type"]


def _runner(at: Node) -> Node:
    return mapping(
        at,
        {
            "name": word(at, _RUNNER),
            "image": word(at, _RUNNER_IMAGE),
            "command": words(at, ["/home/runner/run.sh"]),
        },
    )


def _with_engine(spec: Node, mode: Node, settings: Node) -> dict[str, Node]:
    """Return the lists of a pod that the chart adds its engine to."""
    containers = [each for each in spec["containers"].items() if each["name"].content != _ENGINE]
    if all(each["name"].content != _RUNNER for each in containers):
        containers.insert(0, _runner(spec))
    members = [_as_client(each, mode) if each["name"].content == _RUNNER else each for each in containers]
    first = [each for each in spec["initContainers"].items() if each["name"].content != _ENGINE]
    return {
        "containers": spec.with_items(members),
        "initContainers": spec.with_items([*first, _engine(mode, settings)]),
        "volumes": spec.with_items([*spec["volumes"].items(), *_volumes(spec, mode)]),
    }


def _as_client(runner: Node, mode: Node) -> Node:
    """Return the runner with what tells it where the engine is; its own settings win."""
    variables, mounts = runner["env"].items(), runner["volumeMounts"].items()
    if all(each["name"].content != "DOCKER_HOST" for each in variables):
        host = mapping(mode, {"name": word(mode, "DOCKER_HOST"), "value": word(mode, _SOCKET)})
        variables = [*variables, host]
    mounts = [*mounts, *_mounts(mode, [name for name in _FOLDERS if name != "dind-externals"], mounts)]
    pairs = {key.content: value for key, value in runner.pairs()}
    return mapping(runner, {**pairs, "env": runner.with_items(variables), "volumeMounts": runner.with_items(mounts)})


def _engine(mode: Node, settings: Node) -> Node:
    """Return the engine's container, which Kubernetes has started before the runner."""
    ready = mapping(mode, {"command": words(mode, ["docker", "info"])})
    made = {
        "name": word(mode, _ENGINE),
        "image": word(mode, "docker:dind"),
        "args": words(mode, ["dockerd", f"--host={_SOCKET}", "--group=123"]),
        "securityContext": mapping(mode, {"privileged": word(mode, "true")}),
        "restartPolicy": word(mode, "Always"),
        "startupProbe": mapping(mode, {"exec": ready}),
        "volumeMounts": mode.with_items([*_mounts(mode, list(_FOLDERS), [])]),
    }
    return mapping(
        mode, made | {key: settings[key] for key in ("image", "args", "env", "resources") if key in settings}
    )


def _mounts(mode: Node, names: list[str], given: list[Node]) -> Iterator[Node]:
    taken = {each["name"].content for each in given}
    for name in names:
        if name not in taken:
            yield mapping(mode, {"name": word(mode, name), "mountPath": word(mode, _FOLDERS[name])})


def _volumes(spec: Node, mode: Node) -> Iterator[Node]:
    taken = {each["name"].content for each in spec["volumes"].items()}
    for name in _FOLDERS:
        if name not in taken:
            yield mapping(mode, {"name": word(mode, name), "emptyDir": mode.with_pairs([])})
