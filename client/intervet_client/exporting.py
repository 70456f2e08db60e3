"""Lists as files, in constant memory: NDJSON, CSV, XLSX. A file stands under its name only once it is complete."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from intervet_client.errors import BadFile

Record = Mapping[str, Any]
# What a spreadsheet would run; signs and digits alone call no function.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\x00-\x1f\x7f]")
_NUMBER = re.compile(r"[+-]?\(?[0-9][0-9 .,()/-]*")
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # XML has no way to write these
MOST_ROWS = 1_048_575  # of a sheet, below its header


def export(records: Iterable[Record], path: Path) -> int:
    """Write records into a file of the kind that its name says; how many there were. Raises BadFile."""
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise BadFile(f"{path.name} is neither .csv, .ndjson nor .xlsx.\nNext: name the file so.")
    part = path.with_name(f"{path.name}.part")
    try:
        count = write(records, part)
        part.replace(path)
    except OSError as error:
        raise BadFile(
            f"{path} can't be written: {error.strerror}.\nNext: choose another place, or close it."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_ndjson(records: Iterable[Record], path: Path) -> int:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        return _lines(records, file)


def _lines(records: Iterable[Record], file: IO[str]) -> int:
    count = 0
    for count, record in enumerate(records, start=1):  # noqa: B007  the last one counts
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return count


def _write_csv(records: Iterable[Record], path: Path) -> int:
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with the mark by which Excel knows UTF-8
        writer = csv.writer(file)
        return _table(records, lambda row: writer.writerow([_harmless(cell) for cell in row]))


def _write_xlsx(records: Iterable[Record], path: Path) -> int:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.freeze_panes = "A2"
    count = _table(records, lambda row: sheet.append([_cell(sheet, value) for value in row]))
    workbook.save(path)
    return count


WRITERS: Mapping[str, Callable[[Iterable[Record], Path], int]] = {
    ".ndjson": _write_ndjson,
    ".jsonl": _write_ndjson,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}


def _table(records: Iterable[Record], write: Callable[[list[Any]], object]) -> int:
    """Header and rows. Which columns there are is known after the last record: until then they wait on the disk."""
    with TemporaryFile("w+", encoding="utf-8") as spool:
        columns: dict[str, None] = {}
        count = 0
        for count, record in enumerate(records, start=1):  # noqa: B007
            flat = dict(_flat(record))
            columns |= dict.fromkeys(flat)
            spool.write(json.dumps(flat, ensure_ascii=False) + "\n")
        spool.seek(0)
        write(list(columns))
        for line in spool:
            flat = json.loads(line)
            write([flat.get(name) for name in columns])
    return count


def _flat(record: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """A record's values by dotted names; lists of plain things as one text, others as JSON."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            plain = all(isinstance(each, (str, int, float)) for each in value)
            yield prefix + name, "; ".join(map(str, value)) if plain else json.dumps(value, ensure_ascii=False)
        else:
            yield prefix + name, value


def _harmless(cell: Any) -> Any:
    if not isinstance(cell, str) or not _FORMULA.match(cell.lstrip("'")) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet)
    cell.value = _UNKEEPABLE.sub("\ufffd", value)[:32_767]  # characters, Excel's limit
    cell.data_type = "s"  # a text, whatever it begins with
    return cell
