"""What the entries of a transaction mean: their ids, the links between them, their conditions.

Rule: https://hl7.org/fhir/R4/http.html#trules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg
import orjson

from cordee.fhir.interactions.drafting import Prepared, legal_id
from cordee.fhir.interactions.entries import Entry, head_of
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.match import lock_criteria, match
from cordee.fhir.interactions.rewriting import Links
from cordee.fhir.store.identifiers import new_id
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import (
    InvalidRequest,
    Issue,
    MultipleMatches,
    NotFound,
    ResourceInvalid,
    VersionConflict,
)

_TURNS = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2}


@dataclass(slots=True)
class Plan:
    """A transaction as it takes shape; its members are keyed by the place of the entry."""

    entries: list[Entry]
    ids: dict[int, str] = field(default_factory=dict)
    kept: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    promised: dict[tuple[str, str], str] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    drafts: dict[int, Prepared] = field(default_factory=dict)


async def resolve(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    references: set[bytes],
    connection: asyncpg.Connection | None,
) -> None:
    """Ids of all entries, then the links that they are known by."""
    seen: set[tuple[str, str]] = set()
    if connection is not None:
        await _lock(kernel, plan, references, connection)
    for entry in sorted(plan.entries, key=lambda one: _TURNS.get(one.verb, 0)):
        if entry.verb in {"GET", "HEAD"}:
            continue
        key = await _id_of(kernel, scope, plan, entry, connection)
        if key is None:
            continue
        plan.ids[entry.place] = key
        if (entry.type, key) in seen and entry.place not in plan.kept:
            raise InvalidRequest(
                f"Bundle.entry[{entry.place}]: another entry writes the same resource",
                expression=(f"Bundle.entry[{entry.place}]",),
            )
        seen.add((entry.type, key))
        _link(plan, entry, key)
    for text in references:
        plan.links.add(text, await _reference(kernel, scope, plan, text, connection))


async def _id_of(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    entry: Entry,
    connection: asyncpg.Connection | None,
) -> str | None:
    if entry.verb == "POST":
        if entry.if_none_exist and connection is not None:
            return await _new_or_kept(kernel, scope, plan, entry, connection)
        return new_id()
    if entry.id is not None:
        return legal_id(entry.id)
    if connection is None or entry.criteria is None:
        raise AssertionError("criteria need a connection")
    found = await match(kernel, scope, entry.type, entry.criteria, connection)
    return found if found is not None else _unmatched(plan, entry)


def _unmatched(plan: Plan, entry: Entry) -> str | None:
    """Id of an entry whose criteria nothing meets; None when there is nothing to do."""
    if entry.verb == "PUT":
        if entry.if_match is not None:
            raise VersionConflict(f"Bundle.entry[{entry.place}]: nothing meets the criteria")
        given = head_of(entry.resource or b"{}").id
        plan.fresh.add(entry.place)
        return legal_id(given) if given else new_id()
    if entry.verb == "DELETE":
        plan.gone.add(entry.place)
        return None
    raise NotFound(f"Bundle.entry[{entry.place}]: nothing meets the criteria of the patch")


async def _lock(
    kernel: Kernel, plan: Plan, references: set[bytes], connection: asyncpg.Connection
) -> None:
    conditions = [
        (entry.type, entry.if_none_exist or entry.criteria or "")
        for entry in plan.entries
        if entry.verb not in {"GET", "HEAD"} and (entry.if_none_exist or entry.criteria)
    ]
    for text in references:
        kind, _, criteria = str(orjson.loads(b'"' + text + b'"')).partition("?")
        conditions.append((kind, criteria))
    if conditions:
        await lock_criteria(kernel, conditions, connection)


async def _new_or_kept(
    kernel: Kernel, scope: Scope, plan: Plan, entry: Entry, connection: asyncpg.Connection
) -> str:
    """Id of a conditional create: of what is there already, also by an entry before this one."""
    criteria = entry.if_none_exist or ""
    promised = plan.promised.get((entry.type, criteria))
    found = promised or await match(kernel, scope, entry.type, criteria, connection)
    deleted = {
        plan.ids.get(one.place)
        for one in plan.entries
        if one.verb == "DELETE" and one.type == entry.type
    }
    if found is not None and found not in deleted:
        plan.kept[entry.place] = found
        return found
    made = plan.promised[entry.type, criteria] = new_id()
    return made


def _link(plan: Plan, entry: Entry, key: str) -> None:
    target = f"{entry.type}/{key}".encode()
    if entry.full_url:
        plan.links.add(orjson.dumps(entry.full_url)[1:-1], target)
    given = head_of(entry.resource or b"{}").id if entry.verb == "POST" else None
    if given and entry.full_url and entry.full_url.endswith(f"/{entry.type}/{given}"):
        plan.links.add(f"{entry.type}/{given}".encode(), target)


async def _reference(
    kernel: Kernel,
    scope: Scope,
    plan: Plan,
    text: bytes,
    connection: asyncpg.Connection | None,
) -> bytes:
    """What a conditional reference means: an entry by its condition, else what is stored."""
    kind, _, criteria = str(orjson.loads(b'"' + text + b'"')).partition("?")
    for entry in plan.entries:
        asked = entry.if_none_exist or (entry.criteria if entry.verb == "PUT" else None)
        if entry.type == kind and asked and asked.removeprefix("?") == criteria:
            return f"{kind}/{plan.ids[entry.place]}".encode()
    if connection is None:
        raise AssertionError("criteria need a connection")
    try:
        found = await match(kernel, scope, kind, criteria, connection)
    except MultipleMatches as error:
        raise MultipleMatches(
            f"a conditional reference to {kind} means several resources"
        ) from error
    if found is None:
        raise ResourceInvalid(
            [Issue("error", "not-found", f"a conditional reference to {kind} finds nothing")]
        )
    return f"{kind}/{found}".encode()
