"""No sealed column is forgotten by a rotation, and none is unreadable after it. Decision 0104."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordee.app.demo_regulation import make_centres
from cordee.app.key_commands import checked, seal_waiting, status
from cordee.app.regulation import box_of
from cordee.app.roads import Shelf
from cordee.app.sealed import SEALED_TABLES
from cordee.care.circle.steps import place_of_note
from cordee.care.messaging.facts import file_part, part_of
from cordee.care.messaging.sealing import place_of as place_of_message
from cordee.care.notifications.following import place_of as place_of_address
from cordee.care.regulation.floor import Parcel
from cordee.fhir.subscriptions.keeping import place_of as place_of_subscription
from cordee.gateways.samu.ledger import place_of as place_at_hub
from cordee.gateways.sas.appointments import place_of as place_at_vendor
from cordee.runtime import clock, envelopes, resealing
from cordee.runtime.database import single_connection
from cordee.runtime.envelopes import Ring
from cordee.runtime.errors import Unavailable
from cordee.runtime.resealing import TableResealer, count_by_key, count_waiting
from cordee.runtime.rotating import rotate
from regulated import ring, take, tell, version
from running import Ground, platform_on
from trusted import Person, Screen, plain, screen_on

OTHERWISE = {
    "bodies, sealed by `fhir/store/resealing.py`": {"history.body", "resource.body", "r_*.body"},
    "pictures, sealed by `identity/patients/scans.py`": {"identity_scan.content"},
    "under a key of the folder, of no patient": {
        "credential.secret", "identity_provider.client_secret", "session.id_token",
        "session_draft.sealed",
    },
    "the keys themselves, wrapped": {"data_key.name", "data_key.wrapped"},
    "digests, public keys, random numbers, a dictionary": {
        "agenda_feed.secret", "audit_purge.last", "audit_purge.mac", "audit_seal.digest",
        "audit_seal.mac", "consultation_request.session", "deletion_proof.digest",
        "dictionary.bytes", "directory_entry.digest", "document_entry.digest",
        "federation_request.browser", "federation_request.state", "invitation.digest",
        "passkey.id", "passkey.public_key", "passkey_challenge.browser",
        "passkey_challenge.challenge", "regulation_call.digest", "regulation_text.digest",
        "sas_received.digest", "scim_token.hash", "session.id", "session.station",
        "session_draft.session", "short_code.badge", "short_code.secret", "sign_in_attempt.key",
        "smart_client.secret_hash", "smart_code.hash", "smart_launch.hash", "smart_refresh.hash",
        "smart_request.hash", "subscription_token.digest",
    },
}  # fmt: skip
"""Columns of bytes that are no text of the registry: what they are."""
COLUMNS = """
SELECT CASE WHEN table_name LIKE 'r\\_%' THEN 'r_*' ELSE table_name END || '.' || column_name AS name
FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea'
"""
STAMPS = """
SELECT n, (to_jsonb(x) - 'content' - 'data_key')::text AS kept, content,
  coalesce("case", call)::text AS place FROM regulation_event x ORDER BY n
