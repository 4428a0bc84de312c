"""The tables behind the decision, on the real PostgreSQL, as the application writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from cordee.access.facts import Consent
from cordee.access.glass import Breaker, State, break_glass
from cordee.access.matrix import Cell, Right, in_force
from cordee.access.matrix import State as CellState
from cordee.access.registers import grants, matrices, statements
from cordee.access.registers.matrices import Office
from cordee.access.registers.statements import Said, Shown, Situation, Speaker, Word
from cordee.fhir.indexing.keys import KeyMaker
from cordee.runtime.errors import AccessDenied, InvalidRequest, NotFound, RuleBroken
from running import Platform

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DPO, ADMINISTRATOR = Office("dpo-1", "dpo"), Office("admin-1", "administrator")
CELL = Cell("60", "category:synthese", Right.READ, CellState.OPEN, "decision of the region")
TABLES = (
    "matrix_proposal", "matrix_verdict", "consent_statement", "visibility_statement",
    "glass_grant", "glass_closing", "glass_review", "work_situation", "consultation_code",
    "consultation_try", "consultation_request", "consultation_answer", "consultation_closing",
    "notice", "notice_reading", "contest", "contest_answer",
)  # fmt: skip


@pytest.fixture
async def connection(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    async with platform.parts.database.write.acquire() as connection:
        yield connection


keyed = KeyMaker(b"test")


def speaker(at: datetime = AT) -> Speaker:
    return Speaker("patient-1", at)


async def opened(connection: asyncpg.Connection, patient: str, at: datetime = AT) -> UUID:
    breaker = Breaker("u1", "emergency", "Practitioner/1", "Organization/1", patient)
    grant = break_glass(breaker, "vital", "Arrêt cardiaque au domicile", opposed=False, at=at)
    return await grants.open_glass(connection, grant, keyed)


@pytest.mark.requirement("A3.1")
async def test_a_change_by_two_persons_counts_from_its_date(
    connection: asyncpg.Connection,
) -> None:
    later = AT + 24 * HOUR
    number = await matrices.propose(connection, DPO, [CELL], effective=later, motive="Demande IDE")
    before = len(await matrices.versions(connection))

    await matrices.settle(connection, number, ADMINISTRATOR, accepted=True, at=AT)

    versions = await matrices.versions(connection)
    states = []
    for at in (later - HOUR, later):
        version = in_force(versions, at)
        cell = version and version.cell("60", "60591-5", "synthese", Right.READ)
        states.append(cell and cell.state)
    assert (before, len(versions), states) == (1, 2, ["to-complete", "open"])


@pytest.mark.requirement("A3.1")
@pytest.mark.parametrize(
    "by", [DPO, Office("dpo-1", "administrator"), Office("dpo-2", "dpo"), Office("x", "doctor")]
)
async def test_one_person_or_one_office_is_not_enough(
    connection: asyncpg.Connection, by: Office
) -> None:
    number = await matrices.propose(connection, DPO, [CELL], effective=AT, motive="Demande IDE")

    with pytest.raises(RuleBroken):
        await matrices.settle(connection, number, by, accepted=True, at=AT - HOUR)


async def test_a_change_never_reaches_back_and_is_decided_once(
    connection: asyncpg.Connection,
) -> None:
    number = await matrices.propose(connection, DPO, [CELL], effective=AT, motive="Demande IDE")

    with pytest.raises(RuleBroken, match="passed"):
        await matrices.settle(connection, number, ADMINISTRATOR, accepted=True, at=AT + HOUR)
    await matrices.settle(connection, number, ADMINISTRATOR, accepted=False, at=AT + HOUR)
    with pytest.raises(RuleBroken, match="decided"):
        await matrices.settle(connection, number, ADMINISTRATOR, accepted=True, at=AT - HOUR)
    with pytest.raises(NotFound):
        await matrices.settle(connection, 0, ADMINISTRATOR, accepted=True, at=AT)


async def test_a_change_names_places_that_exist(connection: asyncpg.Connection) -> None:
    nowhere = Cell("60", "unknown", Right.READ, CellState.OPEN, "x")

    with pytest.raises(InvalidRequest):
        await matrices.propose(connection, DPO, [nowhere], effective=AT, motive="Demande IDE")


async def test_consent_is_what_was_said_last_and_the_past_is_kept(
    connection: asyncpg.Connection,
) -> None:
    opposed = Word(Said.SHARING_OPPOSED)
    blocked = Word(Said.BLOCKED, target="Practitioner/9")
    await statements.say_consent(connection, "p1", opposed, speaker(), keyed)
    await statements.say_consent(connection, "p1", blocked, speaker(), keyed)
    taken_back = Word(Said.SHARING_OPPOSED, holds=False)
    await statements.say_consent(connection, "p1", taken_back, speaker(AT + HOUR), keyed)

    known = [await statements.consent_at(connection, "p1", AT + n * HOUR) for n in (-1, 0, 1)]

    nine = frozenset({"Practitioner/9"})
    assert known == [Consent(), Consent(opposes_sharing=True, blocked=nine), Consent(blocked=nine)]


async def test_a_block_says_whom(connection: asyncpg.Connection) -> None:
    with pytest.raises(RuleBroken):
        await statements.say_consent(connection, "p1", Word(Said.BLOCKED), speaker(), keyed)


@pytest.mark.requirement("A3.5")
async def test_masking_is_said_of_one_document_and_taken_back(
    connection: asyncpg.Connection,
) -> None:
    document = "DocumentReference/d1"
    await statements.mark(connection, "p1", document, Shown.MASKED, speaker())
    await statements.unmark(connection, "p1", document, Shown.MASKED, speaker(AT + HOUR))

    masked = [
        (await statements.visibility_at(connection, document, AT + n * HOUR)).masked
        for n in (-1, 0, 1)
    ]

    assert masked == [False, True, False]


@pytest.mark.requirement("A3.7")
async def test_a_deferral_ends_by_itself_or_by_the_announcement(
    connection: asyncpg.Connection,
) -> None:
    until = AT + 48 * HOUR
    for name in ("told", "left"):
        result = f"DiagnosticReport/{name}"
        await statements.defer(connection, "p1", result, speaker(), until=until)
    told = "DiagnosticReport/told"
    await statements.unmark(connection, "p1", told, Shown.DEFERRED, speaker(AT + HOUR))

    hidden = [
        (await statements.visibility_at(connection, f"DiagnosticReport/{name}", at)).deferred_until
        for name, at in (("left", AT + HOUR), ("left", until), ("told", AT + HOUR))
    ]

    assert hidden == [until, None, None]
    with pytest.raises(RuleBroken):
        far = AT + timedelta(days=91)
        await statements.defer(connection, "p1", told, speaker(), until=far)


@pytest.mark.requirement("A3.4")
async def test_a_broken_glass_runs_is_traced_and_waits_for_its_review(
    connection: asyncpg.Connection,
) -> None:
    number = await opened(connection, "p2")

    running = await grants.running(connection, "p2", "u1", AT + HOUR)
    after = await grants.running(connection, "p2", "u1", AT + 4 * HOUR)
    queue = await grants.review_queue(connection, 10)
    traced = await connection.fetchval(
        "SELECT count(*) FROM audit WHERE detail = $1", f"glass {number}"
    )
    tied = await connection.fetchval(
        "SELECT count(*) FROM care_circle WHERE actor = $1 AND pat = $2",
        keyed(f"glass/{number}"), keyed("Patient/p2"),
    )  # fmt: skip
    live = [await grants.live_glasses(connection, "u1", AT + n * HOUR) for n in (-1, 0, 4)]

    assert ([one.state(AT) for one in running], after) == ([State.OPEN], ())
    assert [kept.id for kept in queue] == [number]
    assert (traced, tied, live) == (1, 1, [(), (number,), ()])
    await grants.review_glass(connection, number, "dpo-1", justified=False, at=AT + HOUR)
    assert await grants.running(connection, "p2", "u1", AT + HOUR) == ()
    assert await grants.live_glasses(connection, "u1", AT + HOUR) == ()
    assert await grants.review_queue(connection, 10) == ()


@pytest.mark.requirement("A3.4")
async def test_recorded_opposition_refuses_the_glass_in_the_statement_itself(
    connection: asyncpg.Connection,
) -> None:
    opposed = Word(Said.EMERGENCY_OPPOSED)
    await statements.say_consent(connection, "p3", opposed, speaker(), keyed)

    with pytest.raises(AccessDenied):
        await opened(connection, "p3")
    assert await grants.running(connection, "p3", "u1", AT) == ()


async def test_closing_is_done_once(connection: asyncpg.Connection) -> None:
    number = await opened(connection, "p4")

    await grants.close_glass(connection, number, "u1", AT + HOUR)

    assert await grants.live_glasses(connection, "u1", AT + HOUR) == ()
    assert await grants.running(connection, "p4", "u1", AT + HOUR) == ()
    with pytest.raises(RuleBroken):
        await grants.close_glass(connection, number, "u1", AT + HOUR)


@pytest.mark.parametrize(
    "change",
    [
        {"ends": AT + 5 * HOUR}, {"role": "doctor"}, {"motive": "short"}, {"category": ""},
        {"agent": ""},
    ],
)  # fmt: skip
async def test_the_table_itself_holds_the_rules(
    connection: asyncpg.Connection, change: dict[str, object]
) -> None:
    row = {
        "opened": AT, "ends": AT + HOUR, "agent": "u", "practitioner": "", "structure": "",
        "role": "emergency", "patient": "p", "category": "vital", "motive": "a motive in words",
    } | change  # fmt: skip
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    statement = f"INSERT INTO glass_grant ({', '.join(row)}) VALUES ({places})"

    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(statement, *row.values())


async def test_situations_are_those_that_run_as_known_then(
    connection: asyncpg.Connection,
) -> None:
    here = Situation("Organization/1", "emergency", "10", AT, None)
    await statements.say_situation(connection, "Practitioner/5", here, speaker())
    left = Situation("Organization/1", "emergency", "10", AT, AT + HOUR)
    await statements.say_situation(connection, "Practitioner/5", left, speaker(AT + HOUR))

    known = [
        await statements.situations_at(connection, "Practitioner/5", AT + n * HOUR)
        for n in (-1, 0, 1)
    ]

    assert known == [(), (here,), ()]


@pytest.mark.requirement("A3.1")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = DEFAULT"]
)
async def test_nobody_who_serves_rewrites_what_was_said(
    platform: Platform, table: str, statement: str
) -> None:
    columns = {"glass_grant": "opened", "consultation_code": "made"}
    column = columns.get(table, "asked" if table == "consultation_request" else "at")
    connection = await asyncpg.connect(platform.parts.place.url)

    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(table, column))
    finally:
        await connection.close()
