"""Organisations through the services, on both engines."""

from typing import Any

import pytest

from domain.models.organisations import Organisation, OrganisationType
from domain.policies import OPERATOR
from domain.services.organisations import OrganisationInput, as_input, create_organisation, edit_organisation
from domain.transaction import reading, transaction
from tests.world import World


def wanted(**changes: Any) -> OrganisationInput:
    return OrganisationInput(legal_name="Srednja škola", type=OrganisationType.VET_PROVIDER, country="RS", **changes)


def test_the_operator_makes_an_organisation_that_is_in_no_project_yet(world: World) -> None:
    made = world.do(create_organisation, wanted(oid="E10012345", pic="912345678"))

    with reading(world.database) as session:
        kept = session.get_one(Organisation, made.id)
        assert (as_input(kept), kept.memberships) == (wanted(oid="E10012345", pic="912345678"), [])


def test_anybody_else_says_in_which_project_it_is(world: World) -> None:
    assert world.refused(create_organisation, wanted(), by=world.principal("partner")) == [("/membership", "required")]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ({"oid": "E1234567"}, "not_an_oid"),
        ({"oid": "E123456789"}, "not_an_oid"),
        ({"oid": "e12345678"}, "not_an_oid"),
        ({"oid": "E1234567٨"}, "not_an_oid"),
        ({"oid": "E12345678\n"}, "not_an_oid"),
        ({"pic": "12345678"}, "not_a_pic"),
        ({"pic": "1234567890"}, "not_a_pic"),
        ({"pic": "12345678９"}, "not_a_pic"),
    ],
)
def test_a_number_has_its_registers_shape(world: World, number: dict[str, str], code: str) -> None:
    refused = world.refused(create_organisation, wanted(**number))

    assert refused == [(f"/{next(iter(number))}", code)]


def test_an_edit_that_changes_nothing_keeps_the_version(world: World) -> None:
    made = world.do(create_organisation, wanted(oid="E10012345"))

    with transaction(world.database) as session:
        standing = session.get_one(Organisation, made.id)
        edit_organisation(session, standing, wanted(oid="E10012345"), by=OPERATOR, at=world.clock())

    assert standing.version == 1
