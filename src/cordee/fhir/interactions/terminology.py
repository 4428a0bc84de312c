"""Value sets and code hierarchies for search: those of R4, and those stored here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from cordee.fhir.indexing.keys import KeyMaker
from cordee.fhir.model.definitions import code_hierarchy, type_number, value_set_codes
from cordee.fhir.store.partitions import table
from cordee.fhir.store.repository import version_of
from cordee.runtime.database import Database

_DEPTH = 8


class StoredTerminology:
    """Reads ValueSet and CodeSystem resources of the store by canonical URL."""

    def __init__(self, database: Database, keys: KeyMaker) -> None:
        """Nothing is read before it is asked for."""
        self._database = database
        self._keys = keys

    async def members(self, value_set: str) -> frozenset[tuple[str, str]] | None:
        """Codes of a value set: its expansion, its listed concepts, its includes; else None."""
        return await self._members(value_set, 0)

    async def below(self, system: str, code: str) -> frozenset[str]:
        """A code and all under it."""
        children = await self._children(system)
        found, todo = {code}, [code]
        while todo:
            for child in children.get(todo.pop(), ()):
                if child not in found:
                    found.add(child)
                    todo.append(child)
        return frozenset(found)

    async def above(self, system: str, code: str) -> frozenset[str]:
        """A code and all over it."""
        children = await self._children(system)
        found, grew = {code}, True
        while grew:
            parents = {one for one, under in children.items() if found & set(under)}
            grew = not parents <= found
            found |= parents
        return frozenset(found)

    async def _members(self, url: str, depth: int) -> frozenset[tuple[str, str]] | None:
        stored = await self._stored("ValueSet", url)
        if stored is None:
            return value_set_codes(url)
        if "contains" in stored.get("expansion", {}):
            return frozenset(_contained(stored["expansion"]["contains"]))
        compose = stored.get("compose", {})
        found: set[tuple[str, str]] = set()
        for include in compose.get("include", ()):
            part = await self._included(include, depth)
            if part is None:
                return None
            found |= part
        for exclude in compose.get("exclude", ()):
            found -= await self._included(exclude, depth) or set()
        return frozenset(found)

    async def _included(self, include: dict[str, Any], depth: int) -> set[tuple[str, str]] | None:
        parts: list[set[tuple[str, str]]] = []
        system = include.get("system")
        if system is not None:
            codes = await self._of_system(system, include)
            if codes is None:
                return None
            parts.append({(system, code) for code in codes})
        for other in include.get("valueSet", ()):
            members = await self._members(other, depth + 1) if depth < _DEPTH else None
            if members is None:
                return None
            parts.append(set(members))
        return set.intersection(*parts) if parts else set()

    async def _of_system(self, system: str, include: dict[str, Any]) -> set[str] | None:
        if include.get("concept"):
            return {concept["code"] for concept in include["concept"]}
        stored = await self._stored("CodeSystem", system)
        codes = set(_codes(stored.get("concept", ()))) if stored else None
        for rule in include.get("filter", ()):
            if rule.get("op") not in {"is-a", "descendent-of", "="} or (
                rule["op"] == "=" and rule.get("property") != "concept"
            ):
                return None
            under = set(await self.below(system, rule["value"]))
            if rule["op"] == "descendent-of":
                under.discard(rule["value"])
            codes = under if codes is None else codes & under
        return codes

    async def _children(self, system: str) -> dict[str, tuple[str, ...]]:
        children = dict(code_hierarchy(system))
        stored = await self._stored("CodeSystem", system)
        if stored is not None:
            children |= _hierarchy(stored.get("concept", ()))
        return children

    async def _stored(self, kind: str, canonical: str) -> dict[str, Any] | None:
        url, _, version = canonical.partition("|")
        # The type is a literal of ours, never a caller's text.
        sql = (
            f"SELECT id, ver, upd, lab, method, dict, body FROM {table(kind)} WHERE type = "
            f"{type_number(kind)} AND idx @> ARRAY[$1::int8] AND lab & 16384 = 0 "
            "ORDER BY upd DESC LIMIT 20"
        )
        async with self._database.search.acquire() as connection:
            rows = await connection.fetch(sql, self._keys(f"{kind}.url={url}"))
        found = [orjson.loads(version_of(kind, row["id"], row).json()) for row in rows]
        fitting = [one for one in found if not version or one.get("version") == version]
        return fitting[0] if fitting else None


def _contained(contains: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in contains:
        if "code" in one and not one.get("abstract"):
            yield one.get("system", ""), one["code"]
        yield from _contained(one.get("contains", []))


def _codes(concepts: list[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes(concept.get("concept", []))


def _hierarchy(concepts: list[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for concept in concepts:
        below = concept.get("concept", [])
        if below:
            found[concept["code"]] = tuple(child["code"] for child in below)
            found |= _hierarchy(below)
    return found
