"""Documents that scripts and templates fill in before anybody parses them: variables stand where values will."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.report import Report
from dindguard.rules import Severity

POD = """cat <<YAML | kubectl apply -f -
apiVersion: v1
kind: Pod
metadata: {{ name: ${{A}}-$B, namespace: ${{C:-a, b}} }}
spec:
  containers:
  - {{name: a, image: ${{IMAGE}}, securityContext: {{privileged: {privileged}}}}}
  $MORE
YAML
"""
BUILDKIT = """cat > /etc/buildkit/buildkitd.toml <<EOF
debug = ${DEBUG}
root = "$ROOT"
$MORE
[grpc]
address = ["tcp://0.0.0.0:1234"]
EOF
"""


def scanned(folder: Path, name: str, text: str, newline: str = "\n") -> Report:
    (folder / name).write_text(text, "utf-8", newline=newline)
    return scan(Options(paths=folder, root=folder))


def places(report: Report) -> list[tuple[str, int, int]]:
    return [
        (each.rule.id, each.span.line, each.span.column) for each in report.findings if each.severity > Severity.LOW
    ]


def test_variables_in_braces_are_no_mappings(tmp_path: Path) -> None:
    report = scanned(tmp_path, "a.sh", POD.format(privileged="true"))
    assert not report.incomplete
    assert ("privileged-container", 7, 62) in places(report)
    assert any("what it inserts is not known here" in notice.message for notice in report.notices)


@pytest.mark.parametrize("value", ["false", "${ANY}"])
def test_a_variable_is_no_danger(tmp_path: Path, value: str) -> None:
    report = scanned(tmp_path, "a.sh", POD.format(privileged=value))
    assert not report.incomplete
    assert places(report) == []


def test_a_name_is_shown_as_it_was_written(tmp_path: Path) -> None:
    report = scanned(tmp_path, "a.sh", POD.format(privileged="true"))
    assert [workload.name for workload in report.model.workloads if "${A}-$B" in workload.address]


def test_toml_has_variables_too(tmp_path: Path) -> None:
    report = scanned(tmp_path, "a.sh", BUILDKIT)
    assert not report.incomplete
    assert places(report) == [("unauthenticated-engine-api", 6, 12)]
    assert [notice.span.line for notice in report.notices if "$MORE puts in" in notice.message] == [4]


def test_a_template_by_name_has_them_and_a_plain_file_has_not(tmp_path: Path) -> None:
    text = "\n".join(BUILDKIT.splitlines()[1:-1]) + "\n"
    assert not scanned(tmp_path, "buildkitd.toml.template", text).incomplete
    assert scanned(tmp_path, "buildkitd.toml", text).incomplete


def test_what_is_broken_besides_is_told(tmp_path: Path) -> None:
    assert scanned(tmp_path, "a.sh", POD.format(privileged="true").replace("  - {name", "  - {{name")).incomplete
    assert scanned(tmp_path, "b.sh", BUILDKIT.replace("[grpc]", "[grpc")).incomplete


def test_a_line_may_be_all_that_is_filled_in(tmp_path: Path) -> None:
    text = POD.format(privileged="true").replace("${A}-$B", "a").replace("${C:-a, b}", "b").replace("${IMAGE}", "c")
    assert "${" not in text
    report = scanned(tmp_path, "a.sh", text)
    assert not report.incomplete
    assert [rule for rule, *_ in places(report)][:1] == ["privileged-container"]


MACHINE = """#cloud-config
users:
%{{ for user in users ~}}
  - name: ${{user.name}}
%{{ endfor ~}}
write_files:
  - path: /run/app/password{choice}.txt
    content: ${{password}}
%{{~ if monitored ~}}
  - path: /etc/systemd/system/monitor.service
    content: |
      [Service]
      ExecStart=/usr/bin/docker run {option} example/monitor:1
%{{~ endif ~}}
"""


@pytest.mark.parametrize("choice", ["", '${encrypted == null ? "" : "-cipher"}'])
def test_lines_of_terraforms_directives_are_none_of_yaml_whatever_the_name(tmp_path: Path, choice: str) -> None:
    report = scanned(tmp_path, "cloud-config.yaml", MACHINE.format(option="--privileged", choice=choice))
    assert not report.incomplete
    assert places(report) == [("privileged-container", 13, 37)]
    report = scanned(tmp_path, "cloud-config.yaml", MACHINE.format(option="--init", choice=choice))
    assert (report.incomplete, places(report)) == (False, [])


def test_what_follows_a_variable_in_braces_has_its_place(tmp_path: Path) -> None:
    text = (
        "cat <<YAML | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata: {name: ${A}}\nspec:\n  containers:\n"
        "  - name: a\n    image: b\n    command: [sh, -c]\n    args:\n    - |\n      [ -e /x ] || exit 1 # {y}\n"
        "      docker run --privileged c\nYAML\n"
    )
    report = scanned(tmp_path, "a.sh", text)
    assert ("privileged-container", 13, 18) in places(report)


def test_lines_that_a_template_inserts_are_no_toml(tmp_path: Path) -> None:
    text = "{% for each in registries %}\n{{ all.append(each) }}\n{% endfor %}\nunqualified-search-registries = {{ all }}\n"
    report = scanned(tmp_path, "registries.conf.j2", text)
    assert (report.incomplete, report.notices) == (False, ())
