"""Mobilities over HTTP."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response

from api.http import Blueprint, Resource, needs, services, streamed
from api.patching import patched
from domain import policies
from domain.db import instant_text
from domain.models.mobilities import Mobility
from domain.models.tokens import Scope
from domain.services import mobilities, mobility_exports, mobility_lists, projects
from domain.services.mobilities import MobilityInput
from domain.services.mobility_lists import MobilityFilter
from domain.transaction import reading
from integrations.formats import csv
from schemas.calls import NothingSchema
from schemas.mobilities import (
    MobilityCsvQuery,
    MobilityFilterQuery,
    MobilityItemSchema,
    MobilityListSchema,
    MobilityQuery,
    MobilitySchema,
    MobilityWriteSchema,
    TerminationSchema,
    TombstoneSchema,
    mobility_seen,
)

blp = Blueprint("mobilities", __name__, url_prefix="/v1", description="Who went where, when, and what came of it.")


class MobilityResource(Resource):
    """What the addresses of mobilities share."""

    def dumped(self, mobility: Mobility, *, schema: type[MobilitySchema] = MobilitySchema) -> dict[str, Any]:
        """The mobility as this caller may see it."""
        return mobility_seen(mobility, by=self.caller, schema=schema)

    def shown(self, mobility: Mobility) -> dict[str, Any]:
        """One mobility as an answer, with its tag: the names in it change without it."""
        self.concerns(mobility.participant_id)
        ends = (mobility.sending, mobility.receiving, mobility.participant)
        self.tag(mobility.version, *(end and end.version for end in ends))
        return self.dumped(mobility, schema=MobilityItemSchema)

    def stepped(self, step: Callable[..., Mobility], mobility_id: UUID, **particulars: Any) -> dict[str, Any]:
        """The mobility after a step of its life."""
        return self.shown(step(self.session, mobility_id, **particulars, by=self.caller, at=self.at))


@blp.route("/mobilities")
class Mobilities(MobilityResource):
    """All mobilities."""

    @needs(Scope.MOBILITIES_READ)
    @blp.arguments(MobilityQuery, location="query")
    @blp.response(200, MobilityListSchema, dumped=True)
    def get(self, query: dict[str, Any]) -> Any:
        """List mobilities; with modified_since, what changed, and tombstones for what has gone from the list"""
        page, wanted = self.page(query), MobilityFilter(**query)
        found = mobility_lists.list_mobilities(self.session, wanted, by=self.caller, at=self.at, page=page)
        return self.listed(found, dump=partial(self.listed_one, wanted)) | {"as_of": instant_text(found.as_of)}

    def listed_one(self, wanted: MobilityFilter, mobility: Mobility) -> Any:
        """A mobility of a list, or its tombstone."""
        return TombstoneSchema().dump(mobility) if mobility_lists.is_gone(mobility, wanted) else self.dumped(mobility)

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(MobilityWriteSchema)
    @blp.response(201, MobilityItemSchema, dumped=True)
    def post(self, wanted: MobilityInput) -> Any:
        """Nominate a participant"""
        mobility = mobilities.create_mobility(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/mobilities/{mobility.id}")
        return self.shown(mobility)


class MobilityExport(Resource):
    """What the files share."""

    def permit(self) -> None:
        """A file takes what a list takes, and a scope of its own besides."""
        policies.require_scope(self.caller, Scope.MOBILITIES_READ)


@blp.route("/mobilities.ndjson")
class MobilitiesNdjson(MobilityExport):
    """All mobilities as a file of JSON lines."""

    @needs(Scope.EXPORTS_READ)
    @blp.arguments(MobilityFilterQuery, location="query")
    @blp.response(200, {"type": "string"}, content_type="application/x-ndjson", description="One mobility a line.")
    def get(self, query: dict[str, Any]) -> Response:
        """Export mobilities as JSON lines; what was deleted is not among them"""
        self.permit()
        opened, wanted = partial(reading, services().database), MobilityFilter(**query)
        lines = mobility_exports.ndjson_chunks(opened, wanted, by=self.caller)
        return streamed(lines, mimetype="application/x-ndjson", filename="mobilities.ndjson")


@blp.route("/mobilities.csv")
class MobilitiesCsv(MobilityExport):
    """All mobilities as a table."""

    @needs(Scope.EXPORTS_READ)
    @blp.arguments(MobilityCsvQuery, location="query")
    @blp.response(200, {"type": "string"}, content_type="text/csv", description="One mobility a row.")
    def get(self, query: dict[str, Any]) -> Response:
        """Export mobilities as CSV; what was deleted is not among them"""
        self.permit()
        start = csv.BOM if query.pop("bom") == "1" else b""
        opened, wanted = partial(reading, services().database), MobilityFilter(**query)
        rows = mobility_exports.csv_rows(opened, wanted, by=self.caller)
        return streamed(table(start, rows), mimetype="text/csv", filename="mobilities.csv")


def table(start: bytes, chunks: Iterator[Any]) -> Iterator[bytes]:
    """The bytes of a CSV file: its start, its header, its rows."""
    yield start + csv.write([mobility_exports.CSV_HEADER])
    yield from map(csv.write, chunks)


@blp.route("/mobilities/<uuid:mobility_id>")
class MobilityItem(MobilityResource):
    """One mobility."""

    @needs(Scope.MOBILITIES_READ)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def get(self, mobility_id: UUID) -> Any:
        """Read a mobility, with what is wrong or wanting in its record"""
        return self.shown(mobilities.get_mobility(self.session, mobility_id, by=self.caller))

    @needs(Scope.MOBILITIES_WRITE)
    @blp.merge_patch(MobilityWriteSchema)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def patch(self, patch: dict[str, Any], mobility_id: UUID) -> Any:
        """Edit a mobility (JSON Merge Patch)"""
        mobility = mobilities.lock_mobility(self.session, mobility_id, by=self.caller)
        self.check_if_match(mobility.version)
        standing = mobilities.as_input(mobility, projects.code_of(self.session, mobility.project_id))
        wanted = patched(MobilityWriteSchema, standing, patch)
        return self.shown(mobilities.edit_mobility(self.session, mobility, wanted, by=self.caller, at=self.at))

    @needs(Scope.MOBILITIES_WRITE)
    @blp.response(204)
    def delete(self, mobility_id: UUID) -> None:
        """Delete a mobility that was nominated or confirmed by mistake"""
        mobility = mobilities.lock_mobility(self.session, mobility_id, by=self.caller)
        self.check_if_match(mobility.version)
        mobilities.delete_mobility(self.session, mobility, by=self.caller, at=self.at)


@blp.route("/mobilities/<uuid:mobility_id>/confirmation")
class MobilityConfirmation(MobilityResource):
    """Certainty."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], mobility_id: UUID) -> Any:
        """Confirm a mobility: from now on the host knows the name"""
        return self.stepped(mobilities.confirm_mobility, mobility_id)


