"""Reads pipelines: every step is a workload of its container, or the runner's machine, and of its services.

Source: Bitbucket's reference of ``bitbucket-pipelines.yml`` and of its runners. Without ``runs-on`` a step runs in
Atlassian's cloud, which refuses ``--privileged`` and mounts of the host; on an own runner, ``runtime.self-hosted.volumes``
are paths of its machine, and the ``docker`` service is an engine beside the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dindguard import budget
from dindguard.documents.joined import joined_scripts
from dindguard.documents.tree import Node
from dindguard.formats import Addresses, Context, Document, Reading
from dindguard.model.container import Container, ContainerKind, Environment, EnvVar, Words
from dindguard.model.image import Image
from dindguard.model.values import Flag, How, Text, inherited
from dindguard.model.workload import Platform, Workload, WorkloadKind
from dindguard.patterns import regex
from dindguard.scripts.engine_cli.mounts import Volumes
from dindguard.source import Embedded
from dindguard.vocabulary import RUNNER_DECIDES

PROVIDER = "Bitbucket"
_DEFAULT_IMAGE = "atlassian/default-image"
_SHELLS = ("linux.shell", "windows", "macos")
"""Labels of runners that run steps on their machine, without a container."""
_NOTHING = regex(r"(?!)")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every file of a scan."""
    del context  # a file stands by itself
    reading = Reading()
    for document in documents:
        _File(document.content, reading).read()
    return reading


class _File:
    def __init__(self, root: Node, reading: Reading) -> None:
        self._root = root
        self._reading = reading
        self._addresses = Addresses()
        self._items_read = 0

    def read(self) -> None:
        for key, value in self._root["pipelines"].pairs():
            if value.is_sequence:
                self._items(value, f"pipelines.{key.content}", 0)
            for name, pipeline in value.pairs():
                self._items(pipeline, f"pipelines.{key.content}.{name.content}", 0)

    def _items(self, items: Node, address: str, level: int) -> None:
        """Read a pipeline's list; lists nest: ``stage`` holds ``parallel``, which holds steps."""
        given = items.items()
        if not given or not budget.within(budget.BITBUCKET_LEVELS, level + 1, items):
            return
        for item in given:
            self._items_read += 1
            if not budget.within(budget.BITBUCKET_STEPS, self._items_read, item):
                return
            if item["step"].is_mapping:
                self._step(item["step"], address)
            for key in ("parallel", "stage"):
                below = item[key]["steps"] if item[key].is_mapping else item[key]
                self._items(below, address, level + 1)

    def _step(self, step: Node, pipeline: str) -> None:
        name = step["name"].text
        address = self._addresses.unique(f"{pipeline}.{name}" if name else f"{pipeline}.step")
        volumes = Volumes(f"{step.source.path}:{address}")
        labels = [item.content for item in step["runs-on"].listed()]
        hosted = _hosted(step)
        owner = self._container(step, name, address, volumes, bare=any(label in _SHELLS for label in labels))
        services = list(self._services(step, address, hosted))
        lines = [*step["script"].listed(), *step["after-script"].listed()]
        scripts = joined_scripts(lines, "shell", _NOTHING, lambda *_: None)
        self._reading.embedded += [Embedded(script, owner) for script in scripts]
        self._reading.workloads.append(
            Workload(
                name=name, address=address, kind=WorkloadKind.JOB, platform=Platform.OTHER_CI, span=owner.span,
                containers=(*services, owner), storages=volumes.storages, hosted=hosted, shared_network=bool(services),
            )
        )  # fmt: skip

    def _container(self, step: Node, name: str, address: str, volumes: Volumes, *, bare: bool) -> Container:
        """Return the container that a step's script runs in; on some runners it is their machine."""
        written = step["image"] if step["image"].present else self._root["image"]
        image = written["name"] if written.is_mapping else written
        span = step["name"].span if step["name"].present else step.key_span
        if bare:
            return Container(name=name, address=address, kind=ContainerKind.JOB, span=span)
        mounts = [
            volumes.volume(item.value, address)
            for runtime in (step["runtime"], self._root["options"]["runtime"])
            for item in runtime["self-hosted"]["volumes"].listed()
            if item.is_scalar and not item.is_null
        ]
        user = written["run-as-user"]
        named = image.value if image.is_scalar and not image.is_null else inherited(_DEFAULT_IMAGE, span)
        return Container(
            name=name, address=address, kind=ContainerKind.JOB, span=span, image=Image.parse(named),
            command=Words((inherited("/bin/sh", named.span),), named.span), mounts=tuple(mounts),
            user=user.value if user.is_scalar else None,
        )  # fmt: skip

    def _services(self, step: Node, address: str, hosted: Text | None) -> Iterator[Container]:
        """Yield the services of a step. The cloud's own engine is not among them: it is part of a hosted machine."""
        names = [item for item in step["services"].listed() if item.is_scalar]
        everywhere = self._root["options"]["docker"]
        if everywhere.flag().on and all(each.content != "docker" for each in names):
            names.append(everywhere)
        for item in names:
            name = "docker" if item is everywhere else item.content
            declared = self._root["definitions"]["services"][name]
            if name == "docker" or declared["type"].content == "docker":
                if hosted is None:
                    yield _service(item, name, address, declared, engine=True)
            elif declared["image"].present:
                yield _service(item, name, address, declared, engine=False)


def _service(item: Node, name: str, address: str, declared: Node, *, engine: bool) -> Container:
    """Return a service. The runner, which no file of a repository shows, decides what privilege an engine has."""
    image = declared["image"]["name"] if declared["image"].is_mapping else declared["image"]
    own = image.is_scalar and bool(image.content)
    settings: dict[str, Any] = {}
    if engine:
        settings["privileged"] = Flag(None, item.span, How.UNKNOWN, "privileged", RUNNER_DECIDES)
        if not own:
            settings["command"] = Words((inherited("dockerd", item.span),), item.span)
    return Container(
        name=name, address=f"{address}.services.{name}", kind=ContainerKind.JOB_SERVICE, span=item.span,
        image=Image.parse(image.value) if own else None, environment=Environment(_variables(declared["variables"])),
        **settings,
    )  # fmt: skip


def _variables(variables: Node) -> Iterator[EnvVar]:
    return (EnvVar(key.content, value.value, key.span) for key, value in variables.pairs() if value.is_scalar)


def _hosted(step: Node) -> Text | None:
    """Return what tells that a step runs in the cloud; ``None`` for a runner of one's own, and if nobody knows."""
    if step["runs-on"].present or step["runtime"]["self-hosted"].present:
        return None
    return Text(PROVIDER, step.key_span)
