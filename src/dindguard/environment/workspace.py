"""A folder for a command: copied into a volume and back, or mounted as it is.

What comes back is written by a program that may be hostile: nothing is written outside the folder, through a link, or
into ``.git``, whose hooks and configuration run commands on the machine of whoever calls git next.
"""

from __future__ import annotations

import os
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from dindguard.errors import UserError
from dindguard.printable import printable

TARGET = "/workspace"
KEPT_OUT = ".git"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Workspace:
    """``folder`` on this machine; ``bound``: mounted as it is instead of copied."""

    folder: Path
    bound: bool = False

    @classmethod
    def at(cls, path: str, *, bound: bool = False) -> Workspace:
        """Return the workspace at ``path``, which must be a folder (else :class:`UserError`)."""
        folder = Path(path).resolve()
        if not folder.is_dir():
            raise UserError(f"--workspace {printable(path)}: there is no such folder")
        return cls(folder, bound)

    @property
    def user(self) -> str:
        """Whose files a command writes there: the caller's, or for root the folder's owner's; empty if that is root, too."""
        if sys.platform == "win32":
            raise NotImplementedError  # guarded() says so before
        if os.getuid():
            return f"{os.getuid()}:{os.getgid()}"
        status = self.folder.stat()
        return f"{status.st_uid}:{status.st_gid}" if status.st_uid else ""


@contextmanager
def packed(folder: Path) -> Iterator[tuple[IO[bytes], int, int]]:
    """Give ``folder`` as a tar archive, with the number of its files and bytes.

    Everyone may read and write in the copy: the command and the inner containers run as different users.
    """
    files = size = 0

    def readied(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        nonlocal files, size
        if not (member.isreg() or member.isdir() or member.issym()):
            return None  # sockets, pipes and devices mean nothing elsewhere
        files += not member.isdir()
        size += member.size
        member.uid = member.gid = 65534
        member.uname = member.gname = ""
        if not member.issym():
            member.mode = (member.mode & 0o777) | (0o777 if member.isdir() or member.mode & 0o100 else 0o666)
        return member

    with tempfile.TemporaryFile() as file:
        try:
            with tarfile.open(fileobj=file, mode="w", dereference=False) as archive:
                archive.add(folder, arcname=".", filter=readied)
        except OSError as error:
            raise UserError(f"--workspace {folder}: {printable(error)}") from error
        file.seek(0)
        yield file, files, size


@dataclass(slots=True)
class Returned:
    """What came back: how many files are ``written`` (new or changed) and what was ``refused``, with the reason."""

    written: int
    refused: list[str]

    def __str__(self) -> str:
        """Say it in one line."""
        told = f"{self.written} file{'s' * (self.written != 1)} written back"
        if not self.refused:
            return told
        shown = "; ".join(printable(one, 80) for one in self.refused[:3])
        more = f" and {len(self.refused) - 3} more" if len(self.refused) > 3 else ""
        return f"{told}; left out: {shown}{more}"


def unpack(chunks: Iterable[bytes], folder: Path) -> Returned:
    """Write what differs in the archive back into ``folder``. Files that are missing in the archive stay here."""
    returned = Returned(0, [])
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            file.write(chunk)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                if reason := _put(archive, member, folder, returned):
                    returned.refused.append(reason)
    return returned


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, returned: Returned) -> str:
    """Write one member; return why not, in words, or nothing."""
    parts = PurePosixPath(member.name).parts[1:]  # the first is the folder's own name in the container
    if not parts or KEPT_OUT in parts:
        return ""
    shown = "/".join(parts)
    if ".." in parts or any(part.lower().rstrip(". ") == KEPT_OUT for part in parts):
        return f"{shown} (a name that could mean another place)"
    target = folder.joinpath(*parts)
    if any(parent.is_symlink() for parent in target.parents if parent != folder and folder in parent.parents):
        return f"{shown} (below a link)"
    if member.isdir():
        return _folder(target, shown)
    if member.isreg():
        return _file(archive, member, target, shown, returned)
    if member.issym():
        same = target.is_symlink() and os.readlink(target) == member.linkname
        return "" if same else f"{shown} (a link to {member.linkname})"
    return f"{shown} (neither a file nor a folder)"


def _folder(target: Path, shown: str) -> str:
    if target.is_dir() and not target.is_symlink():
        return ""
    try:
        target.mkdir()
    except OSError:
        return f"{shown} (something else is there)"
    return ""


def _file(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, shown: str, returned: Returned) -> str:
    if target.is_symlink() or (target.exists() and not target.is_file()):
        return f"{shown} (something else is there)"
    source = archive.extractfile(member)
    if source is None:  # a hard link, whose target is in the archive under another name
        return f"{shown} (a second name of a file)"
    former = target.stat() if target.exists() else None
    if former and former.st_size == member.size and _same(source, target):
        return ""
    source.seek(0)
    mode = stat.S_IMODE(former.st_mode) if former else (0o755 if member.mode & 0o100 else 0o644)
    _write(source, target, mode)
    returned.written += 1
    return ""


def _same(source: IO[bytes], target: Path) -> bool:
    with target.open("rb") as there:
        while chunk := source.read(_CHUNK):
            if chunk != there.read(len(chunk)):
                return False
    return True


def _write(source: IO[bytes], target: Path, mode: int) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=".dindguard-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as there:
            while chunk := source.read(_CHUNK):
                there.write(chunk)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def mount(volume: str, workspace: Workspace | None = None) -> dict[str, Any]:
    """Return the mount of a workspace as the API takes it: a volume, or the folder itself where it is bound.

    Without ``NoCopy`` an engine gives an empty volume the mode of the image's folder whenever it mounts it.
    """
    if workspace is not None and workspace.bound:
        return {"Type": "bind", "Source": str(workspace.folder), "Target": TARGET, "ReadOnly": False}
    options = {"VolumeOptions": {"NoCopy": True}}
    return {"Type": "volume", "Source": volume, "Target": TARGET, "ReadOnly": False, **options}
