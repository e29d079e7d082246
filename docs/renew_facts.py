"""Show how the package's facts differ from fetched upstream data; nothing is written, and nothing is looked up.

``python docs/renew_facts.py --endoflife docker-engine.md --capabilities defaults.go --cve CVE-….json`` compares files that
somebody fetched (docs/renewing-facts.md says which). ``-`` is what the package says, ``+`` what the source says.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import yaml

from dindguard.model import capabilities

DATA = Path(__file__).parent.parent / "src/dindguard/model/engine_versions.json"


def lines_of(endoflife: str) -> dict[str, dict[str, str]]:
    """Return release lines, by name, of an endoflife.date product page: YAML between two lines of dashes."""
    front = endoflife.split("---\n")[1]
    releases = yaml.safe_load(front).get("releases") or []
    return {
        str(each["releaseCycle"]): {
            "first": str(each.get("releaseDate", "")),
            "ended": "" if isinstance(each.get("eol"), bool) else str(each.get("eol", "")),
            "newest": str(each.get("latest", "")),
        }
        for each in releases
    }


def line_differences(ours: list[dict[str, str]], theirs: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield what two tables of release lines say differently."""
    known = {each["line"]: each for each in ours}
    for name, their in theirs.items():
        if name not in known:
            yield f"+ line {name}: {their}"
            continue
        for key, value in their.items():
            own = known[name].get(key, "")
            if value and own != value:
                yield f"- line {name} {key}: {own or 'nothing'}"
                yield f"+ line {name} {key}: {value}"


def capability_differences(source: str) -> Iterator[str]:
    """Yield the default capabilities that only one side has; ``source`` is moby's list in Go."""
    theirs = frozenset(re.findall(r'"CAP_([A-Z_]+)"', source))
    yield from (f"- default capability {name}" for name in sorted(capabilities.DEFAULT - theirs))
    yield from (f"+ default capability {name}" for name in sorted(theirs - capabilities.DEFAULT))


def vulnerability(record: dict[str, object]) -> tuple[str, str, list[str]]:
    """Return a CVE record's id, title or description, and the versions below which it says it is there."""
    about = record["containers"]["cna"]  # type: ignore[index]  # the CVE record format, version 5
    texts = [each["value"] for each in about.get("descriptions", ()) if str(each.get("lang", "")).startswith("en")]
    below = [
        str(version.get("lessThan") or version.get("version", ""))
        for affected in about.get("affected", ())
        for version in affected.get("versions", ())
    ]
    identity = record["cveMetadata"]["cveId"]  # type: ignore[index]
    return identity, about.get("title") or (texts or [""])[0], below


def vulnerability_differences(ours: list[dict[str, object]], records: list[dict[str, object]]) -> Iterator[str]:
    """Yield what records say of vulnerabilities that the package does not know, or says to be fixed elsewhere."""
    known = {str(each["id"]): each for each in ours}
    for identity, title, below in map(vulnerability, records):
        own = known.get(identity)
        if own is None:
            yield f"+ {identity}: {title} (affected: {', '.join(below)})"
        elif not any(str(fixed) in text for fixed in own["fixed"] for text in below):  # type: ignore[attr-defined]
            yield f"- {identity} fixed in {own['fixed']}: {own['why']}"
            yield f"+ {identity} affected: {', '.join(below)}: {title}"


@click.command()
@click.option("--endoflife", type=click.Path(exists=True, path_type=Path), help="endoflife.date's docker-engine.md.")
@click.option("--capabilities", "caps", type=click.Path(exists=True, path_type=Path), help="moby's caps/defaults.go.")
@click.option(
    "--cve", "cves", multiple=True, type=click.Path(exists=True, path_type=Path), help="A CVE record, JSON."
)
def main(endoflife: Path | None, caps: Path | None, cves: tuple[Path, ...]) -> None:
    """Show what differs; exit code 1 if anything does."""
    data = json.loads(DATA.read_text("utf-8"))
    found: list[str] = []
    if endoflife is not None:
        found += line_differences(data["lines"], lines_of(endoflife.read_text("utf-8")))
    if caps is not None:
        found += capability_differences(caps.read_text("utf-8"))
    records = [json.loads(path.read_text("utf-8")) for path in cves]
    found += vulnerability_differences(data["vulnerabilities"], records)
    click.echo(f"facts of {data['as_of']}: {len(found) or 'no'} lines differ")
    for line in found:
        click.echo(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
