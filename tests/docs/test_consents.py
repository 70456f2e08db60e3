"""docs/consents.md says what there is."""

import re
from pathlib import Path

from domain.models.consents import INDISPENSABLE, ConsentSource, GivenBy, Purpose

DOCUMENT = (Path(__file__).parents[2] / "docs/consents.md").read_text()


def section(heading: str) -> str:
    """What stands under a heading, down to the next one."""
    return DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_every_purpose_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \|$", section("What is asked for"), re.MULTILINE)

    assert dict(rows) == {purpose: "yes" if purpose is INDISPENSABLE else "no" for purpose in Purpose}


def test_every_reason_to_refuse_a_consent_is_explained() -> None:
    source = (Path(__file__).parents[2] / "domain/services/consents.py").read_text()
    given = set(re.findall(r'Finding\([^,]+, "(\w+)"', source))

    documented = {code for row in re.findall(r"^\| (`.*?) \|", section("What is sent"), re.MULTILINE)
                  for code in re.findall(r"`(\w+)`", row)}  # fmt: skip

    assert documented == given


def test_every_source_and_giver_is_named() -> None:
    kept = section("What is kept")

    assert [name for name in (*ConsentSource, *GivenBy) if f"`{name}`" not in kept] == []
