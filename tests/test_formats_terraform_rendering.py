"""Texts of Terraform as they are rendered: directives, expressions with quotes, and locals in the values of a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

RUNNERS = """locals {{
  config = <<EOF
[[runners]]
  [runners.kubernetes]
    image = "${{lookup(var.images, "build", "alpine")}}"
    {begin}
    privileged = true
    {end}
    [runners.kubernetes.pod_labels]
    %{{~ for key, value in var.labels ~}}
      "${{key}}" = "${{value}}"
    %{{~ endfor ~}}
EOF
}}
variable "on" {{ default = {on} }}
"""
RELEASE = """resource "helm_release" "r" {
  name   = "r"
  chart  = "gitlab-runner"
  values = [yamlencode({ runners = { name = "x", config = local.config } })]
}
"""


def scanned(folder: Path, **files: str) -> Report:
    (folder / ".git").mkdir()
    write_files(folder, {name.replace("_", "."): text for name, text in files.items()})
    return scan(Options(paths=(folder,)))


def rules(report: Report) -> list[tuple[str, str]]:
    return [(each.rule.id, each.span.path) for each in report.open]


FOUND = [("privileged-runner", "locals.tf")]


@pytest.mark.parametrize(
    ("begin", "end", "on", "found"),
    [
        ("", "", "true", FOUND),
        ("%{ if var.on }", "%{ endif }", "true", FOUND),
        ("%{~ if var.on ~}", "%{~ endif ~}", "true", FOUND),
        ("%{ if !var.on }\nx = 1\n%{ else }", "%{ endif }", "true", FOUND),
        ("%{ if var.unknown }", "%{ endif }", "true", FOUND),
        ("%{ if var.on }\n%{ if var.unknown }", "%{ endif }\n%{ endif }", "true", FOUND),
        ("%{ for x in var.xs }", "%{ endfor }", "true", FOUND),
        ("%{ if var.on }", "%{ endif }", "false", []),
        ("%{ if !var.on }\nx = 1\n%{ else }", "%{ endif }", "false", []),
        ("%{ if var.on }\n%{ if var.unknown }", "%{ endif }\n%{ endif }", "false", []),
    ],
)
def test_what_a_release_is_given_through_a_local_is_rendered(tmp_path, begin, end, on, found):
    report = scanned(tmp_path, locals_tf=RUNNERS.format(begin=begin, end=end, on=on), main_tf=RELEASE)
    assert rules(report) == found
    told = [notice.message for notice in report.notices if notice.kind == "blind-spot"]
    assert bool(told) is not bool(found)
    assert all("left out by default" in each for each in told)


def test_a_file_without_any_word_of_ours_is_read_for_the_values_that_it_uses(tmp_path):
    container = 'resource "x" "y" {}\nresource "kubernetes_pod" "p" {\n  metadata { name = "p" }\n  spec {\n'
    container += '    container {\n      name = "c"\n      image = "x:1"\n    }\n'
    container += '    volume {\n      name = "s"\n      host_path { path = local.path }\n    }\n  }\n}\n'
    mounted = container.replace(
        'image = "x:1"', 'image = "x:1"\n volume_mount {\n name = "s"\n mount_path = "/s"\n }'
    )
    report = scanned(tmp_path, main_tf=mounted, locals_tf='locals { path = "/var/run/docker.sock" }\n')
    assert [rule for rule, _ in rules(report)] == ["host-engine-socket"]


def test_locals_that_hold_each_other_come_to_an_end(tmp_path):
    held = "\n".join(f"  a{i} = {{ {', '.join(f'x{n} = local.a{i + 1}' for n in range(20))} }}" for i in range(11))
    release = RELEASE.replace("config = local.config", "config = local.a0")
    report = scanned(tmp_path, main_tf=release, locals_tf=f'locals {{\n{held}\n  a11 = "docker"\n}}\n')
    assert [each for each in report.notices if "'for_each', 'dynamic'" in each.message]


def test_a_local_that_holds_itself_is_left_as_it_is(tmp_path):
    report = scanned(tmp_path, main_tf=RELEASE, locals_tf="locals { config = { privileged = local.config } }\n")
    assert [each.message.partition(";")[0] for each in report.notices] == [
        "locals are made of each other more than 12 levels deep"
    ]


def test_what_is_left_out_is_told_whole_though_an_expression_stands_in_it(tmp_path):
    begin = '%{ if var.on }\n[[runners.kubernetes.volumes.host_path]]\nhost_path = "/var/${"run"}/docker.sock"'
    report = scanned(tmp_path, locals_tf=RUNNERS.format(begin=begin, end="%{ endif }", on="false"), main_tf=RELEASE)
    (spot,) = (each for each in report.notices if each.kind == "blind-spot")
    assert spot.span.path == "locals.tf"
