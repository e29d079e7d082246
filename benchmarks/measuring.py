"""Whole processes, measured by the system's own account of them, in turn, so that a busy machine is as busy for each."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "NO_COLOR": "1"
}
"""Byte code is part of an installation: without it every start would compile the package."""

MIB = 1024 if sys.platform != "darwin" else 1 << 20
"""In what the system counts the memory of a process, per MiB."""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def dindguard(*arguments: str) -> list[str]:
    """Return the command that the installed program is, in the Python that measures."""
    return python("from dindguard.__main__ import main; main()", *arguments)


@dataclass(frozen=True)
class Cost:
    """What one process took: seconds of all its processors, seconds that passed, MiB at its largest."""

    cpu: float
    wall: float
    memory: float


def cost(command: Sequence[str], folder: str) -> Cost:
    """Run a command there, its output thrown away."""
    here = os.getcwd()
    os.chdir(folder)
    try:
        start = time.perf_counter()
        null = (
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        )
        process = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=null)
        _, status, used = os.wait4(process, 0)
        wall = time.perf_counter() - start
    finally:
        os.chdir(here)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)}\nended with {code} in {folder}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / MIB)


@dataclass(frozen=True)
class Costs:
    """What a command took, repetition by repetition."""

    each: tuple[Cost, ...]

    @property
    def cpu(self) -> float:
        return statistics.median(one.cpu for one in self.each)

    @property
    def wall(self) -> float:
        return statistics.median(one.wall for one in self.each)

    @property
    def memory(self) -> float:
        return max(one.memory for one in self.each)

    def ratios(self, floor: Costs) -> list[float]:
        """Return the CPU ratio to another command, pair by pair."""
        return [mine.cpu / its.cpu for mine, its in zip(self.each, floor.each, strict=True)]


def in_turn(commands: Mapping[str, Sequence[str]], folder: str, repetitions: int) -> dict[str, Costs]:
    """Run each command once uncounted, which writes byte code and warms the disk, then all in turn, again and again."""
    for command in commands.values():
        cost(command, folder)
    taken: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            taken[name].append(cost(command, folder))
    return {name: Costs(tuple(costs)) for name, costs in taken.items()}
