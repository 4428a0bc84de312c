"""Writes of Subscription: checked, kept with their owner, seen to by the engine.

What is asked for is never what stands: a subscription is requested until its endpoint has answered,
and headers are kept apart from the resource that others read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from cordee.fhir.interactions import write as writing
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.interactions.write import Outcome
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import Scope
from cordee.fhir.subscriptions import national
from cordee.fhir.subscriptions.checking import Asking, check
from cordee.fhir.subscriptions.definition import (
    NATIONAL,
    OFF,
    REQUESTED,
    Definition,
    read_definition,
)
from cordee.fhir.subscriptions.keeping import (
    QUERIES,
    Kept,
    keep,
    kept,
    masked,
    unmasked,
    wake,
)
from cordee.fhir.subscriptions.ports import Owner, Policy
from cordee.fhir.validation.validate import check as check_resource
from cordee.runtime.clock import now
from cordee.runtime.database import Connection
from cordee.runtime.errors import (
    InvalidRequest,
    Issue,
    NotFound,
    ResourceInvalid,
    RuleBroken,
)

KIND: Final = "Subscription"
_ROOM: Final = {True: 20_000, False: 100}
"""Most subscriptions of a system, and of a person by one application."""
Change = Callable[[bytes], bytes]


@dataclass(slots=True)
class Register:
    """The door to subscriptions for one process."""

    kernel: Kernel
    policy: Policy

    async def create(self, asking: Asking, raw: bytes, *, criteria: str | None = None) -> Outcome:
        """A new subscription, requested; raises `ResourceInvalid` for what it may not ask."""
        asking.scope.need("c", KIND)
        resource, definition, warnings = await self._checked(asking, parsed(raw))
        async with self.kernel.database.transaction() as connection:
            await _room(connection, asking.owner)
            inside = self.kernel.within(connection)
            made = await writing.create(
                inside, asking.scope, KIND, orjson.dumps(masked(resource)), criteria=criteria
            )
            if made.created:
                await self._keep(
                    connection, (asking.owner, made.version.id), (resource, definition)
                )
        return self._done(made, warnings)

    async def update(
        self, asking: Asking, key: str, raw: bytes, *, if_match: int | None = None
    ) -> Outcome:
        """What its owner changes; asked for again, it is requested again."""
        asking.scope.need("u", KIND)
        given = parsed(raw)
        if given.get("id") != key:
            raise InvalidRequest(f"{KIND}.id: the body must carry the id of the address")
        known = await self.owned(asking, key, missing_is_fine=True)
        if known is not None:
            given = unmasked(given, known.resource)
        elif not asking.owner.is_system:
            await self._refuse_taken(key)
        resource, definition, warnings = await self._checked(asking, given)
        async with self.kernel.database.transaction() as connection:
            if known is None:
                await _room(connection, asking.owner)
            inside = self.kernel.within(connection)
            made = await writing.update(
                inside, asking.scope, KIND, key, orjson.dumps(masked(resource)), if_match=if_match
            )
            is_own = known is None or _is_of(known, asking.owner)
            owner = asking.owner if is_own or known is None else _owner_of(known)
            anew = known is not None and _asks_else(known.definition, definition)
            await self._keep(connection, (owner, key), (resource, definition), anew=anew)
        return self._done(made, warnings)

    async def patch(
        self, asking: Asking, key: str, change: Change, *, if_match: int | None = None
    ) -> Outcome:
        """An update made by a patch of what stands."""
        asking.scope.need("u", KIND)
        await self.owned(asking, key)
        current = await read(self.kernel, asking.scope, KIND, key)
        return await self.update(
            asking, key, change(current.whole()), if_match=if_match or current.version
        )

    async def delete(
        self, asking: Asking, key: str, *, if_match: int | None = None
    ) -> Version | None:
        """Ends it and what waits for it."""
        asking.scope.need("d", KIND)
        if (
            await self.owned(asking, key, missing_is_fine=True) is None
            and not asking.owner.is_system
        ):
            return None
        async with self.kernel.database.transaction() as connection:
            inside = self.kernel.within(connection)
            gone = await writing.delete(inside, asking.scope, KIND, key, if_match=if_match)
            await connection.execute(QUERIES["remove"], key)
        self.kernel.publisher.wake()
        return gone

    async def owned(
        self, asking: Asking, key: str, *, missing_is_fine: bool = False
    ) -> Kept | None:
        """A subscription of who asks, any for a system; raises `NotFound` for another's."""
        async with self.kernel.database.write.acquire() as connection:
            row = await connection.fetchrow(QUERIES["one"], key)
        if row is None:
            if missing_is_fine or asking.owner.is_system:
                return None
            raise NotFound(f"{KIND}/{key}: there is nothing here")
        found = kept(row)
        if not _is_of(found, asking.owner) and not asking.owner.is_system:
            raise NotFound(f"{KIND}/{key}: there is nothing here")
        return found

    async def ids(self, asking: Asking) -> list[str]:
        """Ids of the subscriptions of who asks; of all for a system."""
        login = "" if asking.owner.is_system else asking.owner.login
        async with self.kernel.database.write.acquire() as connection:
            rows = await connection.fetch(QUERIES["owned"], login, asking.owner.client)
        return [row["id"] for row in rows]

    async def _refuse_taken(self, key: str) -> None:
        """A person makes no subscription of one that stands without an owner."""
        if not await self.kernel.repository.missing([(KIND, key)]):
            raise NotFound(f"{KIND}/{key}: there is nothing here")

    async def _checked(
        self, asking: Asking, resource: dict[str, Any]
    ) -> tuple[dict[str, Any], Definition, list[Issue]]:
        """The resource as it will stand, what it asks, and warnings."""
        if resource.get("resourceType") != KIND:
            raise InvalidRequest(f"resourceType: {KIND} is expected here")
        check_resource(resource)
        definition = read_definition(resource)
        warnings: list[Issue] = []
        if definition.form == NATIONAL:
            problems = national.problems_of(resource)
            if problems:
                raise ResourceInvalid(problems)
            warnings = national.warnings_of(resource)
        await check(self.kernel, self.policy, asking, definition)
        if definition.ends is not None and definition.ends <= now():
            definition.status = OFF
        standing = {**resource, "status": OFF if definition.status == OFF else REQUESTED}
        standing.pop("error", None)
        return standing, definition, warnings

    async def _keep(
        self,
        connection: Connection,
        kept: tuple[Owner, str],
        asked: tuple[dict[str, Any], Definition],
        *,
        anew: bool = False,
    ) -> None:
        """Owner and id; the resource and what it asks."""
        (owner, key), (resource, definition) = kept, asked
        whole = {**resource, "id": key}
        ring = self.kernel.repository.ring
        await keep(connection, ring, owner, whole, definition, anew=anew)

    def _done(self, made: Outcome, warnings: list[Issue]) -> Outcome:
        self.kernel.publisher.wake()
        made.warnings += warnings
        return made


