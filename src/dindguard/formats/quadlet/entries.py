"""The settings of one unit with its drop-ins: what counts of repeated ones, and what specifiers stand for.

Source: Podman's ``pkg/systemd/parser/unitfile.go`` (an empty value clears a list, of the others the last one counts) and
systemd.unit(5), "Specifiers".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from dindguard.documents.placeholders import substitute
from dindguard.documents.sections import Entry
from dindguard.enumerations import StrEnum
from dindguard.model.values import Text, unknown
from dindguard.patterns import regex
from dindguard.scripts.commands import source_words

_VARIABLE = regex(r"%[%A-Za-z]|\$\{(\w+)\}|\$(\w+)|\{\{[^{}\n]*\}\}")
_TRUE = frozenset({"1", "yes", "true", "on"})
_SYSTEM_FOLDERS = regex(r"(^|/)(etc|usr/share|run)/containers/systemd/(?!users/)")
_USER_FOLDERS = regex(r"(^|/)(etc|usr/share|run)/containers/systemd/users/|(^|/)\.config/containers/systemd/")


class Rights(StrEnum):
    """Whose engine a unit is for."""

    ROOT = "root"
    USER = "user"
    UNKNOWN = "unknown"


_SPECIFIERS = {
    Rights.ROOT: {"%t": "/run", "%h": "/root", "%E": "/etc", "%S": "/var/lib", "%C": "/var/cache"},
    Rights.USER: {"%t": "${XDG_RUNTIME_DIR}", "%h": "~", "%E": "~/.config", "%S": "~/.local/state", "%C": "~/.cache"},
}
_SPECIFIERS[Rights.UNKNOWN] = {**_SPECIFIERS[Rights.USER], "%t": "/run"}


class Section:
    """The settings of one section of a unit."""

    def __init__(self, entries: Sequence[Entry], name: str, rights: Rights) -> None:
        self._entries = [entry for entry in entries if entry.section == name]
        self._rights = rights

    def __contains__(self, key: str) -> bool:
        return any(entry.key == key for entry in self._entries)

    def values(self, key: str) -> tuple[Text, ...]:
        """Return the values of a setting that may be repeated; an empty one takes back those before it."""
        found: list[Text] = []
        for entry in self._entries:
            if entry.key == key and entry.value.text:
                found.append(self.text(entry))
            elif entry.key == key:
                found.clear()
        return tuple(found)

    def words(self, key: str) -> tuple[Text, ...]:
        """Return the words of all values of a setting."""
        found: list[Text] = []
        for entry in self._entries:
            if entry.key == key and entry.value.text:
                found += (self._resolved(word) for word in source_words(entry.value))
            elif entry.key == key:
                found.clear()
        return tuple(found)

    def last(self, key: str) -> Text | None:
        """Return the value of a setting that counts once; ``None`` if it is not there, or empty."""
        values = self.values(key)
        return values[-1] if values else None

    def cleared(self, key: str) -> bool:
        """Whether the last thing said of a setting is that it is empty."""
        found = [entry for entry in self._entries if entry.key == key]
        return bool(found) and not found[-1].value.text

    def on(self, key: str) -> Text | None:
        """Return the value of a switch that is on."""
        text = self.last(key)
        return text if text is not None and text.pattern.lower() in _TRUE else None

    def place(self) -> Entry | None:
        """Return its first entry."""
        return self._entries[0] if self._entries else None

    def text(self, entry: Entry) -> Text:
        """Return an entry's value with its specifiers replaced."""
        value = entry.value
        return self._resolved(Text(value.text, value.span(0, len(value.text)), raw=value.text))

    def _resolved(self, text: Text) -> Text:
        known = _SPECIFIERS[self._rights]

        def replaced(match: re.Match[str]) -> Text | str:
            if match[0] == "%%":
                return "%"
            if match[0] in known:
                return known[match[0]]
            return unknown(text.span, match[1] or match[2] or match[0].strip("{} "), match[0])

        return substitute(text, _VARIABLE, replaced)


def rights_of(path: str, entries: Sequence[Entry]) -> Rights:
    """Return whose engine a unit is for: its folder tells, else what wants it."""
    if _USER_FOLDERS.search(path):
        return Rights.USER
    if _SYSTEM_FOLDERS.search(path):
        return Rights.ROOT
    wanted = {word for entry in entries if entry.key == "WantedBy" for word in entry.value.text.split()}
    if wanted == {"default.target"}:
        return Rights.USER
    return Rights.ROOT if wanted == {"multi-user.target"} else Rights.UNKNOWN


def stem_of(path: str) -> tuple[str, str]:
    """Return what a path's unit is called, and its kind: ``web.container.d/x.conf`` belongs to ``web``, a ``container``."""
    folder, name = posixpath.split(path)
    parent = posixpath.basename(folder)
    unit = parent.removesuffix(".d") if parent.endswith(".d") and ".conf" in name else name
    match = _UNIT.search(unit)
    return (match["stem"], match["kind"]) if match is not None else ("", "")


def folder_of(path: str) -> str:
    """Return the folder of the unit that a file belongs to."""
    folder, name = posixpath.split(path)
    return posixpath.dirname(folder) if folder.endswith(".d") and ".conf" in name else folder


_UNIT = regex(r"^(?:(?P<stem>.+)\.)?(?P<kind>container|pod|kube|volume|network|image|build)(?:\.\w+)?$")
