"""BinderHub: the engine that builds its images, on every node.

Source: jupyterhub/binderhub, ``helm-chart/binderhub/templates/container-builder/daemonset.yaml`` and ``values.yaml``:
``dind`` and ``pink`` run a privileged engine whose state and socket lie on the node; ``host`` has builds use the node's own.
"""

from __future__ import annotations

from dindguard.documents.built import mapping, word, words
from dindguard.documents.tree import Node
from dindguard.formats.helm.release import Found, Release, image_of

_ENGINES = {
    "dind": ("docker.io/library/docker", "/var/lib/docker", "/var/lib/dind", "/var/run/dind", "docker.sock", "dockerd"),
    "pink": (
        "quay.io/podman/stable", "/var/lib/containers", "/var/lib/pink/storage", "/var/run/pink", "podman.sock", "podman",
    ),
}  # fmt: skip
_SOCKET = "/var/run/docker.sock"


def read(release: Release) -> Found:
    """Return the engine's DaemonSet, or a build's pod with the node's socket."""
    values = release.values
    kind = values["imageBuilderType"]
    if kind.content == "host":
        pod = _builder(kind, values["build"])
        return Found([release.workload("Pod", release.named(word(kind, "build")), pod)], [kind])
    if kind.content not in _ENGINES:
        return Found()  # a variable, or a builder that is no engine
    engine = values[kind.content]
    spec = _engine(kind, engine)
    return Found([release.workload("DaemonSet", release.named(word(kind, kind.content)), spec)], [kind, engine])


def _engine(kind: Node, engine: Node) -> Node:
    default, root, state, sockets, socket, program = _ENGINES[kind.content]
    address = f"unix://{sockets}/{socket}"
    image = image_of(engine["daemonset"]["image"])
    start = (
        ["dockerd", f"--host={address}"]
        if program == "dockerd"
        else ["podman", "system", "service", "--time=0", address]
    )
    driver = engine["storageDriver"]
    own = [f"--storage-driver={driver.text}"] if driver.text and program == "dockerd" else []
    host = {
        "storage": (root, engine["hostLibDir"] if engine["hostLibDir"].text else word(kind, state)),
        "run": (sockets, engine["hostSocketDir"] if engine["hostSocketDir"].text else word(kind, sockets)),
    }
    container = mapping(
        kind,
        {
            "name": word(kind, kind.content),
            "image": image if image.present else word(kind, default),
            "command": words(kind, start[:1]),
            "args": words(
                kind, [*start[1:], *own, *(each.value for each in engine["daemonset"]["extraArgs"].items())]
            ),
            "securityContext": mapping(kind, {"privileged": word(kind, "true")}),
            "resources": engine["resources"],
            "volumeMounts": kind.with_items(
                [
                    mapping(kind, {"name": word(kind, name), "mountPath": word(kind, at)})
                    for name, (at, _) in host.items()
                ]
            ),
        },
    )
    return _pod(kind, container, {name: path for name, (_, path) in host.items()})


def _builder(kind: Node, settings: Node) -> Node:
    image = settings["repo2dockerImage"]
    mount = mapping(kind, {"name": word(kind, "socket"), "mountPath": word(kind, _SOCKET)})
    container = mapping(
        kind,
        {
            "name": word(kind, "builder"),
            "image": image if image.is_scalar else word(kind, "quay.io/jupyterhub/repo2docker"),
            "volumeMounts": kind.with_items([mount]),
        },
    )
    return _pod(kind, container, {"socket": word(kind, _SOCKET)})


def _pod(kind: Node, container: Node, paths: dict[str, Node]) -> Node:
    volumes = [
        mapping(kind, {"name": word(kind, name), "hostPath": mapping(kind, {"path": path})})
        for name, path in paths.items()
    ]
    return mapping(kind, {"containers": kind.with_items([container]), "volumes": kind.with_items(volumes)})
