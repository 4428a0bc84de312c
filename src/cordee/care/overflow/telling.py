"""The saturation index of a centre, told to its neighbours of other installations. C2.1, C2.3.

It goes when its colour changes, and once a minute, to who has a signed convention. A stale one is
no one: it neither opens an overflow nor stops one, and the page says how old it is. Decision 0108.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson

from cordee.care.overflow import register
from cordee.care.overflow.ports import Letter, Wires
from cordee.care.overflow.saturation import Colour, Load, Watch
from cordee.runtime.database import Connection
from cordee.runtime.queries import load_queries

QUERIES: Final = load_queries("cordee.care.overflow")
WATCH: Final = "watch"
"""The kind of a letter that tells an index."""
FRESH: Final = timedelta(minutes=3)
NO_INDEX: Final = "this is no index of a centre"
_HIGHEST: Final = 10.0


def is_due(before: Watch | None, taken: datetime | None, watch: Watch, at: datetime) -> bool:
    """Whether an index is told now; `taken` is when the one before was."""
    if before is None or taken is None or before.colour is not watch.colour:
        return True
    return taken.replace(second=0, microsecond=0) != at.replace(second=0, microsecond=0)


async def tell(
    connection: Connection, wires: Wires, centre: str, taken: tuple[Watch, Load], at: datetime
) -> None:
    """Tells the index of a centre to the neighbours that the Hub reaches."""
    away = await wires.away()
    if not away:
        return
    watch, load = taken
    detail = {
        "colour": int(watch.colour), "since": watch.since.isoformat(), "index": watch.index,
        "load": asdict(load), "at": at.isoformat(),
    }  # fmt: skip
    others = {one.other(centre) for one in await register.standing(connection, centre, at)}
    key = uuid5(NAMESPACE_URL, f"watch:{centre}")
    letters = [Letter(centre, one, WATCH, key, detail=detail) for one in sorted(others & {*away})]
    await wires.send(connection, letters)


async def hear(connection: Connection, said: Letter, at: datetime) -> str:
    """Keeps the index that a centre tells; why it is refused, or an empty text."""
    try:
        watch, load, taken = _read(said.detail)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return NO_INDEX
    if taken > at + FRESH:
        return NO_INDEX
    told = orjson.dumps(load).decode()
    values = (said.sender, int(watch.colour), watch.since, watch.index, told, taken, at)
    await connection.execute(QUERIES["hear_watch"], *values)
    return ""


def _read(detail: Mapping[str, Any]) -> tuple[Watch, Load, datetime]:
    moments = [datetime.fromisoformat(str(detail[name])) for name in ("since", "at")]
    if any(one.tzinfo is None for one in moments):
        raise ValueError("a moment without its zone")
    level = float(detail["index"])
    said = detail["load"]
    load = Load(**{name: type(value)(said[name]) for name, value in asdict(_EMPTY).items()})
    if not 0 <= level <= _HIGHEST or any(value < 0 for value in asdict(load).values()):
        raise ValueError("an index is from zero up")
    return Watch(Colour(int(detail["colour"])), moments[0], level, None, None), load, moments[1]


_EMPTY: Final = Load(0, 0.0, 0, 0, 0)
