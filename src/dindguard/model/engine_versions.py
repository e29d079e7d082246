"""The life of Docker Engine's lines, and the holes that later releases closed.

The facts are in ``engine_versions.json``, as of the date in it, and are never fetched; ``docs/generate.py`` makes a module
of them, which is read when a rule first asks. Versions are tuples, as much as an image's tag says: ``(29,)``, ``(29, 7, 2)``.

The facts: docs/engine-facts.md, "Versions and vulnerabilities".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dindguard.records import record
from dindguard.source import Gravity, Notice, Span
from dindguard.vocabulary import EngineProduct

if TYPE_CHECKING:
    import datetime as dt

    from dindguard.model.engine import Engine
    from dindguard.model.engine_image import EngineImage

Version = tuple[int, ...]


@record
class Lifecycle:
    """One line of releases. Dates are ISO 8601, ``""`` when there is none.

    ``newest_image`` is the newest of them that the official image came in; ``image_dropped`` the day from which
    that image was rebuilt no more. ``maintained_by`` names who still patches the source of a line that
    Docker gave up. ``ended`` is the end of all maintenance, perhaps a planned one.
    """

    line: str
    first: str
    newest: Version
    newest_image: Version
    ended: str = ""
    image_dropped: str = ""
    maintained_by: str = ""

    @property
    def over(self) -> bool:
        """Whether nobody patches the line's source any more, as of the data's date."""
        return bool(self.ended) and self.ended <= as_of()

    @property
    def end(self) -> str:
        """What became of it, in words that follow "which"."""
        if self.over:
            return f"ended {'on' if self.first else 'before'} {self.ended}"
        return f"has not been rebuilt since {self.image_dropped}" if self.image_over else "is maintained"

    @property
    def image_over(self) -> bool:
        """Whether the official image is not rebuilt any more: the stricter end, base system included."""
        return self.over or (bool(self.image_dropped) and self.image_dropped <= as_of())


@record
class Vulnerability:
    """A hole in the engine or what it bundles.

    ``fixed`` are the first engines without it, one per line that got the fix. ``severity`` is ``high`` if it leads
    out of a container by itself, else ``low``. ``why`` completes "… : <why>".
    """

    id: str
    component: str
    fixed: tuple[Version, ...]
    severity: str
    why: str
    since: Version = (0,)


AS_OF = "2026-11-23"
"""The date of the facts, ISO 8601; the file says the same, and a scan need not read it to tell."""


def as_of() -> str:
    """Return the date of the facts, ISO 8601."""
    return AS_OF


OLDEST = 180
"""Days after which the facts say of themselves that there will be newer ones."""


def stale(today: dt.date) -> tuple[Notice, ...]:
    """Return a notice when the facts are so old that a clean report may not mean what it says."""
    from datetime import date

    days = (today - date.fromisoformat(as_of())).days
    if days <= OLDEST:
        return ()
    message = f"what is known of engines' end of life and of vulnerabilities is of {as_of()}, {days} days ago"
    return (Notice("facts-old", message, Span(""), Gravity.WARNING, "upgrade dindguard"),)


_RECENT = 128
"""Versions of which is known what became of them: many engines of a scan have the same one."""


def newest() -> Version:
    """Return the newest release that is known here."""
    return _lines()[-1].newest_image


@lru_cache(_RECENT)
def lifecycle(version: Version) -> Lifecycle | None:
    """Return the line that a version belongs to; the newest it can mean; ``None`` for a line not known here.

    Whatever is older than the first line of the table has ended with it.
    """
    lines = _lines()
    for line in reversed(lines):
        name = _parse(line.line)
        if version[: len(name)] == name[: len(version)]:
            return line
    oldest = lines[0]
    if version < _parse(oldest.line):
        label = ".".join(f"{part:02}" if index else str(part) for index, part in enumerate(version[:2]))
        return Lifecycle(label, "", version, version, oldest.ended)
    return None


def has_ended(engine: Engine) -> bool:
    """Whether nobody maintains the line of an engine's version, or rebuilds the image that somebody chose."""
    line = _line_of(engine)
    return line is not None and (line.image_over if engine.container is not None else line.over)


def lets_out(engine: Engine) -> bool:
    """Whether containers are known to break out of an engine's version, which is still maintained."""
    return bool(breakouts(engine.version or ())) and _line_of(engine) is not None and not has_ended(engine)


