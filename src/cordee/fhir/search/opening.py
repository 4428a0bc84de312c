"""What a search reads from bodies themselves, where these are sealed: opened beforehand, a few.

Words of `_content` and `_text`, and codes to sort by, are in no index. The database reads them from
bodies in clear; sealed ones that meet all the rest are opened here, beside the loop that serves.
What holds the words goes back as row ids; of what is sorted by, the code goes with it, and stays in
the statement alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import asyncpg
import orjson

from cordee.fhir.model.definitions import type_name
from cordee.fhir.model.text import normalise
from cordee.fhir.search.compile.builder import Builder
from cordee.fhir.search.compile.order import OrderColumn
from cordee.fhir.search.compile.predicates import AnyOf, Column, Predicate
from cordee.fhir.search.compile.selection import Selection
from cordee.fhir.search.compile.words import Words
from cordee.fhir.store.partitions import table, type_condition
from cordee.fhir.store.sealing import opened_body
from cordee.runtime.errors import TooCostly

MOST: Final = 5000
"""Most sealed bodies that one search opens: some tens of milliseconds."""
_COLUMNS: Final = "r.rid, r.type, r.id, r.ver, r.dict, r.body"
_NARRATIVE: Final = re.compile(r'"div":"(.*?[^\\])"', re.DOTALL)
_TAILS: Final = (("coding", "code"), ("code",), ("value",))
Fetch = Callable[[str], Awaitable[Sequence[asyncpg.Record]]]
_Opened = list[tuple[int, bytes]]


async def with_sealed(selection: Selection, builder: Builder, fetch: Fetch) -> Selection:
    """The same search, answered for sealed rows too; one more statement where it reads bodies.

    Raises `TooCostly` when more than `MOST` of them would have to be opened.
    """
    words = [one for one in selection.predicates if isinstance(one, Words)]
    if not words and not any(one.path for one in selection.order.columns):
        return selection
    others = [one for one in selection.predicates if not isinstance(one, Words)]
    conditions = [
        selection.kind("r"),
        selection.scope.sql(builder, "r"),
        *(one.sql(builder, "r") for one in others),
    ]
    opened = await _open(f"{selection.source} r WHERE {' AND '.join(conditions)}", fetch)
    if not opened:
        return selection
    found = [await asyncio.to_thread(_holding, one, opened, builder) for one in words]
    columns = [await _sorted(one, opened, builder) for one in selection.order.columns]
    return replace(
        selection,
        predicates=(*others, *found),
        order=replace(selection.order, columns=tuple(columns)),
    )


async def words_in(words: Words, resource_type: str, builder: Builder, fetch: Fetch) -> Predicate:
    """Words inside of a chain or an alternative: all sealed rows of the type are looked into.

    Raises `TooCostly` when these are too many.
    """
    kind = type_condition(resource_type, "r")
    opened = await _open(f"{table(resource_type)} r WHERE {kind}", fetch)
    return await asyncio.to_thread(_holding, words, opened, builder) if opened else words


async def _open(source: str, fetch: Fetch) -> _Opened:
    rows = await fetch(f"SELECT {_COLUMNS} FROM {source} AND r.dict <> 0 LIMIT {MOST + 1}")  # noqa: S608 -- conditions of ours
    if len(rows) > MOST:
        raise TooCostly(
            f"this search reads what is sealed in more than {MOST} resources; add a patient, an"
            " identifier, a name or a date"
        )
    return await asyncio.to_thread(_all_opened, rows)


def _all_opened(rows: Sequence[asyncpg.Record]) -> _Opened:
    return [
        (
            row["rid"],
            opened_body((type_name(row["type"]), row["id"], row["ver"]), row["dict"], row["body"]),
        )
        for row in rows
    ]


def _holding(words: Words, opened: _Opened, builder: Builder) -> Predicate:
    rids = [rid for rid, body in opened if _holds(words, body)]
    if not rids:
        return words
    return AnyOf((words, Column(f"{{a}}.rid = ANY ({builder.add(rids, 'int8[]')})")))


def _holds(words: Words, body: bytes) -> bool:
    text = body.decode()
    if words.code == "_text":
        narrative = _NARRATIVE.search(text)
        text = narrative[1] if narrative else ""
    folded = normalise(text)
    return any(all(word in folded for word in one) for one in words.alternatives)


async def _sorted(column: OrderColumn, opened: _Opened, builder: Builder) -> OrderColumn:
    if not column.path:
        return column
    texts = await asyncio.to_thread(_texts, column.path, opened)
    known = builder.add(orjson.dumps(texts).decode(), "jsonb")
    return replace(column, expression=f"coalesce({column.expression}, {known} ->> r.rid::text)")


def _texts(path: tuple[str, ...], opened: _Opened) -> dict[str, str]:
    found: dict[str, str] = {}
    for rid, body in opened:
        text = _text(orjson.loads(b'{"meta":{"versionId":""' + body), path)
        if text is not None:
            found[str(rid)] = text
    return found


def _text(resource: Any, path: tuple[str, ...]) -> str | None:
    """The first code under a path, as the database finds it in a body in clear."""
    nodes = _walk([resource], path)
    for tail in _TAILS:
        if values := _walk(nodes, tail):
            return _said(values[0])
    plain = [one for one in _items(nodes) if not isinstance(one, dict)]
    return _said(plain[0]) if plain else None


def _walk(nodes: list[Any], path: tuple[str, ...]) -> list[Any]:
    for name in path:
        nodes = [one[name] for one in _items(nodes) if isinstance(one, dict) and name in one]
    return nodes


def _items(nodes: list[Any]) -> list[Any]:
    return [item for one in nodes for item in (one if isinstance(one, list) else [one])]


def _said(value: Any) -> str:
    return (value if isinstance(value, str) else orjson.dumps(value).decode()).lower()
