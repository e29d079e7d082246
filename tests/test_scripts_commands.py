"""What a script runs, and where each of its words is written."""

from __future__ import annotations

import gc

import pytest

from dindguard.model.values import UNKNOWN_PIECE, How, Text, written
from dindguard.scripts.command import Command
from dindguard.scripts.commands import (
    Commands,
    Dialect,
    argv_command,
    argv_commands,
    commands,
    programs,
    script_commands,
    split_words,
)
from dindguard.scripts.shell.writing import FRAGMENT
from dindguard.source import Source, Span


def read(text: str, dialect: Dialect = Dialect.SHELL) -> Commands:
    return commands(Source("x.sh", text), dialect=dialect)


def lines(text: str, dialect: Dialect = Dialect.SHELL) -> list[str]:
    """Return the engine commands of a script, one line each; an undecided piece shows its variable."""
    return [line(command) for command in read(text, dialect).commands if command.program not in ("sh", "bash")]


def line(command: Command) -> str:
    return " ".join(
        word.pattern.replace(UNKNOWN_PIECE, f"<{word.variable}>") + ("?" * (word.value is None))
        for word in command.words
    )


def at(text: str, span: Span) -> str:
    """Return the characters of ``text`` that a span covers."""
    rows = text.split("\n")[span.line - 1 : span.end_line]
    rows[-1] = rows[-1][: span.end_column - 1]
    rows[0] = rows[0][span.column - 1 :]
    return "\n".join(rows)


RUN = "docker run a"


@pytest.mark.parametrize(
    "text",
    [
        "docker run a",
        "cd x && docker run a",
        "false || docker run a",
        "true; docker run a; true",
        "if docker run a; then :; fi",
        "if x; then\n  docker run a\nelse :; fi",
        "if ! docker run a; then :; fi",
        "while :; do docker run a; done",
        "for i in 1 2; do docker run a; done",
        "for ((i=0; i<3; i++)); do docker run a; done",
        "case $1 in\n  a | b) docker run a ;;\n  *) : ;;\nesac",
        "f() { docker run a; }; f",
        "function f {\n docker run a\n}",
        "(docker run a)",
        "{ docker run a; }",
        "x=$(docker run a)",
        'echo "$(docker run a)"',
        "echo `docker run a`",
        "[[ -n $(docker run a) && x == y ]]",
        "docker run a | cat",
        "yes | docker run a",
        "docker run a > log 2>&1 &",
        "docker \\\n  run \\\n  a",
        "docker run a # comment",
        "sudo -E -u root docker run a",
        "sudo A=b docker run a",
        "env -i A=b docker run a",
        "A=b docker run a",
        "exec docker run a",
        "time docker run a",
        "nohup docker run a &",
        "command docker run a",
        "timeout -k 5 10s docker run a",
        "nice -n 5 docker run a",
        "find . -exec docker run a \\;",
        "flock /tmp/lock docker run a",
        "flock /tmp/lock -c 'docker run a'",
        "retry 3 docker run a",
        "winpty docker run a",
        "$SUDO docker run a",
        "eval docker run a",
        'eval "docker run a"',
        "sh -c 'docker run a'",
        'bash -euxo pipefail -c "docker run a"',
        "su - user -c 'docker run a'",
        "ssh -i key host docker run a",
        "ssh host 'docker run a'",
        "ssh -p 22 host sh -c '\"docker run a\"'",
        "ssh host <<EOF\ndocker run a\nEOF",
        "ssh host bash -s <<'EOF'\ndocker run a\nEOF",
        "bash <<-EOF\n\tdocker run a\n\tEOF",
        "bash <<< 'docker run a'",
        "cat <<EOF | sudo sh\ndocker run a\nEOF",
        "echo 'docker run a' | sh",
        "trap 'docker run a' EXIT",
        "alias d='docker run a'",
        "vagrant ssh -c 'docker run a'",
        "gcloud compute ssh vm --command='docker run a'",
        "kubectl exec -it pod -- docker run a",
        'run() { timeout 9 "$@"; }\nrun docker run a',
        "start-stop-daemon --start --exec /usr/bin/docker -- run a",
        "D=docker; $D run a",
        "DOCKER=${DOCKER:-docker}; $DOCKER run a",
        "$(which docker) run a",
        "E=$(command -v docker || command -v podman)\n$E run a",
        "E=$(command -v docker >/dev/null && echo docker || echo podman)\n$E run a",
        'cmd=(docker run); "${cmd[@]}" a',
        "cmd='docker run'; $cmd a",
        'set -- docker run a; exec "$@"',
        "{{ if x }}\ndocker run a\n{{ end }}",
        "if [ ${{ github.x }} = 'it''s' ]; then docker run a; fi",
    ],
)
def test_what_is_in_command_position_is_found(text: str) -> None:
    assert lines(text)[-1].removeprefix("/usr/bin/") == RUN


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("if x; then E=podman; else E=docker; fi\n$E run a", "docker"),
        ('case $1 in a) E=docker ;; *) E="sudo docker" ;; esac\n$E run a', "docker"),
        ('E=docker\nf() { $E run a; }\ng() { E=$1; }\neval "$1"', "docker"),
        ("$DOCKER_RUNTIME run a", "docker"),
        ("$DOCKERCMD run a", "docker"),
        ("E=$1\n$E run a", ""),
        ("if x; then E=ls; else E=cat; fi\n$E run a", ""),
        ("E=$(echo docker compose)\n$E run a", ""),
        ("E=$(command -v docker; true)\n$E run a", ""),
    ],
)
def test_a_variable_that_several_programs_are_given_stands_for_the_client_among_them(text: str, program: str) -> None:
    found = [each.program for each in commands(Source("a.sh", text)).commands if each.words[1:2]]
    assert [each for each in found if each] == ([program] if program else [])


