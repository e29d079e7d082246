"""Which characters of a quoted line stay secret.

Values of environment variables print as ``***``, but for a short list of names that decide how engines
behave. What looks like a credential is masked wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from dindguard.reports.excerpt import MASK, REACH, Range

if TYPE_CHECKING:
    from dindguard.model.model import Model
    from dindguard.model.values import Text
    from dindguard.source import Span

LONGEST = 1000
"""Longer messages are cut."""

SHOWN_PREFIXES = (
    "DOCKER_", "DOCKERD_", "DIND_", "COMPOSE_", "BUILDKIT_", "BUILDX_", "CONTAINER_", "CONTAINERD_", "PODMAN_",
    "TESTCONTAINERS_", "SYSBOX_", "ROOTLESSKIT_", "ALLOW_", "LIBPOD_", "FF_NETWORK_", "FF_USE_",
)  # fmt: skip
"""Variables that say how an engine is run, reached or filtered."""

SHOWN = frozenset(
    {
        # Sections of the engine's API, as the settings of socket proxies name them: 0 or 1.
        "AUTH", "BUILD", "COMMIT", "CONFIGS", "CONTAINERS", "DISTRIBUTION", "EVENTS", "EXEC", "GRPC", "IMAGES",
        "INFO", "NETWORKS", "NODES", "PING", "PLUGINS", "POST", "SECRETS", "SERVICES", "SESSION", "SWARM", "SYSTEM",
        "TASKS", "VERSION", "VOLUMES", "SOCKET_PATH", "PROXY_SOCKET_ENDPOINT",
        "XDG_RUNTIME_DIR", "container", "STORAGE_DRIVER", "BUILDAH_ISOLATION", "_CONTAINERS_USERNS_CONFIGURED",
    }
)  # fmt: skip

_CREDENTIAL = (
    r"passw|passphrase|passcode|(?:(?<![a-z])|user|db|root)pass(?![a-z])|pwd|secret|token|credential|api_?key|access_?key|private_?key"
    r"|encryption_?key|signing_?key|deploy_?key|ssh_?key|auth(?:_|$)|_pat$|_key$"
)
_ABOUT_CREDENTIALS = r"(?:name|ref|path|file|dir|directory|mount|type|ttl|expiry|url|uri|cert|crt|id|stdin)s?$"

_SHAPES = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*",
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[oprsu]_\w{20,}",
    r"\bgithub_pat_\w{20,}",
    r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[\w-]{16,}",
    r"\bxox[a-z]-[\w-]{10,}",
    r"\bdckr_(?:pat|oat)_[\w-]{16,}",
    r"\bnpm_\w{30,}",
    r"\bpypi-\w{40,}",
    r"\bhvs\.[\w-]{20,}",
    r"\bAIza[\w-]{30,}",
    r"\bsk(?:-[a-z]+)?-\w{24,}",
    r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}",
    r"(?<![\w+/=:])[A-Za-z0-9+/]{120,}={0,2}",
)
"""Credentials that can be told by their form; the last one is a long run of base64."""

_HINTS = (
    "-----BEGIN", "AKIA", "ASIA", "gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_", "gl", "xox", "dckr_", "npm_",
    "pypi-", "hvs.", "AIza", "sk-", "eyJ",
)  # fmt: skip
"""What a line must hold for a shape to match; compiling the shapes takes a millisecond."""


@cache
def _name() -> re.Pattern[str]:
    return re.compile(_CREDENTIAL, re.IGNORECASE)


@cache
def _harmless_name() -> re.Pattern[str]:
    return re.compile(_ABOUT_CREDENTIALS, re.IGNORECASE)


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile("|".join(_SHAPES))


@cache
def _user_info() -> re.Pattern[str]:
    return re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/@:'\"]*:([^\s/@'\"]+)@", re.IGNORECASE)


@cache
def _assignment() -> re.Pattern[str]:
    """The head of ``NAME=value``, ``name: value``, ``"name":"value"`` and ``--name value``."""
    return re.compile(
        r"(?P<lead>(?<![\w-])--?|(?<![^\s\"'{,;(&?]))(?P<name>[A-Za-z_][\w.-]*)[\"']?"
        r"(?:(?P<colon>\s*:\s+|\s*:(?=[\"']))|(?P<equals>\s*=\s*)|\s+)(?=[^\s:=])"
    )


_QUOTED = r"\"((?:[^\"\\]|\\.)*)(?:\"|$)|'([^']*)(?:'|$)"


@cache
def _word() -> re.Pattern[str]:
    return re.compile(_QUOTED + r"|([^\s\"']+)")


@cache
def _scalar() -> re.Pattern[str]:
    """A value in YAML: quoted, or plain to the end of the line or of the flow collection."""
    reference = r"\$\{\{[^}]*}}|\$\{[^}]*}"
    plain = rf"((?:{reference}|[^\s\"'])(?:{reference}|.)*?)(?=,\s|\s*}}|\s+\#|\s*$)"
    return re.compile(f"{_QUOTED}|{plain}")


@cache
def _spoken() -> re.Pattern[str]:
    """Passwords of ``docker login -p`` and of an HTTP header."""
    return re.compile(
        r"(?:\blogin\b.{0,200}?\s-p[= ]?|\b(?:Bearer|Basic)\s+(?=[\w.~+/=-]{8}))([^\s\"']+|\"[^\"]*\"|'[^']*')"
    )


def secret_name(name: str) -> bool:
    """Whether a name says that its value is a credential."""
    # camelCase counts as words too: apiKey, clientSecret.
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").replace(".", "_")
    return _name().search(words) is not None and _harmless_name().search(words) is None


def shown(name: str) -> bool:
    """Whether a variable's value may be printed."""
    return name in SHOWN or (name.startswith(SHOWN_PREFIXES) and not secret_name(name))


