"""Numbers in texts: what Python takes for digits is not what it makes numbers of."""

from __future__ import annotations

from pathlib import Path

import pytest

from dindguard import Options, scan
from dindguard.patterns import decimal
from support import write_files

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("2375", 2375), ("65536", 65536), ("007", 7), ("", None), ("-1", None), ("1.5", None), (" 1", None), ("²", None),
     ("٣", None), ("123456", None), (LONG, None)],
)  # fmt: skip
def test_only_short_texts_of_ascii_digits_are_numbers(text: str, number: int | None) -> None:
    assert decimal(text) == number


@pytest.mark.parametrize("digits", ["²", "٣", LONG])
def test_no_number_ends_a_scan(tmp_path: Path, digits: str) -> None:
    """Each is written where a number belongs; the danger beside it is found."""
    write_files(
        tmp_path,
        {
            "compose.yaml": f"services: {{a: {{image: a, privileged: true, oom_score_adj: '{digits}', ports: ['{digits}:1']}}}}",
            "up.sh": f"docker compose up --scale a={digits}\necho ${{{digits}}}\nf() {{ echo ${{{digits}}}; }}; f x\n",
            "config.toml": f'concurrent = "{digits}"\n[[runners]]\nexecutor = "docker"\nlimit = "{digits}"\n',
            "k/kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n",
            "k/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: c}]}\n",
            "k/p.yaml": f"- {{op: test, path: /spec/containers/{digits}/image, value: c}}\n",
        },
    )
    report = scan(Options(paths=(tmp_path,), root=tmp_path))
    assert "privileged-container" in {each.rule.id for each in report.findings}
    assert not [notice for notice in report.notices if "Error" in notice.message]
