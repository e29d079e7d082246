"""The Dockerfile reader: BuildKit's grammar, exact places, and no input that breaks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dindguard.documents.dockerfile.reader import Dockerfile, Instruction, read
from dindguard.documents.dockerfile.text import LogicalLines
from dindguard.documents.dockerfile.variables import Walk, expand
from dindguard.model.values import UNKNOWN_PIECE, How, Text
from dindguard.source import Gravity, Source, Span

FIXTURES = Path(__file__).parent.parent / "fixtures"


def parse(text: str) -> Dockerfile:
    return read(Source("Dockerfile", text))


def names(text: str) -> list[str]:
    return [instruction.name for instruction in parse(text).instructions]


def cut(text: str, span: Span) -> str:
    """What a span covers, from the lines and columns it gives."""
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def messages(text: str) -> list[str]:
    return [notice.message for notice in parse(text).notices]


SHAPES = [
    ("FROM a\nRUN b \\\n# comment\n\n  \t\n c\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN b \\  \t\n c\nUSER d", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN b \\\\\nUSER d\n", ["FROM", "RUN", "USER"]),  # an escaped backslash continues nothing
    ("FROM a\nRUN b \\", ["FROM", "RUN"]),
    ("FROM a\nRUN b # \\\nUSER d\n", ["FROM", "RUN"]),  # not a comment: it doesn't start the line
    ("\ufeffFROM a\r\nRUN b \\\r\n c\r\nUSER d\r\n", ["FROM", "RUN", "USER"]),
    ("# escape=`\nFROM a\nRUN b `\n c:\\\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("\n# escape=`\nFROM a\nRUN b `\nUSER d\n", ["FROM", "RUN", "USER"]),  # not at the top: no directive
    ("FROM a\nRUN <<E\nUSER evil\nE\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN <<E <<'F G' cat\nUSER e\nE\nUSER f\nF G\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN <<-E\n\tUSER e\n\t\tE\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN <<E\n\tE\nUSER d\nE\n", ["FROM", "RUN"]),  # without "-" a tab is part of the line
    ("FROM a\nRUN cat << E\nUSER e\nE\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN echo $(( 1 << 2 ))\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN echo $((1<<E))\nUSER d\nE))\n", ["FROM", "RUN", "USER", "E))"]),
    ("FROM a\nRUN echo '<<E'\nUSER d\nE\n", ["FROM", "RUN", "USER", "E"]),
    ('FROM a\nRUN echo "<<E"\nUSER d\nE\n', ["FROM", "RUN", "USER", "E"]),
    ("FROM a\nRUN echo x<<E\nUSER d\nE\n", ["FROM", "RUN", "USER", "E"]),
    ("FROM a\nRUN cat <<<E\nUSER d\nE\n", ["FROM", "RUN", "USER", "E"]),
    ('FROM a\nRUN ["<<E"]\nUSER d\nE\n', ["FROM", "RUN", "USER", "E"]),
    ("FROM a\nUSER <<E\nRUN d\nE\n", ["FROM", "USER", "RUN", "E"]),
    ("FROM a\nONBUILD COPY <<E /x\nUSER e\nE\nUSER d\n", ["FROM", "COPY", "USER"]),
    ("FROM a\nCOPY <<E /x\r\nUSER e\r\nE\r\nUSER d\r\n", ["FROM", "COPY", "USER"]),
    ("FROM a\nRUN cat <<E && \\\n  true\nUSER e\nE\nUSER d\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nrun b\nOnBuild User c\n", ["FROM", "RUN", "USER"]),
    ("FROM a\nRUN\u00a0b\n\x1c# c\nRUN\fd\n", ["FROM", "RUN\u00a0B", "\x1c#", "RUN"]),
    ("FROM a\ncomment b\nONBUILD \u2003USER c\n", ["FROM", "COMMENT", "USER"]),
    ("", []),
    ("# only a comment \\\n\\\n", []),
]


@pytest.mark.parametrize(("text", "expected"), SHAPES)
def test_instructions(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_places() -> None:
    text = (
        "FROM --platform=linux/amd64 \\\n  docker:dind AS Engine\n"
        "  ENV A=1 \\\n# note\n      B='two words'\n"
        "RUN --mount=type=bind,source=/x --security=insecure \\\n  docker \\\n\n  run x\n"
        'CMD [ "a\\u0062", "--host=tcp://0.0.0.0:2375" ]\n'
        "ONBUILD  RUN  --network=host  make\n"
        "HEALTHCHECK --interval=5s CMD docker info\n"
    )
    document = parse(text)
    base, environment, run, command, onbuild, health = document.instructions
    assert cut(text, base.span) == "FROM --platform=linux/amd64 \\\n  docker:dind AS Engine"
    assert [cut(text, word.span) for word in base.words] == ["docker:dind", "AS", "Engine"]
    assert [cut(text, pair.value.span) for pair in environment.pairs() if pair.value] == ["1", "'two words'"]
    assert environment.span == Span("Dockerfile", 3, 3, 5, 20)
    assert [(flag.name, flag.value) for flag in run.flags] == [
        ("mount", "type=bind,source=/x"),
        ("security", "insecure"),
    ]
    assert cut(text, run.flags[1].span) == "--security=insecure"
    assert run.arguments.text == "docker   run x"
    at = run.arguments.text.index("run")
    assert cut(text, run.arguments.span(at, at + 3)) == "run"
    assert (run.form, run.words) == ("shell", ())
    assert (command.form, [word.text for word in command.words]) == ("exec", ["ab", "--host=tcp://0.0.0.0:2375"])
    assert cut(text, command.words[1].span) == '"--host=tcp://0.0.0.0:2375"'
    assert (onbuild.name, onbuild.onbuild, cut(text, onbuild.name_span)) == ("RUN", True, "RUN")
    assert (onbuild.arguments.text, onbuild.flags[0].name) == ("make", "network")
    assert (health.kind, health.arguments.text, health.flags[0].value) == ("CMD", "docker info", "5s")
    [stage] = document.stages
    assert (stage.name, stage.base and stage.base.text, stage.platform and stage.platform.value) == (
        "engine",
        "docker:dind",
        "linux/amd64",
    )
    assert [instruction.stage for instruction in document.instructions] == [0] * 6
    assert document.notices == ()


def test_an_empty_value_points_at_its_pair() -> None:
    text = 'FROM a\nENV A= B=""\nARG C\n'
    _, environment, argument = parse(text).instructions
    assert [cut(text, pair.value.span) for pair in environment.pairs() if pair.value] == ["A=", '""']
    assert [pair.value for pair in argument.pairs()] == [None]


def test_heredocs() -> None:
    text = (
        "FROM a\nCOPY --chmod=600 <<EOF <<-'J' /etc/docker/\n{}\n\nEOF\n"
        "\t\tone\n  two\n\tJ\nRUN python3 <<X\nprint()\nX\n"
    )
    _, copy, run = parse(text).instructions
    first, second = copy.heredocs
    assert (first.delimiter, first.expand, first.strip_tabs, first.body.text) == ("EOF", True, False, "{}\n\n")
    assert (second.delimiter, second.expand, second.strip_tabs, second.body.text) == (
        "J",
        False,
        True,
        "one\n  two\n",
    )
    assert first.destination is not None
    assert cut(text, first.destination.span) == "/etc/docker/"
    assert first.body.span(0, 2) == Span("Dockerfile", 3, 1, 3, 3)
    assert second.body.span(0, 3) == Span("Dockerfile", 6, 3, 6, 6)
    assert second.body.span(6, 9) == Span("Dockerfile", 7, 3, 7, 6)
    assert (copy.span.end_line, copy.last_line) == (2, 8)
    assert run.heredocs[0].destination is None
    assert run.arguments.text == "python3 <<X"


@pytest.mark.parametrize(
    ("array", "form"),
    [
        ('["a", "b"]', "exec"),
        ("[]", "exec"),
        ('["a" "b"]', "shell"),
        ('["a",]', "shell"),
        ("['a']", "shell"),
        ('["a"] && b', "shell"),
        ("[ -f a ]", "shell"),
        ('["\\x"]', "shell"),
        ('["a"', "shell"),
    ],
)
def test_form(array: str, form: str) -> None:
    assert parse(f"FROM a\nCMD {array}\n").instructions[1].form == form


def test_an_embedded_dockerfile_points_into_the_file() -> None:
    parent = Source("compose.yaml", "x: |\n  FROM a\n  RUN b\n")
    source = Source("compose.yaml", "FROM a\nRUN b\n", hint="dockerfile", parent=parent, segments=segments())
    run = read(source).instructions[1]
    assert run.span == Span("compose.yaml", 3, 3, 3, 8)
    assert run.arguments.span(0, 1) == Span("compose.yaml", 3, 7, 3, 8)


def segments() -> tuple:
    from dindguard.source import Segment

    return (Segment(0, 7, 7), Segment(7, 16, 6))


def test_directives() -> None:
    text = "# Syntax = docker/dockerfile:1-labs\n#check=skip=all\n# escape = `\n# other=x\n# escape=\\\nFROM a"
    document = parse(text)
    assert document.directives == {"syntax": "docker/dockerfile:1-labs", "check": "skip=all", "escape": "`"}
    assert document.escape == "`"
    assert document.notices == ()
    assert parse("#!/usr/bin/env x\n# syntax=s\n# escape=`\nFROM a").directives == {"syntax": "s"}


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("# escape=x\nFROM a", "the 'escape' directive must be \\ or `", 1),
        ("# escape=`\n# escape=`\nFROM a", "only one 'escape' directive can be used", 2),
        ("FROM a\nRUN <<E\nRUN x", "the here-document 'E' is never closed", 2),
        ("FROM a\nENV A", "ENV takes name=value", 2),
        ("FROM a\nENV A=1 B", "ENV takes name=value", 2),
        ("FROM a b", "FROM takes an image and, perhaps, 'AS name'", 1),
        ("RUN a\nFROM b", "RUN stands before the first FROM", 1),
        ("FROM a\nCMD [1]", "a JSON array of arguments must hold strings only", 2),
        ("FROM a\n{% if x %}\nBAR\n", "a line starts with no Dockerfile instruction, and 1 more", 2),
        ("ARG a", "there is no FROM, so no image is described", 1),
    ],
)
def test_what_buildkit_refuses_is_noticed(text: str, message: str, line: int) -> None:
    [notice] = parse(text).notices
    assert (notice.message, notice.span.line, notice.gravity) == (message, line, Gravity.WARNING)


VARIABLES = """\
ARG VERSION=27
ARG FLAVOUR
FROM docker:${VERSION}-dind AS base
ENV DOCKER_HOST=tcp://docker:2375 QUOTED="a b" PATH=$PATH:/x
ENV LEGACY  the whole $DOCKER_HOST
FROM docker:${FLAVOUR:-dind} AS other
ENV SEEN=$DOCKER_HOST
FROM base
ENV DOCKER_HOST=$DOCKER_HOST/x OLD=$DOCKER_HOST
ARG VERSION
ARG LOCAL
ARG TARGETARCH
ENV V=$VERSION L=${LOCAL:-none} S=${LOCAL:+set} T=${TARGETARCH:-amd64} N=${NOBODY-d} P='$V' E=\\$V H=${V#2}
"""


def stage_environment(dockerfile: Dockerfile, stage: int) -> Mapping[str, Text]:
    """Return the environment at the end of a stage, by name; ``stage`` counts from 0."""
    walk = Walk(dockerfile)
    for instruction, _ in walk:
        if instruction.stage > stage:
            break
    return walk.ends[stage].environment


def test_environment() -> None:
    document = parse(VARIABLES)
    found = {
        (stage, name): (text.pattern, text.how)
        for stage in range(3)
        for name, text in stage_environment(document, stage).items()
    }
    assert found[0, "QUOTED"] == ("a b", How.WRITTEN)
    assert found[0, "PATH"] == (UNKNOWN_PIECE + ":/x", How.UNKNOWN)
    assert found[0, "LEGACY"] == ("the whole tcp://docker:2375", How.VARIABLE)
    assert found[1, "SEEN"] == (UNKNOWN_PIECE, How.UNKNOWN)  # ENV of a stage it is not based on
    assert found[2, "QUOTED"] == ("a b", How.WRITTEN)
    assert found[2, "DOCKER_HOST"] == ("tcp://docker:2375/x", How.VARIABLE)
    assert found[2, "OLD"] == ("tcp://docker:2375", How.VARIABLE)  # as it was before the instruction
    assert found[2, "V"] == ("27", How.DEFAULT)
    assert found[2, "L"] == ("none", How.DEFAULT)
    assert found[2, "S"] == ("", How.DEFAULT)
    assert found[2, "T"] == (UNKNOWN_PIECE, How.UNKNOWN)  # the builder sets it
    assert found[2, "N"] == ("d", How.DEFAULT)
    assert found[2, "P"] == ("$V", How.WRITTEN)
    assert found[2, "E"] == ("$V", How.WRITTEN)
    assert found[2, "H"] == (UNKNOWN_PIECE, How.UNKNOWN)
    assert stage_environment(document, 0)["DOCKER_HOST"].value == "tcp://docker:2375"


def test_expanded_words_lead_to_where_the_variable_was_set() -> None:
    bases = [
        expand(instruction.words[0], scope)
        for instruction, scope in Walk(parse(VARIABLES))
        if instruction.name == "FROM"
    ]
    assert [(base.value, base.how) for base in bases] == [
        ("docker:27-dind", How.DEFAULT),
        ("docker:dind", How.DEFAULT),
        ("base", How.WRITTEN),
    ]
    assert [step.span.line for step in bases[0].span.trail] == [1]
    assert bases[0].span.line == 3


def test_a_variable_of_the_file_is_not_visible_in_a_stage() -> None:
    document = parse("ARG V=1\nFROM a\nENV X=$V\n")
    assert stage_environment(document, 0)["X"].unknown


BIG = [
    ("junk", "\0\\x$'<\"{ab \n" * 20_000),
    ("continuations", "FROM a\nRUN " + "x \\\n" * 100_000),
    ("unclosed here-documents", "FROM x\n" + "".join(f"RUN <<E{i}\n" for i in range(20_000))),
    ("doubling variable", "FROM x\nENV A=aaaaaaaa\n" + "ENV A=$A$A$A$A\n" * 5_000),
    ("nested defaults", "FROM x\nENV A=" + "${a:-" * 100_000 + "\nRUN <<E " + "${a:-" * 100_000),
    ("nested arrays", "FROM x\nRUN " + "[" * 1_000_000),
    ("quotes", 'FROM x\nENV A="' + '\\"' * 200_000),
    ("stages on stages", "".join(f"FROM a{i - 1} AS a{i}\nENV V{i}=1\n" for i in range(5_000))),
    ("backslashes", "FROM x\nRUN " + "\\" * 1_000_000),
    ("blanks after a backslash", "FROM x\nRUN \\" + " " * 1_000_000 + "x"),
    ("ONBUILD of ONBUILD", "ONBUILD " * 100_000),
    ("flags", "FROM x\nRUN " + "--a=b " * 20_000),
]


@pytest.mark.parametrize("text", [text for _, text in BIG], ids=[name for name, _ in BIG])
def test_large_and_hostile(text: str) -> None:
    check_whole(text)


PIECES = ["FROM a", "RUN ", "COPY ", "ONBUILD ", "ENV A=", "<<E", "<<-'E'", "E", "\n", "\n", "\\\n", "`\n", "\r\n"]
PIECES += [
    "# escape=`\n",
    "# ",
    "$A",
    "${A:-",
    "}",
    '"',
    "'",
    "[",
    '["a"]',
    "\\",
    "\t",
    " ",
    "\0",
    "\u00a0",
    "\x1c",
    "é",
]
nasty = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(deadline=None)
@given(st.one_of(nasty, st.text()))
@example("RUN <<E\nE")
@example("\\\n#\\\nFROM\\")
def test_any_text_is_read(text: str) -> None:
    check_whole(text)


def check_whole(text: str) -> None:
    """Every line that the normaliser made is an instruction to dockerfile-parse, with places inside the file."""
    document = parse(text)
    assert len(document.instructions) == len(list(LogicalLines(Source("Dockerfile", text))))
    lines = len(re.findall(r"\r\n|\r|\n", text)) + 1
    for instruction in document.instructions:
        span = instruction.span
        assert 1 <= span.line <= span.end_line <= instruction.last_line <= lines
        for word in instruction.words:
            assert span.line <= word.span.line <= word.span.end_line <= span.end_line
    for instruction, scope in Walk(document):
        for word in instruction.words[:5]:
            expand(word, scope)


# --- BuildKit's own parser as the judge ---------------------------------------------------------------------------


def judged(text: str) -> list[tuple[str, int, int]] | None:
    """What BuildKit's parser says, or ``None`` when it refuses the file."""
    dockerfile = pytest.importorskip("dockerfile", reason="the package 'dockerfile' has no wheel for this platform")
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError:
        return None
    return [
        (
            (command.sub_cmd or "") if command.cmd.upper() == "ONBUILD" else command.cmd,
            command.start_line,
            command.end_line,
        )
        for command in commands
        if command.cmd
    ]


def ours(text: str) -> list[tuple[str, int, int]]:
    return [(one.name, one.span.line, one.last_line) for one in parse(text).instructions]


def upper(commands: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    return [(name.upper(), start, end) for name, start, end in commands]


NEWER = re.compile(r"<<-?[ \t\r\f]|#\s*check\s*=|[$][{]\w*[#%/]|\][^\n]*<<", re.IGNORECASE)
"""What BuildKit learned after the release in the package: blanks before a here-document's word, ``check``, the
operators ``#``, ``%`` and ``/``, and that a JSON array with something behind it is none."""


@pytest.mark.oracle
@pytest.mark.parametrize("text", [text for text, _ in SHAPES if not NEWER.search(text)] + [VARIABLES])
def test_buildkit_agrees_on_shapes(text: str) -> None:
    judgement = judged(text)
    assert judgement is None or ours(text) == upper(judgement)


@pytest.mark.oracle
def test_buildkit_agrees_on_every_fixture() -> None:
    paths = [path for path in FIXTURES.rglob("*") if re.search("(docker|container)file", path.name, re.IGNORECASE)]
    for path in paths:
        text = path.read_text("utf-8")
        judgement = judged(text)
        if judgement is not None and not NEWER.search(text):
            assert ours(text) == upper(judgement), path


@pytest.mark.oracle
@settings(deadline=None, max_examples=500)
@given(nasty)
@example("FROM a\nRUN <<E <<-'E'\nE\n\tE\nRUN b")
def test_buildkit_agrees_on_nasty_texts(text: str) -> None:
    # A lone CR ends a line for editors, and none for BuildKit; NUL ends the text for its Python binding.
    if NEWER.search(text) or "\0" in text or re.search("\r(?!\n)", text):
        return
    judgement = judged(text)
    if judgement is not None:
        assert ours(text) == upper(judgement)


def test_values_are_split_as_buildkit_splits_them() -> None:
    text = (
        'FROM a\nENV A=1 B="x y" C=\'z w\' D=a\\ b E=\\\\\nLABEL one two three\nARG A B=c D="e f"\n'
        "COPY --from=x a 'b c' d\nVOLUME /a /b\nEXPOSE 80 $PORTS/tcp\nUSER a b\n"
    )
    expected = [["a"], ["A=1", 'B="x y"', "C='z w'", "D=a\\ b", "E=\\\\"], ["one", "two three"]]
    expected += [["A", "B=c", 'D="e f"'], ["a", "'b", "c'", "d"], ["/a", "/b"], ["80", "$PORTS/tcp"], ["a b"]]

    def words(instruction: Instruction) -> list[str]:
        return [word.text for word in instruction.words]

    assert [words(instruction) for instruction in parse(text).instructions] == expected
