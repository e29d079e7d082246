"""Reads the text of a configuration: from YAML or TOML, each value with its place, the first fault with its remedy."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dindguard.errors import UserError
from dindguard.policy.config import (
    A_YEAR,
    LOOSENED,
    MODES,
    PROJECT,
    SEVERITIES,
    Approval,
    Config,
    Override,
)
from dindguard.policy.typed import Reader, is_text
from dindguard.records import replace
from dindguard.rules import Profile, Severity
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.policy.declared import Declared

_SYNTAX = "fix the syntax, or ignore the file with --untrusted"


def read(node: Node) -> Config:
    """Return the configuration that a mapping holds; raises :class:`UserError` with file, line and remedy."""
    if not node.is_mapping:
        raise UserError(f"{node.span}: the configuration must be a mapping of settings")
    reader = Reader(node)
    reader.text("$schema")
    config: dict[str, Any] = {
        "profile": Profile(reader.word("profile", tuple(Profile), "recommended")),
        "fail_on": SEVERITIES[reader.word("fail-on", SEVERITIES, "high")],
        "severities": _severities(reader),
        "selected": reader.texts("select"),
        "overrides": _overrides(reader),
        "rules": _rules(reader),
        "nested": reader.texts("nested", allowed=LOOSENED),
        "disabled": reader.texts("disable"),
        "exclude": reader.texts("exclude"),
        "allowed_registries": reader.texts("allowed-registries"),
        "first_party_socket_users": reader.texts("socket-users"),
        "minimum_engine": reader.version("minimum-engine", "29.5.1"),
        "rules_as_of": reader.version("rules-as-of", "0.1.0"),
        "baseline": reader.text("baseline"),
    }
    approval, origins = _approval(reader)
    reader.no_other_keys()
    return Config(**config, approval=approval, origins={**reader.origins, **origins})


def _severities(reader: Reader) -> dict[str, Severity]:
    severities: dict[str, Severity] = {}
    table = reader.mapping("severity")
    for key, value in table.pairs() if table is not None else ():
        if key.content in severities:
            raise reader.fault(key, f"'{reader.prefix}severity.{key.content}' is there twice: keep one")
        if not is_text(value) or value.content not in SEVERITIES:
            problem = f"'{reader.prefix}severity.{key.content}' must be one of {', '.join(SEVERITIES)}"
            raise reader.fault(value, problem)
        severities[key.content] = SEVERITIES[value.content]
        reader.origins[f"{reader.prefix}severity.{key.content}"] = key.span
    return severities


def _rules(reader: Reader) -> tuple[Declared, ...]:
    if reader.take("rules") is None:
        return ()
    from dindguard.policy.declared import declared

    return declared(reader)


def _overrides(reader: Reader) -> tuple[Override, ...]:
    node = reader.take("overrides")
    if node is not None and not node.is_sequence:
        raise reader.fault(node, "'overrides' must be a list")
    found = []
    for item in node or ():
        if not item.is_mapping:
            raise reader.fault(item, "an override must be a mapping of settings")
        own = Reader(item, "overrides.")
        paths = own.texts("paths")
        if not paths:
            raise own.fault(item, "an override needs 'paths', patterns as in .gitignore")
        profile = own.word("profile", tuple(Profile), "")
        found.append(
            Override(
                paths=paths,
                disabled=own.texts("disable"),
                severities=_severities(own),
                profile=Profile(profile) if profile else None,
                span=item.span,
            )
        )
        own.no_other_keys()
        for rule in (*found[-1].disabled, *found[-1].severities):
            reader.origins[f"overrides.{rule}"] = item.span
    return tuple(found)


def _approval(reader: Reader) -> tuple[Approval, Mapping[str, Span]]:
    node = reader.mapping("approval")
    default = Approval()
    if node is None:
        return default, {}
    own = Reader(node, "approval.")
    alone = own.yes("alone", default.alone)
    longest = A_YEAR if alone else None
    approval = Approval(
        modes=own.texts("require", default.modes, MODES),
        roles=own.texts("roles", () if alone else default.roles),
        max_days=own.number("max-days", longest or default.max_days, most=longest),
        max_days_critical=own.number("max-days-critical", longest or default.max_days_critical, most=longest),
        warn_days=own.number("warn-days", default.warn_days),
        codeowners=own.yes("codeowners", default.codeowners),
        alone=alone,
        people=own.lists("people"),
    )
    for key, asked in (("roles", approval.roles), ("codeowners", approval.codeowners)):
        if alone and asked:
            raise own.fault(node[key], f"'approval.{key}' needs other people: take 'approval.alone' out")
    own.no_other_keys()
    return approval, own.origins


def parsed(text: str, name: str) -> Config:
    """Return what a configuration's text holds; ``name`` says which syntax it has."""
    if os.path.basename(name) == PROJECT:
        return _from_toml(text, name)
    from dindguard.documents import yaml

    tree = yaml.read(Source(name, text))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}; {_SYNTAX}")
    if len(tree.documents) > 1:
        raise UserError(
            f"{tree.documents[1].span}: the configuration must be one document: remove what follows '---'"
        )
    if not tree.documents or tree.documents[0].is_null:
        return Config(file=name)
    return replace(read(tree.documents[0]), file=name)


def _from_toml(text: str, name: str) -> Config:
    from dindguard.documents import toml

    tree = toml.read(Source(name, text))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}; {_SYNTAX}")
    table = tree.documents[0].at("tool", "dindguard") if tree.documents else None
    return replace(read(table), file=name) if table is not None and table.present else Config()
