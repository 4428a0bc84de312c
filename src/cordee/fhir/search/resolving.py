"""What a chain or `_has` points to, looked up first where it is little.

A few targets become keys of the row itself, which an index answers; the planner cannot know that
they are few. Many targets stay a condition that is tried on each row that is walked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

import asyncpg

from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.links import Chain, InTree, ReferredBy
from cordee.fhir.search.compile.predicates import (
    All,
    AnyOf,
    Column,
    Keys,
    Not,
    Nothing,
    OfPatient,
    Predicate,
)
from cordee.fhir.search.compile.words import Words
from cordee.fhir.search.opening import words_in
from cordee.fhir.store.partitions import table, type_condition
from cordee.runtime.errors import TooCostly

FEW = 1000
MOST_IN_TREE = 5000
Fetch = Callable[[str], Awaitable[Sequence[asyncpg.Record]]]


async def resolved(  # noqa: C901, PLR0911 -- one line a kind of predicate
    predicate: Predicate, resource_type: str, builder: Builder, fetch: Fetch
) -> Predicate:
    """The predicate with every link that has few ends replaced by those; `fetch` runs a SELECT.

    `resource_type` is the type of the rows that it is a condition on.
    """
    match predicate:
        case All(parts):
            made = [await resolved(part, resource_type, builder, fetch) for part in parts]
            return All(tuple(made))
        case AnyOf(parts):
            made = [await resolved(part, resource_type, builder, fetch) for part in parts]
            return await _alternatives(either(made), resource_type, builder, fetch)
        case Not(part):
            return Not(await resolved(part, resource_type, builder, fetch))
        case Chain():
            return await _chain(predicate, builder, fetch)
        case ReferredBy():
            return await _referred(predicate, builder, fetch)
        case InTree():
            rows = await fetch(predicate.ids_sql(builder, MOST_IN_TREE + 1))
            if len(rows) > MOST_IN_TREE:
                raise TooCostly("the tree is too large to be searched; name an entity further down")
            return predicate.keys(row[0] for row in rows)
        case Words():
            return await words_in(predicate, resource_type, builder, fetch)
        case _:
            return predicate


def either(parts: Iterable[Predicate]) -> Predicate:
    """At least one part holds; parts of one kind become one, which an index can answer."""
    keys: list[int] = []
    in_order = True
    patients: list[int] = []
    others: list[Predicate] = []
    for part in parts:
        match part:
            case Keys(found):
                keys += found
                in_order = in_order and part.sorted
            case OfPatient(found):
                patients += found
            case Nothing():
                continue
            case _:
                others.append(part)
    if patients:
        others.insert(0, OfPatient(tuple(dict.fromkeys(patients))))
    if keys:
        others.insert(0, Keys(tuple(dict.fromkeys(keys)), in_order))
    if not others:
        return Nothing()
    return others[0] if len(others) == 1 else AnyOf(tuple(others))


async def _alternatives(
    predicate: Predicate, resource_type: str, builder: Builder, fetch: Fetch
) -> Predicate:
    """A bare id may be a patient's or a group's: what no row refers to is left out.

    The patient that is left then leads an index.
    """
    match predicate:
        case AnyOf((Keys() as keys, OfPatient() as patients)):
            used = await fetch(
                f"SELECT FROM {table(resource_type)} r WHERE {type_condition(resource_type, 'r')}"
                f" AND {keys.sql(builder, 'r')} LIMIT 1"
            )
            return predicate if used else patients
        case _:
            return predicate


async def _chain(chain: Chain, builder: Builder, fetch: Fetch) -> Predicate:
    condition = await resolved(chain.target.condition, chain.target.type, builder, fetch)
    if isinstance(condition, Nothing):
        return condition
    chain = replace(chain, target=replace(chain.target, condition=condition))
    entities = [row[0] for row in await fetch(chain.targets_sql(builder, FEW + 1))]
    if not entities:
        return Nothing()
    if len(entities) > FEW:
        return chain
    if chain.on_patient:
        return OfPatient(tuple(entities))
    return Keys(tuple(entity ^ chain.salt for entity in entities))


async def _referred(link: ReferredBy, builder: Builder, fetch: Fetch) -> Predicate:
    condition = await resolved(link.source.condition, link.source.type, builder, fetch)
    if isinstance(condition, Nothing):
        return condition
    link = replace(link, source=replace(link.source, condition=condition))
    named = [row[0] for row in await fetch(f"{link.named_sql(builder)} LIMIT {FEW + 1}")]
    if len(named) > FEW:
        return link
    found = sorted({one for one in named if one is not None})
    if not found:
        return Nothing()
    if link.on_patient:
        return OfPatient(tuple(found))
    return Column(f"{{a}}.id = ANY ({builder.add(found, 'text[]')})")
