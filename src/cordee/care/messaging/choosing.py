"""Who is chosen for a thread: named by the directory, never by the page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from cordee.care.circle.finding import known_names
from cordee.care.circle.team import is_circle, is_over, members_of
from cordee.care.circle.vocabulary import CONTACT
from cordee.care.messaging.facts import Member
from cordee.care.store import Store
from cordee.identity.principal import Principal
from cordee.runtime.errors import RuleBroken


async def chosen(
    store: Store, principal: Principal, patient: str, references: Sequence[str], at: datetime
) -> list[Member]:
    """These professionals and structures, with whether they are outside the patient's circle.

    `patient` is an id, "" where a thread is about nobody. Raises `RuleBroken` for a reference that
    the directory does not know.
    """
    names, inside = await asyncio.gather(
        known_names(store, principal, references), _inside(store, principal, patient, at)
    )
    if any(one not in names for one in references):
        raise RuleBroken("Choisissez quelqu’un dans la liste.")
    return [
        Member(one, names[one], outside=bool(patient) and one not in inside)
        for one in dict.fromkeys(references)
    ]


async def _inside(store: Store, principal: Principal, patient: str, at: datetime) -> set[str]:
    """Who shares the record of a patient by their circle."""
    if not patient:
        return set()
    teams = await store.search(principal, "CareTeam", f"patient=Patient/{patient}&_count=50")
    return {
        one.reference
        for team in teams
        if is_circle(team)
        for one in members_of(team)
        if one.access != CONTACT and not is_over(one, at)
    }
