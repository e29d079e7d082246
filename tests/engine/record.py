"""Record what environments answer, to be replayed where there is no engine.

    DOCKER_HOST=unix://… python tests/engine/record.py rootless --tun-device …

With the socket of a Podman the recording is called `podman`. Sysbox cannot be had in a private engine: `sysbox` records
what its stand-in answers. The tests put the answers in that isolation would change, from Sysbox's documentation, and so
stay unverified for it.
"""

import dataclasses
import re
import sys
from pathlib import Path

from dindguard.engine_client import Engine, connect
from dindguard.environment import lifecycle
from dindguard.environment.bodies import seccomp_profile
from dindguard.environment.removal import down
from dindguard.environment.signals import Guard, guarded
from dindguard.environment.spec import Isolation, Spec
from dindguard.environment.verify import Answers, NotVerifiedError, Report, collect, judge

FOLDER = Path(__file__).parent.parent / "data" / "environment"
IMAGES = {Isolation.ROOTLESS: "local/dind:test-rootless"}


def scrubbed(answers: Answers) -> Answers:
    """Without our profile, which would be in it twice (the tests put it back), and without the engine's folders."""
    host = answers.daemon["HostConfig"]
    options = ["seccomp={}" if option.startswith("seccomp={") else option for option in host.get("SecurityOpt") or ()]
    daemon = answers.daemon | {"GraphDriver": {}, "HostConfig": host | {"SecurityOpt": options}}
    probes = answers.probes | {"filter-file": dataclasses.replace(answers.probe("filter-file"), output="")}
    images = {name: getattr(answers, name) | {"GraphDriver": {}} for name in ("image", "client_image")}
    text = dataclasses.replace(answers, daemon=daemon, probes=probes, **images).to_json()
    assert seccomp_profile()[:60] not in text
    return Answers.from_json(re.sub(r"/[\w./-]*?/(data|exec)/", r"/var/lib/docker/\1/", text))


def save(level: Isolation, answers: Answers) -> Report:
    name = "podman" if answers.plan.on_podman else level
    (FOLDER / f"{name}.json").write_text(scrubbed(answers).to_json() + "\n", encoding="utf-8")
    return judge(answers)


def main(level: Isolation, tun: str) -> None:
    def recording(engine: Engine, name: str, guard: Guard) -> Report:
        return save(level, collect(engine, name, guard))

    lifecycle.verify = recording
    image = IMAGES.get(level, "local/dind:test")
    consent = "SEC-1" if level is Isolation.PRIVILEGED else ""
    spec = Spec("recorded", level, image, "local/docker-cli:test", consent=consent, tun_device=tun)
    if level is Isolation.PRIVILEGED:  # one recording has all that can be asked for
        spec = dataclasses.replace(spec, workspace=True, exported=True)
    with guarded() as guard, connect() as engine:
        try:
            print(lifecycle.up(engine, spec, guard, print).text())
        except NotVerifiedError as error:
            print(error)
        down(engine, spec.name)


if __name__ == "__main__":
    main(Isolation(sys.argv[1]), sys.argv[-1])
