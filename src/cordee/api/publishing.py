"""Documents published at /fhir: a lot of PDSm (ITI-65), or one document alone (ITI-105).

They come in by the door of `care.documents`; files of documents open by their documents. Decision
0044.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import orjson

from cordee.api.bundles import run_bundle
from cordee.api.session import Session
from cordee.care.documents.intake import (
    FHIR,
    enter,
    known_entry,
    need_current,
    need_writer,
    patient_of,
    supersede,
)
from cordee.care.documents.ports import Kept
from cordee.care.documents.received import Lot, Published, profiled, read_lot, read_simplified
from cordee.care.documents.vocabulary import LOT, SIMPLIFIED
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.interactions.entries import read_bundle
from cordee.fhir.interactions.read import read
from cordee.fhir.interactions.write import Outcome
from cordee.fhir.store.repository import Version
from cordee.fhir.store.scope import DELETED
from cordee.identity.ins.patient_reading import read_identity
from cordee.runtime import clock
from cordee.runtime.database import Connection
from cordee.runtime.errors import Conflict, NotFound, RuleBroken

Json = dict[str, Any]


async def published_lot(session: Session, raw: bytes) -> bytes | None:
    """The response to a lot; None for a Bundle that is none.

    Raises `ResourceInvalid`, and `Conflict` where one of its numbers is known.
    """
    bundle = parsed(raw)
    if not profiled(bundle, LOT) or bundle.get("type") != "transaction":
        return None
    read_bundle(raw)  # its entries are entries
    lot = await asyncio.to_thread(read_lot, bundle, clock.now())
    for one in lot.documents:
        if await _known(session, one) is not None:
            raise Conflict("Un document de ce lot est déjà là : rien n’a changé.")
    return await _written(session, lot)


async def published_alone(session: Session, raw: bytes) -> Outcome | None:
    """The document that was published alone, or was there; None for what is none.

    Raises `ResourceInvalid`, and `Conflict` where its number is another document's.
    """
    document = parsed(raw)
    if not profiled(document, SIMPLIFIED):
        return None
    lot = await asyncio.to_thread(read_simplified, document, clock.now())
    there = await _known(session, lot.documents[0])
    if there is not None:
        return Outcome(there, False, unchanged=True)
    answer = orjson.loads(await _written(session, lot))
    key = _location(answer, 0)
    return Outcome(await read(session.kernel, session.scope, "DocumentReference", key), True)


async def opened_binary(session: Session, key: str) -> Version:
    """A Binary for who sees the document that it belongs to; raises `NotFound`.

    Rule: Binary.securityContext of FHIR R4.
    """
    session.scope.need("r", "Binary")
    opened = replace(
        session.scope, actors=None, ties=None, hidden=DELETED, limits=(), rights={"Binary": "r"}
    )
    version = await read(session.kernel, opened, "Binary", key)
    told = await asyncio.to_thread(orjson.loads, version.whole())
    context = (told.get("securityContext") or {}).get("reference", "")
    kind, _, document = str(context).partition("/")
    if kind != "DocumentReference":
        raise NotFound(f"Binary/{key}: there is nothing here")
    await read(session.kernel, session.scope, kind, document)
    return version


async def _written(session: Session, lot: Lot) -> bytes:
    async with session.kernel.database.transaction() as connection:
        inside = replace(session, kernel=session.kernel.within(connection))
        formers = {one.place: await _former(inside, one) for one in lot.documents if one.former}
        answer = await run_bundle(inside, orjson.dumps(lot.bundle))
        places = orjson.loads(answer)
        for one in lot.documents:
            key = _location(places, one.place)
            await _enter(inside, connection, one, (key, formers.get(one.place)))
    session.kernel.publisher.wake()
    return answer


async def _former(session: Session, published: Published) -> Json:
    former = await _resource(session, "DocumentReference", published.former)
    need_writer(session.principal, former)
    need_current(former)
    return former


async def _enter(
    session: Session,
    connection: Connection,
    published: Published,
    names: tuple[str, Json | None],
) -> None:
    key, former = names
    document = await _resource(session, "DocumentReference", key)
    patient = patient_of(document)
    status = read_identity(await _resource(session, "Patient", patient)).status
    kept = Kept(key, session.scope.agent, session.scope.acting)
    where = (patient, session.principal, FHIR, status)
    await enter(connection, kept, published.submission, where)
    if former is not None:
        if patient_of(former) != patient:
            raise RuleBroken("Un document remplace un document du même patient.")
        await supersede(connection, kept, published.former)


async def _known(session: Session, published: Published) -> Version | None:
    """The document that came before under this number; raises `Conflict` for another one."""
    async with session.kernel.database.write.acquire() as connection:
        known = await known_entry(connection, published.submission)
    if known is None:
        return None
    try:
        return await read(session.kernel, session.scope, "DocumentReference", known.document)
    except NotFound as error:  # who does not see it learns nothing of it
        raise Conflict("Ce numéro ne peut pas être pris : donnez-en un nouveau.") from error


async def _resource(session: Session, kind: str, key: str) -> Json:
    version = await read(session.kernel, session.scope, kind, key)
    return orjson.loads(version.whole())


def _location(answer: Json, place: int) -> str:
    """The id that an entry of a response was given."""
    parts = str(answer["entry"][place]["response"]["location"]).split("/")
    return parts[parts.index("DocumentReference") + 1]
