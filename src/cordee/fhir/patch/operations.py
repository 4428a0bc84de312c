"""Operations of a FHIRPath Patch, read from its Parameters.

Rule: https://hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cordee.fhir.model.digits import Number
from cordee.runtime.errors import InvalidRequest

KINDS = ("add", "insert", "delete", "replace", "move")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its type, its path, and its other parts by name."""

    kind: str
    path: str
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def needed_name(self) -> str:
        """Name of the element to add."""
        return self.text("name")

    def needed_value(self) -> dict[str, Any]:
        """Part that holds the value."""
        if "value" not in self.parts:
            raise InvalidRequest(f"the {self.kind} of the patch has no value; add the part value")
        return self.parts["value"]

    def text(self, name: str) -> str:
        """Text of a part."""
        return _text(self.parts, name)

    def whole_number(self, name: str) -> int:
        """Whole number of a part, not negative."""
        for key, value in self.parts.get(name, {}).items():
            if key.startswith("value") and isinstance(value, Number) and value.text.isdecimal():
                return int(value.text)
        raise InvalidRequest(f"the {self.kind} of the patch needs {name}: a valueInteger from 0")


def operations(parameters: Any) -> list[Operation]:
    """Operations of a patch, in their order; none is a patch that changes nothing.

    Raises `InvalidRequest` when the Parameters are no FHIRPath Patch.
    """
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        raise InvalidRequest("a FHIRPath Patch is a Parameters resource; send one")
    rows = parameters.get("parameter", [])
    if not isinstance(rows, list):
        raise InvalidRequest("Parameters.parameter is an array; correct it")
    return [_operation(row) for row in rows]


def _operation(row: Any) -> Operation:
    if not isinstance(row, dict) or row.get("name") != "operation":
        raise InvalidRequest("each parameter of a FHIRPath Patch is named operation; correct it")
    parts: dict[str, dict[str, Any]] = {}
    for part in row.get("part") or ():
        name = part.get("name") if isinstance(part, dict) else None
        if not isinstance(name, str) or name in parts:
            raise InvalidRequest("an operation of the patch has a part without a name, or twice")
        parts[name] = part
    kind = _text(parts, "type")
    if kind not in KINDS:
        raise InvalidRequest(f"the type of an operation is one of {', '.join(KINDS)}")
    return Operation(kind, _text(parts, "path"), parts)


def _text(parts: dict[str, dict[str, Any]], name: str) -> str:
    for key, value in parts.get(name, {}).items():
        if key.startswith("value") and isinstance(value, str):
            return value
    raise InvalidRequest(f"an operation of the patch needs the part {name} with a valueString")
