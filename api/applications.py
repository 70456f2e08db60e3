"""Applications over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import request

from api.http import Blueprint, Resource, needs, open_to_all, services
from api.parsing import Parser
from api.patching import patched
from domain.models.applications import Application, SubmittedVia
from domain.models.consents import ConsentSource
from domain.models.links import Link, LinkKind
from domain.models.tokens import Scope
from domain.services import applications, consent_changes, corrections, decisions, erasure, links
from domain.services.applications import ApplicationFilter, ApplicationInput
from domain.services.consents import ConsentInput
from schemas.applications import (
    ApplicationDraftSchema,
    ApplicationEditSchema,
    ApplicationListSchema,
    ApplicationQuery,
    ApplicationSchema,
    ApplicationWriteSchema,
    ConfirmationSchema,
    ConsentSchema,
    ConsentWithdrawalSchema,
    EligibilitySchema,
    OfferSchema,
    ReceiptSchema,
    ReceiptWithLinkSchema,
    RejectionSchema,
    ReservationSchema,
    ReturnSchema,
    application_seen,
)
from schemas.calls import NothingSchema
from schemas.links import LinkRevocationSchema, LinkSchema

blp = Blueprint("applications", __name__, url_prefix="/v1", description="Who wants to go, and what was decided.")


def linked(link: Link) -> dict[str, str]:
    """The address of an applicant's own page, as an answer has it."""
    config = services().config
    return {"my_url": links.page_address(link, key=config.link_key, base_url=config.base_url)}


class EditingResource(Resource):
    """What editing an application takes, whoever does it."""

    def edited(self, application_id: UUID, patch: dict[str, Any]) -> Application:
        """The application with a merge patch applied."""
        application = decisions.lock_application(self.session, application_id, by=self.caller)
        self.check_if_match(application.version)
        wanted = patched(ApplicationEditSchema, applications.as_input(application), patch)
        return corrections.edit_application(self.session, application, wanted, by=self.caller, at=self.at)


class ApplicationResource(EditingResource):
    """What the addresses of applications share."""

    def dumped(self, application: Application) -> dict[str, Any]:
        """The application as this caller may see it."""
        return application_seen(application, by=self.caller)

    def shown(self, application: Application) -> Any:
        """One application as an answer, with its tag."""
        self.concerns(application.id)
        self.tag(application.version, application.state)
        return self.dumped(application)

    def stepped(self, step: Callable[..., Application], application_id: UUID, **particulars: Any) -> Any:
        """The application after a step of its life."""
        return self.shown(step(self.session, application_id, **particulars, by=self.caller, at=self.at))


@blp.route("/calls/<name:id_or_slug>/applications")
class CallApplications(Resource):
    """The intake of a call."""

    @open_to_all
    @blp.describe_body({"anyOf": [ApplicationWriteSchema, ApplicationDraftSchema]})
    @blp.response(201, ReceiptWithLinkSchema, dumped=True)
    def post(self, id_or_slug: str) -> Any:
        """Apply to a call"""
        keep, wanted = _sent()
        application = keep(self.session, id_or_slug, wanted, by=self.caller, at=self.at, via=SubmittedVia.API)
        self.located(f"/v1/applications/{application.id}")
        self.concerns(application.id)
        return ReceiptSchema().dump(application) | linked(links.link_of(application, at=self.at))


def _sent() -> tuple[Callable[..., Application], ApplicationInput]:
    """What becomes of what was sent, and that."""
    sent = Parser().load_json(request, None)
    if isinstance(sent, dict) and sent.get("draft") is True:
        return applications.save_draft, ApplicationDraftSchema().load(sent)
    return applications.submit_application, ApplicationWriteSchema().load(sent)