def test_what_xargs_reads_completes_the_command() -> None:
    assert lines("xargs -n 1 docker run a") == ["docker run a <what xargs reads>?"]
    assert lines("xargs -I{} docker run {} a") == ["docker run {} a"]
    assert lines("parallel docker run ::: a b") == ["docker run <what parallel reads>?"]


@pytest.mark.parametrize(
    "text",
    [
        "echo docker run a",
        'echo "docker run a"',
        "printf 'docker run a\\n'",
        "grep 'docker run a' file",
        "grep -q docker run a",
        "# docker run a",
        "x # docker run a",
        "X='docker run a'",
        "cat <<EOF\ndocker run a\nEOF",
        "cat > README.md <<EOF\ndocker run a\nEOF",
        "[ docker = run ]",
        "[[ docker == run ]]",
        "docker_run() { :; }",
        "command -v docker",
        "usage 'docker run a'",
        "log docker run a",
        "sed 's/docker run a/x/' f",
        "git commit -m 'docker run a'",
        "for x in docker run a; do :; done",
        "case x in docker) : ;; esac",
        "echo $((docker * 2))",
        "$ECHO docker run a",
        "su user docker run a",
        "echo \\\n docker run a",
    ],
)
def test_what_is_printed_searched_or_named_is_none(text: str) -> None:
    assert not lines(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('O="--rm --privileged"; O+=" -v /a:/b"; docker run $O a', "docker run --rm --privileged -v /a:/b a"),
        ('args=(--rm "x y"); args+=(-d); docker run "${args[@]}" a', "docker run --rm x y -d a"),
        ("docker run ${P:+--privileged} a", "docker run --privileged? a"),
        ("P=1; docker run ${P:+--privileged} a", "docker run --privileged a"),
        ("P=; docker run ${P:+--privileged} a", "docker run a"),
        ("docker run ${I:-alpine}", "docker run alpine"),
        ("docker run $I", "docker run <I>?"),
        ('docker run "$@"', "docker run <@>?"),
        ("docker run -v $PWD/x:/y a", "docker run -v <PWD>/x:/y? a"),
        ("I=$1; docker run $I", "docker run <I>?"),
        ("if x; then I=a; else I=b; fi; docker run $I", "docker run <I>?"),
        ("if x; then I=a; else I=a; fi; docker run $I", "docker run a"),
        ("O=; if x; then O=--privileged; fi; docker run $O a", "docker run --privileged? a"),
        ('O=--rm; [ x ] && O="$O --privileged"; docker run $O a', "docker run --rm --privileged? a"),
        ("if x; then I=a; docker run $I; fi", "docker run a"),
        ("f() { docker run $I; }; I=a; f", "docker run a"),
        ("I=a; f() { docker run $I; }; f; I=b; f", "docker run <I>?"),
        ("f() { I=a; }; f; docker run $I", "docker run a"),
        ("I=b; f() { local I=a; }; f; docker run $I", "docker run b"),
        ("I=a; read I; docker run $I", "docker run <I>?"),
        ("I=a; unset I; docker run ${I:-c}", "docker run c"),
        ("I=a; (I=b); docker run $I", "docker run a"),
        ("for i in a; do docker run $i; done", "docker run a"),
        ("for i in a b; do docker run $i; done", "docker run <i>?"),
        ("I=a; sh -c 'docker run $I'", "docker run <I>?"),
        ("export I=a; sh -c 'docker run $I'", "docker run a"),
        ('I=a; sh -c "docker run $I"', "docker run a"),
        ("export I=a; ssh h 'docker run $I'", "docker run <I>?"),
        ("docker run ${{ inputs.x && '--privileged' || '' }} a", "docker run --privileged? a"),
        ("docker run {{ .Values.x }}/a", "docker run <.Values.x>/a?"),
        ("docker run a$'\\n'b", "docker run a\nb"),
        ("A=$B$B; B=$A$A; docker run a", "docker run a"),
    ],
)
def test_variables_have_the_value_that_the_file_decides(text: str, expected: str) -> None:
    assert lines(text)[-1] == expected


