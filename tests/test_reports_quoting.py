"""Quoted lines: the marks stay on their characters, secrets stay hidden, nothing outgrows its width."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dindguard import Options, scan
from dindguard.reports import safe
from dindguard.reports.excerpt import Excerpt, excerpt
from dindguard.reports.masking import Masks, secret_name, shown
from dindguard.reports.quoting import Mark, Quoter, rows
from dindguard.reports.terminal import Terminal, cell, cells, wrapped
from dindguard.source import Source

SECRET = "\u2620"  # nothing else in these lines
CHARACTERS = st.sampled_from(
    ["a", "0", " ", "\t", "-", "é", "e\u0301", "日", "😀", "\x1b", "\u202e", "\u200b", "\ufeff"]
)
PIECES = st.lists(CHARACTERS, max_size=60).map("".join)


def under(found: Excerpt, mark: int = 0) -> str:
    """Return the characters that stand above a mark's carets."""
    start, end = found.marks[mark]
    column = 0
    above = ""
    for char in found.text:
        # What combines belongs to the character before it.
        if start < column <= end if not cell(char) else start <= column < end:
            above += char
        column += cell(char)
    return above


@given(before=PIECES, marked=st.text("abc/日é", min_size=1, max_size=10), after=PIECES, width=st.integers(40, 100))
def test_carets_stand_below_what_is_marked(before: str, marked: str, after: str, width: int) -> None:
    found = excerpt(before + marked + after, [(len(before), len(before) + len(marked))], [], width)
    assert cells(found.text) <= width
    assert under(found) == marked


@given(before=PIECES, secret=st.integers(1, 30), between=PIECES, after=PIECES, width=st.integers(40, 100))
def test_a_hidden_value_moves_the_carets_along(
    before: str, secret: int, between: str, after: str, width: int
) -> None:
    line = before + SECRET * secret + between + "[here]" + after
    start = line.index("[here]")
    found = excerpt(line, [(start, start + 6)], [(len(before), len(before) + secret)], width)
    assert SECRET not in found.text
    assert under(found) == "[here]"


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4), PIECES, st.integers(40, 90))
def test_any_marks_and_ranges_are_survived(pairs: list[tuple[int, int]], line: str, width: int) -> None:
    ranges = [(min(pair), max(pair)) for pair in pairs]
    found = excerpt(line, ranges, ranges[:2], width)
    assert found.text.isprintable()
    assert cells(found.text) <= width
    assert all(0 <= start < end <= width + 1 for start, end in found.marks)


def test_a_line_without_end_is_read_around_its_mark_only() -> None:
    line = "x" * 500_000 + "MARK" + "y" * 500_000
    found = excerpt(line, [(500_000, 500_004)], [], 60)
    assert under(found) == "MARK"
    assert found.text[0] == found.text[-1] == "…"


def test_a_masked_mark_is_under_the_mask() -> None:
    found = excerpt("PASSWORD: hunter2 # old", [(10, 17)], [(10, 17)], 60)
    assert (found.text, under(found)) == ("PASSWORD: *** # old", "***")


