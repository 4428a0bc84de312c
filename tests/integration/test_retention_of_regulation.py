"""Regulation and what lies around it go by rule, whole, and nothing before its time. Decision 0105."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from cordee.app.demo_regulation import make_centres
from cordee.governance.retention.keeping import apply_rules
from cordee.runtime.clock import now
from running import Ground
from trusted import Screen, screen_on

DPO, HERE = "olivier.deschamps", "/protection/conservation"
YEARS_20, YEARS_10 = 7300, 3650
HANGING = {
    "regulation_act": "call", "regulation_event": "call", "regulation_text": '"case"',
    "regulation_mission": '"case"', "slot_hold": '"case"', "slot_feedback": "hold",
    "market_appeal": '"case"', "market_proposal": "appeal", "market_acceptance": "appeal",
    "hub_case": '"case"', "hub_request": "number", "regulation_call": "id",
    "regulation_case": "id",
}  # fmt: skip
"""What hangs on a case, and by what it is found below: all these ids are one."""


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        await make_centres(running.platform.parts)
        yield running


@pytest.fixture
async def owner(screen: Screen) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(screen.platform.parts.place.owner_url)
    yield connection
    await connection.close()


def ago(days: int) -> str:
    return f"now() - interval '{days} days'"


async def make_call(
    owner: asyncpg.Connection, key: UUID, days: int, *, state: str = "ended", centre: str = "samu-a"
) -> None:
    await owner.execute(
        "INSERT INTO regulation_call (centre, id, home, since, state, digest, content, data_key)"
        f" VALUES ('{centre}', '{key}', 'samu-a', {ago(days)}, '{state}', '', '', 1)"
    )


async def make_case(
    owner: asyncpg.Connection, key: UUID, days: int, *, state: str = "closed",
    centre: str = "samu-a",
) -> None:  # fmt: skip
    """A case of the call of the same id, opened and, if it is, closed so many days ago."""
    closed = ago(days) if state == "closed" else "NULL"
    await owner.execute(
        "INSERT INTO regulation_case (centre, id, call, number, home, opened, opened_by, state,"
        f" closed, content, data_key) VALUES ('{centre}', '{key}', '{key}', '{centre}-{key}',"
        f" 'samu-a', {ago(days)}, 'x', '{state}', {closed}, '', 1)"
    )


async def stamp(  # noqa: PLR0913 -- the columns of a stamp
    owner: asyncpg.Connection, kind: str, days: int, *, call: UUID | None = None,
    case: UUID | None = None, corrects: int | None = None, centre: str = "samu-a",
) -> int:  # fmt: skip
    made = await owner.fetchval(
        'INSERT INTO regulation_event (centre, call, "case", kind, told, written, agent, corrects)'
        f" VALUES ('{centre}', $1, $2, $3, {ago(days)}, {ago(days)}, 'x', $4) RETURNING n",
        call, case, kind, corrects,
    )  # fmt: skip
    return int(made or 0)


async def whole(owner: asyncpg.Connection, key: UUID, days: int) -> None:
    """A case with all that may hang on it, whose ids are that of the case."""
    await make_call(owner, key, days)
    await make_case(owner, key, days)
    await stamp(owner, "ring", days, call=key)
    first = await stamp(owner, "open", days, call=key, case=key)
    await stamp(owner, "correction", days, call=key, case=key, corrects=first)
    commune = await owner.fetchval("SELECT min(code) FROM regulation_commune")
    await owner.execute(f"""
INSERT INTO regulation_act (id, centre, call, kind, agent, asked, content, data_key)
VALUES ('{key}', 'samu-a', '{key}', 'answer', 'x', now(), '', 1);
INSERT INTO regulation_text (id, centre, "case", digest, state, asked, agent, expires, content, data_key)
VALUES ('{key}', 'samu-a', '{key}', uuid_send('{key}'), 'sent', now(), 'x', now() + interval '1 day', '', 1);
INSERT INTO regulation_mission (centre, id, "case", kind, status, asked, at)
VALUES ('samu-a', '{key}', '{key}', 'SMUR', 'x', now(), now());
INSERT INTO slot_hold (id, vendor, slot, starts, centre, "case", held_by, held, until, state, changed)
VALUES ('{key}', 'v', '{key}', now(), 'samu-a', '{key}', 'x', now(), now() + interval '1 day', 'booked', now());
INSERT INTO slot_feedback (hold, fits, at, agent) VALUES ('{key}', true, now(), 'x');
INSERT INTO market_volunteer (practitioner, name, speciality, commune, radius_km, hours, changed)
VALUES ('Practitioner/{key}', 'x', 's', '{commune}', 9, '{{}}', now());
INSERT INTO market_appeal (id, centre, "case", commune, speciality, until, started, started_by, round,
  round_since, state, changed)
