"""What only the database answers of criteria: asked for all subscriptions and writes at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from cordee.fhir.search.clauses.clause import criterion
from cordee.fhir.search.clauses.context import Context
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.predicates import All
from cordee.fhir.store.partitions import table, type_condition
from cordee.fhir.subscriptions.matching import Group, Pending
from cordee.runtime.database import AWAY, Database, is_outage

_AT_ONCE: Final = 200
"""Conditions of one statement."""
_Questions = Sequence[tuple[Group, Sequence[int]]]
Answers = set[tuple[int, int]]
"""Group (by identity) and row of what holds."""


@dataclass(frozen=True, slots=True)
class Question:
    """A pending condition on the row of a write."""

    rid: int
    pending: Pending


async def answers(database: Database, context: Context, questions: Sequence[Question]) -> Answers:
    """Which conditions hold, by one statement for every 200 of them.

    A condition that takes the database too long holds for nothing, and is logged.
    """
    groups: dict[int, tuple[Group, list[int]]] = {}
    for one in questions:
        group = one.pending.group
        groups.setdefault(id(group), (group, []))[1].append(one.rid)
    found: Answers = set()
    asked = list(groups.values())
    for first in range(0, len(asked), _AT_ONCE):
        found |= await _told(database, context, asked[first : first + _AT_ONCE])
    return found


async def _told(database: Database, context: Context, asked: _Questions) -> Answers:
    try:
        return await _fetched(database, context, asked)
    except AWAY as error:
        if is_outage(error):
            raise
        if len(asked) == 1:
            structlog.get_logger().warning(
                "subscription_criteria_too_costly", type=asked[0][0].condition.type
            )
            return set()
    found: Answers = set()
    for one in asked:
        found |= await _told(database, context, [one])
    return found


async def _fetched(database: Database, context: Context, asked: _Questions) -> Answers:
    builder = Builder()
    inside = replace(context, builder=builder)
    parts: list[str] = []
    for place, (group, rids) in enumerate(asked):
        condition = group.condition
        predicates = [
            await criterion(inside, condition.type, name, text) for name, text in condition.asked
        ]
        rows = builder.add(sorted(set(rids)), "int8[]")
        parts.append(
            # Names of tables and predicates of the search; values are parameters.
            f"SELECT {place} AS place, r.rid FROM {table(condition.type)} r"  # noqa: S608 -- see above
            f" WHERE {type_condition(condition.type, 'r')} AND r.rid = ANY ({rows})"
            f" AND {All(tuple(predicates)).sql(builder, 'r')}"
        )
    sql, values = builder.bound(" UNION ALL ".join(parts))
    async with database.search.acquire() as connection:
        rows = await connection.fetch(sql, *values)
    return {(id(asked[row["place"]][0]), row["rid"]) for row in rows}
