"""Reports for people and machines: what they hold, and what they never let through."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from io import StringIO
from pathlib import Path

import jsonschema
import pytest

from dindguard import budget
from dindguard.coverage import FileState, State, notices_of
from dindguard.notices import folded
from dindguard.records import replace
from dindguard.reports import FORMATS, Options, errors, first_sentence, places, render, safe, sentence
from dindguard.reports.page import blocks, for_html, for_terminal
from dindguard.reports.terminal import _CODES, Terminal, detect
from dindguard.rules import Severity
from dindguard.scanning import Report
from dindguard.source import Gravity, Notice, Source, Span, Step
from reporting import SOCKET, coverage, finding, model, rule, sample

TEXT = """\
ci/build me.sh:1:15 critical host-engine-socket
  'docker run' can command the host's engine
  1 │ docker run -v /var/run/docker.sock:/s \\
    │               ^^^^^^^^^^^^^^^^^^^^
  instead: Give the job its own engine (docker:dind-rootless), or a filtering proxy
    (dindguard explain host-engine-socket)

compose.yaml:8:9 critical host-engine-socket
  service 'runner' can command the host's engine through /var/run/docker.sock
  8 │       - /var/run/docker.sock:/var/run/docker.sock:ro
    │         ^^^^^^^^^^^^^^^^^^^^                      ^^ read-only does not protect a socket
  .env:1:8
  1 │ SOCKET=/var/run/docker.sock
    │        ^^^^^^^^^^^^^^^^^^^^ the path is set here
  instead: Give the job its own engine, or a filtering proxy (dindguard explain host-engine-socket)

compose.yaml:12:39 medium unauthenticated-daemon-tcp
  the docker engine in service 'dind' obeys whoever reaches 0.0.0.0:2375 on tcp://0.0.0.0:2375
  11 │     privileged: true
     │                 ^^^^ privileged: root in it is root on the host
  12 │     environment: {DOCKER_TLS_CERTDIR: "", API_TOKEN: ***, DOCKER_HOST: "tcp://0.0.0.0:2375"}
     │                                       ^^
  13 │     ports: ["2375:2375"]
     │             ^^^^^^^^^^^ the port is published here
  less grave here: the pod runs in a virtual machine
  instead: Leave DOCKER_TLS_CERTDIR at /certs and use port 2376
    (dindguard explain unauthenticated-daemon-tcp)

