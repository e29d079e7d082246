"""Every value of every fixture replaced by junk: only notices may come out, never an exception."""

from __future__ import annotations

import random
import re

import pytest

from dindguard.infer import infer
from dindguard.judging import run
from dindguard.loading import load
from dindguard.reading import read_all
from dindguard.source import Source
from dindguard.working_tree import WorkingTree
from fixture_files import Fixture, fixtures

JUNK = (
    "", "null", "[]", "{}", "[[]]", "{a: {b: [1]}}", "-1", "1e309", "²", '"', "'", "&a", "*a", "!x y", "|", "\t",
    "\0", "${", "${A:-${B", "{{ x }}", "<<", "99999999999999999999", "a" * 3000, "\ufffd",
)  # fmt: skip
VALUE = re.compile(r"(?<=[:=\-\[,( ])[ ]?[\"']?[\w./:@${}-]{2,}[\"']?")
RULES = load()


@pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture.id)
def test_junk_gives_notices_and_no_crash(fixture: Fixture) -> None:
    chance = random.Random(fixture.id)
    files = WorkingTree(fixture.root)
    for path in fixture.files:
        text = path.read_text("utf-8")
        places = list(VALUE.finditer(text))
        chance.shuffle(places)
        for match in places[:12]:
            junk = chance.choice(JUNK)
            changed = text[: match.start()] + junk + text[match.end() :]
            source = Source(path.relative_to(fixture.root).as_posix(), changed)
            readings, _ = read_all([source], files)
            notices = run(infer(readings), RULES).notices
            crashed = [notice for notice in notices if notice.kind == "rule-crashed"]
            assert not crashed, (junk, match.group(), crashed)
