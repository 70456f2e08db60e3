"""Statistics over HTTP."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from domain.models.activities import ActivityCode, Profile
from tests.participations import put_activity, put_mobilities, put_reference_project, put_target
from tests.world import World

ADDRESS = "/v1/projects/INTERVET-WB/statistics"

ROWS = [
    {"activity": "short_term_learner", "planned": 360, "participations": 372, "percent": 103.33},
    {"activity": "long_term_learner", "planned": 56, "participations": 54, "percent": 96.43},
    {"activity": "job_shadowing", "planned": 54, "participations": 57, "percent": 105.56},
    {"activity": "summer_school", "planned": 36, "participations": 42, "percent": 116.67},
    {"activity": "thematic_team", "planned": 72, "participations": 85, "percent": 118.06},
    {"activity": "teacher_week", "planned": None, "participations": 24, "percent": None},
]
TOTALS = {
    "learners": {"planned": 416, "participations": 426, "percent": 102.4},
    "staff_with_target": {"planned": 162, "participations": 184, "percent": 113.58},
    "staff_all": {"planned": 162, "participations": 208},
    "all_with_target": {"planned": 578, "participations": 610, "percent": 105.54},
    "all": {"participations": 634},
}


@pytest.fixture
def reference(world: World) -> World:
    """The world, with INTERVET-WB in it."""
    put_reference_project(world)
    return world


@pytest.fixture
def small(world: World) -> World:
    """The world, where 9 learners went for long and 3 for short: 2 of them from Albania."""
    put_target(world, [ActivityCode.SHORT_TERM_LEARNER], 10)
    put_mobilities(world, world.activity(), ["AL", "AL", "RS"])
    put_mobilities(world, world.activity(ActivityCode.LONG_TERM_LEARNER), ["RS"] * 9)
    return world


@pytest.mark.usefixtures("reference")
def test_everyone_reads_what_the_reference_project_promised_and_did(client: FlaskClient) -> None:
    answer = client.get(ADDRESS)

    assert (answer.status_code, answer.json["rows"], answer.json["totals"]) == (200, ROWS, TOTALS)


@pytest.mark.usefixtures("reference")
def test_percentages_are_written_as_they_were_rounded(client: FlaskClient) -> None:
    written = re.findall(r'"percent":([^,}]+)', client.get(ADDRESS).text)

    assert sorted(written) == sorted(
        ["103.33", "96.43", "105.56", "116.67", "118.06", "null", "102.4", "113.58", "105.54"]
    )


@pytest.mark.usefixtures("reference")
def test_a_disagreement_names_its_sources_and_what_is_assumed(client: FlaskClient) -> None:
    first = client.get(ADDRESS).json["disagreements"][0]

    assert first == {
        "measure": "participants",
        "scope": {"profile": "staff"},
        "computed": 208,
        "reported": [
            {
                "value": 165,
                "unit": "person",
                "source": "Partner news on the final publication, 2023-09-29",
                "as_of": "2023-09-29",
                "assumed": True,
                "assumption": "The report says 'staff' only; that it counts persons is our assumption. "
                "No sum of the participations published for the four staff activities gives 165.",
            }
        ],
    }


@pytest.mark.usefixtures("small")
def test_the_coordinator_sees_every_cell_by_activity_and_country(as_: Any) -> None:
    answer = as_("coordinator").get("/v1/projects/TEST/statistics").json

    assert [row["participations"] for row in answer["rows"]] == [3, 9]
    assert [(stage["activity"], stage["country"], stage["abroad"]) for stage in answer["funnel"]] == [
        ("short_term_learner", "AL", 2),
        ("short_term_learner", "RS", 1),
        ("long_term_learner", "RS", 9),
    ]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["partner", "school", "host", "agency", "network", "stranger"])
def test_others_see_activities_alone_without_small_cells(as_: Any, name: str) -> None:
    answer = as_(name).get("/v1/projects/TEST/statistics").json

    nothing = {"country": None, "applied": 0, "selected": 0, "abroad": None, "completed": None}
    assert answer["funnel"] == [
        {"activity": "short_term_learner", "planned": 10, **nothing},
        {"activity": "long_term_learner", "planned": None, **nothing},
    ]


@pytest.mark.usefixtures("small")
def test_the_public_sees_totals_that_give_no_small_cell_away(client: FlaskClient) -> None:
    answer = client.get("/v1/projects/TEST/statistics").json

    assert [(row["participations"], row["percent"]) for row in answer["rows"]] == [(None, None), (None, None)]
    assert answer["totals"] == {
        "learners": {"planned": 10, "participations": 12, "percent": None},
        "staff_with_target": {"planned": None, "participations": 0, "percent": None},
        "staff_all": {"planned": None, "participations": 0},
        "all_with_target": {"planned": 10, "participations": None, "percent": None},
        "all": {"participations": 12},
    }


def test_a_draft_is_seen_by_its_members_alone(as_: Any, client: FlaskClient) -> None:
    days = {"starts_on": "2027-01-01", "ends_on": "2028-12-31"}
    draft = {"code": "DRAFT", "title": {"en": "A draft"}, "action_type": "KA121-VET", "rule_set": "KA1-VET-2021"}
    as_("coordinator").post("/v1/projects", json={**draft, **days, "languages": ["en"]})

    answers = [reader.get("/v1/projects/DRAFT/statistics") for reader in (as_("coordinator"), as_("partner"), client)]

    assert [answer.status_code for answer in answers] == [200, 404, 404]


@pytest.mark.usefixtures("reference")
def test_the_public_answer_may_be_kept_for_a_minute_and_a_tokens_not_at_all(as_: Any, client: FlaskClient) -> None:
    public, private = client.get(ADDRESS), as_("coordinator").get(ADDRESS)

    assert public.headers["Cache-Control"].startswith("public, max-age=60,")
    assert private.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("form", ["", ".csv"])
def test_an_answer_is_sent_again_only_when_its_numbers_changed(world: World, client: FlaskClient, form: str) -> None:
    address = f"/v1/projects/{world.project_code()}/statistics{form}"
    known = {"If-None-Match": client.get(address).headers["ETag"]}

    same = client.get(address, headers=known)
    put_mobilities(world, world.activity(), ["RS"] * 5)
    changed = client.get(address, headers=known)

    assert (same.status_code, changed.status_code) == (304, 200)


@pytest.mark.usefixtures("small")
def test_who_sees_more_has_another_tag(as_: Any, client: FlaskClient) -> None:
    answers = [reader.get("/v1/projects/TEST/statistics") for reader in (as_("coordinator"), as_("network"), client)]

    assert len({answer.headers["ETag"] for answer in answers}) == 3


@pytest.mark.parametrize("form", ["", ".csv"])
def test_an_unknown_parameter_is_refused(world: World, client: FlaskClient, form: str) -> None:
    answer = client.get(f"/v1/projects/{world.project_code()}/statistics{form}?country=AL")

    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "unknown_field")


@pytest.mark.parametrize("form", ["", ".csv"])
def test_a_project_that_is_not_there_is_not_found(client: FlaskClient, form: str) -> None:
    assert client.get(f"/v1/projects/NOPE/statistics{form}").status_code == 404


# ── as a table ────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(answer: Any, part: str) -> list[dict[str, str]]:
    """The lines of one part of the table, without empty cells."""
    read = csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline=""))
    return [{name: cell for name, cell in line.items() if cell} for line in read if line["part"] == part]


@pytest.mark.usefixtures("reference")
def test_the_table_has_the_numbers_of_the_json(client: FlaskClient) -> None:
    answer = client.get(f"{ADDRESS}.csv")

    records = [*ROWS, *({"activity": name, **total} for name, total in TOTALS.items())]
    assert [{**line, "part": ""} for part in ("rows", "totals") for line in lines(answer, part)] == [
        {"part": "", **{name: str(value) for name, value in record.items() if value is not None}} for record in records
    ]


@pytest.mark.usefixtures("reference")
def test_a_published_figure_is_a_line_beside_what_was_computed(client: FlaskClient) -> None:
    first = lines(client.get(f"{ADDRESS}.csv"), "disagreements")[0]

    assert {name: first[name] for name in ("measure", "scope", "computed", "value", "unit", "assumed", "as_of")} == {
        "measure": "participants",
        "scope": "profile=staff",
        "computed": "208",
        "value": "165",
        "unit": "person",
        "assumed": "true",
        "as_of": "2023-09-29",
    }


@pytest.mark.usefixtures("small")
def test_the_table_withholds_what_the_json_withholds(as_: Any, client: FlaskClient) -> None:
    address = "/v1/projects/TEST/statistics.csv"

    shown = [
        [line.get("abroad") for line in lines(reader.get(address), "funnel")] for reader in (client, as_("coordinator"))
    ]

    assert shown == [[None, None], ["2", "1", "9"]]


@pytest.mark.usefixtures("reference")
def test_the_table_is_a_file_of_comma_separated_values(client: FlaskClient) -> None:
    answer = client.get(f"{ADDRESS}.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="INTERVET-WB-statistics.csv"'
    assert answer.data.count(b"\n") == answer.data.count(b"\r\n") == 1 + 6 + 5 + 6 + 5


@pytest.mark.parametrize("form", ["", ".csv"])
def test_the_number_of_queries_does_not_grow(
    world: World, client: FlaskClient, count_queries: Callable[[Callable[[], Any]], int], form: str
) -> None:
    put_mobilities(world, world.activity(), ["RS"])
    address = "/v1/projects/TEST/statistics" + form
    one = count_queries(lambda: client.get(address))

    for code in (ActivityCode.COURSE, ActivityCode.JOB_SHADOWING):
        put_mobilities(world, put_activity(world, code, Profile.STAFF), ["RS", "AL"])

    assert count_queries(lambda: client.get(address)) == one
