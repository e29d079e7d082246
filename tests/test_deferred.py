"""Stand-ins for modules of the standard library: what they offer is what the modules say, and all else is the modules'."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import logging
import platform
import subprocess
import sys

import pytest

from dindguard import deferred


def said(code: str) -> str:
    """Return what a process that has stand-ins writes, with ``shown`` for the names of those that are left."""
    begin = """\
import sys
from dindguard import deferred
deferred.begin()
def shown(): return sorted(name for name, module in sys.modules.items() if isinstance(module, deferred.StandIn))
"""
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def stand_in(name: str) -> deferred.StandIn:
    return deferred._STAND_INS[name](name)


@pytest.mark.parametrize(
    "text",
    ["", "word", " a", "a ", "\ta", "a\tb", "a\n  b\n    c\n", "\n  a\n", "\xa0a", "a\x0bb", "  ", "é", "\u2028a"],
)
def test_an_indentation_is_taken_as_the_module_takes_it(text: str) -> None:
    assert stand_in("inspect").cleandoc(text) == inspect.cleandoc(text)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no stand-in elsewhere")
def test_the_system_is_called_as_the_module_calls_it() -> None:
    assert stand_in("platform").system() == platform.system()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the module reads no more than the one in C by itself")
def test_dates_are_the_same_objects() -> None:
    found = stand_in("datetime")
    names = [name for name in vars(dt) if name[0] != "_" and name != "sys"]
    assert len(names) > 8
    for name in names:
        assert getattr(found, name) is getattr(dt, name)


def test_messages_are_translated_as_the_module_does() -> None:
    found = stand_in("gettext")
    assert found.gettext("Usage:") == "Usage:"
    assert [found.ngettext("one", "many", count) for count in (1, 2)] == ["one", "many"]


def test_a_logger_logs(caplog: pytest.LogCaptureFixture) -> None:
    logger = stand_in("logging").getLogger("somewhere")
    with caplog.at_level(logging.DEBUG):
        logger.debug("found %s", 1)
    assert [(each.name, each.message) for each in caplog.records] == [("somewhere", "found 1")]


def test_all_else_is_the_modules_own() -> None:
    assert stand_in("json").dumps is json.dumps
    assert stand_in("logging").WARNING == logging.WARNING
    with pytest.raises(AttributeError, match=r"json.*nothing_of_the_kind"):
        stand_in("json").nothing_of_the_kind  # noqa: B018 - asking is what fails


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("import click, dockerfile_parse", set()),
        ("import json; json.dumps({})", {"json"}),
        ("import json.decoder; json.decoder.JSONDecoder; json.loads('1')", {"json"}),
        ("from json import encoder, loads; loads('1')", {"json"}),
        ("from logging.handlers import BufferingHandler", {"logging"}),
        ("import logging; type('Handler', (logging.Handler,), {})", {"logging"}),
        ("from inspect import signature; signature(shown)", {"inspect"}),
        ("from gettext import gettext; gettext('x')", {"gettext"}),
        ("from json import *; dumps({})", {"json"}),
    ],
)
def test_who_asks_for_more_gets_the_module(code: str, gone: set[str]) -> None:
    before, after = said("print(*shown())").split(), said(f"{code}\nprint(*shown())").split()
    assert set(before) - set(after) == gone
    assert set(before) == set(deferred._STAND_INS)


def test_what_is_imported_already_stays() -> None:
    assert said("import sys; print('left', sys.modules['sys'] is sys)\n").startswith("left True")
    code = "for name in shown(): del sys.modules[name]\nimport json\nhad = json\ndeferred.begin()\n"
    assert said(f"{code}print(sys.modules['json'] is had, 'json' in shown())") == "True False\n"
