"""The short forms of ports and volumes with one part changed: what ``docker run`` takes, Compose, and runners' files."""

from __future__ import annotations


def published_on(spec: str, address: str) -> str | None:
    """Return a port's short form, published on one address of the host; ``None`` for a form that is not changed."""
    ports, slash, protocol = spec.partition("/")
    parts = ports.rpartition("]:")[2].split(":") if "]" in ports else ports.split(":")
    if not all(part.replace("-", "").isdigit() or not part for part in parts[-2:]) or not parts[-1]:
        return None
    host, container = ("", parts[-1]) if len(parts) == 1 else (parts[-2], parts[-1])
    return f"{address}:{host}:{container}{slash}{protocol}"


def with_access(spec: str, *, read_only: bool) -> str | None:
    """Return a volume's short form, read-only or writable; ``None`` for a form that is not changed."""
    parts = spec.split(":")
    if len(parts) == 1 or len(parts) > 3 or not parts[1].startswith("/"):
        return None
    options = [each for each in (parts[2].split(",") if len(parts) == 3 else []) if each not in ("ro", "rw")]
    options += ["ro"] if read_only else []
    return ":".join((*parts[:2], ",".join(options))) if options else ":".join(parts[:2])


def without_option(spec: str, option: str) -> str | None:
    """Return a volume's short form without one of its options; ``None`` for a form that is not changed."""
    parts = spec.split(":")
    if len(parts) != 3 or option not in parts[2].split(","):
        return None
    left = [each for each in parts[2].split(",") if each != option]
    return ":".join((*parts[:2], ",".join(left))) if left else ":".join(parts[:2])
