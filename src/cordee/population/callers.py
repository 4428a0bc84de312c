"""Who may ask population health, and for which structure. Rules: G1.7, G1.8."""

from __future__ import annotations

from typing import Final

from cordee.identity.principal import CARER, PATIENT, REPRESENTATIVE, STEERING, TRUSTED, Principal
from cordee.runtime.errors import AccessDenied

_CITIZENS: Final = frozenset({PATIENT, CARER, TRUSTED, REPRESENTATIVE})
_CITIZEN_KINDS: Final = ("Patient/", "RelatedPerson/", "Person/")


def need_steering(principal: Principal) -> None:
    """Raises `AccessDenied` for who does not steer the region."""
    if STEERING not in principal.functions:
        raise AccessDenied("population health is for who steers the region")


def need_reader(principal: Principal) -> None:
    """As `need_steering`, for persons; a system's scope is checked by `api.measuring`."""
    if not principal.is_system:
        need_steering(principal)


def structure_of(principal: Principal) -> str:
    """The id of the structure where a professional works now; raises `AccessDenied`."""
    kind, _, name = principal.structure.partition("/")
    citizen = principal.role in _CITIZENS or principal.practitioner.startswith(_CITIZEN_KINDS)
    if kind != "Organization" or not name or citizen or principal.is_system:
        raise AccessDenied("this page is for the professionals of a structure")
    return name
