"""``dindguard init``: a configuration, a baseline that makes the gate green, and the lines that run it in CI."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from dindguard.cli.answers import interactive
from dindguard.cli.choice import Named
from dindguard.cli.recipes import GITHUB, GITLAB, LOCAL, recipe
from dindguard.cli.starting import FLOOR, GUARDS, WAYS, WHO


@click.command("init")
@click.option("--engine-for", type=Named(list(WAYS)), help="What the engine is for; shows ways to do it without one.")
@click.option(
    "--for", "who", type=Named(list(WHO)), help="Who works in this repository, and so who approves (default: team)."
)
@click.option(
    "--baseline/--no-baseline",
    default=None,
    help="Write a baseline of the present findings, so that only new ones count.",
)
def command(engine_for: str | None, who: str | None, baseline: bool | None) -> None:
    """Write a configuration and a baseline of the present findings, and show how to run in CI.

    What needs an approval and is there already may wait for it, once and for 90 days.
    """
    from dindguard.files import find_root
    from dindguard.policy.config import FILE_NAME
    from dindguard.policy.config_file import load
    from dindguard.working_tree import WorkingTree

    root = Path(find_root(Path.cwd()))
    engine_for = engine_for or _asked("What is the engine for?", WAYS)
    if engine_for is not None:
        click.echo(f"{WAYS[engine_for][1]}\n")
    leads_nowhere = (root / FILE_NAME).is_symlink() and not (root / FILE_NAME).exists()
    kept = "" if leads_nowhere else load(WorkingTree(root)).file
    if kept:
        click.echo(f"kept the configuration in {kept}")
    else:
        who = who or _asked("Who works here?", WHO) or "team"
        _write_configuration(root / FILE_NAME, who)
    _write_schemas(root)
    if baseline is None:
        baseline = not interactive() or click.confirm("Let only new findings count", default=True, err=True)
    if baseline:
        _write_baseline(root)
    if who in ("team", "organisation"):
        click.echo(GUARDS, nl=False)
    if who == "organisation":
        click.echo(FLOOR, nl=False)
    platform, snippet = _platform(root)
    click.echo(f"\nto run it {platform}:\n\n{snippet}", nl=False)


def _asked(question: str, choices: Mapping[str, tuple[str, Any]]) -> str | None:
    """Let a person on a terminal choose; ``None`` elsewhere."""
    if not interactive():
        return None
    names = list(choices)
    lines = [f"  {number}. {choices[name][0]}" for number, name in enumerate(names, 1)]
    click.echo("\n".join([question, *lines]), err=True)
    number = click.prompt("Which one", type=click.IntRange(1, len(names)), err=True)
    return names[number - 1]


def _write_configuration(path: Path, who: str) -> None:
    from dindguard.cli.writing import write_text

    write_text(path, WHO[who][1])
    click.echo(f"wrote {path.name}: {WHO[who][0]}")


def _write_schemas(root: Path) -> None:
    from dindguard.cli.config_ import schema_text
    from dindguard.cli.writing import ensure_attributes, write_text

    for name in ("config", "waivers"):
        write_text(root / ".dindguard" / f"{name}.schema.json", schema_text(name))
    click.echo("wrote .dindguard/*.schema.json: editors complete settings with them")
    if (root / ".git").exists() and ensure_attributes(root):
        click.echo("wrote .gitattributes: two people's waivers merge")


def _write_baseline(root: Path) -> None:
    """Write what is there now; what needs an approval is in grace, which is given this once."""
    from dindguard.cli.writing import write_text
    from dindguard.policy import baseline_file
    from dindguard.policy.config import BASELINE_FILE
    from dindguard.scanning import Options, scan

    report = scan(Options(paths=(root,), without_baseline=True))
    path = root / (report.config.baseline or BASELINE_FILE)
    name = path.relative_to(root)
    entries = baseline_file.entries_of(report.findings, report.config.approval.modes)
    if path.exists():
        click.echo(f"kept {name}: grace is given once; 'dindguard baseline update' brings it up to date")
    elif report.incomplete:
        click.echo("wrote no baseline: the scan is incomplete; see 'dindguard scan', then 'dindguard init' again")
    elif not entries:
        click.echo("no baseline is needed: there are no findings")
    else:
        today = dt.date.today()
        grace = baseline_file.Grace(today, today + dt.timedelta(days=baseline_file.GRACE_DAYS))
        write_text(path, baseline_file.write(entries, grace))
        click.echo(f"wrote {name}: {baseline_file.described(entries, grace)}")


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
