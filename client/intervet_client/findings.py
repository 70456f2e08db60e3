"""What is wrong with a file: each thing with the cell in which it stands."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    row: int
    cell: str  # as in D7; `row 7` where the column isn't there, `line 7 /person/email` in NDJSON
    column: str
    code: str
    detail: str


@dataclass(frozen=True)
class Places:
    """Where in the file each part of an application stands."""

    row: int
    where: str  # the whole row, in words
    cells: Mapping[str, str]  # addresses by JSON Pointer
    names: Mapping[str, str]  # the header's words by JSON Pointer

    def finding(self, pointer: str, code: str, detail: str) -> Finding:
        """What is wrong with the part at `pointer`, said of the cell in which it stands, or of the row."""
        steps = pointer.split("/")
        above = ("/".join(steps[:length]) for length in range(len(steps), 1, -1))
        place = next((each for each in above if each in self.cells), None)
        if place is None:
            return Finding(self.row, self.where, self.names.get(pointer, pointer.rpartition("/")[2]), code, detail)
        return Finding(self.row, self.cells[place], self.names[place], code, detail)
