"""``dindguard init``: a configuration, a baseline if wanted, and the lines that run it in CI."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dindguard.cli.recipes import GITHUB, GITLAB, LOCAL, recipe
from dindguard.errors import UserError

CONFIG = """\
# yaml-language-server: $schema=.dindguard/config.schema.json
# What dindguard looks for here. Every setting: docs/configuration.md; what holds: dindguard config

profile: recommended
fail-on: high

# disable: [rule-id]                       # dindguard rules lists them
# exclude: [vendor/, "**/testdata/"]       # patterns as in .gitignore
# allowed-registries: [registry.example.com]
# socket-users: [registry.example.com/our/runner]

approval:                                  # what only a waiver silences, and who approves it
  require: [privileged, socket]
  roles: [architecture, security]
  max-days: 180
"""


@click.command("init")
@click.option("--baseline/--no-baseline", default=None, help="Write down the findings that are known now.")
def command(baseline: bool | None) -> None:
    """Write a configuration, offer a baseline, and show how to run in CI."""
    from dindguard.files import find_root
    from dindguard.policy.config import FILE_NAME, load
    from dindguard.policy.writing import ensure_attributes

    root = Path(find_root(Path.cwd()))
    if load(root).file:
        click.echo(f"kept the configuration in {load(root).file}")
    else:
        _write(root / FILE_NAME, CONFIG)
        click.echo(f"wrote {FILE_NAME}")
    _write_schemas(root)
    if (root / ".git").exists() and ensure_attributes(root):
        click.echo("wrote .gitattributes: two people's waivers merge")
    if baseline is None and sys.stdin.isatty():
        baseline = click.confirm("Write a baseline, so that only new findings count", default=False, err=True)
    if baseline:
        _baseline()
    elif baseline is None:
        click.echo("only new findings shall count? dindguard baseline create")
    platform, snippet = _platform(root)
    click.echo(f"\nto run it {platform}:\n\n{snippet}", nl=False)


def _baseline() -> None:
    from dindguard.cli.baseline_ import create

    create.main(args=[], standalone_mode=False)


def _write_schemas(root: Path) -> None:
    from dindguard.cli.config_ import schema_text

    for name in ("config", "waivers"):
        _write(root / ".dindguard" / f"{name}.schema.json", schema_text(name))
    click.echo("wrote .dindguard/*.schema.json: editors complete settings with them")


def _write(path: Path, text: str) -> None:
    from dindguard.reports.output import write_whole

    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot be made: {error.strerror}") from None
    write_whole(path, text.encode())


def _platform(root: Path) -> tuple[str, str]:
    """Return where CI seems to run, in words, and the lines for it."""
    gitlab, github = (root / ".gitlab-ci.yml").is_file(), (root / ".github").is_dir()
    if not gitlab and not github:
        remote = _remote(root)
        gitlab, github = "gitlab" in remote, "github" in remote
    if github and not gitlab:
        return "in GitHub Actions", recipe(GITHUB)
    if gitlab:
        return "in GitLab CI", recipe(GITLAB)
    return "before every commit", recipe(LOCAL)


def _remote(root: Path) -> str:
    """Return the hosts of the repository's remotes, read as text: Git isn't asked."""
    try:
        text = (root / ".git" / "config").read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return " ".join(line for line in text.splitlines() if line.strip().startswith("url"))
