"""The cheap tests before the dear ones never lose a credential: both say the same of every line."""

from __future__ import annotations

import random
import re

import pytest

from dindguard.reports import masking
from dindguard.reports.masking import Masks, hints, programs, words
from dindguard.reports.masking.names import secret_name
from dindguard.reports.masking.programs import OPTIONS

PIECES = [
    *OPTIONS, "ENV", "ARG", "export", "env", "set", "setx", "vault", "login", "add_user", "machine", "account", "by", "with",
    "identified", "encrypted", "password", "sudo", "tee", "echo", "docker", "./", "/usr/bin/", "-p", "-S", "-u", "-e", "--env",
    "--user", "--my-pat", "--apiKey",
    "--x.auth", "--clientAuth", "_pat", "path", "author", "--otp", "-pw", "'", '"', "`", "(", ")",
    "[", "]", "{", "}", ",", ":", ";", "|", "||", "&&", "<", "<<<", ">", "\\", "\\n", "$", "=", "-", ".", "a b", "x1", "Zq7",
    "u:p", "/etc/shadow", ".netrc", "é", "\u017f", "İ",
]  # fmt: skip


def line_of(chance: random.Random) -> str:
    """Return words of commands, some of them glued to each other."""
    return "".join(chance.choice(PIECES) + chance.choice((" ", " ", "")) for _ in range(chance.randint(1, 9)))


def test_a_line_that_cannot_speak_gives_no_credential_away(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    silent = [line for line in (line_of(chance) for _ in range(20_000)) if not hints.speaks(line)]
    assert len(silent) > 500, "the lines are too telling to try the test before them"
    monkeypatch.setattr(hints, "speaks", lambda _: True)
    assert [line for line in silent if list(words.spoken(line))] == []


def test_words_that_no_other_word_tells_of_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    pieces = [
        "env", "set", "setx", "setenv", "config", "openssl", "vault", "password", "passwd", "by", "account", "requirepass",
        "login", "unseal", "auth",
        "authtoken", "add-authtoken", "reset-admin-password", "ENV", "ARG", "identified", "with", "encrypted",
        "token", "operator", "cargo", "snyk", "ngrok", "admin", "grafana-cli", "htpasswd", "/usr/bin/rabbitmqctl", "add_user",
        "mysql", "machine", "-b", '"apiKey",', *['"Zq7"', "Zq7"] * 8,
    ]  # fmt: skip
    lines = [" ".join(chance.choices(pieces, k=chance.randint(2, 6))) for _ in range(20_000)]
    found = [list(words.spoken(line)) for line in lines]
    monkeypatch.setattr(programs, "TELLS", frozenset({""}))  # an empty word stands before every command
    assert [list(words.spoken(line)) for line in lines] == found


def test_a_sentence_is_read_without_its_quotes_where_that_makes_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    lines = [line_of(chance) for _ in range(20_000)]
    found = [Masks(None).text(line) for line in lines]
    monkeypatch.setattr(masking, "_joins", lambda: re.compile(""))
    assert [Masks(None).text(line) for line in lines] == found


def test_a_name_of_a_credential_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(2)
    parts = [
        "api",
        "Key",
        "_",
        "-",
        ".",
        "auth",
        "Auth",
        "pat",
        "Pat",
        "PAT",
        "x",
        "9",
        "psk",
        "Psk",
        "pass",
        "by",
        "private",
        "user",
    ]
    names = {"".join(chance.choices(parts, k=chance.randint(1, 5))) for _ in range(20_000)}
    with monkeypatch.context() as without:
        without.setattr(hints, "names_secret", lambda *_: True)
        secret = [name for name in names if secret_name.__wrapped__(name)]
    assert len(secret) > 500
    assert [name for name in secret if not hints.names_secret(name)] == []


@pytest.mark.parametrize(
    "line", ["service 'a' runs privileged", "an engine listens on tcp://0.0.0.0:2375 without TLS", "no path"]
)
def test_what_only_speaks_of_containers_costs_nothing(line: str) -> None:
    assert not hints.speaks(line)
