"""One command in a container beside the nested engine, its streams and exit code passed through."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

from dindguard.engine_client import Engine, deliver
from dindguard.environment import bodies, labels
from dindguard.environment.lookup import find_daemon
from dindguard.environment.plan import rebuilt
from dindguard.environment.signals import Guard
from dindguard.printable import printable

_NOT_FOUND = 127  # what a shell returns for a command that does not exist


def run(
    engine: Engine,
    name: str,
    command: list[str],
    guard: Guard,
    *,
    environment: tuple[str, ...] = (),
    interactive: bool = False,
) -> int:
    """Run ``command`` in the environment ``name`` and return its exit code.

    stdout and stderr go to this process's own; stdin comes from it when ``interactive``. ``environment`` holds
    ``KEY=VALUE`` settings. The container is removed in every case.
    """
    plan = rebuilt(find_daemon(engine, name)["Config"]["Labels"])
    body = bodies.client(plan, command, interactive=interactive)
    body["Env"] += environment
    made = ""
    try:
        with guard.unbroken():
            unique = labels.passing_name(name, labels.CLIENT)
            made = engine.api.create_container_from_config(body, unique)["Id"]
        with engine.output(made) as output:
            if interactive:
                _forward_input(engine, made)
            if problem := _start(engine, made):
                sys.stderr.write(f"dindguard: {problem}\n")
                return _NOT_FOUND
            _copy(output)
        return engine.wait_for_exit(made, float("inf"))
    finally:
        if made:
            with guard.unbroken():
                engine.api.remove_container(made, v=True, force=True)


def _start(engine: Engine, container: str) -> str:
    """Start it; return the engine's words when there is no such command."""
    try:
        engine.api.start(container)
    except Exception as error:
        words = printable(getattr(error, "explanation", "") or error)
        if "executable file not found" in words or "no such file or directory" in words:
            return words
        raise
    return ""


def _copy(output: Iterator[tuple[int, bytes]]) -> None:
    ours = {1: sys.stdout.buffer, 2: sys.stderr.buffer}
    for number, data in output:
        ours[number].write(data)
        ours[number].flush()


def _forward_input(engine: Engine, container: str) -> None:
    """Copy our input to the command's from a thread of its own; at our end of input, so is it at the command's."""
    stream = engine.api.attach_socket(container, params={"stdin": 1, "stream": 1})
    # Not `read`, which would wait for a full buffer while the command waits for its next line.
    chunks = iter(lambda: os.read(sys.stdin.fileno(), 1 << 16), b"")
    threading.Thread(target=deliver, args=(stream, chunks), daemon=True).start()
