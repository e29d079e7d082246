"""Measure a dindguard against labelled files of public repositories.

The labels of a surface are in SURFACE.json: repository, commit and path of each file, and what must be reported in it
(`expect`), may be (`may`) and must not (`must_not`), by rule and line. The files themselves are not part of the project:
--files names a folder that holds each labelled file below OWNER+NAME@COMMIT (eight digits) or OWNER+NAME.

    python tests/labels/measure.py --files FOLDER [--dg dindguard] [--surface NAME …]

Recall counts what the labels name as the surface's own; what they mark as beyond it, and rules that only
`--profile all` switches on, are counted apart. Precision is given twice: for false alarms alone, and with every finding
of a recommended rule that no label speaks of.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).parent
SCAN = ["scan", ".", "--profile", "all", "--untrusted", "-f", "json"]


def hygiene(command):
    """Names of the rules that only `--profile all` switches on."""
    listed = subprocess.run([*command, "rules"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?m)^  ([a-z][a-z0-9-]+) +(?:critical|high|medium|low|info) +all\b", listed))


def findings(command, folder):
    """All findings of a folder, scanned as a repository of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary, "repository")
        shutil.copytree(folder, copy)
        (copy / ".git").mkdir(exist_ok=True)
        done = subprocess.run([*command, *SCAN], cwd=copy, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)["findings"]
    except ValueError:
        sys.exit(f"{folder}: no report: {done.stderr.strip()}")


def says(label, finding, path):
    """Whether a label speaks of a finding: its rule, on one of its lines. A line of None is anywhere in the file."""
    if "*" not in label["rules"] and finding["rule"] not in label["rules"]:
        return False
    place = finding["place"]
    for line in [label["line"], *label.get("also_lines", [])]:
        where, number = line.rsplit(":", 1) if isinstance(line, str) else (path, line)
        if place["path"] == where and (number is None or covers(place, int(number))):
            return True
    return False


def covers(place, line):
    """Whether a finding's place covers a line; of a long place only the first lines count."""
    last = place.get("end_line") or place["line"]
    return place["line"] <= line <= max(place["line"], min(last, place["line"] + 3))


def kind(label, mild):
    """Where a label counts: with the surface's own dangers, beyond them, or with hygiene."""
    if label.get("beyond_the_page"):
        return "beyond"
    return "hygiene" if set(label["rules"]) <= mild else "own"


def judge(entry, found, mild):
    """What became of one file: pairs of a class and a sentence."""
    path, name = entry["path"], f"{entry['repository']} {entry['path']}"
    here = [finding for finding in found if (finding.get("place") or {}).get("path") == path]
    used = []
    for label in entry.get("expect", []):
        exact = [finding for finding in found if finding.get("place") and says(label, finding, path)]
        loose = [finding for finding in here if finding["rule"] in label["rules"]]
        used += exact or loose
        outcome = "found" if exact else "elsewhere" if loose else "missed"
        yield (
            f"{kind(label, mild)} {outcome}",
            f"{name}:{label['line'] or '*'} {'|'.join(label['rules'])}: {label.get('why', '')}",
        )
    for finding in here:
        yield (
            verdict(entry, finding, used, mild),
            f"{name}:{finding['place']['line']} {finding['rule']}: {finding['message']}",
        )


def verdict(entry, finding, used, mild):
    """Whether a finding is right, false, of hygiene, or not spoken of."""
    forbidden = [label for label in entry.get("must_not", []) if says(label, finding, entry["path"])]
    if any("*" not in label["rules"] for label in forbidden):
        return "false"
    if any(finding is other for other in used) or any(says(m, finding, entry["path"]) for m in entry.get("may", [])):
        return "right"
    if finding["rule"] in mild:
        return "hygiene"
    return "false" if forbidden else "unlabelled"


def measure(command, entries, files, mild):
    """All pairs of a class and a sentence of one surface."""
    groups = defaultdict(list)
    for entry in entries:
        groups[entry["repository"].replace("/", "+", 1), entry["commit"][:8]].append(entry)
    for (name, commit), group in groups.items():
        folder = files / f"{name}@{commit}"
        found = findings(command, folder if folder.is_dir() else files / name)
        for entry in group:
            yield from judge(entry, found, mild)


def share(part, whole):
    """A share in per cent with its numbers."""
    return f"{100 * part / whole:.0f} % ({part}/{whole})" if whole else "-"


def summary(counts):
    """One line of figures."""

    def recall(sort):
        got = counts[f"{sort} found"] + counts[f"{sort} elsewhere"]
        return share(got, got + counts[f"{sort} missed"])

    right, false, unlabelled = counts["right"], counts["false"], counts["unlabelled"]
    return (
        f"recall {recall('own')}, of which {counts['own elsewhere']} on another line; beyond {recall('beyond')}; "
        f"hygiene {recall('hygiene')}; precision {share(right, right + false)}, "
        f"with everything unlabelled {share(right, right + false + unlabelled)}"
    )


def main():
    """Print the figures of each surface, and each miss and false alarm."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "--files", type=Path, required=True, help="folder of labelled files; SURFACE below it is used if it exists"
    )
    arguments.add_argument("--dg", default="dindguard")
    arguments.add_argument("--surface", nargs="*", default=sorted(path.stem for path in HERE.glob("*.json")))
    options = arguments.parse_args()
    command = [str(Path(shutil.which(options.dg) or options.dg).absolute())]
    mild = hygiene(command)
    for surface in options.surface:
        entries = json.loads((HERE / f"{surface}.json").read_text(encoding="utf-8"))
        files = options.files / surface
        outcomes = list(measure(command, entries, files if files.is_dir() else options.files, mild))
        print(f"{surface}: {len(entries)} files; {summary(Counter(outcome for outcome, _ in outcomes))}")
        for outcome, sentence in outcomes:
            if outcome.endswith(("missed", "elsewhere")) or outcome in {"false", "unlabelled"}:
                print(f"  {outcome:<14} {sentence}")


if __name__ == "__main__":
    main()
