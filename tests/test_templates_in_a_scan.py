"""Templates in whole scans: what becomes of their values, conditions and comments in reports and approvals."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Report
from dindguard.documents.template.neutral import FILLERS
from dindguard.policy.approval import fingerprint
from dindguard.reports import Options, render
from policy_tree import scanned, write

CHART = "apiVersion: v2\nname: builders\nversion: 1.0.0\n"
ENGINE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "builders.fullname" . }}
spec:
  template:
    spec:
      containers:
        {{- if .Values.dind.enabled }}
        - name: dind
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          securityContext: {{- toYaml .Values.dind.securityContext | nindent 12 }}
          env:
            - {name: REGISTRY_PASS, value: "{{ .Values.dind.pass }}"}
        {{- end }}
        - name: {{ .Values.client.name }}
          image: {{ .Values.client.image }}
"""
VALUES = """\
image: {repository: docker, tag: 29.10.0-dind}
dind:
  enabled: false
  pass: correct-horse-battery
  securityContext: {privileged: true}
client: {name: cli}
"""


def chart(folder: Path, values: str = VALUES, template: str = ENGINE) -> Report:
    for name, text in {"Chart.yaml": CHART, "values.yaml": values, "templates/d.yaml": template}.items():
        write(folder, f"chart/{name}", text)
    write(folder, ".git/HEAD", "")
    return scanned(folder)


def shown(report: Report) -> str:
    """Return all that two reports print."""
    return "".join(render(name, report, Options(verbose=True)) for name in ("text", "json"))


def privileged(report: Report) -> str:
    """Return the fingerprint of an approval of the privileged engine."""
    finding = next(each for each in report.findings if each.rule.id == "privileged-engine")
    subject = finding.subjects[0]
    return fingerprint(subject.identity, subject.about, [subject.blames])


def test_a_finding_says_what_it_depends_on(tmp_path: Path) -> None:
    report = chart(tmp_path)
    finding = next(each for each in report.findings if each.rule.id == "privileged-engine")
    assert (finding.span.path, finding.span.line) == ("chart/templates/d.yaml", 12)
    assert [(step.what, step.span.path, step.span.line) for step in finding.related] == [
        ("only when 'dind.enabled', false by default", "chart/templates/d.yaml", 9),
        ("set here", "chart/values.yaml", 5),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("enabled: false", "enabled: true"),
        ("repository: docker", "repository: example/docker"),
        ("{privileged: true}", "{privileged: true, capabilities: {add: [SYS_ADMIN]}}"),
    ],
)
def test_values_are_part_of_what_is_approved(tmp_path: Path, old: str, new: str) -> None:
    before = privileged(chart(tmp_path))
    assert privileged(chart(tmp_path, VALUES.replace(old, new))) != before
    assert privileged(chart(tmp_path, f"# a comment\n{VALUES}other: 1\n")) == before


def test_values_are_masked_wherever_they_are_shown(tmp_path: Path) -> None:
    template = ENGINE.replace("REGISTRY_PASS", "SOMETHING")
    # The finding's own lines show where the value comes from, beside the one that is blamed.
    values = VALUES.replace(
        "  pass: correct-horse-battery\n  securityContext: {privileged: true}",
        "  pass: correct-horse-battery\n  securityContext:\n    privileged: true",
    )
    for report in (chart(tmp_path, template=template), chart(tmp_path, values, template)):
        assert any(each.rule.id == "privileged-engine" for each in report.findings)
        assert "correct-horse" not in shown(report)


def test_no_filler_gets_into_a_report(tmp_path: Path) -> None:
    report = chart(tmp_path, VALUES.replace("docker,", "docker, registry: ''"), ENGINE)
    assert not any(filler in shown(report) for filler in FILLERS)
    names = {container.name for container in report.model.containers}
    assert names == {"dind", "{{ .Values.client.name }}"}
    assert all(
        filler not in subject.address for filler in FILLERS for each in report.findings for subject in each.subjects
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.sh.j2", "docker run --privileged={{p}} -v {{ sock   }}:/var/run/docker.sock {{ r }}/{{ i }}:{{ t }}\n"),
        ("Dockerfile.j2", "FROM {{ base_image }}\nRUN docker run -v {{ data.dir }}:/data --privileged {{ x }}\n"),
        ("Makefile.j2", "up:\n\tdocker run -v {{ dir }}:/x --privileged={{ p }} {{ image }}\n"),
        ("docker.service.j2", "[Service]\nExecStart=/usr/bin/dockerd -H {{ listen }} --data-root {{ root }}\n"),
        ("daemon.json.j2", '{"hosts": ["{{ listen }}"], "data-root": "{{ root }}"}\n'),
        (
            "config.toml.j2",
            '[[runners]]\nexecutor = "docker"\n[runners.docker]\nprivileged = {{ p }}\nimage = "{{ i }}"\n',
        ),
    ],
)
def test_an_expression_that_nobody_knows_shows_as_itself(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)
    report = scanned(tmp_path)
    assert "_}" not in shown(report)
    assert "_ is not known" not in shown(report)


