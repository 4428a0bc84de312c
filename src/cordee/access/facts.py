"""What a decision is made of: the facts about who asks, about whom, for what, and when.

Everything is a value: whoever asks for a decision has read the facts before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from cordee.access.matrix import Matrix, Right
from cordee.access.purposes import Kind, Purpose

EVERY_CATEGORY: Final = "*"
"""Among the categories of a relation: all of them."""
DEPOSITED: Final = "patient"
"""The category of what patients and those around them deposit."""
MANAGEMENT: Final = "gestion"
"""The category of what an administrative purpose opens."""
GLASS_ROLES: Final = frozenset({"regulation", "emergency"})
"""Roles that may break the glass. Rule: A3.4."""


class Level(IntEnum):
    """How surely the actor is known."""

    ONE_FACTOR = 1
    TWO_FACTORS = 2


class Confidentiality(StrEnum):
    """Confidentiality of a document: JDV_J08 and v3-Confidentiality; less than N counts as N."""

    NORMAL = "N"
    RESTRICTED = "R"
    VERY_RESTRICTED = "V"


class RelationKind(StrEnum):
    """What ties an actor to a patient. Rule: A3.3."""

    TEAM = "team"
    ATTENDING = "attending"
    CIRCLE = "circle"
    CONSULTATION = "consultation"
    EMERGENCY = "emergency"
    GLASS = "glass"
    SELF = "self"
    REPRESENTATIVE = "representative"
    CARER = "carer"


class Power(StrEnum):
    """What a representative or a carer was given."""

    READ = "read"
    DEPOSIT = "deposit"
    MASK = "mask"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Relation:
    """One tie between the actor and the patient, from `start` until before `end`.

    `informed`: the patient was told of the team, or agreed to the member of the circle. `powers`
    and `categories` bound representatives and carers.
    """

    kind: RelationKind
    start: datetime
    end: datetime | None = None
    informed: bool = True
    powers: frozenset[Power] = frozenset()
    categories: frozenset[str] = frozenset()

    def lives(self, at: datetime) -> bool:
        """Whether it holds at a moment. What has to end does not hold without an end."""
        if self.end is None and self.kind in _ENDING:
            return False
        return self.start <= at and (self.end is None or at < self.end)


_ENDING: Final = frozenset({RelationKind.CONSULTATION, RelationKind.EMERGENCY, RelationKind.GLASS})


@dataclass(frozen=True, slots=True)
class Delegation:
    """By whose delegation somebody acts. Rule: A2.7."""

    practitioner: str
    profession: str
    start: datetime
    end: datetime

    def lives(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `profession` is a code of TRE_G15; `practitioner`, `structure` are references."""

    kind: Kind
    user: str
    role: str = ""
    profession: str = ""
    practitioner: str = ""
    structure: str = ""
    level: Level = Level.ONE_FACTOR
    delegation: Delegation | None = None

    @property
    def acting_profession(self) -> str:
        """The profession whose rights are used: that of whoever delegates."""
        return self.delegation.profession if self.delegation else self.profession

    @property
    def acting_practitioner(self) -> str:
        """The practitioner whose rights are used: whoever delegates."""
        return self.delegation.practitioner if self.delegation else self.practitioner


@dataclass(frozen=True, slots=True)
class Document:
    """What is asked for: a document or any clinical row, by type and category.

    `part` is where it stands in the choices of a mandate, its category where empty.
    `secret`: kept from the holders of parental authority. `deferred`: not yet shown to the
    patient, for ever where `deferred_until` is None. `in_dmp`: of the class of the DMP, which
    needs two factors. `kind` is the type of a resource that is no document, "" for a document.
    """

    type: str
    category: str
    author: str = ""
    structure: str = ""
    confidentiality: Confidentiality = Confidentiality.NORMAL
    masked: bool = False
    secret: bool = False
    deferred: bool = False
    deferred_until: datetime | None = None
    in_dmp: bool = False
    part: str = ""
    kind: str = ""

    def is_deferred(self, at: datetime) -> bool:
        """Whether the patient may not yet see it."""
        return self.deferred and (self.deferred_until is None or at < self.deferred_until)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the patient has said; `blocked` are references of practitioners and structures."""

    opposes_sharing: bool = False
    opposes_emergency: bool = False
    blocked: frozenset[str] = frozenset()
    attending_sees_masked: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question about one actor, one purpose, one patient, one right and one moment.

    `document` is None when the record of the patient itself is opened. `in_scope`: the token
    carries the right. `found_by_identity`: the actor found this patient by the identity search.
    `matrix` is the version in force at `at`, None where there is none.
    """

    actor: Actor
    purpose: Purpose
    right: Right
    at: datetime
    relations: tuple[Relation, ...] = ()
    document: Document | None = None
    consent: Consent = Consent()
    in_scope: bool = True
    found_by_identity: bool = False
    matrix: Matrix | None = None
