"""The département and the commune of a structure, of where a patient lives, of what is covered.

Requirements B1.9, B5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cordee.identity.ins.vocabulary import INSEE_CODE

_OVERSEAS: Final = ("97", "98")
_SHORT, _LONG, _DIGITS = 2, 3, 5
COMMUNE, COUNTY = "commune", "département"
"""How near a service is: it covers the commune of a home, or its département."""


def county_of(resource: Mapping[str, Any]) -> str:
    """The département that the address of a structure or a person is in; "" where none is said.

    The `district` of the address says it; else the postal code does, with three figures overseas.
    A temporary or former address does not count.
    """
    for one in _lasting(resource):
        if one.get("district"):
            return str(one["district"])
        code = str(one.get("postalCode", ""))
        if len(code) == _DIGITS and code.isascii():
            return code[: _LONG if code.startswith(_OVERSEAS) else _SHORT]
    return ""


def commune_of(resource: Mapping[str, Any]) -> str:
    """The INSEE code of the commune that the address is in; "" where none is said."""
    for one in _lasting(resource):
        for extension in one.get("extension") or ():
            if extension.get("url") == INSEE_CODE:
                return str((extension.get("valueCoding") or {}).get("code", ""))
    return ""


def town_of(resource: Mapping[str, Any]) -> str:
    """The name of the commune that the address is in; "" where none is said."""
    return next((str(one["city"]) for one in _lasting(resource) if one.get("city")), "")


def reach(areas: Sequence[Mapping[str, Any]], home: Mapping[str, Any]) -> str:
    """How the areas of a service hold a home: `COMMUNE`, `COUNTY`, or "" for not at all.

    An area is a Location: of one commune where its address has its code, else of a département.
    """
    commune, county = commune_of(home), county_of(home)
    held = ""
    for one in areas:
        of = commune_of(one)
        if of and of == commune:
            return COMMUNE
        if not of and county and county_of(one) == county:
            held = COUNTY
    return held


def _lasting(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    given = resource.get("address") or ()
    places = [given] if isinstance(given, Mapping) else given
    lasting = [one for one in places if one.get("use") not in {"old", "temp"}]
    return sorted(lasting, key=lambda one: one.get("use") != "home")


def is_elsewhere(place: str, home: str) -> bool:
    """Whether a structure is of another département than the patient; not when one is unknown."""
    return bool(place and home and place != home)
