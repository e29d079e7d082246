"""``dindguard audit docker`` without an engine: what is asked, what is kept, what is said."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import live
from dindguard.cli import cli
from dindguard.errors import ENGINE, USAGE, UserError
from dindguard.reports import FORMATS

SOCKET = "/srv/engines/7/api"
SECRET = "correct-horse-battery"
READING = {"info", "version", "containers", "inspect_container", "networks", "volumes"}


class GoneError(Exception):
    """What the SDK raises for a container that went away."""

    response = type("Response", (), {"status_code": 404})


class Api:
    """Answers like the SDK's low-level client, and refuses whatever is no question."""

    def __init__(self, *containers: dict[str, Any], info: dict[str, Any] | None = None) -> None:
        self.found = {each["Id"]: each for each in containers}
        self.facts = info or live.info()
        self.asked_for_all: list[bool] = []

    def __getattr__(self, name: str) -> Any:
        assert name in READING, f"the audit called {name}"
        raise AttributeError(name)

    def info(self) -> dict[str, Any]:
        return self.facts

    def version(self, api_version: bool = True) -> dict[str, Any]:
        assert not api_version
        return {"Version": self.facts["ServerVersion"], "Platform": {"Name": ""}}

    def containers(self, all: bool) -> list[dict[str, Any]]:  # noqa: A002 - the SDK's own name
        self.asked_for_all.append(all)
        return [{"Id": key} for key in (*self.found, "gone")]

    def inspect_container(self, key: str) -> dict[str, Any]:
        if key == "gone":
            raise GoneError
        return self.found[key]

    def networks(self) -> list[dict[str, Any]]:
        return [{"Name": "builds", "Driver": "bridge", "Internal": False, "IPAM": {"Config": []}, "Options": {}}]

    def volumes(self) -> dict[str, Any]:
        options = {"type": "cifs", "device": "//nas/x", "o": f"addr=nas,username=me,password={SECRET}"}
        return {"Volumes": [{"Name": "nas", "Mountpoint": "/m", "Driver": "local", "Options": options}]}


def use(monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    """Let the audit talk to ``api``."""

    @contextmanager
    def connected(context: str = "") -> Iterator[Any]:
        yield type("Engine", (), {"api": api, "socket": SOCKET})

    monkeypatch.setattr("dindguard.audit.docker.connect", connected)


def audit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["audit", "docker", *arguments])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def leaky() -> dict[str, Any]:
    """Return a container that keeps secrets in every place where an engine shows them."""
    return live.dind(
        "leaky",
        Config={
            "Env": [f"DB_PASSWORD={SECRET}", f"SETTING={SECRET}", "DOCKER_TLS_CERTDIR=/certs"],
            "Cmd": [f"--token={SECRET}"],
            "Healthcheck": {"Test": ["CMD-SHELL", f"curl -u me --password {SECRET} http://localhost"]},
            "Labels": {"traefik.auth": SECRET, "com.docker.compose.project": "shop"},
        },
    )


def findings(result: Result) -> set[tuple[str, str]]:
    document = json.loads(result.stdout)
    return {(subject["label"], each["rule"]) for each in document["findings"] for subject in each["subjects"]}


def test_it_finds_what_the_files_would_show(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [live.volume("layers", "/var/lib/docker")]
    use(
        monkeypatch,
        Api(
            live.container("plain"),
            live.container("agent", Mounts=[live.bind("/var/run/docker.sock", "/s", writable=False)]),
            live.dind("one", Mounts=shared),
            live.dind("two", Mounts=shared),
            info=live.info(SecurityOptions=["name=seccomp,profile=builtin"]),
        ),
    )
    result = audit("-f", "json")
    assert result.exit_code == 1
    assert findings(result) == {
        ("running container 'agent'", "host-engine-socket"),
        ("running container 'one'", "privileged-engine"),
        ("running container 'two'", "privileged-engine"),
        ("volume 'layers'", "shared-data-root"),
        ("the docker engine on the host", "engine-without-mandatory-access-control"),
    }
    assert audit("-f", "json", "--exit-zero").exit_code == 0
    assert findings(audit("-f", "json", "--select", "host-engine-socket")) == {
        ("running container 'agent'", "host-engine-socket")
    }


def test_nothing_secret_is_kept_or_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Api(leaky()))
    for form in FORMATS:
        result = audit("-f", form, "--profile", "all", "-v", "--save", "saved.json")
        assert result.exit_code == 1, result.output
        assert SECRET not in result.output
        assert "proxy-password" not in result.output
    saved = (here / "saved.json").read_text()
    assert SECRET not in saved
    assert "proxy-password" not in saved
    assert "DOCKER_TLS_CERTDIR=/certs" in saved
    assert "DB_PASSWORD=***" in saved


