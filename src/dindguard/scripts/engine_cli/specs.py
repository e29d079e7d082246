"""The small languages inside one value: volumes, mounts, ports, devices. Compose and the command lines share them.

Each function takes the value with its place and returns its pieces with theirs. A piece that the files do not
decide is an unknown text. What is not there is ``None``. Nothing is judged: a malformed value gives as many
pieces as can be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dindguard.model.values import UNKNOWN_PIECE, Text
from dindguard.patterns import regex
from dindguard.records import field, record
from dindguard.source import Span

_DRIVE = regex(r"[A-Za-z]:[\\/]")
_PIPE = regex(r"(?:npipe:)?(?://){0,1}(?://|\\\\)[.?][\\/]", re.IGNORECASE)
_PORT = regex(r"[\d-]*\Z")
_KEY_ALIASES = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "ro": "readonly",
    "read-only": "readonly",
}
_FOLDERS = frozenset(
    {"PWD", "HOME", "CURDIR", "$(pwd)", "$(realpath)", "$(dirname)", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"}
)
"""Variables that hold the path of a folder wherever they are set."""
_BRACED = regex(r"\$\{[^}]{0,200}+\}")


@record
class VolumeSpec:
    """``[source:]target[:options]``. ``bind`` tells a path of the host from the name of a volume."""

    source: Text | None
    target: Text
    options: tuple[Text, ...]
    bind: bool | None
    """``None`` if an unknown piece at the start of the source decides."""
    span: Span

    def has(self, option: str) -> Text | None:
        """Return the option (``ro``, ``z``, ``rshared``) if it is there, perhaps in a word that only one branch adds."""
        return next((text for text in self.options if option in (text.value, text.pattern)), None)


@record
class MountSpec:
    """``type=bind,source=…,target=…``: the fields by canonical lower-case key (``source``, ``target``, ``readonly``).

    A field without ``=`` has the value ``true``, at the place of its key.
    """

    fields: Mapping[str, Text]
    span: Span
    unknown: Text | None = None
    """A field whose key the files do not decide."""
    repeated: Mapping[str, tuple[Text, ...]] = field(default_factory=dict, repr=False)

    @property
    def type(self) -> str:
        """The kind of mount; ``volume`` where none is written, empty if it is not known."""
        text = self.fields.get("type")
        return "volume" if text is None else (text.value or "").lower()

    def get(self, key: str) -> Text | None:
        """Return a field's value."""
        return self.fields.get(key)


@record
class PortSpec:
    """``[[address:][published]:]target[/protocol]``; ports may be ranges (``2375-2376``)."""

    address: Text | None
    published: Text | None
    target: Text
    protocol: Text | None
    span: Span


@record
class DeviceSpec:
    """``source[:target][:permissions]``; a CDI name (``vendor.com/class=name``) is a source alone."""

    source: Text
    target: Text | None
    permissions: Text | None
    span: Span


def volume_spec(text: Text) -> VolumeSpec:
    """Read the short syntax of a volume. A value of one or two characters is a target."""
    value = text.pattern
    if value == UNKNOWN_PIECE:
        return VolumeSpec(text, text, (), bind=None, span=text.span)  # all of it, the host's path too
    if len(value) <= 2:
        return VolumeSpec(None, text, (), bind=False, span=text.span)
    ranges = _colon_ranges(value)
    if len(ranges) == 1:
        return VolumeSpec(None, text, (), bind=False, span=text.span)
    source = text.part(*ranges[0])
    target = text.part(*ranges[1])
    options: tuple[Text, ...] = ()
    if len(ranges) > 2:
        options = tuple(_split(text, ranges[2][0], ranges[-1][1], ","))
    return VolumeSpec(source, target, options, is_bind(source), text.span)


def is_bind(source: Text) -> bool | None:
    """Tell whether a volume's source is a path of the host; ``None`` if an unknown start decides."""
    value = source.pattern
    if value.startswith(UNKNOWN_PIECE):
        return True if value[1:2] in ("/", "\\") or source.variable in _FOLDERS else None
    if value.startswith("$"):
        return True if "/" in _BRACED.sub("", value) else None
    return value.startswith((".", "/", "~", "\\")) or bool(_DRIVE.match(value) or _PIPE.match(value))