VALUES ('{key}', 'samu-a', '{key}', '{commune}', 's', now() + interval '1 day', now(), 'x', 1, now(),
  'accepted', now());
INSERT INTO market_proposal (appeal, practitioner, round, rank, km, at)
VALUES ('{key}', 'Practitioner/{key}', 1, 1, 1, now());
INSERT INTO market_acceptance (appeal, practitioner, starts, at)
VALUES ('{key}', 'Practitioner/{key}', now(), now());
INSERT INTO hub_case (client, number, centre, "case", opened_by, owner, parties, changed)
VALUES ('c', '{key}', 'samu-a', '{key}', 'x', 'x', '{{}}', now());
INSERT INTO hub_request (client, number, "case", asker, asked_of, purpose, asked)
VALUES ('c', '{key}', '{key}', 'x', 'y', 'z', now());
""")


async def left(owner: asyncpg.Connection, key: UUID) -> dict[str, int]:
    """How many rows of each table still hang on a case; those without any aside."""
    found = {
        table: await owner.fetchval(f"SELECT count(*) FROM {table} WHERE {column}::text = $1", str(key))
        for table, column in HANGING.items()
    }  # fmt: skip
    return {table: count for table, count in found.items() if count}


async def round_of(screen: Screen) -> int:
    async with screen.platform.parts.database.write.acquire() as connection:
        return await apply_rules(connection, screen.platform.parts.kernel.keys, now())


async def is_there(owner: asyncpg.Connection, key: UUID, table: str = "regulation_case") -> bool:
    return bool(await owner.fetchval(f"SELECT count(*) FROM {table} WHERE id = $1", key))


@pytest.mark.requirement("A6.11")
@pytest.mark.requirement("C1.5")
async def test_a_case_goes_whole_after_twenty_years_and_not_before(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    due, young = uuid4(), uuid4()
    await whole(owner, due, YEARS_20 + 1)
    await whole(owner, young, YEARS_20 - 1)
    before = await left(owner, young)
    assert before == await left(owner, due)
    assert set(before) == set(HANGING)
    assert before["regulation_event"] == 3

    await round_of(screen)
    again = await round_of(screen)

    assert again == 0
    assert await left(owner, due) == {}
    assert await left(owner, young) == before
    proofs = await owner.fetch("SELECT gone FROM deletion_proof WHERE class = 'regulation'")
    assert [row["gone"] for row in proofs] == [1]
    lines = await owner.fetch(
        "SELECT detail FROM audit WHERE starts_with(detail, 'retention regulation ')"
    )
    assert len(lines) == 1
    assert ": 1 rows, sha256 " in lines[0]["detail"]
    assert str(due) not in lines[0]["detail"]


@pytest.mark.requirement("A6.11")
async def test_what_is_open_or_names_a_person_stays(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    long = YEARS_20 + 900
    opened, elsewhere, found, named, handed, copied = (uuid4() for _ in range(6))
    await make_case(owner, opened, long, state="under-way")
    await make_case(owner, elsewhere, long)
    await make_case(owner, elsewhere, long, centre="samu-b", state="awaiting")
    await make_case(owner, found, long)
    await make_case(owner, found, long, centre="samu-b", state="transferred")
    await stamp(owner, "patient", long, case=found, centre="samu-b")
    await make_call(owner, named, long)
    await make_case(owner, named, long)
    await stamp(owner, "named", long, call=named)
    await make_case(owner, handed, long)
    await make_case(owner, handed, long, centre="samu-b", state="transferred")
    await make_case(owner, copied, YEARS_20 - 1)
    await make_case(owner, copied, long, centre="samu-b", state="transferred")

    await round_of(screen)

    for one in (opened, elsewhere, found, named, copied):
        assert await is_there(owner, one)
    assert await is_there(owner, named, "regulation_call")
    assert not await is_there(owner, handed)
    cases = await owner.fetchval(
        "SELECT count(*) FROM regulation_case WHERE id = ANY ($1)", [found, copied]
    )
    assert cases == 4


@pytest.mark.requirement("A6.11")
async def test_calls_without_a_case_go_after_ten_years(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    due, young, named, waiting, moved = (uuid4() for _ in range(5))
    for key, days in ((due, YEARS_10 + 1), (young, YEARS_10 - 1), (named, YEARS_10 + 1)):
        await make_call(owner, key, days)
        await stamp(owner, "ring", days, call=key)
    await stamp(owner, "named", YEARS_10 + 1, call=named)
    await make_call(owner, waiting, YEARS_10 + 1, state="waiting")
    await make_call(owner, moved, YEARS_10 + 1, state="gone")
    await make_case(owner, moved, YEARS_10 + 1, centre="samu-b")

    await round_of(screen)

    assert not await is_there(owner, due, "regulation_call")
    assert not await owner.fetchval("SELECT count(*) FROM regulation_event WHERE call = $1", due)
    for one in (young, named, waiting, moved):
        assert await is_there(owner, one, "regulation_call")


@pytest.mark.requirement("A6.11")
async def test_stamps_of_nothing_go_the_corrections_first(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    old = await stamp(owner, "x", YEARS_20 + 9)
    mended = await stamp(owner, "x", YEARS_20 + 9)
    fresh = await stamp(owner, "correction", YEARS_20 - 9, corrects=mended)
    first = await stamp(owner, "x", YEARS_20 + 9)
    last = await stamp(owner, "correction", YEARS_20 + 8, corrects=first)
    kept = uuid4()
    await make_case(owner, kept, YEARS_20 + 9, state="under-way")
    of_case = await stamp(owner, "x", YEARS_20 + 9, case=kept, centre="samu-b")

    await round_of(screen)

    numbers = [old, mended, fresh, first, last, of_case]
    rows = await owner.fetch("SELECT n FROM regulation_event WHERE n = ANY ($1)", numbers)
    assert {row["n"] for row in rows} == {mended, fresh, of_case}


HUB = (
    "INSERT INTO hub_message (direction, client, peer, number, kind, distribution, state, expires,"
    " made, changed, due, data_key, content) VALUES ('in', 'c', 'p', '{key}', '', 'Report', '{more}',"
    " {at}, {at}, {at}, CASE WHEN '{more}' = 'waiting' THEN now() END, 1, '')"
)
OTHERS = (
    ("hub", "hub_message", "number", HUB, "taken", 365),
    ("hub-dead", "hub_message", "number", HUB, "dead", 90),
    ("regulation-acts", "regulation_act", "id",
     "INSERT INTO regulation_act (id, centre, call, kind, agent, asked, content, data_key)"
     " VALUES ('{key}', 'samu-a', '{key}', 'answer', 'x', {at}, '', 1)", "", 30),
    ("regulation-requests", "regulation_request", "id",
     "INSERT INTO regulation_request (id, home, asker, \"case\", kind, asked, asked_by)"
     " VALUES ('{key}', 'samu-a', 'samu-b', '{key}', 'SMUR', {at}, 'x')", "", 7300),
    ("hub-cases", "hub_case", "number",
     "INSERT INTO hub_case (client, number, centre, \"case\", opened_by, owner, parties, changed)"
     " VALUES ('c', '{key}', 'samu-a', '{key}', 'x', 'x', '{{}}', {at})", "", 7300),
    ("overflow", "overflow_entry", "episode",
     "INSERT INTO overflow_episode (id, centre, origin, neighbour, convention, version, state,"
     " proposed_at, automatic, closed) VALUES ('{key}', 'samu-a', 'samu-a', 'samu-b', 'c', 1,"
     " 'closed', {at}, false, {at}); INSERT INTO overflow_transfer (id, centre, role, peer, episode,"
     " call, state, since, priority, motive, opened) VALUES ('{key}', 'samu-a', 'origin', 'samu-b',"
     " '{key}', '{key}', 'settled', {at}, 'P2', '', {at}); INSERT INTO overflow_entry (centre,"
     " episode, what, at, done_by, done_name) VALUES ('samu-a', '{key}', 'x', {at}, 'x', 'x')", "", 7300),
    ("overflow-letters", "overflow_message", "content ->> 'key'",
     "INSERT INTO overflow_message (sender, recipient, content, sent)"
     " VALUES ('x', 'nobody', '{{\"key\": \"{key}\"}}', {at})", "", 30),
    ("overflow-parcels", "overflow_parcel", "call",
     "INSERT INTO overflow_parcel (centre, call, content, data_key, came)"
     " VALUES ('samu-a', '{key}', '', 1, {at})", "", 1),
    ("pooling", "overflow_roster_act", '"case"',
     "INSERT INTO overflow_roster (pool, week, version, centres, terms, proposed, proposed_by,"
     " proposed_name) VALUES ('p', '2026-11-23', 1, '{{samu-a,samu-b}}', '{{}}', now(), 'x', 'x')"
     " ON CONFLICT DO NOTHING; INSERT INTO overflow_roster_act (pool, week, version, centre, own,"
     " \"case\", what, at, done_by, done_name) VALUES ('p', '2026-11-23', 1, 'samu-a', 'samu-b',"
     " '{key}', 'opened', {at}, 'x', 'x')", "", 7300),
    ("simulations", "simulation_run", "id",
     "INSERT INTO simulation_run (id, asked, asked_at, asked_by, centre, total, result)"
     " VALUES ('{key}', '{{}}', {at}, 'x', '', 1, '{{}}')", "", 1095),
    ("slot-holds", "slot_feedback", "hold",
     "INSERT INTO slot_hold (id, vendor, slot, starts, centre, \"case\", held_by, held, until, state,"
     " changed) VALUES ('{key}', 'v', '{key}', {at}, 'samu-a', '{key}', 'x', {at} - interval '2 days',"
     " {at} - interval '1 day', 'fulfilled', {at}); INSERT INTO slot_feedback (hold, fits, at, agent)"
     " VALUES ('{key}', true, now(), 'x')", "", 1095),
    ("market", "market_appeal", "id",
     "INSERT INTO market_appeal (id, centre, \"case\", commune, speciality, until, started, started_by,"
     " round, round_since, state, changed) SELECT '{key}', 'samu-a', '{key}', min(code), 's', {at},"
     " {at} - interval '1 day', 'x', 1, {at}, 'ended', {at} FROM regulation_commune", "", 1095),
    ("market-consents", "market_consent", "practitioner",
     "INSERT INTO market_volunteer (practitioner, name, speciality, commune, radius_km, hours, changed,"
     " withdrawn) SELECT '{key}', 'x', 's', min(code), 9, '{{}}', {at}, {at} FROM regulation_commune;"
     " INSERT INTO market_consent (practitioner, at, gives) VALUES ('{key}', {at}, false)", "", 1095),
    ("sas", "sas_appointment", "key",
     "INSERT INTO sas_appointment (vendor, key, status, starts, ends, operator, practitioner, changed)"
     " VALUES ('v', '{key}', 'booked', {at} - interval '1 day', {at}, 'x', 'x', {at})", "", 1095),
    ("sas-accounts", "sas_account", "number",
     "INSERT INTO sas_account (vendor, number, family, given, email, is_active, state, due, changed)"
     " VALUES ('v', '{key}', 'x', 'x', 'x', false, 'told', {at}, {at})", "", 1095),
    ("sas-messages", "sas_received", "vendor",
     "INSERT INTO sas_received (vendor, digest, at, state) VALUES ('{key}', '', {at}, 'taken')", "", 365),
    ("training", "training_seat", "night",
     "INSERT INTO training_centre (id, of) VALUES ('samu-c', 'samu-d') ON CONFLICT DO NOTHING;"
     " INSERT INTO training_night (id, centre, seed, total, speed, roles, state, started, started_by,"
     " anchor, ended) VALUES ('{key}', 'samu-c', 1, 1, 1, 'both', 'ended', {at}, 'x', {at}, {at});"
     " INSERT INTO training_case (night, n, due, call, content) VALUES ('{key}', 1, 0, '{key}', '{{}}');"
     " INSERT INTO training_seat (night, agent, name, role, joined)"
     " VALUES ('{key}', 'x', 'x', 'x', {at})", "", 1095),
    ("training-cases", "regulation_case", "id",
     "INSERT INTO training_centre (id, of) VALUES ('samu-c', 'samu-d') ON CONFLICT DO NOTHING;"
     " INSERT INTO regulation_case (centre, id, number, home, opened, opened_by, state, content,"
     " data_key) VALUES ('samu-c', '{key}', '{key}', 'samu-c', {at}, 'x', 'received', '', 1)", "", 1095),
)  # fmt: skip
"""Class, a table whose rows go, what finds them, what makes one, days."""


@pytest.mark.requirement("A6.11")
@pytest.mark.parametrize("row", OTHERS, ids=[one[0] for one in OTHERS])
async def test_a_class_goes_by_its_rule(
    screen: Screen, owner: asyncpg.Connection, row: tuple[str, str, str, str, str, int]
) -> None:
    code, table, column, statement, more, days = row
    due, young = uuid4(), uuid4()
    for key, at in (
        (due, ago(days) + " - interval '1 hour'"),
        (young, ago(days) + " + interval '1 hour'"),
    ):
        await owner.execute(statement.format(key=key, at=f"({at})", more=more))
    count = f"SELECT count(*) FROM {table} WHERE ({column})::text = $1"
    assert await owner.fetchval(count, str(due)) == 1

    await round_of(screen)

    assert await owner.fetchval(count, str(due)) == 0
    assert await owner.fetchval(count, str(young)) == 1
    assert await owner.fetchval("SELECT sum(gone) FROM deletion_proof WHERE class = $1", code) == 1


@pytest.mark.requirement("A6.11")
async def test_what_is_still_at_work_stays(screen: Screen, owner: asyncpg.Connection) -> None:
    waiting, running, told = (uuid4() for _ in range(3))
    await owner.execute(HUB.format(key=waiting, at=ago(YEARS_20), more="waiting"))
    await owner.execute(HUB.format(key=told, at=ago(YEARS_20), more="received"))
    await owner.execute(
        "INSERT INTO overflow_episode (id, centre, origin, neighbour, convention, version, state,"
        f" proposed_at, automatic) VALUES ('{running}', 'samu-b', 'samu-a', 'samu-b', 'c', 1, 'active',"
        f" {ago(YEARS_20 + 9)}, false)"
    )
    transferred = uuid4()
    await make_case(owner, transferred, YEARS_20 - 1)
    await owner.execute(
        "INSERT INTO overflow_episode (id, centre, origin, neighbour, convention, version, state,"
        f" proposed_at, automatic, closed) VALUES ('{transferred}', 'samu-a', 'samu-a', 'samu-b', 'c', 1,"
        f" 'closed', {ago(YEARS_20 + 9)}, false, {ago(YEARS_20 + 9)}); INSERT INTO overflow_transfer"
        " (id, centre, role, peer, episode, call, state, since, priority, motive, opened) VALUES"
        f" ('{transferred}', 'samu-a', 'origin', 'samu-b', '{transferred}', '{transferred}', 'settled',"
        f" {ago(YEARS_20 + 9)}, 'P2', '', {ago(YEARS_20 + 9)})"
    )

    await round_of(screen)

    messages = "SELECT count(*) FROM hub_message WHERE number = ANY ($1)"
    assert await owner.fetchval(messages, [str(waiting), str(told)]) == 2
    for one in (running, transferred):
        assert await is_there(owner, one, "overflow_episode")


@pytest.mark.requirement("A6.11")
async def test_many_rows_go_by_a_thousand(screen: Screen, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "INSERT INTO overflow_parcel (centre, call, content, data_key, came) SELECT 'samu-b',"
        f" gen_random_uuid(), '', 1, {ago(3)} FROM generate_series(1, 2300)"
    )
    last = await owner.fetchval("SELECT coalesce(max(n), 0) FROM deletion_proof")

    assert await round_of(screen) == 2300

    rows = await owner.fetch("SELECT gone FROM deletion_proof WHERE n > $1 ORDER BY n", last)
    assert [row["gone"] for row in rows] == [1000, 1000, 300]


@pytest.mark.requirement("A6.11")
async def test_a_class_that_cannot_go_holds_no_other_one_up(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    held, other = uuid4(), uuid4()
    await make_case(owner, held, YEARS_20 + 9)
    await owner.execute(
        'CREATE TABLE forgotten (centre text, "case" uuid, FOREIGN KEY (centre, "case") REFERENCES'
        f" regulation_case (centre, id)); INSERT INTO forgotten VALUES ('samu-a', '{held}')"
    )
    await owner.execute(HUB.format(key=other, at=ago(YEARS_20), more="taken"))

    with capture_logs() as logs:
        await round_of(screen)

    assert await is_there(owner, held)
    assert not await owner.fetchval(
        "SELECT count(*) FROM hub_message WHERE number = $1", str(other)
    )
    (line,) = [one for one in logs if one["event"] == "retention_failed"]
    assert line["data_class"] == "regulation"
    assert str(held) not in str(line)
    await owner.execute("DROP TABLE forgotten")
    await round_of(screen)
    assert not await is_there(owner, held)


@pytest.mark.requirement("A6.11")
@pytest.mark.requirement("C1.5")
async def test_nobody_deletes_a_stamp_or_a_trace_but_the_rule(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    key = uuid4()
    await make_case(owner, key, YEARS_20 - 1)
    await stamp(owner, "x", YEARS_20 + 9, case=key)
    for code, _, _, statement, more, _ in OTHERS:
        if code in {"overflow", "pooling", "market-consents"}:
            await owner.execute(statement.format(key=uuid4(), at="now()", more=more))
    traces = ("regulation_event", "overflow_entry", "overflow_roster_act", "market_consent")
    for table in (*traces, "regulation_case", "regulation_call", "hub_message", "slot_hold"):
        for said in ("off", "on"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with screen.platform.parts.database.transaction() as connection:
                    await connection.execute(f"SET LOCAL cordee.retains = '{said}'")
                    await connection.execute(f"DELETE FROM {table}")
    for table in traces:
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.RaiseError)):
            await owner.execute(f"DELETE FROM {table}")
        with pytest.raises((asyncpg.RestrictViolationError, asyncpg.RaiseError)):
            async with owner.transaction():
                await owner.execute("SET LOCAL cordee.retains = 'on'")
                column = "practitioner = 'y'" if table == "market_consent" else "centre = 'y'"
                await owner.execute(f"UPDATE {table} SET {column}")
    for code, days in (
        ("regulation", 3000),
        ("overflow", 3000),
        ("hub", 7),
        ("regulation-people", 9000),
    ):
        with pytest.raises(asyncpg.DataError):
            await screen.rows(
                "SELECT retain($1, now() - make_interval(days => $2), 'x', NULL, true)", code, days
            )


@pytest.mark.requirement("A6.11")
async def test_the_dpo_sees_the_classes_and_says_another_time(
    screen: Screen, owner: asyncpg.Connection
) -> None:
    key = uuid4()
    await make_case(owner, key, 4000)
    dpo = await screen.person(DPO)

    page = await dpo.text(HERE)
    said = {"classe": "regulation", "base": "Décision du comité de sécurité"}
    refused = await dpo.post(HERE, jours="3000", **said)
    taken = await dpo.post(HERE, jours="3900", **said)
    sheet = (await dpo.get(f"{HERE}/classes.csv")).text
    await round_of(screen)

    assert "Dossiers de régulation sans personne identifiée" in page
    assert "aucune destruction automatique, décision médicale" in page
    assert (refused.status_code, taken.status_code) == (422, 303)
    line = next(one for one in sheet.splitlines() if one.startswith("regulation;"))
    assert int(line.rsplit(";", 1)[1]) >= 1
    assert not await is_there(owner, key)


CHILDREN = """
SELECT f.conrelid::regclass::text AS child, f.confrelid::regclass::text AS parent,
  coalesce(p.prosrc, '') AS goes
