"""Configurations in folders: they tighten what holds below, and loosen only what the root's lets them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from dindguard.policy.config import FILE_NAME, Config, Override
from dindguard.policy.config_file import load_file
from dindguard.policy.regime import check_rules
from dindguard.rules import Profile, Rule, Severity
from dindguard.source import Gravity, Notice, Span

if TYPE_CHECKING:
    from dindguard.files import Files

_THEIRS = ("$schema", "profile", "severity", "disable")
_REMEDY = "change the root's configuration, or take it out here"


def folders_of(paths: Iterable[str]) -> list[str]:
    """Return the folders that hold paths, the root left out, from above down."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return sorted(found)


def nested(
    files: Files, paths: Iterable[str], root: Config, rules: Iterable[Rule]
) -> tuple[tuple[Override, ...], tuple[Notice, ...]]:
    """Return what the configurations above paths ask for, and what of it is not obeyed.

    Raises :class:`~dindguard.errors.UserError` for one that cannot be read.
    """
    rules = tuple(rules)
    known = {rule.id: rule for rule in rules}
    overrides, notices = [], []
    for folder in folders_of(paths):
        name = f"{folder}/{FILE_NAME}"
        if files.exists(name):
            config = load_file(files, name)
            check_rules(config, rules)
            reader = _Nested(config, root, known)
            overrides.append(reader.override(folder))
            notices += reader.notices
    return tuple(overrides), tuple(notices)


class _Nested:
    """One configuration in a folder, compared with the root's."""

    def __init__(self, config: Config, root: Config, known: Mapping[str, Rule]) -> None:
        self.config = config
        self.root = root
        self.known = known
        self.notices: list[Notice] = []
        for key in sorted({key.partition(".")[0] for key in config.origins} - set(_THEIRS)):
            self._refuse(key, f"'{key}' is not obeyed in a folder: it stands in the root's configuration")

    def override(self, folder: str) -> Override:
        """Return what is obeyed of it, for everything below its folder."""
        config = self.config
        return Override(
            paths=("/**",),
            base=folder,
            profile=self._profile(),
            disabled=tuple(rule for rule in config.disabled if self._may(rule, "disable", f"disable.{rule}")),
            severities=dict(self._severities()),
            span=Span(config.file),
        )

    def _profile(self) -> Profile | None:
        if "profile" not in self.config.origins:
            return None
        looser = self.root.profile is Profile.ALL and self.config.profile is not Profile.ALL
        if looser and "profile" not in self.root.nested:
            self._refuse("profile", self._not_let("profile"))
            return None
        return self.config.profile

    def _severities(self) -> Iterator[tuple[str, Severity]]:
        for rule, severity in self.config.severities.items():
            own = self.known[rule].severity if rule in self.known else Severity.INFO
            before = self.root.severities.get(rule, own)
            if severity >= before or self._may(rule, "severity", f"severity.{rule}"):
                yield rule, severity

    def _may(self, rule: str, key: str, place: str) -> bool:
        """Whether the root lets it loosen a rule; approvals are never touched."""
        if rule in self.known and self.known[rule].needs_approval in self.root.approval.modes:
            self._refuse(place, f"'{key}' of {rule} is not obeyed in a folder: the rule needs an approval")
        elif key not in self.root.nested:
            self._refuse(place, self._not_let(key))
        else:
            return True
        return False

    def _not_let(self, key: str) -> str:
        return f"'{key}' loosens and is not obeyed: the root's configuration does not name it under 'nested'"

    def _refuse(self, place: str, problem: str) -> None:
        span = self.config.origins.get(place) or Span(self.config.file)
        self.notices.append(Notice("not-obeyed", problem, span, Gravity.WARNING, _REMEDY))
