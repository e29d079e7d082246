"""No text may crash the reader, keep it busy, or be answered differently twice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dindguard import budget
from dindguard.scripts.command import Command
from dindguard.scripts.commands import Commands, Dialect, commands
from dindguard.scripts.engine_cli.calls import daemon_call, docker_call
from dindguard.source import Source

TOKENS = [
    "docker",
    "dockerd",
    "run",
    "-v",
    "a:b",
    "$X",
    "${X",
    "${X:-",
    "${X:+",
    "}",
    "$(",
    ")",
    "`",
    "'",
    '"',
    "\\",
    "\n",
    "<<EOF",
    "<<-'E'",
    "EOF",
    "E",
    "|",
    "||",
    "&&",
    "&",
    ";",
    ";;",
    "(",
    ")",
    "((",
    "))",
    "{",
    "}",
    "if",
    "then",
    "else",
    "elif",
    "fi",
    "for",
    "in",
    "do",
    "done",
    "while",
    "case",
    "esac",
    "function",
    "f()",
    "[[",
    "]]",
    "[",
    "]",
    "#",
    "!",
    "${{",
    "}}",
    "{{",
    "}}",
    "$[[",
    "X=",
    "X+=(",
    "X=(",
    "export",
    "local",
    "set",
    "--",
    "eval",
    "sh",
    "-c",
    "ssh",
    "h",
    "sudo",
    ">",
    ">>",
    "<(",
    "<<<",
    "\t",
    "\r\n",
    "define",
    "endef",
    "ifdef",
    "endif",
    ":",
    ":=",
    "$$",
    "$(X)",
    "all:",
    "￼",
    "é",
    "\x00",
    "<",
]

READ = settings(max_examples=300, deadline=None)


def read_all(text: str) -> list[Commands]:
    found = []
    for dialect in Dialect:
        result = commands(Source("x", "docker\n" + text), dialect=dialect)
        for command in result.commands:
            docker_call(command)
            daemon_call(command)
        found.append(result)
    return found


@READ
@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from(["", " "]))
def test_broken_scripts_are_read_as_far_as_they_make_sense(tokens: list[str], between: str) -> None:
    text = between.join(tokens)
    assert [list(map(repr, one.commands)) for one in read_all(text)] == [
        list(map(repr, one.commands)) for one in read_all(text)
    ]


@READ
@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    for result in read_all(text):
        for command in result.commands:
            inside_the_text(command, "docker\n" + text)


def inside_the_text(command: Command, text: str) -> None:
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for word in command.words:
        assert 1 <= word.span.line <= word.span.end_line <= len(rows)
        assert word.span.column >= 1


@pytest.mark.parametrize(
    "text",
    [
        "$(" * 5_000,
        "${X:-" * 5_000,
        "(" * 5_000,
        "if " * 5_000,
        '"$(' * 5_000,
        "{ " * 5_000,
        "f() " * 5_000,
        "case a in b) " * 3_000,
    ],
    ids=lambda text: str(text)[:12],
)
def test_deep_nesting_ends_with_a_notice(text: str) -> None:
    with budget.opened() as ledger:
        commands(Source("x.sh", f"docker ps; {text}"))
    assert [notice.kind for notice in ledger.notices] == ["budget"]


@pytest.mark.parametrize(
    "text",
    [
        "docker run " + "-v a:b " * 10_000,
        "docker " + "<<a " * 20_000,
        "docker " + "`a" * 20_000,
        "docker " + "${{ " * 20_000,
        "docker " + "$((" * 20_000,
        "docker;" + "A=$A$A;" * 10_000,
        "docker;" + "a+=(x);" * 5_000 + 'docker run "${a[@]}"',
        "docker;" + "".join(f"export DOCKER_{i}=1;docker ps;" for i in range(1_000)),
        "docker;" + "eval '" * 5_000,
        "A=$(B)$(B)\n" + "".join(f"A{i}=$(A{i + 1})$(A{i + 1})\n" for i in range(60)) + "docker:\n\tdocker $(A0)\n",
        "docker:\n\tdocker " + "$(" * 20_000,
        "A+=docker\n" * 5_000 + "x:\n\tdocker $(A)\n",
    ],
    ids=lambda text: f"{str(text)[:12]}…",
)
def test_work_stays_in_proportion_to_the_text(text: str) -> None:
    """A quadratic reader would not come back from these in a test's patience."""
    for result in (commands(Source("x", text)), commands(Source("x", text), dialect=Dialect.MAKE)):
        assert len(result.commands) <= 10_000
