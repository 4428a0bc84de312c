"""The text of one statement and its numbered parameters."""

from __future__ import annotations

import re
from typing import Any

_PLACE = re.compile(r"\$(\d+)")


class Builder:
    """Collects parameters; the same value is sent once."""

    def __init__(self) -> None:
        """Starts with no parameter."""
        self.values: list[Any] = []
        self._known: dict[tuple[str, object], str] = {}

    def add(self, value: Any, cast: str = "int8") -> str:
        """Placeholder of a value, with its SQL type, as in `$3::int8`."""
        known = (cast, tuple(value) if isinstance(value, list) else value)
        if known not in self._known:
            self.values.append(value)
            self._known[known] = f"${len(self.values)}::{cast}"
        return self._known[known]

    def bound(self, sql: str) -> tuple[str, list[Any]]:
        """A statement that uses some of the parameters, numbered anew, and just those values."""
        used: dict[str, int] = {}

        def place(match: re.Match[str]) -> str:
            return f"${used.setdefault(match[1], len(used) + 1)}"

        text = _PLACE.sub(place, sql)
        return text, [self.values[int(number) - 1] for number in used]
