"""The configuration of a scanned tree: data that can silence, and never runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dindguard.errors import UserError
from dindguard.model.model import Policy
from dindguard.records import field, record
from dindguard.rules import Profile, Severity, nearest
from dindguard.source import Source, Span

if TYPE_CHECKING:
    from dindguard.documents.tree import Node

FILE_NAME = ".dindguard.yaml"
SEVERITIES = {severity.word: severity for severity in Severity}
MODES = ("privileged", "socket", "sysbox")


@record(kw_only=True)
class Approval:
    """What an approval record must hold.

    ``modes`` are those that only a waiver may silence; ``roles`` must each be among the approvers;
    ``max_days`` is the longest time from approval to expiry, ``max_days_critical`` for critical findings;
    ``warn_days`` before the expiry a notice appears; ``codeowners`` asks that approvers be owners of the
    waiver file.
    """

    modes: tuple[str, ...] = ("privileged", "socket")
    roles: tuple[str, ...] = ("architecture", "security")
    max_days: int = 180
    max_days_critical: int = 90
    warn_days: int = 14
    codeowners: bool = False


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

    def rule_policy(self) -> Policy:
        """Return what rules are told of it."""
        return Policy(
            allowed_registries=self.allowed_registries,
            first_party_socket_users=self.first_party_socket_users,
            require_approval_for=frozenset(self.approval.modes),
            minimum_engine=self.minimum_engine,
        )

    def check_rules(self, known: Collection[str]) -> None:
        """Raise :class:`UserError` for a rule id that does not exist."""
        for name in (*self.disabled, *self.severities):
            if name not in known:
                key = "disable" if name in self.disabled else f"severity.{name}"
                raise UserError(
                    f"{self.origins.get(key, FILE_NAME)}: there is no rule '{name}'{nearest(name, known)}"
                )


class _Reader:
    """Reads typed values out of a located tree; the first fault raises with its place."""

    def __init__(self, node: Node, prefix: str = "") -> None:
        self.node = node
        self.prefix = prefix
        self.origins: dict[str, Span] = {}
        self._asked: list[str] = []

    def _take(self, key: str) -> Node | None:
        self._asked.append(key)
        found = self.node[key]
        if not found.present or found.is_null:
            return None
        self.origins[self.prefix + key] = found.span
        return found

    def fault(self, node: Node, problem: str) -> UserError:
        return UserError(f"{node.span}: {problem}")

    def word(self, key: str, allowed: Collection[str], default: str) -> str:
        found = self._take(key)
        if found is None:
            return default
        if not found.is_scalar or found.content not in allowed:
            raise self.fault(
                found, f"'{self.prefix}{key}' must be one of {', '.join(allowed)}{nearest(found.content, allowed)}"
            )
        return found.content

    def text(self, key: str, default: str = "") -> str:
        found = self._take(key)
        if found is None:
            return default
        if not found.is_scalar:
            raise self.fault(found, f"'{self.prefix}{key}' must be a text")
        return found.content

    def number(self, key: str, default: int) -> int:
        found = self._take(key)
        if found is None:
            return default
        value = found.integer
        if value is None or value < 1:
            raise self.fault(found, f"'{self.prefix}{key}' must be a whole number above 0")
        return value

    def yes(self, key: str, default: bool) -> bool:
        found = self._take(key)
        if found is None:
            return default
        if found.content not in ("true", "false"):
            raise self.fault(found, f"'{self.prefix}{key}' must be true or false")
        return found.content == "true"

    def texts(self, key: str, default: tuple[str, ...] = (), allowed: Collection[str] = ()) -> tuple[str, ...]:
        found = self._take(key)
        if found is None:
            return default
        if not found.is_sequence or not all(item.is_scalar and item.content for item in found):
            raise self.fault(found, f"'{self.prefix}{key}' must be a list of texts")
        for item in found:
            if allowed and item.content not in allowed:
                raise self.fault(
                    item, f"'{item.content}' is none of {', '.join(allowed)}{nearest(item.content, allowed)}"
                )
        return tuple(item.content for item in found)

    def mapping(self, key: str) -> Node | None:
        found = self._take(key)
        if found is not None and not found.is_mapping:
            raise self.fault(found, f"'{self.prefix}{key}' must be a mapping")
        return found

    def no_other_keys(self) -> None:
        """Raise for a key that nobody asked for."""
        for key, _ in self.node.pairs():
            if key.content not in self._asked:
                name = f"{self.prefix}{key.content}"
                raise self.fault(key, f"there is no setting '{name}'{nearest(key.content, self._asked)}")


def read(node: Node) -> Config:
    """Return the configuration that a mapping holds; raises :class:`UserError` with file, line and remedy."""
    if node.is_null:
        return Config()
    if not node.is_mapping:
        raise UserError(f"{node.span}: the configuration must be a mapping of settings")
    reader = _Reader(node)
    reader.text("$schema")
    severities = {}
    table = reader.mapping("severity")
    for key, value in table.pairs() if table is not None else ():
        if value.content not in SEVERITIES:
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


def _approval(reader: _Reader) -> tuple[Approval, Mapping[str, Span]]:
    node = reader.mapping("approval")
    default = Approval()
    if node is None:
        return default, {}
    own = _Reader(node, "approval.")
    approval = Approval(
        modes=own.texts("require", default.modes, MODES),
        roles=own.texts("roles", default.roles),
        max_days=own.number("max-days", default.max_days),
        max_days_critical=own.number("max-days-critical", default.max_days_critical),
        warn_days=own.number("warn-days", default.warn_days),
        codeowners=own.yes("codeowners", default.codeowners),
    )
    own.no_other_keys()
    return approval, own.origins


def _version(reader: _Reader) -> tuple[int, ...]:
    text = reader.text("minimum-engine")
    if not text:
        return ()
    pieces = text.split(".")
    if not all(piece.isascii() and piece.isdigit() and len(piece) < 6 for piece in pieces):
        raise reader.fault(reader.node["minimum-engine"], "'minimum-engine' must be a version such as 29.5.1")
    return tuple(int(piece) for piece in pieces)


def load(root: Path, explicit: Path | None = None, *, untrusted: bool = False) -> Config:
    """Return the configuration for a tree: the file named on the command line, else the tree's own.

    ``untrusted`` ignores the tree's own. Raises :class:`UserError` for a file that cannot be read.
    """
    if explicit is not None:
        return _from_file(explicit, str(explicit))
    if untrusted:
        return Config()
    own = root / FILE_NAME
    if own.is_file():
        return _from_file(own, FILE_NAME)
    project = root / "pyproject.toml"
    if project.is_file() and not project.is_symlink():
        return _from_pyproject(project)
    return Config()


def _from_file(path: Path, name: str) -> Config:
    from dindguard.documents import yaml

    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}: cannot be read: {error}") from None
    tree = yaml.read(Source(name, text))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}")
    return read(tree.documents[0]) if tree.documents else Config()


def _from_pyproject(path: Path) -> Config:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"pyproject.toml: cannot be read: {error}") from None
    if b"dindguard" not in data:
        return Config()
    from dindguard.documents import toml

    tree = toml.read(Source("pyproject.toml", data.decode("utf-8", "replace")))
    if tree.notices:
        raise UserError(f"{tree.notices[0].span}: {tree.notices[0].message}")
    table = tree.documents[0].at("tool", "dindguard") if tree.documents else None
    return read(table) if table is not None and table.present else Config()
