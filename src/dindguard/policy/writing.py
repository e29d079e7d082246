"""Writes waivers: whole records are added, single values are changed, and every other character stays.

ruamel.yaml decides how a value is written; where it goes is told by the reader that also judges the file. The order of
a record's fields makes Git's ``merge=union`` keep both of two records that two people add at the same place: Git takes
four and more lines that both have for one (``xdl_simplify_non_conflicts``), so that first and last line must differ and
no more than three may stand between lines that do (address or rule, reason, owner). What Git mixes all the same holds
a field twice, and is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dindguard.errors import UserError
from dindguard.policy.config import WAIVER_FILE
from dindguard.source import Source

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

FIELDS = (
    "file", "at", "rule", "mode", "alternatives", "reason", "poc", "ticket", "notes", "owner",
    "approvers", "approved", "expires", "fingerprint",
)  # fmt: skip
"""The fields of a record in the order in which they are written."""

_PLAIN = re.compile(r"[A-Za-z][\w ./@-]*(?<! )")
"""Texts that every reader of YAML takes as they stand, in brackets too."""

HEADER = """\
# Approvals with a reason, an owner, approvers and an end. Write them with: dindguard waive
version: 1
waivers:
"""

ATTRIBUTES = f"{WAIVER_FILE} merge=union"
"""The line of ``.gitattributes`` that lets two people's records merge."""

Value = str | list[str] | list[dict[str, str]]
Key = tuple[str, str, str]


def line(name: str, value: Value) -> str:
    """Return ``name: value`` as one line of YAML, lists in brackets, quoted where YAML needs it."""
    import io

    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    def flow(item: Any) -> Any:
        made: Any
        if isinstance(item, dict):
            made = CommentedMap({key: flow(inner) for key, inner in item.items()})
        elif isinstance(item, list):
            made = CommentedSeq(flow(inner) for inner in item)
        else:
            return item if _PLAIN.fullmatch(item) else DoubleQuotedScalarString(item)
        made.fa.set_flow_style()
        return made

    yaml = YAML()
    yaml.width = 1_000_000
    out = io.StringIO()
    yaml.dump({name: flow(value)}, out)
    return out.getvalue().rstrip("\n")


def record(fields: Mapping[str, Value], indent: int) -> str:
    """Return a record's lines, each ended by a line feed, under a comment of its own."""
    space = " " * indent
    present = [(name, fields[name]) for name in FIELDS if fields.get(name)]
    title = " ".join(f"{fields['rule']} at {fields['at']} in {fields['file']}".split())
    lines = [f"{space}# {title}"]
    # A date is written plainly, not as the quoted text that it is for YAML's readers.
    for index, (name, value) in enumerate(present):
        text = f"{name}: {value}" if name in ("approved", "expires") else line(name, value)
        lines.append(f"{space}{'- ' if index == 0 else '  '}{text}")
    return "".join(f"{each}\n" for each in lines)


def added(text: str, fields: Mapping[str, Value]) -> str:
    """Return a waiver file's text with a record in its sorted place; raises :class:`UserError` if there is none."""
    if not text.strip():
        text = HEADER
    if not text.endswith("\n"):
        text += "\n"
    listed, lines = _listed(text), text.splitlines(keepends=True)
    items = listed.items()
    if not items:
        at = listed.key_span.line if listed.key is not None else len(lines)
        lines[at - 1] = _without_brackets(lines[at - 1])
        return "".join((*lines[:at], record(fields, 2), *lines[at:]))
    new = _key(fields)
    indent = _dash(lines, items[0])[1]
    for item in items:
        if _key({name: item[name].content for name in ("file", "at", "rule")}) > new:
            at = _first_line(lines, item)
            break
    else:
        at = _last_line(text, items[-1]) + 1
    return "".join((*lines[: at - 1], record(fields, indent), *lines[at - 1 :]))


def renewed(text: str, key: Key, changes: Mapping[str, Value]) -> str:
    """Return a waiver file's text with some values of one record changed; ``key`` is its rule, file and address."""
    text = text if text.endswith("\n") else f"{text}\n"
    for item in _listed(text).items():
        if tuple(item[name].content for name in ("rule", "file", "at")) == key:
            return _changed(text, item, changes)
    raise UserError(f"{WAIVER_FILE}: there is no waiver of {key[0]} for {key[2]} in {key[1]}: leave out --renew")


def _changed(text: str, item: Node, changes: Mapping[str, Value]) -> str:
    edits: list[tuple[int, int, str]] = []
    column = item.span.column - 1
    for name, value in changes.items():
        found = item[name]
        written = f"{name}: {value}" if name in ("approved", "expires") else line(name, value)
        if found.present and found.key is not None:
            end = found.key.end if found.is_null else _end(text, found)
            edits.append((found.key.start, end, written))
        else:
            # Before the fingerprint, which stays the last line (see above).
            before = item["fingerprint"]
            last = before.key_span.line - 1 if before.present else _last_line(text, item)
            at = sum(len(each) for each in text.splitlines(keepends=True)[:last])
            edits.append((at, at, f"{' ' * column}{written}\n"))
    for start, end, written in sorted(edits, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _end(text: str, node: Node) -> int:
    return node.start + len(text[node.start : node.end].rstrip())


def _listed(text: str) -> Node:
    from dindguard.documents import yaml

    tree = yaml.read(Source(WAIVER_FILE, text))
    remedy = "fix it before a waiver can be written"
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}; {remedy}")
    listed = tree.documents[0]["waivers"] if len(tree.documents) == 1 else None
    if listed is None or not listed.present or not (listed.is_sequence or listed.is_null):
        raise UserError(f"{WAIVER_FILE}:1:1: the file must hold one document with a list under 'waivers:'; {remedy}")
    if listed.items() and listed.style == "flow":
        raise UserError(f"{listed.span}: the list stands in brackets; {remedy}: give each record lines of its own")
    return listed


def _without_brackets(text: str) -> str:
    before, _, after = text.partition(":")
    rest = after.strip()
    for empty in ("[]", "null", "~"):
        rest = rest.removeprefix(empty).strip()
    return f"{before}:{' ' + rest if rest else ''}\n"


def _key(fields: Mapping[str, Any]) -> Key:
    return fields["file"], fields["at"], fields["rule"]


def _dash(lines: list[str], item: Node) -> tuple[int, int]:
    """Return the 1-based line and the 0-based column of a record's dash."""
    number = item.span.line
    while number > 1 and not lines[number - 1].lstrip().startswith("-"):
        number -= 1
    text = lines[number - 1]
    return number, len(text) - len(text.lstrip())


def _first_line(lines: list[str], item: Node) -> int:
    """Return the 1-based first line of a record, the comments right above it included."""
    number = _dash(lines, item)[0]
    while number > 1 and lines[number - 2].lstrip().startswith("#"):
        number -= 1
    return number


def _last_line(text: str, item: Node) -> int:
    """Return the 1-based last line of a record."""
    return item.source.position(_end(text, item))[0]


def attributes(text: str) -> str | None:
    """Return ``.gitattributes`` with the line that lets waivers merge; ``None`` when it is there already."""
    if any(line.split("#")[0].split()[:1] == [WAIVER_FILE] for line in text.splitlines()):
        return None
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{ATTRIBUTES}\n"
