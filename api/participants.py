"""Participants over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from api.patching import patched
from domain.models.participants import Participant
from domain.models.tokens import Scope
from domain.services import participants, projects
from domain.services.participants import ParticipantFilter, ParticipantInput
from schemas.base import ListQuery
from schemas.participants import (
    MergeSchema,
    NewParticipantSchema,
    ParticipantListSchema,
    ParticipantQuery,
    ParticipantSchema,
    ParticipantWriteSchema,
)

blp = Blueprint("participants", __name__, url_prefix="/v1", description="The persons that mobilities belong to.")


class ParticipantResource(Resource):
    """What the addresses of participants share."""

    def shown(self, participant: Participant) -> Participant:
        """The participant as an answer, with its tag."""
        self.concerns(participant.id)
        self.tag(participant.version)
        return participant


@blp.route("/participants")
class Participants(ParticipantResource):
    """All participants."""

    @needs(Scope.PERSONAL_READ)
    @blp.arguments(ParticipantQuery, location="query")
    @blp.response(200, ParticipantListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List participants"""
        page = self.page(query)
        found = participants.list_participants(self.session, ParticipantFilter(**query), by=self.caller, page=page)
        return self.listed(found)

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(NewParticipantSchema)
    @blp.response(201, ParticipantSchema)
    def post(self, wanted: dict[str, Any]) -> Any:
        """Enter a person into a project"""
        project = projects.named_project(self.session, wanted.pop("project"), by=self.caller)
        participant = participants.create_participant(
            self.session, project, ParticipantInput(**wanted), by=self.caller, at=self.at
        )
        self.located(f"/v1/participants/{participant.id}")
        return self.shown(participant)


@blp.route("/participants/<uuid:participant_id>")
class ParticipantItem(ParticipantResource):
    """One participant."""

    @needs(Scope.PERSONAL_READ)
    @blp.response(200, ParticipantSchema)
    def get(self, participant_id: UUID) -> Any:
        """Read a participant"""
        return self.shown(participants.get_participant(self.session, participant_id, by=self.caller))

    @needs(Scope.MOBILITIES_WRITE)
    @blp.merge_patch(ParticipantWriteSchema)
    @blp.response(200, ParticipantSchema)
    def patch(self, patch: dict[str, Any], participant_id: UUID) -> Any:
        """Edit a participant (JSON Merge Patch)"""
        participant = participants.lock_participant(self.session, participant_id, by=self.caller)
        self.check_if_match(participant.version)
        wanted = patched(ParticipantWriteSchema, participants.as_input(participant), patch)
        return self.shown(participants.edit_participant(self.session, participant, wanted, by=self.caller, at=self.at))


@blp.route("/participants/<uuid:participant_id>/matches")
class ParticipantMatches(ParticipantResource):
    """Who may be the same person."""

    @needs(Scope.PERSONAL_READ)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, ParticipantListSchema)
    def get(self, query: dict[str, Any], participant_id: UUID) -> Any:
        """List participants of the same name and birth date, who may be the same person"""
        page = self.page(query)
        return self.listed(participants.list_matches(self.session, participant_id, by=self.caller, page=page))


@blp.route("/participants/<uuid:participant_id>/merges")
class ParticipantMerges(ParticipantResource):
    """Two that are one."""

    @needs(Scope.MOBILITIES_WRITE)
    @blp.arguments(MergeSchema)
    @blp.response(200, ParticipantSchema)
    def post(self, wanted: dict[str, Any], participant_id: UUID) -> Any:
        """Merge another participant into this one, with their mobilities and applications"""
        return self.shown(
            participants.merge_participants(
                self.session, participant_id, wanted["participant_id"], by=self.caller, at=self.at
            )
        )