async def set_status(kernel: Kernel, scope: Scope, key: str, status: str, error: str = "") -> bool:
    """The engine's word on a subscription, in its row and its resource; False when it is so."""
    async with kernel.database.transaction() as connection:
        if await connection.fetchval(QUERIES["status"], key, status, error) is None:
            return False
        if status == OFF:
            await connection.execute(QUERIES["ended"], key)
        inside = kernel.within(connection)

        def change(raw: bytes) -> bytes:
            resource = orjson.loads(raw)
            resource.pop("error", None)
            told = {"error": error} if error else {}
            return orjson.dumps({**resource, "status": status, **told})

        try:
            await writing.patch(inside, scope, KIND, key, change)
        except NotFound:
            await connection.execute(QUERIES["remove"], key)
        await wake(connection)
    kernel.publisher.wake()
    return True


async def _room(connection: Connection, owner: Owner) -> None:
    """Raises `RuleBroken` when somebody has as many as anybody may have."""
    rows = await connection.fetch(QUERIES["owned"], owner.login, owner.client)
    if len(rows) >= _ROOM[owner.is_system]:
        raise RuleBroken("there are too many subscriptions of yours; end some of them")


def _is_of(known: Kept, owner: Owner) -> bool:
    return (known.row["owner"], known.row["client"]) == (owner.login, owner.client)


def _asks_else(former: Definition, present: Definition) -> bool:
    """Whether other writes are events of it than before."""
    return any(
        getattr(former, name) != getattr(present, name)
        for name in ("form", "topic", "filters", "type", "criteria")
    )


def _owner_of(known: Kept) -> Owner:
    """As whom it was made: a system that changes it does not become its owner."""
    row = known.row
    return Owner(row["owner"], row["client"], known.told, is_system=False)
