"""``dindguard config``: what holds, and where each value was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dindguard.cli.choice import Named
from dindguard.cli.options import config_option, format_option, policy_option, untrusted_option

if TYPE_CHECKING:
    from dindguard.model.policy import Fact
    from dindguard.policy.config import Config, Override


@click.command("config")
@format_option("text", "json")
@config_option
@policy_option
@untrusted_option
@click.option(
    "--schema",
    type=Named(["config", "policy", "waivers", "baseline"]),
    help="Print the JSON Schema of this kind of file instead.",
)
def command(form: str, config: str | None, policy: str | None, untrusted: bool, schema: str | None) -> None:
    """Show the configuration in force, and where each value was written."""
    from dindguard.files import find_root
    from dindguard.policy.config_file import configuration
    from dindguard.reports.json import dumps
    from dindguard.reports.output import deliver
    from dindguard.rule_sources import load_rules
    from dindguard.scanning import Options
    from dindguard.working_tree import WorkingTree

    if schema is not None:
        deliver(schema_text(schema), None)
        return
    in_force = configuration(WorkingTree(find_root(Path.cwd())), config, policy, untrusted=untrusted)
    if in_force.named_rules or in_force.rules:
        from dindguard.policy.regime import check_rules

        check_rules(in_force, load_rules(Options(), in_force.rules))
    rows = settings(in_force)
    as_json = {"file": in_force.file or None, "settings": rows}
    deliver(dumps(as_json) if form == "json" else _table(in_force, rows), None)


def schema_text(name: str) -> str:
    """Return a shipped JSON Schema: ``config``, ``policy``, ``waivers``, ``baseline`` or ``report``."""
    return (Path(__file__).parent.parent / "schemas" / f"{name}.schema.json").read_text("utf-8")


def settings(config: Config) -> list[dict[str, Any]]:
    """Return every setting with its value and its place; a place of ``None`` is a default."""
    approval = config.approval
    values: dict[str, Any] = {
        "profile": config.profile.value,
        "fail-on": config.fail_on.word,
        "select": list(config.selected),
        "disable": list(config.disabled),
        "overrides": [_shown(each) for each in config.overrides],
        "rules": [each.id for each in config.rules],
        "nested": list(config.nested),
        "exclude": list(config.exclude),
        "allowed-registries": list(config.allowed_registries),
        "socket-users": list(config.first_party_socket_users),
        "minimum-engine": ".".join(map(str, config.minimum_engine)),
        "rules-as-of": ".".join(map(str, config.rules_as_of)),
        "baseline": config.baseline,
        "approval.require": list(approval.modes),
        "approval.roles": list(approval.roles),
        "approval.max-days": approval.max_days,
        "approval.max-days-critical": approval.max_days_critical,
        "approval.warn-days": approval.warn_days,
        "approval.codeowners": approval.codeowners,
        "approval.alone": approval.alone,
        "approval.people": [f"{name}: {', '.join(spellings)}" for name, spellings in approval.people.items()],
    }
    floor = {
        "keep": list(config.kept),
        "runners": [f"{name}: {_fact(fact)}" for name, fact in config.runners.items()],
        "runtime-classes": [f"{name}: {fact.sandbox}" for name, fact in config.runtime_classes.items()],
    }
    values |= {name: value for name, value in floor.items() if value}
    values |= {f"severity.{rule}": severity.word for rule, severity in config.severities.items()}
    places = config.origins
    return [
        {"setting": name, "value": value, "place": str(places[name]) if name in places else None}
        for name, value in values.items()
    ]


def _fact(fact: Fact) -> str:
    return f"{fact.sandbox}{', ephemeral' if fact.ephemeral else ''}"


def _shown(override: Override) -> str:
    """Return an override in words."""
    said = [f"not {rule}" for rule in override.disabled]
    said += [f"{rule} {severity.word}" for rule, severity in override.severities.items()]
    said += [f"profile {override.profile.value}"] if override.profile is not None else []
    return f"{' '.join(override.paths)}: {'; '.join(said) or 'nothing'}"


def _table(config: Config, rows: list[dict[str, Any]]) -> str:
    from dindguard.reports import safe

    lines = [f"# {config.file or 'no configuration file: these are the defaults'}"]
    width = max(len(row["setting"]) for row in rows)
    for row in rows:
        value = row["value"]
        shown = f"[{', '.join(value)}]" if isinstance(value, list) else str(value).lower() if value != "" else "-"
        lines.append(f"{row['setting']:<{width}}  {shown}  ({row['place'] or 'default'})")
    return "".join(f"{safe.visible(line)}\n" for line in lines)
