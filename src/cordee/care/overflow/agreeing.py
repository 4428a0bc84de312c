"""A convention between centres of two installations: told by letters, signed by each at home. C2.2.

A centre signs in its own register alone. The letter bears the terms whole, so that a signature is
never taken for other terms than those that were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from cordee.care.overflow.conventions import Terms, as_data, check, from_data
from cordee.care.overflow.ports import Letter
from cordee.runtime.database import Connection
from cordee.runtime.errors import ResourceInvalid
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
CONVENTION: Final = "convention"
"""The kind of a letter that proposes a version, or bears the signature of its sender."""
OTHER_TERMS: Final = "Cette version dit autre chose ici : proposez-en une nouvelle."
NO_TERMS: Final = "Ce ne sont pas les termes d’une convention entre ces deux centres."
_LONGEST_NAME: Final = 200


def told(ends: tuple[str, str], version: int, terms: Terms, name: str, *, signs: bool) -> Letter:
    """The letter of a version from the first of `ends` to the second; `name` is who says it."""
    sender, recipient = ends
    key = "--".join(sorted(ends))
    detail = {"version": version, "terms": as_data(terms), "by": name, "signs": signs}
    episode = uuid5(NAMESPACE_URL, f"convention:{key}/{version}")
    return Letter(sender, recipient, CONVENTION, episode, detail=detail)


async def hear(connection: Connection, said: Letter, at: datetime) -> str:
    """Enters what another centre proposes or signs; why it is refused, or an empty text."""
    first, second = sorted((said.sender, said.recipient))
    key = f"{first}--{second}"
    try:
        version, name, terms = _read(said.detail)
        check(terms, (first, second))
    except (KeyError, TypeError, ValueError, ResourceInvalid):
        return NO_TERMS
    written = orjson.dumps(as_data(terms)).decode()
    who = f"hub:{said.sender}"
    values = (key, version, first, second, written, at, who, name)
    if await connection.fetchval(QUERIES["propose_convention"], *values) is None:
        known = await connection.fetchval(QUERIES["agreed_terms"], key, version)
        if known is None or from_data(orjson.loads(known)) != terms:
            return OTHER_TERMS
    if said.detail.get("signs") is True:
        await connection.execute(QUERIES["sign"], key, version, said.sender, at, who, name)
    return ""


def _read(detail: Mapping[str, Any]) -> tuple[int, str, Terms]:
    version, name = int(detail["version"]), str(detail["by"])[:_LONGEST_NAME]
    if version < 1 or not name:
        raise ValueError("a version is counted from one, and somebody proposes it")
    return version, name, from_data(detail["terms"])
