"""The shells of Windows as one another's programs: ``cmd /c …`` in PowerShell, ``powershell -Command …`` in a batch file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dindguard import budget
from dindguard.enumerations import StrEnum
from dindguard.scripts.shell.context import Collected
from dindguard.scripts.shell.pieces import Piece, Script
from dindguard.scripts.shell.variables import Scopes


class Shell(StrEnum):
    """Whose language a script is in."""

    POWERSHELL = "powershell"
    BATCH = "batch"


class Shells:
    """Reads the command lines that a script hands to a shell, each ``nesting`` one deeper than the script it stands in."""

    def __init__(self, readers: Mapping[Shell, Reader], nesting: int = 0) -> None:
        self._readers = readers
        self.nesting = nesting

    def read(self, shell: Shell, pieces: Sequence[Piece], collected: Collected, scopes: Scopes) -> None:
        """Collect what a command line for ``shell`` runs, with the variables of the script that starts it."""
        if not pieces or not scopes.spending.reads(pieces):
            return
        if budget.within(budget.SCRIPTS_IN_SCRIPTS, self.nesting + 1, pieces[0]):
            self._readers[shell](Script(pieces), collected, scopes, Shells(self._readers, self.nesting + 1))


Reader = Callable[[Script, Collected, Scopes, Shells], None]
"""Collects what a script runs."""
