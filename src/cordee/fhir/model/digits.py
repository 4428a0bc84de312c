"""JSON that keeps the digits of its numbers: 1.50 is read and written as 1.50.

Rule: https://hl7.org/fhir/R4/json.html#primitive (the precision of a decimal is significant)
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

from cordee.runtime.errors import InvalidRequest


class Number:
    """A JSON number as it was written; equal to any number of the same value."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """`text` is a JSON number."""
        self.text = text

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Number):
            return Decimal(self.text) == Decimal(other.text)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(Decimal(self.text))

    def __repr__(self) -> str:
        return f"Number({self.text!r})"


def read_json(body: bytes) -> Any:
    """JSON value whose numbers are `Number`.

    Raises `InvalidRequest` when the body is no JSON, names a property twice, or nests too deeply.
    """
    try:
        return _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as caught:
        place = f" at line {caught.lineno}" if isinstance(caught, json.JSONDecodeError) else ""
        raise InvalidRequest(f"the body is no valid JSON{place}; correct it") from caught


def write_json(value: Any) -> bytes:
    """Compact JSON of a value that may hold `Number`.

    Raises `InvalidRequest` when it is nested too deeply (more than 254 levels).
    """
    try:
        return orjson.dumps(value, default=_raw)
    except orjson.JSONEncodeError as caught:
        raise InvalidRequest("the resource is nested too deeply; flatten it") from caught


def _raw(value: object) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    raise TypeError(type(value).__name__)


def _refuse_constant(_: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a property is named twice")
    return members


_DECODER = json.JSONDecoder(
    parse_float=Number,
    parse_int=Number,
    parse_constant=_refuse_constant,
    object_pairs_hook=_unique_members,
)