HIDDEN = [
    ("  PASSWORD: correct horse  # c", "  PASSWORD: ***  # c"),
    ("      - DB_PASSWORD=hunter2", "      - DB_PASSWORD=***"),
    ("docker run -e API_TOKEN=abc img", "docker run -e API_TOKEN=*** img"),
    ('{"apiKey":"abc","b":1}', '{"apiKey":"***","b":1}'),
    ("{TOKEN: a b, X: y}", "{TOKEN: ***, X: y}"),
    ("password: ${PW:-fallback}", "password: ***"),
    ("git clone https://me:pw@example.org/x", "git clone https://me:***@example.org/x"),
    ("DOCKER_HOST: tcp://u:pw@dind:2376", "DOCKER_HOST: tcp://u:***@dind:2376"),
    ("tool --password foo --tlskey=/certs/key.pem", "tool --password *** --tlskey=/certs/key.pem"),
    ("docker login -u x -p yy registry", "docker login -u x -p *** registry"),
    ("echo ghp_" + "a" * 36, "echo ***"),
    ("aws AKIA" + "Q" * 16 + " x", "aws *** x"),
    ('-H "Authorization: Bearer abcdef.ghi"', '-H "Authorization: Bearer ***"'),
    ("DOCKER_AUTH_CONFIG: abc", "DOCKER_AUTH_CONFIG: ***"),
    ("export REGION=eu-west", "export REGION=***"),
]
SHOWN = [
    "- /var/run/docker.sock:/var/run/docker.sock:ro",
    "  privileged: true",
    "image: docker@sha256:" + "ab" * 32,
    'DOCKER_TLS_CERTDIR: ""',
    "- DOCKER_HOST=tcp://dind:2375",
    "  POST: 1",
    "  SECRETS: 1",
    "secretName: registry",
    "automountServiceAccountToken: false",
    "password: ${PASSWORD}",
    "TOKEN: ${{ secrets.TOKEN }}",
    "secrets: inherit",
    "docker login --password-stdin registry.example",
    "--mount type=bind,source=/var/run/docker.sock,target=/s",
    "RUN --mount=type=secret,id=npm cat /run/secrets/npm",
    "dockerd --tlsverify --tlskey /certs/server-key.pem",
]


def masked(line: str, marks: tuple[tuple[int, int], ...] = ()) -> str:
    for start, end in reversed(Masks(None).ranges(Source("x", line), 1, marks)):
        line = line[:start] + "***" + line[end:]
    return line


@pytest.mark.parametrize(("line", "expected"), HIDDEN)
def test_secrets_are_masked(line: str, expected: str) -> None:
    assert masked(line) == expected


@pytest.mark.parametrize("line", SHOWN)
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert masked(line) == line


def test_what_is_pointed_at_is_shown_unless_it_is_a_credential() -> None:
    assert masked("SOCKET=/x", ((7, 9),)) == "SOCKET=/x"
    assert masked("SOCKET=abc", ((7, 10),)) == "SOCKET=abc"
    assert masked("SECRET=abc", ((7, 10),)) == "SECRET=***"


@given(st.text(max_size=300))
def test_masking_survives_any_line(line: str) -> None:
    source = Source("x", line)
    found = Masks(None).ranges(source, 1)
    assert all(0 <= start < end <= len(source.line_text(1)) for start, end in found)
    assert found == sorted(found)


@pytest.mark.parametrize("name", ["DOCKER_HOST", "DOCKER_TLS_CERTDIR", "POST", "AUTH", "BUILDKIT_HOST", "container"])
def test_names_that_steer_engines_are_shown(name: str) -> None:
    assert shown(name)


@pytest.mark.parametrize("name", ["DOCKER_PASSWORD", "DOCKER_AUTH_CONFIG", "HOME", "POSTGRES", "docker_host", ""])
def test_other_names_are_not(name: str) -> None:
    assert not shown(name)


CREDENTIALS = {"clientSecret", "token", "tls-key", "dbpass"}


@pytest.mark.parametrize(
    "name",
    [*sorted(CREDENTIALS), "tokens_path", "compass", "secretName", "AUTH_ALLOWED_ORGANIZATIONS", "AUTH_DOMAIN"],
)
def test_names_of_credentials(name: str) -> None:
    assert secret_name(name) is (name in CREDENTIALS)


def quoted(text: str, *marks: tuple[str, str], width: int = 60) -> list[str]:
    source = Source("f", text)
    places = [Mark(source.span(text.index(what), text.index(what) + len(what)), note) for what, note in marks]
    quoter = Quoter({"f": source}, Masks(None), width - 6)
    return [row for quote in quoter.quotes(places) for row in rows(quote, Terminal(width=width), 1, "red")]


def test_marks_on_one_line_share_a_row_and_the_last_note_stands_beside_it() -> None:
    assert quoted("mount: /a/b:/c:ro\n", ("/a/b", ""), ("ro", "no protection")) == [
        "  1 │ mount: /a/b:/c:ro",
        "    │        ^^^^    ^^ no protection",
    ]


