"""``--policy``: the organisation's floor, for every command that obeys a configuration."""

from __future__ import annotations

import click

policy_option = click.option(
    "--policy",
    type=click.Path(),
    envvar="DINDGUARD_POLICY",
    metavar="FILE",
    help="The organisation's policy, which no repository can weaken (DINDGUARD_POLICY).",
)
