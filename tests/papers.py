"""Files for tests, made when they are needed: good ones of every kind that is taken, and the means to spoil them."""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODT = b"application/vnd.oasis.opendocument.text"
TYPES = f'<Types><Override PartName="/word/document.xml" ContentType="{WORD}"/></Types>'.encode()
DOCX_PARTS: Mapping[str, bytes] = {
    "[Content_Types].xml": TYPES,
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:document/>",
    "word/media/image1.png": b"a picture",
}
ODT_PARTS: Mapping[str, bytes] = {
    "content.xml": b"<office:document-content/>",
    "META-INF/manifest.xml": b"<manifest:manifest/>",
}
BELGRADE = {1: "N", 2: (44.0, 49.0, 4.0), 3: "E", 4: (20.0, 27.0, 44.0)}


def zipped(parts: Mapping[str, bytes], *, method: int = ZIP_DEFLATED) -> bytes:
    """An archive of these parts."""
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            info = ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
    return file.getvalue()


def docx(**parts: bytes) -> bytes:
    """A Word document, with other parts besides or instead: `docx(**{"word/vbaProject.bin": b"…"})`."""
    return zipped({**DOCX_PARTS, **parts})


def odt(parts: Mapping[str, bytes] = ODT_PARTS, *, mimetype: bytes = ODT) -> bytes:
    """An OpenDocument text: its mimetype first, and not compressed."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("mimetype", mimetype, ZIP_STORED)
        for name, content in parts.items():
            archive.writestr(name, content, ZIP_DEFLATED)
    return file.getvalue()


def pdf(change: Any = None, **saving: Any) -> bytes:
    """A PDF of one empty page, changed before it is written."""
    with pikepdf.new() as made:
        made.add_blank_page()
        if change is not None:
            change(made)
        file = BytesIO()
        made.save(file, **saving)
        return file.getvalue()


def attached(content: bytes) -> Any:
    """What attaches a file to a PDF."""

    def change(made: pikepdf.Pdf) -> None:
        file = made.make_indirect(Dictionary(Type=Name.Filespec, EF=Dictionary(F=Stream(made, content))))
        made.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(["attachment", file])))

    return change


def opening(**action: Any) -> Any:
    """What makes a PDF act when it is opened."""

    def change(made: pikepdf.Pdf) -> None:
        made.Root.OpenAction = Dictionary(**action)

    return change


def picture(size: tuple[int, int] = (64, 48), **colour: Any) -> Image.Image:
    """A picture in which left and right, top and bottom differ."""
    made = Image.new("RGB", size, "white")
    made.paste("navy", (0, 0, size[0] // 2, size[1] // 2))
    return made


def jpeg(size: tuple[int, int] = (64, 48), *, orientation: int = 6, **saving: Any) -> bytes:
    """A photograph as a telephone makes it: turned, with the place where it was taken and the telephone's name."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Fairphone"
    exif.get_ifd(0x8825).update(BELGRADE)
    return _saved(picture(size), "JPEG", exif=exif, comment=b"Belgrade, at home", **saving)


def png(size: tuple[int, int] = (64, 48)) -> bytes:
    """A screenshot that says where it was made."""
    exif = Image.Exif()
    exif[0x0112] = 3
    exif.get_ifd(0x8825).update(BELGRADE)
    file = _saved(picture(size), "PNG", exif=exif)
    return with_chunk(file, b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0Belgrade")


def with_chunk(file: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with a chunk more, right behind its header."""
    return file[:33] + chunk(kind, data) + file[33:]


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _saved(image: Image.Image, kind: str, **saving: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **saving)
    return file.getvalue()


# A good file of each kind, by a name that says which.
GOOD: Mapping[str, bytes] = {
    "cv.pdf": pdf(),
    "letter.docx": docx(),
    "letter.odt": odt(),
    "portrait.jpg": jpeg(),
    "portrait.jpeg": jpeg(),
    "certificate.png": png(),
}
