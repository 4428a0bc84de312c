"""Formats of the primitive types, with real dates.

Rule: https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

import binascii
import re
from calendar import monthrange
from collections.abc import Callable
from functools import cache
from typing import Any

from cordee.fhir.validation.narrative import check_narrative
from cordee.fhir.validation.problem import FINE, LOCAL, Checker, Problem, Problems, error

MAXIMUM_TEXT = 1024 * 1024
MINIMUM_INTEGER, MAXIMUM_INTEGER = -(2**31), 2**31 - 1
SHOWN_CODES = 12
YEAR = r"(?!0000)[0-9]{4}"
MONTH = r"(?:0[1-9]|1[0-2])"
DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
ZONE = r"(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
DATE = re.compile(rf"{YEAR}(?:-{MONTH}(?:-{DAY})?)?")
DATE_TIME = re.compile(rf"{YEAR}(?:-{MONTH}(?:-{DAY}(?:T{CLOCK}{ZONE})?)?)?")
INSTANT = re.compile(rf"{YEAR}-{MONTH}-{DAY}T{CLOCK}{ZONE}")
TIME = re.compile(CLOCK)
CODE = re.compile(r"[^\s\x00-\x1f\ufffe\uffff]+(?:\s[^\s\x00-\x1f\ufffe\uffff]+)*")
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ANY_CASE_UUID = re.compile(UUID.pattern, re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SPACE = re.compile(r"\s")
SHOWN_CODE = re.compile(r"[A-Za-z0-9._+/-]{1,40}")

NOT_TEXT = error("structure", "a JSON string is expected here; put the value between quotes")
EMPTY_TEXT = error("value", "the text is empty or blank; leave the element out instead")
LONG_TEXT = error("value", "the text is longer than 1,048,576 characters; shorten it")
CONTROLS = error("value", "the text holds a control character; remove it")
NO_DAY = error("value", "this day does not exist in the calendar; correct the date")


def check_text(value: Any) -> Problems:
    """Problems of a `string` or `markdown`."""
    if type(value) is not str:
        return NOT_TEXT
    if len(value) > MAXIMUM_TEXT:
        return LONG_TEXT
    if not value or value.isspace():
        return EMPTY_TEXT
    if not value.isprintable() and CONTROL.search(value):
        return CONTROLS
    return FINE


def check_boolean(value: Any) -> Problems:
    """Problems of a `boolean`."""
    if value is True or value is False:
        return FINE
    return error("structure", "a boolean is expected here; write true or false without quotes")


def check_decimal(value: Any) -> Problems:
    """Problems of a `decimal`."""
    if type(value) is float or type(value) is int:
        return FINE
    return error("structure", "a decimal is expected here; write a JSON number without quotes")


def check_uri(value: Any) -> Problems:
    """Problems of a `uri` or `url`: urn:oid and urn:uuid keep their own formats."""
    if type(value) is not str:
        return NOT_TEXT
    if not value:
        return EMPTY_TEXT
    if SPACE.search(value) or CONTROL.search(value):
        return error("value", "a URI holds no blank and no control character; encode or remove it")
    if value.startswith("urn:"):
        return _check_urn(value)
    return FINE


def check_canonical(value: Any) -> Problems:
    """Problems of a `canonical`; `#id` is left to the resource that contains its target."""
    if type(value) is str and value.startswith("#"):
        return (Problem(LOCAL, "value", "", "", value[1:]),)
    return check_uri(value)


def check_base64(value: Any) -> Problems:
    """Problems of a `base64Binary`."""
    if type(value) is not str:
        return NOT_TEXT
    if not value:
        return EMPTY_TEXT
    try:
        binascii.a2b_base64("".join(value.split()), strict_mode=True)
    except (binascii.Error, ValueError):
        return error("value", "this is no base64 (RFC 4648, with padding); encode the bytes again")
    return FINE


def check_code(value: Any) -> Problems:
    """Problems of a `code` that has no required value set."""
    if type(value) is not str:
        return NOT_TEXT
    if CODE.fullmatch(value) is None:
        return error("value", "a code has no blank at its ends and no double blank inside; trim it")
    return FINE


def code_in(codes: frozenset[str]) -> Checker:
    """Checker of a `code` with a required value set."""

    def check(value: Any) -> Problems:
        if type(value) is str and value in codes:
            return FINE
        found = check_code(value)
        if found:
            return found
        quoted = f'"{value}"' if SHOWN_CODE.fullmatch(value) else "this code"
        known = ", ".join(sorted(codes)[:SHOWN_CODES]) + ("..." if len(codes) > SHOWN_CODES else "")
        return error(
            "code-invalid", f"{quoted} is not in the required value set; use one of {known}"
        )

    return check


@cache
def primitive_checker(name: str) -> Checker:
    """Checker of the JSON values of a primitive type."""
    return _CHECKERS[name]


def _check_urn(value: str) -> Problems:
    if value.startswith("urn:uuid:") and ANY_CASE_UUID.fullmatch(value) is None:
        return error("value", "urn:uuid: is not followed by a UUID; correct it")
    if value.startswith("urn:oid:") and OID.fullmatch(value) is None:
        return error("value", "urn:oid: is not followed by an OID; correct it")
    return FINE


def _integer(minimum: int, name: str) -> Checker:
    message = f"{name} is a whole JSON number from {minimum} to {MAXIMUM_INTEGER}, without quotes"

    def check(value: Any) -> Problems:
        if type(value) is int and minimum <= value <= MAXIMUM_INTEGER:
            return FINE
        return error("value" if type(value) is int else "structure", message)

    return check


def _matching(pattern: re.Pattern[str], message: str) -> Checker:
    match = pattern.fullmatch

    def check(value: Any) -> Problems:
        if type(value) is not str:
            return NOT_TEXT
        return FINE if match(value) else error("value", message)

    return check


def _dated(pattern: re.Pattern[str], message: str) -> Checker:
    match = pattern.fullmatch

    def check(value: Any) -> Problems:
        if type(value) is not str:
            return NOT_TEXT
        if match(value) is None:
            return error("value", message)
        # Days up to the 28th exist in every month.
        if value[8:10] > "28" and int(value[8:10]) > monthrange(int(value[:4]), int(value[5:7]))[1]:
            return NO_DAY
        return FINE

    return check


_CHECKERS: dict[str, Callable[[Any], Problems]] = {
    "base64Binary": check_base64,
    "boolean": check_boolean,
    "canonical": check_canonical,
    "code": check_code,
    "date": _dated(DATE, "a date is YYYY, YYYY-MM or YYYY-MM-DD; rewrite it"),
    "dateTime": _dated(
        DATE_TIME,
        "a dateTime is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone; rewrite it",
    ),
    "decimal": check_decimal,
    "id": _matching(ID, "an id has 1 to 64 letters, digits, hyphens and dots; change it"),
    "instant": _dated(INSTANT, "an instant is YYYY-MM-DDThh:mm:ss with a zone; rewrite it"),
    "integer": _integer(MINIMUM_INTEGER, "an integer"),
    "markdown": check_text,
    "oid": _matching(OID, "an OID is written urn:oid:1.2.3; rewrite it"),
    "positiveInt": _integer(1, "a positiveInt"),
    "string": check_text,
    "time": _matching(TIME, "a time is hh:mm:ss without a zone; rewrite it"),
    "unsignedInt": _integer(0, "an unsignedInt"),
    "uri": check_uri,
    "url": check_uri,
    "uuid": _matching(UUID, "a UUID is written urn:uuid: and lower case digits; rewrite it"),
    "xhtml": check_narrative,
}
