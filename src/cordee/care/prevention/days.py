"""Days of vaccination: places that are booked for patients, never more than there are. B6.6.

A place is a Slot of its vaccinator's Schedule of that day. It is taken by one write of it, under
the version that was read, of the Appointment and of the Task that opens the record to the
vaccinator: of two who book the last place one wins. Decisions 0069, 0073.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from cordee.care.agenda.interventions import ended
from cordee.care.cpts.membership import Membership
from cordee.care.prevention.actions import QUERIES, Action, key_of
from cordee.care.prevention.places import new_booking, new_place, new_row
from cordee.care.slots.holding import held, patient_of
from cordee.care.slots.publishing import BUSY, FREE, Slot, read_slots, standing
from cordee.care.slots.shares import DONE, MISSED
from cordee.care.store import Also, Placed, Resource, Store, Write
from cordee.care.workflow.forms import Forms
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import Asked, Wanted, moved_task, new_task
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.database import Connection, Database
from cordee.runtime.errors import Conflict, NotFound, RuleBroken, VersionConflict

MACHINE: Final = "vaccination-visit"
CANCELLED: Final = "cancelled"
MOST_PLACES: Final = 120
MOST_DAYS: Final = 50
_FULL: Final = "Plus de place à cette heure : choisissez-en une autre."
_HAS_ONE: Final = "Cette personne a déjà une place ce jour-là."
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """A day to open: first place, minutes of each, how many follow, who vaccinates, where."""

    starts: datetime
    minutes: int
    rows: int
    vaccinators: tuple[str, ...]
    place: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an action."""

    id: str
    action: str
    title: str
    cpts: str
    starts: datetime
    minutes: int
    rows: int
    place: str
    vaccinators: tuple[str, ...]

    @property
    def capacity(self) -> int:
        """How many places there are."""
        return self.rows * len(self.vaccinators)

    def holds(self, place: Slot) -> bool:
        """Whether a place is one of this day."""
        ends = self.starts + self.rows * timedelta(minutes=self.minutes)
        return place.member in self.vaccinators and self.starts <= place.starts < ends

    @property
    def schedules(self) -> str:
        """The Schedules of its vaccinators, as a search names them."""
        return ",".join(f"Schedule/{_schedule(self.id, one)}" for one in self.vaccinators)


@dataclass(frozen=True, slots=True)
class Booking:
    """An Appointment of a place with its patient, as far as the reader may see them."""

    id: str
    patient: Resource


