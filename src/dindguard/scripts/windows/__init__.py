"""The scripts of Windows: PowerShell and batch files, into the commands that they run."""

from __future__ import annotations

from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.pieces import Script
from dindguard.scripts.shell.variables import Scopes
from dindguard.scripts.windows.shells import Shell, Shells

__all__ = ["Shell", "read_windows"]


def read_windows(shell: Shell, script: Script, collected: Collected) -> None:
    """Collect what a script for one of Windows' shells runs."""
    scopes = Scopes()
    scopes.spending.length = len(script.text)
    _READERS[shell](script, collected, scopes, Shells(_READERS))


def _powershell(script: Script, collected: Collected, scopes: Scopes, shells: Shells) -> None:
    from dindguard.scripts.windows.powershell import PowerShell

    PowerShell(script, collected, scopes, shells).run()


def _batch(script: Script, collected: Collected, scopes: Scopes, shells: Shells) -> None:
    from dindguard.scripts.windows.batch import Batch

    Batch(script, collected, scopes, shells).run()


_READERS = {Shell.POWERSHELL: _powershell, Shell.BATCH: _batch}
"""Each is imported when a script of its kind is there."""