@pytest.mark.parametrize("indent", [None, 2])
def test_nothing_secret_of_a_saved_document_is_said(indent: int | None, here: Path) -> None:
    (here / "inspect.json").write_text(json.dumps([leaky()], indent=indent))
    for form in FORMATS:
        result = audit("--from", "inspect.json", "-f", form, "--profile", "all", "-v")
        assert result.exit_code == 1, result.output
        assert SECRET not in result.output
    for arguments in (["model"], ["model", "-f", "json"], ["scan"]):
        assert SECRET not in CliRunner().invoke(cli, [*arguments, "inspect.json"]).output


def test_what_is_saved_gives_the_same_findings(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = [live.bind("/srv/engine", "/x", writable=False)]
    use(monkeypatch, Api(leaky(), live.container("b", Mounts=mounts), info=live.info(DockerRootDir="/srv/engine")))
    asked = audit("-f", "json", "--save", "saved.json")
    read = audit("-f", "json", "--from", "saved.json")
    assert json.loads(asked.stdout)["findings"] == json.loads(read.stdout)["findings"]
    assert ("running container 'b'", "host-data-root") in findings(read)
    assert json.loads(read.stdout)["findings"][0]["place"]["path"] == "saved.json"


def test_a_container_of_compose_leads_to_its_file_and_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "deploy").mkdir()
    (here / "deploy/compose.yaml").write_text("services:\n  web: {image: web:1}\n  dind:\n    image: docker:dind\n")

    def started(name: str, files: str, service: str) -> dict[str, Any]:
        labels = {
            "project": "shop",
            "service": service,
            "project.config_files": files,
            "project.working_dir": "/else",
        }
        named = {f"com.docker.compose.{key}": value for key, value in labels.items()}
        return live.dind(name, Config={"Labels": named})

    use(
        monkeypatch,
        Api(
            started("known", f"{here}/deploy/compose.yaml,{here}/deploy/more.yaml", "dind"),
            started("renamed", f"{here}/deploy/compose.yaml", "engine"),
            started("elsewhere", "/somewhere/compose.yaml", "dind"),
            started("outside", f"{here}/../{here.name}x/compose.yaml", "dind"),
        ),
    )
    document = json.loads(audit("-f", "json", "--select", "privileged-engine").stdout)
    places = {each["subjects"][0]["label"]: each["place"] for each in document["findings"]}
    place = places.pop("running container 'known'")
    assert (place["path"], place["line"], place["column"]) == ("deploy/compose.yaml", 3, 3)
    assert {each["path"] for each in places.values()} == {"docker-inspect.json"}
    assert len(places) == 3
    (known,) = [each for each in document["findings"] if each["place"]["line"] == 3]
    assert any(each["place"]["route"].endswith("HostConfig.Privileged") for each in known["related"])
    assert "deploy/compose.yaml:3:3" in audit("--select", "privileged-engine").stdout


def test_what_is_allowed_of_the_service_holds_for_its_container(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "services:\n  dind:\n    image: docker:29.10.0-dind\n    pid: host\n"
    (here / "compose.yaml").write_text(text)
    labels = {"project": "p", "service": "dind", "project.config_files": f"{here}/compose.yaml"}
    named = {f"com.docker.compose.{key}": value for key, value in labels.items()}
    use(monkeypatch, Api(live.dind(Config={"Labels": named}, HostConfig={"PidMode": "host"})))
    rule = ("--select", "host-pid-namespace", "-f", "json")
    running = json.loads(audit(*rule).stdout)["findings"]
    written = json.loads(CliRunner().invoke(cli, ["scan", "compose.yaml", *rule]).stdout)["findings"]
    assert [each["fingerprint"] for each in running] == [each["fingerprint"] for each in written]
    allowing = text.replace("dind:\n", "dind: # dindguard: allow[host-pid-namespace] it looks at processes\n", 1)
    (here / "compose.yaml").write_text(allowing)
    assert {each["status"] for each in json.loads(audit(*rule).stdout)["findings"]} == {"allowed"}


@pytest.mark.parametrize(("arguments", "expected"), [([], False), (["--all"], True)])
def test_stopped_containers_on_demand(
    arguments: list[str], expected: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = Api()
    use(monkeypatch, api)
    assert audit(*arguments).exit_code == 0
    assert api.asked_for_all == [expected]


# The SDK forgets the socket that it could not connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_an_engine_or_its_sdk(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}/none.sock")
    result = audit()
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == ENGINE
    assert "no engine " in str(result.exception)
    del result
    gc.collect()
    monkeypatch.setitem(sys.modules, "docker", None)
    result = audit()
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == ENGINE
    assert "pip install docker" in str(result.exception)


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        ("{}", ["--from", "it.json"], "there is no output of 'docker inspect' in it"),
        ("services: {}", ["--from", "it.json"], ""),
        (None, ["--from", "it.json"], "cannot be read"),
        ("[]", ["--from", "it.json", "--save", "other.json"], "--save goes with asking"),
    ],
)
def test_saved_documents_that_are_none(content: str | None, arguments: list[str], words: str, here: Path) -> None:
    if content is not None:
        (here / "it.json").write_text(content)
    result = audit(*arguments)
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == USAGE
    assert words in str(result.exception)
