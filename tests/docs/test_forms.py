"""docs/forms.md holds what it says: its questions are asked, its answers given, its tables are those of the code."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from domain.models.calls import Call
from domain.services.destinations import DestinationInput
from domain.services.form_rules import check_form
from domain.services.forms import check_answers
from schemas.forms import FormFieldSchema
from tests.api.test_applications import ANA
from tests.contract.foreign import node_folder, program
from tests.contract.form_verdicts import served
from tests.domain.test_strings import codes_in
from tests.world import World

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/forms.md").read_text()
SAID_OF_EVERY_TYPE = {"name", "type", "label", "help", "required", "shown_when"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


def section(heading: str) -> str:
    """What stands under a heading, down to the next one."""
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found.group(1)


def blocks(text: str) -> list[Any]:
    """The JSON in a part of the document."""
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def first_cells(text: str) -> list[str]:
    """The names in the first column of the tables."""
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


TYPES = re.findall(r"^### `(\w+)`$", DOCUMENT, re.MULTILINE)
EXAMPLES = [block for kind in TYPES for block in blocks(section(f"`{kind}`"))]
QUESTIONS, ANSWERS = EXAMPLES[::2], EXAMPLES[1::2]


def meant(value: Any, world: World, call: Call | None = None) -> Any:
    """The document's ids stand for those of two schools and two destinations."""
    ids = {2: world.organisation("school"), 3: world.organisation("albanian_school")}
    ids |= {4 + number: place.id for number, place in enumerate(call.destinations if call else ())}
    text = json.dumps(value)
    for number, one in ids.items():
        text = text.replace(f"01938f6e-5c00-7000-8000-00000000000{number}", str(one))
    return json.loads(text)


def test_the_questions_of_the_document_are_asked_and_its_answers_taken(world: World, client: Any, as_: Any) -> None:
    places = [DestinationInput(country="FR", city=city) for city in ("Lyon", "Lille")]
    draft, partner = world.draft(destinations=places), as_("partner")
    written = partner.patch(f"/v1/calls/{draft.id}", json={"form": meant(QUESTIONS, world)}, headers=MERGE_PATCH)
    partner.post(f"/v1/calls/{draft.id}/publication")

    answers = dict(zip((each["name"] for each in QUESTIONS), meant(ANSWERS, world, draft), strict=True))
    del answers["cv"]  # Whoever applies anew has no document yet.
    taken = client.post(f"/v1/calls/{draft.id}/applications", json=ANA | {"answers": answers})

    assert (written.status_code, taken.status_code) == (200, 201), (written.json, taken.json)


def test_the_document_has_an_example_of_every_type() -> None:
    (kinds,) = [finding.values["choices"] for finding in check_form([{"type": "?"}])]

    assert {*TYPES} == {each["type"] for each in QUESTIONS}
    assert [*TYPES[:10], "…"] == str(kinds).split(", ")


@pytest.mark.parametrize("kind", TYPES)
def test_the_options_of_a_type_are_those_that_are_taken(kind: str) -> None:
    question = next(each for each in QUESTIONS if each["type"] == kind)
    options = [name for name in FormFieldSchema().fields if name not in SAID_OF_EVERY_TYPE]

    refused = {
        finding.pointer.rpartition("/")[2]
        for finding in check_form([question | dict.fromkeys(options)])
        if finding.code == "not_for_this_type"
    }

    assert {*options} - refused == {*first_cells(section(f"`{kind}`"))}


def test_what_every_question_has_is_said() -> None:
    assert {*first_cells(section("What every question has"))} == SAID_OF_EVERY_TYPE


def test_the_answers_to_the_chain_fare_as_it_is_said() -> None:
    form, answers = blocks(section("When a question is asked"))

    found = [[(one.pointer, one.code) for one in check_answers(form, each)] for each in answers]

    assert check_form(form) == []
    assert found == [[], [], [("/answers/since", "required")], [("/answers/since", "not_asked")]]


def test_the_codes_of_a_change_are_those_that_are_given() -> None:
    told = re.findall(r"\| `(\w+)` \|$", section("What may change while the call is open"), re.MULTILINE)
    source = (ROOT / "domain/services/form_changes.py").read_text()

    assert {*told} == {*codes_in(source), "limit_lowered", "limit_raised", "destination_asked_about"}


HARNESS = """
const [schema, answers] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
SNIPPET
console.log(JSON.stringify(answers.map((each) => isGood(each))));
"""


def test_the_lines_for_ajv_judge_as_it_is_said(tmp_path: Path) -> None:
    node, folder = program("node"), node_folder(tmp_path)
    form, answers = blocks(section("When a question is asked"))
    (lines,) = re.findall(r"^```js\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    (folder / "judge.cjs").write_text(HARNESS.replace("SNIPPET", lines))

    given = json.dumps([served(form), answers])
    done = subprocess.run(
        [node, "judge.cjs"], cwd=folder, check=True, input=given, capture_output=True, text=True, timeout=30
    )

    assert json.loads(done.stdout) == [True, True, False, False]
