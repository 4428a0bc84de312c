"""Who may act for a patient: the kinds of mandates, what each may hold, and when it ends by itself.

A carer and a trusted person are named by the patient; a legal representative is recorded from a
proof. Rule: A3.3, B1.3, E1.2; CSP L.1111-2, L.1111-6; code civil 371-1, 388, 425 to 494-12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from cordee.access.facts import Power, Relation, RelationKind
from cordee.identity.principal import CARER, REPRESENTATIVE, TRUSTED
from cordee.runtime.clock import PARIS

ADULT: Final = 18
_NEVER: Final = datetime(1900, 1, 1, tzinfo=UTC)


class MandateKind(StrEnum):
    """As what somebody acts for a patient."""

    CARER = "carer"
    TRUSTED = "trusted"
    PARENT = "parent"
    GUARDIAN = "guardian"
    CURATOR = "curator"
    PROTECTION = "protection"
    FAMILY = "family"


NAMED: Final = frozenset({MandateKind.CARER, MandateKind.TRUSTED})
"""Kinds that the patient names; the others are recorded from a proof."""
ROLES: Final = {
    MandateKind.CARER: CARER,
    MandateKind.TRUSTED: TRUSTED,
}
_READING: Final = frozenset({Power.READ, Power.DEPOSIT})
_WHOLE: Final = frozenset(Power)


def role_of(kind: MandateKind) -> str:
    """The role under which somebody acts, as the trail and the patient read it."""
    return ROLES.get(kind, REPRESENTATIVE)


def most_powers(kind: MandateKind) -> frozenset[Power]:
    """All powers that a kind may hold: a curator assists and decides nothing for the person."""
    return _READING if kind in {*NAMED, MandateKind.CURATOR} else _WHOLE


@dataclass(frozen=True, slots=True)
class Mandate:
    """One mandate as it stood at a moment; `agent` is who took it, "" before.

    `related` is the RelatedPerson that stands for the person in the record.
    """

    id: UUID
    patient: str
    kind: MandateKind
    name: str
    bond: str
    related: str
    made: datetime
    made_by: str
    parts: frozenset[str]
    powers: frozenset[Power]
    starts: datetime
    ends: datetime | None
    proof: str = ""
    proof_on: date | None = None
    agent: str = ""
    accepted: datetime | None = None
    ended: datetime | None = None
    why: str = ""

    @property
    def is_named(self) -> bool:
        """Whether the patient named this person, and may withdraw it."""
        return self.kind in NAMED

    def lives(self, at: datetime) -> bool:
        """Whether it was taken and runs at a moment; the patient's age and death are not asked."""
        taken = self.accepted is not None and self.accepted <= at
        is_over = (self.ended is not None and self.ended <= at) or (
            self.ends is not None and self.ends <= at
        )
        return taken and self.starts <= at and not is_over

    def waits(self, at: datetime) -> bool:
        """Whether it is still to be taken."""
        over = self.ended is not None or (self.ends is not None and self.ends <= at)
        return self.accepted is None and not over

    def relation(self, patient: Mapping[str, Any]) -> Relation | None:
        """The tie that it makes, with the end that law and life give it; None before it is taken.

        `patient` is the Patient resource: authority ends at eighteen, all ends with a death.
        """
        if self.accepted is None:
            return None
        ends = [self.ends, self.ended, natural_end(self.kind, patient)]
        kind = RelationKind.CARER if self.is_named else RelationKind.REPRESENTATIVE
        return Relation(
            kind,
            max(self.accepted, self.starts),
            min((one for one in ends if one is not None), default=None),
            powers=self.powers,
            categories=self.parts,
        )


def natural_end(kind: MandateKind, patient: Mapping[str, Any]) -> datetime | None:
    """When a mandate ends whatever was said: at the death, or the majority of the patient.

    Where the whole date of birth is not known, parental authority is not shown to hold.
    """
    ends: list[datetime] = []
    if patient.get("deceasedBoolean") is True:
        ends.append(_NEVER)
    if patient.get("deceasedDateTime"):
        ends.append(_moment(str(patient["deceasedDateTime"])))
    if kind is MandateKind.PARENT:
        ends.append(majority(str(patient.get("birthDate", ""))) or _NEVER)
    return min(ends, default=None)


def majority(birth_date: str, years: int = ADULT) -> datetime | None:
    """The moment at which somebody comes of age in France; None without a whole date."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return None
    try:
        day = born.replace(year=born.year + years)
    except ValueError:  # a 29 February
        day = date(born.year + years, 3, 1)
    return datetime.combine(day, time(), PARIS)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    return found if found.tzinfo else found.replace(tzinfo=PARIS)
