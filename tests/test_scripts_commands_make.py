"""Makefiles: recipes are scripts, and Make's variables stand in them."""

from __future__ import annotations

import pytest

from dindguard.model.values import How
from dindguard.scripts.commands import Dialect
from test_scripts_commands import at, lines, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all:\n\t@docker run a\n", ["docker run a"]),
        ("all: ; docker run a\n", ["docker run a"]),
        ("all:\n\t-docker run \\\n\t  a\n", ["docker run a"]),
        ("all:\n\tif x; then\\\n\tdocker run a; fi\n", ["docker run a"]),
        ("all:\n\techo docker run a\n", []),
        ("all:\n\t# docker run a\n", []),
        ("# docker run a\nX = docker run a\n", []),
        ("docker: run\n", []),
        ("D ?= docker\nall:\n\t$(D) run ${I}\n", ["docker run <I>?"]),
        ("$(eval X)\nall:\n\t$(DOCKER) run a\n", ["<DOCKER>? run a"]),
        ("I = a\nall:\n\tdocker run $(I)\n", ["docker run a"]),
        ("all:\n\tdocker run $(I)\nI := a\n", ["docker run a"]),
        ("O := --rm \\\n  -d # both\nO += -t\nall:\n\tdocker run $(O) a\n", ["docker run --rm -d -t a"]),
        ("ifdef P\nO = --privileged\nelse\nO =\nendif\nall:\n\tdocker run $(O) a\n", ["docker run --privileged? a"]),
        ("ifeq (a,b)\nI = a\nelse\nI = b\nendif\nall:\n\tdocker run $(I)\n", ["docker run <I>?"]),
        ("all:\n\tdocker run $(if $(P),--privileged) a\n", ["docker run --privileged? a"]),
        ("all:\n\tdocker run -e A=$$A a\n", ["docker run -e A=<A>? a"]),
        ("all:\n\tI=a; docker run $$I\n", ["docker run a"]),
        ("all:\n\tI=a\n\tdocker run $$I\n", ["docker run <I>?"]),
        (".ONESHELL:\nall:\n\tI=a\n\tdocker run $$I\n", ["docker run a"]),
        ("define R\ndocker run a\nendef\n", ["docker run a"]),
        ("X := $(shell docker run a)\nall:\n\techo $(X)\n", ["docker run a"]),
        ("X := $(shell docker run a)\n", ["docker run a"]),
        ("X = $(shell docker run a)\n", []),
        ("X := $(call docker run a)\n", []),
        ("X != docker run a\n", ["docker run a"]),
        ("all:\n\t$(foreach i,1 2,docker run $(I);)\nI = a\n", ["docker run a"]),
        ("all:\n\t$(foreach i,docker run a,echo $(i);)\n", []),
        ("all:\n\t$(if $(P),docker run a)\n", ["docker run a"]),
        ("all:\n\t$(if $(P),true,docker run a)\n", ["docker run a"]),
        ("all:\n\t$(if $(P),docker run a,docker run b)\n", ["docker run a", "docker run b"]),
        ("all:\n\tdocker run $(if $(P),,--privileged) a\n", ["docker run --privileged? a"]),
        ("all:\n\tdocker run $(if $(P),-d,--privileged) a\n", ["docker run -d? --privileged? a"]),
        ("A = $(B)\nB = $(A)\nall:\n\tdocker run $(A)\n", ["docker run <A>?"]),
        ("t: I = a\nt:\n\tdocker run $(I)\n", ["docker run a"]),
        ("all:\n\tdocker run '$(I)' $@\n", ["docker run <I>? <@>?"]),
    ],
)
def test_recipes(text: str, expected: list[str]) -> None:
    assert lines(text, Dialect.MAKE) == expected


def test_a_word_from_a_make_variable_points_at_its_definition() -> None:
    text = "FLAGS ?= --rm \\\n\t--privileged\nall:\n\t@docker run $(FLAGS) a\n"
    [command] = read(text, Dialect.MAKE).commands
    word = command.words[3]
    assert (at(text, word.span), word.how) == ("--privileged", How.DEFAULT)
    assert [at(text, step.span) for step in word.span.trail] == ["$(FLAGS)"]
    assert at(text, command.span) == "docker run $(FLAGS) a"


def test_an_exported_variable_reaches_the_recipes() -> None:
    result = read("export DOCKER_HOST = tcp://x:2375\nall:\n\tdocker ps\n", Dialect.MAKE)
    assert result.commands[0].environment["DOCKER_HOST"].value == "tcp://x:2375"
    assert [(export.name, export.value.value) for export in result.exports] == [("DOCKER_HOST", "tcp://x:2375")]
