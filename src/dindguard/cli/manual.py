"""The manual page, from the commands themselves; ``docs/generate.py`` writes it to ``docs/dindguard.1``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from dindguard.cli import COMMANDS, cli

EXIT_CODES = (
    ("0", "clean: nothing open at or above --fail-on"),
    ("1", "open findings at or above --fail-on"),
    ("2", "usage, configuration, policy file or rule pack at fault: nothing was judged"),
    ("3", "incomplete: something recognised could not be read, or a rule failed; in env: a check failed"),
    ("4", "consent missing (env)"),
    ("5", "the engine or cluster cannot be used (env, audit)"),
)

FILES = (
    (".dindguard.yaml, pyproject.toml [tool.dindguard]", "the configuration; dindguard config shows what holds"),
    (".dindguard/waivers.yaml", "approval records"),
    (".dindguard/baseline.json", "findings that were known"),
)

VARIABLES = (
    ("NO_COLOR, FORCE_COLOR", "colours off, on"),
    ("FORCE_HYPERLINK=0", "links off"),
    ("COLUMNS", "the width of text"),
    ("DOCKER_HOST", "the engine that env and audit talk to"),
    ("SOURCE_DATE_EPOCH", "the time in the one report that demands one (gitlab-sast)"),
)


def page() -> str:
    """Return the page in the language of man(7)."""
    parts = [
        '.TH DINDGUARD 1 "" "dindguard" "User Commands"',
        ".SH NAME\ndindguard \\- check containers that run, or command, other containers",
        ".SH SYNOPSIS\n.B dindguard\n.I COMMAND\n[OPTIONS] [ARGUMENTS]",
        ".SH DESCRIPTION\n" + _text(_ABOUT),
        ".SH COMMANDS\n" + _list(COMMANDS.items()),
        *(_command(words, command) for words, command in _commands(cli, "dindguard")),
        ".SH EXIT STATUS\n" + _list(EXIT_CODES),
        ".SH FILES\n" + _list(FILES),
        ".SH ENVIRONMENT\n" + _list(VARIABLES),
    ]
    return "\n".join(parts) + "\n"


_ABOUT = (
    "dindguard reads Compose files, Kubernetes manifests, CI pipelines, Dockerfiles, scripts and configurations of "
    "engines and runners, builds one model of containers, engines and who can command them, and says exactly where "
    "each danger was written, why it is one, and what to write instead. Nothing of the scanned files is run, and "
    "nothing leaves the machine."
)


def _commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, **cli.context_settings)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def _command(words: str, command: click.Command) -> str:
    context = click.Context(command, info_name=words, **cli.context_settings)
    usage = " ".join(command.collect_usage_pieces(context))
    records = [
        record
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for record in [parameter.get_help_record(context)]
        if record
    ]
    about = (command.help or "").replace("\b\n", "").split("\f")[0]
    paragraphs = "\n.PP\n".join(_text(each) for each in about.split("\n\n"))
    return f".SS {_text(words)} {_text(usage)}\n{paragraphs}\n{_list(records)}".rstrip()


def _list(rows: object) -> str:
    assert hasattr(rows, "__iter__")
    return "\n".join(f".TP\n.B {_text(name)}\n{_text(about)}" for name, about in rows)


def _text(text: str) -> str:
    """Return words in one line that mean nothing to the formatter."""
    plain = re.sub(r"\s+", " ", text).strip().replace("\\", "\\e").replace("-", "\\-")
    plain = re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", plain)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
