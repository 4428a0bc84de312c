"""read and vread. Rule: https://hl7.org/fhir/R4/http.html#read."""

from __future__ import annotations

import asyncpg

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.search.query import read_query
from cordee.fhir.store.history import version_read
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import AccessDenied, Deleted, NotFound


async def read(kernel: Kernel, scope: Scope, resource_type: str, resource_id: str) -> Version:
    """Newest version; raises `NotFound` or `Deleted`."""
    scope.need("r", resource_type)
    await need_open(kernel, scope, resource_type, resource_id)
    found = await kernel.coalescer.read(resource_type, resource_id, scope)
    return _present(found, resource_type, resource_id)


async def vread(
    kernel: Kernel, scope: Scope, resource_type: str, resource_id: str, version: str
) -> Version:
    """One version by its number; raises `NotFound` or `Deleted`."""
    scope.need("r", resource_type)
    if not version.isdecimal() or len(version) > 9:  # noqa: PLR2004 -- int4
        raise NotFound(f"{resource_type}/{resource_id}: there is no such version")
    await need_open(kernel, scope, resource_type, resource_id, former=True)
    found = await version_read(kernel.database, scope, resource_type, resource_id, int(version))
    return _present(found, resource_type, resource_id)


async def need_open(
    kernel: Kernel, scope: Scope, resource_type: str, resource_id: str, *, former: bool = False
) -> None:
    """Raises `NotFound` for a resource that a limited right to read leaves out.

    `former` versions may not meet the search that limits a right: then `AccessDenied`.
    """
    limits = scope.limits_of("r", resource_type)
    if not limits:
        return
    if former and any(one.criteria for one in limits):
        raise AccessDenied(f"{resource_type}: this token opens no former versions")
    query = read_query(resource_type, [("_id", resource_id), ("_total", "none")])
    found = await kernel.searcher.search(query, scope.searching("r", resource_type))
    if not any(one.id == resource_id for one in found.matches):
        raise NotFound(f"{resource_type}/{resource_id}: there is nothing here")


async def seen(
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    resource_id: str,
    connection: asyncpg.Connection | None = None,
) -> Version | None:
    """Newest version for who writes over it, None for what they do not see.

    What a right to read leaves out by its criteria is not seen: nobody writes over, deletes or gets
    back by a patch what they may not read. With a transaction's connection all is asked on it:
    waiting for another could be forever.
    """
    if connection is None:
        found = await kernel.coalescer.read(resource_type, resource_id, scope)
    else:
        row = [(resource_id, scope)]
        found = (await kernel.repository.read_many(resource_type, row, connection=connection))[0]
    limits = scope.limits_of("r", resource_type)
    if found is None or found.deleted or not any(one.criteria for one in limits):
        return found
    query = read_query(resource_type, [("_id", resource_id), ("_total", "none")])
    searching = scope.searching("r", resource_type)
    open_ones = await kernel.searcher.search(query, searching, connection=connection)
    return found if any(one.id == resource_id for one in open_ones.matches) else None


def _present(found: Version | None, resource_type: str, resource_id: str) -> Version:
    if found is None:
        raise NotFound(f"{resource_type}/{resource_id}: there is nothing here")
    if found.deleted:
        raise Deleted(f"{resource_type}/{resource_id} was deleted (version {found.version})")
    return found
