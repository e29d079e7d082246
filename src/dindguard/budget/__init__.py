"""Every limit that reading and concluding have, and the notice when one is met: nothing is given up in silence.

A limit is asked with :func:`within`; whoever asks counts by itself, for each file or text, so that the order of files and
parallel work change nothing. Whoever opens a ledger (:func:`opened`) gets the notices; without one, nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import local
from typing import TypeVar

from dindguard.budget.expressions import *  # noqa: F403 - asked for as limits of this package, like those below
from dindguard.budget.ledger import Ledger, Met
from dindguard.budget.limit import Limit, Loss
from dindguard.budget.pipelines import *  # noqa: F403 - asked for as limits of this package, like those below
from dindguard.source import HasSpan

_Item = TypeVar("_Item")


class _Open(local):
    ledger: Ledger | None = None


_OPEN = _Open()
"""The ledger of each thread."""


@contextmanager
def opened() -> Iterator[Ledger]:
    """Keep what is met inside the block; an inner ledger keeps its own."""
    outer, _OPEN.ledger = _OPEN.ledger, (ledger := Ledger())
    try:
        yield ledger
    finally:
        _OPEN.ledger = outer


def meet(limits: Met) -> None:
    """Note limits that were met by what is used again, as they were when it was made."""
    for limit, at in limits:
        met(limit, at)


def within(limit: Limit, count: int, at: HasSpan) -> bool:
    """Whether ``count`` is not above the limit; if it is, the open ledger notes the place ``at``."""
    if count <= limit.most:
        return True
    met(limit, at)
    return False


def met(limit: Limit, at: HasSpan) -> None:
    """Note that the limit was met at ``at``, for who had to stop counting before it knew the place."""
    ledger = _OPEN.ledger
    if ledger is not None:
        ledger.met(limit, at)


def fitting(limit: Limit, given: list[_Item], times: int, at: HasSpan) -> list[_Item]:
    """Return as many of ``given`` as fit in the limit when each of them counts ``times`` times."""
    return given if within(limit, len(given) * times, at) else given[: limit.most // times]


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
YAML_NESTING = Limit(
    name="yaml-nesting", most=2_000, what="this YAML nests more than {most} levels", lost="it was not read",
    remedy="split the file or exclude it",
)  # fmt: skip
RELEASE_LAYERS = Limit(
    name="release-layers", most=200, what="a release is given more than {most} sets of values",
    lost="the rest was not read", remedy="give them in one file",
)  # fmt: skip
GIVEN_MOUNTS = Limit(
    name="given-mounts", most=20_000, what="what all containers of a pod are given comes to more than {most} mounts",
    lost="the last of it was not read", remedy="use fewer volumes or containers",
)  # fmt: skip
CHART_CONTAINERS = Limit(
    name="chart-containers", most=1_000, what="these values describe more than {most} containers", lost="the rest was not read",
    remedy="split the release",
)  # fmt: skip
VALUE_SETS = Limit(
    name="value-sets", most=20, what="this chart has more than {most} further files of values",
    lost="its templates were not read with the others",
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

# -- scripts --------------------------------------------------------------------------------------------------

WORD_FIELDS = Limit(
    name="word-fields", most=5_000, what="one word becomes more than {most} words", lost="the rest was not read",
)  # fmt: skip
REPEATED_CALLS = Limit(
    name="repeated-calls", most=65_536,
    what="a script's functions, called with ever other arguments, run {most:,} characters more than it holds",
    lost="what the further calls run is unknown where arguments decide it", remedy="split the script", loss=Loss.UNKNOWN,
)  # fmt: skip
SCRIPT_NESTING = Limit(
    name="script-nesting", most=60, what="commands nest more than {most} levels", lost="this script was not read",
    remedy="split the script",
)  # fmt: skip
SCRIPTS_IN_SCRIPTS = Limit(
    name="scripts-in-scripts", most=5, what="scripts lie in scripts more than {most} levels deep",
    lost="the innermost were not read", remedy="write them into files of their own",
)  # fmt: skip
EXPORTS = Limit(
    name="exports", most=64, what="this script exports more than {most} variables of engines",
    lost="the others were not followed", remedy="split the script",
)  # fmt: skip
VALUE_PIECES = Limit(
    name="value-pieces", most=500, what="a variable is put together from more than {most} pieces",
    lost="its value is taken for unknown", remedy="split the value", loss=Loss.UNKNOWN,
)  # fmt: skip
INHERITED_TARGETS = Limit(
    name="inherited-targets", most=50, what="a target inherits more than {most} others",
    lost="what the further ones ask for was not read", remedy="write it into the target itself",
)  # fmt: skip
UNPACKED = Limit(
    name="unpacked", most=1_000_000, what="a compressed text unpacks to more than {most} bytes",
    lost="it was not read", remedy="write it as plain text",
)  # fmt: skip
VALUE_TEXT = Limit(
    name="value-text", most=200_000, what="a variable holds more than {most} characters",
    lost="its value is taken for unknown", remedy="split the value", loss=Loss.UNKNOWN,
)  # fmt: skip
EXPANSIONS = Limit(
    name="expansions", most=300_000, what="the variables of this script bring in more than {most} pieces",
    lost="the values of later uses are taken for unknown", remedy="split the script", loss=Loss.UNKNOWN,
)  # fmt: skip
WRAPPERS = Limit(
    name="wrappers", most=16, what="a command stands behind more than {most} wrappers (sudo, env …)",
    lost="what it starts was not read", remedy="use fewer wrappers",
)  # fmt: skip
MAKE_VARIABLES = Limit(
    name="make-variables", most=20, what="variables hold variables more than {most} levels deep",
    lost="their values are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip

# -- Compose --------------------------------------------------------------------------------------------------

COMPOSE_SERVICES = Limit(
    name="compose-services", most=1_000, what="this project has more than {most} services", lost="the rest was not read",
)  # fmt: skip
COMPOSE_FILES = Limit(
    name="compose-files", most=500, what="this project loads more than {most} files", lost="the rest was not read",
    remedy="include fewer files",
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
COMPOSE_MOUNTS = Limit(
    name="compose-mounts", most=5_000, what="the services of this project have more than {most:,} mounts",
    lost="the rest was not read", remedy="split the project, or use fewer aliases",
)  # fmt: skip
VOLUMES_FROM = Limit(
    name="volumes-from", most=60, what="services take volumes from each other more than {most} levels deep",
    lost="the volumes behind it were not followed", remedy="use fewer levels",
)  # fmt: skip

# -- Kubernetes -----------------------------------------------------------------------------------------------

LISTED_OBJECTS = Limit(
    name="listed-objects", most=20_000, what="this document lists more than {most} objects", lost="the rest was not read",
)  # fmt: skip
LIST_DEPTH = Limit(
    name="list-depth", most=20, what="lists lie in lists more than {most} levels deep", lost="the innermost were not read",
    remedy="use one list",
)  # fmt: skip
POD_SEARCH = Limit(
    name="pod-search", most=50_000, what="aliases and patches repeat more than {most:,} values of this object",
    lost="not all of them were searched for pods", remedy="use fewer aliases, or fewer copies in patches",
)  # fmt: skip
POD_OPENINGS = Limit(
    name="pod-openings", most=50_000, what="Services lead to the pods of this file in more than {most:,} ways",
    lost="the rest was not followed", remedy="use narrower selectors, or split the file",
)  # fmt: skip
POD_DEPTH = Limit(
    name="pod-depth", most=100, what="this document nests more than {most} levels",
    lost="what lies deeper was not searched for pods", remedy="end the alias that holds itself",
)  # fmt: skip
PATCH_STEPS = Limit(
    name="patch-steps", most=20_000, what="a patch touches more than {most} places", lost="it was not applied",
    remedy="split the patch, or use fewer aliases",
)  # fmt: skip
PATCH_DEPTH = Limit(
    name="patch-depth", most=100, what="a patch goes deeper than {most} levels", lost="it was not applied",
    remedy="end the alias that holds itself",
)  # fmt: skip
PATCH_COPIES = Limit(
    name="patch-copies", most=8, what="a patch copies more than {most} times", lost="it was not applied",
    remedy="write what is copied",
)  # fmt: skip
PATCH_PATTERN = Limit(
    name="patch-pattern", most=200, what="a patch is for what fits a pattern of more than {most} characters, or of more than "
    "words, '|' and '.*'", lost="it is unknown what that is, and the patch was not applied",
    remedy="name what it is for", loss=Loss.UNKNOWN,
)  # fmt: skip
KUSTOMIZE_DEPTH = Limit(
    name="kustomize-depth", most=30, what="kustomizations refer to each other more than {most} levels deep",
    lost="those below were not built", remedy="use fewer levels",
)  # fmt: skip
ENCODED_TEXT = Limit(
    name="encoded-text", most=100_000, what="a Secret's value is longer than {most} characters",
    lost="it was not decoded", remedy="mount it from a file of the image",
)  # fmt: skip
IMAGE_SEARCH = Limit(
    name="image-search", most=50_000, what="a resource has more than {most} values",
    lost="its images were not replaced", remedy="split the resource, or use fewer aliases",
)  # fmt: skip
IMAGE_DEPTH = Limit(
    name="image-depth", most=60, what="a resource nests more than {most} levels", lost="its images were not replaced there",
    remedy="end the alias that holds itself",
)  # fmt: skip

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

COPIED_FILES = Limit(
    name="copied-files", most=50, what="the stages below this one copy more than {most} files",
    lost="the first ones were not followed into the stages based on it", remedy="copy folders",
)  # fmt: skip
SNAPSHOT_CONTAINERS = Limit(
    name="snapshot-containers", most=5_000, what="this engine has more than {most} containers",
    lost="the rest was not read", remedy="inspect fewer at a time",
)  # fmt: skip
CONFIGURATION_NESTING = Limit(
    name="configuration-nesting", most=5, what="a setting lies more than {most} levels deep", lost="it was not read",
    remedy="write it as the engine reads it",
)  # fmt: skip


def limits() -> tuple[Limit, ...]:
    """Return every limit there is."""
    return tuple(value for value in globals().values() if isinstance(value, Limit))
