"""Where secrets stand in what an engine or a cluster shows: none is saved, none is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import live
from dindguard.cli import cli
from dindguard.reports import FORMATS
from test_audit_docker import Api, here, use

__all__ = ["here"]
S = "hunter2-hunter2"
BODY = "\n".join(("hunter2hunter2" * 5)[:64] for _ in range(12))
LINES = {  # as one text
    "option with equals": f"tool --token={S}",
    "option and value": f"tool --password {S}",
    "lower-case variable": f"db_password={S} tool",
    "upper-case variable": f"DB_PASSWORD={S} tool",
    "pipe": f"echo {S} | docker login -u me --password-stdin registry",
    "pipe, quoted": f"echo '{S}' | docker login --password-stdin",
    "pipe, printf": f"printf '%s' \"{S}\" | docker login --password-stdin",
    "pipe, echo -n": f"echo -n {S} | docker login --password-stdin",
    "here-string": f"docker login -u me --password-stdin registry <<< {S}",
    "here-string, quoted": f'docker login --password-stdin registry <<<"{S}"',
    "docker login -p": f"docker login -u me -p {S} registry",
    "build argument": f"docker build --build-arg NPM_TOKEN={S} .",
    "url": f"git clone https://me:{S}@host/x",
    "database url": f"tool postgres://me:{S}@db/x",
    "header": f"curl -H 'Authorization: Bearer {S}' http://x",
    "json": '{"password":"' + S + '"}',
    "yaml": f"cat <<E\npassword: {S}\nE",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
    "private key without an end": f"-----BEGIN PRIVATE KEY-----\n{BODY}",
    "java": f"java -Ddb.password={S} x",
}
WORDS = {  # as arguments, one by one
    "password": ["tool", "--password", S],
    "credentials": ["tool", "--credentials", S],
    "login key": ["tool", "--login-key", S],
    "pw": ["tool", "--db-pw", S],
    "api key": ["tool", "--api-key", S],
    "client secret": ["tool", "--client-secret", S],
    "passphrase": ["tool", "--passphrase", S],
    "one dash": ["tool", "-password", S],
    "redis": ["redis-server", "--requirepass", S],
    "redis-cli": ["redis-cli", "-a", S],
    "mysql": ["mysql", f"-p{S}"],
    "mysql by path": ["/usr/bin/mysqldump", f"-p{S}"],
    "sshpass": ["sshpass", f"-p{S}", "ssh"],
    "sshpass, two words": ["sshpass", "-p", S, "ssh"],
    "curl -u": ["curl", "-u", f"me:{S}", "http://x"],
    "curl -u, one word": ["curl", f"-ume:{S}", "http://x"],
    "user": ["curl", "--user", f"me:{S}"],
    "script": ["sh", "-c", f"echo {S} | docker login --password-stdin"],
}
CERTAINLY_KEPT = {
    "a path": ["dockerd", "--tlskey", "/certs/server/key.pem"],
    "a reference": ["tool", "--password", "$PASSWORD"],
    "an address": ["dockerd", "--host", "tcp://0.0.0.0:2375"],
    "a user without a password": ["tool", "--user", "1000"],
    "a user and a group": ["tool", "--name", "1000:1000"],
    "docker -p": ["docker", "run", "-p", "80:80"],
    "a directory of authority": ["dockerd", "--tlscacert", "/certs/ca.pem"],
}


def placements() -> dict[str, dict[str, Any]]:
    """Each form at each place of an inspected container where somebody could write it."""
    found: dict[str, dict[str, Any]] = {}
    for name, line in LINES.items():
        found[f"{name} in Cmd"] = {"Cmd": ["sh", "-c", line]}
        found[f"{name} in Entrypoint"] = {"Entrypoint": ["sh", "-c", line], "Cmd": []}
        found[f"{name} in Healthcheck"] = {"Healthcheck": {"Test": ["CMD-SHELL", line]}}
        found[f"{name} as one text"] = {"Cmd": line}  # as Podman shows it
    for name, words in WORDS.items():
        found[f"{name} in Cmd"] = {"Cmd": words}
        found[f"{name} in Entrypoint"] = {"Entrypoint": words, "Cmd": []}
        found[f"{name} in Healthcheck"] = {"Healthcheck": {"Test": ["CMD", *words[:1], *words[1:]]}}
    for name in ("DB_PASSWORD", "token", "anything", "pw", "NPM_TOKEN", "DOCKER_AUTH_CONFIG", "HTTPS_PROXY"):
        found[f"variable {name}"] = {"Env": [f"{name}=http://me:{S}@x"]}
    found["variable DOCKER_HOST"] = {"Env": [f"DOCKER_HOST=tcp://me:{S}@docker:2376"]}
    found["label"] = {"Labels": {"traefik.auth": S}}
    return found


PLACEMENTS = placements()


def test_there_are_enough() -> None:
    assert len(PLACEMENTS) >= 120


def plain(text: str) -> bool:
    return S in text or S.replace("-", "") in text


def test_no_placement_is_saved_or_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All in one engine: containers that are privileged, so that each has findings that could quote it."""
    made = [live.dind(f"c{number}", Config=config) for number, config in enumerate(PLACEMENTS.values())]
    use(monkeypatch, Api(*made))
    for form in FORMATS:
        result = CliRunner().invoke(
            cli, ["audit", "docker", "-f", form, "--profile", "all", "-v", "--save", "saved.json"]
        )
        assert result.exit_code == 1, result.output
        assert not plain(result.output), form
    saved = json.loads((here / "saved.json").read_text())
    leaking = [
        name
        for name, container in zip(PLACEMENTS, sorted(saved["containers"], key=number_of), strict=True)
        if plain(json.dumps(container))
    ]
    assert leaking == []


def number_of(container: dict[str, Any]) -> int:
    return int(container["Name"].removeprefix("/c"))


@pytest.mark.parametrize("name", CERTAINLY_KEPT)
def test_what_rules_need_is_kept(name: str) -> None:
    from dindguard.cli.audited import redaction

    assert redaction().words(CERTAINLY_KEPT[name]) == CERTAINLY_KEPT[name]


def test_a_cluster_shows_none_either() -> None:
    from dindguard.audit.kubernetes import _object
    from dindguard.cli.audited import redaction

    for words in (*WORDS.values(), *(["sh", "-c", line] for line in LINES.values())):
        pod = {
            "kind": "Pod",
            "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "command": words, "args": words}]},
        }
        assert not plain(json.dumps(_object(pod, redaction()))), words
