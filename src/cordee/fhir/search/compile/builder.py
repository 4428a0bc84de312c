"""The text of one statement and its numbered parameters."""

from __future__ import annotations

from typing import Any


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
