"""Letters between centres of one base: a table, written in the sender's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from cordee.care.overflow.ports import Letter
from cordee.runtime.clock import now
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")


class BaseTransport:
    """The transport between centres of one base. Implements `ports.Wires`."""

    async def send(self, connection: Connection, letters: Sequence[Letter]) -> None:
        """Lays letters down for their recipients, as soon as the transaction is over."""
        if letters:
            await connection.execute(
                QUERIES["send"], [one.sender for one in letters],
                [one.recipient for one in letters], [pack(one) for one in letters], now(),
            )  # fmt: skip

    async def away(self) -> tuple[str, ...]:
        """No centre of this base is elsewhere."""
        return ()

    async def collect(self, connection: Connection, centre: str, most: int) -> list[Letter]:
        """The next letters for a centre; they are there again when the transaction fails."""
        rows = await connection.fetch(QUERIES["letters"], centre, most)
        return [unpack(row["content"]) for row in sorted(rows, key=lambda row: row["n"])]


def pack(letter: Letter) -> str:
    """A letter as JSON."""
    said = {name: getattr(letter, name) for name in Letter.__dataclass_fields__}
    return orjson.dumps(said, default=str).decode()


def unpack(content: str) -> Letter:
    """A letter of its JSON; raises `KeyError` or `ValueError` when it is none."""
    said: Mapping[str, Any] = orjson.loads(content)
    since = said["since"]
    return Letter(
        said["sender"], said["recipient"], said["kind"], UUID(said["episode"]),
        _key(said["transfer"]), _key(said["call"]),
        datetime.fromisoformat(since) if since else None, said["detail"],
    )  # fmt: skip


def _key(said: str | None) -> UUID | None:
    return UUID(said) if said else None
