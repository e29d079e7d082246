"""Dev containers: what the file, its features and its options add up to, and on which side its commands run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dindguard import Options, Report, scan


def report_of(tmp_path: Path, content: object, **more: object) -> Report:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / ".devcontainer"
    folder.mkdir()
    for name, each in {"devcontainer.json": content, **more}.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each if isinstance(each, str) else json.dumps(each, indent=1), "utf-8")
    return scan(Options(paths=(tmp_path,)))


def test_settings_of_all_sources_add_up(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            "name": "web",
            "image": "example/dev",
            "privileged": False,
            "capAdd": ["SYS_PTRACE"],
            "securityOpt": ["seccomp=unconfined"],
            "runArgs": ["--cap-add=NET_ADMIN", "--init", "-v", "cache:/cache"],
            "mounts": [
                "type=bind,source=${localEnv:HOME}/.ssh,target=/root/.ssh",
                {"type": "volume", "source": "v", "target": "/v"},
            ],
            "containerEnv": {"A": "b"},
            "remoteEnv": {"DOCKER_HOST": "tcp://builder:2375", "EDITOR": "vi"},
            "appPort": [3000, "0.0.0.0:2375:2375"],
            "features": {"./local": {}},
        },
        **{
            "local__devcontainer-feature.json": {
                "id": "local",
                "version": "1",
                "privileged": True,
                "capAdd": ["SYS_ADMIN"],
            }
        },
    )
    (container,) = report.model.containers
    assert container.label == "dev container 'web'"
    assert container.privileged.on, "false in the file does not undo a feature's true"
    assert [str(each) for each in container.capabilities.added] == ["NET_ADMIN", "SYS_PTRACE", "SYS_ADMIN"]
    assert str(container.confinement.seccomp) == "unconfined"
    assert container.init.on
    assert [mount.target.pattern for mount in container.mounts] == ["/cache", "/root/.ssh", "/v"]
    assert container.mounts[1].source is not None
    assert container.mounts[1].source.unknown
    assert [container.environment.value(name) for name in ("A", "DOCKER_HOST", "EDITOR")] == [
        "b",
        "tcp://builder:2375",
        None,
    ]
    assert [(port.host_address, port.host_port) for port in container.ports] == [
        ("127.0.0.1", 3000),
        ("0.0.0.0", 2375),
    ]


def test_a_nested_engine_is_the_features(tmp_path: Path) -> None:
    feature = "ghcr.io/devcontainers/features/docker-in-docker:2"
    report = report_of(tmp_path, {"image": "example/dev", "features": {feature: {}}})
    (container,) = report.model.containers
    assert container.engine is not None
    assert container.engine.launch.prepared
    assert [endpoint.scheme for endpoint in container.engine.listens] == ["unix"]
    assert [finding.rule.id for finding in report.findings] == ["privileged-engine"]


@pytest.mark.parametrize(
    ("content", "engine"),
    [
        ({"image": "docker:29-dind", "features": {}}, False),
        ({"image": "docker:29-dind", "features": {}, "overrideCommand": False}, True),
        ({"image": "docker:29-dind", "features": {}, "overrideCommand": True}, False),
    ],
)
def test_the_image_s_entry_point_runs_only_when_it_is_not_replaced(
    tmp_path: Path, content: object, engine: bool
) -> None:
    (container,) = report_of(tmp_path, content).model.containers
    assert (container.engine is not None) is engine


@pytest.mark.parametrize(
    "command",
    [
        "docker run --privileged alpine",
        ["docker", "run", "--privileged", "alpine"],
        {"one": "true", "two": ["docker", "run", "--privileged", "alpine"]},
    ],
)
@pytest.mark.parametrize("name", ["initializeCommand", "postCreateCommand"])
def test_commands_run_on_the_host_or_inside(tmp_path: Path, name: str, command: object) -> None:
    report = report_of(tmp_path, {"image": "example/dev", "features": {}, name: command})
    (started,) = (each for each in report.model.containers if each.privileged.on)
    assert (started.workload.runs_in is None) is (name == "initializeCommand")


def test_a_feature_of_somebody_else_is_said(tmp_path: Path) -> None:
    report = report_of(tmp_path, {"image": "a", "features": {"ghcr.io/example/features/docker:1": {}}})
    assert [(notice.kind, notice.span.line) for notice in report.notices] == [("unresolved", 4)]


@pytest.mark.parametrize(
    "name", ["devcontainer-lock.json", "devcontainer-template.json", "package.json", "settings.json"]
)
def test_other_files_are_no_dev_container(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        '{"features": {"docker": {"version": "1"}}, "privileged": true, "runArgs": ["--privileged"]}'
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert report.model.containers == ()
