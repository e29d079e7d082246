"""Drives a fleet's scan: sources go to the cluster a few at a time, answers come back, then all is made one dataset."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dindguard.fleet import compaction
from dindguard.fleet.layout import Shard
from dindguard.fleet.request import Answer, Asking, Request
from dindguard.fleet.schema import Standing
from dindguard.printable import printable
from dindguard.records import record
from dindguard.rules import Severity

if TYPE_CHECKING:
    from dindguard.fleet.cluster import Cluster
    from dindguard.fleet.progress import Progress
    from dindguard.fleet.sources import RepositorySource

Sources = Callable[[], Iterator["RepositorySource"]]

ATTEMPTS = 3
"""So often a repository is given out whose worker ended or answered something else."""

_AHEAD = 2
"""So many tasks for each slot are given out at once: no worker waits, and the driver holds few."""

_PATIENCE = 120
"""Seconds that an answer may take besides the scans before it."""

_MENTIONED = 5


@record(kw_only=True)
class Outcome:
    """What came of a run: how many repositories were scanned now, were kept, are quarantined, incomplete, not done.

    ``worst`` is the gravest open finding; ``troubles`` are words about some that were not done.
    """

    scanned: int
    kept: int
    quarantined: int
    incomplete: int
    unfinished: int
    worst: Severity | None
    troubles: tuple[str, ...]


class Drive:
    """One run over the sources of a shard. Keeps 16 bytes of each repository, and the requests that are given out."""

    def __init__(self, sources: Sources, shard: Shard, asking: Asking, progress: Progress) -> None:
        self._sources, self._shard, self._asking, self._progress = sources, shard, asking, progress
        self._keys = bytearray()
        self._out: dict[int, tuple[int, Request, float]] = {}
        self._counts = dict.fromkeys(("new", "kept", *map(str, Standing)), 0)
        self._worst: Severity | None = None
        self._unfinished = 0
        self._troubles: list[str] = []
        self.begun = False

    def requests(self) -> Iterator[Request]:
        """Yield the requests of the shard, in order."""
        for number, source in enumerate(self._sources()):
            if self._shard.takes(number):
                yield Request(
                    name=source.name,
                    path=source.path,
                    revision=source.revision,
                    labels=source.labels,
                    asking=self._asking,
                )

    def run(self, cluster: Cluster) -> Outcome:
        """Have every source scanned; raises what ends it early."""
        self.begun = True
        waiting = enumerate(self.requests())
        more = True
        while more or self._out:
            room = _AHEAD * max(cluster.slots, 1) - len(self._out)
            while more and room > 0:
                following = next(waiting, None)
                more = following is not None
                if following is not None:
                    self._give_out(cluster, following[0], 1, following[1])
                    room -= 1
            said = cluster.next(0.5)
            if said is not None and said[0] in self._out:
                self._take(cluster, *said)
            elif said is None:
                self._give_up_overdue(cluster)
            self._progress.tick()
        return self.outcome()

    def _give_out(self, cluster: Cluster, number: int, attempt: int, request: Request) -> None:
        self._out[number] = (attempt, request, time.monotonic())
        cluster.submit(number, attempt, request.text())

    def _give_up_overdue(self, cluster: Cluster) -> None:
        """Take those for lost whose answer should have come long ago: their own clock ends every scan."""
        longest = _PATIENCE + 2 * _AHEAD * self._asking.limits.wall
        number, (_, _, since) = next(iter(self._out.items()), (0, (0, None, time.monotonic())))
        if time.monotonic() - since > longest:
            cluster.give_up(number)
            self._take(cluster, number, f"no answer in {longest} s")

    def _take(self, cluster: Cluster, number: int, said: object) -> None:
        attempt, request, _ = self._out.pop(number)
        answer = Answer.of(said)
        if answer is not None:
            self._note(number, answer)
        elif attempt < ATTEMPTS:
            self._progress.failed += 1
            self._give_out(cluster, number, attempt + 1, request)
        else:
            self._unfinished += 1
            if len(self._troubles) < _MENTIONED:
                self._troubles.append(f"{request.name}: {_trouble(said)}")

    def _note(self, number: int, answer: Answer) -> None:
        room = 16 * (number + 1) - len(self._keys)
        self._keys.extend(b"\0" * max(room, 0))
        self._keys[16 * number : 16 * (number + 1)] = bytes.fromhex(answer.key)
        self._counts["new" if answer.fresh else "kept"] += 1
        self._counts[answer.standing] += 1
        if answer.worst:
            worst = Severity[answer.worst.upper()]
            self._worst = worst if self._worst is None else max(self._worst, worst)
        self._progress.done += 1
        self._progress.quarantined += answer.standing is Standing.QUARANTINED

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        return Outcome(
            scanned=self._counts["new"],
            kept=self._counts["kept"],
            quarantined=self._counts[Standing.QUARANTINED],
            incomplete=self._counts[Standing.INCOMPLETE],
            unfinished=self._unfinished,
            worst=self._worst,
            troubles=tuple(self._troubles),
        )

    def compact(self) -> int:
        """Make the staged results one dataset, in a process of its own; return how many of them were damaged."""
        asking = self._asking
        told = {
            "run": asking.run, "dindguard": asking.dindguard, "rules": asking.rules, "policy": asking.floor,
            "output": asking.limits.output,
        }  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-m", "dindguard.fleet.compaction"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for line in compaction.asked(asking.out, self._shard, told, self._staged()):
                process.stdin.write(line)
            process.stdin.close()
            damaged = process.stdout.read()
        if process.returncode:
            raise RuntimeError(f"making the dataset failed with {process.returncode}; what is staged is kept")
        return int(damaged)

    def _staged(self) -> Iterator[dict[str, object]]:
        for number, request in enumerate(self.requests()):
            asking = self._asking
            row = {
                "run": asking.run, "repository": request.name, "labels": dict(request.labels), "source": request.path,
                "team": request.labels.get("team", ""), "dindguard": asking.dindguard, "rules": asking.rules,
                "policy": asking.floor,
            }  # fmt: skip
            yield {"key": self._keys[16 * number : 16 * (number + 1)].hex(), "row": row}


def _trouble(said: object) -> str:
    return printable(said, 120) if isinstance(said, str) else "its worker answered something else than a text"
