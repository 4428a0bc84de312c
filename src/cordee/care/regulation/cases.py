"""A case of regulation as rows and as what is sealed in them, with its stamps. C1.2, C1.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cordee.care.regulation.floor import QUERIES
from cordee.care.regulation.sealing import Box, Row
from cordee.care.regulation.states import ENDED, Move, State, moved
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict

AMENDED = "Quelqu’un vient d’écrire dans ce dossier : relisez, puis recommencez."


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a case, all of it sealed; `answers` by question: oui, non, inconnu."""

    number: str = ""
    caller: str = ""
    age: str = ""
    said: str = ""
    commune: str = ""
    address: str = ""
    storey: str = ""
    intercom: str = ""
    code: str = ""
    access: str = ""
    way: str = ""
    language: str = ""
    onset: str = ""
    seen_well: str = ""
    patient: str = ""
    person: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A case, opened."""

    centre: str
    id: UUID
    call: UUID | None
    number: str
    home: str
    opened: datetime
    state: State
    priority: str
    motive: str
    commune: str
    field: str
    awaiting: datetime | None
    decided: datetime | None
    closed: datetime | None
    is_paper: bool
    version: int
    told: Told

    @property
    def short(self) -> str:
        """The end of its number, which a floor says aloud."""
        return f"{self.number[-10:-5]}-{self.number[-5:]}"

    def after(self, move: Move, at: datetime) -> Case:
        """The case after a move; raises `RuleBroken` where there is none."""
        state = moved(self.state, move)
        return replace(
            self, state=state, closed=at if state in ENDED else None,
            awaiting=at if move is Move.FORWARD else self.awaiting,
            decided=self.decided or (at if move in {Move.REGULATE, Move.ENGAGE} else None),
        )  # fmt: skip


_NAMES = frozenset(one.name for one in fields(Told))
_COLUMNS = tuple(one.name for one in fields(Case) if one.name not in {"state", "told"})


def opened_case(box: Box, row: Row) -> Case:
    """A row of `regulation_case`, opened."""
    content = box.open("case", str(row["id"]), row["content"])
    told = Told(**{name: value for name, value in content.items() if name in _NAMES})
    values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
    return Case(**values, state=State(row["state"]), told=told)


def sealed_told(box: Box, case: UUID, told: Told) -> tuple[int, bytes]:
    """The number of the key, and what is told, sealed for its case."""
    kept = {name: value for name, value in asdict(told).items() if value}
    return box.seal("case", str(case), kept)


async def read_case(connection: Connection, box: Box, centre: str, case: UUID) -> Case | None:
    """A case of a centre; None where it has none."""
    row = await connection.fetchrow(QUERIES["case"], centre, case)
    return None if row is None else opened_case(box, row)


async def write_case(connection: Connection, box: Box, case: Case) -> None:
    """Writes a case that was read at its version; raises `Conflict` where it has moved since."""
    key, sealed = sealed_told(box, case.id, case.told)
    version = await connection.fetchval(
        QUERIES["write_case"], case.centre, case.id, case.version, case.state, case.priority,
        case.motive, case.commune, case.field, case.awaiting, case.decided, case.closed, sealed,
        key,
    )  # fmt: skip
    if version is None:
        raise Conflict(AMENDED)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamp: what, when it was true, when it was written, by whom, what it corrects."""

    n: int
    kind: str
    told: datetime
    written: datetime
    name: str
    corrects: int | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A stamp to write: its kind, who says it, when it was true and when it is written."""

    kind: str
    agent: str
    told: datetime
    written: datetime
    content: Mapping[str, Any] | None = None
    corrects: int | None = None


async def stamp(
    connection: Connection, box: Box, centre: str, of: tuple[UUID | None, UUID | None], said: Said
) -> int:
    """Adds a stamp of a call and a case, and gives its number."""
    call, case = of
    key, sealed = None, None
    if said.content:
        key, sealed = box.seal("event", str(case or call), said.content)
    number = await connection.fetchval(
        QUERIES["tell"], centre, call, case, said.kind, said.told, said.written, said.agent,
        said.corrects, sealed, key,
    )  # fmt: skip
    return int(number or 0)


async def stamps_of(
    connection: Connection, box: Box, centre: str, case: UUID, call: UUID | None = None
) -> list[Stamp]:
    """The stamps of a case and of the line of its call, the oldest first; at most 500."""
    rows = await connection.fetch(QUERIES["events"], centre, case, call)
    return [
        Stamp(
            row["n"], row["kind"], row["told"], row["written"], row["name"], row["corrects"],
            box.open("event", str(row["place"]), row["content"]) if row["content"] else {},
        )
        for row in rows
    ]  # fmt: skip