def test_a_templates_variable_is_none_of_its_scripts(tmp_path: Path) -> None:
    write(tmp_path, "run.sh.j2", "image=docker:29-dind\nmode=true\ndocker run --privileged={{ mode }} {{ image }}\n")
    report = scanned(tmp_path)
    assert not report.findings
    assert "mode is not known here" in shown(report)


def test_nobody_is_told_to_mend_a_template(tmp_path: Path) -> None:
    report = chart(tmp_path, template=ENGINE.replace("      containers:", "      containers: {{ .Values.x }}: [\n"))
    said = [notice for notice in report.notices if notice.span.path == "chart/templates/d.yaml"]
    assert [(notice.kind, notice.gravity.value) for notice in said] == [("undecided", "note")]
    assert not any("mend" in notice.remedy for notice in report.notices)


def test_what_a_chart_takes_is_judged_and_what_it_leaves_is_a_blind_spot(tmp_path: Path) -> None:
    report = chart(tmp_path)
    states = {each.path: each.state.value for each in report.coverage.every()}
    assert states["chart/values.yaml"] == states["chart/templates/d.yaml"] == "understood"
    values = f"{VALUES}handedOn: {{privileged: true}}\n"
    assert not chart(tmp_path, values).coverage.blind_spots  # nothing asks for it
    report = chart(tmp_path, values, f"# {{{{ toYaml .Values.handedOn }}}}\n{ENGINE}")
    spots = [(spot.path, spot.span.line) for spot in report.coverage.blind_spots if spot.span is not None]
    assert spots == [("chart/values.yaml", 7)]


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec: {containers: [{name: c, image: %s, securityContext: {privileged: %s}}]}
"""


def spent(report: Report) -> list[str]:
    return [notice.message for notice in report.notices if notice.kind == "budget"]


def found(report: Report) -> set[str]:
    return {each.rule.id for each in report.findings}


def test_a_helper_that_goes_through_maps_ends_where_the_map_is_unknown(tmp_path: Path) -> None:
    """Nobody knows what ``--set`` adds to a map; a helper that calls itself with what is unknown says nothing new."""
    helper = """\
{{ define "lines" }}{{ range $key, $value := . }}{{ if kindIs "map" $value }}
{{ $key }}:
  {{- include "lines" $value | nindent 2 }}
{{ else }}
{{ $key }}: {{ $value }}
{{ end }}{{ end }}{{ end }}
---
"""
    report = chart(
        tmp_path,
        "a: {}\ns: {privileged: true}\n",
        helper
        + "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n"
        + '    {{- include "lines" .Values.b | nindent 4 }}\nspec:\n  containers:\n  - name: c\n    image: docker:29-dind\n'
        + '    securityContext:\n      {{- include "lines" .Values.s | nindent 6 }}\n',
    )
    assert not spent(report)
    assert "privileged-engine" in found(report)


@pytest.mark.parametrize(("last", "privileged"), [("true", True), ("false", False)])
def test_a_long_list_of_messages_is_no_deep_one(tmp_path: Path, last: str, privileged: bool) -> None:
    grown = "{{ $m := list }}\n" + '{{ $m = append $m "false" }}\n' * 60 + f'{{{{ $m = append $m "{last}" }}}}\n'
    report = chart(tmp_path, "a: 1\n", grown + POD % ("docker:29-dind", "{{ index $m 60 }}"))
    assert not spent(report)
    assert ("privileged-engine" in found(report)) is privileged


def test_of_an_action_that_is_too_long_nothing_is_believed(tmp_path: Path) -> None:
    report = chart(tmp_path, "a: 1\n", POD % ("docker:29-dind", "{{ false" + " " * 5000 + "| not }}"))
    assert any("more than 4,000 characters" in each for each in spent(report))
    assert any(notice.kind == "undecided" and "privileged" in notice.message for notice in report.notices)


@pytest.mark.parametrize(("count", "told"), [(30, True), (70, False)])
def test_a_branch_below_many_others(tmp_path: Path, count: int, told: bool) -> None:
    """The first branch is taken: with fewer branches that is told of the last, with more it is not known."""
    branches = "{{ if .Values.a }}\n# a\n" + "{{ else if .Values.b }}\n# b\n" * count
    report = chart(
        tmp_path, "a: true\n", branches + "{{ else }}\n" + POD % ("docker:29-dind", "true") + "{{ end }}\n"
    )
    assert ("false by default" in shown(report)) is told
    assert bool(spent(report)) is not told
