"""Organisations over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from api.patching import patched
from domain import policies
from domain.models.organisations import Organisation
from domain.models.tokens import Scope
from domain.services import organisations
from domain.services.organisations import OrganisationFilter, OrganisationInput
from schemas.organisations import (
    ContactlessOrganisationSchema,
    NewOrganisationSchema,
    OrganisationListSchema,
    OrganisationQuery,
    OrganisationSchema,
    OrganisationWriteSchema,
)

blp = Blueprint("organisations", __name__, url_prefix="/v1", description="Schools, chambers, companies, agencies.")


class OrganisationResource(Resource):
    """What the addresses of organisations share."""

    def dumped(self, organisation: Organisation) -> Any:
        """The organisation as this caller may see it."""
        schema = OrganisationSchema if policies.sees_persons(self.caller) else ContactlessOrganisationSchema
        return schema().dump(organisation)

    def shown(self, organisation: Organisation) -> Any:
        """One organisation as an answer, with its tag."""
        self.tag(organisation.version)
        return self.dumped(organisation)


@blp.route("/organisations")
class Organisations(OrganisationResource):
    """All organisations."""

    @needs()
    @blp.arguments(OrganisationQuery, location="query")
    @blp.response(200, OrganisationListSchema, dumped=True)
    def get(self, query: dict[str, Any]) -> Any:
        """List organisations: one's own, and those one shares a project with"""
        page = self.page(query)
        found = organisations.list_organisations(self.session, OrganisationFilter(**query), by=self.caller, page=page)
        return self.listed(found, dump=self.dumped)

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.arguments(NewOrganisationSchema)
    @blp.response(201, OrganisationSchema, dumped=True)
    def post(self, wanted: OrganisationInput) -> Any:
        """Make an organisation, a member of a project from the start"""
        organisation = organisations.create_organisation(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/organisations/{organisation.id}")
        return self.shown(organisation)


@blp.route("/organisations/<uuid:organisation_id>")
class OrganisationItem(OrganisationResource):
    """One organisation."""

    @needs()
    @blp.response(200, OrganisationSchema, dumped=True)
    def get(self, organisation_id: UUID) -> Any:
        """Read an organisation"""
        return self.shown(organisations.get_organisation(self.session, organisation_id, by=self.caller))

    @needs(Scope.ORGANISATIONS_MANAGE)
    @blp.merge_patch(OrganisationWriteSchema)
    @blp.response(200, OrganisationSchema, dumped=True)
    def patch(self, patch: dict[str, Any], organisation_id: UUID) -> Any:
        """Edit an organisation (JSON Merge Patch)"""
        organisation = organisations.get_organisation(self.session, organisation_id, by=self.caller)
        self.check_if_match(organisation.version)
        wanted = patched(OrganisationWriteSchema, organisations.as_input(organisation), patch)
        return self.shown(
            organisations.edit_organisation(self.session, organisation, wanted, by=self.caller, at=self.at)
        )
