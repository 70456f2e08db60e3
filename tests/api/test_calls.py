"""Calls over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from domain.models.calls import Call
from tests.api.test_applications import ANA
from tests.conftest import Clock
from tests.world import World

Count = Callable[[Callable[[], Any]], int]
NOBODYS = "00000000-0000-7000-8000-000000000000"


# ── languages ─────────────────────────────────────────────────────────────────────────────────────────────────────

IN_LANGUAGES = [
    ({"sr-Cyrl": "Љубав", "en": "Love"}, "sr-RS", "sr-Cyrl", "Љубав"),
    ({"sr-Cyrl": "Љубав", "en": "Love"}, "sr-Latn-RS", "sr-Latn", "Ljubav"),
    ({"sr-Latn": "Ljubav", "en": "Love"}, "sr-Cyrl", "sr-Cyrl", "Љубав"),
    ({"sr-Latn": "Ljubav", "en": "Love"}, "cnr", "sr-Latn", "Ljubav"),
    ({"sr-Latn": "Ljubav", "en": "Love"}, "sr-ME", "sr-Latn", "Ljubav"),
    ({"bs": "Ljubav", "en": "Love"}, "hr", "bs", "Ljubav"),
    ({"bs": "Ljubav", "en": "Love"}, "sh", "bs", "Ljubav"),
    ({"mk": "Љубов", "en": "Love"}, "mk-MK,en;q=0.5", "mk", "Љубов"),
    ({"sq": "Dashuri", "en": "Love"}, "de, sq;q=0.3", "sq", "Dashuri"),
    ({"sq": "Dashuri", "en": "Love"}, "ja", "en", "Love"),
    ({"sq": "Dashuri"}, "ja", "sq", "Dashuri"),
    ({"sq": "Dashuri", "en": "Love"}, "junk;;q=x, *", "en", "Love"),
]


def test_everyone_reads_a_call_in_the_language_nearest_to_theirs(world: World, client: FlaskClient) -> None:
    found = []
    for text, wanted, _, _ in IN_LANGUAGES:
        answer = client.get(f"/v1/calls/{world.call(title=text).id}", headers={"Accept-Language": wanted})
        assert answer.headers["Content-Language"] == answer.json["lang"]
        found.append((text, wanted, answer.json["lang"], answer.json["title"]))

    assert found == IN_LANGUAGES


def test_the_parameter_comes_before_the_header_and_a_star_is_for_all(world: World, client: FlaskClient) -> None:
    address, header = f"/v1/calls/{world.call().id}", {"Accept-Language": "sr"}

    told, every = client.get(f"{address}?lang=en", headers=header), client.get(f"{address}?lang=*", headers=header)

    assert (told.json["title"], told.headers["Content-Language"]) == ("Three weeks in Lyon", "en")
    assert every.json["title"] == {"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону"}
    assert ("lang" in every.json, "Content-Language" in every.headers) == (False, False)


def test_each_call_of_a_list_has_a_language_of_its_own(world: World, client: FlaskClient) -> None:
    world.call()
    world.call(title={"sq": "Tri javë"})

    answer = client.get("/v1/calls?lang=sr&sort=created_at")

    assert [item["lang"] for item in answer.json["items"]] == ["sr-Cyrl", "sq"]
    assert answer.headers["Content-Language"] == "sr-Cyrl, sq"


def test_a_form_comes_in_the_readers_language(world: World, client: FlaskClient) -> None:
    call = world.call()

    answer = client.get(f"/v1/calls/{call.slug}/form", headers={"Accept-Language": "sr"})

    assert (answer.content_type, answer.headers["Content-Language"]) == ("application/schema+json", "sr-Cyrl")
    assert answer.json["properties"]["motivation"]["title"] == "Зашто желите да идете?"
    assert answer.json["$id"] == f"http://localhost/v1/calls/{call.id}/form"


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_not_told_from_what_there_is_not(world: World, client: FlaskClient, as_: Any) -> None:
    draft = world.draft()
    answers = [
        caller.get(f"/v1/calls/{name}")
        for caller in (client, as_("stranger"), as_("albanian_partner"))
        for name in (draft.id, draft.slug, NOBODYS, "no-such-call")
    ]

    said = {(answer.status_code, answer.json["code"], answer.json["detail"]) for answer in answers}

    assert said == {(404, "not_found", "There is no such call, or it isn't published.")}


def test_a_call_has_the_addresses_that_lead_on(world: World, client: FlaskClient) -> None:
    call, away = world.call(), world.call(how_to_apply="external_url", external_url="https://example.org/apply")

    here, there = client.get(f"/v1/calls/{call.slug}").json, client.get(f"/v1/calls/{away.id}").json

    assert here["form_url"] == f"http://localhost/v1/calls/{call.id}/form"
    assert [here["apply_url"], there["apply_url"]] == [
        f"http://localhost/v1/calls/{call.id}/applications",
        "https://example.org/apply",
    ]


def test_the_list_of_open_calls_pages_with_a_link(world: World, client: FlaskClient) -> None:
    for places in (1, 2, 3):
        world.call(places=places)

    first = client.get("/v1/calls?status=open&limit=2")
    second = client.get(first.json["next"])

    assert [len(first.json["items"]), len(second.json["items"]), second.json["next"]] == [2, 1, None]
    assert (first.headers["Link"], "Link" in second.headers) == (f'<{first.json["next"]}>; rel="next"', False)


REFUSED = {
    "nope=1": ("/nope", "unknown_field"),
    "limit=0": ("/limit", "out_of_range"),
    "limit=201": ("/limit", "out_of_range"),
    "limit=%D9%A2": ("/limit", "wrong_type"),
    "sort=places": ("/sort", "not_a_choice"),
    "cursor=WzFd": ("/cursor", "not_a_cursor"),
    "status=new": ("/status", "not_a_choice"),
    "country=rs": ("/country", "not_a_country"),
    "language=s-r": ("/language", "not_a_language_tag"),
    "owner_id=7": ("/owner_id", "not_an_id"),
    "q=%00": ("/q", "control_character"),
}


def test_a_parameter_that_can_not_be_is_refused_by_its_name(client: FlaskClient) -> None:
    answers = {query: client.get(f"/v1/calls?{query}") for query in REFUSED}

    assert {answer.status_code for answer in answers.values()} == {422}
    assert {q: (a.json["errors"][0]["pointer"], a.json["errors"][0]["code"]) for q, a in answers.items()} == REFUSED


def test_a_list_of_three_takes_as_many_queries_as_a_list_of_one(world: World, as_: Any, count_queries: Count) -> None:
    reader = as_("coordinator")
    reader.get("/v1/calls")
    counts = []
    for more in (1, 2):
        for _ in range(more):
            world.call()
        counts.append(count_queries(lambda: reader.get("/v1/calls")))

    assert counts[0] == counts[1]


# ── who may read from where ───────────────────────────────────────────────────────────────────────────────────────

CORS = {
    ("GET", "/v1/calls"): "*",
    ("GET", "/v1/calls/{id}"): "*",
    ("GET", "/v1/calls/{id}/form"): "*",
    ("GET", "/v1/calls/{id}/form/ui"): "*",
    ("POST", "/v1/calls/{id}/applications"): "*",
    ("POST", "/v1/calls"): None,
    ("PATCH", "/v1/calls/{id}"): None,
    ("POST", "/v1/calls/{id}/publication"): None,
    ("GET", "/v1/applications"): None,
    ("GET", "/v1/events"): None,
    ("POST", "/v1/webhooks"): None,
}


def test_browsers_may_read_and_apply_from_anywhere_and_nothing_else(world: World, client: FlaskClient) -> None:
    call = world.call()
    found = {}
    for method, path in CORS:
        wanted = {"Origin": "https://school.example", "Access-Control-Request-Method": method}
        preflight = client.options(path.format(id=call.id), headers=wanted)
        answer = client.open(path.format(id=call.id), method=method, headers={"Origin": "https://school.example"})
        seen = {one.headers.get("Access-Control-Allow-Origin") for one in (preflight, answer)}
        assert "Access-Control-Allow-Credentials" not in {*preflight.headers.keys(), *answer.headers.keys()}
        found[method, path] = seen.pop() if len(seen) == 1 else seen

    assert found == CORS


def test_a_preflight_names_no_header_that_carries_a_token(world: World, client: FlaskClient) -> None:
    wanted = {"Origin": "https://school.example", "Access-Control-Request-Method": "POST"}

    answer = client.options(f"/v1/calls/{world.call().id}/applications", headers=wanted)

    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed == {"content-type", "idempotency-key", "accept-language", "if-none-match"}


# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def written(world: World, **changes: Any) -> dict[str, Any]:
    """What a partner sends."""
    return {
        "project": world.project_code(),
        "activity_id": str(world.activity()),
        "title": {"en": "Three weeks in Lyon"},
        "eligible_countries": ["RS"],
        "places": 2,
        "timezone": "Europe/Belgrade",
        **changes,
    }


def test_what_writers_get_back_is_what_they_wrote(world: World, as_: Any) -> None:
    body = written(world, title={"en": "Lyon", "sq": "Lion"}, opens_at="2026-12-01T08:00:00+01:00")

    answer = as_("partner").post("/v1/calls", json=body, headers={"Accept-Language": "sq"})

    made = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, f"http://localhost/v1/calls/{made['id']}")
    assert (made["title"], made["opens_at"], made["state"], made["owner"]) == (
        {"en": "Lyon", "sq": "Lion"},
        "2026-12-01T07:00:00Z",
        "draft",
        "The partner",
    )


def test_every_field_that_is_wrong_is_named(world: World, as_: Any) -> None:
    wrong = {"title": {"x y": "Lyon", "en": ""}, "places": 0, "timezone": "Europe/Nowhere", "grant": 1, "form": [{}]}

    answer = as_("partner").post("/v1/calls", json=written(world, **wrong))

    assert {(error["pointer"], error["code"]) for error in answer.json["errors"]} == {
        ("/title/x y", "not_a_language_tag"),
        ("/title/en", "too_short"),
        ("/places", "out_of_range"),
        ("/timezone", "not_a_timezone"),
        ("/grant", "unknown_field"),
        ("/form/0/name", "required"),
        ("/form/0/type", "required"),
        ("/form/0/label", "required"),
    }


def test_a_title_without_a_word_is_refused(world: World, as_: Any) -> None:
    answer = as_("partner").post("/v1/calls", json=written(world, title={}))

    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, ["/title"])


def test_publishing_names_missing_translations(world: World, as_: Any) -> None:
    call = world.draft(title={"en": "Lyon"})

    answer = as_("partner").post(f"/v1/calls/{call.id}/publication")

    assert (answer.json["status"], answer.json["missing_translations"]) == ("open", ["/title/sr-Cyrl"])


def test_a_call_goes_its_way_over_http(world: World, as_: Any, clock: Clock) -> None:
    call, partner = world.draft(), as_("partner")
    steps = [
        ("publication", {}, "open"),
        ("extension", {"closes_at": "2026-12-31T23:00:00Z"}, "open"),
        ("selection", {}, "in_selection"),
        ("decision", {}, "decided"),
        ("archival", {}, "archived"),
    ]
    found = []
    for step, body, _ in steps:
        if step == "selection":
            clock.move(days=60)
        answer = partner.post(f"/v1/calls/{call.id}/{step}", json=body)
        found.append((step, body, answer.json["status"]))

    assert found == steps


def test_a_call_is_called_off_over_http(world: World, as_: Any) -> None:
    call, partner = world.call(), as_("partner")

    answer = partner.post(f"/v1/calls/{call.id}/cancellation")

    assert (answer.status_code, answer.json["status"]) == (200, "cancelled")
    assert partner.post(f"/v1/calls/{call.id}/applications", json=ANA).status_code == 409


def test_a_copy_is_made_over_http(world: World, as_: Any) -> None:
    answer = as_("partner").post(f"/v1/calls/{world.call().id}/copies")

    assert (answer.status_code, answer.json["slug"], answer.json["status"]) == (201, "three-weeks-in-lyon-2", "draft")


def test_a_step_out_of_turn_says_what_would_work(world: World, as_: Any) -> None:
    answer = as_("partner").post(f"/v1/calls/{world.call().id}/decision")

    problem = answer.json
    assert (answer.status_code, problem["code"], problem["state"]) == (409, "state_conflict", "published")
    assert problem["possible"] == ["cancelled", "in_selection"]


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    address, partner = f"/v1/calls/{world.call().id}", as_("partner")
    read = partner.get(address)

    first = partner.patch(address, json={"title": {"sq": "Tri javë"}}, headers={"If-Match": read.headers["ETag"]})
    second = partner.patch(address, json={"places": 3}, headers={"If-Match": read.headers["ETag"]})

    assert first.json["title"] == {"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону", "sq": "Tri javë"}
    assert (second.status_code, second.json["code"]) == (412, "precondition_failed")


def test_a_patch_that_changes_nothing_leaves_no_trace(world: World, as_: Any) -> None:
    call = world.call(opens_at=world.clock() - timedelta(days=1))
    before = world.recorded()

    answer = as_("partner").patch(f"/v1/calls/{call.id}", json={"places": call.places, "title": {}})

    assert (answer.json["version"], world.recorded()) == (call.version, before)


def test_destinations_are_matched_by_id_over_http(world: World, as_: Any) -> None:
    call: Call = world.call()
    lyon = {"id": str(call.destinations[0].id), "country": "FR", "city": "Lyon", "places": 4}

    answer = as_("partner").patch(
        f"/v1/calls/{call.id}", json={"destinations": [{"country": "AT", "city": "Wien"}, lyon]}
    )

    found = [(place["city"], place["places_left"]) for place in answer.json["destinations"]]
    assert (found, answer.json["destinations"][1]["id"]) == ([("Wien", None), ("Lyon", 4)], lyon["id"])


def test_who_sees_a_call_and_may_not_edit_it_is_told_so(world: World, as_: Any) -> None:
    address = f"/v1/calls/{world.call().id}"
    names = ("coordinator", "partner", "albanian_partner", "school", "host")

    statuses = [as_(name).patch(address, json={"places": 3}).status_code for name in names]

    assert statuses == [200, 200, 403, 403, 403]
