"""Write the generated pages: ``docs/rules/`` from the rules and their fixtures, ``docs/cli.md`` from the commands,
``docs/model.md`` from the model, the guides from the package.

``python docs/generate.py`` writes them; ``--check`` only says what is out of date, with exit code 1.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click

from dindguard import guides
from dindguard.cli import cli, manual
from dindguard.cli.formats_ import unread_kinds
from dindguard.cli.known_rules import every
from dindguard.documents import syntax
from dindguard.formats import describing, registry
from dindguard.formats.recognition import formats_in
from dindguard.formats.row import FormatRow
from dindguard.loading import index_row, load
from dindguard.rules import Confidence, Profile, Rule
from dindguard.source import Source

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import across_formats  # noqa: E402 - it lies beside this file, like the next
import fixes_page  # noqa: E402 - it lies beside this file, wherever this one is run from
import fleet_page  # noqa: E402
import literals  # noqa: E402
import model_page  # noqa: E402

FIXTURES = ROOT / "fixtures"
HEADER = "<!-- Written by docs/generate.py: edit {source} instead. -->\n"
WIDTH = 100

MARKER_LINE = re.compile(r"^\s*(?:#|//|rem)\s*expect(-below)?:\s*[a-z][\w, ()-]*$")
MARKER = re.compile(r"\s*(?:#|//|& rem)\s*expect(-below)?:\s*[a-z][\w, ()-]*$")


def pages() -> dict[Path, str]:
    """Return every generated page by its path."""
    rules = every()
    found = {ROOT / "docs/rules" / f"{rule.id}.md": rule_page(rule) for rule in rules}
    found[ROOT / "docs/rules/README.md"] = index(rules)
    found[ROOT / "docs/cli.md"] = command_pages()
    found[ROOT / "docs/dindguard.1"] = manual.page()
    found[ROOT / "docs/model.md"] = model_page.page()
    found[ROOT / "docs/fleet-dataset.md"] = fleet_page.page()
    found[ROOT / "docs/fixes.md"] = fixes_page.page(rules)
    for name in guides.NAMES:
        found[ROOT / f"docs/{name}.md"] = HEADER.format(source=f"src/dindguard/guides/{name}.md") + guides.guide(name)
    found[ROOT / "docs/formats.md"] = format_page()
    found[ROOT / "docs/across-formats.md"] = (
        HEADER.format(source="docs/across_formats.py") + "\n" + across_formats.page()
    )
    found[ROOT / "rules/dindguard_rules/_index.py"] = rule_index()
    found[ROOT / "src/dindguard/formats/_index.py"] = format_index()
    found[ROOT / "src/dindguard/model/_engine_versions.py"] = engine_versions()
    return found


def rule_index() -> str:
    """Return the index that spares a scan importing every rule: all that is known of a rule but its check and page."""
    rows = [index_row(each) for each in load(indexed=False)]
    lines = [f"    {{{', '.join(f'{key!r}: {value!r}' for key, value in row.items())}}}," for row in rows]
    head = '"""What is known of each rule without importing its module. Written by docs/generate.py."""'
    return f"{head}\n\n# fmt: off\nRULES: tuple[dict[str, object], ...] = (\n" + "\n".join(lines) + "\n)\n"


def format_index() -> str:
    """Return the index that spares a scan importing every format: their rows, their functions by name."""
    rows = [registry.index_row(row) for row in registry.declared()]
    lines = [f"    {{{', '.join(f'{key!r}: {value!r}' for key, value in row.items())}}}," for row in rows]
    head = '"""The row of each format, without importing its package. Written by docs/generate.py."""'
    annotation = "from __future__ import annotations\n\nfrom typing import Any\n\n# fmt: off\n"
    every = "ROWS: tuple[dict[str, Any], ...] = (\n" + "\n".join(lines) + "\n)\n"
    said = '"""By expression of a path, literals in lower case of which every ASCII path that matches holds one."""'
    known = f"\nLITERALS: dict[str, tuple[str, ...]] = {{\n{_literals(rows)}\n}}\n{said}\n"
    told = '"""By expression of a path, usual names of files that it finds in every folder."""'
    return (
        f"{head}\n\n{annotation}{every}{known}\nNAMES: dict[str, tuple[str, ...]] = {{\n{_names(rows)}\n}}\n{told}\n"
    )


def engine_versions() -> str:
    """Return the facts of engine_versions.json as a module: a small scan need not import a reader of JSON for them."""
    facts = json.loads((ROOT / "src/dindguard/model/engine_versions.json").read_text("utf-8"))
    lines = [f"    {key!r}: {value!r}," for key, value in facts.items()]
    head = '"""The facts of ``engine_versions.json``, which costs less to import. Written by docs/generate.py."""'
    annotation = "from __future__ import annotations\n\nfrom typing import Any\n\n# fmt: off\n# ruff: noqa: E501\n"
    return f"{head}\n\n{annotation}DATA: dict[str, Any] = {{\n" + "\n".join(lines) + "\n}\n"


def _literals(rows: list[dict[str, object]]) -> str:
    return "\n".join(f"    {text!r}: {literals.needed(text)!r}," for text in _of_paths(rows))


def _names(rows: list[dict[str, object]]) -> str:
    return "\n".join(f"    {text!r}: {found!r}," for text in _of_paths(rows) if (found := literals.names(text)))


def _of_paths(rows: list[dict[str, object]]) -> list[str]:
    """Return the expressions of paths in rows, each once."""
    return list(dict.fromkeys(str(row[name]) for row in rows for name in registry.OF_PATHS if name in row))


# -- rules ----------------------------------------------------------------------------------------------------


def rule_page(rule: Rule) -> str:
    """Return a rule's page: its facts, its text, and one bad and one good example per format."""
    _, _, text = rule.page.partition("\n")
    body, heading, references = text.strip().partition("\n## References")
    parts = [
        HEADER.format(source=_source(rule)),
        f"# {rule.id}",
        f"{rule.title}.",
        "\n".join(f"* {fact}" for fact in _facts(rule)),
        body.strip(),
        *_examples(rule.id),
        (heading + references).strip(),
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _source(rule: Rule) -> str:
    name = "policy/pages.py" if rule.text else f"{rule.check.__module__.rpartition('.')[2]}.py"
    return f"src/dindguard/{name}" if rule.text else f"rules/dindguard_rules/{name}"


def _facts(rule: Rule) -> Iterator[str]:
    yield f"Severity: **{rule.severity.word}**" + (", at most" if not rule.text else "")
    yield f"Category: {rule.category}"
    yield "Profile: " + ("recommended (on by default)" if rule.profile is Profile.RECOMMENDED else "all")
    if rule.cwe:
        yield f"[CWE-{rule.cwe}](https://cwe.mitre.org/data/definitions/{rule.cwe}.html)"
    if rule.precision is not Confidence.HIGH:
        yield f"Precision: {rule.precision.value}"
    if rule.needs_approval:
        yield f"Only an approval record silences it, where the policy asks for that (mode `{rule.needs_approval}`)"
    if rule.contained_by:
        yield f"Less grave inside: {', '.join(sorted(each.value for each in rule.contained_by))}"
    if rule.replaces:
        yield "Takes the place of: " + ", ".join(f"[{each}]({each}.md)" for each in rule.replaces)
    if rule.formats:
        yield f"One format only, because {rule.formats}"
    for fixer in rule.fixes:
        yield f"[`dindguard fix{' --unsafe' * fixer.unsafe}`](../fixes.md) {fixer.says}"
    yield f"Since {rule.since}"


def _examples(rule_id: str) -> Iterator[str]:
    bad, good = _by_format(rule_id, "bad"), _by_format(rule_id, "good")
    for number, (form, path) in enumerate(bad.items()):
        if number == 0:
            yield "## Examples"
        yield f"### {form}"
        yield "Reported:"
        yield from _shown(path)
        if form in good:
            yield "Not reported:"
            yield from _shown(good[form])


def _by_format(rule_id: str, verdict: str) -> dict[str, Path]:
    """Return the plainest fixture of each format, by the format's title; those with most fixtures first."""
    folder = FIXTURES / rule_id
    paths = [path for path in folder.glob(f"{verdict}*") if path.suffix != ".expect"] if folder.is_dir() else []
    found: dict[str, Path] = {}
    for path in sorted(paths, key=lambda path: (len(path.name.partition(".")[0]), path.name)):
        titles = {row.title for file in _files(path) if not file.name.startswith(".dind") for row in read_with(file)}
        for title in sorted(titles, key=_commonest)[:1]:
            found.setdefault(title, path)
    return dict(sorted(found.items(), key=lambda item: _commonest(item[0])))


def _commonest(title: str) -> tuple[int, str]:
    return -how_often()[title], title


@cache
def how_often() -> Counter[str]:
    """Return how many fixtures each format has, by its title."""
    files = (path for path in FIXTURES.rglob("*") if path.is_file() and path.suffix != ".expect")
    return Counter(row.title for path in files for row in read_with(path))


@cache
def read_with(path: Path) -> tuple[FormatRow, ...]:
    """Return the formats that a fixture's file is read with."""
    name = path.relative_to(FIXTURES).as_posix()
    return tuple(formats_in(Source(name, path.read_text("utf-8", errors="replace"))))


def language_of(path: Path) -> str:
    """Return the language of a file's code block."""
    extension = syntax.by_name(path.name)
    rows = read_with(path)
    if "templates" in path.relative_to(FIXTURES).parts or "{%" in path.read_text("utf-8"):
        return "text"  # YAML it is only when it has been rendered
    if extension == syntax.JSON and "//" in path.read_text("utf-8"):
        return "jsonc"
    return extension or (rows[0].syntaxes[0] if rows else "text")


def format_page() -> str:
    """Return the page of all formats: what of each is read, and by what its files are known."""
    lines = [HEADER.format(source="the packages in src/dindguard/formats"), "# Formats\n"]
    lines.append(
        "What dindguard reads. A file is known by its shape first and by its name second; `--type NAME=GLOB` forces a format.\n"
        "`dindguard formats` says the same of the version that you have. [The same danger in every format](across-formats.md)\n"
        "shows them side by side.\n"
    )
    for each in describing.descriptions():
        lines.append(f"## {each.title}\n\n`{each.name}`: {each.reads}\n\nKnown by: {each.known_by}.\n")
        if each.names:
            lines.append(f"Names that say enough: `{each.names}`\n")
        if each.not_read:
            lines.append(f"Not read: {'; '.join(each.not_read)}.\n")
    lines.append("## Known by name, and not read\n")
    lines.append(f"{', '.join(unread_kinds())}.\n")
    return "\n".join(lines)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and file.suffix != ".expect")


