"""PDFs: read by qpdf as viewers read them, objects in compressed streams included, and looked through for what acts.

ISO 32000-2; what may act is listed in 12.6.4 (actions), 7.11.4 (embedded files) and 12.7 (forms).
"""

import logging
import re
from collections.abc import Iterator
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, PasswordError, PdfError, Stream

from domain.services.document_refusals import active, damaged, disguised, encrypted, stuffed

# Once for the process, before anything is opened: a stranger's file decides how much it unpacks to.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=64 * 1024 * 1024,  # bytes of one compressed stream of objects; a thousand-page file has 2 MB
    parser_max_nesting=100,  # levels; real ones have ten
    parser_max_container_size=1_000_000,  # entries of one array or dictionary
    doc_max_warnings=100,  # a file in which more is wrong is damaged
)

logging.getLogger("pikepdf").setLevel(logging.CRITICAL)  # that a stranger's file is odd is no news to the operator

END = re.compile(rb"%%EOF[\s\0]*\Z")
TAIL = 1024  # bytes in which the end must be
ZIP_END, ZIP_TAIL = b"PK\x05\x06", 66_000  # a ZIP's own end, and how far before the file's end it may stand
TEXT = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9a-fA-F]*>", re.DOTALL)
ACTING = re.compile(rb"/(?:JavaScript|JS|Launch|ImportData|SubmitForm|RichMedia|XFA|GoToE)(?![^\s()<>\[\]{}/%])")
HOLDING = re.compile(rb"/EF(?![^\s()<>\[\]{}/%])")


def check_pdf(content: bytes) -> None:
    """Raise InvalidInput for what breaks off, is locked, acts when opened, or carries other files than XML.

    Europass puts a CV's data into its PDF as an attached XML file, which is why that is let through.
    """
    if not END.search(content, max(0, len(content) - TAIL)):
        raise damaged()
    if ZIP_END in content[-ZIP_TAIL:]:
        raise disguised("pdf")
    try:
        with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise encrypted()
            _must_lie_still(pdf)
    except PasswordError:
        raise encrypted() from None
    except (PdfError, RuntimeError, ValueError):
        raise damaged() from None


def _must_lie_still(pdf: pikepdf.Pdf) -> None:
    if not len(pdf.pages):
        raise damaged()
    for thing in pdf.objects:
        head = thing.stream_dict if isinstance(thing, Stream) else thing
        if not isinstance(head, Dictionary | Array):
            continue
        # qpdf writes a name one way however it was written, so that /J#61vaScript is found, too.
        written = TEXT.sub(b"", head.unparse(resolved=True))
        if ACTING.search(written):
            raise active()
        if HOLDING.search(written) and not all(_is_xml(file) for file in _files(head)):
            raise stuffed()


def _files(thing: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The files embedded in an object, at whatever depth of it."""
    named = thing.items() if isinstance(thing, Dictionary) else (("", inner) for inner in thing)  # an array
    for name, inner in named:
        if name == "/EF" and isinstance(inner, Dictionary):
            yield from inner.values()
        elif isinstance(inner, Dictionary | Array) and not inner.is_indirect:
            yield from _files(inner)


def _is_xml(file: pikepdf.Object) -> bool:
    return isinstance(file, Stream) and file.read_bytes().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")
