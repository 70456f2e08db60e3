"""Every answer is as the contract describes it: its status, its headers, its body with no field more or less."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from api.app import create_app
from api.parsing import MULTIPART
from domain.config import Config
from domain.models.applications import Application
from domain.services import deliveries
from domain.transaction import Database, transaction
from tests.conftest import Clock
from tests.contract.contract import JSON, CheckedClient, Contract
from tests.house import told
from tests.papers import GOOD
from tests.world import World

ORDER = ("get", "patch", "put", "post", "delete")
# By what its addresses name a thing, where that is not its id.
NAMED_BY = {"/v1/projects": "code", "/v1/event-types": "type", "/v1/projects/{code}/consent-texts": "purpose"}
NOWHERE = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of the code as it stands."""
    return Contract.of_the_code()


@pytest.fixture
def client(contract: Contract, config: Config, database: Database, clock: Clock) -> FlaskClient:
    """A client that takes no answer that the contract doesn't describe."""
    app = create_app(config, clock=clock, database=database)
    app.test_client_class = type("Checked", (CheckedClient,), {"contract": contract})
    return app.test_client()


@pytest.fixture
def peopled(world: World, database: Database, as_: Any) -> World:
    """A world in which every list of the API has something in it."""
    coordinator = as_("coordinator")
    coordinator.post("/v1/webhooks", json={"url": "https://example.org/hook", "event_types": ["*"]})
    for noun, wanted in (("targets", TARGET), ("reported-figures", FIGURE)):
        world.activity()
        assert coordinator.post(f"/v1/projects/TEST/{noun}", json=wanted).status_code == 201
    selected, _ = world.selection("Ana", "Iva")
    offer = {"destination_id": str(selected.call.destinations[0].id)}
    coordinator.post(f"/v1/applications/{selected.id}/selection", json=offer)
    world.live(world.mobility(world.participant("Mia")))
    with transaction(database) as session:
        deliveries.fan_out(session, at=world.clock())
    return world


TARGET = {"activities": ["short_term_learner"], "planned": 360, "unit": "participation"}
FIGURE = {"measure": "participants", "scope": {}, "value": "165", "unit": "person", "assumed": False, "source": "News"}


def ways(contract: Contract) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """All operations, what only reads first."""
    for wanted in ORDER:
        for (path, method), operation in contract.operations.items():
            if method == wanted:
                yield path, method, operation


def example(contract: Contract, operation: Mapping[str, Any]) -> Any:
    """The body that the contract gives as an example."""
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        return contract.examples(media)[0] if kind.endswith(JSON) else None
    return None


class Filled:
    """Addresses with ids of things that are there, found by listing what they stand in."""

    def __init__(self, client: Any, contract: Contract, **secrets: str) -> None:
        self.client, self.contract, self.secrets = client, contract, secrets

    def __call__(self, path: str) -> str:
        """`/v1/calls/{id}/form` with a call's id; nobody's id where nothing is listed."""
        address, template = "", ""
        for step in path.removeprefix("/").split("/"):
            found = self.secrets.get(step[1:-1]) or self._first(address, template) if step.startswith("{") else step
            address, template = f"{address}/{found}", f"{template}/{step}"
        return address

    def _first(self, address: str, template: str) -> str:
        if (template, "get") not in self.contract.operations:
            return NOWHERE
        items = self.client.get(address).json.get("items") or [{"id": NOWHERE, "code": "NOWHERE"}]
        return str(items[-1][NAMED_BY.get(template, "id")])


@pytest.mark.parametrize("who", ["coordinator", "stranger", None])
def test_every_operation_answers_as_described(
    peopled: World, contract: Contract, client: FlaskClient, as_: Any, who: str | None
) -> None:
    filled = Filled(as_("coordinator"), contract, secret=peopled.secret(peopled.read(select(Application))[0]))
    caller = as_(who) if who else client

    for path, method, operation in ways(contract):
        getattr(caller, method)(filled(path), json=example(contract, operation))


def test_every_operation_refuses_a_parameter_that_it_does_not_know(contract: Contract, as_: Any) -> None:
    coordinator = as_("coordinator")

    answers = {
        (path, method): told(getattr(coordinator, method)(f"{nowhere(path)}?nope=1"))
        for path, method, _ in ways(contract)
    }

    assert answers == dict.fromkeys(answers, (422, [("/nope", "unknown_field")]))


