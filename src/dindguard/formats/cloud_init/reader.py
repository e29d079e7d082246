"""Reads ``#cloud-config``: files, scripts, users and groups of one machine.

Sources: canonical/cloud-init, ``config/cc_write_files.py`` (encodings), ``subp``/``util.shellify`` (a text is a line of the
script, a list is words in single quotes), ``distros/ug_util.py`` (groups and users).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dindguard.documents.encoded import decoded
from dindguard.documents.joined import Joined
from dindguard.documents.tree import Node
from dindguard.formats import Context, Document, Reading
from dindguard.model.values import Flag, Text
from dindguard.scripts.grants import ADMINISTRATORS, engine_group, group_grant
from dindguard.scripts.machine_engines import installation
from dindguard.source import Embedded, Notice

_BASE64 = frozenset({"b64", "base64"})
_GZIP = frozenset({"gz", "gzip"})
_UNITS = "/etc/systemd/system"


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every configuration of a scan."""
    del context  # all that a configuration names is on the machine
    reading = Reading()
    for document in documents:
        _read(document.content, reading)
    return reading


def _read(root: Node, reading: Reading) -> None:
    for item in root["write_files"].items():
        reading.embedded += _file(item, reading)
    for name in ("bootcmd", "runcmd"):
        reading.embedded += _script(root[name].items())
    for unit in root["coreos"]["units"].items():
        reading.embedded += _unit(unit)
    for item in root["packages"].items():
        package = item[0] if item.is_sequence else item
        found = installation(_key(root["packages"], item), package.value, f"packages.{package.value}")
        reading.invocations += [found] if found is not None else []
    for program, user, groups, administrator in _members(root):
        group = engine_group(groups)
        if group is not None:
            grant = group_grant(program, user, group, f"users.{user}", group.span, administrator)
            reading.invocations.append(grant)


def _file(item: Node, reading: Reading) -> Iterator[Embedded]:
    path, content, encoding = item["path"].text, item["content"], item["encoding"].content.lower()
    if not path or not content.is_scalar or not content.content:
        return
    packing, _, spelling = encoding.partition("+")
    zipped = packing in _GZIP  # its bytes are no text: without a word on base64 it is ``!!binary``, which is base64
    if encoding in ("", "text/plain"):
        yield Embedded(content.document(path))
    elif zipped or packing in _BASE64:
        text = decoded(content, content.content, path, zipped=zipped) if spelling in ("", *_BASE64) else None
        if text is not None:
            yield Embedded(text)
        elif zipped:
            reading.notices.append(_not_read(item, path, encoding))
    else:
        reading.notices.append(_not_read(item, path, encoding))


def _not_read(item: Node, path: str, encoding: str) -> Notice:
    message = f"what is written into {path} is encoded as '{encoding}', and was not read"
    return Notice("skipped", message, item["encoding"].span, remedy="write it as plain text")


def _script(items: Sequence[Node]) -> Iterator[Embedded]:
    """Yield the script that a list of commands is run as."""
    lines = [item for item in items if item.is_sequence or (item.is_scalar and not item.is_null)]
    if not lines:
        return
    joined = Joined(lines[0].source)
    for line in lines:
        if line.is_scalar:
            document = line.document()
            joined.add_slice(document, 0, len(document.text))
        for index, word in enumerate(line.items()):
            joined.add_glue(" " if index else "")
            if word.is_scalar:
                joined.add_quoted(word.document())
        joined.add_glue("\n")
    yield Embedded(joined.source("shell"))


def _unit(unit: Node) -> Iterator[Embedded]:
    """Yield the unit and the drop-ins of CoreOS's old cloud-config."""
    name = unit["name"].text
    for path, node in (
        (f"{_UNITS}/{name}", unit["content"]),
        *((f"{_UNITS}/{name}.d/{each['name'].text}", each["content"]) for each in unit["drop-ins"].items()),
    ):
        if name and node.is_scalar and node.content:
            yield Embedded(node.document(path))


def _members(root: Node) -> Iterator[tuple[Text, Text, list[Text], Flag | None]]:
    """Yield who makes a user a member, the user, the groups, and whether it may become root otherwise."""
    for user in root["users"].items():
        if user.is_mapping:
            groups = [*_groups(user)]
            yield _key(root["users"], user), _name(user), groups, _administrator(user, groups)
    for user in (root["user"], root["system_info"]["default_user"]):  # an image's own, who usually may do all
        if user.is_mapping:
            yield user.key.typed if user.key is not None else user.typed, _name(user), [*_groups(user)], None
    for item in (*root["groups"].items(), root["groups"]):
        for key, users in item.pairs():
            for user in users.listed():
                yield _key(root["groups"], item), user.typed, [key.typed], None


def _administrator(user: Node, groups: Sequence[Text]) -> Flag | None:
    """Return whether a new user may become root: by ``sudo``, ``doas`` or a group; ``sudo: false`` and nothing say no."""
    rights = [user[name] for name in ("sudo", "doas") if user[name].present and not user[name].is_null]
    refused = all(each.content.lower() in ("false", "no", "off", "") for each in rights if each.is_scalar)
    given = any(not each.is_scalar for each in rights) or not refused
    if any(group.unknown for group in groups):
        return None
    return Flag(given or any(group.value in ADMINISTRATORS for group in groups), user.span, name="sudo")


def _key(node: Node, other: Node) -> Text:
    key = node.key or other.key
    return key.typed if key is not None else other.typed


def _name(user: Node) -> Text:
    name = user["name"]
    return name.value if name.is_scalar else Text("the default user", user.span)


def _groups(user: Node) -> Iterator[Text]:
    """Yield the groups of a user: a list, or a text with commas."""
    for node in (user["groups"], user["primary_group"]):
        for item in node.listed():
            at = 0
            for piece in item.content.split(",") if item.is_scalar else ():
                start = at + len(piece) - len(piece.lstrip())
                yield item.typed.part(start, start + len(piece.strip()))
                at += len(piece) + 1
