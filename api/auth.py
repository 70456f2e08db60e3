"""Who is calling: the Authorization header read, its token looked up. What they may do is for the policies."""

import base64
import binascii

from flask import request

from domain.errors import Unauthenticated
from domain.services.tokens import looks_like_token


def presented_token() -> str | None:
    """The token that the request carries (Bearer, or the user name of Basic for spreadsheets), none for the public.

    Raises Unauthenticated for what can't be a token, before any look-up.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, credentials = header.partition(" ")
    secret = credentials.strip() if kind.lower() == "bearer" else _user_name(kind, credentials)
    if not secret.isascii() or not looks_like_token(secret):
        raise Unauthenticated("This is not a token of ours; send `Authorization: Bearer ivt_…`.")
    return secret


def _user_name(kind: str, credentials: str) -> str:
    if kind.lower() != "basic":
        raise Unauthenticated("Send the token as `Authorization: Bearer ivt_…`.")
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated("The Basic credentials can't be read; send the token as the user name.") from error
