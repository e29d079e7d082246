"""What a container executes: its words, and the scripts written among them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dindguard.documents.tree import Node
from dindguard.formats.kubernetes.environment import Variables
from dindguard.model.container import HealthCheck, Words
from dindguard.patterns import regex
from dindguard.source import Source
from dindguard.vocabulary import ENGINE_CLIENTS, LAUNCHERS, SCRIPT_RUNNERS

_SHELL_SHEBANG = regex(r"#!\s*\S*?(/env\s+(-S\s+)?)?(/|\b)(ba|da|z|k|a)?sh\b")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def words(node: Node, variables: Variables) -> Words | None:
    """Return a command or its arguments; an empty list is the same as none to Kubernetes."""
    items = [item for item in node.listed() if item.is_scalar]
    if not items:
        return None
    return Words(tuple(variables.expanded(item.value) for item in items), node.span)


def scripts(container: Node) -> Iterator[Source]:
    """Yield the shell scripts that a container's command, its hooks and its probes hold."""
    hooks = [container["lifecycle"][hook] for hook in ("postStart", "preStop")]
    probes = [container[probe] for probe in _PROBES]
    commands = [[*container["command"].listed(), *container["args"].listed()]]
    commands.extend(place["exec"]["command"].listed() for place in (*hooks, *probes))
    for command in commands:
        script = script_of(command)
        if script is not None:
            yield script.document("shell")
        elif command and command[0].content.rpartition("/")[2] in ENGINE_CLIENTS:
            yield _client_command(command)


def _client_command(words: list[Node]) -> Source:
    """Return a command that starts an engine's client without a shell, as a shell would be given it."""
    from dindguard.documents.joined import Joined  # few containers do

    joined = Joined(words[0].source)
    for word in words:
        if word.is_scalar and word.source is joined.parent:
            joined.add_quoted(word.document())
            joined.add_glue(" ")
    return joined.source("shell")


def script_of(command: list[Node]) -> Node | None:
    """Return the word that a shell is told to interpret: the one after ``sh -c``."""
    for index, node in enumerate(command):
        word = node.content.rpartition("/")[2]
        if names_shell(word):
            return _after_c(command[index + 1 :])
        if word not in LAUNCHERS and not word.startswith("-"):
            return None
    return None


def _after_c(options: list[Node]) -> Node | None:
    takes_value = False
    for index, node in enumerate(options):
        word = node.content
        if takes_value:
            takes_value = False
        elif word in ("-o", "+o", "-O"):
            takes_value = True
        elif re.fullmatch(r"-[a-zA-Z]*c[a-zA-Z]*", word):
            takes_option = word.endswith("o")
            following = options[index + 1 + takes_option :]
            return next((item for item in following if not item.content.startswith("-") and item.is_scalar), None)
        elif word not in SCRIPT_RUNNERS and not word.startswith(("-", "+")):
            return None
    return None


def names_shell(word: str) -> bool:
    """Whether a program is a shell."""
    return word.rpartition("/")[2] in SCRIPT_RUNNERS


def is_shell(text: str) -> bool:
    """Whether a script is one for a shell: it says so, or says nothing."""
    return not text.startswith("#!") or _SHELL_SHEBANG.match(text) is not None


def health(container: Node, holding: tuple[str, ...], variables: Variables) -> HealthCheck | None:
    """Return the probe that decides when a container counts as ready; those that are ``holding`` hold others back."""
    for key in _PROBES:
        probe = container[key]
        if probe.is_mapping and probe.pairs():
            command = words(probe["exec"]["command"], variables)
            return HealthCheck(probe.key_span, command, gates_start=key in holding)
    return None
