"""What a file that is copied into an image is, by the names that engines and clients give such files."""

from __future__ import annotations

import pytest

from build import text
from dindguard.model.container_parts import Copied
from dindguard.model.image_content import EngineSecret, engine_secret

KEY, CREDENTIALS = EngineSecret.KEY, EngineSecret.CREDENTIALS


@pytest.mark.parametrize(
    ("source", "target", "secret"),
    [
        ("key.pem", "/certs/client/key.pem", KEY),
        ("server-key.pem", "/etc/docker/server-key.pem", KEY),
        ("docker/ca-key.pem", "/keys/ca-key.pem", KEY),
        ("key.pem", "/etc/nginx/key.pem", None),
        ("key.pem", "/certsigned/key.pem", None),
        ("cert.pem", "/certs/client/cert.pem", None),
        (".docker/", "/root/.docker", CREDENTIALS),
        (".dockercfg", "/root/", CREDENTIALS),
        ("config.json", "/root/.docker/config.json", CREDENTIALS),
        ("config.json", "/app/config.json", None),
        ("docker/config.json", "/app/config.json", None),
    ],
)
def test_secrets_of_engines_and_clients(source: str, target: str, secret: EngineSecret | None) -> None:
    assert engine_secret(Copied(source=text(source), target=text(target))) is secret
