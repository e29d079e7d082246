"""Which file system holds a path, from the kernel's list of mounts."""

from __future__ import annotations


def file_system_of(path: str, mounts: str) -> tuple[str, str]:
    """Return mount point and type of the file system that holds ``path``, from ``/proc/self/mountinfo``."""
    best = ("", "")
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind = left.split(), right.split()
        if len(fields) < 5 or not kind:
            continue
        point = fields[4]
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, kind[0])
    return best