def mount_spec(text: Text) -> MountSpec:
    """Read ``--mount``'s comma-separated fields; a field in double quotes may hold commas."""
    fields: dict[str, Text] = {}
    repeated: dict[str, list[Text]] = {}
    undecided = None
    for start, end in _csv_ranges(text.pattern):
        piece = text.part(start, end)
        content = piece.pattern.replace('""', '"')
        key, equals, _ = content.partition("=")
        if UNKNOWN_PIECE in key:
            undecided = undecided or piece
            continue
        name = key.strip().lower()
        name = _KEY_ALIASES.get(name, name)
        if equals:
            value = text.part(start + len(key) + 1, end)
        else:
            value = Text("true", piece.span, piece.how, raw=key)
        fields[name] = value
        repeated.setdefault(name, []).append(value)
    return MountSpec(fields, text.span, undecided, {name: tuple(values) for name, values in repeated.items()})


def port_spec(text: Text) -> PortSpec:
    """Read a published port."""
    value = text.pattern
    end = len(value)
    protocol = None
    slash = value.rfind("/")
    if slash >= 0:
        protocol = text.part(slash + 1, end)
        end = slash
    colon = value.rfind(":", 0, end)
    target = text.part(colon + 1, end)
    if colon < 0:
        return PortSpec(None, None, target, protocol, text.span)
    before = value.rfind(":", 0, colon)
    if before < 0:
        head = text.part(0, colon)
        only_address = not _PORT.match(head.pattern) and UNKNOWN_PIECE not in head.pattern and "$" not in head.pattern
        if only_address:
            return PortSpec(head, None, target, protocol, text.span)
        return PortSpec(None, head, target, protocol, text.span)
    published = text.part(before + 1, colon) if colon > before + 1 else None
    low, high = (1, before - 1) if value.startswith("[") and value[before - 1] == "]" else (0, before)
    return PortSpec(text.part(low, high), published, target, protocol, text.span)


def device_spec(text: Text) -> DeviceSpec:
    """Read a device mapping; ``source:rwm`` and ``source:target`` are told apart as the engine does."""
    ranges = _colon_ranges(text.pattern)
    source = text.part(*ranges[0])
    target = permissions = None
    if len(ranges) > 1:
        second = text.part(*ranges[1])
        if second.pattern and set(second.pattern) <= set("rwm"):
            permissions = second
        else:
            target = second
    if len(ranges) > 2:
        permissions = text.part(*ranges[2])
    return DeviceSpec(source, target, permissions, text.span)


def key_value(text: Text, separator: str = "=") -> tuple[Text, Text | None]:
    """Split at the first ``separator``: ``(key, value)``; the value is ``None`` if there is none."""
    value = text.pattern
    index = value.find(separator)
    if index < 0:
        return text, None
    return text.part(0, index), text.part(index + len(separator), len(value))


def items(text: Text, separator: str = ",") -> tuple[Text, ...]:
    """Return what stands between the separators."""
    return tuple(_split(text, 0, len(text.pattern), separator))


def _split(text: Text, start: int, end: int, separator: str) -> list[Text]:
    found = []
    while start <= end:
        stop = text.pattern.find(separator, start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            found.append(text.part(start, stop))
        start = stop + 1
    return found


def _colon_ranges(value: str) -> list[tuple[int, int]]:
    """Return the ranges between colons; those of drives, ``npipe:`` and ``${…}`` do not count."""
    ranges = []
    start = index = 0
    length = len(value)
    while (colon := value.find(":", index)) >= 0:
        if index == start and (_DRIVE.match(value, index) or value.startswith("npipe:", index)):
            index = colon + 1
        elif (opening := value.find("${", index, colon)) >= 0:
            closing = value.find("}", opening)
            index = closing + 1 if closing > 0 else length
        else:
            ranges.append((start, colon))
            start = index = colon + 1
    ranges.append((start, length))
    return ranges


def _csv_ranges(value: str) -> list[tuple[int, int]]:
    """Return the ranges of comma-separated fields, without the quotes around one."""
    ranges = []
    start = 0
    length = len(value)
    while start <= length:
        if value.startswith('"', start):
            end = start + 1
            while end < length and not (value[end] == '"' and value[end + 1 : end + 2] != '"'):
                end += 2 if value.startswith('""', end) else 1
            ranges.append((start + 1, min(end, length)))
            start = value.find(",", end) + 1 or length + 1
            continue
        end = value.find(",", start)
        end = length if end < 0 else end
        if end > start:
            ranges.append((start, end))
        start = end + 1
    return ranges
