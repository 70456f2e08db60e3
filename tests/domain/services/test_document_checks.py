"""Which files may be kept: every kind in one table, and in another what is wrong with bad ones."""

import re
import struct
from contextlib import suppress
from typing import Any
from zipfile import ZipFile, ZipInfo

import pytest

from domain.errors import InvalidInput
from domain.services.document_checks import LONGEST_NAME, Upload, check_file
from tests import papers
from tests.papers import GOOD, docx, jpeg, odt, pdf, zipped


def refused(name: str, content: bytes) -> list[tuple[str, str]]:
    """Where and why a file is refused."""
    with pytest.raises(InvalidInput) as caught:
        check_file(Upload(name, content))
    return [(finding.pointer, finding.code) for finding in caught.value.findings]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_taken(name: str) -> None:
    checked = check_file(Upload(name, GOOD[name]))

    assert (checked.name, checked.media_type) == (name, MEDIA_TYPES[name.rpartition(".")[2]])


MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
}


@pytest.mark.parametrize("name", ["cv.pdf", "letter.docx", "letter.odt"])
def test_what_is_no_picture_is_kept_as_it_came(name: str) -> None:
    assert check_file(Upload(name, GOOD[name])).content == GOOD[name]


# ── names and kinds ───────────────────────────────────────────────────────────────────────────────────────────────

NAMES = {
    "../../etc/passwd.pdf": "file_name",
    "..\\cv.pdf": "file_name",
    "C:\\Users\\ana\\cv.pdf": "file_name",
    "cv\0.pdf": "file_name",
    "cv\r\nSet-Cookie: a=b.pdf": "file_name",
    "annexe\u202efdp.exe.pdf": "file_name",
    "cv\u2066.pdf": "file_name",
    "c\u200bv.pdf": "file_name",
    "cv\u2028.pdf": "file_name",
    "cv\ud800.pdf": "file_name",
    ".pdf": "file_name",
    "...pdf": "file_name",
    "x" * (LONGEST_NAME - 3) + ".pdf": "file_name_too_long",
    "": "file_name",
    "cv": "file_name",
    "cv.exe": "file_type",
    "cv.pdf.exe": "file_type",
    "cv.doc": "file_type",
    "cv.docm": "file_type",
    "cv.svg": "file_type",
    "cv.html": "file_type",
    "IMG_0001.HEIC": "file_heic",
    "IMG_0001.avif": "file_heic",
}


@pytest.mark.parametrize(("name", "code"), NAMES.items(), ids=map(ascii, NAMES))
def test_a_name_that_can_not_be_is_refused(name: str, code: str) -> None:
    assert refused(name, pdf()) == [("/file", code)]


@pytest.mark.parametrize("name", ["Životopis Ana Petrović.pdf", "Биографија.PDF", "CV (final) #2.pdf", "a.b.pdf"])
def test_a_name_of_the_region_is_taken(name: str) -> None:
    assert check_file(Upload(name, pdf())).name == name


def test_a_name_written_in_pieces_is_put_together() -> None:
    assert check_file(Upload(" Z\u030civotopis.pdf ", pdf())).name == "\u017divotopis.pdf"


def test_a_name_may_be_as_long_as_it_is_kept() -> None:
    name = "ž" * (LONGEST_NAME - 4) + ".pdf"

    assert check_file(Upload(name, pdf())).name == name


HEIC = b"\0\0\0\x18ftypheic" + b"\0" * 100
RENAMED = {
    "a photograph called a PDF": ("cv.pdf", jpeg(), "file_disguised"),
    "a PDF called a photograph": ("cv.jpg", pdf(), "file_disguised"),
    "a web page": ("cv.pdf", b"<html><script>", "file_disguised"),
    "a program": ("cv.docx", b"MZ" + b"\0" * 500, "file_disguised"),
    "Word's old format": ("cv.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_disguised"),
    "a web page before a PDF": ("cv.pdf", b"<script></script>\n" + pdf(), "file_disguised"),
    "a HEIC called a JPEG": ("portrait.jpg", HEIC, "file_heic"),
    "an ODT called DOCX": ("cv.docx", odt(), "file_disguised"),
    "a DOCX called ODT": ("cv.odt", docx(), "file_disguised"),
    "any ZIP": ("cv.docx", zipped({"a.txt": b"a"}), "file_disguised"),
    "a spreadsheet called ODT": ("cv.odt", odt(mimetype=papers.ODT[:-4] + b"spreadsheet"), "file_disguised"),
    "a spreadsheet called DOCX": ("cv.docx", docx(**{"[Content_Types].xml": b"<Types/>"}), "file_disguised"),
    "a PDF that is also a ZIP": ("cv.pdf", pdf() + docx() + b"%%EOF", "file_disguised"),
    "nothing": ("cv.pdf", b"", "file_empty"),
}


@pytest.mark.parametrize(("name", "content", "code"), RENAMED.values(), ids=RENAMED)
def test_what_is_not_what_its_name_says_is_refused(name: str, content: bytes, code: str) -> None:
    assert refused(name, content) == [("/file", code)]


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_that_breaks_off_is_refused(name: str, share: float) -> None:
    content = GOOD[name]

    assert refused(name, content[: int(len(content) * share)]) == [("/file", "file_damaged")]


