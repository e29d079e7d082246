"""What a scan is asked to do."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from dindguard.records import field, record
from dindguard.rules import Profile

if TYPE_CHECKING:
    from dindguard.files import StrPath

Progress = Callable[[int, int], None]
"""Called with how much is done, and how much there is."""

Watcher = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (0 when nobody knows)."""

_Item = TypeVar("_Item")


def counted(items: Iterable[_Item], progress: Progress) -> Iterator[_Item]:
    """Yield items, and tell how many there are so far."""
    for number, item in enumerate(items, 1):
        progress(number, 0)
        yield item


@record(kw_only=True)
class Options:
    """What a scan is asked to do.

    ``paths`` are files or folders, a lone one may stand by itself; ``stdin`` is ``(name, bytes)`` of a document given
    on standard input, its name relative to the root. ``today`` decides what has expired. ``type_overrides`` maps
    patterns to format names. ``progress`` is called with what the scan is at, how much of
    that is done, and how much there is (0 when nobody knows). ``without_baseline`` leaves the
    tree's own baseline out. ``trust`` is the Git revision whose configuration, ignore files, allows, waivers, baseline
    and CODEOWNERS hold; what the tree changes there is proposed. ``policy`` is a file of the organisation, below whose
    floor no repository goes.
    """

    paths: tuple[StrPath, ...] | StrPath = ()
    root: StrPath | None = None
    stdin: tuple[str, bytes] | None = None
    today: dt.date = field(default_factory=dt.date.today)
    profile: Profile | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    untrusted: bool = False
    config: StrPath | None = None
    policy: StrPath | None = None
    baseline: StrPath | None = None
    without_baseline: bool = False
    since: str = ""
    trust: str = ""
    packs: tuple[str, ...] = ()
    force_exclude: bool = False
    rules_dirs: tuple[StrPath, ...] = ()
    rule_files: tuple[StrPath, ...] = ()
    type_overrides: tuple[tuple[str, str], ...] = ()
    progress: Watcher | None = None
    jobs: int = 1
    """How many processes look for files and recognise them; 0 lets the work decide."""

    def __post_init__(self) -> None:
        """Take one path for a tuple of one: the letters of a text are no paths."""
        if isinstance(self.paths, (str, os.PathLike)):
            object.__setattr__(self, "paths", (self.paths,))

    @property
    def every_path(self) -> tuple[StrPath, ...]:
        """The paths, also when one was given by itself."""
        assert isinstance(self.paths, tuple)
        return self.paths
