"""The ties of a professional as hashes of `care_circle`: which of them open what.

A tie stands in `care_circle` under the hash of who is tied, with its kind before it. A broken glass
and a consent for one consultation are actors of their own, who are the professional's while they
run: they end by themselves. Decision 0030.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from cordee.access.facts import Confidentiality, RelationKind
from cordee.access.labels import opens
from cordee.access.registers.consultations import consultation_actor, live_consultations
from cordee.access.registers.grants import glass_actor, live_glasses
from cordee.access.standing import roles_of
from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.indexing.landmarks import ATTENDING, AUTHOR, CIRCLE, TEAM
from cordee.fhir.store.scope import Ties
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection, Database

_SHOWN: Final = """
SELECT DISTINCT c.pat FROM care_circle c JOIN shown_to_attending s ON s.pat = c.pat
WHERE c.actor = ANY ($1::int8[])
"""
_DUE: Final = """
SELECT EXISTS (SELECT FROM circle_term WHERE actor = ANY ($1::int8[]) AND turns <= $2)
"""
# What a patient has closed to somebody closes what was opened to them for an hour as well.
_NOT_BLOCKED: Final = """
SELECT c.actor FROM care_circle c WHERE c.actor = ANY ($1::int8[]) AND NOT EXISTS (
  SELECT FROM closed_circle k WHERE k.pat = c.pat AND k.actor = ANY ($2::int8[]))
"""


async def turn_terms(
    connection: Connection, keys: Callable[[str], int], entities: Sequence[str], at: datetime
) -> None:
    """Begins and ends the ties of these references that are due: none is open a moment longer."""
    actors = [keys(kind + one) for kind in (TEAM, CIRCLE) for one in entities]
    if await connection.fetchval(_DUE, actors, at):
        await connection.execute("SELECT turn_terms($1, $2)", at, actors)


async def turn_all(database: Database, at: datetime) -> int:
    """How many ties began or ended: of everybody, also of those who are not at work now."""
    async with database.write.acquire() as connection:
        return await connection.fetchval("SELECT turn_terms($1)", at) or 0


async def read_ties(
    connection: Connection, keys: KeyMaker, principal: Principal, classes: bytes, at: datetime
) -> tuple[tuple[int, ...], Ties]:
    """All actors that a professional is, and what their ties open beyond the ordinary."""
    who = [principal.practitioner] if principal.practitioner else []
    if who:
        who += await roles_of(connection, keys, principal.practitioner)
    everyone = [principal.structure, *who] if principal.structure else who
    await turn_terms(connection, keys, everyone, at)
    by_kind: dict[RelationKind, list[int]] = {
        RelationKind.TEAM: [keys(TEAM + one) for one in everyone],
        RelationKind.CIRCLE: [keys(CIRCLE + one) for one in everyone],
        RelationKind.ATTENDING: [keys(ATTENDING + one) for one in who],
        RelationKind.GLASS: [
            keys(glass_actor(one)) for one in await live_glasses(connection, principal.user, at)
        ],
        RelationKind.CONSULTATION: [
            keys(consultation_actor(one))
            for one in await live_consultations(connection, principal.user, at)
        ],
    }
    for kind in (RelationKind.GLASS, RelationKind.CONSULTATION):
        if by_kind[kind]:
            entities = [keys(one) for one in everyone]
            rows = await connection.fetch(_NOT_BLOCKED, by_kind[kind], entities)
            by_kind[kind] = [row["actor"] for row in rows]
    attending = by_kind[RelationKind.ATTENDING]
    shown = await connection.fetch(_SHOWN, attending) if attending else []
    in_person = not principal.delegated_by
    day = at.date()
    ties = Ties(
        restricted=_opening(by_kind, Confidentiality.RESTRICTED, day),
        very=_opening(by_kind, Confidentiality.VERY_RESTRICTED, day) if in_person else (),
        own=(keys(principal.structure),) if principal.structure and in_person else (),
        unmasked=tuple(row["pat"] for row in shown),
        author=tuple(keys(AUTHOR + one) for one in who),
        classes=classes,
        passing=(*by_kind[RelationKind.GLASS], *by_kind[RelationKind.CONSULTATION]),
    )
    return tuple(actor for kind in by_kind.values() for actor in kind), ties


def _opening(
    by_kind: dict[RelationKind, list[int]], confidentiality: Confidentiality, day: date
) -> tuple[int, ...]:
    found: Sequence[int] = [
        actor
        for kind, actors in by_kind.items()
        if opens(kind, confidentiality, day)
        for actor in actors
    ]
    return tuple(found)
