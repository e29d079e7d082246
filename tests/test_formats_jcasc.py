"""Jenkins' configuration as code: clouds of Docker and of Kubernetes."""

from __future__ import annotations

from pathlib import Path

from dindguard import Options, Report, scan
from support import write_files


def report_of(tmp_path: Path, clouds: str, more: str = "") -> Report:
    lines = "".join(f"    {line}\n" for line in clouds.splitlines())
    write_files(tmp_path, {"jenkins.yaml": f"jenkins:\n  clouds:\n{lines}{more}"})
    return scan(Options(paths=(tmp_path,), root=tmp_path))


def test_a_docker_cloud_s_settings_are_options_of_docker_run(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """- docker:
    dockerApi: {dockerHost: {uri: "tcp://e:2376", credentialsId: c}}
    templates:
      - labelString: l
        dockerTemplateBase:
          image: a:1
          network: host
          capabilitiesToAddString: |
            SYS_ADMIN
            NET_ADMIN
          securityOptsString: apparmor=unconfined
          devicesString: /dev/kvm:/dev/kvm
          volumesString: |
            cache:/cache

            /srv/${FOLDER:-x}:/srv:ro
          environmentsString: A=b
          bindPorts: 8080:80 9090:90
          dockerCommand: run --it
""",
    )
    default, client = report.model.containers
    assert default.name == "l"
    assert [str(each) for each in default.capabilities.added] == ["SYS_ADMIN", "NET_ADMIN"]
    assert str(default.confinement.apparmor) == "unconfined"
    assert str(default.namespaces.network) == "host"
    assert [(str(mount.source), str(mount.target)) for mount in default.mounts] == [
        ("cache", "/cache"),
        ("/srv/x", "/srv"),
    ]
    assert default.mounts[1].span.line == 18
    assert default.environment.value("A") == "b"
    assert [port.host_port for port in default.ports] == [8080, 9090]
    assert [str(word) for word in default.command or ()] == ["run", "--it"]
    assert client.environment.value("DOCKER_HOST") == "tcp://e:2376"


def test_a_pod_s_yaml_and_its_template_are_one_pod(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        """- kubernetes:
    templates:
      - name: p
        containers:
          - {name: a, image: "x:2", privileged: false, command: "sleep 1", args: "\\"b c\\" d"}
        volumes:
          - hostPathVolume: {hostPath: /srv, mountPath: /srv}
        yaml: |
          spec:
            hostPID: true
            containers:
              - name: a
                image: x:1
                securityContext: {privileged: true}
                volumeMounts: [{name: own, mountPath: /own}]
              - {name: b, image: y}
            volumes: [{name: own, emptyDir: {}}]
""",
    )
    members = {container.name: container for container in report.model.containers}
    assert list(members) == ["a", "b", "jnlp"]
    first = members["a"]
    assert (str(first.image), first.privileged.off) == ("x:2", True)
    assert [str(word) for word in first.entrypoint or ()] == ["sleep", "1"]
    assert [str(word) for word in first.command or ()] == ["b c", "d"]
    assert [str(mount.target) for mount in first.mounts] == ["/own", "/srv"]
    assert not members["b"].mounts
    assert [str(mount.target) for mount in members["jnlp"].mounts] == ["/srv"]
    assert str(members["b"].namespaces.pid) == "host"


def test_an_old_template_s_privilege_is_its_first_container_s(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        "- kubernetes:\n    templates:\n"
        "      - {name: p, privileged: true, containers: [{name: a, image: x}, {name: b, image: y}]}",
    )
    assert [container.name for container in report.model.containers if container.privileged.on] == ["a"]


def test_what_is_not_understood_stays_a_blind_spot(tmp_path: Path) -> None:
    clouds = "- kubernetes: {templates: [{name: a, containers: [{name: b, image: c, privileged: true}]}]}"
    assert not report_of(tmp_path, clouds).coverage.blind_spots
    (spot,) = report_of(tmp_path, clouds, "jobs:\n  - script: sh('docker run --privileged x')\n").coverage.blind_spots
    assert (spot.words, spot.span.line if spot.span else 0) == ("--privileged", 5)
    (spot,) = report_of(tmp_path, "- nomad: {privileged: true}").coverage.blind_spots
    assert spot.words == "privileged: true"
