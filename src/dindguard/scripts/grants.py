"""Grants of an engine's group that a configuration makes, as what a command of the same effect would be."""

from __future__ import annotations

from collections.abc import Iterable

from dindguard.model.invocation import Invocation, InvocationKind
from dindguard.model.values import Flag, Text
from dindguard.source import Span

ENGINE_GROUPS = frozenset({"docker", "podman"})


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
