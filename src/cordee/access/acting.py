"""As what somebody acts, kept once and named by every line of the trail. Rule: A2.5, A2.7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.principal import Principal
from cordee.runtime.database import Connection

_COLUMNS: Final = (
    "agent", "name", "role", "profession", "functions", "structure", "practitioner", "situation",
    "delegated_by", "client", "level",
)  # fmt: skip
_KEEP: Final = """
INSERT INTO acting (id, agent, name, role, profession, functions, structure, practitioner,
  situation, delegated_by, client, level)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING
"""


def acting_number(keys: KeyMaker, principal: Principal) -> int:
    """The number of the row that says as what a principal acts: a keyed digest of what it says."""
    return keys(_text(_told(principal)))


async def keep_acting(connection: Connection, keys: KeyMaker, principal: Principal) -> int:
    """Keeps as what a principal acts, before the first line that names it; its number."""
    number = acting_number(keys, principal)
    await connection.execute(_KEEP, number, *_told(principal))
    return number


async def changed_acting(connection: Connection, keys: KeyMaker) -> str:
    """The agent of a row that does not answer to its number any more; "" when all do."""
    for row in await connection.fetch("SELECT * FROM acting ORDER BY id"):
        told = [row[name] for name in _COLUMNS]
        if keys(_text(told)) != row["id"]:
            return row["agent"]
    return ""


def _text(told: Sequence[object]) -> str:
    return "acting " + orjson.dumps(told).decode()


def _told(principal: Principal) -> list[str | int | list[str]]:
    return [
        principal.user, principal.name, principal.role, principal.profession,
        sorted(principal.functions), principal.structure, principal.practitioner,
        principal.situation, principal.delegated_by, principal.client, principal.level,
    ]  # fmt: skip
