"""read and vread. Rule: https://hl7.org/fhir/R4/http.html#read."""

from __future__ import annotations

from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.store.history import version_read
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import Deleted, NotFound


async def read(kernel: Kernel, scope: Scope, resource_type: str, resource_id: str) -> Version:
    """Newest version; raises `NotFound` or `Deleted`."""
    scope.need("r", resource_type)
    found = await kernel.coalescer.read(resource_type, resource_id, scope)
    return _present(found, resource_type, resource_id)


async def vread(
    kernel: Kernel, scope: Scope, resource_type: str, resource_id: str, version: str
) -> Version:
    """One version by its number; raises `NotFound` or `Deleted`."""
    scope.need("r", resource_type)
    if not version.isdecimal() or len(version) > 9:  # noqa: PLR2004 -- int4
        raise NotFound(f"{resource_type}/{resource_id}: there is no such version")
    found = await version_read(kernel.database, scope, resource_type, resource_id, int(version))
    return _present(found, resource_type, resource_id)


def _present(found: Version | None, resource_type: str, resource_id: str) -> Version:
    if found is None:
        raise NotFound(f"{resource_type}/{resource_id}: there is nothing here")
    if found.deleted:
        raise Deleted(f"{resource_type}/{resource_id} was deleted (version {found.version})")
    return found
