"""``config.toml`` of GitLab Runner: what a runner gives to the containers of every job.

Each ``[[runners]]`` becomes a workload. A *runner default* stands for the container of any job; the services that the
runner adds by itself stand beside it. A runner that reaches its engine elsewhere (``host``) is a container of its own.
Source of the keys: gitlab-runner docs/configuration/advanced-configuration.md and ``common/config.go``. Variables
(``${NAME}``) are the job's, or those of whoever fills the file in: nobody knows them here.
"""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.placeholders import Unfilled
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.formats.gitlab_runner import docker, kubernetes
from dindguard.formats.gitlab_runner.parts import Parts, text
from dindguard.model.container import Container
from dindguard.model.values import Text
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.source import Embedded

_SCRIPTS = ("pre_get_sources_script", "pre_clone_script", "post_get_sources_script", "pre_build_script",
            "post_build_script")  # fmt: skip
_DISPOSABLE = (("autoscaler", "max_use_count"), ("machine", "MaxBuilds"))


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read all runners of all configuration files."""
    del context  # a runner's configuration refers to no other file
    reading = Reading()
    for document in documents:
        addresses = Addresses()
        for runner in document.content["runners"]:
            if runner.is_mapping:
                _read_runner(document, runner, addresses.unique(f"runners.{_name(runner)}"), reading)
    return reading


def _read_runner(document: Document, runner: Node, address: str, reading: Reading) -> None:
    whole_file = not document.source.embedded  # what surrounds a text says what its variables are
    parts = _parts(runner.scoped(Unfilled()) if whole_file else runner, address)
    if parts is None:
        return
    reading.workloads.append(
        Workload(
            name=_name(runner),
            address=address,
            kind=WorkloadKind.RUNNER,
            serves=Platform.GITLAB,
            platform=Platform.KUBERNETES if parts.placement is not None else Platform.GITLAB,
            span=runner.span,
            containers=parts.containers,
            storages=parts.storages,
            shared_network=parts.placement is not None,
            placement=parts.placement,
            concurrency=_concurrency(document.content, runner),
            disposable=_disposable(runner),
            service_default=parts.service,
            runs_in=document.owner if parts.placement is None else None,
        )
    )
    reading.embedded += [_script(runner[key], parts.default) for key in _SCRIPTS if text(runner[key]) is not None]


def _parts(runner: Node, address: str) -> Parts | None:
    """Return the containers of the executor in use; executors without containers have none."""
    executor = runner["executor"].content
    if executor.startswith("docker") or (not executor and runner["docker"].is_mapping):
        return docker.parts(runner, address, _name(runner))
    if executor == "kubernetes" or (not executor and runner["kubernetes"].is_mapping):
        return kubernetes.parts(runner, address, _name(runner))
    return None


def _name(runner: Node) -> str:
    return runner["name"].text or runner["executor"].text


def _concurrency(root: Node, runner: Node) -> Text | None:
    """Return how many jobs the runner takes at once: its own limit, which 0 leaves open, or that of all runners."""
    limit = text(runner["limit"])
    return limit if limit is not None and limit.value != "0" else text(root["concurrent"])


def _disposable(runner: Node) -> Text | None:
    """Return the setting that ends a machine after one job."""
    found = (text(runner.at(*way)) for way in _DISPOSABLE)
    return next((count for count in found if count is not None and count.value == "1"), None)


def _script(node: Node, owner: Container) -> Embedded:
    return Embedded(node.document("shell"), owner)
