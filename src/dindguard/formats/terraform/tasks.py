"""``aws_ecs_task_definition`` in the shape of the task definition that it registers."""

from __future__ import annotations

from dindguard.documents import json
from dindguard.documents.joined import Joined
from dindguard.documents.nodes import key_of
from dindguard.documents.placeholders import Unfilled
from dindguard.documents.tree import Node, Pairs
from dindguard.formats.terraform.module import Block, Module, bodies, unwrapped
from dindguard.formats.terraform.shaped import camel, camel_name
from dindguard.scripts.located import add_script
from dindguard.source import Source, Step

_SETTINGS = ("family", "network_mode", "pid_mode", "ipc_mode", "requires_compatibilities")
_BEHIND = ("docker_volume_configuration", "efs_volume_configuration")


def ecs_task(block: Block, module: Module) -> Node | None:
    """Return the task definition that a resource registers; ``None`` when nothing tells its containers."""
    body = block.body
    containers = _document(body["container_definitions"], module)
    if not containers.is_sequence:
        return None
    pairs: Pairs = [(key_of(body, "containerDefinitions"), containers)]
    pairs.append((key_of(body, "volumes"), body.with_items([_volume(each) for each in bodies(body, "volume")])))
    pairs += [(key_of(body[name], camel_name(name)), body[name]) for name in _SETTINGS if body[name].present]
    return body.with_pairs(pairs)


def batch_job(block: Block, module: Module) -> Node | None:
    """Return the task that a job definition of AWS Batch starts: one container, its volumes beside its settings."""
    body = block.body
    properties = _document(body["container_properties"], module)
    if not properties.is_mapping:
        return None
    named = properties.with_pairs([(key_of(body["name"], "name"), body["name"]), *properties.pairs()])
    pairs: Pairs = [(key_of(properties, "containerDefinitions"), properties.with_items([named]))]
    pairs.append((key_of(properties, "volumes"), properties["volumes"]))
    capabilities = body["platform_capabilities"]
    pairs += [(key_of(capabilities, "requiresCompatibilities"), capabilities)] if capabilities.present else []
    return body.with_pairs(pairs)


def _volume(volume: Node) -> Node:
    path = volume["host_path"]
    pairs: Pairs = [(key_of(volume, "name"), volume["name"])]
    if path.present:
        pairs.append((key_of(volume, "host"), volume.with_pairs([(key_of(volume, "sourcePath"), path)])))
    pairs += [(key_of(volume, camel_name(name)), camel(volume[name])) for name in _BEHIND if volume[name].is_mapping]
    return volume.with_pairs(pairs)


def _document(node: Node, module: Module) -> Node:
    """Return what is registered: an expression, the JSON in a string or a heredoc, or the JSON of a file."""
    node = module.followed(node)
    inner = module.followed(unwrapped(node))
    if not inner.present:
        return inner
    file = _file_of(node, module)
    if file is not None:
        return _read(file, node)
    if inner.is_sequence:
        return inner.with_items([module.followed(item) for item in inner.items()])
    if not inner.is_scalar or inner.style == "expression":
        return inner
    joined = Joined(inner.source)
    add_script(joined, inner, unknown="${{{}}}")
    return _read(joined.source("json"), inner)


def _read(source: Source, node: Node) -> Node:
    documents = json.read(source).documents
    if not documents:
        return node.hole("containers")
    found = documents[0].scoped(Unfilled())
    return found if source.parent is node.source else found.explained(Step("used here", node.span))


def _file_of(node: Node, module: Module) -> Source | None:
    """Return the file whose text an expression is, by itself or through a ``template_file``."""
    opened = module.file_of(node)
    return opened.part(0, len(opened.text), hint="json") if opened is not None else None
