"""What a module hands to machines: scripts, cloud-init's configuration, units and files.

Sources: the providers' documentation of ``user_data``, of Google's metadata (``startup-script``, ``user-data``), of Incus
and LXD (``cloud-init.user-data``), ``cloudinit_config``, ``ignition_systemd_unit`` and ``local_file``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.documents.hcl.reader import CALL
from dindguard.documents.joined import Joined
from dindguard.documents.placeholders import Holes
from dindguard.documents.tree import Node
from dindguard.formats.terraform.module import Block, Module, bodies, unwrapped
from dindguard.scripts.located import add_script
from dindguard.source import Embedded, Source

_SCRIPTS = frozenset(
    {
        "user_data", "custom_data", "metadata_startup_script", "startup_script", "user_data_base64", "user-data",
        "startup-script", "shutdown-script", "template", "content",
    }
)  # fmt: skip
"""Attributes, and keys of an instance's metadata, whose text a machine runs when it is a script."""

_ENCODED = ("base64encode", "filebase64", "base64gzip", "textencodebase64")
_PACKED = frozenset({"user_data_base64", "user_data", "custom_data"})
"""Attributes that take a text in base64 as it is."""
_PROVISIONERS = ("local-exec", "remote-exec")
_PATHS = ("filename", "destination", "path", "file")
_TEMPLATE = ".tftpl"
"""How names end of what ``templatefile`` fills in."""
_UNITS = "/etc/systemd/system"
_NOMAD_JOB = "nomad_job"
_OF_CLOUD_INIT = frozenset(
    {"runcmd", "bootcmd", "write_files", "packages", "groups", "users", "package_update", "swap"}
)
_ENGINES_SETTINGS = "/daemon.json"


class Handed:
    """Finds the texts of a module's blocks; one that several blocks use is given once."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._given: set[tuple[str, int]] = set()
        self._locals: set[tuple[str, str, int]] = set()
        """Values of locals that a block has brought, and as what."""

    def by(self, block: Block) -> Iterator[Embedded]:
        """Yield what a resource, a module or a data source gives to machines."""
        for key, value in block.body.pairs():
            if key.content == "provisioner":
                yield from self._texts((command, "shell") for command in self._commands(value))
        yield from self._texts(_files(block))
        if block.labels[:1] == (_NOMAD_JOB,):
            yield from self._texts([(block.body["jobspec"], "job.nomad")])
        for name, node in self._values(block.body):
            if node.is_scalar:
                yield from self._texts([(node, _hint(name, node))])
                yield from _unpacked(node) if name in _PACKED else ()
            elif name in _SCRIPTS and (configuration := self._cloud_config(node)) is not None:
                yield tree(configuration, "cloud-init")

    def _texts(self, found: Iterable[tuple[Node, str]]) -> Iterator[Embedded]:
        for written, hint in found:
            node = self._module.followed(_decoded(written))
            place = (node.source.path, node.start)
            if hint and place not in self._given:
                self._given.add(place)
                made = self._module.followed(unwrapped(node))
                if made is not node and made.is_mapping and not made.tag and hint.endswith(_ENGINES_SETTINGS):
                    yield tree(self._module.settled(made), "daemon-json")
                    continue
                file = self._module.file_of(node) if hint != "shell" else None
                yield from text(node, hint, self._module) if file is None else self._rendered(file, hint)

    def _rendered(self, file: Source, path: str) -> Iterator[Embedded]:
        """Yield a file of the module as what it becomes on the machine, if its own name does not tell."""
        if not self._module.context.named(file.path):
            yield Embedded(Source(file.path, file.text, hint=f"{path}{_TEMPLATE}"))

    def _commands(self, provisioner: Node) -> Iterator[Node]:
        for name in _PROVISIONERS:
            yield provisioner[name]["command"]
            yield from unwrapped(self._module.followed(provisioner[name]["inline"])).items()

    def _cloud_config(self, call: Node) -> Node | None:
        """Return the configuration of cloud-init that a function encodes: by itself, or below the line that says what it is."""
        parts = [call]
        if call.keys() == ["join"] and len(arguments := call.values()[0].items()) == 2:
            parts = [self._module.followed(each) for each in unwrapped(arguments[1]).items()]
        for part in parts:
            found = self._module.followed(unwrapped(part))
            if part.tag == CALL and found.is_mapping and not found.tag and found.has_any(_OF_CLOUD_INIT):
                return self._module.settled(found)
        return None

    def _values(self, body: Node) -> Iterator[tuple[str, Node]]:
        """Yield scalars and calls of a body with their attributes' names; locals stand for their values, once for each name."""
        waiting = [("", body)]
        seen: set[tuple[str, int]] = set()
        while waiting:
            name, written = waiting.pop()
            node = self._module.followed(_decoded(written))
            place = (node.source.path, node.start)
            local = (name, *place)
            if place in seen or (node is not written and local in self._locals):
                continue
            seen.add(place)
            if node is not written:
                self._locals.add(local)
            if node.is_scalar or node.tag == CALL:
                yield name, node
            waiting += [(key.content, value) for key, value in reversed(node.pairs()) if key.content != "provisioner"]
            waiting += [(name, item) for item in reversed(node.items())]


def tree(node: Node, hint: str) -> Embedded:
    """Return a mapping or a list as a document of its own."""
    node = node.moved(node.route)
    node.scope = node.scope or Holes((), {})  # its leaves know their values: nobody gives them another scope
    source = Source(node.source.path, "", hint=hint, parent=node.source.part(node.start, node.end))
    return Embedded(source, content=node)


def text(node: Node, hint: str, module: Module) -> Iterator[Embedded]:
    """Yield a text that was written; an expression whose text nobody can see is none."""
    node = module.rendered(node)
    if not node.is_scalar or node.style == "expression" or not node.content.strip():
        return
    joined = Joined(node.source)
    add_script(joined, node)
    yield Embedded(joined.source(hint))


def _files(block: Block) -> Iterator[tuple[Node, str]]:
    """Yield files by the path that they get, and units by their name."""
    if block.labels[:1] == ("ignition_systemd_unit",):
        yield from _unit(block.body)
        return
    uploads = [*bodies(block.body, "upload"), *(each["file"] for each in bodies(block.body, "provisioner"))]
    for body in (block.body, *uploads):
        path = next((body[name].text for name in _PATHS if body[name].is_scalar and body[name].text), "")
        yield body["content"], "" if path.endswith("/") else path


def _unit(body: Node) -> Iterator[tuple[Node, str]]:
    name = f"{_UNITS}/{body['name'].text}"
    yield body["content"], name
    for each in bodies(body, "dropin"):
        yield each["content"], f"{name}.d/{each['name'].text}"


def _hint(name: str, node: Node) -> str:
    """What a machine gets at its first start: cloud-init's configuration says so itself, a script is one by its place."""
    written = node.content[:100].lstrip() if node.style != "expression" else ""
    if written.startswith("#cloud-config"):
        return "cloud-init.yaml"
    return "shell" if name in _SCRIPTS and written.startswith("#!") else ""


def _unpacked(node: Node) -> Iterator[Embedded]:
    from dindguard.documents.encoded import packed  # few modules give a machine anything

    given = packed(node, "user-data")
    if given is not None:
        yield Embedded(given)


def _decoded(node: Node) -> Node:
    """Return what an encoding function is given."""
    if node.is_mapping and node.keys()[:1] and node.keys()[0] in _ENCODED:
        return node.values()[0][0]
    return node
