"""``dindguard lsp``: the findings of a project while it is edited."""

from __future__ import annotations

from typing import Any

import click

from dindguard.cli.debug import debug_option
from dindguard.cli.options import config_option, policy_option, untrusted_option
from dindguard.errors import UserError


@click.command("lsp")
@click.option(
    "--stdio", is_flag=True, help="Talk over standard input and output, as it always does; some editors pass this."
)
@config_option
@policy_option
@untrusted_option
@debug_option
def command(stdio: bool, **given: Any) -> None:
    """Run the language server: findings while you type, rule pages, fixes, allows and waivers.

    An editor starts it and speaks the Language Server Protocol with it; 'docs/editors.md' says how. It runs nothing of the
    project and writes no file: the editor makes the changes that you choose.
    """
    del stdio
    from dindguard.options import Options

    try:
        from dindguard.language_server.server import make
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UserError("this needs the editor's part: pip install 'dindguard[lsp]'") from None
    make(Options(**{name: value for name, value in given.items() if value is not None})).start_io()