def test_a_word_from_a_variable_points_at_the_assignment_and_tells_its_use() -> None:
    text = 'OPTS="--rm \\\n  --privileged"\ndocker run $OPTS a\n'
    word = read(text).commands[0].words[3]
    assert at(text, word.span) == "--privileged"
    assert word.how is How.VARIABLE
    assert [(step.what, at(text, step.span)) for step in word.span.trail] == [("used here", "$OPTS")]


@pytest.mark.parametrize(
    ("text", "word", "piece", "expected"),
    [
        ("docker run -v /a:/b", 3, (0, 2), "/a"),
        ('docker run -v "/a:/b"', 3, (3, 5), "/b"),
        ('docker run -v "$HOME"/a:/b', 3, (4, 6), "/b"),
        ("docker run --volume='/a':/b", 2, (9, 11), "/a"),
        ("S=/s; docker run -v $S:/b", 3, (0, 2), "/s"),
        ("S=/s; docker run -v $S:/b", 3, (3, 5), "/b"),
        ("sh -c \"docker run -v '/a':/b\"", 3, (3, 5), "/b"),
        ("ssh h docker run -v /a:/b", 3, (0, 2), "/a"),
        ("cat <<E | sh\ndocker run -v /a:/b\nE", 3, (0, 2), "/a"),
        ("docker run -v /a\\ b:/b", 3, (5, 7), "/b"),
        ("docker run -v \\\n   /a:/b", 3, (3, 5), "/b"),
        ("docker run -v 'ä:/b'", 3, (2, 4), "/b"),
    ],
)
def test_each_character_of_a_word_can_be_pointed_at(
    text: str, word: int, piece: tuple[int, int], expected: str
) -> None:
    command = next(one for one in read(text).commands if one.program == "docker")
    assert at(text, command.words[word].span_of(*piece)) == expected
    assert command.words[word].part(*piece).value == expected


def test_the_span_of_a_command_is_where_it_stands_not_where_its_variables_do() -> None:
    text = "D=docker\nOPTS=--rm\n$D run $OPTS"
    assert at(text, read(text).commands[0].span) == "$D run $OPTS"


def test_where_a_command_runs() -> None:
    [command] = read("sudo ssh -i k build1 'docker -H x ps'").commands
    assert (command.wrappers, str(command.remote)) == (("sudo", "ssh"), "build1")
    outer, inner = read("docker exec x sh -c 'dockerd --tls=false &'").commands
    assert (inner.program, inner.inside, inner.background) == ("dockerd", outer, True)
    assert not outer.background
    [tested] = read("if docker ps; then :; fi").commands
    assert tested.in_test


def test_the_environment_of_a_command() -> None:
    text = "export DOCKER_HOST=tcp://a:1 OTHER=2\nDOCKER_TLS_VERIFY=1 docker ps\nsudo DOCKER_HOST=b docker ps\n"
    result = read(text)
    first, second = result.commands
    assert {name: value.value for name, value in first.environment.items()} == {
        "DOCKER_HOST": "tcp://a:1",
        "DOCKER_TLS_VERIFY": "1",
    }
    assert second.environment["DOCKER_HOST"].value == "b"
    assert at(text, second.environment["DOCKER_HOST"].span) == "b"
    assert [(export.name, export.value.value) for export in result.exports][:1] == [("DOCKER_HOST", "tcp://a:1")]


