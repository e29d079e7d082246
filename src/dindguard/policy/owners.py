"""CODEOWNERS: who owns a file, as GitHub and GitLab read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dindguard.discover import Files

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def owners_of(path: str, files: Files) -> frozenset[str] | None:
    """Return the owners of a file in lower case, with and without ``@``; ``None`` without a CODEOWNERS file.

    The last pattern that matches counts; patterns are those of ``.gitignore``.
    """
    source = next((found for place in PLACES if (found := files.open(place)) is not None), None)
    if source is None:
        return None
    import pathspec

    owners: frozenset[str] = frozenset()
    for line in source.text.splitlines():
        text = line.split(" #", 1)[0].strip()
        if not text or text.startswith(("#", "[", "^[")):
            continue
        pattern, *names = text.split()
        try:
            matches = pathspec.GitIgnoreSpec.from_lines([pattern]).match_file(path)
        except ValueError:
            continue
        if matches:
            lowered = [name.casefold() for name in names]
            owners = frozenset((*lowered, *(name.removeprefix("@") for name in lowered)))
    return owners
