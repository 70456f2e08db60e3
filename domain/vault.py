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
        self._fernets = [Fernet(base64.urlsafe_b64encode(key)) for key in derived]
        self._fernet = MultiFernet(self._fernets)

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

    def key_of(self, sealed: bytes) -> int | None:
        """By how many-eth key it was sealed: 0 for the first, by which all is sealed now; none that we have, None."""
        return next((number for number, fernet in enumerate(self._fernets) if _opens(fernet, sealed)), None)

    def resealed(self, sealed: bytes) -> bytes:
        """The same under the first key, for the place that it was sealed for. Raises Unsealable."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise Unsealable("None of the secret keys opens this; was a key removed too early?") from error


def _opens(fernet: Fernet, sealed: bytes) -> bool:
    try:
        fernet.extract_timestamp(sealed)  # checks the signature, and leaves the content closed
    except InvalidToken:
        return False
    return True