class VaccinationDays:
    """The days of one installation, for the members of their CPTS."""

    def __init__(
        self, database: Database, store: Store, door: Store, membership: Membership
    ) -> None:
        """`store` is the guard's; `door` is the same for one person, with slots open beside."""
        self._database = database
        self._store = store
        self._door = door
        self._membership = membership
        self._forms = Forms(database)

    async def to_come(self, principal: Principal, now: datetime) -> list[Day]:
        """The days of one's CPTS from today on, at most 50."""
        places = [one.structure for one in await self._membership.of(principal)]
        since = now - timedelta(hours=12)
        return await self._rows("days", places, since, MOST_DAYS) if places else []

    async def of_action(self, action: Action) -> list[Day]:
        """The days of an action that was read before."""
        return await self._rows("days_of_action", UUID(action.id))

    async def of_campaign(self, campaign: str, since: datetime, most: int) -> list[Day]:
        """The days of the actions that take up a campaign, from the day of a moment on."""
        return await self._rows("days_of_campaign", UUID(campaign), since.date(), most)

    async def one(self, principal: Principal, number: str) -> Day:
        """A day of one's CPTS; raises `NotFound` for any other."""
        found = await self._rows("day", key_of(number))
        known = {one.structure for one in await self._membership.of(principal)}
        if not found or found[0].cpts not in known:
            raise NotFound("there is no such day")
        return found[0]

    async def open(self, principal: Principal, action: Action, wish: Wish, number: str) -> str:
        """The id of a new day of an action; the same form sent again is one.

        Raises `RuleBroken` for what cannot be.
        """
        members = await self._membership.members(principal, action.cpts)
        now = clock.now()
        _check(wish, [one.reference for one in members.values() if one.cares], now)
        rows = [new_row(_schedule(number, one), one, members[one].name) for one in wish.vaccinators]
        span = timedelta(minutes=wish.minutes)
        places = [
            new_place(row["id"], wish.starts + n * span, span)
            for row in rows
            for n in range(wish.rows)
        ]
        values = (
            UUID(number), UUID(action.id), action.cpts, wish.starts, wish.minutes, wish.rows,
            wish.place, list(wish.vaccinators), now, principal.user,
        )  # fmt: skip

        async def write(also: Also) -> str:
            async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                await also(connection, placed)
                await connection.execute(QUERIES["add_day"], *values)

            writes = [*(Write(one) for one in places), *(Write(one, "PUT") for one in rows)]
            return (await self._door.write(principal, writes, both))[0].id

        await self._forms.once(number, write)
        return number

    async def places(
        self, principal: Principal, days: Sequence[Day], free_after: datetime | None = None
    ) -> list[Slot]:
        """The places of days that were read before, by hour then vaccinator; at most 500.

        With `free_after` only those that are free, after that moment.
        """
        if not days:
            return []
        schedules = ",".join(one.schedules for one in days)
        query = f"schedule={schedules}&_sort=start&_count={_MOST}&_include=Slot:schedule"
        if free_after is not None:
            query += f"&status={FREE}&start=gt{clock.instant(free_after)}"
        return read_slots(await self._door.search(principal, "Slot", query))

    async def bookings(self, principal: Principal, places: Sequence[Slot]) -> dict[str, Booking]:
        """Who holds a place, by its id, as far as the reader may see who it is."""
        taken = [one.id for one in places if one.status == BUSY]
        return {
            key: Booking(str(one["id"]), patient)
            for key, one, patient in await held(self._door, principal, taken)
        }

    async def held_by(
        self, principal: Principal, days: Sequence[Day], patients: Sequence[str]
    ) -> dict[str, str]:
        """Patient (a reference) to the id of the Appointment they hold on some days, the newest.

        Whatever became of it counts, but that it was called off.
        """
        if not days or not patients:
            return {}
        schedules = ",".join(one.schedules for one in days)
        query = (
            f"patient={','.join(patients)}&slot.schedule={schedules}&status:not={CANCELLED}"
            f"&_sort=date&_count={_MOST}"
        )
        found = await self._door.search(principal, "Appointment", query)
        return {patient_of(one): str(one["id"]) for one in found}

    async def book(
        self, principal: Principal, patient: str, day: Day, at: datetime, number: str
    ) -> str:
        """The id of the Appointment that takes a place at an hour; the same form gives one.

        Raises `Conflict` where no place is left, `RuleBroken` for who has one that day already.
        """
        await self._store.read(principal, "Patient", patient)
        known = await self._forms.task(number)
        if known:
            return known
        if at <= clock.now():
            raise RuleBroken("Cette heure est passée.")
        places = await self.places(principal, [day])
        alone = await self._alone(principal, patient, day, places)
        for place in places:
            if place.starts != at or place.status != FREE:
                continue
            try:
                return await self._take(principal, patient, place, (day, number, alone))
            except VersionConflict:  # taken since: there may be another one at that hour
                continue
        raise Conflict(_FULL)

    async def end(
        self, principal: Principal, day: Day, key: str, gesture: str, reason: str
    ) -> None:
        """Says of a booking that the person came, did not, or that it is called off.

        What is called off frees the place. Raises `NotFound` for what is not seen.
        """
        if gesture not in {CANCELLED, DONE, MISSED}:
            raise NotFound("there is no such gesture")
        one = await self._door.read(principal, "Appointment", key)
        held = {str(each.get("reference", "")) for each in one.get("slot", ())}
        places = await self.places(principal, [day])
        place = next((each for each in places if f"Slot/{each.id}" in held), None)
        if place is None:
            raise NotFound("this is no booking of that day")
        if gesture != CANCELLED and place.starts > clock.now() + timedelta(hours=1):
            raise RuleBroken("Cette place n’a pas encore commencé.")
        is_freed = gesture == CANCELLED
        writes = [
            Write(ended(one, gesture, reason), "PUT", int(one["meta"]["versionId"])),
            await self._kept(principal, place, FREE if is_freed else BUSY,
                             "" if is_freed else gesture),
        ]  # fmt: skip
        for task in await self._store.search(principal, "Task", f"focus=Appointment/{key}"):
            if task.get("status") in {"accepted", "in-progress"}:
                moved = moved_task(
                    task, machines()[MACHINE], Wanted(gesture, reason=reason), clock.now()
                )
                writes.append(Write(moved, "PUT", int(task["meta"]["versionId"])))
        try:
            await self._door.write(principal, writes)
        except VersionConflict as error:
            raise Conflict("Cette place vient de changer : relisez la liste.") from error

    async def _take(
        self, principal: Principal, patient: str, place: Slot, how: tuple[Day, str, str]
    ) -> str:
        day, number, alone = how
        now, key = clock.now(), f"urn:uuid:{uuid4()}"
        made = new_booking(f"Patient/{patient}", place, day.title, now)
        requester = principal.structure or principal.practitioner or day.cpts
        visit = new_task(
            Asked(MACHINE, f"Patient/{patient}", place.member, requester, focus=key), now
        )
        writes = [
            Write(made, key=key), Write(visit), await self._kept(principal, place, BUSY),
        ]  # fmt: skip

        async def write(also: Also) -> str:
            async def once(second: Also) -> str:
                async def both(connection: Connection, placed: Sequence[Placed]) -> None:
                    await also(connection, placed)
                    await second(connection, placed)

                return (await self._door.write(principal, writes, both))[0].id

            return await self._forms.once(alone, once)

        booked = await self._forms.once(number, write)
        if await self._forms.task(number) != booked:  # another form has booked them
            raise RuleBroken(_HAS_ONE)
        return booked

    async def _alone(
        self, principal: Principal, patient: str, day: Day, places: Sequence[Slot]
    ) -> str:
        """The number under which a person has one place of a day, whoever books it at once.

        Raises `RuleBroken` for who has one already.
        """
        held = ",".join(f"Slot/{one.id}" for one in places)
        query = f"patient=Patient/{patient}&slot={held}&_count={_MOST}"
        found = await self._door.search(principal, "Appointment", query) if held else []
        if any(one.get("status") != CANCELLED for one in found):
            raise RuleBroken(_HAS_ONE)
        return str(uuid5(UUID(day.id), f"{patient}|{len(found)}"))

    async def _kept(
        self, principal: Principal, place: Slot, status: str, outcome: str = ""
    ) -> Write:
        """A place as it is to stand, in place of the version that was read with the others."""
        raw = await self._door.read(principal, "Slot", place.id)
        return Write(standing(raw, status, clock.now(), outcome), "PUT", place.version)

    async def _rows(self, name: str, *values: Any) -> list[Day]:
        async with self._database.steady.acquire() as connection:
            return [_day(one) for one in await connection.fetch(QUERIES[name], *values)]


