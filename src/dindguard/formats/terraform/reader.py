"""Reads modules: every folder's files together."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.formats.terraform import docker, shaped, tasks
from dindguard.formats.terraform.module import Block, Module, unwrapped
from dindguard.scripts.located import add_script
from dindguard.source import Embedded, Source

_USER_DATA = ("user_data", "custom_data", "metadata_startup_script", "startup_script", "user_data_base64")
_PROVISIONERS = ("local-exec", "remote-exec")
_RUNNER_MODULES = ("cattle-ops/gitlab-runner/aws", "npalm/gitlab-runner/aws")


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every module of a scan."""
    reading = Reading()
    folders: dict[str, list[Document]] = {}
    for document in documents:
        folders.setdefault(posixpath.dirname(document.source.path), []).append(document)
    for folder, found in folders.items():
        _Reader(Module(folder, [document.content for document in found], context), reading).read()
    return reading


class _Reader:
    """Reads one module into ``reading``."""

    def __init__(self, module: Module, reading: Reading) -> None:
        self._module = module
        self._reading = reading

    def read(self) -> None:
        """Read the whole module."""
        module, reading = self._module, self._reading
        containers = docker.project([*module.of("resource", "docker_container")], module.folder)
        clients = [docker.client(block) for block in module.of("provider", "docker")]
        runners = [docker.runner_default(block) for block in module.of("module") if _makes_runners(block)]
        reading.workloads += [each for each in (containers, *clients, *runners) if each is not None]
        for block in module.of("resource"):
            reading.embedded += self._resource(block)
            reading.embedded += self._scripts(block)

    def _resource(self, block: Block) -> Iterator[Embedded]:
        kind = block.labels[0] if block.labels else ""
        if kind == "kubernetes_manifest":
            yield from _tree(shaped.manifest(block), "kubernetes")
        elif kind.startswith("kubernetes_"):
            yield from _tree(shaped.kubernetes_object(block), "kubernetes")
        elif kind == "aws_ecs_task_definition":
            yield from _tree(tasks.ecs_task(block, self._module), "ecs-task")
        elif kind == "kubectl_manifest":
            yield from _text(block.body["yaml_body"], "kubernetes")
        elif kind == "helm_release":
            for item in unwrapped(block.body["values"]).items():
                yield from _text(item, "values.yaml")
        elif kind in ("kubernetes_config_map", "kubernetes_config_map_v1"):
            for key, value in block.body["data"].pairs():
                yield from _text(value, key.content)

    def _scripts(self, block: Block) -> Iterator[Embedded]:
        for name in _USER_DATA:
            yield from self._machine_text(_decoded(block.body[name]))
        for key, value in block.body.pairs():
            if key.content != "provisioner":
                continue
            for name in _PROVISIONERS:
                body = value[name]
                for node in (body["command"], *unwrapped(body["inline"]).items()):
                    yield from _text(node, "shell")

    def _machine_text(self, node: Node) -> Iterator[Embedded]:
        """What a machine gets at its first start: a script, or cloud-init's configuration."""
        text = node.content.lstrip() if node.is_scalar else ""
        if text.startswith("#!"):
            yield from _text(node, "shell")
        elif text.startswith("#cloud-config"):
            yield from _text(node, "cloud-init.yaml")


def _makes_runners(block: Block) -> bool:
    return any(name in block.body["source"].content for name in _RUNNER_MODULES)


def _decoded(node: Node) -> Node:
    if node.is_mapping and node.keys()[:1] in (["base64encode"], ["filebase64"]):
        return node.values()[0][0]
    return node


def _tree(node: Node | None, hint: str) -> Iterator[Embedded]:
    if node is not None:
        source = Source(node.source.path, "", hint=hint, parent=node.source.part(node.start, node.end))
        yield Embedded(source, content=node)


def _text(node: Node, hint: str) -> Iterator[Embedded]:
    if not node.is_scalar or node.style == "expression" or not node.content.strip():
        return
    joined = Joined(node.source)
    add_script(joined, node)
    yield Embedded(joined.source(hint))
