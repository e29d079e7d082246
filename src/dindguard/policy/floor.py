"""An organisation's floor: what no repository weakens, who holds which role, and facts that no file shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dindguard.errors import UserError
from dindguard.model.container_kinds import Sandbox
from dindguard.model.policy import Fact
from dindguard.policy.config import A_YEAR, MODES, SEVERITIES, Approval, Config
from dindguard.records import field, record, replace
from dindguard.rules import Profile, Severity
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.files import Files, StrPath
    from dindguard.policy.typed import Reader

RUNTIMES = ("kata", "gvisor", "sysbox", "runc")
SANDBOXES = {"vm": Sandbox.VM, "gvisor": Sandbox.GVISOR, "user-namespace": Sandbox.USER_NAMESPACE}
_BY_RUNTIME = {
    "kata": Sandbox.VM, "gvisor": Sandbox.GVISOR, "sysbox": Sandbox.USER_NAMESPACE, "runc": Sandbox.NONE,
}  # fmt: skip


@record(kw_only=True)
class Floor:
    """What holds for every repository of an organisation. What it does not name is for the repositories to say.

    ``kept`` are rules and categories that stay on, and as grave as they are; ``may_exclude`` the only patterns that a
    repository may exclude, ``None`` for any. ``holders`` are the people of each role. ``alone`` permits repositories
    of one person.
    """

    profile: Profile | None = None
    fail_on: Severity | None = None
    kept: tuple[str, ...] = ()
    may_exclude: tuple[str, ...] | None = None
    allowed_registries: tuple[str, ...] = ()
    minimum_engine: tuple[int, ...] = ()
    modes: tuple[str, ...] = ()
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_days: int = A_YEAR
    max_days_critical: int = A_YEAR
    codeowners: bool = False
    alone: bool = False
    runners: Mapping[str, Fact] = field(default_factory=dict)
    runtime_classes: Mapping[str, Fact] = field(default_factory=dict)
    origins: Mapping[str, Span] = field(default_factory=dict)


# -- reading ----------------------------------------------------------------------------------------


def load(files: Files, path: StrPath) -> Floor:
    """Return the floor that a file gives; raises :class:`UserError` with file, line and remedy for a faulty one."""
    from dindguard.documents import yaml

    name = os.fspath(path)
    try:
        text = files.named(name)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"--policy {name}: cannot be read: {error}") from None
    if text is None:
        raise UserError(f"--policy {name}: the revision that is trusted has no such file")
    tree = yaml.read(Source(name, text))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}")
    if len(tree.documents) != 1 or not tree.documents[0].is_mapping:
        raise UserError(f"{name}:1:1: the policy must be one mapping of settings")
    return read(tree.documents[0])


def read(node: Node) -> Floor:
    """Return the floor that a mapping holds; raises :class:`UserError` with file, line and remedy."""
    from dindguard.policy.typed import Reader

    reader = Reader(node)
    reader.text("$schema")
    profile, fail_on = reader.word("profile", tuple(Profile), ""), reader.word("fail-on", SEVERITIES, "")
    excludable = reader.texts("may-exclude")
    reader.mapping("approval")
    own = Reader(node["approval"], "approval.")
    alone = own.yes("alone", False)
    floor = Floor(
        profile=Profile(profile) if profile else None,
        fail_on=SEVERITIES[fail_on] if fail_on else None,
        kept=reader.texts("keep"),
        may_exclude=excludable if node["may-exclude"].present else None,
        allowed_registries=reader.texts("allowed-registries"),
        minimum_engine=reader.version("minimum-engine", "29.5.1"),
        modes=own.texts("require", (), MODES),
        holders=own.lists("roles"),
        people=own.lists("people"),
        max_days=own.number("max-days", A_YEAR),
        max_days_critical=own.number("max-days-critical", A_YEAR),
        codeowners=own.yes("codeowners", False),
        alone=alone,
        runners=_runners(reader),
        runtime_classes=_runtime_classes(reader),
    )
    own.no_other_keys()
    reader.no_other_keys()
    return replace(floor, origins={**reader.origins, **own.origins})


def _runners(reader: Reader) -> dict[str, Fact]:
    from dindguard.policy.typed import Reader

    node = reader.mapping("runners")
    found = {}
    for key, value in node.pairs() if node is not None else ():
        if not value.is_mapping:
            raise reader.fault(value, f"'runners.{key.content}' must be a mapping: {{sandbox: vm, ephemeral: true}}")
        own = Reader(value, f"runners.{key.content}.")
        sandbox = own.word("sandbox", SANDBOXES, "")
        found[key.content] = Fact(
            sandbox=SANDBOXES[sandbox] if sandbox else Sandbox.NONE,
            ephemeral=own.yes("ephemeral", False),
            engine=own.version("engine", "28.3.1"),
            span=key.span,
        )
        own.no_other_keys()
    return found


def _runtime_classes(reader: Reader) -> dict[str, Fact]:
    from dindguard.policy.typed import Reader

    node = reader.mapping("runtime-classes")
    if node is None:
        return {}
    own = Reader(node, "runtime-classes.")
    names = {key.content: own.word(key.content, RUNTIMES, "") for key, _ in node.pairs()}
    own.no_other_keys()
    return {
        name: Fact(sandbox=_BY_RUNTIME[runtime], span=own.origins[f"runtime-classes.{name}"])
        for name, runtime in names.items()
    }


# -- applying ---------------------------------------------------------------------------------------

_ITS_OWN = ("keep", "runners", "runtime-classes")
"""What no repository can say."""
_LIFTED: Mapping[str, Callable[[Config], object]] = {
    "profile": lambda config: config.profile,
    "fail-on": lambda config: config.fail_on,
    "allowed-registries": lambda config: config.allowed_registries,
    "minimum-engine": lambda config: config.minimum_engine,
    "exclude": lambda config: config.exclude,
    "approval.require": lambda config: config.approval.modes,
    "approval.roles": lambda config: config.approval.roles,
    "approval.people": lambda config: config.approval.people,
    "approval.max-days": lambda config: config.approval.max_days,
    "approval.max-days-critical": lambda config: config.approval.max_days_critical,
    "approval.codeowners": lambda config: config.approval.codeowners,
    "approval.alone": lambda config: config.approval.alone,
}
"""What a floor can lift, by the setting's name."""
_LIFTED_BY = {"exclude": "may-exclude", "approval.people": "approval.roles"}
"""Settings of a floor that lift one of another name: whoever says who holds a role says as well whose spellings count."""