@pytest.mark.parametrize("name", GOOD)
def test_whatever_is_damaged_in_a_file_it_is_taken_or_refused(name: str) -> None:
    content = GOOD[name]
    for at in range(0, len(content), 7):
        spoiled = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
        with suppress(InvalidInput):
            check_file(Upload(name, spoiled))


# ── archives ──────────────────────────────────────────────────────────────────────────────────────────────────────


def entered(change: Any) -> bytes:
    """A Word document whose table of contents was changed after it was written."""
    made = zipped({**papers.DOCX_PARTS, "word/extra.xml": b"<extra/>"})
    at = made.rindex(b"PK\x01\x02")
    return made[:at] + change(made[at:])


def named(name: str) -> bytes:
    """A Word document with an entry of this name."""
    return docx(**{name: b"x"})


def linked() -> bytes:
    """A Word document with a symbolic link in it."""
    link = ZipInfo("word/link.xml")
    link.external_attr = 0o120777 << 16
    with ZipFile(file := papers.BytesIO(docx()), "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def fetching(kind: str, mode: str) -> bytes:
    """A Word document with a relationship."""
    relation = f'<Relationships><Relationship Id="a" Type="http://x/{kind}" TargetMode="{mode}" Target="http://a/b"/>'
    return docx(**{"word/_rels/settings.xml.rels": relation.encode()})


def locked(entry: bytes) -> bytes:
    return entry[:8] + struct.pack("<H", 1) + entry[10:]


def claims(size: int) -> Any:
    return lambda entry: entry[:24] + struct.pack("<L", size) + entry[28:]


ARCHIVES = {
    "macros": (named("word/vbaProject.bin"), "file_active"),
    "macros by another name": (named("word/VBADATA.xml"), "file_active"),
    "macros by their kind": (docx(**{"[Content_Types].xml": papers.TYPES + b"macroEnabled"}), "file_active"),
    "a template from elsewhere": (fetching("attachedTemplate", "External"), "file_active"),
    "an object from elsewhere": (fetching("oleObject", "External"), "file_active"),
    "a spreadsheet inside": (named("word/embeddings/budget.xlsx"), "file_holds_files"),
    "an object inside": (named("word/embeddings/oleObject1.bin"), "file_holds_files"),
    "an archive inside": (named("word/media/a.zip"), "file_holds_files"),
    "a program inside": (named("word/media/a.EXE"), "file_holds_files"),
    "a control inside": (named("word/activeX/activeX1.xml"), "file_holds_files"),
    "a way out": (named("../../etc/cron.d/a"), "file_damaged"),
    "an absolute path": (named("/etc/passwd"), "file_damaged"),
    "another drive": (named("C:/autoexec"), "file_damaged"),
    "the other strokes": (named("word\\..\\..\\a"), "file_damaged"),
    "a control character": (named("word/a\nb"), "file_damaged"),
    "one name twice": (named("WORD/document.xml"), "file_damaged"),
    "a link": (linked(), "file_damaged"),
    "a password": (entered(locked), "file_encrypted"),
    "a bomb by its size": (entered(claims(100_000_001)), "file_unpacks_too_large"),
    "a bomb by its ratio": (docx(**{"word/zeros.xml": bytes(20_000_000)}), "file_unpacks_too_large"),
    "too many parts": (docx(**{f"word/{number}.xml": b"" for number in range(1000)}), "file_unpacks_too_large"),
    "something before it": (b"PK\x03\x04" + docx(), "file_damaged"),
    "something after it": (docx() + b"<script>", "file_damaged"),
}


@pytest.mark.parametrize(("content", "code"), ARCHIVES.values(), ids=ARCHIVES)
def test_a_word_document_with_more_in_it_than_a_text_is_refused(content: bytes, code: str) -> None:
    assert refused("letter.docx", content) == [("/file", code)]


def test_parts_that_share_their_bytes_are_refused() -> None:
    made = docx(**{"word/a.xml": b"a" * 5000})
    first, *_, last = [found.start() for found in re.finditer(rb"PK\x01\x02", made)]
    offset = made[first + 42 : first + 46]

    shared = made[: last + 42] + offset + made[last + 46 :]

    assert refused("letter.docx", shared) == [("/file", "file_damaged")]


@pytest.mark.parametrize("kind", ["hyperlink", "image"])
def test_a_link_that_waits_to_be_followed_is_let_through(kind: str) -> None:
    assert check_file(Upload("letter.docx", fetching(kind, "External"))).name == "letter.docx"


TEXTS = {
    "Basic": (odt({**papers.ODT_PARTS, "Basic/Standard/Module1.xml": b"x"}), "file_active"),
    "a script": (odt({**papers.ODT_PARTS, "Scripts/python/a.py": b"x"}), "file_active"),
    "a password": (
        odt({**papers.ODT_PARTS, "META-INF/manifest.xml": b"<manifest:encryption-data/>"}),
        "file_encrypted",
    ),
    "no text": (odt({"META-INF/manifest.xml": b"<manifest/>"}), "file_damaged"),
}


@pytest.mark.parametrize(("content", "code"), TEXTS.values(), ids=TEXTS)
def test_an_opendocument_with_more_in_it_than_a_text_is_refused(content: bytes, code: str) -> None:
    assert refused("letter.odt", content) == [("/file", code)]
