"""What the platform asks the INSi and what it is told, whatever the wire.

Rules: INSi as described in A1 (codes 00, 01, 02); docs/decisions/0020 for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from cordee.identity.ins.matricule import Ins
from cordee.identity.ins.traits import Sex, StrictTraits


@dataclass(frozen=True, slots=True, repr=False)
class TraitsQuery:
    """A search by traits: the least is birth name, one given name, sex and date of birth."""

    birth_name: str
    given_names: tuple[str, ...]
    sex: Sex
    birth_date: date
    birth_place: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class CardQuery:
    """A search by what a Vitale card says of its holder and of the insured person."""

    insured_number: str
    birth_date: date
    birth_rank: int = 1
    own_number: str = ""
    birth_name: str = ""


@dataclass(frozen=True, slots=True)
class FormerIns:
    """A matricule held before, with the days between which it was in use."""

    ins: Ins
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Code 00: one person, the matricule in use, those held before, the strict traits."""

    ins: Ins
    traits: StrictTraits
    former: tuple[FormerIns, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class NotFound:
    """Code 01: no one has these traits."""


@dataclass(frozen=True, slots=True)
class Several:
    """Code 02: several people have these traits; ask again with more of them."""


Answer = Found | NotFound | Several


class InsTeleservice(Protocol):
    """The INSi. Each call is made for `user`, the professional or the structure that asks.

    Raises `TimedOut` and `Unavailable` when no answer comes, `InvalidRequest` when the service
    refuses what was sent.
    """

    async def search_by_traits(self, query: TraitsQuery, *, user: str) -> Answer:
        """Find the INS of a person by traits."""
        ...

    async def search_by_card(self, query: CardQuery, *, user: str) -> Answer:
        """Find the INS of a person by a Vitale card."""
        ...

    async def verify(self, ins: Ins, traits: StrictTraits, *, user: str) -> bool:
        """Tell whether this INS still goes with these five traits."""
        ...
