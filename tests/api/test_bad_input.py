"""What can be wrong with a field: it is named with what is wrong with it, and nothing is half-written."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.house import APPLICATION, House, told
from tests.world import World

JSON = "application/json"
HUGE = 10**23
NOWHERE = "00000000-0000-7000-8000-000000000000"


def changed(body: Any, pointer: str, value: Any) -> Any:
    """The body with another value where the JSON Pointer leads."""
    first, _, rest = pointer.removeprefix("/").partition("/")
    made = deepcopy(body)
    key: Any = int(first) if isinstance(body, list) else first
    made[key] = changed(body[key], rest, value) if rest else value
    return made


WRONG = [
    ("/person", [], "wrong_type"),
    ("/person", "Ana", "wrong_type"),
    ("/person", None, "required"),
    ("/person/given_names", "A\ud800", "control_character"),
    ("/person/given_names", "A\x00na", "control_character"),
    ("/person/given_names", "Ana\x1b[2J", "control_character"),
    ("/person/given_names", "Ana\nPetrović", "control_character"),
    ("/person/given_names", "", "too_short"),
    ("/person/given_names", "   ", "too_short"),
    ("/person/given_names", "A" * 201, "too_long"),
    ("/person/given_names", None, "required"),
    ("/person/given_names", 5, "wrong_type"),
    ("/person/given_names", True, "wrong_type"),
    ("/person/given_names", ["Ana"], "wrong_type"),
    ("/person/given_names", {"en": "Ana"}, "wrong_type"),
    ("/person/email", "ana", "not_an_email"),
    ("/person/email", "ana@example.org\nbcc: all@example.org", "control_character"),
    ("/person/birth_date", "0001-01-01", "out_of_range"),
    ("/person/birth_date", "1899-12-31", "out_of_range"),
    ("/person/birth_date", "9999-12-31", "out_of_range"),
    ("/person/birth_date", "2005-02-29", "not_a_date"),
    ("/person/birth_date", "2005-3-8", "not_a_date"),
    ("/person/birth_date", "٢٠٠٥-٠٣-٠٨", "not_a_date"),
    ("/person/birth_date", "2005-03-08T00:00:00Z", "not_a_date"),
    ("/person/birth_date", 20050308, "not_a_date"),
    ("/person/birth_date", {"year": 2005}, "not_a_date"),
    ("/person/country", "rs", "not_a_country"),
    ("/person/country", "ＲＳ", "not_a_country"),
    ("/person/gender", 2, "wrong_type"),
    ("/person/gender", "3", "not_a_gender"),
    ("/person/phone", "١٢٣٤٥٦", "not_a_phone"),
    ("/answers", [], "wrong_type"),
    ("/answers", None, "required"),
    ("/answers/motivation", "A\ud800", "control_character"),
    ("/answers/motivation", "A\x00", "control_character"),
    ("/answers/motivation", 2**63, "wrong_type"),
    ("/answers/motivation", {"a": {"b": []}}, "wrong_type"),
    ("/answers/motivation", "A" * 2001, "too_long"),
    ("/consents", {}, "wrong_type"),
    ("/consents", [{}] * 21, "too_many"),
    ("/consents/0", "yes", "wrong_type"),
    ("/consents/0/granted", "true", "wrong_type"),
    ("/consents/0/granted", 1, "wrong_type"),
    ("/consents/0/granted", "yes", "wrong_type"),
    ("/preferences", "first", "wrong_type"),
    ("/lang", "english!", "not_a_language_tag"),
    ("/languages/0/cefr", "C3", "not_a_level"),
    ("/isced_f", 715, "wrong_type"),
    ("/eqf_level", 1.5, "wrong_type"),
    ("/eqf_level", 4.0, "wrong_type"),
    ("/eqf_level", "4", "wrong_type"),
    ("/eqf_level", "١٢", "wrong_type"),
    ("/eqf_level", "1_000", "wrong_type"),
    ("/eqf_level", True, "wrong_type"),
    ("/eqf_level", [], "wrong_type"),
    ("/eqf_level", 0, "out_of_range"),
    ("/eqf_level", 9, "out_of_range"),
    ("/eqf_level", 2**63, "out_of_range"),
    ("/eqf_level", -(2**63), "out_of_range"),
    ("/eqf_level", HUGE, "out_of_range"),
    ("/eqf_level", -(10**299 - 1), "out_of_range"),
    ("/eqf_level", 1e300, "wrong_type"),
    ("/sending_organisation_id", "ours", "not_an_id"),
    ("/sending_organisation_id", HUGE, "not_an_id"),
    ("/late", True, "unknown_field"),
    ("/person/shoe_size", 38, "unknown_field"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), WRONG)
def test_a_wrong_field_is_named(house: House, pointer: str, value: Any, code: str) -> None:
    body = changed(APPLICATION, pointer, value)

    status, found = told(house.apply(data=json.dumps(body), content_type=JSON))

    assert (status, found[0]) == (422, (pointer, code))


WRONG_CALL = [
    ("/places", 0, "out_of_range"),
    ("/places", 2**63, "out_of_range"),
    ("/places", 1.5, "wrong_type"),
    ("/places", "12", "wrong_type"),
    ("/grace_minutes", -1, "out_of_range"),
    ("/opens_at", "0001-01-01T00:00:00+14:00", "not_an_instant"),
    ("/opens_at", "9999-12-31T23:59:59-14:00", "not_an_instant"),
    ("/opens_at", "2026-12-01T07:00:00", "not_an_instant"),
    ("/opens_at", "2026-12-01", "not_an_instant"),
    ("/opens_at", "2026-13-01T07:00:00Z", "not_an_instant"),
    ("/opens_at", "2026-12-01T07:00:00+99:00", "not_an_instant"),
    ("/opens_at", "٢٠٢٦-12-01T07:00:00Z", "not_an_instant"),
    ("/opens_at", 1795338000, "not_an_instant"),
    ("/opens_at", {}, "not_an_instant"),
    ("/timezone", "Mars/Olympus", "not_a_timezone"),
    ("/timezone", "../../etc/passwd", "not_a_timezone"),
    ("/timezone", "Europe/Belgrade\x00", "control_character"),
    ("/title", "Lyon", "wrong_type"),
    ("/title", ["Lyon"], "wrong_type"),
    ("/title", {}, "required"),
    ("/title/en", 5, "wrong_type"),
    ("/title/en", "L\ud800", "control_character"),
    ("/title/en", "L" * 301, "too_long"),
    ("/eligible_countries", "RS", "wrong_type"),
    ("/eligible_countries", ["RS"] * 101, "too_many"),
    ("/eligible_countries/0", ["RS"], "wrong_type"),
    ("/destinations", {"country": "FR"}, "wrong_type"),
    ("/destinations/0", "Lyon", "wrong_type"),
    ("/profile", "pupil", "not_a_choice"),
    ("/profile", 5, "wrong_type"),
    ("/public_intake", "false", "wrong_type"),
    ("/external_url", "javascript:alert(1)", "not_a_url"),
    ("/slug", "Три недеље", "not_a_slug"),
    ("/form", {"name": "motivation"}, "wrong_type"),
    ("/form/0", "motivation", "wrong_type"),
    ("/activity_id", NOWHERE, "not_found"),
    ("/project", "NOWHERE", "not_found"),
]


@pytest.mark.parametrize(("pointer", "value", "code"), WRONG_CALL)
def test_a_wrong_field_of_a_call_is_named(house: House, pointer: str, value: Any, code: str) -> None:
    body = changed(call(house.world), pointer, value)

    answer = house.send("POST", "/v1/calls", by="partner", data=json.dumps(body), content_type=JSON)

    status, found = told(answer)
    assert (status, found[0]) == (422, (pointer, code))


def call(world: World) -> dict[str, Any]:
    """A call as it is sent."""
    return {
        "project": world.project_code(),
        "activity_id": str(world.activity()),
        "title": {"en": "Three weeks in Lyon"},
        "eligible_countries": ["RS"],
        "destinations": [{"country": "FR", "city": "Lyon"}],
        "form": [{"name": "motivation", "type": "text", "label": {"en": "Why?"}}],
        "places": 1,
        "timezone": "Europe/Belgrade",
    }


def test_a_name_that_needs_escaping_is_escaped_in_its_pointer(house: House) -> None:
    assert told(house.apply(json=APPLICATION | {"a/b~c": 1})) == (422, [("/a~1b~0c", "unknown_field")])


@pytest.mark.parametrize("place", ["", "/answers", "/person"])
def test_half_a_character_in_a_name_is_shown_as_a_question_mark(house: House, place: str) -> None:
    body = changed(APPLICATION, f"{place}/a\ud800", 1)

    assert told(house.apply(data=json.dumps(body), content_type=JSON)) == (422, [(f"{place}/a?", "unknown_field")])


def test_every_wrong_field_is_named_at_once(house: House) -> None:
    wrong = changed(changed(APPLICATION, "/eqf_level", 99), "/person/email", "ana")

    assert told(house.apply(json=wrong)) == (422, [("/person/email", "not_an_email"), ("/eqf_level", "out_of_range")])


@pytest.mark.parametrize("wrong", ["first", 10**18, None, [], {}])
def test_what_is_wrong_in_a_list_is_named_by_its_number(house: House, wrong: Any) -> None:
    code = "required" if wrong is None else "not_an_id"

    assert told(house.apply(json=APPLICATION | {"preferences": [NOWHERE, wrong]})) == (422, [("/preferences/1", code)])


@pytest.mark.parametrize(
    ("patch", "found"),
    [
        ({"places": None}, [("/places", "required")]),
        ({"places": "3"}, [("/places", "wrong_type")]),
        ({"title": {"en": None, "sr-Cyrl": None}}, [("/title", "required")]),
        ({"title": "Lyon"}, [("/title", "wrong_type")]),
        ({"nope": 1}, [("/nope", "unknown_field")]),
        ({"id": NOWHERE}, [("/id", "unknown_field")]),
        ({"version": 7}, [("/version", "unknown_field")]),
    ],
)
def test_a_patch_is_checked_as_if_all_had_been_sent(house: House, patch: Any, found: Any) -> None:
    assert told(house.send("PATCH", house.call, by="partner", json=patch)) == (422, found)
