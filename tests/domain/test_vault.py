"""Secrets at rest."""

import pytest

from domain.vault import Unsealable, Vault

OLD, NEW = "an old key, of no use elsewhere today", "a new key, of no use elsewhere today"


def test_what_is_sealed_is_opened_in_its_place() -> None:
    vault = Vault([NEW])

    assert vault.open(vault.seal(b"a\nb\x00", place="endpoints/1"), place="endpoints/1") == b"a\nb\x00"


def test_what_is_sealed_shows_nothing_and_never_looks_the_same() -> None:
    vault = Vault([NEW])
    sealed = [vault.seal(b"whsec_secret", place="endpoints/1") for _ in range(2)]

    assert sealed[0] != sealed[1]
    assert b"whsec" not in sealed[0]


def test_what_was_sealed_for_another_place_stays_shut() -> None:
    vault = Vault([NEW])

    with pytest.raises(Unsealable, match="another place"):
        vault.open(vault.seal(b"secret", place="endpoints/1"), place="endpoints/2")


def test_keys_are_replaced_one_after_the_other() -> None:
    sealed = Vault([OLD]).seal(b"secret", place="p")

    assert Vault([NEW, OLD]).open(sealed, place="p") == b"secret"
    assert Vault([NEW]).open(Vault([NEW, OLD]).seal(b"secret", place="p"), place="p") == b"secret"
    with pytest.raises(Unsealable, match="removed too early"):
        Vault([NEW]).open(sealed, place="p")


@pytest.mark.parametrize("junk", [b"", b"junk", b"\xff" * 100])
def test_junk_is_not_opened(junk: bytes) -> None:
    with pytest.raises(Unsealable):
        Vault([NEW]).open(junk, place="p")


@pytest.mark.parametrize(("keys", "number"), [([OLD], 0), ([NEW, OLD], 1), ([NEW], None)])
def test_a_seal_says_which_key_has_made_it(keys: list[str], number: int | None) -> None:
    assert Vault(keys).key_of(Vault([OLD]).seal(b"secret", place="p")) == number


def test_what_is_no_seal_is_under_no_key() -> None:
    assert Vault([NEW]).key_of(b"in the clear") is None


def test_what_is_resealed_is_opened_by_the_first_key_alone_and_in_its_place_alone() -> None:
    resealed = Vault([NEW, OLD]).resealed(Vault([OLD]).seal(b"secret", place="p"))

    assert (Vault([NEW]).open(resealed, place="p"), Vault([OLD]).key_of(resealed)) == (b"secret", None)
    with pytest.raises(Unsealable, match="another place"):
        Vault([NEW]).open(resealed, place="q")


def test_what_no_key_opens_cannot_be_resealed() -> None:
    with pytest.raises(Unsealable, match="removed too early"):
        Vault([NEW]).resealed(Vault([OLD]).seal(b"secret", place="p"))
