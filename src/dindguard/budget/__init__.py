"""Every limit that reading and concluding have, and the notice when one is met: nothing is given up in silence.

A limit is asked with :func:`within`; whoever asks counts by itself, for each file or text, so that the order of files and
parallel work change nothing. What many small files could multiply comes out of one stock beyond each file's own:
who reads files apart from each other leaves one that takes of it to who reads all, in their order. Whoever opens a ledger
(:func:`opened`) gets the notices; without one, nobody is told.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Protocol

from dindguard.budget.limit import (
    Ledger,
    Limit,
    Loss,
    Met,
    described,
    fitting,
    meet,
    met,
    opened,
    taken_beyond,
    within,
)

if TYPE_CHECKING:
    from types import ModuleType

    from dindguard.budget.expressions import *  # noqa: F403 - asked for as limits of this package, like those below
    from dindguard.budget.kubernetes import *  # noqa: F403
    from dindguard.budget.pipelines import *  # noqa: F403
    from dindguard.budget.scripts import *  # noqa: F403
    from dindguard.source import HasSpan

__all__ = ["Ledger", "Met", "fitting", "meet", "met", "opened", "within"]
"""What counts; limits are asked for by their names, and what files have in common in :mod:`~dindguard.budget.stocks`."""

TOPICS = ("scripts", "pipelines", "kubernetes", "expressions")
"""Modules of limits that few scans ask for, each imported when one of its limits, or of a later topic's, is asked for."""


# -- files and documents --------------------------------------------------------------------------------------

