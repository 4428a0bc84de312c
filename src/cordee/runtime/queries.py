"""Named queries of a `queries.sql` beside the module that calls them."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load_queries(package: str) -> dict[str, LiteralString]:
    """Queries of `queries.sql` in a package, by name; the text ships with the code."""
    text = files(package).joinpath("queries.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    # The text is a file of ours, so it counts as literal.
    return {
        name: cast("LiteralString", body.strip().removesuffix(";"))
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