"""


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        await make_centres(running.platform.parts)
        yield running


async def owner_of(screen: Screen) -> asyncpg.Connection:
    return await asyncpg.connect(screen.platform.parts.place.owner_url)


@pytest.mark.requirement("A6.2")
async def test_every_column_of_bytes_is_known_for_what_it_is(screen: Screen) -> None:
    registry = {f"{one.name}.{column}" for one in SEALED_TABLES for column, _ in one.columns}
    others = [name for names in OTHERWISE.values() for name in names]

    schema = {row["name"] for row in await screen.rows(COLUMNS)}

    assert len(others) == len(set(others))
    assert registry.isdisjoint(others)
    assert schema == registry | set(others)


async def decided(person: Person, screen: Screen) -> str:
    """The page of a case with a decision, whose stamp bears words."""
    case = await take(screen, person)
    assert (await tell(person, case, "transmettre")).status_code == 303
    page = await person.get(case)
    done = await person.post(
        f"{case}/decision", version=version(page), decision="smur", mots="Douleur thoracique"
    )
    assert done.status_code == 303, plain(done)
    return case


async def fill(screen: Screen) -> str:
    """A row in each table of the registry; the page of the case of the floor."""
    case = await decided(await screen.person("dr.roy"), screen)
    box, at = box_of(screen.platform.parts), clock.now()
    parcel = Parcel(
        id=uuid4(), home="samu-a", since=at, priority="P2", motive="", line="15", way="",
        content={"number": "0600000042"},
    )  # fmt: skip
    async with screen.platform.parts.database.transaction() as connection:
        await Shelf(box).keep(connection, "samu-a", parcel)
    async with single_connection(screen.platform.parts.place.owner_url) as owner:
        keys = screen.platform.parts.kernel.repository.ring
        assert keys is not None
        for statement, values in rows_of(screen, keys, UUID(case.rsplit("/", 1)[1])):
            await owner.execute(statement, *values)
    return case


def rows_of(screen: Screen, keys: Ring, case: UUID) -> list[tuple[str, tuple[Any, ...]]]:
    """Statements with their values: what other parts of the platform would have kept."""
    box, at, thread, key = box_of(screen.platform.parts), clock.now(), uuid4(), uuid4()
    act, text = uuid4(), uuid4()
    digest = hashlib.sha256(b"sas").digest()
    hub = {"direction": "in", "client": "fr.health.samuA", "number": "fr.health.samuB_1"}

    def said(place: str) -> bytes:
        return keys.seal(b"Zzyzx", place)[1]

    return [
        ("INSERT INTO regulation_act (id, centre, call, kind, agent, asked, data_key, content)"
         " VALUES ($1, 'samu-a', $1, 'answer', 'x', $2, $3, $4)",
         (act, at, *box.seal("act", str(act), {"who": "x"}))),
        ("INSERT INTO regulation_text (id, centre, \"case\", digest, state, asked, agent, expires,"
         " data_key, content) VALUES ($1, 'samu-a', $2, $3, 'sent', $4, 'x', $5, $6, $7)",
         (text, case, digest, at, at + timedelta(days=1), *box.seal("text", str(text), {"a": 1}))),
        ("INSERT INTO hub_message (direction, client, peer, number, kind, distribution, state,"
         " expires, made, changed, data_key, content) VALUES ($1, $2, 'fr.health.samuB', $3, '',"
         " 'Report', 'taken', $4, $4, $4, $5, $6)",
         (*hub.values(), at, *keys.seal(b"Zzyzx", place_at_hub(hub)))),
        ("INSERT INTO sas_received (vendor, digest, at, state, data_key, content)"
         " VALUES ('v', $1, $2, 'dead', $3, $4)",
         (digest, at, *keys.seal(b"Zzyzx", place_at_vendor({"vendor": "v", "digest": digest})))),
        ("INSERT INTO circle_step (circle, patient, at, by, acting, step, note)"
         " VALUES ('c', 'p', $1, 'x', 1, 'opened', $2)", (at, said(place_of_note("p", at)))),
        ("INSERT INTO thread (id, subject, made, made_by, agent, acting, moved)"
         " VALUES ($1, $2, $3, 'x', 'x', 1, $3)", (thread, said(place_of_message(thread, "subject")), at)),
        ("INSERT INTO message (thread, place, key, at, author, agent, acting, words)"
         " VALUES ($1, 1, $2, $3, 'x', 'x', 1, $4)",
         (thread, key, at, said(place_of_message(thread, part_of(key))))),
        ("INSERT INTO message_file (message, place, media, size, name, content)"
         " SELECT max(n), 1, 'image/png', 5, $1, $2 FROM message",
         (said(place_of_message(thread, file_part(key, 1) + "/name")),
          said(place_of_message(thread, file_part(key, 1))))),
        ("INSERT INTO reach (person, channel, said, said_by, key, address)"
         " VALUES ('Practitioner/x', 'email', $1, 'x', $2, $3)",
         (at, *keys.seal(b"x@exemple.fr", place_of_address("Practitioner/x", "email")))),
        ("INSERT INTO subscription (id, status, form, channel, owner, sealed, made)"
         " VALUES ('s', 'off', 'topic', 'email', 'x', $1, $2)",
         (said(place_of_subscription("s")), at)),
    ]  # fmt: skip


async def turned(screen: Screen, owner: asyncpg.Connection) -> Ring:
    """A ring after a rotation, of which the platform has learnt."""
    keys = Ring(
        screen.platform.parts.settings.keys,
        lambda: single_connection(screen.platform.parts.place.owner_url),
    )
    await keys.open(owner)
    await rotate(owner, screen.platform.parts.settings.keys)
    theirs = screen.platform.parts.kernel.repository.ring
    assert theirs is not None
    for one in (keys, theirs):
        await one.refresh(owner, now=True)
    return keys


@pytest.mark.requirement("A6.2")
async def test_after_a_rotation_and_the_loss_of_the_old_key_all_reads(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await fill(screen)
    owner = await owner_of(screen)
    person = await screen.person("dr.roy")
    counts = {
        one.name: await owner.fetchval(f"SELECT count(*) FROM {one.name}") for one in SEALED_TABLES
    }
    assert all(counts.values())
    before = await owner.fetch(STAMPS)
    words = {row["n"]: box_of(screen.platform.parts).open("event", row["place"], row["content"])
             for row in before if row["content"]}  # fmt: skip
    assert words
    former = await owner.fetchval("SELECT name FROM data_key ORDER BY number DESC LIMIT 1")
    stop, worked = asyncio.Event(), 0

    async def working() -> None:
        nonlocal worked
        while not stop.is_set():
            await decided(person, screen)
            assert "Trouvée au sol" in plain(await person.get(case))
            worked += 1

    task = asyncio.create_task(working())
    while not worked:
        await asyncio.sleep(0)
    keys = await turned(screen, owner)
    try:
        await seal_waiting(owner, keys, settle=0)
    finally:
        stop.set()
        await task
    said = await seal_waiting(owner, keys, settle=0)

    assert await count_waiting(owner, SEALED_TABLES, keys) == {}
    assert set(await count_by_key(owner, SEALED_TABLES)) == {keys.current.name}
    for table in SEALED_TABLES:
        if table.number:
            numbers = await owner.fetch(f"SELECT DISTINCT {table.number} AS n FROM {table.name}")
            assert {row["n"] for row in numbers} <= {keys.current.number, None}, table.name
    assert "texts sealed" in said
    await owner.execute("DELETE FROM data_key WHERE name = $1", former)
    assert former is not None
    monkeypatch.delitem(envelopes._known, former)
    assert "sealed texts: all" in await checked(owner, whole=True)
    assert " 0 texts" not in await status(owner, screen.platform.parts.settings)
    assert "Trouvée au sol" in plain(await person.get(case))
    box = box_of(screen.platform.parts)
    after = {row["n"]: row for row in await owner.fetch(STAMPS)}
    for row in before:
        same = after[row["n"]]
        assert same["kept"] == row["kept"]
        assert (same["content"] is None) == (row["content"] is None)
        if row["content"]:
            assert same["content"] != row["content"]
            assert box.open("event", row["place"], same["content"]) == words[row["n"]]
    await owner.close()


@pytest.mark.requirement("C1.5")
@pytest.mark.requirement("A6.2")
async def test_a_stamp_is_changed_by_nobody_but_for_its_seal(screen: Screen) -> None:
    await decided(await screen.person("dr.roy"), screen)
    owner = await owner_of(screen)
    keys = await turned(screen, owner)
    row = await owner.fetchrow(
        f"SELECT * FROM ({STAMPS}) s WHERE content IS NOT NULL ORDER BY n DESC LIMIT 1"
    )
    assert row is not None
    place = f"regulation/event/{row['place']}"
    number, fresh = keys.seal_again(row["content"], place)
    _, other = keys.seal(
        b'{"words":"other words, and longer ones than what was said there"}', place
    )
    tried = (
        ("told = told - interval '1 hour'", ()),
        ("content = $1, data_key = $2, agent = 'x'", (fresh, number)),
        ("content = $1, data_key = $2", (fresh, number - 1)),
        ("content = $1, data_key = $2", (other, number)),
        ("content = $1, data_key = $2", (row["content"], number)),
        ("content = NULL, data_key = NULL", ()),
    )

    for said in ("off", "on"):
        for change, values in tried:
            with pytest.raises(asyncpg.RestrictViolationError):
                await changed(owner, said, change, values, row["n"])
        with pytest.raises(asyncpg.RestrictViolationError):
            async with owner.transaction():
                await owner.execute(f"SET LOCAL cordee.reseals = '{said}'")
                await owner.execute("DELETE FROM regulation_event WHERE n = $1", row["n"])
    with pytest.raises(asyncpg.RestrictViolationError):
        await changed(owner, "off", "content = $1, data_key = $2", (fresh, number), row["n"])
    await changed(owner, "on", "content = $1, data_key = $2", (fresh, number), row["n"])
    for statement in (
        "UPDATE regulation_event SET content = ''", "DELETE FROM regulation_event",
        "SELECT is_sealed_anew('', '', 1)",
    ):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await screen.rows(statement)
    await owner.close()


async def changed(
    owner: asyncpg.Connection, said: str, change: str, values: tuple[Any, ...], number: int
) -> None:
    async with owner.transaction():
        await owner.execute(f"SET LOCAL cordee.reseals = '{said}'")
        await owner.execute(
            f"UPDATE regulation_event SET {change} WHERE n = ${len(values) + 1}", *values, number
        )


@pytest.mark.requirement("A6.2")
async def test_what_does_not_open_is_named_and_stays(screen: Screen) -> None:
    call = await ring(screen)
    owner = await owner_of(screen)
    kept = await owner.fetchval("SELECT content FROM regulation_call WHERE id = $1", call)
    keys = await turned(screen, owner)
    assert kept is not None
    broken = kept[:-1] + bytes([kept[-1] ^ 1])
    await owner.execute("UPDATE regulation_call SET content = $2 WHERE id = $1", call, broken)

    for doing in (seal_waiting(owner, keys, settle=0), checked(owner, whole=True)):
        with pytest.raises(Unavailable, match=f"regulation/call/{call}"):
            await doing

    assert await count_waiting(owner, SEALED_TABLES, keys) == {"regulation_call": 1}
    await owner.execute("UPDATE regulation_call SET content = $2 WHERE id = $1", call, kept)
    await seal_waiting(owner, keys, settle=0)
    assert await count_waiting(owner, SEALED_TABLES, keys) == {}
    await owner.close()


@pytest.mark.requirement("A6.2")
async def test_what_is_broken_off_goes_on_and_what_is_held_comes_later(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "_MOST_ROWS", 1)
    calls = [await ring(screen) for _ in range(3)]
    owner = await owner_of(screen)
    keys = await turned(screen, owner)
    await TableResealer(owner, keys, lambda _: None).run(SEALED_TABLES[1:])
    waiting = (await count_waiting(owner, SEALED_TABLES, keys))["regulation_call"]
    assert waiting >= len(calls)

    def die(_: int) -> None:
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await TableResealer(owner, keys, die).run(SEALED_TABLES)
    assert await count_waiting(owner, SEALED_TABLES, keys) == {"regulation_call": waiting - 1}
    async with screen.platform.parts.database.transaction() as holding:
        await holding.execute("SELECT FROM regulation_call WHERE id = $1 FOR UPDATE", calls[-1])
        await TableResealer(owner, keys, lambda _: None).run(SEALED_TABLES)
        assert await count_waiting(owner, SEALED_TABLES, keys) == {"regulation_call": 1}
    await TableResealer(owner, keys, lambda _: None).run(SEALED_TABLES)
    assert await count_waiting(owner, SEALED_TABLES, keys) == {}
    await owner.close()


@pytest.mark.requirement("A6.2")
async def test_a_process_that_writes_no_body_learns_of_the_new_key(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelopes, "_LOOK_SECONDS", 0.01)
    async with platform_on(ground) as platform:
        theirs = platform.parts.kernel.repository.ring
        assert theirs is not None
        async with single_connection(platform.parts.place.owner_url) as owner:
            made = await rotate(owner, platform.parts.settings.keys)

        async with asyncio.timeout(20):
            while theirs.current.number != made.number:
                await asyncio.sleep(0.01)
