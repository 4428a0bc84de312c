"""How the platform is used, by the same four figures in every region. Rule: B1.14.

Each figure has its definition beside it, so that two regions count the same thing; none is about a
person, and a structure's count below `FEW` is not told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cordee.access.figures.documents import name_of, told
from cordee.identity.principal import DPO, STEERING, Principal
from cordee.runtime.database import Database, search_errors
from cordee.runtime.errors import AccessDenied
from cordee.runtime.queries import load_queries

DAYS: Final = 30
READ_WITHIN: Final = timedelta(hours=24)
DEFINITIONS: Final = {
    "files": "Cercles de soins ouverts à l’instant du calcul, un par personne.",
    "professionals": f"Professionnels de l’annuaire qui ont lu ou écrit au moins une fois dans un "
    f"dossier au cours des {DAYS} derniers jours.",
    "messages": f"Messages écrits dans la messagerie au cours des {DAYS} derniers jours, retirés "
    "compris.",
    "read": f"Part des messages écrits il y a plus de 24 heures et moins de {DAYS} jours, dans un "
    "fil à deux membres ou plus, qu’un autre membre au moins a lus dans les 24 heures.",
}
_READERS: Final = frozenset({STEERING, DPO})
_QUERIES = load_queries("cordee.access.figures")


@dataclass(frozen=True, slots=True)
class OfStructure:
    """One structure; a count is None where it is too small to be told."""

    structure: str
    professionals: int | None
    messages: int | None


@dataclass(frozen=True, slots=True)
class Usage:
    """The figures at a moment; `read` is a share, None where there was nothing to read."""

    at: datetime
    files: int
    professionals: int
    messages: int
    read: float | None
    structures: tuple[OfStructure, ...]


class UsageFigures:
    """The figures of use of one installation."""

    def __init__(self, database: Database) -> None:
        """Counts are made when they are asked for."""
        self._database = database

    async def now(self, principal: Principal, at: datetime) -> Usage:
        """The figures now; raises `AccessDenied` but for who steers and the DPO.

        Raises `TooCostly` where the trail is too long to be counted at once.
        """
        if not principal.functions & _READERS:
            raise AccessDenied("only who steers and the DPO read these figures")
        values = (at - timedelta(days=DAYS), at, READ_WITHIN)
        with search_errors():
            async with self._database.search.acquire() as connection:
                row = await connection.fetchrow(_QUERIES["usage"], *values)
                rows = await connection.fetch(_QUERIES["usage_of_structures"], *values[:2])
                ids = sorted({str(one["structure"]).partition("/")[2] for one in rows})
                known = await connection.fetch(_QUERIES["names"], ids)
        names = {f"Organization/{one['id']}": name_of(one) for one in known}
        if row is None:
            raise AssertionError("a count is always one row")
        return Usage(
            at, row["files"], row["professionals"], row["messages"],
            row["read"] / row["readable"] if row["readable"] else None,
            tuple(
                OfStructure(
                    names.get(str(one["structure"])) or str(one["structure"]),
                    told(one["professionals"]), told(one["messages"]),
                )
                for one in rows
            ),
        )  # fmt: skip
