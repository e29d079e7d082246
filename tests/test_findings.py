"""Problems become findings: merged by place, numbered, and known again wherever their lines move."""

from __future__ import annotations

from pathlib import Path

import pytest

from build import container, on, span
from dindguard.findings import Finding, Status, identity, stamp
from dindguard.model.container import Container
from dindguard.model.values import Flag, How, unset
from dindguard.records import replace
from dindguard.rules import Confidence, Problem, Rule, Severity, Verdict, reason
from dindguard.scanning import Options, scan
from dindguard.source import Span, Step


def make_rule(name: str = "a-rule", severity: Severity = Severity.HIGH) -> Rule:
    return Rule(name, Container, severity, "test", "0.1.0", lambda _: (), text="A title.")


RULE = make_rule()


def stamped(*verdicts: Verdict, lowered=lambda rule, who, *_: (0, ""), severities=None) -> tuple[Finding, ...]:
    return stamp(verdicts, lowered, lambda rule, _: (severities or {}).get(rule.id))


def verdict(subject: Container, at: object = None, rule: Rule = RULE, **problem: object) -> Verdict:
    return Verdict(
        rule, subject, Problem(on() if at is None else at, problem.pop("message", f"{subject} is wrong"), **problem)
    )  # type: ignore[arg-type]  # forwarded


# -- merging ----------------------------------------------------------------------------------------------------


def test_one_written_value_of_several_containers_is_one_finding() -> None:
    flag = on()
    (finding,) = stamped(*(verdict(container(name=name), flag) for name in ("a", "b", "c")))
    assert [subject.label for subject in finding.subjects] == ["service 'a'", "service 'b'", "service 'c'"]
    assert finding.message == "service 'a' is wrong (the same holds for service 'b' and service 'c')"
    assert len({subject.identity for subject in finding.subjects}) == 3


def test_many_others_are_counted() -> None:
    flag = on()
    (finding,) = stamped(*(verdict(container(name=name), flag) for name in "abcdefgh"))
    assert finding.message.endswith(
        "(the same holds for service 'b', service 'c', service 'd', service 'e' and 3 more)"
    )


def test_what_does_not_hold_for_another_is_not_said_of_it() -> None:
    flag, one, other, third = on(), container(name="a"), container(name="b"), container(name="c")
    (finding,) = stamped(
        verdict(one, flag),
        verdict(other, flag, message="service 'b' is odd", severity=Severity.LOW),
        verdict(third, flag),
    )
    assert finding.message == "service 'a' is wrong (the same holds for service 'c'); service 'b' is odd"


def test_other_places_rules_and_settings_are_other_findings() -> None:
    who, place = container(), span()
    one, two = Flag(True, place, name="privileged"), Flag(True, place, name="pid")
    assert len(stamped(verdict(who, on()), verdict(who, on()))) == 2
    assert len(stamped(verdict(who, one), verdict(who, one, make_rule("b-rule")))) == 2
    assert len(stamped(verdict(who, one), verdict(who, two, message="it sees the host's processes"))) == 2
    assert len(stamped(verdict(who, one), verdict(container(), one))) == 1


def test_findings_are_in_the_order_of_their_places() -> None:
    first, second = on(), on()
    found = stamped(verdict(container(name="b"), second), verdict(container(name="a"), first))
    assert [finding.span for finding in found] == [first.span, second.span]


# -- severity ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(None, Severity.HIGH), (Severity.LOW, Severity.LOW), (Severity.CRITICAL, Severity.HIGH)],
)
def test_a_problem_may_be_less_grave_than_its_rule_and_never_graver(
    stated: Severity | None, expected: Severity
) -> None:
    (finding,) = stamped(verdict(container(), severity=stated))
    assert finding.severity is expected


def test_a_sandbox_lowers_and_is_named() -> None:
    (finding,) = stamped(verdict(container()), lowered=lambda rule, who, *_: (2, "it runs in a virtual machine"))
    assert (finding.severity, finding.containment) == (Severity.LOW, "it runs in a virtual machine")
    (finding,) = stamped(verdict(container()), lowered=lambda rule, who, *_: (9, "x"))
    assert finding.severity is Severity.INFO


def test_the_gravest_of_the_merged_counts() -> None:
    flag, safe, bare = on(), container(name="safe"), container(name="bare")
    (finding,) = stamped(
        verdict(safe, flag), verdict(bare, flag), lowered=lambda rule, who, *_: (2 if who is safe else 0, "")
    )
    assert finding.severity is Severity.HIGH
    assert finding.message.startswith("service 'bare'")


def test_configuration_has_the_last_word() -> None:
    (finding,) = stamped(
        verdict(container()), lowered=lambda rule, who, *_: (3, ""), severities={"a-rule": Severity.CRITICAL}
    )
    assert finding.severity is Severity.CRITICAL


