"""What is said of a person, whether they apply or are entered."""

from typing import Any

from schemas.base import Str, about


class Gender(Str):
    """A gender, by ISO 5218; nobody has to say it."""

    def __init__(self) -> None:
        described = about("ISO 5218: 0 not known, 1 male, 2 female, 9 not applicable.", "2")
        super().__init__(most=1, pattern="[0129]", code="not_a_gender", **_optional(described))


class Phone(Str):
    """A telephone number as people write it; nobody has to say it."""

    def __init__(self) -> None:
        described = about("Telephone number.", "+355 69 000 0000")
        super().__init__(most=40, pattern=r"\+?[0-9][0-9 ()/.-]{3,38}", code="not_a_phone", **_optional(described))


def _optional(described: dict[str, Any]) -> dict[str, Any]:
    return {"load_default": None, "allow_none": True, "metadata": described}
