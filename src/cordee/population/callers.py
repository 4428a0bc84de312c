"""Who may do what in the warehouse, and for which structure. Rules: G1.7, G1.8.

Who steers the region does all but what is others' by law. The roles of the warehouse are functions
of an account, given by the administrator: the lead (responsable de mise en œuvre), the data
manager, the analyst, the committee (scientific and ethical), the DPO.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cordee.identity.principal import (
    ANALYST,
    CARER,
    COMMITTEE,
    DATA_MANAGER,
    DPO,
    PATIENT,
    REPRESENTATIVE,
    STEERING,
    TRUSTED,
    WAREHOUSE,
    Principal,
)
from cordee.runtime.errors import AccessDenied

INDICATORS, FIGURES, COHORTS, BOARDS = "indicators", "figures", "cohorts", "boards"
VERSIONS, KEEPING, CATALOGUE, REGISTER = "versions", "keeping", "catalogue", "register"
QUALITY, TICKETS = "quality", "tickets"
RIGHTS: Final[Mapping[str, frozenset[str]]] = {
    INDICATORS: frozenset({STEERING, WAREHOUSE, DATA_MANAGER, ANALYST, COMMITTEE}),
    FIGURES: frozenset({STEERING, WAREHOUSE, ANALYST}),
    COHORTS: frozenset({STEERING, ANALYST}),
    VERSIONS: frozenset({STEERING, WAREHOUSE, ANALYST, COMMITTEE}),
    KEEPING: frozenset({STEERING, ANALYST}),
    BOARDS: frozenset({STEERING}),
    QUALITY: frozenset({STEERING, WAREHOUSE, DATA_MANAGER, ANALYST}),
    TICKETS: frozenset({STEERING, DATA_MANAGER}),
    CATALOGUE: frozenset({STEERING, WAREHOUSE, DATA_MANAGER, ANALYST, COMMITTEE, DPO}),
    REGISTER: frozenset({STEERING, WAREHOUSE, COMMITTEE, DPO}),
}
"""What is done, and which functions do it: definitions; figures by territory; sizes of cohorts;
versions and proposals, read and kept; boards of territories; quality of sources, tickets to them;
the catalogue; the register of questions."""
_CITIZENS: Final = frozenset({PATIENT, CARER, TRUSTED, REPRESENTATIVE})
_CITIZEN_KINDS: Final = ("Patient/", "RelatedPerson/", "Person/")


def rights_of(functions: frozenset[str]) -> frozenset[str]:
    """What functions let somebody do."""
    return frozenset(right for right, whose in RIGHTS.items() if whose & functions)


def need(principal: Principal, right: str) -> None:
    """Raises `AccessDenied` for who has no function that does this."""
    if not RIGHTS[right] & principal.functions:
        raise AccessDenied("this part of population health is for other functions than yours")


def need_reader(principal: Principal) -> None:
    """As `need` of figures, for persons; a system's scope is checked by `api.measuring`."""
    if not principal.is_system:
        need(principal, FIGURES)


def structure_of(principal: Principal) -> str:
    """The id of the structure where a professional works now; raises `AccessDenied`."""
    kind, _, name = principal.structure.partition("/")
    citizen = principal.role in _CITIZENS or principal.practitioner.startswith(_CITIZEN_KINDS)
    if kind != "Organization" or not name or citizen or principal.is_system:
        raise AccessDenied("this page is for the professionals of a structure")
    return name