def _check(wish: Wish, known: Sequence[str], now: datetime) -> None:
    """Raises `RuleBroken` for a day that cannot be."""
    if not wish.vaccinators or any(one not in known for one in wish.vaccinators):
        raise RuleBroken("Choisissez qui vaccine.", expression=("vaccinateurs",))
    if not 5 <= wish.minutes <= 60:  # noqa: PLR2004 -- minutes
        raise RuleBroken("Donnez de 5 à 60 minutes par personne.", expression=("duree",))
    if not 1 <= wish.rows <= 48 or wish.rows * len(wish.vaccinators) > MOST_PLACES:  # noqa: PLR2004 -- places
        text = f"Donnez de 1 à 48 places à la suite, {MOST_PLACES} en tout."
        raise RuleBroken(text, expression=("suite",))
    if wish.starts <= now:
        raise RuleBroken("Ce moment est passé.", expression=("jour",))
    if not wish.place or len(wish.place) > 300:  # noqa: PLR2004 -- characters
        raise RuleBroken("Dites où.", expression=("lieu",))


def _schedule(day: str, vaccinator: str) -> str:
    return str(uuid5(UUID(day), vaccinator))


def _day(row: Mapping[str, Any]) -> Day:
    return Day(
        str(row["id"]), str(row["action"]), row["title"], row["cpts"], row["starts"],
        row["minutes"], row["rows"], row["place"], tuple(row["vaccinators"]),
    )  # fmt: skip
