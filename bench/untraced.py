"""The server without the line that a read leaves in the trail: only a reference of `make bench`.

python -m bench.untraced serve --port 0 --data var/bench
"""

from __future__ import annotations

import re

from cordee.app.cli import main
from cordee.fhir.store import repository

_LINE = re.compile(r", traced AS \(.*?\n\)(?=\nSELECT i)", re.DOTALL)


def untraced(statement: str) -> str:
    """The statement of a read without its line."""
    shorter, found = _LINE.subn("", statement)
    if found != 1:
        raise ValueError("the statement of a read has changed: this reference must follow")
    return shorter


if __name__ == "__main__":
    repository._READ = untraced(repository._READ)
    main()