class Masks:
    """What to mask in the lines of one scan: the model says where the variables are."""

    def __init__(self, model: Model | None) -> None:
        self._lines: dict[tuple[str, int], list[tuple[int, int]]] = {}
        values: set[str] = set()
        for name, value in _variables(model) if model is not None else ():
            if not shown(name):
                self._hide(value.span)
                if value.value and len(value.value) >= 8 and secret_name(name):
                    values.add(value.value)
        self._values = sorted(values, key=lambda value: (-len(value), value))

    def _hide(self, span: Span) -> None:
        for line in range(span.line, min(span.end_line, span.line + 1000) + 1):
            start = span.column if line == span.line else 1
            end = span.end_column if line == span.end_line else 1 << 30
            self._lines.setdefault((span.path, line), []).append((start - 1, end - 1))

    def ranges(self, path: str, number: int, line: str, marks: Iterable[Range] = ()) -> list[Range]:
        """Return the hidden characters of a line, 0-based, end exclusive; sorted and apart.

        ``marks`` are what the finding points at: a value there is masked only when it belongs to a
        container's variable or looks like a credential.
        """
        marks = tuple(marks)
        low = max(0, marks[0][0] - 2 * REACH) if marks else 0
        piece = line[low : low + 4 * REACH]
        found = [(start, min(end, len(line))) for start, end in self._lines.get((path, number), ())]
        found = [(start, end) for start, end in found if not _reference(line[start:end])]
        found.extend((start + low, end + low) for start, end in _credentials(piece))
        for start, end in ((start + low, end + low) for start, end in _assigned(piece)):
            if not any(start < mark_end and mark_start < end for mark_start, mark_end in marks):
                found.append((start, end))
        return _joined(found)

    def text(self, text: str) -> str:
        """Return a message without credentials."""
        for value in self._values:
            text = text.replace(value, MASK)
        if len(text) > LONGEST:
            text = text[:LONGEST] + "…"
        for start, end in reversed(_joined(_credentials(text))):
            text = text[:start] + MASK + text[end:]
        return text


def _variables(model: Model) -> Iterator[tuple[str, Text]]:
    for container in model.containers:
        for variable in container.environment:
            yield variable.name, variable.value
        if container.build is not None:
            yield from container.build.arguments.items()
    for invocation in model.invocations:
        yield from invocation.environment.items()


def _credentials(line: str) -> Iterator[Range]:
    """Yield what looks like a credential, by its shape or by the name before it."""
    if len(line) >= 120 or any(hint in line for hint in _HINTS):
        for found in _shapes().finditer(line):
            yield found.span()
    for found in _user_info().finditer(line):
        if not _reference(found[1]):
            yield found.span(1)
    for found in _assignment().finditer(line):
        sign = found["colon"] or found["equals"] or found["lead"] == "--"
        if sign and secret_name(found["name"]) and found["name"] not in SHOWN:
            yield from _value(found)
    for found in _spoken().finditer(line):
        if not _reference(found[1]):
            yield found.span(1)


def _assigned(line: str) -> Iterator[Range]:
    """Yield values assigned to names that are written like variables: ``NAME=value``, ``NAME: value``."""
    for found in _assignment().finditer(line):
        name = found["name"]
        variable = len(name) > 2 and name.isupper() and name.isidentifier()
        if variable and (found["colon"] or found["equals"]) and not shown(name):
            yield from _value(found)


def _value(found: re.Match[str]) -> Iterator[Range]:
    """Yield the value after the head of an assignment, unless it is no secret whatever its name."""
    pattern = _scalar() if found["colon"] else _word()
    value = pattern.match(found.string, found.end())
    group = value.lastindex if value is not None else None
    if value is not None and group is not None and value[group] and not _plain(value[group]):
        yield value.span(group)


def _plain(value: str) -> bool:
    """Whether a value is no secret whatever its name: a reference, a path, a number, a yes or no."""
    return (
        _reference(value)
        or value.startswith(("/", "./", "../", "~/", "id=", "type="))
        or value.lower()
        in ("true", "false", "yes", "no", "on", "off", "null", "none", "0", "1", "~", "|", ">", "inherit")
        or value in ("|-", ">-", "{", "[", "{}", "[]", "&&", "||")
    )


def _reference(value: str) -> bool:
    """Whether a value only names where the secret comes from: ``$X``, ``${X}``, ``${{ secrets.X }}``."""
    return re.fullmatch(r"[\"']?\$(\w+|\{\w+[:?]*\}|\{\{[^{}]*\}\}|\(\w+\))[\"']?", value) is not None


def _joined(ranges: Iterable[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(pair for pair in ranges if pair[0] < pair[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
