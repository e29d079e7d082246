"""The configuration of a scanned tree: data that can silence, and never runs."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from dindguard.errors import UserError
from dindguard.files import within
from dindguard.model.model import Policy
from dindguard.records import field, record, replace
from dindguard.rules import Profile, Severity, nearest
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node
    from dindguard.files import StrPath
    from dindguard.policy.typed import Reader

FILE_NAME = ".dindguard.yaml"
MISNAMED = ".dindguard.yml"
PROJECT = "pyproject.toml"
_SYNTAX = "mend the syntax, or ignore the file with --untrusted"
SEVERITIES = {severity.word: severity for severity in Severity}
MODES = ("privileged", "socket", "sysbox")
A_YEAR = 366
"""The longest waiver, in days, that somebody may give themselves."""


@record(kw_only=True)
class Approval:
    """What an approval record must hold.

    ``modes`` are those that only a waiver may silence; ``roles`` must each be among the approvers;
    ``max_days`` is the longest time from approval to expiry, ``max_days_critical`` for critical findings;
    ``warn_days`` before the expiry a notice appears; ``codeowners`` asks that approvers be owners of the
    waiver file. ``alone`` is for a repository of one person: owners approve for themselves, and that is said.
    ``people`` gives the spellings of each person, ``holders`` the people of each role, where somebody says who.
    """

    modes: tuple[str, ...] = ("privileged", "socket")
    roles: tuple[str, ...] = ("architecture", "security")
    max_days: int = 180
    max_days_critical: int = 90
    warn_days: int = 14
    codeowners: bool = False
    alone: bool = False
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@record(kw_only=True)
class Config:
    """What holds for one scan. ``origins`` says where each value that is not a default was written."""

    profile: Profile = Profile.RECOMMENDED
    fail_on: Severity = Severity.HIGH
    severities: Mapping[str, Severity] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allowed_registries: tuple[str, ...] = ()
    first_party_socket_users: tuple[str, ...] = ()
    minimum_engine: tuple[int, ...] = ()
    approval: Approval = field(default_factory=Approval)
    baseline: str = ""
    origins: Mapping[str, Span] = field(default_factory=dict)
    file: str = ""
    """The file it comes from; empty when there is none."""

    def rule_policy(self) -> Policy:
        """Return what rules are told of it."""
        return Policy(
            allowed_registries=self.allowed_registries,
            first_party_socket_users=self.first_party_socket_users,
            require_approval_for=frozenset(self.approval.modes),
            minimum_engine=self.minimum_engine,
        )

    @property
    def summary(self) -> tuple[str, ...]:
        """What a report says about it, in words."""
        count = len(self.disabled)
        return (f"{count} rule{'s' * (count != 1)} off by configuration",) if count else ()

    def check_rules(self, known: Collection[str]) -> None:
        """Raise :class:`UserError` for a rule id that does not exist."""
        for name in (*self.disabled, *self.severities):
            if name not in known:
                key = "disable" if name in self.disabled else f"severity.{name}"
                raise UserError(
                    f"{self.origins.get(key, FILE_NAME)}: there is no rule '{name}'{nearest(name, known)}"
                )


def read(node: Node) -> Config:
    """Return the configuration that a mapping holds; raises :class:`UserError` with file, line and remedy."""
    if not node.is_mapping:
        raise UserError(f"{node.span}: the configuration must be a mapping of settings")
    from dindguard.policy.typed import Reader, is_text

    reader = Reader(node)
    reader.text("$schema")
    severities = {}
    table = reader.mapping("severity")
    for key, value in table.pairs() if table is not None else ():
        if key.content in severities:
            raise reader.fault(key, f"'severity.{key.content}' is there twice: keep one")
        if not is_text(value) or value.content not in SEVERITIES:
            raise reader.fault(value, f"'severity.{key.content}' must be one of {', '.join(SEVERITIES)}")
        severities[key.content] = SEVERITIES[value.content]
        reader.origins[f"severity.{key.content}"] = key.span
    config: dict[str, Any] = {
        "profile": Profile(reader.word("profile", tuple(Profile), "recommended")),
        "fail_on": SEVERITIES[reader.word("fail-on", SEVERITIES, "high")],
        "severities": severities,
        "disabled": reader.texts("disable"),
        "exclude": reader.texts("exclude"),
        "allowed_registries": reader.texts("allowed-registries"),
        "first_party_socket_users": reader.texts("socket-users"),
        "minimum_engine": _version(reader),
        "baseline": reader.text("baseline"),
    }
    approval, origins = _approval(reader)
    reader.no_other_keys()
    return Config(**config, approval=approval, origins={**reader.origins, **origins})


def _approval(reader: Reader) -> tuple[Approval, Mapping[str, Span]]:
    node = reader.mapping("approval")
    default = Approval()
    if node is None:
        return default, {}
    from dindguard.policy.typed import Reader

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


def _version(reader: Reader) -> tuple[int, ...]:
    node = reader.take("minimum-engine")
    if node is None:
        return ()
    pieces = node.content.split(".") if node.is_scalar else []
    if not pieces or not all(piece.isascii() and piece.isdigit() and len(piece) < 6 for piece in pieces):
        raise reader.fault(node, "'minimum-engine' must be a version such as '29.5.1'")
    return tuple(int(piece) for piece in pieces)


def load(root: StrPath, explicit: StrPath | None = None, *, untrusted: bool = False) -> Config:
    """Return the configuration for a tree: the file named on the command line, else the tree's own.

    ``untrusted`` ignores the tree's own. Raises :class:`UserError` for a file that cannot be read.
    """
    if explicit is not None:
        return _from_file(explicit, os.fspath(explicit))
    if untrusted:
        return Config()
    own, project = os.path.join(root, FILE_NAME), os.path.join(root, PROJECT)
    for link, path in ((FILE_NAME, own), (PROJECT, project)):
        if os.path.islink(path) and not within(os.path.realpath(path), os.path.realpath(root)):
            raise UserError(f"{link}: the link leads out of {root}: put the file here, or name it with --config")
    if os.path.isfile(own):
        return _from_file(own, FILE_NAME)
    if os.path.isfile(os.path.join(root, MISNAMED)):
        raise UserError(f"{MISNAMED}: this name is not read: call it {FILE_NAME}")
    return _from_pyproject(project) if os.path.isfile(project) else Config()


def _text(path: StrPath, name: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{name}: cannot be read: it is not UTF-8") from None


def _from_file(path: StrPath, name: str) -> Config:
    text = _text(path, name)
    if os.path.basename(path) == PROJECT:
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


def _from_pyproject(path: StrPath) -> Config:
    text = _text(path, PROJECT)
    return _from_toml(text, PROJECT) if "dindguard" in text else Config()


def _from_toml(text: str, name: str) -> Config:
    from dindguard.documents import toml

    tree = toml.read(Source(name, text))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}; {_SYNTAX}")
    table = tree.documents[0].at("tool", "dindguard") if tree.documents else None
    return replace(read(table), file=name) if table is not None and table.present else Config()
