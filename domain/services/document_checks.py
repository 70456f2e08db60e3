"""Whether a file may be kept: its name, its extension, its first bytes and its structure must agree.

Pure: bytes in, bytes out, nothing unpacked, nothing rendered. Photographs come out without what they tell beside the
picture; everything else comes out as it came.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.errors import Finding, InvalidInput
from domain.services.document_archives import check_docx, check_odt
from domain.services.document_images import cleaned_jpeg, cleaned_png
from domain.services.document_pdfs import check_pdf
from domain.services.document_refusals import FILE, disguised

LONGEST_NAME = 150  # characters
# Control characters, halves of characters, separators of lines, and signs that turn the direction of writing around:
# with one of those, a name that ends in fdp.exe is shown as if it ended in exe.pdf.
BAD_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
PATH_SIGNS = set("/\\")


@dataclass(frozen=True)
class Upload:
    """A file as somebody sent it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be kept, as it is kept."""

    name: str
    media_type: str
    content: bytes
    sha256: str

    @property
    def extension(self) -> str:
        """What its kind is called, one way for each kind."""
        return next(name for name, kind in TYPES.items() if kind.media_type == self.media_type)


@dataclass(frozen=True)
class FileType:
    """A kind of file that we take: what it begins with, and what else must be true of it."""

    media_type: str
    magic: bytes
    check: Callable[[bytes], bytes]


def _only_checked(check: Callable[[bytes], None]) -> Callable[[bytes], bytes]:
    def unchanged(content: bytes) -> bytes:
        check(content)
        return content

    return unchanged


JPEG = FileType("image/jpeg", b"\xff\xd8\xff", cleaned_jpeg)
TYPES: Mapping[str, FileType] = {
    "pdf": FileType("application/pdf", b"%PDF-", _only_checked(check_pdf)),
    "docx": FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        b"PK\x03\x04",
        _only_checked(check_docx),
    ),
    "odt": FileType("application/vnd.oasis.opendocument.text", b"PK\x03\x04", _only_checked(check_odt)),
    "jpg": JPEG,
    "jpeg": JPEG,
    "png": FileType("image/png", b"\x89PNG\r\n\x1a\n", cleaned_png),
}
CHOICES = "pdf, docx, odt, jpg, png"
# What telephones make of a photograph unless told otherwise: ISO/IEC 23008-12, and AVIF beside it.
HEIC_NAMES = {"heic", "heif", "avif"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}


def check_file(upload: Upload) -> CheckedFile:
    """The file as it may be kept. Raises InvalidInput that says what is wrong with it and what would work."""
    name = _checked_name(upload.name)
    extension = name.rpartition(".")[2].lower()
    if extension in HEIC_NAMES or (upload.content[4:8] == b"ftyp" and upload.content[8:12] in HEIC_BRANDS):
        raise InvalidInput([Finding(FILE, "file_heic")])
    if extension not in TYPES:
        raise InvalidInput([Finding(FILE, "file_type", {"choices": CHOICES})])
    if not upload.content:
        raise InvalidInput([Finding(FILE, "file_empty")])
    kind = TYPES[extension]
    if not upload.content.startswith(kind.magic):
        raise disguised(extension)
    content = kind.check(upload.content)
    return CheckedFile(name, kind.media_type, content, hashlib.sha256(content).hexdigest())


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name).strip()
    if len(name) > LONGEST_NAME:
        raise InvalidInput([Finding(FILE, "file_name_too_long", {"limit": LONGEST_NAME})])
    stem = name.rpartition(".")[0]
    if not stem.strip(". ") or any(sign in PATH_SIGNS or unicodedata.category(sign) in BAD_CATEGORIES for sign in name):
        raise InvalidInput([Finding(FILE, "file_name")])
    return name
