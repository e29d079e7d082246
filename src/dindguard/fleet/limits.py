"""What one repository may cost before it is quarantined; the command line can set most of it.

These are no limits of reading, which a scan goes on behind (:mod:`dindguard.budget`): who meets one of these is ended.
"""

from __future__ import annotations

import sys
from typing import Any

from dindguard.records import record

MEBIBYTE = 1 << 20

UNIT = 1 if sys.platform == "darwin" else 1024
"""The bytes in which the system counts the memory that a process held at most."""

ARCHIVE_MEMBERS = 500_000
"""An archive with more members is refused."""

ARCHIVE_BYTES = 8 << 30
"""An archive that says, or shows while it is read, that it expands to more bytes is refused."""

ARCHIVE_KEPT = 256 * MEBIBYTE
"""Text of an archive that is kept in memory while it is scanned; one with more is refused."""

EVIDENCE = 2_000
"""So many characters of the end of stderr are kept."""


@record(kw_only=True)
class Limits:
    """What the scan process of one repository may use: seconds of CPU, bytes of memory, seconds, bytes of result."""

    cpu: int = 300
    memory: int = 2048 * MEBIBYTE
    wall: int = 600
    output: int = 32 * MEBIBYTE

    def as_data(self) -> dict[str, int]:
        """Return them as data for a request."""
        return {"cpu": self.cpu, "memory": self.memory, "wall": self.wall, "output": self.output}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Limits:
        """Return those that a request holds."""
        return cls(**{name: int(data[name]) for name in ("cpu", "memory", "wall", "output")})


def impose(limits: Limits) -> None:
    """Put this process, and those that it starts, under the limits. For a process that does nothing else."""
    import resource

    if sys.platform == "win32":
        raise NotImplementedError

    def lower(what: int, soft: int, hard: int) -> None:
        most = resource.getrlimit(what)[1]
        hard = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(what, (min(soft, hard), hard))

    lower(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 5)
    lower(resource.RLIMIT_AS, limits.memory, limits.memory)
    lower(resource.RLIMIT_FSIZE, 2 * limits.output, 2 * limits.output)
    lower(resource.RLIMIT_CORE, 0, 0)
