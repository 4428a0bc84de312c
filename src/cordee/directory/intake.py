"""Takes a source in: writes what changed, and makes inactive what vanished."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson

from cordee.directory.vocabulary import FINESS, RPPS, Json
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.read import read
from cordee.fhir.interactions.transaction import transaction
from cordee.fhir.search.query import read_query
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import Deleted, NotFound, RuleBroken
from cordee.runtime.queries import load_queries

_QUERIES = load_queries("cordee.directory")
_AT_ONCE: Final = 200
_SCOPE: Final = Scope("directory", None, {"*": "cruds"})
_MOST_GONE: Final = 0.2
_FEW: Final = 50
_NUMBERED: Final = {"Organization": {FINESS}, "Practitioner": {RPPS}}
_LINKS: Final = ("partOf", "providedBy", "organization", "practitioner", "managingOrganization")
_OWN: Final = ("finess-", "rpps-", "siret-", "structure-")


@dataclass(slots=True)
class Taken:
    """What came of a source: resources written as new or changed, the same, made inactive.

    `here` are those that another resource stands for already, which stays as it is.
    """

    source: str
    written: int = 0
    same: int = 0
    ended: int = 0
    here: int = 0

    def add(self, written: int, here: int) -> None:
        """So many more were written, and stood here already."""
        self.written += written
        self.here += here


async def take(
    kernel: Kernel,
    source: str,
    resources: Iterable[Json],
    forward: Callable[[], None],
    *,
    shrinks: bool = False,
) -> Taken:
    """Writes what differs from the last time, in the order of the resources.

    Raises `RuleBroken` where more than a fifth of what was active would end, unless `shrinks`: a
    file that was cut short is no directory from which people left.
    """
    taken = Taken(source)
    known = await _known(kernel, source)
    places = await standing(kernel)
    seen: set[tuple[str, str]] = set()
    batch: list[tuple[Json, bytes]] = []
    for resource in resources:
        name = (resource["resourceType"], resource["id"])
        seen.add(name)
        digest = _digest(resource)
        if known.get(name) == (digest, True):
            taken.same += 1
        else:
            batch.append((resource, digest))
        if len(batch) >= _AT_ONCE:
            taken.add(*await _write(kernel, source, batch, places))
            batch = []
            forward()
    taken.add(*await _write(kernel, source, batch, places))
    elsewhere = await _elsewhere(kernel, source)
    gone = sorted(
        name
        for name, (_, active) in known.items()
        if active and name not in seen and name not in elsewhere
    )
    if len(gone) > max(_FEW, _MOST_GONE * len(known)) and not shrinks:
        raise RuleBroken(
            f"{source}: {len(gone)} of {len(known)} entries would become inactive; is the file"
            " whole? `--shrinks` says that it is"
        )
    async with kernel.database.write.acquire() as connection:
        await connection.execute(_QUERIES["leave"], source, ["/".join(one) for one in gone])
    gone = [one for one in gone if "/".join(one) not in places]
    async for ended in _ended(kernel, gone):
        await _write(kernel, source, ended, {}, active=False)
        taken.ended += len(ended)
        forward()
    return taken


async def unlisted(kernel: Kernel) -> list[tuple[str, str, str]]:
    """Login, name and RPPS of accounts whose number the directory does not hold (A2.8)."""
    async with kernel.database.write.acquire() as connection:
        return [tuple(row) for row in await connection.fetch(_QUERIES["unlisted"])]


async def structures_here(kernel: Kernel) -> set[str]:
    """Ids of the structures that a FINESS file gave."""
    known = await _known(kernel, "finess")
    return {key for kind, key in known if kind == "Organization"}


async def _known(kernel: Kernel, source: str) -> dict[tuple[str, str], tuple[bytes, bool]]:
    async with kernel.database.write.acquire() as connection:
        rows = await connection.fetch(_QUERIES["entries"], source)
    return {(row["type"], row["id"]): (row["digest"], row["active"]) for row in rows}


async def _elsewhere(kernel: Kernel, source: str) -> set[tuple[str, str]]:
    """What another source gives: it does not vanish when this one leaves it to that."""
    async with kernel.database.write.acquire() as connection:
        rows = await connection.fetch(_QUERIES["elsewhere"], source)
    return {(row["type"], row["id"]) for row in rows}


async def standing(kernel: Kernel) -> dict[str, str]:
    """`Type/id` of the directory by what stands for it here."""
    async with kernel.database.write.acquire() as connection:
        rows = await connection.fetch(_QUERIES["places"])
    return {f"{row['type']}/{row['id']}": row["place"] for row in rows}


async def _write(
    kernel: Kernel,
    source: str,
    batch: list[tuple[Json, bytes]],
    places: dict[str, str],
    *,
    active: bool = True,
) -> tuple[int, int]:
    """One transaction of the kernel, noted after it: what was missed is written once more.

    How many were written, and how many stood here. `places` grows by what stands here already.
    """
    if not batch:
        return 0, 0
    if active:
        places |= await _found(kernel, [one for one, _ in batch])
    left = [one for one, _ in batch if _place(one) not in places]
    if left:
        entries = [
            {"request": {"method": "PUT", "url": _place(one)}, "resource": _led(one, places)}
            for one in left
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        await transaction(kernel, _SCOPE, orjson.dumps(bundle), _nothing)
    async with kernel.database.write.acquire() as connection:
        await connection.execute(
            _QUERIES["keep"], source, [one["resourceType"] for one, _ in batch],
            [one["id"] for one, _ in batch], [digest for _, digest in batch],
            [_number(one) for one, _ in batch],
            [places.get(_place(one), "") for one, _ in batch], active,
        )  # fmt: skip
    return len(left), len(batch) - len(left)


async def _found(kernel: Kernel, resources: list[Json]) -> dict[str, str]:
    """What has the number of one of these under an id of its own: the one resource that has it."""
    found: dict[str, str] = {}
    for kind, systems in _NUMBERED.items():
        wanted = {
            f"{number['system']}|{number['value']}": _place(one)
            for one in resources
            if one["resourceType"] == kind
            for number in one.get("identifier", ())
            if number["system"] in systems
        }
        if not wanted:
            continue
        pairs = [("identifier", ",".join(wanted)), ("_count", "1000"), ("_total", "none")]
        matches = (await kernel.searcher.search(read_query(kind, pairs), _SCOPE)).matches
        for match in matches:
            for number in orjson.loads(match.whole()).get("identifier", ()):
                place = wanted.get(f"{number.get('system')}|{number.get('value')}")
                if place is not None and not match.id.startswith(_OWN):
                    found[place] = match.place
    return found


def _led(resource: Json, places: dict[str, str]) -> Json:
    """The resource with its references led to what stands here."""
    led = {
        name: {"reference": places[resource[name]["reference"]]}
        for name in _LINKS
        if name in resource and resource[name]["reference"] in places
    }
    return resource | led


def _place(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


async def _ended(
    kernel: Kernel, gone: list[tuple[str, str]]
) -> AsyncIterator[list[tuple[Json, bytes]]]:
    """What vanished, as it stands here, marked as ended."""
    batch: list[tuple[Json, bytes]] = []
    for kind, key in gone:
        try:
            version = await read(kernel, _SCOPE, kind, key)
        except (NotFound, Deleted):
            continue
        resource = orjson.loads(version.whole())
        resource["meta"] = {k: v for k, v in resource["meta"].items() if k in {"source", "profile"}}
        if kind == "Endpoint":
            resource["status"] = "off"
        else:
            resource["active"] = False
        batch.append((resource, _digest(resource)))
        if len(batch) >= _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _nothing(*_: Any) -> bytes:
    raise AssertionError("a transaction of the directory reads nothing")


def _digest(resource: Json) -> bytes:
    return blake2b(orjson.dumps(resource, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _number(resource: Json) -> str:
    if resource["resourceType"] != "Practitioner":
        return ""
    every = resource.get("identifier", ())
    return next((one["value"] for one in every if one["system"] == RPPS), "")
