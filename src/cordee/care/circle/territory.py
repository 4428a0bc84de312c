"""The département of a structure and that of where a patient lives. Requirement B1.9."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_OVERSEAS: Final = ("97", "98")
_SHORT, _LONG, _DIGITS = 2, 3, 5


def county_of(resource: Mapping[str, Any]) -> str:
    """The département that the address of a structure or a person is in; "" where none is said.

    The `district` of the address says it; else the postal code does, with three figures overseas.
    A temporary or former address does not count.
    """
    lasting = [
        one for one in resource.get("address") or () if one.get("use") not in {"old", "temp"}
    ]
    for one in sorted(lasting, key=lambda one: one.get("use") != "home"):
        if one.get("district"):
            return str(one["district"])
        code = str(one.get("postalCode", ""))
        if len(code) == _DIGITS and code.isascii():
            return code[: _LONG if code.startswith(_OVERSEAS) else _SHORT]
    return ""


def is_elsewhere(place: str, home: str) -> bool:
    """Whether a structure is of another département than the patient; not when one is unknown."""
    return bool(place and home and place != home)
