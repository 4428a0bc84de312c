"""create, update, patch and delete, with their conditional forms.

Rule: https://hl7.org/fhir/R4/http.html.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson

from cordee.fhir.interactions.drafting import (
    WRITTEN_ONCE,
    Prepared,
    deletion,
    legal_id,
    need_admitted,
    note_loose,
    parsed,
    prepare,
    refuse_loose,
    refuse_unseen,
)
from cordee.fhir.interactions.governing import is_governed, write_governed
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.match import match
from cordee.fhir.interactions.reach import (
    is_exact,
    is_limited,
    reaches,
    refuse_another,
    refuse_foreign,
    refuse_out_of_reach,
)
from cordee.fhir.interactions.read import read, seen
from cordee.fhir.model.definitions import type_number
from cordee.fhir.store.draft import ABSENT, ANY_VERSION, Draft, Method
from cordee.fhir.store.identifiers import new_id
from cordee.fhir.store.repository import Version, Written
from cordee.fhir.store.scope import Scope, Trace
from cordee.runtime.errors import (
    Conflict,
    InvalidRequest,
    Issue,
    NotFound,
    VersionConflict,
)

_ATTEMPTS = 5


@dataclass(slots=True)
class Outcome:
    """What a write came to: the version, whether it is new, and warnings.

    `unchanged` when a conditional create found its resource.
    """

    version: Version
    created: bool
    warnings: list[Issue] = field(default_factory=list)
    unchanged: bool = False


async def create(
    kernel: Kernel, scope: Scope, resource_type: str, raw: bytes, *, criteria: str | None = None
) -> Outcome:
    """A new resource under an id of ours; with criteria, only when nothing meets them."""
    scope.need("c", resource_type)
    prepared = prepare(kernel, raw, resource_type, new_id())
    if criteria is None:
        await refuse_unseen(kernel, scope, [prepared])
        needs, trace = _needs(kernel, prepared), _trace(scope, prepared.draft)
        if is_governed(kernel, [prepared.draft]):
            lines = (needs, [trace])
            written = (await write_governed(kernel, scope, [prepared.draft], lines))[0]
        else:
            written = await kernel.coalescer.create(prepared.draft, needs, trace)
        if not kernel.enforce_references:
            await note_loose(kernel, [prepared])
        kernel.publisher.wake()
        return Outcome(written.version, True, prepared.warnings)
    scope.need("s", resource_type)
    async with kernel.database.transaction() as connection:
        existing = await match(kernel, scope, resource_type, criteria, connection)
        if existing is None:
            written = await _write(kernel, scope, prepared, connection)
            kernel.publisher.wake()
            return Outcome(written.version, True, prepared.warnings)
    return Outcome(await read(kernel, scope, resource_type, existing), False, unchanged=True)


async def update(  # noqa: PLR0913 -- what the interaction is made of
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    resource_id: str,
    raw: bytes,
    *,
    if_match: int | None = None,
    connection: asyncpg.Connection | None = None,
) -> Outcome:
    """A new version under a given id, or the first one; raises `VersionConflict`."""
    scope.need("u", resource_type)
    legal_id(resource_id)
    given = parsed(raw).get("id")
    if given != resource_id:
        raise InvalidRequest(f"{resource_type}.id: the body must carry the id of the address")
    expected = if_match if if_match is not None else ANY_VERSION
    if scope.actors is not None or is_exact(scope, "u", resource_type):
        expected = await _visible_version(kernel, scope, resource_type, resource_id, if_match)
    prepared = prepare(
        kernel, raw, resource_type, resource_id, method=Method.PUT, expected=expected
    )
    for attempt in range(_ATTEMPTS):
        try:
            written = await _write(kernel, scope, prepared, connection)
        except Conflict:
            if attempt == _ATTEMPTS - 1 or connection is not None:
                raise
            continue  # two first versions at once: the second is an update
        except VersionConflict as error:
            return await _taken(kernel, scope, prepared, expected, error)
        kernel.publisher.wake()
        return Outcome(written.version, written.created, prepared.warnings)
    raise AssertionError("unreachable")


async def _taken(
    kernel: Kernel, scope: Scope, prepared: Prepared, expected: int, error: VersionConflict
) -> Outcome:
    """What is there already, where a trace is sent again as it was; else raises the conflict."""
    draft = prepared.draft
    if draft.type not in WRITTEN_ONCE:
        if expected != ABSENT:
            raise error
        # Nothing is said of what the caller does not see.
        raise Conflict(f"{draft.type}: this id cannot be used; choose another") from error
    known = await kernel.coalescer.read(draft.type, draft.id, scope)
    if known is None or known.deleted or _content(known.body) != _content(draft.body):
        raise error
    return Outcome(known, False, prepared.warnings)


def _content(body: bytes) -> Any:
    """A stored body, which begins inside of `meta`, as values."""
    return orjson.loads(b'{"meta":{"versionId":""' + body)


async def conditional_update(  # noqa: PLR0913 -- what the interaction is made of
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    criteria: str,
    raw: bytes,
    *,
    if_match: int | None = None,
) -> Outcome:
    """Updates the one match, or creates when there is none; raises `VersionConflict`."""
    scope.need("u", resource_type)
    scope.need("s", resource_type)
    given = parsed(raw).get("id")
    async with kernel.database.transaction() as connection:
        existing = await match(kernel, scope, resource_type, criteria, connection)
        if existing is None and if_match is not None:
            raise VersionConflict(f"{resource_type}: nothing meets the criteria under If-Match")
        if existing is None and given is not None:
            legal_id(given)
        if existing is not None and given not in {None, existing}:
            raise InvalidRequest(f"{resource_type}.id: the criteria mean another resource")
        key = existing or given or new_id()
        expected = (if_match or ANY_VERSION) if existing else ABSENT
        if existing is not None and is_exact(scope, "u", resource_type):
            expected = await _reached(
                kernel, scope, (resource_type, existing), if_match, connection
            )
        prepared = prepare(kernel, raw, resource_type, key, method=Method.PUT, expected=expected)
        written = await _write(kernel, scope, prepared, connection)
    kernel.publisher.wake()
    return Outcome(written.version, written.created, prepared.warnings)


async def patch(  # noqa: PLR0913 -- what the interaction is made of
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    resource_id: str,
    change: Callable[[bytes], bytes],
    *,
    if_match: int | None = None,
) -> Outcome:
    """A new version made by `change` from the bytes of the present one."""
    scope.need("u", resource_type)
    for attempt in range(_ATTEMPTS):
        current = await read(kernel, scope, resource_type, resource_id)
        if if_match is not None and if_match != current.version:
            raise VersionConflict(
                f"{resource_type}: the version now is {current.version}; read it again"
            )
        refuse_out_of_reach(kernel, scope, "u", current)
        refuse_foreign(kernel, scope, current)
        prepared = patched(kernel, current, change)
        try:
            written = await _write(kernel, scope, prepared, None)
        except VersionConflict:
            if if_match is not None or attempt == _ATTEMPTS - 1:
                raise
            continue
        kernel.publisher.wake()
        return Outcome(written.version, False, prepared.warnings)
    raise AssertionError("unreachable")


def patched(kernel: Kernel, current: Version, change: Callable[[bytes], bytes]) -> Prepared:
    """Draft of the present version after a change; the identity must stay."""
    raw = change(current.whole())
    result = parsed(raw)
    if result.get("id") != current.id or result.get("resourceType") != current.type:
        raise InvalidRequest(f"{current.type}: a patch cannot change the type or the id")
    return prepare(
        kernel, raw, current.type, current.id, method=Method.PATCH, expected=current.version
    )


async def conditional_id(
    kernel: Kernel, scope: Scope, resource_type: str, criteria: str
) -> str | None:
    """Id of the one match of a conditional patch or delete."""
    scope.need("s", resource_type)
    async with kernel.database.transaction() as connection:
        return await match(kernel, scope, resource_type, criteria, connection)


async def delete(
    kernel: Kernel,
    scope: Scope,
    resource_type: str,
    resource_id: str,
    *,
    if_match: int | None = None,
) -> Version | None:
    """Marks the resource as deleted; None when there is nothing to delete."""
    scope.need("d", resource_type)
    current = await seen(kernel, scope, resource_type, resource_id)
    if current is None or not reaches(kernel, scope, "d", current):
        if if_match is not None:
            raise NotFound(f"{resource_type}/{resource_id}: there is nothing here")
        return None
    refuse_foreign(kernel, scope, current)
    expected = if_match or ANY_VERSION
    if is_exact(scope, "d", resource_type):
        expected = refuse_another(current, if_match)
    draft = deletion(kernel, resource_type, resource_id, expected)
    await need_admitted(kernel, scope, [draft])
    written = await write_governed(kernel, scope, [draft], ([], [_trace(scope, draft)]))
    kernel.publisher.wake()
    return written[0].version if written else None


async def _reached(
    kernel: Kernel,
    scope: Scope,
    name: tuple[str, str],
    if_match: int | None,
    connection: asyncpg.Connection,
) -> int:
    """The version that a limited right to update may replace."""
    kind, key = name
    found = await seen(kernel, scope, kind, key, connection)
    if found is None:
        raise NotFound(f"{kind}/{key}: there is nothing here")
    refuse_out_of_reach(kernel, scope, "u", found)
    refuse_foreign(kernel, scope, found)
    return refuse_another(found, if_match)


async def _visible_version(
    kernel: Kernel, scope: Scope, resource_type: str, resource_id: str, if_match: int | None
) -> int:
    """The version that a scoped caller may replace; absent where they see nothing.

    Raises `VersionConflict` where they name a version of what they do not see, as of what is not
    there. What a limited right does not reach is not seen.
    """
    current = await seen(kernel, scope, resource_type, resource_id)
    if is_limited(scope, "u", resource_type):
        current = current if reaches(kernel, scope, "u", current) else None
    if current is None and if_match is not None:
        raise VersionConflict(f"{resource_type}: the version now is 0; there is nothing to replace")
    if current is None:
        return ABSENT
    refuse_foreign(kernel, scope, current)
    if if_match is not None and is_exact(scope, "u", resource_type):
        return refuse_another(current, if_match)
    if if_match is not None:
        return if_match
    return ANY_VERSION if current.deleted else current.version


async def _write(
    kernel: Kernel, scope: Scope, prepared: Prepared, connection: asyncpg.Connection | None
) -> Written:
    await refuse_unseen(kernel, scope, [prepared], connection)
    lines = (_needs(kernel, prepared), [_trace(scope, prepared.draft)])
    written = await write_governed(kernel, scope, [prepared.draft], lines, connection)
    if not kernel.enforce_references:
        await note_loose(kernel, [prepared], connection)
    return written[0]


def _needs(kernel: Kernel, prepared: Prepared) -> list[tuple[str, str]]:
    if not kernel.enforce_references:
        return []
    refuse_loose(prepared.urns)
    return prepared.needs


def _trace(scope: Scope, draft: Draft) -> Trace:
    action = {Method.POST: "C", Method.DELETE: "D"}.get(draft.method, "U")
    patients = (draft.patient,) if draft.patient is not None else ()
    return Trace(
        scope.agent,
        action,
        type_number(draft.type),
        patients,
        f"{draft.method.name} {draft.id}",
        scope.acting,
    )
