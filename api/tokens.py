"""Tokens over HTTP."""

from typing import Any
from uuid import UUID

from api.http import Blueprint, Resource, needs
from domain.models.tokens import Scope
from domain.services import tokens
from domain.services.tokens import TokenInput
from schemas.base import ListQuery
from schemas.tokens import NewTokenSchema, TokenListSchema, TokenSchema, TokenWriteSchema

blp = Blueprint("tokens", __name__, url_prefix="/v1", description="With what programs and persons call.")


@blp.route("/tokens")
class Tokens(Resource):
    """All tokens that the caller looks after."""

    @needs(Scope.TOKENS_MANAGE)
    @blp.arguments(ListQuery, location="query")
    @blp.response(200, TokenListSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List tokens: one's own organisation's, and those made for one's charges"""
        return self.listed(tokens.list_tokens(self.session, by=self.caller, page=self.page(query)))

    @needs(Scope.TOKENS_MANAGE)
    @blp.arguments(TokenWriteSchema)
    @blp.response(201, NewTokenSchema, dumped=True)
    def post(self, wanted: TokenInput) -> Any:
        """Make a token; this answer alone carries its secret"""
        made = tokens.create_token(self.session, wanted, by=self.caller, at=self.at)
        self.located(f"/v1/tokens/{made.token.id}")
        return TokenSchema().dump(made.token) | {"secret": made.secret}


@blp.route("/tokens/<uuid:token_id>")
class TokenItem(Resource):
    """One token."""

    @needs(Scope.TOKENS_MANAGE)
    @blp.response(200, TokenSchema)
    def get(self, token_id: UUID) -> Any:
        """Read a token"""
        return tokens.get_token(self.session, token_id, by=self.caller)

    @needs(Scope.TOKENS_MANAGE)
    @blp.response(204)
    def delete(self, token_id: UUID) -> None:
        """Revoke a token: it ends now, its record stays"""
        tokens.revoke_token(self.session, token_id, by=self.caller, at=self.at)