def test_confidence_is_the_problems() -> None:
    (finding,) = stamped(verdict(container(), confidence=Confidence.LOW))
    assert finding.confidence is Confidence.LOW


# -- the other half -----------------------------------------------------------------------------------------------


def test_reasons_and_uses_are_related_places_once_each() -> None:
    used, pid = Step("used here", span()), reason("it sees the host's processes", on("pid"))
    assert pid is not None
    flag = Flag(True, span().with_trail(used), name="privileged")
    (finding,) = stamped(verdict(container(), flag, because=(pid, None, pid, reason("itself", flag), used)))
    assert [step.span for step in finding.related] == [pid.span, used.span]
    assert finding.places == (flag.span, pid.span, used.span)


def test_a_flag_that_is_off_or_unknown_or_unwritten_is_no_reason() -> None:
    assert reason("it matters", Flag(True, span())) is not None
    for flag in (Flag(False, span()), Flag(None, span(), How.UNKNOWN), unset(span(), "ipc", state=True), None):
        assert reason("it matters", flag) is None


def test_a_place_alone_is_no_reason() -> None:
    with pytest.raises(TypeError, match=r"'because' takes words with a place, not a Flag: reason\("):
        verdict(container(), because=(on("pid"),))


# -- identity -----------------------------------------------------------------------------------------------------


def test_identity_is_of_rule_file_and_address() -> None:
    base = identity("rule", "path", "services.a")
    assert base == identity("rule", "path", "services.a")
    assert len({base, identity("rules", "path", "services.a"), identity("rule", "paths", "services.a"),
                identity("rule", "path", "services.b"), identity("rule", "pathservices", ".a")}) == 5  # fmt: skip
    assert len(base) == 32
    identity("rule", "\udcff.yaml", "a")  # a name that is no text


def test_equal_identities_are_numbered_in_the_order_of_the_file() -> None:
    first, second = container(), container()
    found = stamped(verdict(second), verdict(first))
    assert len({finding.fingerprint for finding in found}) == 2
    assert found[0].fingerprint == stamped(verdict(first))[0].fingerprint


COMPOSE = """\
services:
  other:
    image: busybox:1
  dind:
    image: docker:29-dind
    privileged: true
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
"""
MOVED = COMPOSE.replace(
    "services:\n", "# a comment\n\nservices:\n  new: {image: 'nginx:1', privileged: true}\n\n"
).replace("    volumes:\n", "    volumes:\n      - data:/data\n")


def identities(folder: Path, text: str, name: str = "compose.yaml") -> dict[str, list[str]]:
    folder.mkdir()
    (folder / name).write_text(text)
    report = scan(Options(paths=(folder,), root=folder))
    found: dict[str, list[str]] = {}
    for finding in report.findings:
        for subject in finding.subjects:
            found.setdefault(finding.rule.id, []).append(subject.identity)
    return found


def test_identity_is_free_of_lines_messages_and_positions(tmp_path: Path) -> None:
    before, after = identities(tmp_path / "a", COMPOSE), identities(tmp_path / "b", MOVED)
    assert len(before) >= 2
    for rule, known in before.items():
        assert set(known) <= set(after[rule]), rule


def test_identity_changes_with_the_file_and_the_service(tmp_path: Path) -> None:
    before = identities(tmp_path / "a", COMPOSE)["privileged-engine"]
    for number, changed in enumerate((COMPOSE.replace("dind:\n", "engine:\n"), None)):
        name = "stack.yaml" if changed is None else "compose.yaml"
        assert not set(before) & set(
            identities(tmp_path / f"n{number}", changed or COMPOSE, name)["privileged-engine"]
        )


# -- status -------------------------------------------------------------------------------------------------------


def test_a_finding_is_silenced_when_all_its_subjects_are() -> None:
    flag = on()
    (finding,) = stamped(verdict(container(name="a"), flag), verdict(container(name="b"), flag))
    one, two = finding.subjects
    half = replace(finding, subjects=(replace(one, status=Status.WAIVED), two))
    whole = replace(finding, subjects=(replace(one, status=Status.WAIVED), replace(two, status=Status.ALLOWED)))
    assert (half.open, half.status) == (True, Status.OPEN)
    assert (whole.open, whole.status) == (False, Status.WAIVED)
    assert replace(finding, subjects=()).open


def test_a_subject_falls_back_to_the_place_of_the_problem() -> None:
    place = Span("other.yaml", 3, 1, 3, 2)
    (finding,) = stamped(Verdict(RULE, object(), Problem(place, "x")))
    assert finding.subjects[0].path == "other.yaml"
