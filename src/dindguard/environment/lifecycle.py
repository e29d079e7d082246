"""Up: create, wait, load, verify; whatever fails on the way takes down what it had created."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from dindguard.engine_client import Engine, is_gone, is_taken
from dindguard.engine_errors import refusal
from dindguard.environment import bodies, labels, podman
from dindguard.environment.client import Command, run
from dindguard.environment.images import pin
from dindguard.environment.levels import assess, choose
from dindguard.environment.lookup import find, find_daemon
from dindguard.environment.plan import PODMAN, Ground, Plan, fitted
from dindguard.environment.removal import expired, remove
from dindguard.environment.signals import Guard
from dindguard.environment.spec import Isolation, Spec
from dindguard.environment.verify import NotVerifiedError, Report, verify
from dindguard.environment.workspace import TARGET
from dindguard.errors import INCOMPLETE, UserError
from dindguard.printable import printable

Say = Callable[[str], None]
_READY_WITHIN = 90.0
_ROOTS = {"", "0", "root"}
_LOAD_WORDS = "/tmp/dindguard-load"  # noqa: S108 - in the container; overwritten by the next one
_SETUID = 1 << 23  # os.ModeSetuid in the file modes of the archive API, which come from Go


def up(engine: Engine, spec: Spec, guard: Guard, say: Say) -> Report:
    """Stand an environment up and return the report of its checks.

    Raises :class:`UserError` with exit code 3 when it does not start or a check fails, 4 without consent, 5 when
    the engine cannot. On every exception, signals included, nothing that this call created stays behind.
    """
    isolation = choose(assess(engine.facts), spec.isolation, spec.consent)
    ground = Ground.of(engine.facts)
    spec = replace(spec, limits=fitted(spec.limits, ground))
    sweep(engine, guard, say)
    _require_free(engine, spec.name)
    mine = labels.selector(spec.name, run=(run := uuid.uuid4().hex))
    try:
        images = [pin(engine, image, say) for image in (spec.image_for(isolation), spec.client_image)]
        decided = Plan(spec, isolation, images[0], images[1], ground, run, int(time.time()))
        if decided.on_podman:
            decided = replace(decided, entry_point=podman.entry_point(engine, images[0].id))
        with _reserved(engine, guard, decided) as reservation:
            if isolation is Isolation.ROOTLESS:
                _require_rootless(engine, decided)
                decided = replace(decided, setuid_mapper=_mapper_is_setuid(engine, decided, reservation))
            say(f"starting {spec.name} ({isolation})")
            _create(engine, guard, decided)
        _wait_until_ready(engine, decided)
        if spec.workspace:
            _open_workspace(engine, decided)
        for image in spec.load:
            load(engine, spec.name, image, say)
        report = verify(engine, spec.name, guard)
        if not report.passed:
            raise NotVerifiedError(report)
    except BaseException:
        with guard.unbroken():
            remove(engine, mine)
        raise
    return report


def with_environment(engine: Engine, spec: Spec, command: Command, guard: Guard, say: Say) -> int:
    """Start an environment under a name of its own, run ``command`` in it, and remove it; return its exit code."""
    spec = replace(spec, name=f"with-{uuid.uuid4().hex[:8]}")
    try:
        report = up(engine, spec, guard, say)
        say(report.headline())
        return run(engine, spec.name, command, guard, say)
    finally:
        with guard.unbroken():
            remove(engine, labels.selector(spec.name))


def sweep(engine: Engine, guard: Guard, say: Say) -> None:
    """Remove the environments whose time to live is over."""
    for name in expired(engine, time.time()):
        say(f"{printable(name)}: its time is over")
        with guard.unbroken():
            remove(engine, labels.selector(name))


def load(engine: Engine, name: str, image: str, say: Say) -> None:
    """Copy an image of the outer engine into the nested one, so that nothing has to be pulled again."""
    pin(engine, image, say)
    say(f"loading {image}")
    daemon = find_daemon(engine, name)["Id"]
    client = ["env", *bodies.LOCAL_CLIENT, "docker"]
    # What a failing command leaves unread would hold up whoever sends it.
    script = f'"$@" 2>{_LOAD_WORDS}; code=$?; cat >/dev/null; exit "$code"'
    command = ["/bin/sh", "-c", script, "load", *client, "load", "--quiet"]
    if engine.feed(daemon, command, engine.api.get_image(image)) != 0:
        _, words = engine.execute(daemon, ["tail", "-c", "500", _LOAD_WORDS])
        raise UserError(f"{image} could not be loaded into {name}: {refusal(words)}", INCOMPLETE)
    if engine.facts.product == PODMAN:  # which names what it has from no registry localhost/…
        engine.execute(daemon, [*client, "tag", f"localhost/{image}", image])


def _require_free(engine: Engine, name: str) -> None:
    found = find(engine, labels.selector(name))
    if any(found.values()):
        raise _taken(name)


def _taken(name: str) -> UserError:
    return UserError(f"an environment {name} exists already: dindguard env down {name} removes it")


@contextmanager
def _reserved(engine: Engine, guard: Guard, decided: Plan) -> Iterator[str]:
    """Hold the environment's name while its objects are made: of two ``up`` at once the engine lets one through."""
    made = ""
    try:
        with guard.unbroken():
            try:
                name = decided.object_name(labels.RESERVATION)
                made = engine.api.create_container_from_config(bodies.reservation(decided), name)["Id"]
            except Exception as error:
                raise _taken(decided.spec.name) if is_taken(error) else error from None
        yield made
    finally:
        if made:
            with guard.unbroken():
                engine.api.remove_container(made, v=True, force=True)


