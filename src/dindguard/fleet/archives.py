"""The files of a zip or tar archive, read in memory: nothing is ever unpacked to disk.

An archive is refused as a whole when it is made to harm (names that lead out of it, more than it may expand to), when it is
encrypted or damaged. Links and devices in it are not followed or made; coverage counts them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TYPE_CHECKING

from dindguard.files import HEAD, Entry, Files, Left, StrPath, UnreadError, most_bytes, within
from dindguard.fleet.limits import ARCHIVE_BYTES, ARCHIVE_KEPT, ARCHIVE_MEMBERS
from dindguard.fleet.refused import RefusedError
from dindguard.folders import Folders
from dindguard.walking import SKIPPED_FOLDERS, VERSION_CONTROL

if TYPE_CHECKING:
    import tarfile
    import zipfile


class Archive(Files):
    """The files of an archive. One folder that holds all of them, as hosting services add it, is taken off their names."""

    def __init__(self, path: str) -> None:
        """Read the archive; raises :class:`RefusedError` that says why it is not."""
        super().__init__(path)
        self.revision = ""
        """The commit that ``git archive`` notes in what it writes; empty without one."""
        members = _Members()
        self._take(path, members)
        self._members = members.named()
        self._folders = Folders(self._members)

    def _take(self, path: str, members: _Members) -> None:
        import tarfile
        import zipfile

        try:
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as opened:
                    _take_zip(opened, members)
                    self.revision = _commit(opened.comment.decode("ascii", "replace"))
            else:
                with tarfile.open(path, "r|*") as stream:
                    _take_tar(stream, members)
                    self.revision = _commit(str(stream.pax_headers.get("comment", "")))
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise RefusedError(f"this is no whole zip or tar archive: {error}") from None
        except (ValueError, OverflowError, IndexError, KeyError) as error:
            raise RefusedError(f"this archive is damaged: {error}") from None
        except OSError as error:
            raise RefusedError(f"this archive cannot be read: {error.strerror or error}") from None
        except Exception as error:
            if type(error).__module__ in ("zlib", "lzma", "_lzma"):
                raise RefusedError(f"this archive is damaged: {error}") from None
            raise

    def inside(self, path: str) -> str | None:
        """Return a path for a member, for existence tests only."""
        return f"{self.root}/{path}" if os.path.normpath(path) in self._members else None

    def exists(self, path: str) -> bool:
        """Whether the archive has a file or folder of this path."""
        return path in self._members or path in self._folders

    def read(self, path: str) -> bytes:
        """Return a member's bytes; raises :class:`UnreadError` when they cannot be had."""
        found = self._members.get(path, Left.VANISHED)
        if isinstance(found, bytes):
            return found
        raise UnreadError("there is no such file" if found is Left.VANISHED else str(found), found)

    def listing(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files in a folder of the archive."""
        return self._folders.files(folder)

    def folders(self, folder: str) -> tuple[str, ...]:
        """Return the names of the folders in a folder of the archive."""
        return self._folders.folders(folder)

    def below(
        self,
        paths: Iterable[StrPath],
        *,
        exclude: Iterable[str] = (),
        ignores: Files | None = None,
        force_exclude: bool = False,
    ) -> Iterator[Entry]:
        """Yield the members at or below the paths, sorted. Ignore files do not count: what is packed is meant."""
        del ignores, force_exclude
        import pathspec

        excluded = pathspec.GitIgnoreSpec.from_lines(exclude)
        wanted = [self.relative(os.fspath(each)) or "." for each in paths]
        skipped: set[str] = set()
        for path, found in sorted(self._members.items()):
            if not any(each == "." or within(path, each) for each in wanted):
                continue
            folder = _skipped(path)
            if folder is not None:
                if folder not in skipped and folder.rpartition("/")[2] not in VERSION_CONTROL:
                    yield Entry(f"{folder}/", left=Left.BUILT_IN)
                skipped.add(folder)
            elif excluded.match_file(path):
                yield Entry(path, left=Left.EXCLUDED)
            else:
                yield Entry(path, left=found if isinstance(found, Left) and found is not Left.LARGE else None)


def _skipped(path: str) -> str | None:
    """Return the first folder of a path that is not walked; ``None`` when there is none."""
    parts = path.split("/")[:-1]
    for index, part in enumerate(parts):
        if part in SKIPPED_FOLDERS:
            return "/".join(parts[: index + 1])
    return None


class _Members:
    """What an archive holds, by name: bytes, or why there are none. Counts what it costs."""

    def __init__(self) -> None:
        self._found: dict[str, bytes | Left] = {}
        self._count = self._bytes = self._kept = 0

    def count(self, name: str, size: int) -> str:
        """Count a member and return its plain name; raises :class:`RefusedError` for what is made to harm."""
        self._count += 1
        self._bytes += max(size, 0)
        if self._count > ARCHIVE_MEMBERS:
            raise RefusedError(f"this archive has more than {ARCHIVE_MEMBERS:,} members")
        if self._bytes > ARCHIVE_BYTES:
            raise RefusedError(f"this archive expands to more than {ARCHIVE_BYTES:,} bytes")
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if name.startswith(("/", "\\")) or ".." in parts or "\0" in name or name[1:2] == ":":
            raise RefusedError(f"a member of this archive leads out of it: '{name[:200]}'")
        return "/".join(parts)

    def left(self, name: str, why: Left) -> None:
        """Note a member of which no bytes are taken."""
        self._found[name] = why

    def file(self, name: str, size: int, opened: Callable[[], IO[bytes] | None]) -> None:
        """Take a file's bytes, unless it is too large, or lies where nobody looks."""
        if size > most_bytes():
            self._found[name] = Left.LARGE
            return
        stream = opened() if _skipped(name) is None else None
        data = stream.read(size) if stream is not None else b""
        if stream is not None and len(data) < size:
            raise RefusedError(f"this archive is cut off in '{name[:200]}'")
        if b"\0" in data[:8192]:
            data = data[:HEAD]  # binary: nothing more of it is ever looked at
        self._kept += len(data)
        if self._kept > ARCHIVE_KEPT:
            raise RefusedError(f"the files of this archive have more than {ARCHIVE_KEPT:,} bytes of text")
        self._found[name] = data

    def named(self) -> dict[str, bytes | Left]:
        """Return the members, the one folder that holds them all taken off."""
        tops = {name.partition("/")[0] for name in self._found}
        flat = any("/" not in name for name in self._found)
        if len(tops) != 1 or flat or next(iter(tops)).startswith("."):
            return self._found
        return {name.partition("/")[2]: found for name, found in self._found.items()}


def _take_tar(archive: tarfile.TarFile, members: _Members) -> None:
    for member in archive:
        name = members.count(member.name, member.size)
        if member.isdir() or not name:
            continue
        if member.issym() or member.islnk():
            members.left(name, Left.LINK)
        elif not member.isreg():
            members.left(name, Left.SPECIAL)
        else:
            members.file(name, member.size, lambda member=member: archive.extractfile(member))  # type: ignore[misc]


def _take_zip(archive: zipfile.ZipFile, members: _Members) -> None:
    for member in archive.infolist():
        name = members.count(member.filename, member.file_size)
        kind = member.external_attr >> 28
        if member.is_dir() or not name:
            continue
        if member.flag_bits & 1:
            raise RefusedError("this archive is encrypted")
        if kind == 0o12:
            members.left(name, Left.LINK)
        elif kind not in (0, 0o10):
            members.left(name, Left.SPECIAL)
        else:
            members.file(name, member.file_size, lambda member=member: archive.open(member))  # type: ignore[misc]


def _commit(text: str) -> str:
    return text if len(text) in (40, 64) and set(text) <= set("0123456789abcdef") else ""
