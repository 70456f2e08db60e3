"""DOCX and ODT: ZIP archives, judged by their table of contents; of what is in them little is read, nothing unpacked.

DOCX: ECMA-376 part 2 (OPC); ODT: OASIS OpenDocument 1.3 part 2.
"""

import re
import stat
import zlib
from io import BytesIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from domain.services.document_refusals import (
    active,
    damaged,
    disguised,
    encrypted,
    stuffed,
    too_large_unpacked,
)

MOST_ENTRIES = 1000
MOST_MEGABYTES = 100  # unpacked, all together
HIGHEST_RATIO = 100  # unpacked to packed, over all; texts in XML come to twenty
FREE_OF_RATIO = 1024 * 1024  # bytes unpacked that harm nobody, whatever the ratio
MOST_READ = 1024 * 1024  # bytes of a table of contents
LOCAL_HEADER = 30  # bytes, at least
END = b"PK\x05\x06"  # and 18 bytes more, and a comment; nothing comes after it

# A path that leads out of the folder, or is one on Windows alone.
ASTRAY = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:|[\\\x00-\x1f\x7f]")
MACROS = re.compile(r"vba(?:project|data)|^(?:basic|scripts)/|(?:^|/)macros?/|\.(?:bas|js|vbs)$", re.IGNORECASE)
# Programs, archives and documents, and where Word puts whatever was dragged into a text.
INSIDE = re.compile(
    r"\.(?:zip|7z|rar|tar|gz|tgz|bz2|xz|cab|iso|jar|apk|exe|dll|msi|scr|com|bat|cmd|ps1|sh|lnk|hta"
    r"|docx?|docm|dotm|xlsx?|xlsm|pptx?|pptm|odt|ods|odp|pdf)$"
    r"|(?:^|/)(?:embeddings|activex)/",
    re.IGNORECASE,
)
# What Word fetches from elsewhere when a document is opened: a template brings its macros along.
FETCHED = re.compile(rb"attachedTemplate|oleObject|subDocument|/frame\b")

WORD = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = b"application/vnd.oasis.opendocument.text"


def check_docx(content: bytes) -> None:
    """Raise InvalidInput for what is no plain Word document."""
    archive = _opened(content)
    names = set(archive.namelist())
    if not {"[Content_Types].xml", "_rels/.rels"} <= names:
        raise disguised("docx")
    types = _read(archive, "[Content_Types].xml")
    if b"macroEnabled" in types:
        raise active()
    if WORD not in types:
        raise disguised("docx")
    if any(_fetches(_read(archive, name)) for name in names if name.endswith(".rels")):
        raise active()


def check_odt(content: bytes) -> None:
    """Raise InvalidInput for what is no plain OpenDocument text."""
    archive = _opened(content)
    if archive.namelist()[0] != "mimetype" or _read(archive, "mimetype").strip() != ODT:
        raise disguised("odt")
    if not {"content.xml", "META-INF/manifest.xml"} <= set(archive.namelist()):
        raise damaged()
    if b"encryption-data" in _read(archive, "META-INF/manifest.xml"):
        raise encrypted()


def _opened(content: bytes) -> ZipFile:
    """The archive, once its table of contents is within every bound."""
    try:
        archive = ZipFile(BytesIO(content))
    except (BadZipFile, NotImplementedError, ValueError, OverflowError):
        raise damaged() from None
    entries = archive.infolist()
    if not entries or not content[-len(END) - 18 - len(archive.comment) :].startswith(END):
        raise damaged()
    if len(entries) > MOST_ENTRIES:
        raise too_large_unpacked(MOST_MEGABYTES)
    _must_lie_side_by_side(entries, archive.start_dir)
    _must_stay_small(entries)
    for entry in entries:
        _must_be_plain(entry)
    return archive


def _must_lie_side_by_side(entries: list[ZipInfo], end: int) -> None:
    """Nothing before the first, nothing twice, and no two that share bytes: so are bombs built that seem small."""
    if len({entry.filename.casefold() for entry in entries}) < len(entries):
        raise damaged()
    at = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < at or (at == 0 and entry.header_offset):
            raise damaged()
        at = entry.header_offset + LOCAL_HEADER + entry.compress_size
    if at > end:
        raise damaged()


def _must_stay_small(entries: list[ZipInfo]) -> None:
    unpacked, packed = (sum(getattr(each, size) for each in entries) for size in ("file_size", "compress_size"))
    if unpacked > MOST_MEGABYTES * 1_000_000 or unpacked > max(FREE_OF_RATIO, HIGHEST_RATIO * packed):
        raise too_large_unpacked(MOST_MEGABYTES)


def _must_be_plain(entry: ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise encrypted()
    # What a name was before zipfile made it fit: it cuts at a NUL, and turns the other system's strokes around.
    name = entry.orig_filename
    if ASTRAY.search(name) or stat.S_ISLNK(entry.external_attr >> 16):
        raise damaged()
    if MACROS.search(name):
        raise active()
    if INSIDE.search(name):
        raise stuffed()


def _read(archive: ZipFile, name: str) -> bytes:
    """A small part, or as much of it as such a part may have."""
    try:
        with archive.open(name) as part:
            return part.read(MOST_READ)
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise damaged() from None


def _fetches(relations: bytes) -> bool:
    plain = relations.replace(b"\0", b"")  # UTF-16 is allowed there, too
    return any(FETCHED.search(one) and b"External" in one for one in plain.split(b"<Relationship "))
