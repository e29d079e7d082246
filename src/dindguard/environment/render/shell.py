"""A shell script, and the `docker run` lines that other formats share with it."""

from __future__ import annotations

import shlex

from dindguard.environment.render import rootless
from dindguard.environment.render.template import common, fill
from dindguard.environment.spec import Isolation, Spec

_HEALTH = "DOCKER_HOST=tcp://localhost:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/client docker version"
_CONTINUED = " \\\n  "


def daemon_command(spec: Spec, name: str, seccomp: str) -> str:
    """Return the ``docker run`` that starts the engine; ``name`` and ``seccomp`` are shell words as they stand."""
    isolation = spec.isolation
    assert isolation is not None
    limits = spec.limits
    words = [
        "docker run --detach --init",
        f"--name {name}",
        f"--label io.dindguard.isolation={isolation}",
        *(
            [f"--label {shlex.quote(f'io.dindguard.consent={spec.consent}')}"]
            if isolation is Isolation.PRIVILEGED
            else []
        ),
        *_isolation(spec, seccomp),
        f"--network {name} --network-alias docker",
        "--env DOCKER_TLS_CERTDIR=/certs",
        f"--volume {name}-certificates:/certs/client",
        f"--volume {isolation.data_root}",
        "--tmpfs /certs/ca:mode=1777,size=1m",
        f"--memory {limits.memory >> 20}m --memory-swap {limits.memory >> 20}m",
        f"--cpus {limits.cpus:g} --pids-limit {limits.pids}",
        "--log-opt max-size=10m --log-opt max-file=3",
        f"--health-cmd {shlex.quote(_HEALTH)} --health-interval 2s --health-retries 30",
        "--restart no",
        rootless.image(spec) + (f" --registry-mirror={spec.mirror}" if spec.mirror else ""),
    ]
    return _CONTINUED.join(words)


def build_command(spec: Spec) -> str:
    """Return the ``docker build`` of the image to start; empty when it is taken as it is."""
    if not rootless.is_derived(spec):
        return ""
    return f"docker build --tag {rootless.DERIVED_IMAGE} - <<'EOF'\n{rootless.dockerfile(spec)}\nEOF"


def client_command(spec: Spec, name: str, command: str) -> str:
    """Return the ``docker run`` that runs ``command`` (shell words as they stand) beside the engine."""
    words = [
        "docker run --rm",
        f"--network {name}",
        "--env DOCKER_HOST=tcp://docker:2376 --env DOCKER_TLS_VERIFY=1",
        "--env DOCKER_CERT_PATH=/certs/client --env HOME=/tmp",
        f"--volume {name}-certificates:/certs/client:ro",
        "--user 65534:65534 --cap-drop ALL --security-opt no-new-privileges",
        "--read-only --tmpfs /tmp --memory 512m --pids-limit 256",
        f"{spec.client_image} {command}",
    ]
    return _CONTINUED.join(words)


def _isolation(spec: Spec, seccomp: str) -> list[str]:
    match spec.isolation:
        case Isolation.SYSBOX:
            return ["--runtime sysbox-runc"]
        case Isolation.ROOTLESS:
            return [
                "--cap-drop ALL --cap-add SETUID --cap-add SETGID",
                f"--security-opt seccomp={seccomp}",
                "--security-opt apparmor=unconfined --security-opt systempaths=unconfined",
                f"--device {spec.tun_device}:/dev/net/tun",
            ]
        case _:
            return ["--privileged"]


def render(spec: Spec) -> dict[str, str]:
    """Return ``nested-engine.sh``, which starts an engine, runs one command beside it and removes everything."""
    build = build_command(spec)
    values = common(spec) | {
        "build": build.replace(" - <<", " - >&2 <<") + "\n\n" if build else "",
        "daemon": daemon_command(spec, '"$name"', '"$here"/seccomp-nested.json'),
        "client": client_command(spec, '"$name"', '"$@"'),
        "here": 'here=$(cd "$(dirname "$0")" && pwd)' if spec.isolation is Isolation.ROOTLESS else "",
        "mirror": "" if spec.mirror else _MIRROR_HINT,
    }
    return {"nested-engine.sh": fill("shell.tmpl", values)}


_MIRROR_HINT = """\
# Pull once, not once per run: keep a registry mirror, and add --registry-mirror=URL behind the image below
# (`dindguard env render --mirror URL` writes it). Sharing one /var/lib/docker between engines is no answer.

"""