def test_each_further_note_has_a_row_and_lines_between_are_left_out() -> None:
    text = "first: one\nsecond: two three four\n\nlast: five\n"
    assert quoted(text, ("two", ""), ("three", "the third"), ("four", "the fourth"), ("five", "the fifth")) == [
        "  2 │ second: two three four",
        "    │         ^^^ ^^^^^ ^^^^ the fourth",
        "    │             ^^^^^ the third",
        "    ⋮",
        "  4 │ last: five",
        "    │       ^^^^ the fifth",
    ]


def test_what_lies_over_the_finding_is_drawn_below_it() -> None:
    assert quoted("mount: /a/b:/c:ro\n", ("ro", ""), ("/a/b:/c:ro", "this mount")) == [
        "  1 │ mount: /a/b:/c:ro",
        "    │                ^^",
        "    │        ^^^^^^^^^^ this mount",
    ]


def test_a_note_without_room_goes_below() -> None:
    text = "a" * 30 + " here\n"
    assert quoted(text, ("here", "this is too long to stand beside it"), width=50) == [
        f"  1 │ {'a' * 30} here",
        f"    │ {' ' * 31}^^^^",
        "    │          this is too long to stand beside it",
    ]


def test_a_span_over_several_lines_marks_the_first_to_its_end() -> None:
    source = Source("f", "a: [1,   \n  2]\n")
    quoter = Quoter({"f": source}, Masks(None))
    (line,) = quoter.quotes([Mark(source.span(3, 13))])[0].lines
    assert under(line.excerpt) == "[1,"


@given(st.text(max_size=200), st.integers(20, 80))
def test_wrapping_keeps_every_word_and_the_width(text: str, width: int) -> None:
    text = safe.one_line(text)
    lines = wrapped(text, width, "  ")
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())
    assert all(cells(line) <= width or len(line.split()) == 1 for line in lines)


def test_a_yes_or_a_no_is_no_secret_whatever_its_variable(tmp_path: Path) -> None:
    line = '    environment: {DOCKER_HOST: "tcp://192.0.2.1:2375", VERBOSE: "true", PLACE: "in-the-cellar"}\n'
    (tmp_path / "compose.yaml").write_text(f"services:\n  a:\n    image: example/a:1\n{line}", "utf-8")
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    source = report.sources["compose.yaml"]
    hidden = [source.line_text(4)[start:end] for start, end in Masks(report.model).ranges(source, 4, [(5, 8)])]
    assert [each.strip('"') for each in hidden] == ["in-the-cellar"]


def test_of_a_variables_options_the_word_that_is_blamed_can_be_read(tmp_path: Path) -> None:
    """The options may hold a secret: only the marked word is shown, and not if it is another variable's value."""
    options = "-e REGION=in-the-cellar -v /var/run/docker.sock:/s"
    line = f"    environment {{ ARGS = '{options}' }}\n"
    steps = "steps { script { docker.image('a').inside(env.ARGS) { sh 'b' } } }"
    (tmp_path / "Jenkinsfile").write_text(f"pipeline {{ agent any\n{line}{steps} }}\n", "utf-8")
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    source, masks = report.sources["Jenkinsfile"], Masks(report.model)

    def shown(*words: str) -> str:
        marks = [(line.index(word), line.index(word) + len(word)) for word in words]
        hidden = masks.ranges(source, 2, marks)
        return "".join(char for at, char in enumerate(line) if not any(a <= at < b for a, b in hidden))

    assert "docker.sock" not in shown("environment")
    assert "/var/run/docker.sock" in shown("/var/run/docker.sock")
    assert "-e REGION" not in shown("/var/run/docker.sock")
    for secret in ("in-the-cellar", "REGION=in-the-cellar", "the-cellar -v", options):
        assert "cellar" not in shown("/var/run/docker.sock", secret), secret
