"""``dindguard completion``: the script that completes commands, options and rules in a shell."""

from __future__ import annotations

import click

from dindguard.cli.choice import Named

VARIABLE = "_DINDGUARD_COMPLETE"
"""With this set, the command line answers a shell's question instead of running."""

_EPILOG = """\b
For good:
  bash   dindguard completion bash > ~/.local/share/bash-completion/completions/dindguard
  zsh    dindguard completion zsh > ~/.zfunc/_dindguard      (a folder of $fpath)
  fish   dindguard completion fish > ~/.config/fish/completions/dindguard.fish
"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=Named(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes commands in your shell.

    For the shell you are in: eval "$(dindguard completion bash)"
    """
    from click.shell_completion import get_completion_class

    from dindguard.cli import cli

    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(cli, {}, "dindguard", VARIABLE).source())
