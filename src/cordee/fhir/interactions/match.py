"""Criteria of conditional interactions: which resource they mean."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl

import asyncpg

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.query import Query, read_query
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import InvalidRequest, MultipleMatches


async def match(
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    criteria: str,
    connection: asyncpg.Connection,
) -> str | None:
    """Id of the one resource that meets the criteria, None when none does.

    Holds a lock on the criteria until the transaction ends, so that two conditional creates cannot
    both find nothing. Raises `MultipleMatches`, or `InvalidRequest` for criteria that say nothing.
    """
    query = conditional_query(resource_type, criteria)
    await lock_criteria(kernel, [(resource_type, criteria)], connection)
    found = await kernel.searcher.search(query, scope, connection=connection)
    if len(found.matches) > 1:
        raise MultipleMatches(
            f"{resource_type}: these criteria match several resources; name one more"
        )
    return found.matches[0].id if found.matches else None


async def lock_criteria(
    kernel: Kernel, conditions: Iterable[tuple[str, str]], connection: asyncpg.Connection
) -> None:
    """Locks conditions, as (type, criteria), until the transaction ends.

    Always in the same order, so that two transactions cannot wait for each other; taken again by
    the same transaction, a lock costs nothing.
    """
    locks = {
        kernel.keys(f"condition {kind}?{sorted(conditional_query(kind, criteria).criteria)}")
        for kind, criteria in conditions
    }
    await connection.execute(
        "SELECT pg_advisory_xact_lock(k) FROM (SELECT k FROM unnest($1::int8[]) k ORDER BY k "
        "OFFSET 0) ordered",
        list(locks),
    )


def conditional_query(resource_type: str, criteria: str) -> Query:
    """Query of `name=value&…`; at most two matches are fetched."""
    pairs = parse_qsl(criteria.removeprefix("?"), keep_blank_values=True)
    query = read_query(resource_type, pairs)
    if not any(text for _, text in query.criteria):
        raise InvalidRequest(f"{resource_type}: a conditional interaction needs search criteria")
    if query.contained != "false":
        raise InvalidRequest("_contained: a condition means resources that stand for themselves")
    query.count, query.total = 2, "none"
    return query
