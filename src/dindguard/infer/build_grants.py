"""Which builds get more than an ordinary container has: from image builds, commands, and builders' own settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dindguard.model.build_grant import POWERS, BuildGrant, Power
from dindguard.model.container import Build, Container, ContainerKind
from dindguard.model.engine import Engine
from dindguard.model.invocation import Invocation
from dindguard.model.values import Text
from dindguard.vocabulary import BUILD_ACTIONS

_ALLOW = "--allow-insecure-entitlement"
_BUILDERS_OWN = "allow-insecure-entitlement"


def find_build_grants(
    containers: Iterable[Container],
    invocations: Iterable[Invocation],
    engines: Iterable[Engine],
) -> tuple[BuildGrant, ...]:
    """Return every place that gives a build, or all builds of a builder, more than usual."""
    found: list[BuildGrant] = []
    for container in containers:
        if container.build is not None:
            found.extend(_of_build(container, container.build))
    for invocation in invocations:
        found.extend(_of_invocation(invocation))
    for engine in engines:
        values = [setting.value for setting in engine.settings(_BUILDERS_OWN)]
        found.extend(grant for value in values for grant in _entitlement(value, engine))
    return tuple(found)


def _of_build(container: Container, build: Build) -> Iterator[BuildGrant]:
    if build.privileged is not None and not build.privileged.off:
        yield BuildGrant(power=Power.PRIVILEGED, at=build.privileged, who=container, entitlement=False)
    for text in build.entitlements:
        yield from _entitlement(text, container, asked=build.only_asks or container.kind is ContainerKind.STEP)
    if build.network is not None and build.network.value == "host":
        yield BuildGrant(power=Power.HOST_NETWORK, at=build.network, who=container, entitlement=False)


def _of_invocation(invocation: Invocation) -> Iterator[BuildGrant]:
    if invocation.action in BUILD_ACTIONS:
        for text in invocation.options.get("allow", ()):
            yield from _entitlement(text, invocation)
        network = invocation.option("network")
        if network is not None and network.value == "host":
            yield BuildGrant(power=Power.HOST_NETWORK, at=network, who=invocation, entitlement=False)
    elif invocation.action == "buildx create":
        for text in invocation.options.get("buildkitd-flags", ()):
            for piece in _after(text, _ALLOW):
                yield from _entitlement(piece, invocation)


def _entitlement(text: Text, who: object, *, asked: bool = False) -> Iterator[BuildGrant]:
    power = POWERS.get(text.pattern.partition("=")[0].strip())
    if power is not None:
        yield BuildGrant(power=power, at=text, who=who, asked=asked)


def _after(text: Text, option: str) -> Iterator[Text]:
    """Yield the value of each use of an option in a command line that is one text."""
    line = text.pattern
    at = line.find(option)
    while at >= 0:
        start = at + len(option)
        while start < len(line) and line[start] in "= \t\n":
            start += 1
        end = start
        while end < len(line) and not line[end].isspace():
            end += 1
        yield text.part(start, end)
        at = line.find(option, end)
