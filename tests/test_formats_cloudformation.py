"""CloudFormation: what templates give to machines, in each way of writing it, and the tasks beside them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from dindguard import Options, Report, scan
from support import write_files

TEMPLATE = (
    "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Host:\n    Type: {kind}\n    Properties:\n{properties}"
)
SCRIPT = "#!/bin/bash\ndocker run --privileged {}a\n"


def scanned(folder: Path, text: str, name: str = "stack.yaml") -> Report:
    write_files(folder, {name: text})
    return scan(Options(paths=(str(folder),)))


def rules(report: Report) -> list[str]:
    return [each.rule.id for each in report.open]


def indented(text: str, depth: int) -> str:
    return "".join(" " * depth + line + "\n" for line in text.splitlines())


def block(function: str, script: str = SCRIPT.format("")) -> str:
    return f"      UserData:\n        {function} |\n{indented(script, 10)}"


WAYS = {
    "Base64 of Sub": block("Fn::Base64: !Sub"),
    "Base64": block("Fn::Base64:"),
    "short Base64": f"      UserData: !Base64 |\n{indented(SCRIPT.format(''), 8)}",
    "long Sub": f"      UserData:\n        Fn::Base64:\n          Fn::Sub: |\n{indented(SCRIPT.format(''), 12)}",
    "Sub with values": (
        f"      UserData:\n        Fn::Base64: !Sub\n          - |\n{indented(SCRIPT.format(''), 12)}          - {{A: b}}\n"
    ),
    "a branch": '      UserData: !If [A, {"Fn::Base64": "#!/bin/sh\\ndocker run --privileged a"}, !Ref AWS::NoValue]\n',
    "Join": '      UserData:\n        Fn::Base64: !Join ["", ["#!/bin/bash\\n", "docker run --privileged ", !Ref Image]]\n',
    "Join of lines": '      UserData:\n        Fn::Base64: !Join ["\\n", ["#!/bin/bash", "docker run --privileged a"]]\n',
}


def in_base64(script: str, width: int = 1_000) -> str:
    text = base64.b64encode(script.encode()).decode()
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize(
    "properties",
    [
        f"      UserData: {in_base64(SCRIPT.format(''))}\n",
        f'      UserData: "{in_base64(SCRIPT.format(""))}"\n',
        f"      UserData: |\n{indented(in_base64(SCRIPT.format(''), 30), 8)}",
        f"      LaunchTemplateData:\n        UserData: {in_base64(SCRIPT.format(''))}\n",
    ],
)
def test_user_data_that_is_written_in_base64(tmp_path, properties):
    kind = "AWS::EC2::LaunchTemplate" if "Launch" in properties else "AWS::EC2::Instance"
    assert rules(scanned(tmp_path, TEMPLATE.format(kind=kind, properties=properties))) == ["privileged-container"]


@pytest.mark.parametrize("written", [in_base64("just a text, and no script"), "a" * 40, "A" * 25 + "="])
def test_what_is_in_base64_and_no_script_is_not_read(tmp_path, written):
    properties = f"      UserData: {written}\n"
    report = scanned(tmp_path, TEMPLATE.format(kind="AWS::EC2::Instance", properties=properties))
    assert rules(report) == []


@pytest.mark.parametrize("properties", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("kind", ["AWS::EC2::Instance", "AWS::AutoScaling::LaunchConfiguration"])
def test_user_data_in_each_way_of_writing_it(tmp_path, properties, kind):
    report = scanned(tmp_path, TEMPLATE.format(kind=kind, properties=properties))
    assert rules(report) == ["privileged-container"]
    assert not [each for each in report.notices if each.kind == "blind-spot"]


@pytest.mark.parametrize("properties", WAYS.values(), ids=WAYS)
def test_the_same_without_the_flag_is_nothing(tmp_path, properties):
    text = TEMPLATE.format(kind="AWS::EC2::Instance", properties=properties.replace(" --privileged", ""))
    assert rules(scanned(tmp_path, text)) == []


def test_the_place_of_a_line_is_told(tmp_path):
    text = TEMPLATE.format(kind="AWS::EC2::Instance", properties=WAYS["Base64 of Sub"])
    (finding,) = scanned(tmp_path, text).open
    assert (finding.span.line, finding.span.column) == (9, 22)


def test_user_data_of_launch_templates_in_json(tmp_path):
    words = ["#!/bin/bash\n", "docker run -v /var/run/docker.sock:/s ", {"Ref": "Image"}]
    data = {"LaunchTemplateData": {"UserData": {"Fn::Base64": {"Fn::Join": ["", words]}}}}
    whole = {"Resources": {"T": {"Type": "AWS::EC2::LaunchTemplate", "Properties": data}}}
    assert rules(scanned(tmp_path, json.dumps(whole), "stack.json")) == ["host-engine-socket"]


def test_what_is_read_besides_user_data_is_told(tmp_path):
    init = '    Metadata: {AWS::CloudFormation::Init: {config: {commands: {a: {command: "docker run --privileged a"}}}}}\n'
    text = TEMPLATE.format(kind="AWS::EC2::Instance", properties=WAYS["Base64"]) + init
    report = scanned(tmp_path, text)
    assert rules(report) == ["privileged-container"]
    assert [each.message for each in report.notices if each.kind == "blind-spot"]


def test_what_a_deployment_puts_in_is_unknown(tmp_path):
    properties = (
        '      UserData:\n        Fn::Base64: !Join ["", ["#!/bin/bash\\n", "docker run ", !Ref Options, " a"]]\n'
    )
    report = scanned(tmp_path, TEMPLATE.format(kind="AWS::EC2::Instance", properties=properties))
    assert rules(report) == []


@pytest.mark.parametrize("data", ["!Ref Data", "!ImportValue x", "[]", "{}", "!Base64 {Ref: X}"])
def test_user_data_that_nobody_sees_is_no_script(tmp_path, data):
    text = TEMPLATE.format(kind="AWS::EC2::Instance", properties=f"      UserData: {data}\n") + "# docker\n"
    report = scanned(tmp_path, text)
    assert rules(report) == []
    assert not report.notices


def test_what_is_not_seen_of_user_data_is_told(tmp_path):
    data = '      UserData: !Transform {Name: x, Parameters: {a: "docker run --privileged a"}}\n'
    report = scanned(tmp_path, TEMPLATE.format(kind="AWS::EC2::Instance", properties=data))
    assert [each.kind for each in report.notices] == ["blind-spot"]


def test_functions_that_stand_in_each_other_without_end_are_not_followed(tmp_path):
    data = "      UserData: " + '{"Fn::Base64": ' * 300 + '"docker run --privileged a"' + "}" * 300 + "\n"
    report = scanned(tmp_path, TEMPLATE.format(kind="AWS::EC2::Instance", properties=data))
    assert "budget" in [each.kind for each in report.notices]
