"""One item of an import: made a Bundle, taken in, its problems said."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import orjson

from cordee.fhir.bulk.sources import Item
from cordee.fhir.interactions.entries import head_of
from cordee.fhir.interactions.kernel import Kernel
from cordee.fhir.interactions.transaction import TakenIn, take_in
from cordee.fhir.model.definitions import RESOURCE_TYPES
from cordee.fhir.store.body import members_of
from cordee.fhir.store.identifiers import is_legal_id
from cordee.fhir.store.scope import Scope
from cordee.runtime.errors import Conflict, InvalidRequest, ProductError

SCOPE = Scope(agent="import", actors=None, rights={"*": "cruds"})
_ATTEMPTS = 3


@dataclass(slots=True)
class Problem:
    """One line of the repair file."""

    source: str
    item: str
    place: int | None
    reasons: list[str]
    resource: bytes

    def line(self) -> bytes:
        """The line, with the resource as it came."""
        try:
            shown = orjson.loads(self.resource) if self.resource else None
        except orjson.JSONDecodeError:
            shown = self.resource.decode("utf-8", "replace")
        return orjson.dumps(
            {
                "source": self.source,
                "item": self.item,
                "entry": self.place,
                "reasons": self.reasons,
                "resource": shown,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )


@dataclass(slots=True)
class Progress:
    """What a part of an import came to; parts add up."""

    written: int = 0
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    loose: set[tuple[str, str]] = field(default_factory=set)
    waiting: list[Item] = field(default_factory=list)


async def take(kernel: Kernel, item: Item, *, last: bool) -> Progress:
    """Takes one item in; what waits for another item comes back in `waiting` unless `last`."""
    progress = Progress()
    if await _is_done(kernel, item):
        progress.skipped = 1
        return progress
    try:
        bundle, places = _bundle(item, progress)
    except ProductError as error:
        progress.problems.append(_whole(item, error))
        return progress
    try:
        taken = await _taken(kernel, item, bundle)
    except ProductError as error:
        if last or isinstance(error, Conflict):
            progress.problems.append(_whole(item, error))
        else:
            progress.waiting.append(item)
        return progress
    progress.written = taken.written
    progress.loose = taken.loose
    for one in taken.rejected:
        reasons = [f"{', '.join(issue.expression)}: {issue.message}" for issue in one.issues]
        place = places[one.place] if places else one.place
        progress.problems.append(Problem(item.source, item.name, place, reasons, one.resource))
    return progress


async def _taken(kernel: Kernel, item: Item, bundle: bytes) -> TakenIn:
    """What was taken in; two processes that meet in one resource try again."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return await take_in(kernel, SCOPE, bundle, (item.source, item.name))
        except Conflict:
            await asyncio.sleep(0.05 * (attempt + 1))
    return await take_in(kernel, SCOPE, bundle, (item.source, item.name))


async def _is_done(kernel: Kernel, item: Item) -> bool:
    async with kernel.database.write.acquire() as connection:
        done = await connection.fetchval(
            "SELECT EXISTS (SELECT FROM import_done WHERE source = $1 AND item = $2)",
            item.source,
            item.name,
        )
        return done is True


def _bundle(item: Item, progress: Progress) -> tuple[bytes, list[int]]:
    """A transaction of the item, and where its entries stand in the file (lines of NDJSON)."""
    if item.lines:
        entries: list[bytes] = []
        places: list[int] = []
        first = int(item.name.rpartition(":")[2])
        for place, line in enumerate(item.body.splitlines(), start=first):
            try:
                entries.append(_entry(line))
                places.append(place)
            except ProductError as error:
                progress.problems.append(
                    Problem(item.source, item.name, place, [error.message], line)
                )
        return _transaction(entries), places
    members = members_of(item.body)
    if bytes(members.get("resourceType", b'""')) != b'"Bundle"':
        return _transaction([_entry(item.body)]), []
    if bytes(members.get("type", b'""')) in {b'"transaction"', b'"batch"'}:
        return item.body, []
    return _collection(item.body), []


def _entry(resource: bytes) -> bytes:
    """PUT under its own id, POST without one."""
    members = members_of(resource)
    kind = bytes(members.get("resourceType", b'""')).strip(b'"').decode()
    given = head_of(resource).id if "id" in members else None
    if kind not in RESOURCE_TYPES:
        raise InvalidRequest("resourceType: an R4 resource type is expected")
    verb, url = ("PUT", f"{kind}/{given}") if given and is_legal_id(given) else ("POST", kind)
    request = orjson.dumps({"method": verb, "url": url})
    return b'{"request":' + request + b',"resource":' + resource.strip() + b"}"


def _collection(body: bytes) -> bytes:
    """Any other Bundle: each resource for itself, full URLs kept for the links between them."""
    entries: list[bytes] = []
    for row in orjson.loads(body).get("entry", []):
        resource = row.get("resource")
        if resource is None:
            continue
        entry = _entry(orjson.dumps(resource))
        if row.get("fullUrl"):
            entry = b'{"fullUrl":' + orjson.dumps(row["fullUrl"]) + b"," + entry[1:]
        entries.append(entry)
    return _transaction(entries)


def _transaction(entries: list[bytes]) -> bytes:
    return b'{"resourceType":"Bundle","type":"transaction","entry":[' + b",".join(entries) + b"]}"


def _whole(item: Item, error: ProductError) -> Problem:
    reasons = [issue.message for issue in error.issues()]
    return Problem(item.source, item.name, None, reasons, item.body)
