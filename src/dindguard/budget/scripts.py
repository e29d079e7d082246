"""The limits in reading scripts."""

from __future__ import annotations

from dindguard.budget.limit import Limit, Loss

WORD_FIELDS = Limit(
    name="word-fields", most=5_000, what="one word becomes more than {most} words", lost="the rest was not read",
)  # fmt: skip
REPEATED_CALLS = Limit(
    name="repeated-calls", most=98_304,
    what="a script's functions, called with ever other arguments, run more than {most:,} characters again",
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
    name="expansions", most=2_000,
    what="the variables of this script bring in more than one piece for each sixteen characters of it, and those of all scripts "
    "more than {most:,} beyond that", lost="the values of later uses are taken for unknown", remedy="split the script",
    loss=Loss.UNKNOWN,
)  # fmt: skip
INSERTED_TEXT = Limit(
    name="inserted-text", most=100_000,
    what="what variables put into the scripts of this file is longer than a quarter of it, and what they put into all scripts "
    "comes to more than {most:,} characters beyond that", lost="the values of later uses are taken for unknown",
    remedy="write what is long into a file of its own", loss=Loss.UNKNOWN,
)  # fmt: skip
MAKE_EXPANSIONS = Limit(
    name="make-expansions", most=4_000,
    what="the variables of this Makefile bring in more than one piece for each sixteen characters of it, and those of all "
    "Makefiles more than {most:,} beyond that", lost="the values of later uses are taken for unknown", remedy="split the file",
    loss=Loss.UNKNOWN,
)  # fmt: skip
WRAPPERS = Limit(
    name="wrappers", most=16, what="a command stands behind more than {most} wrappers (sudo, env …)",
    lost="what it starts was not read", remedy="use fewer wrappers",
)  # fmt: skip
MAKE_VARIABLES = Limit(
    name="make-variables", most=20, what="variables hold variables more than {most} levels deep",
    lost="their values are taken for unknown", remedy="use fewer levels", loss=Loss.UNKNOWN,
)  # fmt: skip
COPIED_FILES = Limit(
    name="copied-files", most=50, what="the stages below this one copy more than {most} files",
    lost="the first ones were not followed into the stages based on it", remedy="copy folders",
)  # fmt: skip
