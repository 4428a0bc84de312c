"""Why somebody asks: a closed list of purposes, and who may claim which.

Rule: codes of HL7 v3 ActReason (PurposeOfUse), as AuditEvent.purposeOfEvent carries them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    """The reason of an access; the value is its code in v3-ActReason."""

    CARE = "TREAT"
    EMERGENCY = "ETREAT"
    COORDINATION = "COC"
    ADMINISTRATION = "PATADMIN"
    PATIENT_REQUEST = "PATRQT"
    FAMILY_REQUEST = "FAMRQT"
    RESEARCH = "HRESCH"
    PUBLIC_HEALTH = "PUBHLTH"
    QUALITY = "HQUALIMP"


class Kind(StrEnum):
    """What sort of actor asks."""

    PROFESSIONAL = "professional"
    PATIENT = "patient"
    REPRESENTATIVE = "representative"
    CARER = "carer"
    SYSTEM = "system"


CARING: Final = frozenset({Purpose.CARE, Purpose.EMERGENCY, Purpose.COORDINATION})
"""Purposes for which care relations open a record."""

CLAIMED_BY: Final = {
    Kind.PROFESSIONAL: CARING | {Purpose.ADMINISTRATION},
    Kind.PATIENT: frozenset({Purpose.PATIENT_REQUEST}),
    Kind.REPRESENTATIVE: frozenset({Purpose.FAMILY_REQUEST}),
    Kind.CARER: frozenset({Purpose.FAMILY_REQUEST}),
    Kind.SYSTEM: CARING | {Purpose.ADMINISTRATION},
}
"""Research, public health and quality never open a named record: they have the warehouse."""
