"""The verdict on answers is that of the schema that we serve, whoever reads it.

200 pairs here; `.venv/bin/python -m tests.contract.form_verdicts` judges 2,000.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from domain.languages import CATALOGUES
from tests import generated_forms
from tests.contract.foreign import node_folder
from tests.contract.form_verdicts import Pair, Verdicts, pairs, served, verdicts

FEW = 200


@pytest.fixture(scope="module")
def judged() -> Sequence[Pair]:
    return pairs(FEW)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what npm has."""
    return node_folder(tmp_path_factory.mktemp("node"))


def test_we_and_jsonschema_and_ajv_say_the_same(judged: Sequence[Pair], packages: Path) -> None:
    said = verdicts(judged, folder=packages)

    assert [pair for pair, one in zip(judged, said, strict=True) if len(set(one)) > 1] == []
    assert FEW / 4 < sum(one.ours for one in said) < FEW * 3 / 4


def test_a_verdict_that_differs_would_be_seen(packages: Path) -> None:
    # ajv takes what every object of JavaScript has for an answer, which is why no question may be called so.
    inherited = {"name": "constructor", "type": "yes_no", "label": {"en": "Why?"}}

    said = verdicts([Pair([inherited], {})], folder=packages)

    assert said == [Verdicts(ours=True, jsonschema=True, ajv=False, ajv_with_formats=False)]


def test_the_pairs_are_of_all_kinds(judged: Sequence[Pair]) -> None:
    asked = [each for pair in judged for each in pair.fields]
    tests = {test for each in asked for test in each.get("shown_when", {})}

    assert {each["type"] for each in asked} == generated_forms.OWN.keys()
    assert tests == {"question", "equals", "one_of", "is_answered"}


@pytest.mark.parametrize("lang", CATALOGUES)
def test_what_is_served_is_json_schema_in_every_language(judged: Sequence[Pair], lang: str) -> None:
    for pair in judged[:50]:
        Draft202012Validator.check_schema(served(pair.fields, lang=lang))
