"""What one agreed to, over HTTP by one's own link: answered anew, and taken back."""

from typing import Any

from api.http import by_link
from api.my import MyResource, blp
from domain.models.consents import ConsentSource
from domain.services import consent_changes, my
from domain.services.consents import ConsentInput
from schemas.applications import ConsentSchema, ConsentWithdrawalSchema
from schemas.base import LanguageQuery
from schemas.my import MySchema

__all__ = ("MyConsentResource", "blp")  # the same blueprint, once these addresses are on it


class MyConsentResource(MyResource):
    """What may change of one's consents."""

    def withdraw(self, purpose: str) -> Any:
        """Take a consent back."""
        opened = my.opened_application(self.session, by=self.caller)
        return consent_changes.withdraw_consent(self.session, opened.id, purpose, by=self.caller, at=self.at)

    def give(self, wanted: ConsentInput) -> Any:
        """Answer what is asked."""
        opened = my.opened_application(self.session, by=self.caller)
        return consent_changes.give_consent(
            self.session, opened.id, wanted, source=ConsentSource.LINK, by=self.caller, at=self.at
        )


@blp.route("/my/<secret>/consents")
class MyConsents(MyConsentResource):
    """One's own answers."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(ConsentSchema)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], wanted: ConsentInput, **_: Any) -> Any:
        """Agree to something, or refuse it, after applying"""
        return self.shown(self.give(wanted))


@blp.route("/my/<secret>/consent-withdrawals")
class MyConsentWithdrawals(MyConsentResource):
    """One's own change of mind."""

    @by_link
    @blp.arguments(LanguageQuery, location="query")
    @blp.arguments(ConsentWithdrawalSchema)
    @blp.response(200, MySchema, dumped=True)
    def post(self, _query: dict[str, Any], wanted: dict[str, Any], **_: Any) -> Any:
        """Take one's own consent back"""
        return self.shown(self.withdraw(wanted["purpose"]))
