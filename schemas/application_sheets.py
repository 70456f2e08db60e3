"""Which rows a sheet of a call's applications has, and in which language."""

from schemas.applications import ApplicationFilterQuery
from schemas.base import LanguageQuery, Str, about


class ApplicationSheetQuery(LanguageQuery, ApplicationFilterQuery):
    """Which applications are wanted, and in which language."""


class ApplicationCsvQuery(ApplicationSheetQuery):
    """The same as text."""

    bom = Str(
        most=1,
        load_default="1",
        pattern="[01]",
        code="not_a_choice",
        metadata=about("0 leaves out the byte order mark by which Excel knows UTF-8.", "0"),
    )
