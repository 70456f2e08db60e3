"""What the documents say is what there is."""

import re
from pathlib import Path

import pytest

from domain.models.events import EventType

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/*.md")])


def test_every_event_has_its_heading() -> None:
    headings = re.findall(r"^## (\S+)$", (ROOT / "docs/events.md").read_text(), re.MULTILINE)

    assert sorted(headings) == sorted(kind.value for kind in EventType)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_settings_in_the_readme_are_those_that_are_read() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    read = set(re.findall(r'env\.get\("([A-Z_]+)"', (ROOT / "domain/config.py").read_text()))

    assert documented == read


def test_every_locked_dependency_of_ours_is_explained() -> None:
    wanted = re.findall(r"^([A-Za-z][\w-]*)", (ROOT / "requirements/base.in").read_text(), re.MULTILINE)
    explained = (ROOT / "docs/architecture.md").read_text()

    assert [name for name in wanted if name not in explained] == []
