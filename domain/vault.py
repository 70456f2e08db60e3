"""Secrets at rest: sealed under the operator's keys, bound to the place where they are kept."""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Unsealable(Exception):
    """No key of ours opens it, or it was sealed for another place."""


class Vault:
    """Seals with the first key and opens with any, so that keys can be replaced one after the other."""

    def __init__(self, keys: Sequence[str]) -> None:
        derived = (hashlib.sha256(b"intervet vault\n" + key.encode()).digest() for key in keys)
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """Encrypt `plain` for `place` (a table and row): Fernet has no associated data, so it goes inside."""
        return self._fernet.encrypt(place.encode() + b"\n" + plain)

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Decrypt what was sealed for `place`; raise Unsealable for anything else."""
        try:
            sealed_for, _, plain = self._fernet.decrypt(sealed).partition(b"\n")
        except InvalidToken as error:
            raise Unsealable("None of the secret keys opens this; was a key removed too early?") from error
        if sealed_for != place.encode():
            raise Unsealable(f"This was sealed for another place than {place}.")
        return plain
