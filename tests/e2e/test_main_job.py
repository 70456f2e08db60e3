"""The main job, from end to end, over HTTP: a call, an application, its events, a mobility, the report."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from tests.conftest import ENGINES
from tests.e2e.running import TOKEN, Running, installation, wait_until
from tests.integrations.receiver import Receiver

SECONDS_OPEN = 6  # long enough to apply on a busy machine, short enough to wait for
ANA = {"given_names": "Ana", "family_name": "Petrović", "email": "ana@example.org", "birth_date": "2005-03-08"}
MARKO = {"given_names": "Marko", "family_name": "Jović", "email": "marko@example.org", "birth_date": "2004-11-30"}
QUESTION = {"name": "motivation", "type": "long_text", "label": {"en": "Why?", "sr-Cyrl": "Зашто?"}, "required": True}


@pytest.fixture(params=ENGINES)
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A running installation on a fresh database."""
    with installation(request.param, tmp_path) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The partner's own system, which takes webhooks."""
    with Receiver() as receiver:
        yield receiver


@dataclass
class Story:
    """What each chapter hands on to the next."""

    running: Running
    receiver: Receiver
    ids: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=lambda: {"coordinator": TOKEN})

    def make(self, name: str, path: str, who: str, **body: Any) -> dict[str, Any]:
        """POST as somebody; keep the id of what was made."""
        answer = self.running.post(path, self.tokens.get(who), json=body)
        assert answer.ok, (path, answer.status_code, answer.text)
        made: dict[str, Any] = answer.json()
        self.ids[name] = made.get("id")
        return made

    def act(self, path: str, who: str, **body: Any) -> dict[str, Any]:
        """An action on something that stands."""
        return self.make("last", path, who, **body)

    def told(self) -> list[dict[str, Any]]:
        """What the partner's system was told, each verified with the secret that it was given."""
        hook = Webhook(self.tokens["secret"])
        return [hook.verify(request.body, request.headers) for request in self.receiver.requests]


def test_the_main_job_from_call_to_report(running: Running, receiver: Receiver) -> None:
    story = Story(running, receiver)

    found_a_consortium(story)
    connect_the_partner(story)
    publish_a_call(story)
    take_applications(story)
    select_and_confirm(story)
    follow_the_mobility(story)

    report_says(story, planned=2, participations=1, percent=50.0)
    partner_was_told_everything(story)


def found_a_consortium(story: Story) -> None:
    story.make(
        "project",
        "/v1/projects",
        "coordinator",
        code="E2E",
        title={"en": "From end to end"},
        action_type="KA121-VET",
        rule_set="KA1-VET-2021",
        starts_on="2026-01-01",
        ends_on="2028-12-31",
        languages=["en", "sr-Cyrl"],
    )
    story.act("/v1/projects/E2E/start", "coordinator")
    for name, country, roles in (("partner", "RS", ["national_partner"]), ("host", "FR", ["receiving"])):
        membership = {"project": "E2E", "roles": roles}
        story.make(
            name,
            "/v1/organisations",
            "coordinator",
            legal_name=f"The {name}",
            type="other",
            country=country,
            membership=membership,
        )
    activity = {"project": "E2E", "key": "short", "code": "short_term_learner", "title": {"en": "Three weeks abroad"}}
    story.make("activity", "/v1/activities", "coordinator", **activity)
    target = {"activities": ["short_term_learner"], "planned": 2}
    story.make("target", "/v1/projects/E2E/targets", "coordinator", **target)


def connect_the_partner(story: Story) -> None:
    scopes = story.running.get("/v1/me", TOKEN).json()["scopes"]
    token = {"holder": "Partner's CRM", "scopes": scopes, "organisation_id": story.ids["partner"], "project": "E2E"}
    story.tokens["partner"] = story.make("token", "/v1/tokens", "coordinator", **token)["secret"]
    hook = {"url": story.receiver.url("/ok"), "event_types": ["call.*", "application.*", "mobility.*"]}
    made = story.make("endpoint", "/v1/webhooks", "partner", **hook)
    story.tokens["secret"] = made["secret"]
    story.act(f"/v1/webhooks/{made['id']}/ping", "partner")
    wait_until(lambda: [told["type"] for told in story.told()] == ["webhook.ping"])
    wait_until(lambda: endpoint_state(story) == "active")


def endpoint_state(story: Story) -> Any:
    return story.running.get(f"/v1/webhooks/{story.ids['endpoint']}", story.tokens["partner"]).json()["state"]


