"""Options that several commands have: each is told once, and means the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from dindguard.cli.choice import Named, PathName, RuleName
from dindguard.errors import UserError
from dindguard.rules import Profile, Severity

Decorated = Callable[..., Any]

SEVERITIES = [severity.word for severity in sorted(Severity, reverse=True)]

untrusted_option = click.option(
    "--untrusted",
    is_flag=True,
    help="Ignore the configuration, ignore files, allows, waivers and baseline of the scanned files.",
)
config_option = click.option(
    "--config", type=PathName(), metavar="FILE", help="Use this configuration instead of the repository's own."
)
policy_option = click.option(
    "--policy",
    type=PathName(),
    envvar="DINDGUARD_POLICY",
    metavar="FILE",
    help="Enforce an organisation's policy, which no repository can weaken (or set DINDGUARD_POLICY).",
)
baseline_option = click.option(
    "--baseline", type=PathName(), metavar="FILE", help="Do not count the findings that this baseline lists."
)
profile_option = click.option(
    "--profile", type=Named([each.value for each in Profile]), help="The set of rules to run (default: recommended)."
)
select_option = click.option(
    "--select",
    multiple=True,
    type=RuleName(categories=True),
    metavar="RULE",
    help="Run only this rule or category of rules; repeatable.",
)
ignore_option = click.option(
    "--ignore",
    multiple=True,
    type=RuleName(categories=True),
    metavar="RULE",
    help="Do not run this rule or category of rules; repeatable.",
)
fail_on_option = click.option(
    "--fail-on",
    type=Named(SEVERITIES),
    default=None,
    help="Exit with 1 for findings of this severity or above (default: the configuration's, else high).",
)
exit_zero_option = click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Show notes and silenced findings, too.")
stdin_name_option = click.option(
    "--stdin-name", metavar="NAME", help="The file name to assume for standard input ('-')."
)
output_option = click.option(
    "-o",
    "--output",
    type=PathName(),
    metavar="FILE",
    help="Write to FILE instead of standard output; it is replaced only when all went well.",
)


def format_option(*forms: str) -> Callable[[Decorated], Decorated]:
    """Return the option that chooses one of several forms of output; the first is the default."""
    return click.option(
        "-f",
        "--format",
        "form",
        type=Named(forms),
        default=forms[0],
        help=f"The output format (default: {forms[0]}).",
    )


class _TypeOption(click.Option):
    """An option whose help names all formats; they are looked up when help is asked for."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option's line of the help."""
        from dindguard.formats import registry

        record = super().get_help_record(ctx)
        return record and (record[0], f"{record[1]} FORMAT is one of {', '.join(registry.names())}.")


type_option = click.option(
    "--type",
    "types",
    cls=_TypeOption,
    multiple=True,
    metavar="FORMAT=GLOB",
    help="Read files that match GLOB as this format, whatever their names and contents; repeatable.",
)


def override(text: str) -> tuple[str, str]:
    """Return pattern and format of one ``--type``; raises :class:`UserError` for what makes no sense."""
    from dindguard.formats import registry
    from dindguard.rules import nearest

    name, equals, pattern = text.partition("=")
    if not equals or not pattern:
        raise UserError(f"--type {text}: write FORMAT=GLOB, for example kubernetes=deploy/*.tpl")
    names = registry.names()
    if name not in names:
        raise UserError(f"--type: there is no format '{name}'{nearest(name, names)}; there are {', '.join(names)}")
    return pattern, name
