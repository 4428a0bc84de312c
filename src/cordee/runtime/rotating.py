"""Rotation of envelope keys: a new wrapping key over all data keys, and a new data key.

Run by the owner of the tables. One transaction: broken off, it has not happened. Decision 0043.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cordee.runtime.database import Connection
from cordee.runtime.envelopes import (
    Wrapped,
    unwrap,
    wrap,
    wrapped_row,
    wrapping_key,
    wrapping_name,
)
from cordee.runtime.errors import Conflict

_SIZE, _NAME = 32, 8
_LOCK: Final = "LOCK TABLE data_key IN SHARE ROW EXCLUSIVE MODE"
_ROWS: Final = "SELECT number, name, wrapped, wrapping FROM data_key ORDER BY number"
_REWRAP: Final = "UPDATE data_key SET wrapped = $2, wrapping = $3 WHERE number = $1"
_BEGIN: Final = "INSERT INTO data_key (number, name, wrapped, wrapping) VALUES ($1, $2, $3, $4)"
_MOST: Final = 32_767


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation made: the wrapping key, the one before it, the number of the data key."""

    wrapping: str
    former: str
    number: int


async def next_wrapping(connection: Connection, folder: Path) -> str:
    """Name of the next wrapping key, made in the folder when it is not there; nothing uses it yet.

    Where several machines serve, the folder is copied to all of them before the rotation.
    """
    name = _after([wrapped_row(row) for row in await connection.fetch(_ROWS)])
    wrapping_key(folder, name, make=True)
    return name


async def rotate(connection: Connection, folder: Path) -> Rotated:
    """Wraps all data keys by the next wrapping key, and begins a new data key.

    Raises `KeyMissing` when the present wrapping key is not in the folder, `Conflict` before the
    first start.
    """
    async with connection.transaction():
        await connection.execute(_LOCK)
        rows = [wrapped_row(row) for row in await connection.fetch(_ROWS)]
        if not rows:
            raise Conflict("there is no key to rotate yet: start this installation once")
        number = rows[-1].number + 1
        if number > _MOST:
            raise Conflict("all numbers of data keys are used")
        wrapping = _after(rows)
        opened = [(row, unwrap(folder, row)) for row in rows]
        key = wrapping_key(folder, wrapping, make=True)
        for row, data_key in opened:
            text = wrap(key, row.number, row.name, data_key)
            await connection.execute(_REWRAP, row.number, text, wrapping)
        name = os.urandom(_NAME)
        fresh = wrap(key, number, name, os.urandom(_SIZE))
        await connection.execute(_BEGIN, number, name, fresh, wrapping)
    return Rotated(wrapping, rows[-1].wrapping, number)


def _after(rows: list[Wrapped]) -> str:
    used = [int(row.wrapping.removeprefix("body-").removesuffix(".key")) for row in rows]
    return wrapping_name(max(used, default=0) + 1)
