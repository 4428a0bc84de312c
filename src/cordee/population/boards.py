"""The alignment boards of an installation: opened, answered, closed; nothing is overwritten.

Who steers the region speaks for a named territory; each word keeps who said it and when. What is
said and how a board is closed take their turns (an advisory lock a board). Rule: G2.7.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from cordee.identity.principal import Principal
from cordee.population.alignment import (
    Board,
    Draft,
    Priority,
    Result,
    Stance,
    Territory,
    Told,
    checked,
    order_of,
    result_of,
    territory,
)
from cordee.population.callers import BOARDS, need
from cordee.runtime.database import Database
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken

_LONGEST: Final = 500
_PAGE: Final = 100
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('population_board ' || $1::text, 0))"
_OPEN: Final = """
INSERT INTO population_board (made_by, title, starts, ends, body)
VALUES ($1, $2, $3, $4, $5::jsonb) RETURNING number
"""
_BOARDS: Final = """
SELECT b.number, b.at, b.made_by, b.title, b.starts, b.ends,
       b.body::text AS body,
       r.at AS closed_at, r.made_by AS closed_by, r.body::text AS result, r.digest
FROM population_board b LEFT JOIN population_board_result r ON r.board = b.number
WHERE $1::int8 IS NULL OR b.number = $1
ORDER BY b.number DESC LIMIT $2
"""
_STANCES: Final = """
SELECT board, at, made_by, territory, priorities, motive FROM population_stance
WHERE board = ANY($1::int8[]) ORDER BY number
"""
_SAY: Final = """
INSERT INTO population_stance (board, made_by, territory, priorities, motive)
VALUES ($1, $2, $3, $4, $5)
"""
_CLOSE: Final = """
INSERT INTO population_board_result (board, made_by, body, digest) VALUES ($1, $2, $3::jsonb, $4)
"""


class Boards:
    """The boards; for who steers the region."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    async def open(self, principal: Principal, draft: Draft) -> int:
        """Opens a board, its number; raises `InvalidRequest` for a draft that cannot be."""
        need(principal, BOARDS)
        one = checked(draft)
        body = orjson.dumps(_body(one)).decode()
        async with self._database.write.acquire() as connection:
            told = (principal.name, one.title, one.start, one.end, body)
            return int(await connection.fetchval(_OPEN, *told) or 0)

    async def get(self, principal: Principal, number: int) -> Board:
        """A board with all that was said; raises `NotFound`."""
        need(principal, BOARDS)
        async with self._database.write.acquire() as connection:
            return await _one(connection, number)

    async def latest(self, principal: Principal) -> list[Board]:
        """The newest boards."""
        need(principal, BOARDS)
        async with self._database.write.acquire() as connection:
            return await _some(connection, None)

    async def rank(
        self, principal: Principal, number: int, code: str, ranks: Mapping[int, int]
    ) -> None:
        """A territory ranks the priorities: number of the priority -> rank, all of them.

        Raises `InvalidRequest` for another territory or ranks that are not 1 to n, `RuleBroken`
        for a board that is closed.
        """
        need(principal, BOARDS)
        async with self._database.transaction() as connection:
            board = await _opened(connection, number)
            order = order_of(board.draft, ranks)
            await _said(connection, board, (principal.name, code), (list(order), ""))

    async def decline(self, principal: Principal, number: int, code: str, motive: str) -> None:
        """A territory declines the board, and says why; errors as `rank`."""
        need(principal, BOARDS)
        if not 0 < len(motive.strip()) <= _LONGEST:
            raise InvalidRequest(f"say why, in at most {_LONGEST} letters")
        async with self._database.transaction() as connection:
            board = await _opened(connection, number)
            await _said(connection, board, (principal.name, code), ([], motive.strip()))

    async def close(self, principal: Principal, number: int) -> Result:
        """Closes a board: its result is kept and never changes.

        Raises `RuleBroken` for one that is closed, or where too few have spoken.
        """
        need(principal, BOARDS)
        async with self._database.transaction() as connection:
            board = await _opened(connection, number)
            result = result_of(board.draft, board.stances)
            told = orjson.dumps(result.to_json(), option=orjson.OPT_SORT_KEYS).decode()
            digest = hashlib.sha256(told.encode()).hexdigest()
            await connection.execute(_CLOSE, number, principal.name, told, digest)
            return result


async def _opened(connection: Any, number: int) -> Board:
    """A board that is still open, this one's turn until the end of the transaction."""
    await connection.execute(_LOCK, str(number))
    board = await _one(connection, number)
    if board.result is not None:
        raise RuleBroken(f"board {number} is closed: its result does not change")
    return board


async def _said(
    connection: Any, board: Board, who: tuple[str, str], what: tuple[list[int], str]
) -> None:
    name, code = who
    one = territory(board.draft, code)
    await connection.execute(_SAY, board.number, name, one.code, *what)


async def _one(connection: Any, number: int) -> Board:
    found = await _some(connection, number)
    if not found:
        raise NotFound(f"there is no board {number}")
    return found[0]


async def _some(connection: Any, number: int | None) -> list[Board]:
    rows = await connection.fetch(_BOARDS, number, _PAGE)
    said: dict[int, list[Stance]] = {}
    for row in await connection.fetch(_STANCES, [row["number"] for row in rows]):
        said.setdefault(row["board"], []).append(
            Stance(
                row["territory"], tuple(row["priorities"]), row["motive"], row["made_by"], row["at"]
            )
        )
    return [_board(row, said.get(row["number"], [])) for row in rows]


def _board(row: Any, history: list[Stance]) -> Board:
    told = orjson.loads(row["body"])
    draft = Draft(
        row["title"], row["starts"], row["ends"], told["level"],
        tuple(Territory(**one) for one in told["territories"]),
        tuple(_priority(one) for one in told["priorities"]), told["top"],
    )  # fmt: skip
    result = None if row["result"] is None else Result.from_json(orjson.loads(row["result"]))
    return Board(
        row["number"], row["at"], row["made_by"], draft, tuple(history), result, row["closed_at"],
        row["closed_by"] or "", row["digest"] or "",
    )  # fmt: skip


def _priority(told: Mapping[str, Any]) -> Priority:
    figures = {code: Told(**one) for code, one in told["figures"].items()}
    return Priority(**{**told, "figures": figures})


def _body(draft: Draft) -> dict[str, Any]:
    told = asdict(draft)
    return {name: told[name] for name in ("level", "territories", "priorities", "top")}
