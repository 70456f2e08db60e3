"""Mobilities over HTTP."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from domain.models.mobilities import Mobility
from domain.models.tokens import Scope
from domain.services import mobilities, mobility_exports
from integrations.formats import csv
from tests.conftest import Clock
from tests.world import World


def stay(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "project": world.project_code(),
        "participant_id": str(world.participant().id),
        "activity_id": str(world.activity()),
        "receiving_organisation_id": str(world.organisation("host")),
        "receiving_city": "Lyon",
        "start_date": "2027-02-01",
        "end_date": "2027-02-21",
    } | changes


def address(mobility: Mobility, rest: str = "") -> str:
    return f"/v1/mobilities/{mobility.id}{rest}"


def test_a_partner_nominates_a_participant(world: World, as_: Any) -> None:
    answer = as_("partner").post("/v1/mobilities", json=stay(world))

    assert answer.status_code == 201, answer.json
    shown = ("state", "record_status", "mobility_duration_days", "receiving_country", "receiving_organisation")
    assert [answer.json[name] for name in shown] == ["nominated", "complete", 21, "FR", "The host"]


def test_the_answer_says_where_the_mobility_is(world: World, as_: Any) -> None:
    partner = as_("partner")

    answer = partner.post("/v1/mobilities", json=stay(world))

    assert partner.get(answer.headers["Location"]).json == answer.json


def test_a_record_says_what_it_breaks_and_lacks_in_the_readers_language(world: World, as_: Any) -> None:
    mobility = world.mobility(funded_travel_days=3, receiving_id=None)

    answer = as_("partner").get(address(mobility), headers={"Accept-Language": "sq"})

    assert (answer.json["violations"], answer.json["missing"]) == (["R03"], ["receiving_organisation_id"])
    assert answer.json["explanations"] == {
        "R03": "Shumë ditë udhëtimi të financuara: më së shumti 2, ose 6 me udhëtim të gjelbër."
    }


def test_a_patch_merges_and_a_stale_one_is_refused(world: World, as_: Any) -> None:
    mobility, partner = world.mobility(), as_("partner")
    read = {"If-Match": partner.get(address(mobility)).headers["ETag"]}

    first = partner.patch(address(mobility), json={"workplace": "Chez Paul"}, headers=read)
    second = partner.patch(address(mobility), json={"workplace": None}, headers=read)

    assert (first.json["workplace"], first.json["receiving_city"], first.json["version"]) == ("Chez Paul", "Lyon", 2)
    assert second.status_code == 412


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"participant_id": None}, "/participant_id", "required"),
        ({"start_date": "2027-02-30"}, "/start_date", "not_a_date"),
        ({"end_date": "2027-01-31"}, "/end_date", "not_later"),
        ({"interruption_days": -1}, "/interruption_days", "out_of_range"),
        ({"green_travel": "yes"}, "/green_travel", "wrong_type"),
        ({"comments": "a\0b"}, "/comments", "control_character"),
        ({"state": "live"}, "/state", "unknown_field"),
        ({"sending_organisation_id": "x"}, "/sending_organisation_id", "unknown_field"),
    ],
)
def test_an_error_names_the_field(world: World, as_: Any, changes: dict[str, Any], pointer: str, code: str) -> None:
    answer = as_("partner").post("/v1/mobilities", json=stay(world, **changes))

    assert (answer.status_code, [(e["pointer"], e["code"]) for e in answer.json["errors"]]) == (422, [(pointer, code)])


LIFE = [
    ("confirmation", "confirmed"),
    ("start", "live"),
    ("completion", "completed"),
    ("recognition", "recognised"),
]


def test_a_mobility_is_led_through_its_life(world: World, as_: Any) -> None:
    mobility, partner = world.mobility(), as_("partner")

    answers = [partner.post(address(mobility, f"/{step}"), json={}) for step, _ in LIFE]

    assert [answer.json["state"] for answer in answers] == [state for _, state in LIFE]


def test_a_mobility_is_called_off(world: World, as_: Any) -> None:
    answer = as_("partner").post(address(world.mobility(), "/cancellation"), json={})

    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")


def test_a_mobility_is_broken_off_with_cause(world: World, as_: Any) -> None:
    mobility = world.live(world.mobility())

    answer = as_("partner").post(address(mobility, "/termination"), json={"with_cause": True})

    assert (answer.json["state"], answer.json["with_cause"]) == ("terminated", True)


def test_a_step_out_of_order_says_what_is_possible(world: World, as_: Any) -> None:
    answer = as_("partner").post(address(world.mobility(), "/completion"), json={})

    assert (answer.status_code, answer.json["code"]) == (409, "state_conflict")
    assert answer.json["possible"] == ["cancelled", "confirmed"]


def test_a_deleted_mobility_is_not_found(world: World, as_: Any) -> None:
    mobility, partner = world.mobility(), as_("partner")

    deleted = partner.delete(address(mobility))

    assert (deleted.status_code, partner.get(address(mobility)).status_code) == (204, 404)


def test_a_stale_deletion_is_refused(world: World, as_: Any) -> None:
    answer = as_("partner").delete(address(world.mobility()), headers={"If-Match": '"7-0"'})

    assert answer.status_code == 412


# ── who sees what ─────────────────────────────────────────────────────────────────────────────────────────────────

SEEN = {
    "coordinator": ("Ana", "Ana"),
    "partner": ("Ana", "Ana"),
    "school": ("Ana", "Ana"),
    "host": (None, "Ana"),
    "agency": (None, None),
}


@pytest.mark.parametrize("name", SEEN)
def test_names_are_shown_to_whom_they_concern(world: World, as_: Any, name: str) -> None:
    mobility, caller = world.mobility(), as_(name)
    before = caller.get(address(mobility)).json["participant"]
    world.do(mobilities.confirm_mobility, mobility.id)
    after = caller.get("/v1/mobilities").json["items"][0]["participant"]

    assert tuple(shown and shown["given_names"] for shown in (before, after)) == SEEN[name]


def test_no_names_are_shown_without_the_scope(world: World, as_: Any) -> None:
    caller = as_("coordinator", scopes=frozenset(Scope) - {Scope.PERSONAL_READ})

    assert caller.get(address(world.mobility())).json["participant"] is None


@pytest.mark.parametrize("name", ["albanian_partner", "albanian_school", "network", "stranger"])
def test_others_see_nothing(world: World, as_: Any, name: str) -> None:
    mobility, caller = world.mobility(), as_(name)

    assert caller.get(address(mobility)).status_code == 404
    assert caller.get("/v1/mobilities").json["items"] == []


def test_who_sees_and_may_not_is_told_so(world: World, as_: Any) -> None:
    assert as_("agency").post(address(world.mobility(), "/confirmation"), json={}).status_code == 403


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_item_has_no_explanations(world: World, as_: Any) -> None:
    mobility, partner = world.mobility(), as_("partner")
    item = partner.get(address(mobility)).json

    listed = partner.get("/v1/mobilities").json["items"]

    assert listed == [{name: item[name] for name in item if name not in ("explanations", "missing")}]


def test_a_reading_says_from_when_on_to_ask_next(world: World, as_: Any, clock: Clock) -> None:
    world.mobility()

    assert as_("partner").get("/v1/mobilities").json["as_of"] == "2026-11-22T08:59:00Z"


def test_what_is_gone_is_a_tombstone(world: World, as_: Any, clock: Clock) -> None:
    mobility, partner = world.mobility(), as_("partner")
    since = partner.get("/v1/mobilities").json["as_of"]
    clock.move(hours=1)
    partner.delete(address(mobility))

    changed = partner.get(f"/v1/mobilities?modified_since={since}").json["items"]

    assert changed == [{"id": str(mobility.id), "deleted": True, "updated_at": "2026-11-22T10:00:00Z"}]


def test_pages_follow_each_other_with_one_instant(world: World, as_: Any, clock: Clock) -> None:
    partner = as_("partner")
    made = {str(world.mobility().id) for _ in range(3)}

    first = partner.get("/v1/mobilities?limit=2&sending_country=RS").json
    clock.move(minutes=5)
    second = partner.get(first["next"]).json

    assert {item["id"] for page in (first, second) for item in page["items"]} == made
    assert (second["next"], second["as_of"]) == (None, first["as_of"])


def test_a_list_of_three_asks_the_database_as_often_as_a_list_of_one(
    world: World, as_: Any, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    partner = as_("partner")
    world.mobility()
    partner.get("/v1/mobilities")
    one = count_queries(lambda: partner.get("/v1/mobilities"))

    for name in ("Bora", "Vesna"):
        world.mobility(world.participant(name), receiving_id=world.organisation("partner"))

    assert count_queries(lambda: partner.get("/v1/mobilities")) == one


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_json_lines_are_the_lists_items(world: World, as_: Any) -> None:
    world.mobility(), world.mobility()
    partner = as_("partner")

    answer = partner.get("/v1/mobilities.ndjson?sending_country=RS")

    items = partner.get("/v1/mobilities?sort=created_at").json["items"]
    assert [orjson.loads(line) for line in answer.data.splitlines()] == items
    assert answer.content_type == "application/x-ndjson"


def test_a_table_has_a_header_and_a_row_each(world: World, as_: Any) -> None:
    mobility = world.mobility(comments='=HYPERLINK("x")')

    answer = as_("partner").get("/v1/mobilities.csv")

    header, row = csv.read(answer.data)
    shown = dict(zip(header, row, strict=True))
    assert (shown["id"], shown["comments"]) == (str(mobility.id), '=HYPERLINK("x")')
    assert (shown["participant_given_names"], shown["blended"], shown["violations"]) == ("Ana", "false", "")


def test_a_table_holds_no_formula(world: World, as_: Any) -> None:
    world.mobility(comments="=1+1")

    assert b",'=1+1," in as_("partner").get("/v1/mobilities.csv").data


@pytest.mark.parametrize(("query", "start"), [("", csv.BOM), ("?bom=1", csv.BOM), ("?bom=0", b"")])
def test_a_table_begins_with_a_byte_order_mark_unless_told(world: World, as_: Any, query: str, start: bytes) -> None:
    world.project()

    header = csv.write([mobility_exports.CSV_HEADER])

    assert as_("partner").get(f"/v1/mobilities.csv{query}").data == start + header


@pytest.mark.parametrize("path", ["/v1/mobilities.ndjson", "/v1/mobilities.csv"])
@pytest.mark.parametrize("lacking", [Scope.EXPORTS_READ, Scope.MOBILITIES_READ])
def test_a_file_takes_two_scopes(as_: Any, path: str, lacking: Scope) -> None:
    assert as_("coordinator", scopes=frozenset(Scope) - {lacking}).get(path).status_code == 403


@pytest.mark.parametrize("query", ["nope=1", "limit=3", "state=unknown", "modified_since=yesterday", "bom=2"])
@pytest.mark.parametrize("path", ["/v1/mobilities.ndjson", "/v1/mobilities.csv"])
def test_an_unknown_wish_is_refused(as_: Any, path: str, query: str) -> None:
    assert as_("coordinator").get(f"{path}?{query}").status_code == 422


def test_a_file_is_for_its_reader_alone(world: World, as_: Any) -> None:
    answer = as_("partner").get("/v1/mobilities.csv")

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mobilities.csv"'
