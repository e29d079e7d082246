"""One module: all files of a folder, and what its expressions stand for as far as the files decide it.

Source: the Terraform language documentation ("Input Variables": defaults, then ``terraform.tfvars``, then ``*.auto.tfvars``).
What is given on the command line or by a calling module is not seen: a default is a default.
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from dindguard import budget
from dindguard.documents.built import with_pairs
from dindguard.documents.hcl import reader as hcl
from dindguard.documents.hcl.reader import BLOCK, CALL
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Kind, Node
from dindguard.formats import Context
from dindguard.formats.terraform.conditions import if_asked
from dindguard.model.values import How, Text, unknown
from dindguard.patterns import regex
from dindguard.records import record, replace
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.budget.stocks import Share

_FILE = regex(r'\b(?:template)?file\(\s*"(?:\$\{path\.(?:module|root)\}/|\./)?([^"${}]+)"')
_RENDERED = regex(r"\bdata\.template_file\.([\w-]+)")
CONFIG_MAPS = ("kubernetes_config_map", "kubernetes_config_map_v1")
_DECIDERS = ("count", "for_each")
_REPEATED_LENGTH = 8
"""A module may write out one setting for each so many of its characters, beyond what all modules of a scan share."""
_MAKING = ("resource", "module", "data")
"""Blocks that make something, or give a text to what does."""
_IMAGE_NAMES = ("image_id", "latest", "name", "repo_digest")


@record
class Block:
    """One block: its type, its labels, its body, and its last label as the place that names it."""

    kind: str
    labels: tuple[str, ...]
    body: Node

    @property
    def address(self) -> str:
        """Its address in the module: ``docker_container.dind``, ``module.runner``."""
        return ".".join(self.labels if self.kind == "resource" else (self.kind, *self.labels))


class Module:
    """The blocks of one folder. Every document's expressions share one mapping of values."""

    def __init__(self, folder: str, documents: Iterable[Node], context: Context) -> None:
        self.folder = folder
        self.context = context
        self.left_out: list[Source] = []
        """Parts of texts that stay out as long as nobody asks for other values than the module's own."""
        self._documents = list(documents)
        self.blocks = [block for document in self._documents for block in _blocks(document)]
        others = list(self._unread())
        self._others = [block for document in others for block in _blocks(document)]
        self._locals = {
            f"local.{key.content}": value for block in self._everywhere("locals") for key, value in block.body.pairs()
        }
        self._defaults = {
            f"var.{block.labels[0]}": block.body["default"] for block in self._everywhere("variable") if block.labels
        }
        self._given = {f"var.{name}": value for name, value in self._assigned()}
        values = self._values()
        for document in (*self._documents, *others):
            if isinstance(document.scope, Holes) and isinstance(document.scope.values, dict):
                document.scope.values.update(values)
        self.blocks += [block for block in self._others if _uses_values(block)]
        self.blocks = [replace(block, body=_if_made(block.body)) for block in self._repeated(self.blocks)]

    @cached_property
    def _share(self) -> Share:
        """How much more than what is written may be read of the module."""
        from dindguard.budget.stocks import Share  # few modules need one

        size = sum(document.end for document in self._documents)
        return Share(budget.TERRAFORM_REPEATED, size // _REPEATED_LENGTH)

    def _repeated(self, blocks: list[Block]) -> Iterable[Block]:
        """Return blocks as often as their ``for_each`` has them, with the blocks inside them that ``dynamic`` makes."""
        texts = {block.body.source: None for block in blocks}
        if not any(word in source.text for source in texts for word in ("for_each", "dynamic")):
            return blocks
        from dindguard.formats.terraform.elements import Collections
        from dindguard.formats.terraform.repeating import Repeating  # few modules repeat anything

        repeating = Repeating(Collections(self._stands_for, self._share), self._share)
        return (
            replace(block, labels=_with_key(block.labels, key), body=body)
            for block in blocks
            for key, body in repeating.bodies(block.body)
        )

    def of(self, kind: str, first: str = "") -> Iterator[Block]:
        """Yield the blocks of a type, with that first label."""
        return (block for block in self.blocks if block.kind == kind and (not first or block.labels[:1] == (first,)))

    def followed(self, node: Node) -> Node:
        """Return what ``local.name`` stands for when it is a whole expression; any other node as it is."""
        for count in itertools.count():
            name = node.content if node.is_scalar and node.style == "expression" else ""
            if name not in self._locals or not budget.within(budget.LOCALS_DEPTH, count + 1, node):
                break
            node = self._locals[name]
        return node

    def rendered(self, node: Node) -> Node:
        """Return a text as its reader gets it; what directives leave out by default is noted."""
        if not node.is_scalar or "{" not in node.content or not isinstance(node.scope, Holes):
            return node
        from dindguard.formats.terraform.rendering import is_rendered, rendered  # few texts have holes

        if not is_rendered(node):
            return node
        made, left = rendered(node)
        self.left_out += [node.source.part(start, end) for start, end in left]
        return made

    def settled(self, node: Node, depth: int = 0) -> Node:
        """Return an object or a list with what the locals in it stand for, texts as they are rendered.

        ``depth`` is how many locals hold this one.
        """
        found = self.followed(node)
        if found is not node:
            depth += 1
            if not self._share.left(node) or not budget.within(budget.LOCALS_DEPTH, depth, node):
                return node
            self._share.take(1 + (found.end - found.start) // _REPEATED_LENGTH)
        if found.is_scalar:
            return self.rendered(found)
        if found.is_sequence:
            return found.with_items([self.settled(item, depth) for item in found.items()])
        return with_pairs(found, [(key, self.settled(value, depth)) for key, value in found.pairs()])

    def _stands_for(self, name: str) -> tuple[Node, bool] | None:
        """Return what ``local.name`` or ``var.name`` is, and whether that is a default; ``None`` if the files don't tell."""
        if name in self._given:
            return self._given[name], False
        if name in self._locals:
            return self._locals[name], False
        default = self._defaults.get(name)
        return (default, True) if default is not None and default.present else None

    def file_of(self, node: Node) -> Source | None:
        """Return the file whose text an expression is, by itself or through a ``template_file``."""
        written = _text(node)
        rendered = _RENDERED.search(written)
        if rendered is not None:
            blocks = self.of("data", "template_file")
            written = next((_text(each.body["template"]) for each in blocks if each.labels[1:] == (rendered[1],)), "")
        found = _FILE.search(written)
        path = posixpath.normpath(posixpath.join(self.folder, found[1])) if found is not None else ""
        return self.context.open(path) if path and not path.startswith("..") else None

    def text_of(self, node: Node) -> Node:
        """Return the text that an expression stands for: the whole of a file of the module, what was written otherwise."""
        node = self.followed(node)
        source = self.file_of(node) if node.style == "expression" or node.tag == CALL else None
        return node if source is None else whole(source)

    def _unread(self) -> Iterator[Node]:
        """Yield the folder's other files: nothing in them matters by itself, but they may say what variables hold."""
        read = {document.source.path for document in self._documents}
        for name in self.context.listing(self.folder):
            path = posixpath.join(self.folder, name)
            source = self.context.open(path) if name.endswith((".tf", ".tofu")) and path not in read else None
            if source is not None:
                yield from hcl.read(source).documents

    def _everywhere(self, kind: str, first: str = "") -> Iterator[Block]:
        yield from self.of(kind, first)
        yield from (each for each in self._others if each.kind == kind and (not first or each.labels[:1] == (first,)))

    def _values(self) -> dict[str, Text]:
        found: dict[str, Text] = {}
        for how, nodes in ((How.DEFAULT, self._defaults), (How.VARIABLE, self._given)):
            plain = ((name, node) for name, node in nodes.items() if node.is_scalar and not node.is_null)
            found.update((name, replace(node.typed, how=how)) for name, node in plain if node.scope is None)
        for count in itertools.count(1):
            before = len(found)
            for name, value in self._locals.items():
                self._give(found, name, value)
                for key, inner in value.pairs() if not value.tag else ():
                    self._give(found, f"{name}.{key.content}", inner)
            for block in self._everywhere("resource", "docker_image"):
                for name in _IMAGE_NAMES:
                    self._give(found, f"{block.address}.{name}", block.body["name"])
            for block in (each for kind in CONFIG_MAPS for each in self._everywhere("resource", kind)):
                for way in ("metadata[0].name", "metadata.0.name"):
                    self._give(found, f"{block.address}.{way}", block.body["metadata"]["name"])
            if len(found) == before:
                break
            left = next((value for name, value in self._locals.items() if name not in found), None)
            if left is None or not budget.within(budget.LOCALS_DEPTH, count, left):
                break
        return found

    def _give(self, found: dict[str, Text], name: str, value: Node) -> None:
        if name in found or not value.is_scalar or value.is_null:
            return
        holes = value.scope.places if isinstance(value.scope, Holes) else ()
        text = Holes(holes, found).resolve(value.typed) if holes else value.typed
        if text.known:
            found[name] = replace(text, how=How.VARIABLE if text.how is How.WRITTEN else text.how)

    def _assigned(self) -> Iterator[tuple[str, Node]]:
        """Yield the variables of ``terraform.tfvars`` and ``*.auto.tfvars``, later ones counting."""
        names = self.context.listing(self.folder)
        automatic = sorted(name for name in names if name.endswith(".auto.tfvars"))
        for name in ("terraform.tfvars", *automatic):
            source = self.context.open(posixpath.join(self.folder, name)) if name in names else None
            for document in hcl.read(source).documents if source is not None else ():
                yield from ((key.content, value) for key, value in document.pairs())


def whole(source: Source) -> Node:
    """Return all of a file as one scalar."""
    return Node(Kind.SCALAR, source, 0, len(source.text), content=source.text, style="literal")


def file_named(node: Node) -> str:
    """Return the path in ``file("…")``, from the module's folder; ``""`` for another expression."""
    found = _FILE.search(_text(node))
    return found[1] if found is not None else ""


def _text(node: Node) -> str:
    return node.source.text[node.start : node.end]


def _blocks(document: Node) -> Iterator[Block]:
    for key, value in document.pairs():
        labels: list[str] = []
        body = value
        while body.is_mapping and body.tag != BLOCK and len(body.pairs()) == 1:
            label, body = body.pairs()[0]
            labels.append(label.content)
        if body.is_mapping:
            yield Block(key.content, tuple(labels), body)


def _uses_values(block: Block) -> bool:
    """Whether a block may get what matters from elsewhere, when nothing does in its own file."""
    text, body = block.body.source.text, block.body
    return block.kind in _MAKING and any(text.find(sign, body.start, body.end) >= 0 for sign in ("local.", "var."))


def _with_key(labels: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Return the labels of one of the things that a block is made for, as Terraform writes its address."""
    return (*labels[:-1], f'{labels[-1]}["{key}"]') if key and labels else labels


def _if_made(body: Node) -> Node:
    """Return a block's body with what decides whether the block makes anything."""
    return if_asked(body, body["count"], body["for_each"]) if body.has_any(_DECIDERS) else body


def bodies(body: Node, name: str) -> list[Node]:
    """Return the blocks of a type inside another, those that ``dynamic`` makes among them."""
    found = [value for key, value in body.pairs() if key.content == name and value.is_mapping]
    found += [item for value in [body[name]] if value.is_sequence for item in value.items() if item.is_mapping]
    for key, value in body.pairs():
        if key.content == "dynamic" and value[name]["content"].is_mapping:
            found.append(if_asked(value[name]["content"], value[name]["for_each"]))
    return found


def items_of(node: Node) -> tuple[Text, ...]:
    """Return the scalars of a list; a list, or a value, that is one expression or another function's is one unknown text."""
    if node.is_scalar:
        return () if node.is_null else (node.value,)
    if node.tag == CALL and node.keys()[0] in _TOGETHER:
        return tuple(text for each in node.values()[0].items() for text in items_of(each))
    inner = unwrapped(node)
    if inner.is_scalar:
        return items_of(inner)
    if inner.tag == CALL:
        return (unknown(inner.span, " ".join(_text(inner).split())),)
    return tuple(item.value for item in inner.items() if item.is_scalar)


_TOGETHER = frozenset({"concat", "setunion", "flatten"})
_SAME = frozenset(
    {
        "jsonencode",
        "yamlencode",
        "tolist",
        "toset",
        "tomap",
        "tobool",
        "tostring",
        "try",
        "sensitive",
        "compact",
        "distinct",
    }
)


def unwrapped(node: Node) -> Node:
    """Return the argument of ``jsonencode``, ``yamlencode``, ``tolist`` and the like."""
    while node.tag == CALL and node.keys()[0] in _SAME and node.values()[0].items():
        node = node.values()[0][0]
    return node
