"""Reads modules: every folder's files together."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dindguard.documents.remainder import Remainder
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.terraform import docker, machines, shaped, tasks
from dindguard.formats.terraform.module import CONFIG_MAPS, Block, Module
from dindguard.records import replace
from dindguard.source import Embedded

_RUNNER_MODULES = ("cattle-ops/gitlab-runner/aws", "npalm/gitlab-runner/aws")

_READ = frozenset({"docker_container", "docker_service", "docker_image", "docker_network", "docker_volume"})
_PERMISSIONS = ("kubernetes_pod_security_policy", "kubernetes_cluster_role", "kubernetes_role")
_POD_MODULE = "terraform-google-modules/container-vm"


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
        self._mounted = (
            _mounted_maps(module)
            if any(True for each in CONFIG_MAPS for _ in module.of("resource", each))
            else frozenset()
        )

    def read(self) -> None:
        """Read the whole module."""
        module, reading = self._module, self._reading
        containers = docker.project([*module.of("resource", "docker_container")], module.folder)
        services = docker.services([*module.of("resource", "docker_service")], module.folder)
        clients = [docker.client(block) for block in module.of("provider", "docker")]
        runners = [docker.runner_default(block) for block in module.of("module") if _makes_runners(block)]
        reading.workloads += [each for each in (containers, services, *clients, *runners) if each is not None]
        handed = machines.Handed(module)
        for block in module.blocks:
            made: list[Embedded] = []
            if block.kind == "resource":
                made += self._resource(block)
            elif block.kind == "module" and _POD_MODULE in block.body["source"].content:
                made += _tree(shaped.machine_pod(block), "kubernetes")
            if block.kind in ("resource", "module", "data"):
                made += handed.by(block)
            reading.embedded += made
            if block.kind == "resource" and block.labels[:1] and block.labels[0].startswith("kubernetes_"):
                left = (Remainder(each).source() for each in shaped.left_out(block.body))
                reading.unread += [Unread(each, "dynamic Terraform block", True) for each in left]
            if not made and not _is_read(block):
                reading.unread.append(
                    Unread(Remainder(block.body).source(), f"part of a Terraform {block.kind}", True)
                )
        reading.unread += [
            Unread(each, "part of a template that is left out by default", True) for each in module.left_out
        ]

    def _resource(self, block: Block) -> Iterator[Embedded]:
        kind = block.labels[0] if block.labels else ""
        if kind == "kubernetes_manifest":
            yield from _tree(shaped.manifest(block), "kubernetes")
        elif kind in CONFIG_MAPS:
            yield from self._config_map(block)
        elif kind.startswith("kubernetes_"):
            yield from _tree(shaped.kubernetes_object(block), "kubernetes")
        elif kind == "aws_ecs_task_definition":
            yield from _tree(tasks.ecs_task(block, self._module), "ecs-task")
        elif kind == "aws_batch_job_definition":
            yield from _tree(tasks.batch_job(block, self._module), "ecs-task")
        elif kind == "kubectl_manifest":
            yield from machines.text(self._module.followed(block.body["yaml_body"]), "kubernetes", self._module)
        elif kind == "helm_release":
            from dindguard.formats.terraform import releases  # few modules have one

            yield from _tree(releases.release(block, self._module), "helm")
            for node in releases.texts(block, self._module):
                yield from machines.text(node, "values.yaml", self._module)

    def _config_map(self, block: Block) -> Iterator[Embedded]:
        """Yield a ConfigMap that a pod of the module mounts as that, with the files that it takes; else its texts."""
        data = block.body["data"]
        if block.body["metadata"]["name"].text in self._mounted:
            files = [(key, self._module.text_of(value)) for key, value in data.pairs()]
            pairs = [(key, data.with_pairs(files) if value is data else value) for key, value in block.body.pairs()]
            whole = replace(block, body=block.body.with_pairs(pairs))
            yield from _tree(shaped.kubernetes_object(whole), "kubernetes")
            return
        for key, value in data.pairs():
            yield from machines.text(self._module.followed(value), key.content, self._module)


def _mounted_maps(module: Module) -> frozenset[str]:
    """Return the names of the ConfigMaps that pods of a module mount."""
    pods = (block.body for block in module.blocks if block.labels[:1] and block.labels[0].startswith("kubernetes_"))
    pairs = (pair for body in pods for node in body.walk() for pair in node.pairs())
    return frozenset(value["name"].text for key, value in pairs if key.content == "config_map") - {""}


def _is_read(block: Block) -> bool:
    """Whether a block is read elsewhere, permits instead of asking, or makes nothing."""
    if block.kind == "module":
        return _makes_runners(block)
    kind = block.labels[0] if block.labels else ""
    return block.kind != "resource" or kind in _READ or kind.startswith(_PERMISSIONS)


def _makes_runners(block: Block) -> bool:
    return any(name in block.body["source"].content for name in _RUNNER_MODULES)


def _tree(node: Node | None, hint: str) -> Iterator[Embedded]:
    if node is not None:
        yield machines.tree(node, hint)