FROM pg_constraint f
LEFT JOIN pg_trigger t ON t.tgrelid = f.confrelid AND t.tgname = f.confrelid::regclass || '_goes'
LEFT JOIN pg_proc p ON p.oid = t.tgfoid
WHERE f.contype = 'f' AND f.confdeltype = 'a' AND f.confrelid::regclass::text = ANY ($1)
"""
ON_A_CASE = """
SELECT table_name AS child FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'case' AND data_type = 'uuid'
"""
ALONE = {"regulation_request", "overflow_roster_act"}
"""What has a class of its own."""


@pytest.mark.requirement("A6.11")
async def test_no_table_that_hangs_on_what_goes_is_forgotten(owner: asyncpg.Connection) -> None:
    parents = {one[1] for one in OTHERS} | set(HANGING)
    parents |= {"overflow_episode", "training_night", "market_volunteer"}

    rows = await owner.fetch(CHILDREN, sorted(parents))
    on_case = {row["child"] for row in await owner.fetch(ON_A_CASE)}
    goes = await owner.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'regulation_case_goes'")

    held = {(row["child"], row["parent"]) for row in rows
            if f"DELETE FROM {row['child']} " not in row["goes"]}  # fmt: skip
    # A stamp that is corrected waits for the younger one; a volunteer for the last proposal.
    assert held == {
        ("regulation_event", "regulation_event"), ("market_proposal", "market_volunteer"),
        ("market_acceptance", "market_proposal"),
    }  # fmt: skip
    assert {one for one in on_case if f"DELETE FROM {one} " not in (goes or "")} == ALONE
