"""The options of ``dockerd``, as far as their syntax goes (docker/cli docs/reference/dockerd.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from dindguard.model.launch import Setting
from dindguard.model.values import How, Text

BOOLEANS = frozenset(
    {
        "allow-direct-routing", "allow-nondistributable-artifacts", "cri-containerd", "debug", "experimental", "help",
        "icc", "init", "ip-forward", "ip-forward-no-drop", "ip-masq", "ip6tables", "iptables", "ipv6",
        "live-restore", "no-new-privileges", "raw-logs", "rootless", "selinux-enabled", "tls", "tlsverify",
        "userland-proxy", "validate", "version", "oci-worker-no-process-sandbox",
    }
)  # fmt: skip
"""Options that take a value only after ``=``."""

SHORT = {
    "H": "host", "s": "storage-driver", "g": "graph", "G": "group", "b": "bridge", "D": "debug", "l": "log-level",
    "v": "version",
}  # fmt: skip

SETTINGS_FILE = "/etc/docker/daemon.json"
"""Where dockerd looks for its settings when nothing tells it otherwise."""

_SHORT_BOOLEANS = frozenset("Dv")


def settings_of(words: Sequence[Text], source: str = "flag") -> tuple[tuple[Setting, ...], bool]:
    """Read options from a daemon's arguments: the settings in order, and whether every word was understood.

    An option that stands alone means ``true``. A word that the files do not decide makes the rest uncertain,
    because it may hold any option or none.
    """
    settings: list[Setting] = []
    certain = True
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        typed = word.pattern
        if not typed.startswith("-") or typed == "-":
            certain = certain and word.known
            continue
        name, separator, value = _split(typed)
        if separator or len(value):
            settings.append(Setting(name, word.part(len(typed) - len(value), len(typed)), word.span, source))
        elif name in BOOLEANS:
            settings.append(Setting(name, Text("true", word.span, How.WRITTEN, raw=typed), word.span, source))
        elif index < len(words):
            settings.append(Setting(name, words[index], words[index].span, source))
            index += 1
        else:
            certain = False
    return tuple(settings), certain


def configuration_files(words: Iterable[Text]) -> frozenset[str]:
    """Return where an engine is told to look for its settings: ``dockerd --config-file=/etc/engine/settings.json``."""
    typed = [word.pattern for word in words]
    given = (word.partition("=")[2] for word in typed if word.startswith("--config-file="))
    following = (word for option, word in pairwise(typed) if option == "--config-file")
    return frozenset((*given, *following))


def _split(typed: str) -> tuple[str, str, str]:
    """Return name, ``=`` or nothing, and the value glued to the name."""
    if typed.startswith("--"):
        return typed[2:].partition("=")
    letter = typed[1]
    name = SHORT.get(letter, letter)
    rest = typed[2:]
    if rest.startswith("="):
        return name, "=", rest[1:]
    if letter in _SHORT_BOOLEANS:
        return name, "", ""
    return name, "", rest
