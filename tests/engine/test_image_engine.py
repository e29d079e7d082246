"""The container image of dindguard itself, built without any registry and run without network, root or writing."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_engine import Host

ROOT = Path(__file__).parent.parent.parent
BASE = "local/python:test"
IMAGE = "local/dindguard:test"
CONTEXT = (".ci", "src", "rules", "pyproject.toml", "README.md", "LICENSE", "Dockerfile", ".dockerignore")


@pytest.fixture(scope="module")
def image(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the image on a base of Debian's Python, with wheels from this environment's package index."""
    archive = host.folder.parent / "python-bookworm.tar"
    if not archive.exists():
        draft = archive.with_suffix(".part.tar")
        packages = [
            "mmdebstrap",
            "--quiet",
            "--variant=apt",
            "--include=python3,python3-venv",
            "bookworm",
            str(draft),
        ]
        subprocess.run(packages, check=True, timeout=400, stderr=subprocess.PIPE)
        draft.rename(archive)
    host.docker("import", str(archive), BASE)
    context = tmp_path_factory.mktemp("context")
    for name in CONTEXT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, context / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache"))
        else:
            shutil.copy(source, context / name)
    wheels = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(context / "wheels")]
    wanted = ["--constraint", str(ROOT / ".ci" / "constraints.txt"), str(context), "hatchling>=1.24"]
    subprocess.run([*wheels, *wanted], check=True, timeout=300, capture_output=True)
    arguments = ("--build-arg", f"BASE={BASE}", "--build-arg", "PIP_ARGS=--no-index --find-links=wheels")
    subprocess.run(
        ["docker", "build", "--quiet", "--network", "none", *arguments, "--tag", IMAGE, str(context)],
        env=host.environ, check=True, timeout=400, capture_output=True,
    )  # fmt: skip
    yield IMAGE
    host.docker("rmi", "--force", IMAGE, BASE)


def test_it_scans_what_is_mounted(host: Host, image: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: nginx:1.29\n    privileged: true\n")
    tmp_path.chmod(0o755)
    sandbox = ("--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--volume", f"{tmp_path}:/work:ro")
    done = host.docker("run", *sandbox, image, check=False)
    assert done.returncode == 1, done.stderr
    assert "compose.yaml:4:17 critical privileged-container" in done.stdout
    (tmp_path / "compose.yaml").write_text("services:\n  a:\n    image: nginx:1.29\n")
    assert host.docker("run", *sandbox, image, "scan", "--strict").returncode == 0
    assert host.docker("run", *sandbox, "--entrypoint", "id", image, "-u").stdout.strip() == "65532"
