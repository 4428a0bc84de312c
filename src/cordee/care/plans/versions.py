"""Versions of a plan side by side: what was written then, what is different. Rule: B3.6.

A version of a plan is that of its CarePlan, with its goals as they stood until the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cordee.care.plans.plan import Plan, read_plan
from cordee.care.plans.vocabulary import DOMAINS, OUTCOMES, PRIORITIES
from cordee.care.store import Resource
from cordee.identity.principal import Principal
from cordee.runtime.french import short_date

MOST: Final = 50
_GOALS: Final = 30


class Histories(Protocol):
    """Former versions through the guard."""

    async def of(self, principal: Principal, kind: str, key: str) -> list[Resource]:
        """The versions of a resource, the newest first; at most 50; raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """One version: its number, and when it was written."""

    number: int
    at: str


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a plan in two versions; "" where a version has it not."""

    part: str
    before: str
    after: str

    @property
    def change(self) -> str:
        """`added`, `removed`, `changed`, or "" for what is the same."""
        if self.before == self.after:
            return ""
        return "added" if not self.before else "removed" if not self.after else "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a plan, the older first, and all that there are."""

    versions: tuple[Version, ...]
    older: Version
    newer: Version
    lines: tuple[Line, ...]


async def compare(
    histories: Histories, principal: Principal, plan: Plan, wanted: tuple[int, int]
) -> Comparison:
    """Two versions of a plan side by side; numbers that are not there give the last two."""
    rows, *goals = await asyncio.gather(
        histories.of(principal, "CarePlan", plan.key),
        *(histories.of(principal, "Goal", one.key) for one in plan.goals[:_GOALS]),
    )
    versions = [Version(_number(one), _updated(one)) for one in rows]
    known = {_number(one): place for place, one in enumerate(rows)}
    places = sorted((known.get(one, -1) for one in wanted), reverse=True)
    if places[-1] < 0 or places[0] == places[-1]:
        places = [_other(rows, goals, plan), 0]
    older, newer = (_plan_of(rows, place, goals, plan) for place in places)
    return Comparison(
        tuple(versions), versions[places[0]], versions[places[1]], tuple(lines(older, newer))
    )


def _other(rows: Sequence[Resource], goals: Sequence[Sequence[Resource]], plan: Plan) -> int:
    """The place of the last version that says something else, the first one where none does."""
    newest = _told(_plan_of(rows, 0, goals, plan))
    others = range(1, len(rows))
    differing = (one for one in others if _told(_plan_of(rows, one, goals, plan)) != newest)
    return next(differing, len(rows) - 1)


def lines(older: Plan, newer: Plan) -> list[Line]:
    """Each thing that one of two plans says, in the order of the newer."""
    before, after = _told(older), _told(newer)
    keys = [*after, *(one for one in before if one not in after)]
    parts = [key[0] for key in keys]
    order = {part: place for place, part in enumerate(dict.fromkeys(parts))}
    keys.sort(key=lambda one: order[one[0]])
    return [Line(key[0], before.get(key, ""), after.get(key, "")) for key in keys]


def _plan_of(
    rows: Sequence[Resource], place: int, goals: Sequence[Sequence[Resource]], plan: Plan
) -> Plan:
    until = _updated(rows[place - 1]) if place else "9"
    resource = rows[place]
    linked = {str(one.get("reference", "")) for one in resource.get("goal", ())}
    stood = [
        next((one for one in history if _updated(one) < until), None)
        for history in goals
        if history and f"Goal/{history[0]['id']}" in linked
    ]
    asked = {
        str((one.get("reference") or {}).get("reference", ""))
        for one in resource.get("activity", ())
    }
    tasks = [one.task for one in plan.actions if f"Task/{one.key}" in asked]
    return read_plan(resource, [*(one for one in stood if one), *tasks])


def _told(plan: Plan) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {
        ("Ce qui compte pour moi", ""): plan.words,
        ("Habitudes", ""): plan.habits,
        ("Titre", ""): plan.title,
        ("Révision", ""): short_date(plan.review),
    }
    for number, one in enumerate(plan.calls, 1):
        found["Qui appeler", str(number)] = ", ".join(
            filter(None, (f"{number}. {one.name}", one.phone, one.when))
        )
    for one in plan.needs:
        possible = "" if one.possible else "pas d’intervention possible"
        priority = PRIORITIES.get(one.priority, "").lower()
        found["Besoins", one.key] = ", ".join(
            filter(None, (one.text, f"domaine {DOMAINS.get(one.domain, '').lower()}",
                          f"priorité {priority}", one.detail, possible))
        )  # fmt: skip
    for one in plan.goals:
        outcome = OUTCOMES.get(one.outcome, "").lower()
        found["Objectifs", one.key] = ", ".join(
            filter(None, (one.text, one.measure, short_date(one.due), outcome, one.reason))
        )
    for one in plan.actions:
        found["Actions", one.key] = ", ".join(filter(None, (one.text, short_date(one.due))))
    return {key: text for key, text in found.items() if text}


def _number(resource: Mapping[str, Any]) -> int:
    return int(resource["meta"]["versionId"])


def _updated(resource: Mapping[str, Any]) -> str:
    return str(resource["meta"]["lastUpdated"])
