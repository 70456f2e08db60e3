"""What guardians of minors are mailed: their own link and nobody else's, as long as their word is wanting."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from domain.config import Config
from domain.models.consents import ConsentSource
from domain.models.links import LinkKind
from domain.models.messages import MessageState
from domain.services import consent_changes, links
from domain.services.applications import get_application
from domain.services.consents import ConsentInput
from domain.transaction import Database
from tests.conftest import Clock
from tests.integrations.test_link_mails import links_in
from tests.integrations.test_mailer import Office, office_of
from tests.world import GUARDIAN, World

AGREES = ConsentInput(purpose="parental_consent", granted=True, text_version="1", lang="en")


@pytest.fixture
def office(world: World, database: Database, clock: Clock, config: Config) -> Iterator[Office]:
    """A mailer and its mail server."""
    with office_of(world, database, clock, config) as office:
        yield office


def test_a_guardian_is_mailed_a_link_of_their_own(office: Office, client: FlaskClient) -> None:
    office.world.minor(office.world.call(contact="partner@example.org"))

    office.work()

    to = [mail["To"].addresses[0].username for mail in office.postbox.received]
    roles = {
        name: client.get(address.replace("http://localhost/my/", "/v1/my/")).json["role"]
        for name, (address,) in zip(to, links_in(office), strict=True)
    }
    assert roles == {"ana": "applicant", "vesna": "guardian"}


def test_it_says_whose_application_it_is(office: Office) -> None:
    office.world.minor(office.world.call(contact="partner@example.org"))

    office.work()

    (mail,) = [one for one in office.postbox.received if "vesna" in str(one["To"])]
    assert mail["Subject"].startswith("Your consent is needed for the application A-")
    assert "Ana Petrović has applied for “Three weeks in Lyon”" in mail.get_content()


def test_who_has_agreed_before_it_leaves_is_not_asked(office: Office) -> None:
    paper = replace(AGREES, attested=True)
    world = office.world
    world.minor(world.call(), consents=(*world.agreed("processing"), paper))

    office.work()

    assert office.states() == [MessageState.SENT, MessageState.DROPPED]


def test_a_guardian_without_an_address_is_owed_nothing(office: Office) -> None:
    world = office.world
    young = replace(world.application_input().person, birth_date=world.clock().date().replace(year=2010))
    world.application(world.call(), person=young, guardian=GUARDIAN | {"email": None})

    office.work()

    assert office.states() == [MessageState.SENT]


def test_an_applicants_new_link_is_never_the_guardians(office: Office, client: FlaskClient) -> None:
    world = office.world
    application = world.minor(world.call())
    world.do(lambda s, by, at: links.replace_link(s, get_application(s, application.id, by=by), by=by, at=at))
    world.do(
        consent_changes.give_consent,
        application.id,
        AGREES,
        source=ConsentSource.LINK,
        by=world.applicant(application, LinkKind.GUARDIAN),
    )

    office.work()

    ((address,),) = links_in(office)
    assert client.get(address.replace("http://localhost/my/", "/v1/my/")).json["role"] == "applicant"
