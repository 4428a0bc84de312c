"""What campaigns need from outside: the compiler of rules, the counts that may be told, places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from cordee.care.store import Resource


class Rules(Protocol):
    """The compiler that sizes a cohort of the region, asked about some patients."""

    def types(self, rule: Mapping[str, Any], bounds: Mapping[str, float]) -> tuple[str, ...]:
        """The FHIR types, beside Patient, that a rule needs; raises `InvalidRequest`."""
        ...

    async def fulfilling(
        self,
        rule: Mapping[str, Any],
        bounds: Mapping[str, float],
        resources: Sequence[Resource],
        day: date,
    ) -> frozenset[str]:
        """The ids of the patients among resources who fulfil a rule as of a day."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """How many persons end in a status, of one smallest group."""

    territory: str
    sex: str
    band: str
    quintile: str
    variant: str
    status: str
    n: int


class Tallies(Protocol):
    """The door of disclosure for the counts of a campaign."""

    async def told(
        self, asked: tuple[str, date, Sequence[str]], counts: Sequence[Count], before: Sequence[Any]
    ) -> Mapping[str, Any]:
        """What may be told of a campaign on a day, by some splits, beside what was told before."""
        ...


class Places(Protocol):
    """What is known of where people live."""

    def quintile(self, commune: str) -> int:
        """The quintile of deprivation of a commune (INSEE code), 0 where it is not known."""
        ...
