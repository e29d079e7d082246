"""What the path of a file says of its use: that it is for tests, documentation, an example, or no longer used."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache
from re import Match

from dindguard.patterns import regex

_LEFT_OVERS = ("old", "bak", "orig", "back", ".save", ".inactive", ".off", "~")
_EXAMPLE = "examples?|exemples?|exemplos?|ejemplos?|beispiele?|esempio"
"""What an example is called: in English, French, Portuguese, Spanish, German, Italian."""
_EXAMPLES = ("example", "exempl", "ejemplo", "beispiel", "esempio")
_KINDS_OF_EXAMPLES = (
    ("for tests", ("test", "e2e", "fixture", "molecule", "snapshots"), regex(
        r"\A(?:(.*[-_.])?tests?|(load|stress|perf|performance|integration|smoke|e2e)[-_.]?testing|testdata|e2e|molecule|_{0,2}(fixtures|tests|snapshots)_{0,2}"
        r"|test[-_](data|apps?|cases?|suites?|fixtures?|projects?|resources|files|assets|utils|helpers|scripts))")),
    ("documentation", ("doc",), regex(r"docs?")),
    ("what a coding agent is taught", ("/skills",), regex(r"\A\.[\w-]+/skills")),
    ("for a virtual machine on a developer's own computer", ("vagrant",), regex(r"\A(?:.*[-_.])?vagrant(?:[-_.].*)?")),
    ("no longer in use", ("deprecated", "archive", "attic", "obsolete", "used", "in-use", "in_use", "disabled",
                          *_LEFT_OVERS), regex(
        r"\A(?:(.*[-_.])?(deprecated|archived|attic|obsolete|unused|not[-_]used|not[-_]in[-_]use|disabled|old|bak)|[._]archive|archive|\.?orig|\.(?:backup|back|save|inactive|off)|~)")),
    ("a copy of another file", ("copy", " ("), regex(r"\A(?: (?:- )?copy(?: \d+| \(\d+\))?| \(\d+\))")),
    ("an example", (*_EXAMPLES, "sample", "demo", ".dist"), regex(
        rf"\A(?:(.*[-_.])?({_EXAMPLE}|samples?)|examples?[-_]\w[\w.-]*|demos?|\.dist)")),
)  # fmt: skip
"""What a folder's name says of all below it; whole names, because ``test-infra`` is no test. Before each expression stand
literals of which every name that matches has one: compiling it costs more than asking most paths for them."""
_EXAMPLE_NAME = regex(
    rf"(?:^|[._-])(?P<word>{_EXAMPLE}|sample)(?=[._-]|$)(?!\.(?:com|org|net)\b)|(?P<ending>\.dist)$"
)
_LEFT_OVER_NAME = regex(
    r"(?:^|[._-])(?P<word>old|bak|orig|disabled|deprecated|unused|archived|obsolete)(?:[-_.]?\d{6,14})?(?:\.(?:ya?ml|json|toml|sh|conf|hcl|tf))?$"
    r"|(?P<ending>\.(?:backup|back|save|inactive|off)|~)$|(?P<copy> (?:- )?copy(?: \d+| \(\d+\))?| \(\d+\))\.\w+$"
)
"""A file that is kept beside the one in use: ``compose.yaml.bak``, ``docker-compose.old.yml``, ``ci.yml.disabled``,
``ci copy.yml``."""
_TEST_NAME = regex(
    r"(?:run[-_]?)?(?P<word>tests?|e2e)(?:[-_][\w-]+)?(?:\.(?:sh|bash|ps1|cmd|bat))?"
    r"|(?:docker-)?compose[-._](?:\w+[-_])?(?P<part>tests?|e2e)\.ya?ml"
    r"|[\w.-]*(?<!deploy)(?<!install)(?<!speed)[-_.](?P<last>tests?|e2e)\.(?:sh|bash|ps1|cmd|bat)"
)
"""A script or a project for tests: ``test``, ``run-tests.sh``, ``docker-test.sh``, ``docker-compose.test.yml``; not a
pipeline of tests, nor what brings something to a machine of that name (``deploy-test.sh``) or measures a line."""
_ENVIRONMENTS = frozenset(
    ["overlays", "environments", "environment", "envs", "env", "clusters", "stages", "inventories", "inventory"]
)
"""What lies in a folder of these is deployed, whatever it is called: ``overlays/test``."""


@lru_cache(maxsize=1024)
def example_part(path: str) -> str:
    """Return the part of a file's path that says that nobody uses it as it is; ``""`` for an ordinary path."""
    *folders, name = path.lower().split("/")
    for above, folder in zip(("", *folders), folders, strict=False):
        if above not in _ENVIRONMENTS and kind_of_example(folder):
            return folder
        if folder == "skills" and above.startswith("."):
            return f"{above}/{folder}"
    left_over = _left_over(name)
    if left_over is not None:
        return left_over["word"] or left_over["ending"] or left_over["copy"]
    tests = _TEST_NAME.fullmatch(name) if _holds(name, ("test", "e2e")) else None
    if tests is not None:
        return tests["word"] or tests["part"] or tests["last"]
    found = _EXAMPLE_NAME.search(name) if _holds(name, (*_EXAMPLES, "sample", ".dist")) else None
    return "" if found is None else found["word"] or found["ending"]


_OTHERS = frozenset(
    {
        "vendor",
        "vendored",
        "node_modules",
        "third_party",
        "third-party",
        "thirdparty",
        "bower_components",
        "ansible_collections",
    }
)
"""Folders into which somebody else's code is copied."""
_OF_GALAXY = regex(r"[a-zA-Z][\w-]*\.[a-zA-Z][\w-]*")
"""What ``ansible-galaxy`` calls the folder of a role that it installs: ``geerlingguy.docker``."""


def others_code(path: str) -> str:
    """Return the folder above a file that says that all in it is somebody else's code; ``""`` for one's own."""
    folders = path.split("/")[:-1]
    if not _OTHERS.isdisjoint(folders):
        return next(folder for folder in folders if folder in _OTHERS)
    roles = (folder for above, folder in itertools.pairwise(folders) if above == "roles" and "." in folder)
    return next((folder for folder in roles if _OF_GALAXY.fullmatch(folder)), "")


def is_left_over(path: str) -> bool:
    """Whether a file is kept beside the one in use, by its name: what looks for that one does not find it."""
    return _left_over(path.lower().rpartition("/")[2]) is not None


def _left_over(name: str) -> Match[str] | None:
    words = (*_LEFT_OVERS, "disabled", "deprecated", "unused", "archived", "obsolete", " copy", " - copy", " (")
    return _LEFT_OVER_NAME.search(name) if _holds(name, words) else None


def _holds(text: str, literals: Iterable[str]) -> bool:
    return any(map(text.__contains__, literals))  # asked of every path that a finding has, for many words


def kind_of_example(part: str) -> str:
    """Return what a part of a path says of the file, in words; ``""`` for one that says nothing."""
    found = (what for what, literals, names in _KINDS_OF_EXAMPLES if _holds(part, literals) and names.fullmatch(part))
    return next(found, "")