FILE_SIZE = Limit(
    name="file-size", most=2 * 1024 * 1024, what="this file is larger than {most:,} bytes", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
GIT_FILE = Limit(
    name="git-file", most=1024 * 1024, what="this file of Git's own is larger than {most:,} bytes", lost="it was not read",
    remedy="let Git write it anew: 'git gc'",
)  # fmt: skip
GIT_INDEX = Limit(
    name="git-index", most=64 * 1024 * 1024, what="the list of the files that Git tracks is larger than {most:,} bytes",
    lost="whether ignore rules keep some of them from being looked at is unknown", remedy="name the files when scanning",
    loss=Loss.UNKNOWN,
)  # fmt: skip
FIX_PROOFS = Limit(
    name="fix-proofs", most=20_000, what="the scans that prove this tree's fixes come to more than {most:,} containers",
    lost="it was not tried", remedy="mend one folder, or one rule, at a time",
)  # fmt: skip
EXPRESSION_VALUES = Limit(
    name="expression-values", most=100_000, what="a rule's expression looks at more than {most:,} values of one object",
    lost="the rule was not asked about it", remedy="let it look at less",
)  # fmt: skip
MERGED_KEYS = Limit(
    name="merged-keys", most=50_000, what="merge keys bring in more than {most} keys", lost="the rest was not read",
    remedy="use fewer or smaller merge keys (<<)",
)  # fmt: skip
MERGE_LEVELS = Limit(
    name="merge-levels", most=20, what="merge keys lead to merge keys more than {most} levels deep",
    lost="what lies deeper was not read", remedy="use fewer levels of merge keys (<<)",
)  # fmt: skip
ALIASED_VALUES = Limit(
    name="aliased-values", most=50_000, what="aliases repeat more than {most:,} values of this document",
    lost="what the later ones stand for was not read", remedy="use fewer or smaller aliases (*)",
)  # fmt: skip
YAML_NESTING = Limit(
    name="yaml-nesting", most=2_000, what="this YAML nests more than {most} levels", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
JSON_NESTING = Limit(
    name="json-nesting", most=200, what="this JSON nests more than {most} levels", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
GROOVY_NESTING = Limit(
    name="groovy-nesting", most=100, what="this Groovy nests more than {most} levels", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
TOML_NESTING = Limit(
    name="toml-nesting", most=100, what="a key of this TOML has more than {most} parts", lost="the file was not read",
    remedy="use shorter keys, or exclude the file",
)  # fmt: skip
HCL_NESTING = Limit(
    name="hcl-nesting", most=150, what="this HCL nests more than {most} levels", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
SEARCHED_NODES = Limit(
    name="searched-nodes", most=50_000, what="aliases repeat more than {most:,} values of this document",
    lost="not all of them were searched for containers", remedy="use fewer aliases",
)  # fmt: skip
EMBEDDED_DEPTH = Limit(
    name="embedded-depth", most=5, what="documents lie in documents more than {most} levels deep",
    lost="the innermost were not read", remedy="write them into files of their own",
)  # fmt: skip
STEPS_SHOWN = Limit(
    name="steps-shown", most=20, what="a value passes through more than {most} variables",
    lost="the first places are shown only", remedy="", loss=Loss.UNSHOWN,
)  # fmt: skip


# -- Compose --------------------------------------------------------------------------------------------------

COMPOSE_SERVICES = Limit(
    name="compose-services", most=1_000, what="this project has more than {most} services", lost="the rest was not read",
)  # fmt: skip
COMPOSE_FILES = Limit(
    name="compose-files", most=500, what="this project loads more than {most} files", lost="the rest was not read",
    remedy="include fewer files",
)  # fmt: skip
COMPOSE_SHARED = Limit(
    name="compose-shared", most=1_000_000, what="the files that Compose projects of this scan share come to more than {most:,} "
    "characters and to four times all files of Compose, counted for each further project", lost="for the rest they were not read",
    remedy="scan fewer projects at a time, or share smaller files",
)  # fmt: skip
COMPOSE_CHAIN = Limit(
    name="compose-chain", most=25, what="files include, or services extend, each other more than {most} levels deep",
    lost="what lies deeper was not read", remedy="use fewer levels",
)  # fmt: skip
COMPOSE_KEYS = Limit(
    name="compose-keys", most=20_000, what="this project merges more than {most} settings",
    lost="the rest was not merged", remedy="use fewer or smaller aliases",
)  # fmt: skip
COMPOSE_DEPTH = Limit(
    name="compose-depth", most=8, what="a setting lies deeper than any of Compose ({most} levels)",
    lost="it was not merged", remedy="end the alias that holds itself",
)  # fmt: skip
COMPOSE_WORDS = Limit(
    name="compose-words", most=20, what="defaults of variables nest more than {most} levels",
    lost="the innermost are taken for text", remedy="use fewer levels",
)  # fmt: skip
COMPOSE_VARIABLES = Limit(
    name="compose-variables", most=50_000, what="the services of this project have more than one variable for each 16 characters "
    "of its file, and those of all projects more than {most:,} beyond that", lost="those of further services were not read",
    remedy="split the project, or use fewer aliases and env files",
)  # fmt: skip
COMPOSE_MOUNTS = Limit(
    name="compose-mounts", most=5_000, what="the services of this project have more than {most:,} mounts",
    lost="the rest was not read", remedy="split the project, or use fewer aliases",
)  # fmt: skip
VOLUMES_FROM = Limit(
    name="volumes-from", most=60, what="services take volumes from each other more than {most} levels deep",
    lost="the volumes behind it were not followed", remedy="use fewer levels",
)  # fmt: skip


# -- what files describe, whatever their format -----------------------------------------------------------------

DESCRIBED_CONTAINERS = Limit(
    name="described-containers", most=1_000,
    what="this file describes more than four containers for each KiB of it (two for each beyond its first 256), and this scan "
    "more than {most:,} beyond that",
    lost="those beyond, and what lies in them, were not looked at",
)  # fmt: skip
CONTAINERS_PER_KIB = 4
"""So many containers a file may describe for each KiB: what engines and clusters tell of one takes more room."""

CONTAINERS_PER_KIB_BEYOND, LONG_FILE = 2, 256 * 1024
"""So many for each KiB of a long file beyond that size: real ones of 100 KiB and more were seen to have 0.6."""


def own_containers(size: int) -> int:
    """Return how many containers a file of so many characters may describe whatever the others do: two, and more by its size."""
    beyond = max(0, size - LONG_FILE)
    return 2 + ((size - beyond) * CONTAINERS_PER_KIB + beyond * CONTAINERS_PER_KIB_BEYOND) // 1024


def most_containers(size: int) -> int:
    """Return how many containers a file of so many characters may describe at most, if no other has more than its own."""
    return own_containers(size) + DESCRIBED_CONTAINERS.most


def containers_left(path: str, size: int) -> int:
    """Return how many containers a file of so many characters may still describe: of its own, and of what others have left.

    A format that reads file by file, or text by text of a file, need not make more. What is kept for a later scan is made as
    if no other had any.
    """
    return most_containers(size) - described().get(path, 0) - taken_beyond().get(DESCRIBED_CONTAINERS.name, 0)


class _Described(Protocol):
    """What is known of a container that costs by its number."""

    @property
    def mounts(self) -> Sized: ...
    @property
    def devices(self) -> Sized: ...
    @property
    def ports(self) -> Sized: ...


_SETTINGS = 10
"""So many mounts, devices and ports cost what a container does."""


def weight(containers: Iterable[_Described]) -> int:
    """Return for how many containers some count: what they mount costs most, and an alias or a variable gives it to many."""
    return sum(1 + (len(each.mounts) + len(each.devices) + len(each.ports)) // _SETTINGS for each in containers)


class Room:
    """How many more containers the files of a scan may describe, in the order in which they are read.

    Each may have some for its size, which no other takes away; all that go beyond theirs share one stock.
    With ``said``, the open ledger tells whoever reads on how much is taken (:func:`containers_left`).
    """

    def __init__(self, *, said: bool = False) -> None:
        self._own: dict[str, int] = {}
        self._shared = DESCRIBED_CONTAINERS.most
        self._said = said

    @property
    def touched(self) -> bool:
        """Whether a file has more than its own."""
        return self._shared < DESCRIBED_CONTAINERS.most

    def full(self, path: str, size: int) -> bool:
        """Whether a file of that size may describe no more."""
        return not self._shared and not self._left(path, size)

    def has(self, at: HasSpan, size: int) -> bool:
        """Whether the file of ``at``, of that size, may describe any more; if not, the open ledger notes the place."""
        if not self.full(at.span.path, size):
            return True
        met(DESCRIBED_CONTAINERS, at)
        return False

    def take(self, path: str, size: int, count: int) -> int:
        """Count further containers of a file, and return how many of them fit."""
        left = self._left(path, size)
        own, beyond = min(count, left), min(max(count - left, 0), self._shared)
        self._own[path] = left - own
        self._shared -= beyond
        if self._said:
            described()[path] = described().get(path, 0) + own
            if beyond:
                taken_beyond()[DESCRIBED_CONTAINERS.name] = DESCRIBED_CONTAINERS.most - self._shared
        return own + beyond

    def _left(self, path: str, size: int) -> int:
        return self._own.setdefault(path, own_containers(size))


# -- what rules say, counted for each rule and file -----------------------------------------------------------

RULE_FINDINGS = Limit(
    name="rule-findings", most=500,
    what="a rule has more than {most} findings in this file, and more than one for each KiB of it",
    lost="what else it would say of the file was not worked out",
)  # fmt: skip
RULE_SUBJECTS = Limit(
    name="rule-subjects", most=2_000, what="the findings of a rule in this file are about more than {most} things, and more than "
    "one for each KiB of it", lost="what else it would say of the file was not worked out",
)  # fmt: skip

# -- conclusions, counted for the whole scan -----------------------------------------------------------------

WAY_STEPS = Limit(
    name="way-steps", most=60, what="a way to the host has more than {most} steps", lost="its middle is not listed",
    remedy="", loss=Loss.UNSHOWN,
)  # fmt: skip
IMAGE_CHAIN = Limit(
    name="image-chain", most=60, what="images are built from each other over more than {most} stages",
    lost="what the first ones set was not looked at", remedy="use fewer stages",
)  # fmt: skip
OPEN_NEIGHBOURS = Limit(
    name="open-neighbours", most=25, what="more than {most} engines without TLS are on one network",
    lost="which container can reach the others was not worked out", remedy="give engines networks of their own",
)  # fmt: skip

# -- others ---------------------------------------------------------------------------------------------------

SNAPSHOT_CONTAINERS = Limit(
    name="snapshot-containers", most=5_000, what="this engine has more than {most} containers",
    lost="the rest was not read", remedy="inspect fewer at a time",
)  # fmt: skip


def limits() -> tuple[Limit, ...]:
    """Return every limit there is."""
    homes = [globals(), *(vars(_topic(name)) for name in TOPICS)]
    return tuple(
        {value.name: value for home in homes for value in home.values() if isinstance(value, Limit)}.values()
    )


def __getattr__(name: str) -> Limit:
    """Find a limit among those that few scans ask for."""
    if name.isupper():
        for topic in map(_topic, TOPICS):
            if name in vars(topic):
                limit: Limit = getattr(topic, name)
                globals()[name] = limit
                return limit
    raise AttributeError(f"module 'dindguard.budget' has no attribute '{name}'")


def _topic(name: str) -> ModuleType:
    return importlib.import_module(f"dindguard.budget.{name}")