@blp.route("/applications")
class Applications(ApplicationResource):
    """All applications."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.arguments(ApplicationQuery, location="query")
    @blp.response(200, ApplicationListSchema, dumped=True)
    def get(self, query: dict[str, Any]) -> Any:
        """List applications"""
        page = self.page(query)
        found = applications.list_applications(self.session, ApplicationFilter(**query), by=self.caller, page=page)
        return self.listed(found, dump=self.dumped)


@blp.route("/applications/<uuid:application_id>")
class ApplicationItem(ApplicationResource):
    """One application."""

    @needs(Scope.APPLICATIONS_READ)
    @blp.response(200, ApplicationSchema, dumped=True)
    def get(self, application_id: UUID) -> Any:
        """Read an application"""
        return self.shown(applications.get_application(self.session, application_id, by=self.caller))

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.merge_patch(ApplicationEditSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def patch(self, patch: dict[str, Any], application_id: UUID) -> Any:
        """Edit an application (JSON Merge Patch)"""
        return self.shown(self.edited(application_id, patch))


@blp.route("/applications/<uuid:application_id>/submission")
class ApplicationSubmission(ApplicationResource):
    """What was a draft, or returned, and is complete now."""

    @needs(Scope.APPLICATIONS_SUBMIT)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], application_id: UUID) -> Any:
        """Submit a draft, or an application that was returned"""
        return self.stepped(corrections.finish_application, application_id)


@blp.route("/applications/<uuid:application_id>/return")
class ApplicationReturn(ApplicationResource):
    """Giving back."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(ReturnSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Return an application to be corrected"""
        return self.stepped(corrections.return_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/eligibility")
class ApplicationEligibility(ApplicationResource):
    """Eligibility."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(EligibilitySchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Decide whether an application may take part"""
        eligible, reason = wanted["outcome"] == "eligible", wanted["reason"]
        return self.stepped(decisions.decide_eligibility, application_id, eligible=eligible, reason=reason)


@blp.route("/applications/<uuid:application_id>/selection")
class ApplicationSelection(ApplicationResource):
    """Selection."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(OfferSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Select an application: offer it a place"""
        return self.stepped(decisions.select_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/reservation")
class ApplicationReservation(ApplicationResource):
    """The reserve list."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(ReservationSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Put an application on the reserve list"""
        return self.stepped(decisions.reserve_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/promotion")
class ApplicationPromotion(ApplicationResource):
    """From the reserve list to a place."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(OfferSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Promote the first of the reserve list"""
        return self.stepped(decisions.promote_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/rejection")
class ApplicationRejection(ApplicationResource):
    """Rejection."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(RejectionSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Reject an application"""
        return self.stepped(decisions.reject_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/confirmation")
class ApplicationConfirmation(ApplicationResource):
    """The applicant's yes."""

    @needs()
    @blp.arguments(ConfirmationSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Confirm a place: the person gets a mobility"""
        return self.stepped(decisions.confirm_application, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/decline")
class ApplicationDecline(ApplicationResource):
    """The applicant's no."""

    @needs()
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], application_id: UUID) -> Any:
        """Decline a place"""
        return self.stepped(decisions.decline_application, application_id)


@blp.route("/applications/<uuid:application_id>/withdrawal")
class ApplicationWithdrawal(ApplicationResource):
    """Taking back."""

    @needs()
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], application_id: UUID) -> Any:
        """Withdraw an application"""
        return self.stepped(decisions.withdraw_application, application_id)


@blp.route("/applications/<uuid:application_id>/erasure")
class ApplicationErasure(ApplicationResource):
    """The applicant's wish to be forgotten."""

    @needs(Scope.APPLICATIONS_DECIDE)
    @blp.arguments(NothingSchema, required=False)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, _nothing: dict[str, Any], application_id: UUID) -> Any:
        """Erase who applied, for good; the application stays for the counts"""
        return self.stepped(erasure.erase_application, application_id)


@blp.route("/applications/<uuid:application_id>/consents")
class ApplicationConsents(ApplicationResource):
    """Consents that come later."""

    @needs()
    @blp.arguments(ConsentSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: ConsentInput, application_id: UUID) -> Any:
        """Record what an applicant agrees to after applying"""
        return self.stepped(consent_changes.give_consent, application_id, wanted=wanted, source=ConsentSource.API)


@blp.route("/applications/<uuid:application_id>/consent-withdrawals")
class ApplicationConsentWithdrawals(ApplicationResource):
    """Consents taken back."""

    @needs()
    @blp.arguments(ConsentWithdrawalSchema)
    @blp.response(200, ApplicationSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """Record that an applicant takes a consent back"""
        return self.stepped(consent_changes.withdraw_consent, application_id, **wanted)


@blp.route("/applications/<uuid:application_id>/link-revocation")
class ApplicationLinkRevocation(ApplicationResource):
    """The links of persons."""

    @needs()
    @blp.arguments(LinkRevocationSchema, required=False)
    @blp.response(200, LinkSchema, dumped=True)
    def post(self, wanted: dict[str, Any], application_id: UUID) -> Any:
        """End the applicant's link, or the guardian's, and make a new one"""
        application = applications.get_application(self.session, application_id, by=self.caller)
        self.concerns(application.id)
        return linked(
            links.replace_link(self.session, application, LinkKind(wanted["whose"]), by=self.caller, at=self.at)
        )
