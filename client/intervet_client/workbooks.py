"""XLSX (Office Open XML, as openpyxl reads it) as plain rows."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from intervet_client.cells import Raw
from intervet_client.errors import BadFile

ZIP, OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # how XLSX begins, and how what Excel made before 2007 or encrypts
NEXT = "Next: open it in a spreadsheet, and save it as .xlsx without a password."


def best_table(content: bytes, is_header: Callable[[str], bool]) -> Sequence[Sequence[Raw | None]]:
    """The rows of the sheet whose first row names most columns; of several like it, the first. Raises BadFile."""
    workbook = _opened(content)
    visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    if not visible:
        return []
    return _table(max(visible, key=lambda sheet: sum(is_header(str(cell.value)) for cell in sheet[1])))


def _opened(content: bytes) -> Any:
    if not content.startswith(ZIP):
        old = " (it is an older or an encrypted workbook)" if content.startswith(OLD) else ""
        raise BadFile(f"This is no .xlsx file, whatever its name says{old}.\n{NEXT}")
    try:
        workbook = load_workbook(BytesIO(content), data_only=True, keep_links=False)
    except Exception as error:  # openpyxl lets through whatever its readers of XML and ZIP stumble over
        raise BadFile(f"The workbook can't be read ({type(error).__name__}).\n{NEXT}") from error
    if workbook.epoch == CALENDAR_MAC_1904:
        raise BadFile(
            "The workbook counts days from 1904, so that its dates can't be told from numbers.\n"
            "Next: turn that off in its options, check the dates, and save it again; or save it as CSV UTF-8."
        )
    return workbook


def _table(sheet: Any) -> list[list[Raw | None]]:
    return [[_value(cell) for cell in row] for row in sheet.iter_rows()]


def _value(cell: Any) -> Raw | None:
    if cell.data_type == "e":  # #REF!, #N/A and their like
        raise BadFile(f"{cell.coordinate}: the formula's result is {cell.value}.\nNext: correct it, and save again.")
    if cell.value is None or isinstance(cell.value, (str, int, float, date, datetime, time, timedelta)):
        return cell.value
    raise BadFile(f"{cell.coordinate}: this is neither text, number nor date.\nNext: write it as one of them.")