def _line_of(engine: Engine) -> Lifecycle | None:
    if engine.version is None or engine.version_place is None or engine.product is not EngineProduct.DOCKER:
        return None
    return lifecycle(engine.version)


@lru_cache(_RECENT)
def vulnerabilities(version: Version) -> tuple[Vulnerability, ...]:
    """Return the holes in an official image whose tag says ``version``.

    A tag that names a line (``28``) means the line's newest image. A complete version newer than all known ones
    has none.
    """
    exact = _newest_meant(version)
    return tuple(hole for hole in _holes() if exact >= hole.since and not _is_fixed(exact, hole.fixed))


@lru_cache(_RECENT)
def breakouts(version: Version) -> tuple[Vulnerability, ...]:
    """Return those of :func:`vulnerabilities` that lead out of a container."""
    return tuple(hole for hole in vulnerabilities(version) if hole.severity == "high")


def below(version: Version, minimum: Version) -> bool:
    """Whether the newest engine that a tag can mean is older than ``minimum``."""
    return _newest_meant(version) < minimum


def refuses(engine: EngineImage | None, client: EngineImage | None, *, spoken: str = "", least: str = "") -> bool:
    """Whether an engine is known to be too new for a client, by the newest version of the API that this speaks.

    ``spoken`` is the version that the client is told to speak whatever it is (``DOCKER_API_VERSION``), ``least`` the oldest
    that the engine is told to take (``DOCKER_MIN_API_VERSION``).
    """
    lowest = _version_of(least) or _lowest_api(engine)
    newest = _version_of(spoken) or _newest_api(client)
    return lowest is not None and newest is not None and newest < lowest


def _lowest_api(engine: EngineImage | None) -> Version | None:
    """Return the oldest API version that an engine takes by default (moby ``daemon/config/config.go`` of the tags).

    A tag without a version is the newest engine.
    """
    if engine is None or not engine.official or engine.product is not EngineProduct.DOCKER:
        return None
    version = engine.version or ((99,) if engine.floating is True else ())
    if version[:1] < (25,):
        return None
    if version[:1] < (29,):
        return (1, 24)
    return (1, 44) if version < (29, 3) and len(version) > 1 else (1, 40)


_NEWEST_APIS = (
    ((29,), (1, 52)), ((28,), (1, 48)), ((27,), (1, 46)), ((26,), (1, 45)), ((25,), (1, 44)), ((24,), (1, 43)),
    ((23,), (1, 42)), ((20, 10), (1, 41)), ((19, 3), (1, 40)), ((18, 9), (1, 39)),
)  # fmt: skip
"""The API version that a line began with (docker/docker-api, "API versions")."""


def _newest_api(client: EngineImage | None) -> Version | None:
    if client is None or not client.official or client.product is not EngineProduct.DOCKER or client.version is None:
        return None
    return next((api for line, api in _NEWEST_APIS if client.version >= line), (1, 38))


def _version_of(text: str) -> Version | None:
    """Return an API version as it is written in a variable; ``None`` for what is none."""
    parts = text.removeprefix("v").split(".")
    return tuple(map(int, parts)) if len(parts) == 2 and all(part.isdecimal() for part in parts) else None


def _newest_meant(version: Version) -> Version:
    if len(version) >= 3:
        return version
    line = lifecycle(version)
    if line is None:
        return (*version, 1_000, 1_000)
    newest = line.newest_image
    return newest if newest[: len(version)] == version else (*version, 1_000)


def _is_fixed(version: Version, fixed: tuple[Version, ...]) -> bool:
    """A fix counts for its own major version; the newest fix for all that came after it."""
    return version >= max(fixed) or any(version[0] == fix[0] and version >= fix for fix in fixed)


def _parse(version: str) -> Version:
    return tuple(int(part) for part in version.split("."))


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    from dindguard.model._engine_versions import DATA

    return DATA


@lru_cache(maxsize=1)
def _lines() -> tuple[Lifecycle, ...]:
    return tuple(
        Lifecycle(
            **{
                **line,
                "newest": _parse(line["newest"]),
                "newest_image": _parse(line.get("newest_image", line["newest"])),
            }
        )
        for line in _data()["lines"]
    )


@lru_cache(maxsize=1)
def _holes() -> tuple[Vulnerability, ...]:
    return tuple(
        Vulnerability(
            **{
                **hole,
                "fixed": tuple(map(_parse, hole["fixed"])),
                "since": _parse(hole.get("since", "0")),
            }
        )
        for hole in _data()["vulnerabilities"]
    )
