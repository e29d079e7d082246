"""What is said of a file and of its copies is told once, and nothing of it is lost."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from dindguard import copies
from dindguard.reports import Options as ReportOptions
from dindguard.reports import render
from dindguard.scanning import Options, Report, scan

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: tool}
spec:
  containers:
    - name: tool
      image: registry.example.com/tool:1
      securityContext: {privileged: true}
"""


def scanned(folder: Path, files: dict[str, str]) -> Report:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return scan(Options(paths=(folder,), root=folder))


def test_files_with_the_same_text_have_one_finding_with_a_subject_for_each(tmp_path: Path) -> None:
    report = scanned(tmp_path, {f"{name}/pod.yaml": POD for name in ("a", "b", "c", "d", "e")})
    (finding,) = report.findings
    assert finding.message.endswith("; the same stands in b/pod.yaml, c/pod.yaml, d/pod.yaml and 1 more")
    assert [subject.path for subject in finding.subjects] == [f"{name}/pod.yaml" for name in "abcde"]
    assert [str(span) for span in finding.copies] == [f"{name}/pod.yaml:8:37" for name in "bcde"]
    assert {step.span.path for step in finding.related} == {f"{name}/pod.yaml" for name in "bcde"}
    assert "1 critical in 5 files" in render("text", report, ReportOptions())


def test_a_character_more_makes_it_another_file(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a/pod.yaml": POD, "b/pod.yaml": POD + "---\n"})
    assert [finding.span.path for finding in report.findings] == ["a/pod.yaml", "b/pod.yaml"]


def test_the_gravest_of_copies_is_told_first(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"examples/pod.yaml": POD, "pods/pod.yaml": POD})
    (finding,) = report.findings
    assert (finding.span.path, str(finding.severity), finding.containment) == ("pods/pod.yaml", "critical", "")


def test_a_copy_that_is_silenced_stays_silenced_and_silences_no_other(tmp_path: Path) -> None:
    unfiltered = POD.replace("privileged: true", "seccompProfile: {type: Unconfined}")
    allowed = f"{unfiltered.rstrip()}  # dindguard: allow[seccomp-unconfined] it is ours\n"
    report = scanned(tmp_path, {"b/pod.yaml": allowed, "c/pod.yaml": allowed, "d/pod.yaml": unfiltered})
    assert [(finding.span.path, finding.open) for finding in report.findings] == [
        ("b/pod.yaml", False),
        ("d/pod.yaml", True),
    ]


def test_services_of_one_file_that_another_has_are_told_once(tmp_path: Path) -> None:
    agent = "  agent:\n    image: registry.example.com/agent:1\n    privileged: true\n"
    web = "  web: {image: 'registry.example.com/web:1'}\n"
    report = scanned(
        tmp_path, {"all.compose.yaml": f"services:\n{web}{agent}", "agent/compose.yaml": f"services:\n{agent}"}
    )
    (finding,) = report.findings
    assert {subject.path for subject in finding.subjects} == {"all.compose.yaml", "agent/compose.yaml"}


def test_services_of_which_each_file_has_one_of_its_own_are_told_twice(tmp_path: Path) -> None:
    agent = "  agent:\n    image: registry.example.com/agent:1\n    privileged: true\n"
    files = {
        f"{name}/compose.yaml": f"services:\n{agent}  {name}: {{image: 'registry.example.com/{name}:1'}}\n"
        for name in ("shop", "blog")
    }
    assert len(scanned(tmp_path, files).findings) == 2


def test_files_for_each_version_are_told_once(tmp_path: Path) -> None:
    files = {f"images/{version}/compose.yaml": service(version) for version in ("1.9", "1.24.1", "latest")}
    found = scanned(tmp_path, files | {"other/compose.yaml": service("1")}).findings
    assert sorted(sorted(subject.path for subject in finding.subjects) for finding in found) == [
        sorted(files),
        ["other/compose.yaml"],
    ]


def test_names_that_differ_by_more_than_a_number_are_two_files(tmp_path: Path) -> None:
    files = {f"images/{version}/compose.yaml": service(version) for version in ("1.24-alpine", "1.24-debian")}
    assert len(scanned(tmp_path, files).findings) == 2


def service(version: str) -> str:
    return f"services:\n  app:\n    image: registry.example.com/app:{version}\n    privileged: true\n"


def test_a_command_that_a_script_repeats_is_told_once(tmp_path: Path) -> None:
    script = (
        "case $ID in\n"
        "  debian) apt-get install -y docker.io; usermod -aG docker ci ;;\n"
        "  fedora) dnf install -y docker; usermod -aG docker ci ;;\n"
        "esac\n"
        "usermod -aG docker deploy\n"
    )
    report = scanned(tmp_path, {"a.sh": script, "b.sh": "usermod -aG docker ci\n"})
    told = [(f"{finding.span.path}:{finding.span.line}", finding.message) for finding in report.findings]
    says = "makes '{0}' root wherever the engine's socket is"
    assert told == [
        ("a.sh:2", f"'usermod -aG docker ci' {says.format('ci')}; the same stands in line 3"),
        ("a.sh:5", f"'usermod -aG docker deploy' {says.format('deploy')}"),
        ("b.sh:1", f"'usermod -aG docker ci' {says.format('ci')}"),
    ]
    assert [subject.span.line for subject in report.findings[0].subjects] == [2, 3]


def test_containers_that_one_file_starts_in_the_same_way_are_told_each(tmp_path: Path) -> None:
    run = "docker run --rm --privileged example/tool:1\n"
    report = scanned(tmp_path, {"a.sh": run + run})
    assert [finding.span.line for finding in report.findings if finding.rule.id == "privileged-container"] == [1, 2]


def test_a_container_that_a_script_starts_by_one_name_in_its_branches_is_told_once(tmp_path: Path) -> None:
    run = "docker run --privileged --name tool example/tool:1"
    script = f"if docker rm tool; then\n  {run}\nelse\n  {run}\nfi\n{run.replace('--name tool', '--name other')}\n"
    report = scanned(tmp_path, {"a.sh": script, "b.sh": f"{run}\n"})
    told = {
        (f"{finding.span.path}:{finding.span.line}", finding.message.partition("; ")[2])
        for finding in report.findings
        if finding.rule.id == "privileged-container"
    }
    assert told == {("a.sh:2", "the same stands in line 4"), ("a.sh:6", ""), ("b.sh:1", "")}


def test_files_of_their_own_are_not_held_against_each_other(tmp_path: Path) -> None:
    files = {f"{letter}/pod.yaml": f"{POD}# {letter}\n" for letter in "abcdefghijklmnopqrst"}
    with mock.patch.object(copies, "_alternatives", side_effect=AssertionError("none of them has conditions")):
        report = scanned(tmp_path, files)
    assert [finding.span.path for finding in report.findings] == list(files)
