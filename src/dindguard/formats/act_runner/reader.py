"""Reads runners' configurations.

Source: gitea/act_runner and forgejo/runner, ``internal/pkg/config``: an empty ``docker_host`` looks for an engine's socket
and, on Gitea, mounts it into every job; ``-`` looks for it and does not; ``automount`` is Forgejo's word for mounting it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Environment
from dindguard.model.mount import Mount
from dindguard.model.values import Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.records import replace
from dindguard.scripts.commands import source_words
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.scripts.engine_cli.options import run_attributes

_SOCKET = "/var/run/docker.sock"


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration of a scan."""
    del context  # a configuration stands by itself
    return Reading(
        [_runner(document.content, document.owner) for document in documents if document.content.is_mapping]
    )


def _runner(root: Node, owner: Container | None) -> Workload:
    """Return what a runner gives to its jobs; ``owner`` is the container that reads the configuration, where it is known."""
    settings = root["container"]
    address = "runner"
    volumes = Volumes(f"{root.source.path}:{address}")
    options = settings["options"]
    words = source_words(options.document("shell")) if options.is_scalar and not options.is_null else ()
    given = run_attributes(words, volumes, f"{address}.job")
    given["environment"] = Environment(given["environment"])
    given["mounts"] = (*given["mounts"], *_socket(root, settings, volumes, f"{address}.job"))
    if settings["privileged"].present:
        given["privileged"] = settings["privileged"].flag("privileged")
    network = settings["network"]
    if network.is_scalar and network.text in ("host", "none"):
        given["namespaces"] = replace(given["namespaces"], network=network.value)
    default = Container(
        name="", address=f"{address}.job", kind=ContainerKind.RUNNER_DEFAULT, span=settings.key_span,
        started_by=_engine(settings["docker_host"]), **given,
    )  # fmt: skip
    capacity = root["runner"]["capacity"]
    return Workload(
        name="",
        address=address,
        kind=WorkloadKind.RUNNER,
        platform=Platform.OTHER_CI,
        span=settings.key_span,
        containers=(default,),
        storages=volumes.storages,
        runs_in=owner,
        concurrency=capacity.value if capacity.is_scalar and not capacity.is_null else None,
    )


def _engine(host: Node) -> Text | None:
    """Return the address of the engine that starts the jobs, where one is written."""
    return host.value if "://" in host.content else None


def _socket(root: Node, settings: Node, volumes: Volumes, owner: str) -> tuple[Mount, ...]:
    """Return the mount of the engine's socket that every job gets, if the setting and the product say so."""
    host = settings["docker_host"]
    written = host.value.value if host.present else ""
    if written is None:
        return ()
    path = _SOCKET
    if written.startswith("unix://"):
        path = written.removeprefix("unix://")
    elif written != "automount" and not (written == "" and _is_gitea(root)):
        return ()
    place = host.span if host.present else settings.key_span
    text = Text(f"{path}:{_SOCKET}", place, raw=host.content)
    return (volumes.volume(text if written else inherited(f"{path}:{_SOCKET}", place), owner),)


def _is_gitea(root: Node) -> bool:
    """Whether a file speaks of Gitea's runner, whose empty ``docker_host`` mounts the socket; Forgejo's does not."""
    told = f"{root.source.path}\n{root.source.text}".lower()
    return ("gitea" in told or "act_runner" in told) and "forgejo" not in told
