"""A roster of regulators pooled at night, as data: who, for which centres, when. Rule: C2.12.

Hours are those of the clock in France. A night in which it changes lasts one hour more or less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Issue, ResourceInvalid

NIGHTS: Final = 7
MOST_SLOTS: Final = 28
GRACE: Final = timedelta(minutes=15)
"""How long after a turn its regulator may end a case that they had opened in it."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Slot:
    """One turn: the night (Monday is 0), its local hours, who regulates and of which centre."""

    night: int
    begins: time
    ends: time
    agent: str
    name: str
    centre: str


@dataclass(frozen=True, slots=True)
class Roster:
    """One version of one week, which begins on a Monday; `begins` to `ends` is a whole night."""

    centres: tuple[str, ...]
    week: date
    version: int
    begins: time
    ends: time
    slots: tuple[Slot, ...] = ()
    signed: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def pool(self) -> str:
        """The id of the pool: its centres."""
        return pool_of(self.centres)

    @property
    def is_signed(self) -> bool:
        """Whether all centres have signed this version."""
        return all(one in self.signed for one in self.centres)

    def night(self, number: int) -> Span:
        """When a night begins and ends."""
        return span(self.week, number, self.begins, self.ends)

    def turn(self, slot: Slot) -> Span:
        """When a turn begins and ends; an hour of the morning is of the day after its evening."""
        return self._of_night(slot.night, slot.begins), self._of_night(slot.night, slot.ends)

    def running(self, at: datetime) -> list[tuple[Slot, datetime, datetime]]:
        """The turns that run at a moment or ended within `GRACE`, each with its begin and end."""
        turns = [(slot, *self.turn(slot)) for slot in self.slots]
        return [one for one in turns if one[1] <= at < one[2] + GRACE]

    def gaps(self, number: int) -> list[Span]:
        """The parts of a night in which nobody regulates, in order."""
        reached, last = self.night(number)
        found: list[Span] = []
        for begins, ends in sorted(self.turn(one) for one in self.slots if one.night == number):
            if begins > reached:
                found.append((reached, begins))
            reached = max(reached, ends)
        return [*found, (reached, last)] if reached < last else found

    def _of_night(self, number: int, hour: time) -> datetime:
        is_morning = self.begins >= self.ends and hour < self.begins
        day = self.week + timedelta(days=number + is_morning)
        return in_utc(day, hour)


def in_utc(day: date, hour: time) -> datetime:
    """An hour of the clock in UTC; one that a day of spring does not have is its next full one."""
    early, late = (
        datetime.combine(day, hour.replace(fold=n), PARIS).astimezone(UTC) for n in (0, 1)
    )
    return early if early <= late else early.replace(minute=0)


def span(week: date, number: int, begins: time, ends: time) -> Span:
    """A night as two moments in UTC."""
    day = week + timedelta(days=number)
    after = day + timedelta(days=ends <= begins)
    return in_utc(day, begins), in_utc(after, ends)


def pool_of(centres: Sequence[str]) -> str:
    """The id of a pool, the same in whatever order its centres are named."""
    return "--".join(sorted(centres))


def monday(day: date) -> date:
    """The first day of a week."""
    return day - timedelta(days=day.weekday())


def check(roster: Roster) -> None:
    """Returns when a roster can be proposed; raises `ResourceInvalid` with each problem."""
    wrong: list[tuple[str, str]] = []
    if len(set(roster.centres)) < 2:  # noqa: PLR2004
        wrong.append(("centres", "Choisissez au moins un centre voisin."))
    if roster.begins == roster.ends:
        wrong.append(("hours", "Donnez le début et la fin de la nuit."))
    if not roster.slots or len(roster.slots) > MOST_SLOTS:
        wrong.append(("slots", "Donnez au moins un tour de garde."))
    wrong += [
        (f"slot-{n}", _why(roster, one))
        for n, one in enumerate(roster.slots)
        if not _is_within(roster, one)
    ]
    if wrong:
        raise ResourceInvalid([Issue("error", "invalid", text, (where,)) for where, text in wrong])


def _is_within(roster: Roster, slot: Slot) -> bool:
    first, last = roster.night(slot.night)
    begins, ends = roster.turn(slot)
    return first <= begins < ends <= last and slot.centre in roster.centres


def _why(roster: Roster, slot: Slot) -> str:
    begins, ends = roster.turn(slot)
    if begins == ends and slot.begins != slot.ends:
        return "Cette nuit-là l’heure passe de 2 h à 3 h : ce tour n’a pas lieu."
    return "Ce tour finit avant de commencer, ou sort des heures de la nuit."


def as_data(roster: Roster) -> dict[str, Any]:
    """What both centres sign, as JSON."""
    return {
        "begins": roster.begins.isoformat(), "ends": roster.ends.isoformat(),
        "slots": [
            asdict(one) | {"begins": one.begins.isoformat(), "ends": one.ends.isoformat()}
            for one in roster.slots
        ],
    }  # fmt: skip


def slot_of(said: Mapping[str, Any]) -> Slot:
    """A turn of its JSON."""
    return Slot(
        int(said["night"]), time.fromisoformat(said["begins"]), time.fromisoformat(said["ends"]),
        said["agent"], said["name"], said["centre"],
    )  # fmt: skip
