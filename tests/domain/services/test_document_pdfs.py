"""PDFs: what acts, is locked or carries something is found, however it is written; what is only written about isn't."""

import io
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Stream, String

from domain.services.document_checks import Upload, check_file
from tests.domain.services.test_document_checks import refused
from tests.papers import attached, opening, pdf

COMPRESSED = {"object_stream_mode": ObjectStreamMode.generate}
EXE = b"MZ" + bytes(100)


def deep(made: pikepdf.Pdf) -> None:
    """An action in an annotation in an array in a page."""
    action = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, A=action)])


def in_a_note(made: pikepdf.Pdf) -> None:
    """A file that hangs on a note on the page."""
    file = Dictionary(Type=Name.Filespec, EF=Dictionary(F=Stream(made, EXE)))
    made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, FS=file)])


def form(made: pikepdf.Pdf) -> None:
    """A form of the kind that runs programs."""
    made.Root.AcroForm = Dictionary(Fields=Array(), XFA=Stream(made, b"<xdp/>"))


BAD: dict[str, tuple[bytes, str]] = {
    "a script when opened": (pdf(opening(S=Name.JavaScript, JS=String("app.alert(1)"))), "file_active"),
    "a program to launch": (pdf(opening(S=Name.Launch, F=String("cmd.exe"))), "file_active"),
    "an answer sent off": (pdf(opening(S=Name.SubmitForm, F=String("http://a.example"))), "file_active"),
    "a script on a page": (pdf(deep), "file_active"),
    "a script in a compressed stream": (pdf(deep, **COMPRESSED), "file_active"),
    "a form that runs": (pdf(form), "file_active"),
    "a program attached": (pdf(attached(EXE)), "file_holds_files"),
    "a program on a note": (pdf(in_a_note, **COMPRESSED), "file_holds_files"),
    "a web page attached": (pdf(attached(b"<html><script>")), "file_holds_files"),
    "a password": (pdf(encryption=pikepdf.Encryption(user="secret", owner="secret")), "file_encrypted"),
    "a lock on printing": (pdf(encryption=pikepdf.Encryption(user="", owner="secret")), "file_encrypted"),
    "only an end": (b"%PDF-1.7\n%%EOF", "file_damaged"),
    "no end": (pdf().replace(b"%%EOF", b""), "file_damaged"),
    "something after the end": (pdf() + b"<script>alert(1)</script>", "file_damaged"),
}


@pytest.mark.parametrize(("content", "code"), BAD.values(), ids=BAD)
def test_a_pdf_that_does_more_than_to_be_read_is_refused(content: bytes, code: str) -> None:
    assert refused("cv.pdf", content) == [("/file", code)]


def test_a_name_written_in_disguise_is_found() -> None:
    plain = pdf(opening(S=Name.JavaScript, JS=String("app.alert(1)")))

    hidden = plain.replace(b"/JavaScript", b"/J#61vaScrip#74").replace(b"/JS", b"/#4a#53")

    assert refused("cv.pdf", hidden) == [("/file", "file_active")]


def test_a_stream_that_unpacks_to_too_much_is_given_up(bomb: bytes) -> None:
    assert (len(bomb) < 300_000, refused("cv.pdf", bomb)) == (True, [("/file", "file_damaged")])


@pytest.fixture
def bomb() -> bytes:
    """A PDF whose stream of objects unpacks to a hundred megabytes."""
    return pdf(lambda made: setattr(made.Root, "Pad", String(" " * 100_000_000)), **COMPRESSED)


def written_about(made: pikepdf.Pdf) -> None:
    """A title, a text and a font that only sound dangerous."""
    made.docinfo = made.make_indirect(Dictionary(Title=String("How I learned /JavaScript (and /JS)")))
    made.pages[0].obj.Contents = Stream(made, b"BT (/Launch /JS) Tj ET /EF")
    made.pages[0].obj.Resources = Dictionary(Font=Dictionary({"/JSans": Dictionary(Type=Name.Font)}))


def going(made: pikepdf.Pdf) -> None:
    """A page to begin with, and a link to a web page."""
    made.Root.OpenAction = Array([made.pages[0].obj, Name.Fit])
    link = Dictionary(S=Name.URI, URI=String("https://example.org"))
    made.pages[0].obj.Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.Link, A=link)])


GOOD: dict[str, Any] = {
    "what is written about": written_about,
    "where to begin, and a link": going,
    "the data of a Europass CV": attached(b'\xef\xbb\xbf<?xml version="1.0"?><SkillsPassport/>'),
}


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("saving", [{}, COMPRESSED, {"linearize": True}], ids=["plain", "compressed", "linearized"])
def test_an_ordinary_pdf_is_taken(change: Any, saving: dict[str, Any]) -> None:
    content = pdf(change, **saving)

    assert check_file(Upload("cv.pdf", content)).content == content


def test_a_pdf_that_was_signed_afterwards_is_taken() -> None:
    plain = pdf()
    with pikepdf.open(io.BytesIO(plain)) as made:
        size = len(made.objects) + 1
    start = plain.rindex(b"startxref\n") + len(b"startxref\n")
    before = int(plain[start:].split()[0])
    update = b"\nxref\n0 0\ntrailer\n<< /Size %d /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"

    content = plain + update % (size, before, len(plain) + 1)

    assert check_file(Upload("contract.pdf", content)).content == content
