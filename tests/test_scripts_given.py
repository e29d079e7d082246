"""Scripts that a variable holds because a heredoc gave them to it: ``read -d ''`` and ``$(cat <<EOF …)``."""

from __future__ import annotations

import pytest

from dindguard.model.values import UNKNOWN_PIECE
from dindguard.scripts.commands import commands
from dindguard.source import Source

DOCUMENT = "docker run a\ndocker ps"


def lines(text: str) -> list[str]:
    found = commands(Source("x.sh", text)).commands
    return [
        " ".join(word.pattern.replace(UNKNOWN_PIECE, "?") for word in command.words)
        for command in found
        if command.program == "docker"
    ]


@pytest.mark.parametrize(
    "given",
    [
        "read -r -d '' S <<EOF\n{}\nEOF",
        "read -r -d '' S << 'EOF' || true\n{}\nEOF",
        "IFS= read -rd '' S <<-EOF || :\n{}\nEOF",
        'read -d "" S <<EOF\n{}\nEOF',
        "read -d '' S <<< '{}'",
        "read -p 'now:' -d '' -- S <<EOF\n{}\nEOF",
        "S=$(cat <<EOF\n{}\nEOF\n)",
        "S=$(cat <<'EOF'\n{}\nEOF\n)",
        'S="$(cat <<EOF\n{}\nEOF\n)"',
        "S=`cat <<EOF\n{}\nEOF\n`",
    ],
)
@pytest.mark.parametrize("run", ['bash -c "$S"', 'eval "$S"', "ssh box bash <<EOF\n$S\nEOF", 'echo "$S" | sh'])
def test_what_a_heredoc_gives_to_a_variable_is_run(given, run):
    assert lines(f"{given.replace('{}', DOCUMENT)}\n{run}\n") == DOCUMENT.split("\n")


def test_read_takes_one_line_where_no_delimiter_is_given():
    assert lines(f"read -r S <<EOF\n{DOCUMENT}\nEOF\n$S\n") == ["docker run a"]
    assert lines('read -r S <<< "docker run a"\n$S\n') == ["docker run a"]


@pytest.mark.parametrize(
    "given",
    [
        "read -r A S <<< 'docker run a'",
        "read -ra S <<< 'docker run a'",
        "read -n 3 S <<< 'docker run a'",
        "read -r S",
        "S=$(cat file)",
        "S=$(cat)",
        "S=$(cat <<EOF > /tmp/x\ndocker run a\nEOF\n)",
    ],
)
def test_what_is_not_known_of_a_variable_is_not_run(given):
    assert lines(f'S="docker ps"\n{given}\n$S\n') == []


def test_a_place_in_the_heredoc_is_told():
    (command,) = commands(Source("x.sh", "S=$(cat <<'E'\ndocker run a\nE\n)\nbash -c \"$S\"\n")).commands[:1]
    assert (command.words[2].span.line, command.words[2].span.column) == (2, 12)


def test_variables_in_the_heredoc_count():
    assert lines("I=b\nread -r -d '' S <<EOF\ndocker run $I\nEOF\neval \"$S\"\n") == ["docker run b"]
    assert lines("I=b\nread -r -d '' S <<'EOF'\ndocker run $I\nEOF\nbash -c \"$S\"\n") == ["docker run ?"]