broken.yaml:2:6 error unreadable
  not valid YAML: the list is not closed
  2 │   a: [
    │      ^
  remedy: close the list

2 critical, 1 medium in 2 files
14 files read, 3 without containers or engines, 1 could not be read · 1 waived
1 note (-v shows them)
"""


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "current_folder", lambda: "/project")


def text(report: object, **options: object) -> str:
    options.setdefault("terminal", Terminal(width=100))
    return render("text", report, Options(**options))  # type: ignore[arg-type]  # forwarded


def summary(**changes: object) -> str:
    changes = {"findings": (), "notices": (), "coverage": coverage(14, 0, 0)} | changes
    return text(sample(**changes)).rstrip("\n")


def test_the_text_report() -> None:
    assert text(sample()) == TEXT


@pytest.mark.parametrize("width", [70, 80, 90])
def test_lines_keep_to_the_width(width: int) -> None:
    assert max(map(len, text(sample(), terminal=Terminal(width=width)).splitlines())) <= width


def test_a_narrow_terminal_breaks_all_but_long_words() -> None:
    for line in text(sample(), terminal=Terminal(width=40)).splitlines():
        unbroken = ("compose.yaml:", "ci/build", "    (dindguard explain", "14 files read")
        assert len(line) <= 40 or line.startswith(unbroken), line


def test_the_same_advice_and_the_same_way_are_shown_once() -> None:
    first = sample().findings[0]
    shown = text(sample(findings=(first, first)), verbose=True)
    assert shown.count("critical host-engine-socket\n") == 2
    assert (shown.count("the way to the host:"), shown.count("instead:")) == (1, 1)
    assert "    2. the engine starts a privileged container that mounts /" in shown


def test_the_way_is_told_where_it_leads_elsewhere() -> None:
    first, second = sample().findings[:2]
    steps = (Step("code in it", first.span), Step("its engine", second.span), Step("the host", first.span))
    shown = text(sample(findings=(replace(first, path=steps),)))
    assert "  the way to the host: code in it → its engine (line 12) → the host\n" in shown
    told = replace(first, path=steps, related=(Step("its engine is open", second.span),))
    assert "the way to the host" not in text(sample(findings=(told,))), "it would only repeat what is quoted"
    far = replace(first, path=(steps[0], Step("its engine", Span("b.yaml", 2, 3, 2, 4)), steps[2]))
    ascii_only = Terminal(width=100, unicode=False)
    assert "code in it -> its engine (b.yaml:2:3) -> the host" in text(sample(findings=(far,)), terminal=ascii_only)


def test_the_gravest_come_first_in_each_file() -> None:
    first, second, _, last = sample().findings
    low = replace(first, severity=Severity.LOW, message="a low one")
    heads = [line for line in text(sample(findings=(low, second, last, first))).splitlines() if line[:1].isalpha()]
    assert [line.split(" ")[:2] for line in heads if line.startswith("compose.yaml")] == [
        ["compose.yaml:8:9", "critical"], ["compose.yaml:12:39", "medium"], ["compose.yaml:8:9", "low"],
    ]  # fmt: skip


def test_paths_are_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ci").mkdir()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path / "ci")
    shown = text(sample(root=tmp_path))
    assert "\n../compose.yaml:12:39 medium " in shown
    assert shown.startswith("build me.sh:1:15 critical ")
    assert "\n  ../.env:1:8\n" in shown
    assert "\n../broken.yaml:2:6 error unreadable\n" in shown
    assert render("concise", sample(root=tmp_path), Options()).startswith("build me.sh:1:15: critical: ")
    assert '"compose.yaml"' in render("json", sample(root=tmp_path), Options())


def many(count: int) -> Report:
    """Return a report with the sample's findings again and again, in ten files."""
    report = sample()
    found = []
    for number in range(count):
        given = report.findings[number % 2]
        path = f"deploy/service-{number % 10}/compose.yaml"
        related = tuple(replace(step, span=replace(step.span, path=path)) for step in given.related)
        found.append(replace(given, span=replace(given.span, path=path), related=related))
    sources = {f.span.path: Source(f.span.path, report.sources["compose.yaml"].text) for f in found}
    return sample(findings=tuple(sorted(found, key=lambda f: f.span.path)), sources=sources, notices=())


def test_forty_findings_fit_two_hundred_and_forty_lines_of_a_hundred_columns() -> None:
    lines = text(many(40)).splitlines()
    assert len(lines) <= 240
    assert max(map(len, lines)) <= 100


def test_many_findings_are_told_briefly_and_counted() -> None:
    assert "by rule" not in text(many(20))
    shown = text(many(21))
    assert (
        "  with line 13: the port is published here; line 11: privileged: root in it is root on the host\n" in shown
    )
    assert "\n  instead:" not in shown
    assert "\n  11 critical  host-engine-socket          Give the job its own engine, or a filtering proxy\n" in shown
    assert "\n  10 medium    unauthenticated-daemon-tcp  " in shown
    assert "\nby file: how many, the gravest\n  3 critical  deploy/service-0/compose.yaml\n" in shown
    whole = text(many(21), verbose=True)
    assert "  instead:" in whole
    assert "by rule" in whole


def test_statistics_count_instead_of_telling() -> None:
    shown = text(sample(), statistics=True)
    assert (
        "\n\nby rule: how many, the gravest, what to write instead (dindguard explain RULE)\n  2 critical  host-engine-socket "
        in shown
    )
    assert "2 critical, 1 medium in 2 files" in shown
    assert shown.startswith("broken.yaml:2:6 error unreadable\n")
    assert text(sample(findings=(), notices=()), statistics=True).startswith("no findings")


def test_long_tables_are_cut_and_say_so() -> None:
    rules = [rule(f"rule-{n:02}", Severity.LOW, SOCKET.page) for n in range(30)]
    span = sample().findings[0].span
    found = tuple(finding(each, replace(span, path=f"{each.id}.yaml"), "x") for each in rules)
    shown = text(sample(findings=found))
    assert "\n  and 15 more rules\n" in shown
    assert "\n  and 22 more files\n" in shown
    assert " more rules" not in text(sample(findings=found), statistics=True)


def test_concise_is_one_line_each() -> None:
    assert render("concise", sample(), Options(terminal=Terminal(width=100))) == (
        "ci/build me.sh:1:15: critical: 'docker run' can command the host's engine [host-engine-socket]\n"
        "compose.yaml:8:9: critical: service 'runner' can command the host's engine through /var/run/docker.sock"
        " [host-engine-socket]\n"
        "compose.yaml:12:39: medium: the docker engine in service 'dind' obeys whoever reaches 0.0.0.0:2375 on"
        " tcp://0.0.0.0:2375 [unauthenticated-daemon-tcp]\n"
        "broken.yaml:2:6: error: not valid YAML: the list is not closed [unreadable]\n"
        "2 critical, 1 medium in 2 files\n"
        "14 files read, 3 without containers or engines, 1 could not be read · 1 waived\n"
        "1 note (-v shows them)\n"
    )
    assert ": note: rule privileged-engine" in render("concise", sample(), Options(verbose=True))


def test_the_problem_matcher_takes_every_line() -> None:
    import json

    matchers = json.loads((Path(__file__).parent.parent / "ci/problem-matcher.json").read_text("utf-8"))
    found = []
    for line in render("concise", sample(), Options(verbose=True)).splitlines():
        for each in matchers["problemMatcher"]:
            (pattern,) = each["pattern"]
            if match := re.match(pattern["regexp"], line):
                found.append((each["severity"], *(match[pattern[k]] for k in ("file", "line", "column", "code"))))
    assert found == [
        ("error", "ci/build me.sh", "1", "15", "host-engine-socket"),
        ("error", "compose.yaml", "8", "9", "host-engine-socket"),
        ("warning", "compose.yaml", "12", "39", "unauthenticated-daemon-tcp"),
        ("error", "broken.yaml", "2", "6", "unreadable"),
        ("notice", "compose.yaml", "8", "9", "undecided"),
    ]


XTERM = {"30": (0, 0, 0), "31": (205, 0, 0), "35": (205, 0, 205), "97": (255, 255, 255), "41": (205, 0, 0),
         "43": (205, 205, 0), "45": (205, 0, 205), "46": (0, 205, 205), "47": (229, 229, 229)}  # fmt: skip


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it."""

    def luminance(colour: tuple[int, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
        return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("style", "code"), list(_CODES.items()))
def test_colours_can_be_read_on_dark_and_on_light(style: str, code: str) -> None:
    codes = code.split(";")
    colours = [XTERM[each] for each in codes if each in XTERM]
    assert len(colours) == sum(len(each) == 2 for each in codes), "a colour that this test does not know"
    if len(colours) == 2:
        assert contrast(*colours) >= 3
    for colour in colours if len(colours) == 1 else ():
        assert min(contrast(colour, (0, 0, 0)), contrast(colour, (255, 255, 255))) >= 3, style


def test_many_related_places_are_counted() -> None:
    compose = sample().sources["compose.yaml"]
    steps = tuple(Step(f"use {n}", Span("compose.yaml", n, 1, n, 2)) for n in range(1, 10))
    report = sample(findings=(finding(SOCKET, compose.whole(), "x", related=steps),))
    shown = text(report)
    assert "use 5" in shown
    assert "use 6" not in shown
    assert "\n  and 4 more places (-v shows them)\n" in shown
    assert "use 9" in text(report, verbose=True)
    assert "… and 4 more places." in render("markdown", report, Options())


def test_clean_incomplete_and_empty_look_different() -> None:
    broken = Notice("unreadable", "not valid", Span("a.yaml", 1, 1, 1, 1), Gravity.ERROR)
    assert summary() == "no findings · 14 files read"
    with_others = coverage(14, 5, 0, FileState("values.yaml", State.KNOWN), FileState("x", State.LEFT_OUT))
    assert summary(coverage=with_others) == (
        "no findings · 14 files read, 5 without containers or engines, 1 of kinds not read yet, 1 left out"
    )
    assert summary(coverage=coverage(0, 5, 0)).startswith("nothing to scan: ")
    incomplete = summary(notices=(broken,), coverage=coverage(14, 0, 1)).splitlines()
    assert incomplete[-1] == "no findings, but the scan is incomplete · 14 files read, 1 could not be read"
    crashed = summary(notices=(Notice("rule-crashed", "it failed", Span("", 1, 1, 1, 1), Gravity.ERROR),))
    assert crashed.startswith("dindguard error rule-crashed\n  it failed\n")
    assert crashed.endswith("14 files read, 1 error")


def spot(number: int) -> FileState:
    return FileState(
        f"p{number}.yaml", State.BLIND_SPOT, "CircleCI pipeline", "--privileged", Span(f"p{number}.yaml", 7, 3, 7, 15)
    )


def test_no_findings_never_stands_alone_beside_a_blind_spot() -> None:
    changes = {"findings": (), "notices": notices_of(coverage(0, 0, 0, *map(spot, range(5)))),
               "coverage": coverage(14, 0, 0, *map(spot, range(5)))}  # fmt: skip
    assert summary(**changes) == (
        "p0.yaml:7:3 not judged: --privileged (CircleCI pipeline)\n"
        "p1.yaml:7:3 not judged: --privileged (CircleCI pipeline)\n"
        "p2.yaml:7:3 not judged: --privileged (CircleCI pipeline)\n"
        "and 2 more blind spots (-v shows them)\n\n"
        "no findings in what was read, but 5 blind spots · 14 files read"
    )
    words = "this CircleCI pipeline is not read, yet it says '--privileged': its containers are not judged"
    assert text(sample(**changes), verbose=True).count(words) == 5
    assert "2 critical, 1 medium in 2 files · 1 blind spot" in text(sample(coverage=coverage(14, 3, 1, spot(1))))
    for form in ("markdown", "html"):
        assert "no findings in what was read, but 5 blind spots" in render(form, sample(**changes), Options())
        beside = render(form, sample(coverage=coverage(14, 3, 1, spot(1))), Options())
        assert "1 blind spot" in beside.replace("<b>1</b>", "1")
    for form in ("json", "sarif", "html"):
        assert render(form, sample(**changes), Options()).count("is not read, yet it says") == 5
    assert "5 blind spots, not judged: p0.yaml:7:3, " in render("github", sample(**changes), Options())


def test_what_the_configuration_silences_is_told() -> None:
    assert summary(policy_summary=("3 waived", "1 rule off by .dindguard.yaml")) == (
        "no findings · 14 files read · 3 waived · 1 rule off by .dindguard.yaml"
    )


def test_verbose_shows_notes_and_the_silenced() -> None:
    shown = text(sample(), verbose=True)
    assert "note undecided\n  rule privileged-engine: PRIVILEGED is not known" in shown
    assert "compose.yaml:10:12 waived floating-engine-tag: until autumn\n" in shown
    assert "-v shows" not in shown


def test_colours_and_links_add_nothing_but_themselves() -> None:
    coloured = text(sample(), terminal=Terminal(width=100, colour=True, links=True))
    assert "\x1b[1;97;45mcritical\x1b[0m" in coloured
    assert "\x1b]8;;file:///project/ci/build%20me.sh\x1b\\ci/build me.sh:1:15\x1b]8;;\x1b\\" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\", "", coloured) == TEXT


def test_the_time_is_told_to_people_only() -> None:
    assert text(sample(), terminal=Terminal(width=100, interactive=True)).endswith("(-v shows them) · 0.12 s\n")


class _Stream(StringIO):
    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("is_terminal", "environ", "colour", "links"),
    [
        (True, {}, True, True),
        (False, {}, False, False),
        (True, {"NO_COLOR": "1"}, False, False),
        (True, {"NO_COLOR": ""}, True, True),
        (False, {"FORCE_COLOR": "1"}, True, False),
        (True, {"FORCE_COLOR": "0"}, False, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        (True, {"TERM": "dumb"}, False, False),
        (True, {"CI": "true"}, True, False),
    ],
)
def test_what_a_terminal_is_given(is_terminal: bool, environ: dict[str, str], colour: bool, links: bool) -> None:
    found = detect(_Stream(is_terminal), environ)
    assert (found.colour, found.links) == (colour, links)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert "8 |       - /var" in text(sample(), terminal=Terminal(width=100, unicode=False))


# --- every format ---------------------------------------------------------------------------------------------

EVIL = (
    "\x1b[31m\x1b]8;;http://evil.example\x07 <script>alert(1)</script> [x](http://evil.example) ![y](z) | `a` "
    "@you #1 www.evil.example ::error file=x::boom ##vso[task.setvariable] ##[error]x %0A::set-output name=a::b "
    "\r\n::error::x "
    '"\' ]]> & \u202e\u2028\ufeff\udcff ]](1) "}'
)


def evil() -> object:
    path = "::error file=a::b/\x1b[2J<img src=x>,&\"'`\n##[add-mask]x.yaml"
    source = Source(path, f"key: {EVIL}\nnext: {EVIL}\n")
    span = source.span(5, 30, EVIL)
    found = finding(
        SOCKET,
        span,
        EVIL,
        related=(Step(EVIL, source.span(6, 20)), Step(EVIL, Span("\udcff::warning::y", 1, 1, 1, 2))),
        path=(Step(EVIL, span),),
        instead=EVIL,
        containment=EVIL,
    )
    notice = Notice("unreadable", EVIL, span, Gravity.ERROR, EVIL)
    return sample(
        findings=(found,), notices=(notice,), sources={path: source}, policy_summary=(EVIL,), rules=(SOCKET,)
    )


@pytest.mark.parametrize("name", FORMATS)
def test_no_input_reaches_the_reader_as_a_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    document = render(name, evil(), Options(silenced=True))  # type: ignore[arg-type]
    document.encode("utf-8")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e\u2028\ufeff]", document)
    for line in document.splitlines():
        assert "##[" not in line
        assert "##vso[" not in line
        if name == "github" and line.startswith("::"):
            head, _, _ = line[2:].partition("::")
            assert re.fullmatch(r"(error|warning|notice) ([a-zA-Z]+=[^,:]*,)*[a-zA-Z]+=[^,:]*", head), line
        else:
            assert not re.match(r"\s*::[A-Za-z-]+(?: .*)?::", line), line


@pytest.mark.parametrize("name", FORMATS)
def test_secrets_are_in_no_report(name: str) -> None:
    compose = sample().sources["compose.yaml"]
    everywhere = tuple(
        finding(
            SOCKET,
            compose.span(compose.text.index(line), compose.text.index(line) + len(line)),
            "see https://me:hunter2@example.org and s3cr3t-value",
        )
        for line in compose.text.splitlines()
    )
    document = render(name, sample(findings=everywhere), Options())
    for secret in ("correct horse", "db.internal.example", "s3cr3t-value", "hunter2"):
        assert secret not in document, name


@pytest.mark.parametrize("name", FORMATS)
def test_equal_scans_give_equal_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert render(name, sample(seconds=0.1), Options()) == render(name, sample(seconds=0.2), Options())


@pytest.mark.parametrize("name", FORMATS)
def test_a_clean_scan_is_a_whole_document(name: str) -> None:
    document = render(name, sample(findings=(), notices=()), Options())
    assert document.endswith("\n")
    assert "Traceback" not in document


def schema() -> dict[str, object]:
    text = files("dindguard").joinpath("schemas/report.schema.json").read_text("utf-8")
    found: dict[str, object] = json.loads(text)
    return found


@pytest.mark.parametrize(
    "report", [sample(), sample(findings=(), notices=()), evil()], ids=["sample", "clean", "evil"]
)
def test_json_fits_the_shipped_schema(report: object) -> None:
    document = json.loads(render("json", report, Options()))  # type: ignore[arg-type]
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(document, schema())


def test_json_holds_what_the_text_shows() -> None:
    document = json.loads(render("json", sample(), Options()))
    first = document["findings"][0]
    assert document["complete"] is False
    assert document["summary"]["open"] == {"critical": 2, "high": 0, "medium": 1, "low": 0, "info": 0}
    assert document["summary"]["silenced"]["waived"] == 1
    assert first["place"] == {
        "path": "compose.yaml", "line": 8, "column": 9, "end_line": 8, "end_column": 29,
        "route": "services.runner.volumes[0]",
    }  # fmt: skip
    assert [step["what"] for step in first["related"]] == [
        "read-only does not protect a socket",
        "the path is set here",
    ]
    assert document["findings"][1]["quoted"].count("***") == 1
    assert {finding["status"] for finding in document["findings"]} == {"open", "waived"}


def test_github_annotations() -> None:
    lines = render("github", sample(), Options()).splitlines()
    assert lines[0] == (
        "::error file=broken.yaml,line=2,endLine=2,col=6,endColumn=6,title=not looked at%3A unreadable::"
        "not valid YAML: the list is not closed (close the list)"
    )
    assert lines[1].startswith("::error file=compose.yaml,line=8,endLine=8,col=9,endColumn=28,title=critical%3A ")
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::error", "::error", "::error", "::warning"]
    assert lines[-1] == "3 findings in 14 files that dindguard read; 1 could not be read"


@pytest.mark.parametrize(("severity", "level"), [("HIGH", "error"), ("MEDIUM", "warning"), ("LOW", "notice")])
def test_github_gets_ten_annotations_of_a_level_and_the_log_the_rest(severity: str, level: str) -> None:
    span = sample().findings[0].span
    many = tuple(finding(SOCKET, span, f"number {n}", severity=Severity[severity]) for n in range(25))
    lines = render("github", sample(findings=many, notices=()), Options()).splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert sum(line.startswith(f"::{level} ") for line in annotations) == 10
    plain = [line for line in lines if line.startswith("- ")]
    assert f"{len(plain)} more findings in the log" in annotations[-1]
    assert len(annotations) - 1 + len(plain) == 25


def test_junit_counts_findings_as_failures_and_unread_files_as_errors() -> None:
    suite = ET.fromstring(render("junit", sample(), Options()))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "3", "1")
    assert suite[0].get("name") == "host-engine-socket compose.yaml:8:9"
    assert "DOCKER_TLS_CERTDIR" in (suite[1][0].text or "")
    clean = ET.fromstring(render("junit", sample(findings=(), notices=()), Options()))[0]
    assert (clean.get("tests"), clean.get("failures"), len(clean[0])) == ("1", "0", 0)


def test_junit_takes_anything() -> None:
    ET.fromstring(render("junit", evil(), Options()))  # type: ignore[arg-type]


def test_markdown_shows_places_and_advice() -> None:
    page = render("markdown", sample(), Options())
    assert page.startswith("## dindguard: 🟣 2 critical, 🟠 1 medium\n")
    assert "`compose.yaml:8:9` Service 'runner' can command" in page
    assert "**1 could not be read**" in page


def test_markdown_has_a_table_and_folds_much() -> None:
    span = sample().findings[0].span
    page = render(
        "markdown", sample(findings=tuple(finding(SOCKET, span, f"number {n}") for n in range(6))), Options()
    )
    assert "| 🟣 critical | `host-engine-socket` | `compose.yaml` | 8 |\n" in page
    assert "<details><summary>6 findings in full</summary>" in page
    assert page.endswith("\n\n</details>\n")
    assert "<details>" not in render("markdown", sample(), Options())


def test_markdown_says_how_many_errors_had_no_room() -> None:
    many = tuple(
        Notice("unreadable", f"{n} {'word ' * 180}", Span("a", n, 1, n, 2), Gravity.ERROR) for n in range(1, 201)
    )
    page = render("markdown", sample(notices=many), Options())
    assert len(page) < 65_536
    assert re.search(r"… and \d+ more errors: see the log\.", page)


def test_markdown_stays_below_what_a_comment_takes() -> None:
    span = sample().findings[0].span
    many = tuple(finding(SOCKET, span, f"number {n}") for n in range(2000))
    page = render("markdown", sample(findings=many), Options())
    assert len(page) < 65_536
    assert re.search(r"… and \d+ more findings: see the log\.$", page.strip())


@pytest.mark.parametrize(
    ("plain", "escaped"),
    [
        ("a [x](y) <b>", "a \\[x\\](y) \\<b\\>"),
        ("`code` *x* _y_", "\\`code\\` \\*x\\* \\_y\\_"),
        ("# no heading", "\\# no heading"),
        ("1. no list", "1\\. no list"),
        ("ask @team, see #12", "ask @\u200bteam, see #\u200b12"),
        ("tcp://dind:2375 www.x.y", "tcp:\u200b//dind:2375 www\u200b.x.y"),
    ],
)
def test_markdown_escapes(plain: str, escaped: str) -> None:
    # The invisible character stands behind the first sign of what would become a link.
    assert safe.markdown(plain).replace("w\u200bww", "www\u200b") == escaped


def test_code_in_markdown_cannot_leave_its_fence() -> None:
    assert safe.code_span("a`b``c") == "```a`b``c```"
    assert safe.code_span("`a") == "`` `a ``"
    assert safe.fenced(["```", "x"]) == "````\n```\nx\n````"


def test_log_commands_lose_their_form_and_keep_their_length() -> None:
    for line in ("##[error]x", "a ##vso[task.x]y", "  ::error::x", "::add-mask::x", "::error file=a,line=1::m"):
        assert len(safe.log(line)) == len(line)
        assert safe.log(line) != line
    for line in ("## heading", "::1", "fe80::1", "[::]:2375", "a::b", "x ::a::b", "::ffff:10.0.0.1"):
        assert safe.log(line) == line


@pytest.mark.parametrize(
    ("text_in", "expected"),
    [
        ("service 'x' is open", "Service 'x' is open."),
        ("'docker run' is open", "'docker run' is open."),
        ("docker:dind is old", "docker:dind is old."),
        ("Is it?", "Is it?"),
    ],
)
def test_messages_become_sentences(text_in: str, expected: str) -> None:
    assert sentence(text_in) == expected


def test_the_first_sentence_of_a_page() -> None:
    assert first_sentence("Use `docker:27.3` or\nlater. Then rest.\n\nMore.") == "Use docker:27.3 or later"
    assert first_sentence("```yaml\na: b\n```\nOr c. D.") == "Or c"
    assert first_sentence("From least to most:\n- a\n- b") == "From least to most"
    assert first_sentence("") == ""


PAGE = """Title here.

## Why
Some `code` and **bold** text,
wrapped *well*. See [docs](https://example.org/x) or https://example.org/y.

- one
  continued
- two

1. first

```yaml
a: <b>
```
"""


def test_pages_are_taken_apart() -> None:
    assert [(block.kind.value, block.text) for block in blocks(PAGE)] == [
        ("paragraph", "Title here."),
        ("heading", "Why"),
        ("paragraph", "Some `code` and **bold** text, wrapped *well*. See [docs](https://example.org/x) or https://example.org/y."),
        ("item", "one continued"),
        ("item", "two"),
        ("item", "first"),
        ("code", "a: <b>"),
    ]  # fmt: skip


def test_pages_in_a_terminal_and_in_html() -> None:
    assert for_terminal(PAGE, Terminal(width=40))[2:6] == [
        "Why",
        "Some `code` and bold text, wrapped",
        "well. See docs (https://example.org/x)",
        "or https://example.org/y.",
    ]
    assert "\x1b[35mcode\x1b[0m" in "\n".join(for_terminal(PAGE, Terminal(width=40, colour=True)))
    page = for_html(PAGE + "\n<script>alert(1)</script> [x](javascript:alert(1)) `<i>`\n")
    assert '<a href="https://example.org/x">docs</a>' in page
    assert '<a href="https://example.org/y">https://example.org/y</a>.' in page
    assert "wrapped <em>well</em>." in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    assert "<code>&lt;i&gt;</code>" in page


def test_the_sample_is_what_it_says(tmp_path: Path) -> None:
    assert sample().sources.keys() >= {finding.span.path for finding in sample().findings}
    assert model(sample().sources["compose.yaml"]).containers[0].name == "runner"


def test_the_page_about_reports_names_every_format() -> None:
    page = (Path(__file__).parent.parent / "docs" / "reports.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z][\w-]*)` \|", page, re.MULTILINE))
    assert named == set(FORMATS)


def test_a_limit_that_many_files_meet_is_told_once_and_counted_for_each() -> None:
    spans = [Span(f"{name}.sh") for name in "abcde"]
    (notice,) = folded(budget.DESCRIBED_CONTAINERS.notice(span) for span in spans)
    assert [notice.span, *notice.also] == spans
    assert [each.span for each in errors([notice])] == spans
    assert len(folded([replace(notice, kind="unreadable", span=span, also=()) for span in spans])) == 5


def test_the_first_of_very_many_findings_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dindguard.reports.text.MOST_QUOTED", 22)
    source = sample().sources["compose.yaml"]
    many = tuple(finding(SOCKET, source.span(0, 8), f"number {n}") for n in range(25))
    lines = render("text", sample(findings=many), Options()).splitlines()
    alone = [line for line in lines if SOCKET.id in line and "number" in line]
    assert [line.partition(": ")[2] for line in alone] == ["number 22", "number 23", "number 24"]
    assert sum(line.strip() == "number 21" for line in lines) == 1


def test_places_of_which_the_same_is_said_leave_room_for_others() -> None:
    compose = sample().sources["compose.yaml"]
    lines = [Span("compose.yaml", n, 1, n, 2) for n in range(1, 10)]
    steps = (*(Step("extended here", span) for span in lines[:8]), Step("the engine has no authentication", lines[8]))
    report = sample(findings=(finding(SOCKET, compose.whole(), "x", related=steps),))
    shown = text(report)
    assert shown.count("extended here") == 3
    assert "the engine has no authentication" in shown
    assert "\n  and 5 more places (-v shows them)\n" in shown
    assert text(report, verbose=True).count("extended here") == 8
