"""One command in a container beside the nested engine, or in the engine's own; its streams and exit code passed through."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dindguard.engine_client import Engine, deliver, hang_up, is_gone, plain
from dindguard.environment import bodies, labels, tty, workspace
from dindguard.environment.lookup import find_daemon, why_stopped
from dindguard.environment.plan import PODMAN, Plan, rebuilt
from dindguard.environment.signals import Guard
from dindguard.environment.workspace import Workspace
from dindguard.errors import USAGE, UserError

Say = Callable[[str], None]
_BOTH_WAYS = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
_NOT_FOUND = 127  # what a shell returns for a command that does not exist


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and how: ``environment`` holds ``KEY=VALUE`` settings, ``tty`` gives it this process's terminal."""

    words: list[str]
    environment: tuple[str, ...] = ()
    interactive: bool = False
    tty: bool = False
    workspace: Workspace | None = None


def run(engine: Engine, name: str, command: Command, guard: Guard, say: Say) -> int:
    """Run ``command`` in the environment ``name`` and return its exit code.

    stdout and stderr go to this process's own; stdin comes from it when interactive. The container is removed in
    every case. Raises :class:`UserError` when the engine died meanwhile.
    """
    if command.tty:
        tty.require()
    daemon = find_daemon(engine, name)
    plan = rebuilt(daemon["Config"]["Labels"])
    _require_workspace(plan, command)
    body = bodies.client(
        plan,
        command.words,
        interactive=command.interactive,
        tty=command.tty,
        workspace=command.workspace,
        address=bodies.address_in(plan, daemon),
    )
    body["Env"] += command.environment
    made = ""
    try:
        with guard.unbroken():
            unique = labels.passing_name(name, labels.CLIENT)
            made = engine.api.create_container_from_config(body, unique)["Id"]
        _bring(engine, made, command, say)
        code = _converse(engine, made, command)
        _fetch(engine, made, command, say)
    finally:
        if made:
            with guard.unbroken():
                engine.api.remove_container(made, v=True, force=True)
    if code:
        _tell_if_it_died(engine, plan, say)
    return code


def _require_workspace(plan: Plan, command: Command) -> None:
    asked = command.workspace
    if asked and not asked.bound and not plan.spec.workspace:
        raise UserError(
            f"{plan.spec.name} was started without --workspace, so there is no volume to copy {asked.folder} into",
            USAGE,
        )


def _bring(engine: Engine, container: str, command: Command, say: Say) -> None:
    asked = command.workspace
    if asked is None:
        return
    if asked.bound:
        who = f"as user {asked.user}" if asked.user else "as a user without rights, where everyone may"
        say(f"{asked.folder} is mounted as it is: the command writes there {who}, into .git too")
        return
    with workspace.packed(asked.folder) as (archive, files, size):
        engine.api.put_archive(container, workspace.TARGET, archive)
    say(f"{asked.folder} copied in: {files} files, {size / (1 << 20):.1f} MiB")


def _fetch(engine: Engine, container: str, command: Command, say: Say) -> None:
    asked = command.workspace
    if asked is None or asked.bound:
        return
    chunks, _ = engine.api.get_archive(container, workspace.TARGET)
    say(f"{asked.folder}: {workspace.unpack(chunks, asked.folder)}")


def _converse(engine: Engine, container: str, command: Command) -> int:
    if command.tty:
        stream = engine.api.attach_socket(container, params=_BOTH_WAYS)
        try:
            if problem := engine.start(container):
                return _no_command(problem)
            with tty.given(lambda rows, columns: engine.api.resize(container, rows, columns)):
                tty.converse(plain(stream))
        finally:
            hang_up(stream)
        return engine.wait_for_exit(container, float("inf"))
    if command.interactive and engine.facts.product == PODMAN:
        return _converse_over_one(engine, container)
    with engine.output(container) as output:
        if command.interactive:
            _forward_input(engine.api.attach_socket(container, params={"stdin": 1, "stream": 1}))
        if problem := engine.start(container):
            return _no_command(problem)
        _copy(output)
    return engine.wait_for_exit(container, float("inf"))


def _converse_over_one(engine: Engine, container: str) -> int:
    """Podman loses the end of the output where the input comes over another connection, and ends before it."""
    stream = engine.api.attach_socket(container, params=_BOTH_WAYS)
    try:
        if problem := engine.start(container):
            return _no_command(problem)
        _forward_exec(stream)
        _copy(engine.frames(stream))
    finally:
        hang_up(stream)
    return engine.wait_for_exit(container, float("inf"))


def _no_command(problem: str) -> int:
    sys.stderr.write(f"dindguard: {problem}\n")
    return _NOT_FOUND


def _copy(output: Iterator[tuple[int, bytes]]) -> None:
    ours = {1: sys.stdout.buffer, 2: sys.stderr.buffer}
    for number, data in output:
        ours[number].write(data)
        ours[number].flush()


def _forward_input(stream: Any) -> None:
    """Copy our input to the command's from a thread of its own; at our end of input, so is it at the command's."""
    # Not `read`, which would wait for a full buffer while the command waits for its next line.
    chunks = iter(lambda: os.read(sys.stdin.fileno(), 1 << 16), b"")
    threading.Thread(target=deliver, args=(stream, chunks), daemon=True).start()


def _tell_if_it_died(engine: Engine, plan: Plan, say: Say) -> None:
    """A failing command beside a dead engine failed because of it, and its own words may not say so."""
    try:
        daemon = engine.api.inspect_container(plan.object_name(labels.DAEMON))
    except Exception as error:
        if is_gone(error):
            say(f"{plan.spec.name} has been removed while the command ran")
            return
        raise
    if daemon["State"]["Status"] != "running":
        say(why_stopped(engine, daemon))


def execute(engine: Engine, name: str, command: Command) -> int:
    """Run ``command`` in the nested engine's own container, as its user and as a client of it; return its exit code."""
    if command.tty:
        tty.require()
    daemon = find_daemon(engine, name)["Id"]
    api = engine.api
    started = api.exec_create(
        daemon,
        command.words,
        stdin=command.interactive or command.tty,
        tty=command.tty,
        environment=[*bodies.LOCAL_CLIENT, *command.environment],
    )["Id"]
    stream = api.exec_start(started, tty=command.tty, socket=True)
    try:
        if command.tty:
            with tty.given(lambda rows, columns: api.exec_resize(started, rows, columns)):
                tty.converse(plain(stream))
        else:
            if command.interactive:
                _forward_exec(stream)
            _copy(engine.frames(stream))
    finally:
        hang_up(stream)
    return engine.wait_for_exec(started)


def _forward_exec(stream: Any) -> None:
    """As :func:`_forward_input`, on the one stream that an exec has: only its sending half is closed at the end."""
    import socket

    def forward() -> None:
        connection = plain(stream)
        try:
            while chunk := os.read(sys.stdin.fileno(), 1 << 16):
                connection.sendall(chunk)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the command does not want more

    threading.Thread(target=forward, daemon=True).start()
