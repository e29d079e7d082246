"""The nested engine for programs on this machine: its port, and the client's certificates as files."""

from __future__ import annotations

import io
import os
import shlex
import tarfile
from pathlib import Path

from dindguard.engine_client import OTHER_AUTHORITIES, Engine
from dindguard.environment import bodies
from dindguard.environment.lookup import find_daemon
from dindguard.environment.plan import rebuilt
from dindguard.errors import ENGINE, UserError

_FILES = ("ca.pem", "cert.pem", "key.pem")
_LIMIT = 1 << 16


def export(engine: Engine, name: str, folder: Path | None) -> str:
    """Write the client's certificates to ``folder`` and return lines for a shell to evaluate.

    Without ``folder`` they go to a folder of this user's own. Raises :class:`UserError` for an environment that was
    not started with a port.
    """
    daemon = find_daemon(engine, name)
    plan = rebuilt(daemon["Config"]["Labels"])
    bindings = (daemon["NetworkSettings"].get("Ports") or {}).get(bodies.PORT) or []
    if not plan.spec.exported or not bindings:
        raise UserError(
            f"{name} has no port on its engine's host: start it with `dindguard env up {name} --export`, or use "
            f"`dindguard env run {name} -- CMD`, which needs none"
        )
    where = _write(_certificates(engine, daemon["Id"]), folder or _own_folder(name))
    settings = {
        "DOCKER_HOST": f"tcp://localhost:{bindings[0]['HostPort']}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(where),
    }
    lines = [f"export {key}={shlex.quote(value)}" for key, value in settings.items()]
    return "".join(f"{line}\n" for line in lines)


def unset_line() -> str:
    """Return the line that takes away what would make Python's clients trust other authorities; empty if nothing does."""
    misleading = [name for name in OTHER_AUTHORITIES if os.environ.get(name)]
    return f"unset {' '.join(misleading)}\n" if misleading else ""


def _own_folder(name: str) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return (Path(runtime) if runtime else Path.home() / ".cache") / "dindguard" / name


def _certificates(engine: Engine, daemon: str) -> dict[str, bytes]:
    chunks, _ = engine.api.get_archive(daemon, bodies.CERTIFICATES)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks)), mode="r:") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() and member.size < _LIMIT else None
            if file is not None and Path(member.name).name in _FILES:
                found[Path(member.name).name] = file.read()
    if set(found) != set(_FILES):
        raise UserError("the engine's container has no certificates for a client", ENGINE)
    return found


def _write(files: dict[str, bytes], folder: Path) -> Path:
    """For this user's eyes alone: whoever reads them commands the nested engine."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = folder.resolve()
        folder.chmod(0o700)
        for name, content in files.items():
            (folder / name).unlink(missing_ok=True)
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
    except OSError as error:
        raise UserError(f"{folder}: the certificates cannot be written: {error.strerror}") from error
    return folder