@pytest.mark.parametrize(
    "text", ["curl get.docker.com | sudo sh", "bash <(curl get.docker.com)", "curl docker | tee x | sh"]
)
def test_a_pipe_into_a_shell_is_known_on_both_ends(text: str) -> None:
    curl = read(text).commands[0]
    assert curl.program == "curl"
    shell = read(text).commands[-1]
    assert shell.program in ("sh", "bash")
    if "tee" not in text:
        assert shell.piped_from is not None
        assert shell.piped_from.program == "curl"


@pytest.mark.parametrize(
    ("text", "hint", "content"),
    [
        ('cat > /etc/docker/daemon.json <<EOF\n{"a": 1}\nEOF', "/etc/docker/daemon.json", '{"a": 1}\n'),
        ('cat <<EOF | sudo tee /etc/docker/daemon.json\n{"a": 1}\nEOF', "/etc/docker/daemon.json", '{"a": 1}\n'),
        ('sudo tee d.json >/dev/null <<-EOF\n\t{"docker": 1}\n\tEOF', "d.json", '{"docker": 1}\n'),
        ("echo '{\"docker\": 1}' > $D/daemon.json", "/daemon.json", '{"docker": 1}\n'),
        ("printf '%s\\n' '{\"docker\": 1}' | sudo tee d.json", "d.json", '{"docker": 1}\n'),
        ("sh -c 'echo \"docker\" > f'", "f", "docker\n"),
        ('P=1; cat > docker.json <<EOF\n{"a": $P, "b": $Q}\nEOF', "docker.json", '{"a": 1, "b": $Q}\n'),
        ("echo DOCKER_HOST=docker >> $GITHUB_ENV", "$GITHUB_ENV", "DOCKER_HOST=docker\n"),
        (r"printf '[Service]\nExecStart=dockerd\n' > f", "f", "[Service]\nExecStart=dockerd\n"),
        (r"printf '%s=%s\n' DOCKER_OPTS docker > f", "f", "DOCKER_OPTS=docker\n"),
        (r"printf '%s\n' docker b > f", "f", "docker\nb\n"),
        (r"printf '100%% docker \x41\101' > f", "f", "100% docker AA\n"),
        (r"printf '%b' 'docker\n\tb' > f", "f", "docker\n\tb\n"),
        (r"echo -e 'docker\nb' > f", "f", "docker\nb\n"),
        (r'echo -e "{\n" "\"docker\": 1}" > f', "f", '{\n "docker": 1}\n'),
        (r'echo "docker\n" > f', "f", "docker\n"),
        ("""own="$(awk '$1 == "0"' x)"\necho "docker ${own}/a" > f""", "f", "docker ${own}/a\n"),
        (r"echo 'docker\nb' > f", "f", "docker\nb\n"),
        (r"""echo '{"a": "docker\nb"}' > f""", "f", '{"a": "docker\\nb"}\n'),
        (r"echo $'docker\nb' > f", "f", "docker\nb\n"),
        ("echo '{\"docker\": 1}' | tee -a d.json", "d.json", '{"docker": 1}\n'),
    ],
)
def test_a_document_written_to_a_file_is_handed_on(text: str, hint: str, content: str) -> None:
    [embedded] = read(text).embedded
    assert (embedded.source.hint, embedded.source.text) == (hint, content)
    start = content.index("docker") if "docker" in content else content.index("a")
    assert at(text, embedded.source.span(start, start + 1)) == content[start]


@pytest.mark.parametrize(
    "text",
    [
        "echo docker >> Dockerfile",
        "cat >> docker.yaml <<EOF\na: 1\nEOF",
        "echo docker | tee -a daemon.json",
        "docker ps > list",
        "echo docker > /dev/null",
        "cat docker.txt > copy",
    ],
)
def test_a_fragment_or_a_commands_own_output_is_no_document(text: str) -> None:
    assert all(each.source.hint == FRAGMENT for each in read(text).embedded)


def test_a_list_of_words_is_read_as_a_command_or_a_script() -> None:
    span = Span("c.yaml", 3, 5, 3, 40)
    words = [written(word, span) for word in ("tini", "--", "dockerd", "--tls=false")]
    assert line(argv_command(words)) == "dockerd --tls=false"
    script = written("exec dockerd -H tcp://0.0.0.0:2375", Span("c.yaml", 7, 9, 7, 43))
    [found] = argv_commands([written("sh", span), written("-c", span), script]).commands
    assert line(found) == "dockerd -H tcp://0.0.0.0:2375"
    assert (found.words[2].span.line, found.words[2].span.column) == (7, 25)
    assert argv_commands([]).commands == ()


