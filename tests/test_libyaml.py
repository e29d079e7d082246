"""The command line's own process takes PyYAML's binding of libyaml first, and the rest when somebody asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEGIN = """\
import sys
from dindguard import process
process.own = True
from dindguard.documents import libyaml
from dindguard.documents.yaml import read
from dindguard.source import Source
"""

BROKEN = ["a: [b", "a: 'b", "a: b: c", "\\ta: 1", "a: *b", "a: !<x y", "%YAML 9.9\\n---\\na", "a: \\x00"]


def said(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_text_is_composed_without_the_half_in_python() -> None:
    code = "root, = read(Source('a', 'a: [1, {b: *x}]\\nc: &x 2\\n'.replace('*x', '2'))).documents\n"
    code += "print(root['a'].items()[1]['b'].text, sorted(n for n in sys.modules if n.partition('.')[0] == 'yaml'))"
    assert said(code) == ["2 ['yaml', 'yaml._yaml', 'yaml.error', 'yaml.events', 'yaml.nodes', 'yaml.tokens']"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_text_is_told_in_the_same_words(text: str) -> None:
    code = f"print([(n.message, str(n.span)) for n in read(Source('a', '''{text}''')).notices])"
    (lean,), (whole,) = said(code), said(f"import yaml\n{code}")
    assert lean == whole


@pytest.mark.parametrize("text", BROKEN[:-1])
def test_what_is_wrong_is_known_without_the_half_in_python(text: str) -> None:
    code = f"from dindguard.documents.yaml import read_part\nsource = Source('a', '''{text}''')\n"
    code += "print([(n.message, str(n.span)) for n in read_part(source, source.text, 0).notices])\n"
    (lean, rest), (whole, _) = (
        said(f"{before}{code}print('yaml.constructor' in sys.modules)") for before in ("", "import yaml\n")
    )
    assert lean == whole != "[]"
    assert rest == "False"


@pytest.mark.parametrize(
    "asking",
    [
        "import yaml; yaml.safe_load",
        "from yaml import CSafeLoader",
        "from yaml import *; safe_load",
        "import yaml.constructor, yaml; yaml.scanner",
        "from dindguard.documents.yaml_pure import PureLoader",
    ],
)
def test_whoever_asks_for_more_gets_all_of_it(asking: str) -> None:
    code = f"""\
read(Source('a', 'a: 1'))
{asking}
import yaml
assert yaml.load('a: [1, yes]', yaml.CSafeLoader) == yaml.safe_load('a: [1, yes]') == {{'a': [1, True]}}
for text, error in (('a: [', yaml.parser.ParserError), ('a: "', yaml.scanner.ScannerError), ('*a', yaml.composer.ComposerError)):
    try:
        yaml.load(text, yaml.CSafeLoader)
    except error as raised:
        assert isinstance(raised, yaml.MarkedYAMLError)
try:
    yaml.load(b'\\xff\\xfe\\x00', yaml.CSafeLoader)
except yaml.reader.ReaderError as raised:
    print(raised.reason is not None, yaml.__version__ != '', yaml.error.YAMLError is yaml.YAMLError, libyaml.complete())
"""
    assert said(code) == ["True True True False"]


def test_a_pyyaml_of_another_kind_is_imported_as_usual() -> None:
    code = "libyaml._TAKEN = ('error', 'nowhere')\n"
    code += "print(len(read(Source('a', 'a: 1')).documents), 'yaml.constructor' in sys.modules)"
    assert said(code) == ["1 True"]


def test_a_process_of_somebody_else_gets_all_of_it() -> None:
    code = "process.own = False\nread(Source('a', 'a: 1'))\nprint('yaml.constructor' in sys.modules)"
    assert said(code) == ["True"]
