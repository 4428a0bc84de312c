"""What the floor of care reads and writes of records: a port, bound to the guarded kernel in `app`.

Whoever is asked for acts: what they do not see is absent, each access is in the trail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from cordee.identity.principal import Principal
from cordee.runtime.database import Connection

Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Write:
    """One resource to write; `if_match` is the version that it replaces.

    A POST makes an id of ours, unless `key` is a `urn:uuid:` that other writes of the same lot
    refer to; a PUT and a DELETE name theirs in the resource.
    """

    resource: Resource
    method: Literal["POST", "PUT", "DELETE"] = "POST"
    if_match: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a write went: type, id, version."""

    type: str
    id: str
    version: int

    @property
    def reference(self) -> str:
        """The reference that leads there."""
        return f"{self.type}/{self.id}"


Also = Callable[[Connection, Sequence[Placed]], Awaitable[None]]
"""What is written in the same transaction as resources."""


class Store(Protocol):
    """Records through the guard."""

    async def read(self, principal: Principal, kind: str, key: str) -> Resource:
        """One resource; raises `NotFound` or `Deleted`."""
        ...

    async def search(self, principal: Principal, kind: str, criteria: str) -> list[Resource]:
        """What meets the criteria of a FHIR search, at most its `_count`; inclusions come last."""
        ...

    async def write(
        self, principal: Principal, writes: Sequence[Write], also: Also | None = None
    ) -> list[Placed]:
        """Writes all or nothing, and `also` with it, in the order given.

        Raises `VersionConflict`, `ResourceInvalid`, `AccessDenied`, and what `also` raises.
        """
        ...
