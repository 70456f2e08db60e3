"""Why a file is refused: each reason once, so that every check says it alike. All point at `/file`."""

from domain.errors import Finding, InvalidInput

FILE = "/file"


def damaged() -> InvalidInput:
    """It breaks off, or is not built as its kind is."""
    return InvalidInput([Finding(FILE, "file_damaged")])


def disguised(extension: str) -> InvalidInput:
    """What is in it is something else than its name says."""
    return InvalidInput([Finding(FILE, "file_disguised", {"extension": extension})])


def encrypted() -> InvalidInput:
    """A password keeps it shut."""
    return InvalidInput([Finding(FILE, "file_encrypted")])


def active() -> InvalidInput:
    """It would do something when opened: scripts, macros, programs to start."""
    return InvalidInput([Finding(FILE, "file_active")])


def stuffed() -> InvalidInput:
    """Other files hide in it, which nobody has looked at."""
    return InvalidInput([Finding(FILE, "file_holds_files")])


def too_large_unpacked(limit: int) -> InvalidInput:
    """Small as it comes, it grows beyond `limit` megabytes."""
    return InvalidInput([Finding(FILE, "file_unpacks_too_large", {"limit": limit})])


def too_many_pixels(limit: int) -> InvalidInput:
    """More than `limit` megapixels."""
    return InvalidInput([Finding(FILE, "too_many_pixels", {"limit": limit})])
