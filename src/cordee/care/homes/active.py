"""How many of a home's records are active DUI, by a definition that is a parameter. Rule: B7.6."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from cordee.care.homes.living import living_in
from cordee.care.plans.vocabulary import MACHINES as PROJECTS
from cordee.care.plans.vocabulary import PROJECT
from cordee.care.record.traits import read_traits
from cordee.care.store import Resource, Store
from cordee.care.workflow.tasks import MACHINE as MACHINES
from cordee.care.workflow.tasks import machine_of, party
from cordee.identity.patients.light import is_light
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant

Need = Literal["ins", "written", "plan"]
MOST: Final = 500
_DATES: Final = {"Encounter": "period", "DocumentReference": "date", "Task": "lastModified",
                 "Communication": "sent"}  # fmt: skip


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is counted as active: all of `needs`, what is written within `days`."""

    name: str
    source: str
    days: int
    needs: tuple[Need, ...]
    group_of: int = 15
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """One resident's record: the last day the home wrote in it, what it has, whether it counts."""

    patient: str
    last: date | None
    met: frozenset[Need]
    is_active: bool


@cache
def definition() -> Definition:
    """The definition of this installation."""
    text = (files("cordee.care.homes") / "active.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Definition)


class Counter:
    """The active records of a home, counted when asked for; nothing is stored."""

    def __init__(self, store: Store) -> None:
        """`store` reads through the guard."""
        self._store = store

    async def files(self, principal: Principal, now: datetime) -> list[File]:
        """The records of the residents who live in the principal's home; at most 500."""
        home = principal.structure
        if not home.startswith("Organization/"):
            return []
        rule = definition()
        since = instant(now - timedelta(days=rule.days))
        living, (events, notes, tasks, told, plans) = await asyncio.gather(
            living_in(self._store, principal),
            asyncio.gather(
                *(
                    self._store.search(principal, kind, f"{criteria}&_count={MOST}")
                    for kind, criteria in (
                        ("Encounter", f"service-provider={home}&date=ge{since}&_sort=-date"),
                        ("DocumentReference", f"author={home}&date=ge{since}&_sort=-date"),
                        (
                            "Task",
                            f"requester={home}&modified=ge{since}&_sort=-modified"
                            f"&code={MACHINES}|emergency-passage,{MACHINES}|reconciliation"
                            f",{MACHINES}|{PROJECTS[PROJECT]}",
                        ),
                        ("Communication", f"recipient={home}&sent=ge{since}&_sort=-sent"),
                        ("CarePlan", f"patient.organization={home}&status=active"),
                    )
                )
            ),
        )
        people = [one for one, _stay in living]
        first = (now - timedelta(days=rule.days)).date()
        events = [one for one in events if (_day(one) or first) >= first]
        return counted(people, [*events, *notes, *tasks, *told], [*plans, *tasks], rule)


def counted(
    people: Sequence[Resource],
    written: Sequence[Resource],
    plans: Sequence[Resource],
    rule: Definition,
) -> list[File]:
    """Each living resident with what of the definition is met. Pure."""
    last = _last(written)
    planned = {party(one, "subject") for one in plans if one["resourceType"] == "CarePlan"}
    planned |= {party(one, "for") for one in plans if one["resourceType"] == "Task"
                and one.get("status") == "in-progress" and _is_project(one)}  # fmt: skip
    found: list[File] = []
    for one in people:
        if one.get("deceasedDateTime") or one.get("deceasedBoolean"):
            continue
        reference = f"Patient/{one['id']}"
        met: set[Need] = set()
        if read_traits(one).shown_matricule or is_light(one):  # no INS is asked for (B7.8)
            met.add("ins")
        if reference in last:
            met.add("written")
        if reference in planned:
            met.add("plan")
        is_active = all(need in met for need in rule.needs)
        found.append(File(str(one["id"]), last.get(reference), frozenset(met), is_active))
    return found


def _is_project(task: Resource) -> bool:
    machine = machine_of(task)
    return machine is not None and machine.code == PROJECTS[PROJECT]


def _last(written: Sequence[Resource]) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for one in written:
        reference = party(one, "for") or party(one, "subject")
        day = _day(one)
        if day is not None and (reference not in found or found[reference] < day):
            found[reference] = day
    return found


def _day(one: Resource) -> date | None:
    value = one.get(_DATES.get(str(one["resourceType"]), "date"))
    text = str(value.get("start", "")) if isinstance(value, Mapping) else str(value or "")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
