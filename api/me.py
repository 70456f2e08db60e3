"""Who is calling, over HTTP."""

from typing import Any

from api.http import Blueprint, Resource, needs
from domain.services import memberships, tokens
from schemas.me import MeSchema

blp = Blueprint("me", __name__, url_prefix="/v1", description="Who a token is.")


@blp.route("/me")
class Me(Resource):
    """The caller."""

    @needs()
    @blp.response(200, MeSchema)
    def get(self) -> Any:
        """Read who one's token is, what it is for, and what its organisation is in which project"""
        own = memberships.own_memberships(self.session, by=self.caller)
        return {
            "token": tokens.own_token(self.session, by=self.caller),
            "memberships": [{"project": code, "roles": m.roles, "parent_id": m.parent_id} for m, code in own],
        }