def _shown(path: Path) -> Iterator[str]:
    for file in _files(path):
        if path.is_dir():
            yield f"`{file.relative_to(path).as_posix()}`"
        lines = [line for line in file.read_text("utf-8").splitlines() if not MARKER_LINE.match(line)]
        text = "\n".join(MARKER.sub("", line) for line in lines).strip("\n")
        fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
        yield f"{fence}{language_of(file)}\n{text}\n{fence}"


def index(rules: tuple[Rule, ...]) -> str:
    """Return the table of all rules by category, the gravest first."""
    default = sum(rule.profile is Profile.RECOMMENDED for rule in rules)
    parts = [
        HEADER.format(source="the rules"),
        "# Rules",
        f"{len(rules)} rules; {default} are on by default, the others with `--profile all`.",
        "A rule's severity is the gravest it reports; a sandbox or the container's role may lower a finding.",
    ]
    for category in sorted({rule.category for rule in rules}):
        members = sorted((rule for rule in rules if rule.category == category), key=lambda r: (-r.severity, r.id))
        rows = [
            f"| [{r.id}]({r.id}.md) | {r.severity.word} | {r.profile.value} | {_cell(r.title)} |" for r in members
        ]
        parts.append(
            "\n".join([f"## {category}\n", "| rule | severity | profile | finds |", "|---|---|---|---|", *rows])
        )
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# -- commands -------------------------------------------------------------------------------------------------


