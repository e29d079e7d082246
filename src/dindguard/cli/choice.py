"""Words that the command line knows: each suggests the nearest one when it is misspelt, and completes in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # before 8.2 it takes no type


class Named(_Choice):
    """A choice among names that suggests the nearest one."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; fail, with a suggestion, for one that is none of the choices."""
        if value not in self.choices:
            from dindguard.rules import nearest

            known = ", ".join(self.choices)
            self.fail(f"there is no '{value}'{nearest(value, self.choices)}; there are {known}", param, ctx)
        return value


class PathName(click.types.StringParamType):
    """The path of a file or folder: any text, looked at later; click's own type looks for translations of its name."""

    name = "path"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Leave it to the shell, which knows the files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class RuleName(click.types.StringParamType):
    """The id of a rule, or with ``categories`` also a category: any text, checked later against what is loaded."""

    def __init__(self, *, categories: bool = False) -> None:
        self.categories = categories

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the built-in rules that begin so, each with its title."""
        from click.shell_completion import CompletionItem

        from dindguard.cli.known_rules import every

        known = {rule.id: rule.title for rule in every()}
        if self.categories:
            known |= {rule.category: "a category" for rule in every()}
        return [
            CompletionItem(name, help=title) for name, title in sorted(known.items()) if name.startswith(incomplete)
        ]