@blp.route("/mobilities/<uuid:mobility_id>/start")
class MobilityStart(MobilityResource):
    """Arrival."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], mobility_id: UUID) -> Any:
        """Note that a mobility has begun"""
        return self.stepped(mobilities.start_mobility, mobility_id)


@blp.route("/mobilities/<uuid:mobility_id>/completion")
class MobilityCompletion(MobilityResource):
    """The end."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], mobility_id: UUID) -> Any:
        """Note that a mobility was completed"""
        return self.stepped(mobilities.complete_mobility, mobility_id)


@blp.route("/mobilities/<uuid:mobility_id>/recognition")
class MobilityRecognition(MobilityResource):
    """Recognition at home."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], mobility_id: UUID) -> Any:
        """Recognise what was learned"""
        return self.stepped(mobilities.recognise_mobility, mobility_id)


@blp.route("/mobilities/<uuid:mobility_id>/cancellation")
class MobilityCancellation(MobilityResource):
    """Calling off."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], mobility_id: UUID) -> Any:
        """Cancel a mobility that hasn't begun"""
        return self.stepped(mobilities.cancel_mobility, mobility_id)


@blp.route("/mobilities/<uuid:mobility_id>/termination")
class MobilityTermination(MobilityResource):
    """Breaking off."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(TerminationSchema)
    @blp.response(200, MobilityItemSchema, dumped=True)
    def post(self, wanted: dict[str, Any], mobility_id: UUID) -> Any:
        """Terminate a mobility that is under way"""
        return self.stepped(mobilities.terminate_mobility, mobility_id, **wanted)
