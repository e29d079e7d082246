"""Grants of an engine's group that a configuration makes, as what a command of the same effect would be."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Flag, How, Text
from dindguard.patterns import regex
from dindguard.source import Source, Span

ENGINE_GROUPS = frozenset({"docker", "podman"})
ADMINISTRATORS = frozenset({"sudo", "wheel", "admin", "root"})
"""Groups whose members usually may become root by ``sudo``."""
_NO_PASSWORD = regex(r"\bNOPASSWD\b")
_RUNS_AS = regex(r"(?m)^[ \t]*USER[ \t]+([\w.-]+)")
_WORD = regex(r"[\w$%{}.-]+")
_JOINS = regex(r"\b(?:usermod|useradd|adduser|addgroup|gpasswd)\b")
_BASE = regex(r"(?mi)^[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?([^\s:@]+)")


_OF_IMAGES = {
    "devcontainers/": {"vscode", "node", "codespace"},
    "gitpod/workspace-": {"gitpod"},
    "codercom/": {"coder"},
    "cimg/": {"circleci"},
    "actions/actions-runner": {"runner"},
    "summerwind/actions-runner": {"runner"},
    "myoung34/github-runner": {"runner"},
}
"""Users whom images let become root without a password, by how repositories go on after the registry (devcontainers/features
``src/common-utils/main.sh``, the images' Dockerfiles)."""


def _administrators(repository: str) -> frozenset[str]:
    """Return the users of an image, by its name as it is written, who become root by ``sudo`` without a password."""
    found = (users for name, users in _OF_IMAGES.items() if f"/{name}" in f"/{repository}")
    return frozenset().union(*found)


def become_root(repository: str, commands: str) -> frozenset[str]:
    """Return who becomes root by ``sudo`` without a password in an image: its own users, and those of its build's commands.

    Who is put into a group that has a rule is among them; so are words of a rule that name nobody.
    """
    rules = [line for line in commands.splitlines() if _NO_PASSWORD.search(line)]
    named = frozenset(word.strip(".") for rule in rules for word in _WORD.findall(rule))
    groups = {f"%{group}" for group in ADMINISTRATORS} & named
    members = (line for line in commands.splitlines() if groups and _JOINS.search(line))
    joined = frozenset(
        word for line in members if any(f"%{word}" in groups for word in _words(line)) for word in _words(line)
    )
    return named | joined | _administrators(repository)


def _words(line: str) -> list[str]:
    return [word for words in _WORD.findall(line) for word in words.split(",")]


def engine_group(groups: Iterable[Text]) -> Text | None:
    """Return the first group that owns an engine's socket; ``None`` without any."""
    return next((group for group in groups if group.value in ENGINE_GROUPS), None)


def group_grant(
    program: Text, user: Text, group: Text, address: str, span: Span, administrator: Flag | None = None
) -> Invocation:
    """Return the grant of ``group`` to ``user``; ``program`` is what messages call that which makes it.

    ``administrator`` tells whether the user may become root otherwise.
    """
    return Invocation(
        kind=InvocationKind.GROUP_GRANT,
        program=str(program),
        words=(program, pair("name", user), pair("groups", group)),
        span=span,
        subject=user,
        administrator=administrator,
        address=address,
    )


def pair(name: str, value: Text) -> Text:
    """Return ``name=value`` as a word at the value's place."""
    return Text(f"{name}={value}", value.span, value.how)


class Sudoers:
    """The users whom a file, or the image it begins with, lets become root without a password; read when a grant is found."""

    def __init__(self, source: Source) -> None:
        while source.parent is not None:
            source = source.parent
        self._file = source
        self._named: frozenset[str] | None = None
        self._users: frozenset[str] | None = None

    def may(self, user: Text, at: Span, *, by_sudo: bool) -> Flag | None:
        """Return that ``user`` may become root, where the file has a rule for that user; ``None`` without one.

        A command that is run ``by_sudo`` in an image's build shows that of whom the build runs as.
        """
        names = {user.value, user.raw, str(user), f"%{user.value}"}  # a user's own group has the user's name
        if by_sudo and not names.isdisjoint(self._builders()):
            return Flag(True, at, How.WRITTEN, "sudo")
        return None if names.isdisjoint(self._names()) else Flag(True, at, How.WRITTEN, "sudo")

    def _builders(self) -> frozenset[str]:
        if self._users is None:
            self._users = frozenset(_RUNS_AS.findall(self._file.text))
        return self._users

    def _names(self) -> frozenset[str]:
        if self._named is None:
            named = become_root("", self._file.text)
            self._named = named.union(*map(_administrators, _BASE.findall(self._file.text)))
        return self._named