def tightened(config: Config, floor: Floor) -> Config:
    """Return a repository's configuration where it is at or above the floor, and the floor where it is below."""
    lifted = replace(
        config,
        profile=Profile.ALL if floor.profile is Profile.ALL else config.profile,
        fail_on=config.fail_on if floor.fail_on is None else min(config.fail_on, floor.fail_on),
        kept=floor.kept,
        least_profile=floor.profile,
        least_fail_on=floor.fail_on,
        exclude=_exclude(config.exclude, floor.may_exclude),
        allowed_registries=_registries(config.allowed_registries, floor.allowed_registries),
        minimum_engine=max(config.minimum_engine, floor.minimum_engine),
        approval=_approval(config.approval, floor),
        runners=floor.runners,
        runtime_classes=floor.runtime_classes,
    )
    return replace(lifted, origins=_origins(config, lifted, floor))


def _origins(config: Config, lifted: Config, floor: Floor) -> Mapping[str, Span]:
    """Return where each setting is written: what the floor lifted, and what only a floor can say, in the floor."""
    origins = dict(config.origins)
    for key, value in _LIFTED.items():
        line = floor.origins.get(key) or floor.origins.get(_LIFTED_BY.get(key, ""))
        if line is not None and value(lifted) != value(config):
            origins[key] = line
    return origins | {key: span for key, span in floor.origins.items() if key.startswith(_ITS_OWN)}


def _exclude(wanted: tuple[str, ...], permitted: tuple[str, ...] | None) -> tuple[str, ...]:
    return wanted if permitted is None else tuple(each for each in wanted if each in permitted)


def _registries(wanted: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of a repository's registries that the floor allows; all of the floor's when none is left."""
    return tuple(each for each in wanted if not allowed or _below(each, allowed)) or allowed


def _below(registry: str, allowed: tuple[str, ...]) -> bool:
    return any(registry == each or registry.startswith(f"{each.rstrip('/')}/") for each in allowed)


def _approval(own: Approval, floor: Floor) -> Approval:
    if own.alone and not floor.alone:
        own = replace(Approval(), modes=own.modes, warn_days=own.warn_days, people=own.people)
    if own.alone:
        return replace(own, modes=(*own.modes, *(mode for mode in floor.modes if mode not in own.modes)))
    known = {role.casefold() for role in own.roles}
    return replace(
        own,
        modes=(*own.modes, *(mode for mode in floor.modes if mode not in own.modes)),
        roles=(*own.roles, *(role for role in floor.holders if role.casefold() not in known)),
        holders={role.casefold(): people for role, people in floor.holders.items()},
        people=floor.people or ({} if floor.holders else own.people),
        max_days=min(own.max_days, floor.max_days),
        max_days_critical=min(own.max_days_critical, floor.max_days_critical),
        codeowners=own.codeowners or floor.codeowners,
    )