def publish_a_call(story: Story) -> None:
    now = datetime.now(UTC)
    call = story.make(
        "call",
        "/v1/calls",
        "partner",
        project="E2E",
        activity_id=story.ids["activity"],
        title={"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону"},
        summary={"en": "For cooks.", "sr-Cyrl": "За куваре."},
        description={"en": "Work and learn.", "sr-Cyrl": "Радите и учите."},
        eligible_countries=["RS"],
        places=1,
        timezone="Europe/Belgrade",
        destinations=[
            {
                "country": "FR",
                "city": "Lyon",
                "host_id": story.ids["host"],
                "places": 1,
                "starts_on": "2027-02-01",
                "ends_on": "2027-02-21",
            }
        ],
        opens_at=now.isoformat(),
        closes_at=(now + timedelta(seconds=SECONDS_OPEN)).isoformat(),
        form=[QUESTION],
        public_intake=True,
        consent_purposes=["processing"],
    )
    story.ids["destination"] = call["destinations"][0]["id"]
    story.ids["slug"] = call["slug"]
    story.act(f"/v1/calls/{call['id']}/publication", "partner")
    found = story.running.get("/v1/calls?country=RS&status=open", headers={"Accept-Language": "sr-Latn"}).json()
    assert [item["title"] for item in found["items"]] == ["Tri nedelje u Lionu"]


def take_applications(story: Story) -> None:
    address, key = f"/v1/calls/{story.ids['slug']}/applications", {"Idempotency-Key": str(uuid4())}
    first = story.running.post(address, json=application(ANA), headers=key)
    again = story.running.post(address, json=application(ANA), headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    story.ids["ana"] = first.json()["id"]
    story.make("marko", address, "partner", **application(MARKO))
    wait_until(lambda: story.running.get(f"/v1/calls/{story.ids['slug']}").json()["status"] == "closed")
    late = story.running.post(address, json=application({**ANA, "email": "late@example.org", "given_names": "Late"}))
    assert (late.status_code, late.json()["code"]) == (409, "call_closed")


def select_and_confirm(story: Story) -> None:
    story.act(f"/v1/calls/{story.ids['call']}/selection", "partner")
    for name in ("ana", "marko"):
        story.act(f"/v1/applications/{story.ids[name]}/eligibility", "partner", outcome="eligible")
    offer = {"destination_id": story.ids["destination"]}
    story.act(f"/v1/applications/{story.ids['ana']}/selection", "partner", **offer)
    full = story.running.post(f"/v1/applications/{story.ids['marko']}/selection", story.tokens["partner"], json=offer)
    assert (full.status_code, full.json()["code"]) == (409, "no_place_left")
    story.act(f"/v1/applications/{story.ids['marko']}/reservation", "partner", rank=1)
    story.act(f"/v1/applications/{story.ids['ana']}/decline", "partner")
    story.act(f"/v1/applications/{story.ids['marko']}/promotion", "partner", **offer)
    story.act(f"/v1/applications/{story.ids['marko']}/confirmation", "partner")
    story.act(f"/v1/calls/{story.ids['call']}/decision", "partner")


def follow_the_mobility(story: Story) -> None:
    listed = story.running.get("/v1/mobilities", story.tokens["partner"]).json()["items"]
    assert [(item["state"], item["receiving_city"]) for item in listed] == [("nominated", "Lyon")]
    for step in ("confirmation", "start", "completion", "recognition"):
        story.act(f"/v1/mobilities/{listed[0]['id']}/{step}", "partner")


def report_says(story: Story, **expected: Any) -> None:
    report = story.running.get("/v1/projects/E2E/statistics", TOKEN).json()
    assert report["rows"] == [{"activity": "short_term_learner", **expected}]


def partner_was_told_everything(story: Story) -> None:
    expected = [
        "webhook.ping",
        "call.published",
        "call.opened",
        "application.submitted",
        "application.submitted",
        "call.closed",
        "call.selection_started",
        "application.eligible",
        "application.eligible",
        "application.selected",
        "application.reserved",
        "application.declined",
        "application.promoted",
        "application.confirmed",
        "mobility.nominated",
        "call.decided",
        "mobility.confirmed",
        "mobility.started",
        "mobility.completed",
        "mobility.recognised",
    ]
    wait_until(lambda: len(story.receiver.requests) >= len(expected))
    assert sorted(told["type"] for told in story.told()) == sorted(expected)
    fetched = all_events(story.running, story.tokens["partner"])
    assert {event["id"] for event in fetched} >= {request.headers["webhook-id"] for request in story.receiver.requests}
    assert len({request.headers["webhook-id"] for request in story.receiver.requests}) == len(expected)


def all_events(running: Running, token: str) -> list[dict[str, Any]]:
    page = running.get("/v1/events?limit=7", token).json()
    found = page["items"]
    while page["next"]:
        page = running.get(page["next"], token).json()
        found += page["items"]
    return found  # type: ignore[no-any-return]


def application(person: dict[str, str]) -> dict[str, Any]:
    consent = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}
    return {"person": person | {"country": "RS"}, "answers": {"motivation": "To learn."}, "consents": [consent]}
