"""A call's form over HTTP: written, previewed, served, answered, changed."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from domain.models.calls import Call
from tests.api.test_applications import ANA
from tests.world import World

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
WHY, WHICH, LICENCE = ({"en": text} for text in ("Why?", "Which?", "Do you have a driving licence?"))
DOCUMENT = "01938f6e-5c00-7000-8000-000000000009"


def asked(world: World, **more: Any) -> list[dict[str, Any]]:
    """A form with a question of each type that came with this page."""
    fields = [
        {"name": "driver", "type": "yes_no", "label": LICENCE},
        {"name": "since", "type": "number", "label": WHY, "minimum": 2000, "required": True}
        | {"shown_when": {"question": "driver", "equals": True}},
        {"name": "trades", "type": "several", "label": WHICH, "max_choices": 2}
        | {"choices": [{"value": trade, "label": {"en": trade, "sr-Cyrl": "Кувар"}} for trade in ("cook", "baker")]},
        {"name": "cv", "type": "file", "label": WHICH, "accept": ["pdf"]},
        {"name": "italian", "type": "language_level", "label": WHICH, "tag": "it"},
        {"name": "school", "type": "organisation", "label": WHICH, "not_listed": True}
        | {"organisations": [str(world.organisation("school"))]},
        {"name": "where", "type": "destinations", "label": WHICH, "max_destinations": 1} | more,
    ]
    return [{"required": False, **each} for each in fields]


def place(call: Call) -> str:
    return str(call.destinations[0].id)


@pytest.fixture
def call(world: World) -> Call:
    return world.call(form=asked(world))


# ── written ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_written_comes_back(world: World, as_: Any) -> None:
    draft = world.draft()

    answer = as_("partner").patch(f"/v1/calls/{draft.id}", json={"form": asked(world)}, headers=MERGE_PATCH)

    assert (answer.status_code, answer.json["form"]) == (200, asked(world))
    assert as_("partner").get(f"/v1/calls/{draft.id}?lang=*").json["form"] == asked(world)


def test_an_edit_of_something_else_leaves_the_form_as_it_is(world: World, as_: Any, call: Call) -> None:
    answer = as_("partner").patch(f"/v1/calls/{call.id}", json={"places": 3}, headers=MERGE_PATCH)

    assert (answer.status_code, answer.json["form_version"]) == (200, 1)


def test_only_members_of_the_project_can_be_listed(world: World, as_: Any) -> None:
    form = asked(world)
    form[5]["organisations"].append(str(world.organisation("stranger")))

    answer = as_("partner").patch(f"/v1/calls/{world.draft().id}", json={"form": form}, headers=MERGE_PATCH)

    assert refusals(answer) == [("/form/5/organisations/1", "not_found")]


def test_a_member_that_is_listed_stays_in_the_project(world: World, as_: Any, call: Call) -> None:
    members = as_("coordinator").get("/v1/projects/TEST/memberships").json["items"]
    school = next(one for one in members if one["organisation_id"] == str(world.organisation("school")))

    answer = as_("coordinator").delete(f"/v1/projects/TEST/memberships/{school['id']}")

    assert (answer.status_code, "questions of calls" in answer.json["detail"]) == (409, True)


def refusals(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


BAD = [
    ({"type": "number", "minimum": "0"}, "/minimum", "wrong_type"),
    ({"type": "number", "decimals": 1}, "/decimals", "wrong_type"),
    ({"type": "organisation", "organisations": ["school"]}, "/organisations/0", "not_an_id"),
    ({"type": "file", "accept": ["exe"]}, "/accept/0", "not_a_choice"),
    ({"type": "text", "shown_when": {"question": "nobody"}}, "/shown_when", "one_test"),
    ({"type": "text", "shown_when": []}, "/shown_when", "wrong_type"),
    ({"type": "text", "shown_when": {"is_answered": True}}, "/shown_when/question", "required"),
]


@pytest.mark.parametrize(("question", "place", "code"), BAD)
def test_a_question_that_can_not_be_is_refused_by_name(
    world: World, as_: Any, question: dict[str, Any], place: str, code: str
) -> None:
    form = [{"name": "why", "label": WHY, **question}]

    answer = as_("partner").patch(f"/v1/calls/{world.draft().id}", json={"form": form}, headers=MERGE_PATCH)

    assert refusals(answer)[0] == (f"/form/0{place}", code)


# ── previewed ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["form", "form/ui"])
def test_a_draft_s_form_is_shown_to_its_makers_and_nobody_else(
    world: World, client: FlaskClient, as_: Any, address: str
) -> None:
    path = f"/v1/calls/{world.draft(form=asked(world)).id}/{address}"
    callers = [as_("partner"), as_("coordinator"), as_("albanian_partner"), as_("stranger"), client]

    assert [caller.get(path).status_code for caller in callers] == [200, 200, 404, 404, 404]
    assert as_("partner").get(path).headers["Cache-Control"] == "private, no-store"


def test_a_call_that_asks_for_destinations_has_some(world: World, as_: Any) -> None:
    draft = world.draft(form=asked(world), destinations=())

    assert refusals(as_("partner").post(f"/v1/calls/{draft.id}/publication")) == [("/destinations", "required")]


# ── served ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_places_and_schools_are_served_by_name(client: FlaskClient, call: Call) -> None:
    found = client.get(f"/v1/calls/{call.id}/form").json["properties"]

    assert found["where"]["items"]["oneOf"] == [
        {"const": place(call), "title": "The host, Lyon (FR), 2027-02-01 – 2027-02-21"}
    ]
    assert [one["title"] for one in found["school"]["then"]["oneOf"]] == ["The school"]


def test_a_page_is_told_how_to_ask(client: FlaskClient, call: Call) -> None:
    answer = client.get(f"/v1/calls/{call.slug}/form/ui?lang=en")

    told = answer.json
    assert (answer.headers["Content-Language"], told["lang"], told["form_version"]) == ("en", "en", 1)
    assert told["form_url"] == f"http://localhost/v1/calls/{call.id}/form"
    assert [(each["name"], each["widget"]) for each in told["questions"]] == [
        ("driver", "yes_no"),
        ("since", "number"),
        ("trades", "checkboxes"),
        ("cv", "upload"),
        ("italian", "language_level"),
        ("school", "radio"),
        ("where", "ranking"),
    ]
    assert told["questions"][1]["shown_when"] == {"question": "driver", "equals": True}
    assert told["questions"][5]["not_listed"] == "Not listed"
    assert told["documents"] == [{"question": "cv", "required": False, "max_files": 1, "accept": ["pdf"]}]
    assert told["consents"] == client.get(f"/v1/calls/{call.id}?lang=en").json["consents"]


def test_words_of_ours_and_of_the_form_come_in_the_form_s_one_language(world: World, client: FlaskClient) -> None:
    form = asked(world)
    form[0]["label"] = {"en": "Do you drive?", "sr-Cyrl": "Возите ли?"}
    call = world.call(form=form)

    told = client.get(f"/v1/calls/{call.id}/form/ui?lang=sr-Latn").json

    assert (told["lang"], told["questions"][0]["label"]) == ("sr-Latn", "Vozite li?")
    assert [one["label"] for one in told["questions"][0]["choices"]] == ["Da", "Ne"]
    assert told["questions"][2]["choices"][0] == {"value": "cook", "label": "Kuvar"}
    assert told["questions"][5]["not_listed"] == "Nije na spisku"


@pytest.mark.parametrize("address", ["form", "form/ui"])
def test_a_school_that_is_renamed_is_served_by_its_new_name(
    world: World, client: FlaskClient, as_: Any, call: Call, address: str
) -> None:
    path = f"/v1/calls/{call.id}/{address}"
    before = client.get(path)

    school = f"/v1/organisations/{world.organisation('school')}"
    as_("coordinator").patch(school, json={"legal_name": "Renamed"}, headers=MERGE_PATCH)

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "Renamed" in after.text, "Renamed" in before.text) == (200, True, False)


def test_a_form_without_schools_takes_no_query_for_them(world: World, as_: Any, count_queries: Any) -> None:
    plain, reader = world.call(), as_("partner")
    with_schools = world.call(form=asked(world))
    reader.get(f"/v1/calls/{plain.id}/form")

    counts = [
        count_queries(lambda call=call: reader.get(f"/v1/calls/{call.id}/form")) for call in (plain, with_schools)
    ]

    assert counts[1] == counts[0] + 1


# ── answered ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answers_to(call: Call) -> dict[str, Any]:
    """Good ones."""
    school = call.form[5]["organisations"][0]
    return {
        "driver": True,
        "since": 2024,
        "trades": ["baker", "cook"],
        "italian": "B1",
        "school": school,
        "where": [place(call)],
    }


def test_answers_of_every_type_are_taken_and_shown(client: FlaskClient, as_: Any, call: Call) -> None:
    answers = answers_to(call)

    receipt = client.post(f"/v1/calls/{call.id}/applications", json=ANA | {"answers": answers})

    shown = as_("partner").get(f"/v1/applications/{receipt.json['id']}").json
    assert (receipt.status_code, shown["answers"]) == (201, answers)


def test_officers_read_answers_by_name(client: FlaskClient, as_: Any, call: Call) -> None:
    client.post(f"/v1/calls/{call.id}/applications", json=ANA | {"answers": answers_to(call)})

    sheet = as_("partner").get(f"/v1/calls/{call.id}/applications.csv").text

    found = [name in sheet for name in ("baker, cook", "The school", "The host, Lyon (FR)", place(call))]
    assert found == [True, True, True, False]


def test_applicants_read_their_answers_by_name(client: FlaskClient, call: Call) -> None:
    answers = answers_to(call) | {"school": {"not_listed": "Auto Servis"}}
    receipt = client.post(f"/v1/calls/{call.id}/applications", json=ANA | {"answers": answers}).json

    page = client.get(receipt["my_url"].removeprefix("http://localhost"))

    assert page.status_code == 200
    assert [name in page.text for name in ("baker, cook", "Auto Servis", "The host, Lyon (FR)")] == [True] * 3


def test_bad_answers_are_refused_as_by_the_schema_that_is_served(client: FlaskClient, call: Call) -> None:
    bad = answers_to(call) | {"driver": False, "trades": ["smith"], "where": [DOCUMENT], "school": {"not_listed": ""}}
    schema = client.get(f"/v1/calls/{call.id}/form").json

    answer = client.post(f"/v1/calls/{call.id}/applications", json=ANA | {"answers": bad})

    assert refusals(answer) == [
        ("/answers/since", "not_asked"),
        ("/answers/trades/0", "not_a_choice"),
        ("/answers/school/not_listed", "required"),
        ("/answers/where/0", "not_a_choice"),
    ]
    assert [Draft202012Validator(schema).is_valid(one) for one in (bad, answers_to(call))] == [False, True]


# ── changed while it is open ──────────────────────────────────────────────────────────────────────────────────────


def test_an_open_call_s_form_changes_only_as_answers_allow(world: World, as_: Any, call: Call) -> None:
    form = asked(world, max_destinations=2)
    form[1] |= {"minimum": 2001}
    form[2] |= {"choices": form[2]["choices"][:1], "max_choices": 1}
    form[5] |= {"not_listed": False}

    answer = as_("partner").patch(f"/v1/calls/{call.id}", json={"form": form}, headers=MERGE_PATCH)

    assert refusals(answer) == [
        ("/form/1/minimum", "limit_raised"),
        ("/form/2/choices", "choice_removed"),
        ("/form/2/max_choices", "limit_lowered"),
        ("/form/5/not_listed", "fixed"),
    ]


def test_an_open_call_keeps_the_destinations_that_it_asks_about(world: World, as_: Any, call: Call) -> None:
    other = [{"country": "IT", "city": "Turin"}]
    path = f"/v1/calls/{call.id}"

    refused = as_("partner").patch(path, json={"destinations": other}, headers=MERGE_PATCH)

    more = [{"id": place(call), "country": "FR", "city": "Lyon"}, *other]
    assert refusals(refused) == [("/destinations", "destination_asked_about")]
    assert as_("partner").patch(path, json={"destinations": more}, headers=MERGE_PATCH).status_code == 200


def test_a_form_of_an_open_call_that_can_be_none_is_refused_as_such(world: World, as_: Any, call: Call) -> None:
    form = asked(world)
    del form[2]["choices"]

    answer = as_("partner").patch(f"/v1/calls/{call.id}", json={"form": form}, headers=MERGE_PATCH)

    assert refusals(answer) == [("/form/2/choices", "required")]


def test_a_copy_asks_the_same_about_its_own_destinations(as_: Any, call: Call) -> None:
    copy = as_("partner").post(f"/v1/calls/{call.id}/copies").json

    served = as_("partner").get(f"/v1/calls/{copy['id']}/form").json["properties"]["where"]["items"]["oneOf"]
    assert [one["const"] for one in served] == [place["id"] for place in copy["destinations"]]
    assert copy["form"] == call.form
