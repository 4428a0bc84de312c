"""The record of one person under construction: who, when, by whom, and what was written."""

from __future__ import annotations

from random import Random
from typing import Final

from cordee.app.region.coding import Json
from cordee.app.region.members import Member
from cordee.app.region.moments import age_on, moment_text
from cordee.app.region.sites import Site

BUSINESS_START: Final = 480
BUSINESS_LENGTH: Final = 600
NIGHT: Final = 30


class Chart:
    """Resources about one person, numbered by kind: `p-000123-o4` is the fourth observation."""

    __slots__ = (
        "_counts",
        "born",
        "doctor",
        "entries",
        "female",
        "identity",
        "laboratory",
        "practice",
        "rng",
        "subject",
        "today",
    )

    def __init__(self, patient: Json, born: int, today: int, rng: Random) -> None:
        self.identity: str = patient["id"]
        self.female: bool = patient.get("gender") == "female"
        self.born = born
        self.today = today
        self.rng = rng
        self.subject: Json = {"reference": f"Patient/{self.identity}"}
        self.entries: list[Json] = [patient]
        self.doctor: Member | None = None
        self.practice: Site | None = None
        self.laboratory: Site | None = None
        self._counts: dict[str, int] = {}

    def number(self, letter: str) -> str:
        """The next id of a kind of resource."""
        count = self._counts.get(letter, 0) + 1
        self._counts[letter] = count
        return f"{self.identity}-{letter}{count}"

    def add(self, resource: Json) -> Json:
        """The resource, now part of the record."""
        self.entries.append(resource)
        return resource

    def age(self, day: int) -> int:
        """Full years of age on a day."""
        return age_on(day, self.born)

    def minute(self) -> int:
        """A minute of a working day, on the quarter."""
        return BUSINESS_START + int(self.rng.random() * BUSINESS_LENGTH) // 15 * 15

    def at(self, day: int, minute: int) -> str:
        """FHIR dateTime of a minute of a day; of today, only the first half-hour has been."""
        return moment_text(day, minute if day < self.today else min(minute, NIGHT))

    def day_within(self, nearest: int, farthest: int) -> int:
        """A day between two counts of days ago, never before birth."""
        ago = nearest + int(self.rng.random() * (farthest - nearest + 1))
        return max(self.born + 1, self.today - ago)


def link(resource: Json) -> Json:
    """Reference to a resource of the record."""
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}
