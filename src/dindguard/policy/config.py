"""The configuration of a scanned tree: data that can silence, and never runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dindguard.model.model import Policy
from dindguard.records import field, record
from dindguard.rules import Profile, Severity

if TYPE_CHECKING:
    from dindguard.scan import Options


@record(kw_only=True)
class Config:
    """What holds for one scan."""

    profile: Profile = Profile.RECOMMENDED
    severities: Mapping[str, Severity] = field(default_factory=dict)
    disabled: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: Severity = Severity.HIGH
    allowed_registries: tuple[str, ...] = ()
    first_party_socket_users: tuple[str, ...] = ()

    @classmethod
    def load(cls, root: Path, options: Options) -> Config:
        """Return the configuration in force for a scan of ``root``."""
        del root, options
        return cls()

    def rule_policy(self) -> Policy:
        """Return what rules are told of it."""
        return Policy(
            allowed_registries=self.allowed_registries, first_party_socket_users=self.first_party_socket_users
        )