def commands(group: click.Group = cli, words: str = "dindguard") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its words, groups before their members."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{words} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")


def command_pages() -> str:
    """Return what ``--help`` says of every command."""
    parts = [
        HEADER.format(source="the module of the command in src/dindguard/cli"),
        "# Commands",
        "What `--help` says. Exit codes: [README](../README.md#exit-codes).",
    ]
    for words, command in commands():
        with click.Context(command, info_name=words, terminal_width=WIDTH, **cli.context_settings) as context:
            parts.append(f"## {words}\n\n```text\n{command.get_help(context).rstrip()}\n```")
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


# -- writing --------------------------------------------------------------------------------------------------


def drift() -> list[str]:
    """Return the generated pages that are missing, out of date, or of no rule any more."""
    wanted = pages()
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    stray = [path for path in (ROOT / "docs/rules").glob("*.md") if path not in wanted]
    return sorted(path.relative_to(ROOT).as_posix() for path in (*changed, *stray))


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` only tell which differ."""
    stale = drift()
    if "--check" in arguments:
        for name in stale:
            click.echo(f"{name} is out of date: run python docs/generate.py", err=True)
        return 1 if stale else 0
    wanted = pages()
    for path in (ROOT / name for name in stale):
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    click.echo(f"{len(stale)} of {len(wanted)} pages changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
