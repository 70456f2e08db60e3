"""Photographs: read piece by piece, not decoded, and put together again without what they tell of their maker.

Where it was taken, with which telephone, previews and second pictures (which carry a place of their own) stay behind;
which way is up, and what the colours mean, is kept.

JPEG: ITU-T T.81, annex B. Exif: CIPA DC-008. PNG: W3C Portable Network Graphics, third edition.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from domain.services.document_refusals import damaged, too_many_pixels

MOST_MEGAPIXELS = 50

# ── JPEG ──────────────────────────────────────────────────────────────────────────────────────────────────────────

SOI, EOI, SOS, APP1 = b"\xff\xd8", 0xD9, 0xDA, 0xE1
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15; the three between them are tables
# JFIF says how large a pixel is, ICC what the colours mean, Adobe how they are mixed: a viewer needs these.
NEEDED = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
ASIDE = {*range(0xE0, 0xF0), 0xFE}  # segments of applications, and comments
EXIF = b"Exif\0\0"
# Within a scan, FF 00 is a byte of the picture and FF D0 to D7 count on: whatever else follows an FF ends it.
END_OF_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


def cleaned_jpeg(content: bytes) -> bytes:
    """The photograph without Exif (but for its orientation), XMP, comments, and whatever comes after its end."""
    kept, orientation, framed, scanned = [], 1, False, False
    for marker, payload, piece in _segments(content):
        if marker in FRAMES:
            framed = True
            height, width = struct.unpack_from(">HH", payload, 1)
            _must_be_small_enough(width, height)
        scanned = scanned or (framed and marker == SOS)
        if marker == APP1 and payload.startswith(EXIF):
            orientation = _orientation(payload[len(EXIF) :])
        if marker not in ASIDE or (marker in NEEDED and payload.startswith(NEEDED[marker])):
            kept.append(piece)
    if not scanned:
        raise damaged()
    exif = EXIF + _exif(orientation)
    turned = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif if orientation != 1 else b""
    return b"".join([SOI, turned, *kept])


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each segment up to the end of the first picture: its marker, what is in it, and all its bytes."""
    at, marker = len(SOI), 0
    try:
        while marker != EOI:
            start = at
            if content[at] != 0xFF:
                raise damaged()
            while content[at] == 0xFF:
                at += 1
            marker, at = content[at], at + 1
            if marker == EOI:
                yield marker, b"", b"\xff\xd9"
                continue
            (length,) = struct.unpack_from(">H", content, at)
            payload = content[at + 2 : at + length]
            if len(payload) != length - 2 or (marker in FRAMES and len(payload) < 6):
                raise damaged()
            at += length
            if marker == SOS:
                end = END_OF_SCAN.search(content, at)
                if end is None:
                    raise damaged()
                at = end.start()
            yield marker, payload, content[start:at]
    except (IndexError, struct.error):
        raise damaged() from None


# ── PNG ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
SHOWING = CRITICAL | {b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"bKGD", b"hIST", b"pHYs"}


def cleaned_png(content: bytes) -> bytes:
    """The picture with the chunks that it takes to show it: of Exif the orientation, no text, nothing after its end."""
    kept, seen = [SIGNATURE], set()
    for kind, data in _chunks(content):
        seen.add(kind)
        if kind in SHOWING:
            kept.append(_chunk(kind, data))
        elif kind == b"eXIf" and _orientation(data) != 1:
            kept.append(_chunk(kind, _exif(_orientation(data))))
        elif not kind[0] & 0x20:  # A capital: whoever doesn't know it can't show the picture.
            raise damaged()
    if not seen >= {b"IHDR", b"IDAT", b"IEND"}:
        raise damaged()
    return b"".join(kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        head = content[at : at + 8]
        if len(head) != 8:
            raise damaged()
        length, first = int.from_bytes(head[:4]), not kind
        kind, data = head[4:], content[at + 8 : at + 8 + length]
        crc = content[at + 8 + length : at + 12 + length]
        if len(crc) != 4 or int.from_bytes(crc) != zlib.crc32(kind + data) or (kind == b"IHDR") is not first:
            raise damaged()
        if first:
            _must_be_small_enough(*_png_size(data))
        at += 12 + length
        yield kind, data


def _png_size(header: bytes) -> tuple[int, int]:
    if len(header) != 13:
        raise damaged()
    width, height = struct.unpack_from(">LL", header)
    return width, height


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


# ── both ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ORIENTATION = 0x0112


def _must_be_small_enough(width: int, height: int) -> None:
    if not width or not height:
        raise damaged()
    if width * height > MOST_MEGAPIXELS * 1_000_000:
        raise too_many_pixels(MOST_MEGAPIXELS)


def _orientation(exif: bytes) -> int:
    """Which way is up, 1 to 8; 1, as it lies, when that isn't said in a way that can be read."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}L", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, directory)
        for number in range(entries):
            tag, _kind, _count, value = struct.unpack_from(f"{order}HHLH", exif, directory + 2 + 12 * number)
            if tag == ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass  # Whatever is wrong in there stays behind with it.
    return 1


def _exif(orientation: int) -> bytes:
    """An Exif block that says which way is up and nothing else."""
    return b"MM\0*" + struct.pack(">LHHHLHHL", 8, 1, ORIENTATION, 3, 1, orientation, 0, 0)
