"""`python -m tests.contract.event_schemas`: take the schemas of today as what is promised from now on.

It refuses what could break a receiver, unless the type's version has gone up in schemas/event_types.py: then the new
version gets a file of its own, and the old one stays as it was.
"""

import sys
from pathlib import Path

from tests.contract.event_schemas.promised import FOLDER, broken, current, promise, promised

ADVICE = "These could break a receiver: undo them, or raise the version of the type in schemas/event_types.py."


def main(folder: Path = FOLDER) -> list[str]:
    """Write the files, or say what stands in the way."""
    found = broken(promised(folder), current())
    if found:
        return [*found, ADVICE]
    promise(current(), folder)
    return []


if __name__ == "__main__":
    sys.exit("\n".join(main()) or 0)
