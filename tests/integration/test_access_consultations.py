"""Consent for one consultation, and who is kept out of a circle, on the real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

import given
from cordee.access.registers import consultations
from cordee.access.registers.consultations import Asker
from cordee.fhir.indexing.keys import KeyMaker
from cordee.identity.accounts.sealing import fingerprint
from cordee.runtime.errors import NotFound, RuleBroken
from running import Platform

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HOME, DOCTOR = "Organization/consent-home", "Practitioner/consent-doctor"


@pytest.fixture(scope="module")
def keys(platform: Platform) -> KeyMaker:
    return platform.parts.kernel.keys


@pytest.fixture
async def connection(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    async with platform.parts.database.write.acquire() as connection:
        yield connection


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    """A patient of their own médecin traitant, whose structure keeps the record."""
    for reference, more in ((HOME, {}), (DOCTOR, {"name": [{"family": "Docteur"}]})):
        kind, _, key = reference.partition("/")
        await client.put(reference, json={"resourceType": kind, "id": key} | more)
    number = uuid4().hex
    await client.put(
        f"Patient/{number}",
        json=given.patient(
            id=number,
            managingOrganization={"reference": HOME},
            generalPractitioner=[{"reference": DOCTOR}],
        ),
    )
    return number


def asker(patient: str, agent: str = "", session: str = "") -> Asker:
    return Asker(agent or f"agent-{patient}", "Practitioner/2", "Organization/2", session, patient)


async def agreed(connection: asyncpg.Connection, keys: KeyMaker, who: Asker) -> UUID:
    number = await consultations.ask(connection, who, AT)
    await consultations.answer(connection, keys, number, "patient", accepted=True, at=AT)
    return number


@pytest.mark.requirement("A3.3")
async def test_an_agreement_opens_for_four_hours_and_is_traced(
    connection: asyncpg.Connection, keys: KeyMaker, patient: str
) -> None:
    who = asker(patient)
    number = await agreed(connection, keys, who)

    live = [
        await consultations.live_consultations(connection, who.agent, AT + n * HOUR)
        for n in (0, 3, 4)
    ]
    tied = await connection.fetchval(
        "SELECT pat FROM care_circle WHERE actor = $1", keys(f"consultation/{number}")
    )
    traced = await connection.fetchval(
        "SELECT actor FROM audit WHERE detail = $1", f"consultation {number}"
    )

    assert live == [(number,), (number,), ()]
    assert (tied, traced) == (keys(f"Patient/{patient}"), "patient")


@pytest.mark.requirement("A3.3")
@pytest.mark.parametrize("ended", ["demo", "local", "by hand"])
async def test_it_ends_with_the_session_or_by_hand(
    connection: asyncpg.Connection, keys: KeyMaker, patient: str, ended: str
) -> None:
    session = f"session-{patient}"
    who = asker(patient, session=session)
    number = await agreed(connection, keys, who)

    if ended == "demo":
        await connection.execute("INSERT INTO closed_session (id) VALUES ($1)", session)
    elif ended == "local":
        await connection.execute(
            "WITH made AS (INSERT INTO account (login, name) VALUES ($1, $1) RETURNING id)"
            " INSERT INTO session (id, account, step, level, opened, seen, ends, closed, address,"
            " agent) SELECT $2, id, 'open', 1, $3, $3, $3, $3, '', '' FROM made",
            patient, fingerprint(session), AT,
        )  # fmt: skip
    else:
        await consultations.close_consultation(connection, number, who.agent, AT + MINUTE)

    later = AT + 2 * MINUTE
    assert await consultations.live_consultations(connection, who.agent, later) == ()


async def test_refused_late_or_answered_twice_it_opens_nothing(
    connection: asyncpg.Connection, keys: KeyMaker, patient: str
) -> None:
    who = asker(patient)
    refused, late = [await consultations.ask(connection, who, AT) for _ in range(2)]

    await consultations.answer(connection, keys, refused, "patient", accepted=False, at=AT)

    with pytest.raises(RuleBroken):
        await consultations.answer(connection, keys, refused, "patient", accepted=True, at=AT)
    with pytest.raises(NotFound):
        await consultations.answer(
            connection, keys, late, "patient", accepted=True, at=AT + 31 * MINUTE
        )
    assert await consultations.live_consultations(connection, who.agent, AT) == ()


@pytest.mark.requirement("A3.3")
async def test_a_code_serves_once_for_its_patient_and_not_for_long(
    connection: asyncpg.Connection, keys: KeyMaker, patient: str
) -> None:
    await consultations.make_code(connection, keys, patient, "482913", AT)
    found = []
    for code, at in (("482913", AT), ("482914", AT), ("482913", AT + 15 * MINUTE)):
        known = await consultations.known_code(connection, keys, asker(patient), code, at)
        found.append(known is not None)
    number = await consultations.known_code(connection, keys, asker(patient), "482913", AT)

    for _ in range(2):
        request = await consultations.ask(connection, asker(patient), AT)
        try:
            await consultations.answer(
                connection, keys, request, "agent", accepted=True, at=AT, code=number
            )
        except RuleBroken as error:
            found.append("servi" in str(error))

    assert found == [True, False, False, True]


@pytest.mark.requirement("A3.3")
async def test_codes_cannot_be_tried_out(
    connection: asyncpg.Connection, keys: KeyMaker, patient: str
) -> None:
    await consultations.make_code(connection, keys, patient, "482913", AT)
    for n in range(5):
        guess = asker(patient, agent=f"agent-{patient}-{n}")
        assert await consultations.known_code(connection, keys, guess, "000000", AT) is None

    with pytest.raises(RuleBroken):
        await consultations.known_code(connection, keys, asker(patient), "482913", AT)