def test_a_located_value_is_read_with_its_unknown_pieces() -> None:
    value = Text(
        None, Span("c.yaml", 1, 1, 1, 30), How.UNKNOWN, f"docker run {UNKNOWN_PIECE} a", "OPTS", "docker run $OPTS a"
    )
    [command] = script_commands(value).commands
    assert line(command) == "docker run <OPTS>? a"


def test_without_a_shell_only_quotes_count() -> None:
    [command] = read("/usr/bin/docker run -e 'A=b; docker ps' \"x y\" $I && docker ps", Dialect.EXEC).commands
    assert [word.value for word in command.words[1:]] == [
        "run",
        "-e",
        "A=b; docker ps",
        "x y",
        "$I",
        "&&",
        "docker",
        "ps",
    ]
    words = split_words(written("a 'b c' d", Span("f", 1, 1, 1, 10)))
    assert [(word.value, word.span.column) for word in words] == [("a", 1), ("b c", 3), ("d", 9)]


def test_the_lines_of_a_printed_document_have_their_places() -> None:
    """A finding in the text that escapes make points at the script's own characters."""
    [embedded] = read(r"printf 'a\n  docker: b\n' > f").embedded
    at = embedded.source.text.index("docker")
    assert embedded.source.span(at, at + 6).column == len("printf 'a__  ") + 1


def test_a_piece_of_a_structured_file_is_no_document() -> None:
    assert [each.source.hint for each in read("echo '\"docker\": 1,' >> d.json").embedded] == [FRAGMENT]
    assert not read("echo 'docker: 1' >> README.md").embedded


def test_many_exported_variables_reach_the_script_that_is_started() -> None:
    names = "".join(f"export V{n}=1\n" for n in range(200))
    text = f"{names}export W=--privileged\nX=--privileged\nbash -c 'docker run $W a'\nbash -c 'docker run $X b'\n"
    first, second = [[word.value for word in command.arguments] for command in read(text).commands]
    assert first == ["run", "--privileged", "a"]
    assert "--privileged" not in second, "what is not exported does not reach it"


def test_a_function_is_read_with_what_each_call_gives_it() -> None:
    body = 'f() {\n  docker run $1 "$@"\n}\n'
    assert lines(body + "f\nf a\nf a b\nf a\n") == ["docker run", "docker run a a", "docker run a a b"]
    assert lines('f() {\n  shift\n  docker run "$@"\n}\nf a b\n') == ["docker run b"]
    assert lines('f() {\n  [ -n "$1" ] && shift\n  docker run "$@"\n}\nf a b\n') == ["docker run <@>?"]
    assert lines('g() {\n  docker run "$1"\n}\nf() {\n  g "$2"\n}\nf a b\n') == ["docker run <1>?"]


def test_a_script_that_was_read_goes_without_the_cycle_collector() -> None:
    source = Source("a.sh", "f() { sudo dockerd $1; }\nf --debug\nsh -c 'dockerd --tls'\n")
    assert len(commands(source).commands) == 2
    gc.collect()
    gc.disable()
    try:
        assert commands(source).commands
        assert gc.collect() == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("docker run a\nmake all\n/usr/bin/jq .\n", {"make", "jq"}),
        ("docker run a\nsudo -E make all\nmake all | tee log\n", {"make", "tee"}),
        ("docker exec c mysqldump\ndocker run a 1\n", {"mysqldump", "1"}),
        ("f() { make; docker ps; }\nf\n", {"f", "make"}),
        ("docker run a\nsh -c 'make; x'\n", {"make", "x"}),
        ("if grep -q a b; then docker run $(date); fi\n", {"grep", "date"}),
        ("docker run a\n$TOOL\n", {""}),
        ("docker run a\n", set()),
    ],
)
def test_what_a_script_runs_besides_is_told_with_its_commands(text: str, others: set[str]) -> None:
    source = Source("x.sh", text)
    found = commands(source)
    assert found.others == others
    every = found._replace(others=None)
    assert programs(source, found) == programs(source, every) == others | {each.program for each in found.commands}


@pytest.mark.parametrize("text", ["docker run a\n$SUDO make\n", 'retry() { "$@"; }\nretry make\ndocker run a\n'])
def test_what_hides_a_program_is_read_again_by_whoever_looks_for_every_one(text: str) -> None:
    source = Source("x.sh", text)
    found = commands(source)
    assert found.others is None
    assert programs(source, found) == {"docker", "make"}