def test_every_body_refuses_a_field_that_it_does_not_know(contract: Contract, as_: Any) -> None:
    coordinator = as_("coordinator")

    found = {
        path: told(coordinator.post(nowhere(path), json={"nope": 1}))[1]
        for path, method, operation in ways(contract)
        if method == "post" and MULTIPART not in operation.get("requestBody", {"content": [MULTIPART]})["content"]
    }

    assert [path for path, named in found.items() if ("/nope", "unknown_field") not in named] == []


def nowhere(path: str) -> str:
    """An address of nothing that is there."""
    return re.sub(r"\{\w+\}", NOWHERE, path)


def test_the_whole_job_is_as_described(world: World, clock: Clock, client: FlaskClient, as_: Any) -> None:
    partner = as_("partner")
    made = partner.post("/v1/calls", json=wanted_call(world)).json
    call = f"/v1/calls/{made['id']}"
    steps = [partner.post(f"{call}/publication"), partner.post(f"{call}/extension", json=LATER)]
    ana, iva, mia = (apply(client, call, name) for name in ("Ana", "Iva", "Mia"))
    steps += [partner.post(f"{one}/eligibility", json={"outcome": "eligible"}) for one in (ana, iva, mia)]
    clock.move(days=60)
    offer = {"destination_id": made["destinations"][0]["id"]}
    steps += [
        partner.post(f"{call}/selection"),
        partner.post(f"{ana}/selection", json=offer),
        partner.post(f"{iva}/reservation", json={"rank": 1}),
        partner.post(f"{mia}/rejection", json={"reason": "One place"}),
        partner.post(f"{ana}/decline"),
        partner.post(f"{iva}/promotion", json=offer),
        partner.post(f"{iva}/confirmation", json={}),
        partner.post(f"{call}/decision"),
    ]
    mobility = f"/v1/mobilities/{partner.get('/v1/mobilities').json['items'][0]['id']}"
    steps += [partner.post(f"{mobility}/{step}") for step in ("confirmation", "start", "completion", "recognition")]

    assert [step.status_code for step in steps] == [200] * len(steps)


def test_what_becomes_of_a_file_is_as_described(world: World, as_: Any) -> None:
    partner, there = as_("partner"), f"/v1/applications/{world.application(world.call()).id}/documents"
    sent = partner.post(there, data={"kind": "cv", "file": (BytesIO(GOOD["cv.pdf"]), "cv.pdf")}, content_type=MULTIPART)
    document = f"{there}/{sent.json['id']}"

    answers = [sent, partner.get(there), partner.get(document), partner.get(f"{document}/content")]

    assert [answer.status_code for answer in (*answers, partner.delete(document))] == [201, 200, 200, 200, 204]


LATER = {"closes_at": "2026-12-31T12:00:00Z"}


def wanted_call(world: World) -> dict[str, Any]:
    """A call with one place in Lyon."""
    return {
        "project": world.project_code(),
        "activity_id": str(world.activity()),
        "title": {"en": "Three weeks in Lyon", "sr-Cyrl": "Три недеље у Лиону"},
        "summary": {"en": "For cooks."},
        "description": {"en": "Work and learn."},
        "eligible_countries": ["RS"],
        "places": 1,
        "timezone": "Europe/Belgrade",
        "opens_at": "2026-11-01T00:00:00Z",
        "closes_at": "2026-12-24T12:00:00Z",
        "destinations": [
            {
                "country": "FR",
                "city": "Lyon",
                "host_id": str(world.organisation("host")),
                "places": 1,
                "starts_on": "2027-02-01",
                "ends_on": "2027-02-21",
            }
        ],
        "public_intake": True,
        "consent_purposes": ["processing"],
    }


def apply(client: FlaskClient, call: str, name: str) -> str:
    """Apply as somebody called `name`; give the application's address."""
    person = {"given_names": name, "family_name": "Petrović", "birth_date": "2005-03-08", "country": "RS"}
    consent = {"purpose": "processing", "granted": True, "text_version": "1", "lang": "en"}
    wanted = {"person": person | {"email": f"{name.lower()}@example.org"}, "answers": {}, "consents": [consent]}
    answer = client.post(f"{call}/applications", json=wanted)
    assert answer.status_code == 201, answer.json
    return f"/v1/applications/{answer.json['id']}"
