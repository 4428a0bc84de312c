"""The bearer tokens by which a structure provisions its people; kept as their digest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.clock import now
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotAuthenticated, NotFound
from cordee.runtime.queries import load_queries

LONGEST_DAYS: Final = 366
_QUERIES = load_queries("cordee.identity.provisioning")


class ProvisioningTokens:
    """The table of tokens."""

    def __init__(self, database: Database) -> None:
        """Every question goes to `database`: a removed token ends in all processes at once."""
        self._database = database

    async def make(self, structure: str, label: str, days: int) -> str:
        """A token for a structure, shown once."""
        if not structure.startswith("Organization/") or not label:
            raise InvalidRequest("give --structure Organization/ID and a --label")
        if not 0 < days <= LONGEST_DAYS:
            raise InvalidRequest(f"--days: from 1 to {LONGEST_DAYS}")
        token = secrets.token_urlsafe(32)
        ends: datetime = now() + timedelta(days=days)
        async with self._database.write.acquire() as connection:
            await connection.execute(
                _QUERIES["add_token"], fingerprint(token), structure, label, ends
            )
        return token

    async def structure_of(self, token: str) -> tuple[str, str]:
        """`Organization/id` and label of a token that holds; raises `NotAuthenticated`."""
        async with self._database.write.acquire() as connection:
            row = await connection.fetchrow(
                _QUERIES["structure_of_token"], fingerprint(token), now()
            )
        if row is None:
            raise NotAuthenticated("the token is not known, was removed or has ended")
        return row["structure"], row["label"]

    async def all(self) -> Sequence[dict[str, Any]]:
        """Those in use; their digest names them."""
        async with self._database.write.acquire() as connection:
            return [dict(row) for row in await connection.fetch(_QUERIES["tokens"])]

    async def remove(self, beginning: str) -> None:
        """Ends a token by the beginning of its digest; raises `NotFound`."""
        async with self._database.write.acquire() as connection:
            if await connection.fetchval(_QUERIES["remove_token"], beginning) is None:
                raise NotFound("there is no such token; see `cordee scim list`")
