"""What configuration and organisation tell: frozen data for rules, and facts that no file of a repository shows."""

from __future__ import annotations

from collections.abc import Mapping

from dindguard.model.container_kinds import Sandbox
from dindguard.records import field, record
from dindguard.source import Span


@record(kw_only=True)
class Fact:
    """What an organisation knows of a runner or a runtime class, and where it says so.

    ``ephemeral`` tells that the machine ends with the job, which counts together with a sandbox only; ``engine`` is
    the version of the machine's Docker engine, empty when nothing is said of it.
    """

    span: Span
    sandbox: Sandbox = Sandbox.NONE
    ephemeral: bool = False
    engine: tuple[int, ...] = ()


@record(kw_only=True)
class Policy:
    """What configuration tells rules; frozen data.

    ``allowed_registries``: registries images may come from, empty means any. ``first_party_socket_users``:
    image repositories that the organisation itself allows near an engine socket. ``require_approval_for``:
    modes that need an approval record even where no rule is broken (``sysbox``). ``minimum_engine``:
    the lowest engine version that is accepted. ``runners`` and ``runtime_classes``: facts by label and by name.
    """

    allowed_registries: tuple[str, ...] = ()
    first_party_socket_users: tuple[str, ...] = ()
    require_approval_for: frozenset[str] = frozenset()
    minimum_engine: tuple[int, ...] = ()
    runners: Mapping[str, Fact] = field(default_factory=dict)
    runtime_classes: Mapping[str, Fact] = field(default_factory=dict)
