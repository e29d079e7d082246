"""What may be said to a user when something cannot be done, and the process's exit codes."""

from __future__ import annotations

CLEAN = 0
FINDINGS = 1
USAGE = 2
INCOMPLETE = 3
CONSENT = 4
ENGINE = 5
INTERRUPTED = 130
"""What a shell gives a process that an interrupt ended: 128 and the signal's number."""


class RuleError(Exception):
    """A rule that fails for a fault of its own author's; ``remedy`` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class UserError(Exception):
    """A failure that the user can mend; the message names the place and the remedy.

    ``exit_code`` is one of this module's constants (the table in README.md).
    """

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class EndedError(UserError):
    """A process that did a part of the work has ended: no fault of what it was working on, and nobody else can go on."""

    def __init__(self, message: str) -> None:
        super().__init__(message, INCOMPLETE)
