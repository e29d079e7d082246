"""The script that a list of words hands to a shell: ``sh -c "dockerd & …"``."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.patterns import regex
from dindguard.vocabulary import SCRIPT_RUNNERS

COMMAND_OPTION = regex(r"-[a-z]*c[a-z]*$")
"""``-c`` alone or among other letters: the next word is a script."""


def script_index(words: Sequence[str]) -> int | None:
    """Return the index of the word that is a script; ``None`` when the words start no shell with ``-c``."""
    if not words or words[0].rpartition("/")[2] not in SCRIPT_RUNNERS:
        return None
    return next((index + 1 for index in range(1, len(words) - 1) if COMMAND_OPTION.match(words[index])), None)