def _require_rootless(engine: Engine, decided: Plan) -> None:
    """The official rootful image has ``newuidmap`` too: who its process is tells the two apart."""
    user = str((engine.api.inspect_image(decided.daemon_image.id).get("Config") or {}).get("User") or "")
    if user.partition(":")[0] in _ROOTS:
        raise _no_rootless_image(decided, f"its process is {user or 'root'}")


def _no_rootless_image(decided: Plan, reason: str) -> UserError:
    image = printable(decided.spec.image_for(decided.isolation), 80)
    return UserError(
        f"{image} is no rootless image: {reason}\n"
        "name one made from docker:dind-rootless with --image, or take another --isolation"
    )


def _mapper_is_setuid(engine: Engine, decided: Plan, container: str) -> bool:
    """Look at the mode of ``newuidmap`` in the image, in a container that is created and never started."""
    try:
        stream, status = engine.api.get_archive(container, "/usr/bin/newuidmap")
        stream.close()
    except Exception as error:
        if is_gone(error):
            raise _no_rootless_image(decided, "it has no /usr/bin/newuidmap") from error
        raise
    return bool(int(status["mode"]) & _SETUID)


def _create(engine: Engine, guard: Guard, decided: Plan) -> None:
    """Create and start. A network of that name that is not ours is in the way, too."""
    asked = bodies.network(decided)
    with guard.unbroken():
        try:
            engine.api.create_network(
                asked["Name"],
                driver=asked["Driver"],
                internal=asked["Internal"],
                options=asked["Options"],
                labels=asked["Labels"],
                check_duplicate=True,
            )
        except Exception as error:
            raise _taken(decided.spec.name) if is_taken(error) else error from None
    for volume in bodies.volumes(decided):
        with guard.unbroken():
            engine.api.create_volume(volume["Name"], driver=volume["Driver"], labels=volume["Labels"])
    if decided.filter_file:
        podman.place_filter(engine, guard, decided, bodies.seccomp_profile())
    with guard.unbroken():
        daemon_name = decided.object_name(labels.DAEMON)
        made = engine.api.create_container_from_config(bodies.daemon(decided), daemon_name)
    with guard.unbroken():
        engine.api.start(made["Id"])


def _open_workspace(engine: Engine, decided: Plan) -> None:
    """Let every user write there: commands, inner containers and the engine are different ones."""
    daemon = decided.object_name(labels.DAEMON)
    owner = "" if decided.on_podman else "0"  # Podman gives a volume to the user of the container that has it first
    code, words = engine.execute(daemon, ["chmod", "0777", TARGET], user=owner)
    if code:
        raise UserError(f"{TARGET} could not be opened to commands: {printable(words)}", INCOMPLETE)


def _wait_until_ready(engine: Engine, decided: Plan) -> None:
    daemon = labels.object_name(decided.spec.name, labels.DAEMON)
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        if decided.on_podman:
            podman.ask_health(engine, daemon)
        state = engine.api.inspect_container(daemon)["State"]
        if state.get("Health", {}).get("Status") == "healthy":
            return
        if state["Status"] != "running":
            raise UserError(_why_it_stopped(engine, decided, daemon), INCOMPLETE)
        time.sleep(0.2)
    words = engine.last_words(daemon)
    raise UserError(f"the nested engine was not ready after {_READY_WITHIN:.0f} s; it says: {words}", INCOMPLETE)


def _why_it_stopped(engine: Engine, decided: Plan, daemon: str) -> str:
    words = engine.last_words(daemon, 12)
    state = engine.api.inspect_container(daemon)["State"]
    evidence = f"it says: {words}" if words else f"exit code {state.get('ExitCode')}, and not a word"
    return f"the nested engine ({decided.isolation}) stopped at its start; {evidence}{_hint(decided, words, state)}"


def _hint(decided: Plan, words: str, state: dict[str, Any]) -> str:
    """Say what to do, where what it said tells; a start without a word is an image that starts no engine."""
    lower = words.lower()
    if decided.isolation is Isolation.ROOTLESS and ("setup network" in words or "tun" in words):
        return (
            f"\n{decided.spec.tun_device} on the engine's host must be open to every user (mode 0666); "
            "name another node with --tun-device"
        )
    if decided.isolation is Isolation.ROOTLESS and "/proc/self/exe: operation not permitted" in lower:
        return (
            "\nthe engine's host does not let an ordinary user make a user namespace "
            "(sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns)"
        )
    if "no space left on device" in lower:
        return "\nthe engine's disk is full: `docker system df` shows what fills it"
    if state.get("OOMKilled"):
        return "\nit needed more memory than --memory allows"
    if not words or state.get("ExitCode") in (0, 126, 127):
        image = printable(decided.spec.image_for(decided.isolation), 80)
        return f"\ndoes {image} start a Docker engine? Name one made from docker:dind with --image"
    return ""
