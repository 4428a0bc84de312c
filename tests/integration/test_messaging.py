"""Messages: who reads, in which order, once, in time, and what happens when nobody does. B1.5, B1.6."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordee.app.circles import circle_desk
from cordee.app.messages import message_clocks, message_desk
from cordee.care.circle.inviting import Offer
from cordee.care.circle.steps import Spoken
from cordee.care.messaging.desk import MessageDesk
from cordee.care.messaging.facts import Member
from cordee.care.messaging.writing import Draft, Sent, mentioned
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import now
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.runtime.scanning import Infected
from trusted import JEANNE, Screen, make_patient, who

DOCTOR, NURSE, STRANGER = "dr.legoff", "samira.haddad", "linh.tran"
SAMIRA = Member("Practitioner/samira-haddad", "Samira Haddad", outside=False)
LINH = Member("Practitioner/linh-tran", "Linh Tran", outside=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12")
    client = await bare_screen.platform.client()
    for one in (SAMIRA, LINH):
        kind, _, key = one.reference.partition("/")
        body = {"resourceType": kind, "id": key, "name": [{"text": one.name}]}
        assert (await client.put(one.reference, json=body)).status_code == 201
    circle = circle_desk(bare_screen.platform.parts)
    at = now()
    spoken = Spoken("consented", "paper", "patient", at.date())
    await circle.opening.open(who(DOCTOR), JEANNE, ("home", ""), spoken, at)
    offer = Offer("Practitioner/samira-haddad", "Samira Haddad", "nurse", at)
    number = await circle.inviting.invite(who(DOCTOR), JEANNE, offer, at)
    await circle.inviting.accept(who(NURSE), number, now())
    await publish(bare_screen.platform.parts.database)
    bare_screen.platform.parts.guard.forget()
    return bare_screen


@pytest.fixture
def desk(screen: Screen) -> MessageDesk:
    return message_desk(screen.platform.parts)


async def started(desk: MessageDesk, *members: Member, patient: str = JEANNE) -> UUID:
    return await desk.writing.start(
        who(DOCTOR),
        uuid4(),
        (patient, "Plaie du talon"),
        [one.reference for one in members or (SAMIRA,)],
        now(),
    )


async def send(desk: MessageDesk, thread: UUID, words: str, user: str = DOCTOR, **more: Any) -> Any:
    return await desk.writing.write(who(user), thread, Draft(uuid4(), words, **more), now())


async def read(desk: MessageDesk, thread: UUID, user: str) -> list[str]:
    found = await desk.reading.thread(who(user), thread)
    messages = await desk.reading.messages(found)
    await desk.reading.read(who(user), found, found.changes, now())
    return [one.words for one in messages]


@pytest.mark.requirement("B1.5")
async def test_two_write_at_once_and_all_read_one_order(desk: MessageDesk) -> None:
    thread = await started(desk)

    await asyncio.gather(
        *(send(desk, thread, f"{user} {i}", user) for i in range(10) for user in (DOCTOR, NURSE))
    )

    first, second = await read(desk, thread, DOCTOR), await read(desk, thread, NURSE)
    assert first == second
    assert sorted(first) == sorted(f"{user} {i}" for i in range(10) for user in (DOCTOR, NURSE))


@pytest.mark.requirement("B1.5")
async def test_what_is_sent_again_after_a_cut_is_one_message(desk: MessageDesk) -> None:
    thread, draft = await started(desk), Draft(uuid4(), "Pansement refait")

    made = await asyncio.gather(
        *(desk.writing.write(who(NURSE), thread, draft, now()) for _ in range(5))
    )
    again = await desk.writing.write(who(NURSE), thread, draft, now())

    assert [one.is_new for one in made].count(True) == 1
    assert {one.n for one in (*made, again)} == {made[0].n}
    assert await read(desk, thread, DOCTOR) == ["Pansement refait"]
    other = await desk.writing.write(who(DOCTOR), thread, draft, now())
    assert other.is_new  # a key is its author's


async def test_who_is_chosen_is_named_by_the_directory(desk: MessageDesk) -> None:
    thread = await desk.reading.own(who(DOCTOR), await started(desk, SAMIRA, LINH))
    shown = {one.reference: (one.name, one.outside) for one in thread.present}
    assert shown[SAMIRA.reference] == ("Samira Haddad", False)
    assert shown[LINH.reference] == ("Linh Tran", True)
    for odd in ("Practitioner/nobody", "Organization/nowhere", "Patient/" + JEANNE):
        with pytest.raises(RuleBroken):
            about = (JEANNE, "Plaie")
            await desk.writing.start(who(DOCTOR), uuid4(), about, [odd], now())


@pytest.mark.requirement("B1.5")
async def test_a_thread_that_is_started_twice_is_one(desk: MessageDesk) -> None:
    number = uuid4()
    about = (JEANNE, "Plaie")
    for _ in range(2):
        assert (
            await desk.writing.start(who(DOCTOR), number, about, [SAMIRA.reference], now())
            == number
        )
    with pytest.raises(NotFound):
        await desk.writing.start(who(STRANGER), number, ("", "Autre"), [SAMIRA.reference], now())


@pytest.mark.requirement("B1.5")
async def test_a_thread_is_its_members_alone(desk: MessageDesk) -> None:
    bound, free = await started(desk), await started(desk, SAMIRA, patient="")
    await send(desk, bound, "x")

    for thread in (bound, free, uuid4()):
        with pytest.raises(NotFound):
            await desk.reading.thread(who(STRANGER), thread)
        with pytest.raises(NotFound):
            await send(desk, thread, "y", STRANGER)
    assert (await desk.reading.threads(who(STRANGER), now()))[0] == ()


@pytest.mark.requirement("B1.5")
async def test_a_member_who_is_not_tied_to_the_patient_sees_nothing(
    desk: MessageDesk, screen: Screen
) -> None:
    thread = await started(desk, SAMIRA, LINH)
    await send(desk, thread, "x")

    with pytest.raises(NotFound):
        await desk.reading.thread(who(STRANGER), thread)
    assert (await desk.reading.threads(who(STRANGER), now()))[0] == ()
    assert await read(desk, thread, NURSE) == ["x"]
    circle = circle_desk(screen.platform.parts)
    await circle.inviting.leave(who(NURSE), JEANNE, now())
    screen.platform.parts.guard.forget()
    for attempt in (desk.reading.thread(who(NURSE), thread), send(desk, thread, "y", NURSE)):
        with pytest.raises(NotFound):
            await attempt
    assert (await desk.reading.threads(who(NURSE), now()))[0] == ()


@pytest.mark.requirement("B1.5")
async def test_receipts_say_delivered_then_read_for_each_member(desk: MessageDesk) -> None:
    thread = await started(desk)
    await send(desk, thread, "x")

    async def receipts() -> list[tuple[str, bool]]:
        found = await desk.reading.thread(who(DOCTOR), thread)
        (message,) = await desk.reading.messages(found)
        return [(one.reader, one.read is not None) for one in message.receipts]

    nobody = await receipts()
    lines, _seen = await desk.reading.threads(who(NURSE), now())
    delivered = await receipts()
    await read(desk, thread, NURSE)
    seen = await receipts()

    assert nobody == []
    assert [one.unread for one in lines] == [1]
    assert delivered == [("Practitioner/samira-haddad", False)]
    assert seen == [("Practitioner/samira-haddad", True)]
    assert (await desk.reading.threads(who(NURSE), now()))[0][0].unread == 0


@pytest.mark.requirement("B1.5")
async def test_nothing_is_deleted_only_taken_back(desk: MessageDesk, screen: Screen) -> None:
    thread = await started(desk)
    made = await send(desk, thread, "erreur de patient", files=[Sent("p.png", "image/png", PNG)])

    with pytest.raises(NotFound):
        await desk.writing.withdraw(who(NURSE), thread, made.n, now())
    await desk.writing.withdraw(who(DOCTOR), thread, made.n, now())

    found = await desk.reading.thread(who(NURSE), thread)
    (message,) = await desk.reading.messages(found)
    assert (message.words, message.files) == ("", ())
    assert message.withdrawn is not None
    with pytest.raises(NotFound):
        await desk.reading.file(who(NURSE), thread, made.n, 1)
    rows = await screen.rows("SELECT agent FROM message_withdrawal")
    assert [row["agent"] for row in rows] == [DOCTOR]
    for table in ("message", "receipt", "thread", "message_withdrawal"):
        with pytest.raises(Exception, match="permission denied"):
            await screen.rows(f"DELETE FROM {table}")


@pytest.mark.requirement("B1.5")
async def test_files_are_looked_at_and_read_by_members_alone(
    desk: MessageDesk, screen: Screen
) -> None:
    thread = await started(desk)
    made = await send(desk, thread, "", files=[Sent("talon.png", "image/png", PNG)])

    opened = await desk.reading.file(who(NURSE), thread, made.n, 1)

    assert (opened.media, opened.name, opened.content) == ("image/png", "talon.png", PNG)
    with pytest.raises(NotFound):
        await desk.reading.file(who(STRANGER), thread, made.n, 1)
    for media, content in (
        ("text/html", b"<p>"),
        ("image/png", b""),
        ("image/png", bytes(11 << 20)),
    ):
        with pytest.raises(RuleBroken):
            await send(desk, thread, "", files=[Sent("x", media, content)])

    class Ill:
        async def check(self, content: bytes) -> None:
            raise Infected("found")

    writing = desk.writing
    writing._scanner = Ill()
    with pytest.raises(Infected):
        await send(desk, thread, "x", files=[Sent("x.png", "image/png", PNG)])
    assert len(await screen.rows("SELECT FROM message")) == 1


@pytest.mark.requirement("B1.5")
async def test_no_word_lies_in_clear(desk: MessageDesk, screen: Screen) -> None:
    thread = await started(desk)
    await send(desk, thread, "nécrose du talon", files=[Sent("talon.png", "image/png", PNG)])

    for table in ("thread", "message", "message_file", "event"):
        for row in await screen.rows(f"SELECT to_jsonb(x)::text AS t FROM {table} x"):
            text = row["t"]
            for word in ("talon", "nécrose", "Plaie"):
                assert word not in text
                assert word.encode().hex() not in text


@pytest.mark.requirement("B1.5")
async def test_mentions_name_members_and_reach_who_muted(desk: MessageDesk, screen: Screen) -> None:
    thread = await started(desk)
    await desk.writing.mute(who(NURSE), thread, holds=True)
    await send(desk, thread, "rien de neuf")
    await send(desk, thread, "@Samira peux-tu passer ?")
    await desk.writing.mute(who(NURSE), thread, holds=False)
    await send(desk, thread, "merci")

    rows = await screen.rows("SELECT recipients FROM event WHERE kind = 'message' ORDER BY n")
    assert [list(row["recipients"]) for row in rows] == [["Practitioner/samira-haddad"]] * 2
    assert mentioned("merci @samira haddad", [SAMIRA]) == [SAMIRA.reference]
    assert mentioned("merci Samira", [SAMIRA]) == []


@pytest.mark.requirement("B1.5")
async def test_words_are_found_in_own_threads_alone(desk: MessageDesk) -> None:
    bound = await started(desk)
    free = await started(desk, LINH, patient="")
    await send(desk, bound, "Escarre au talon gauche")
    await send(desk, free, "Réunion au sujet des escarres")

    assert len(await desk.reading.search(who(DOCTOR), "ESCARRE", now())) == 2
    assert [one.words for one in await desk.reading.search(who(NURSE), "escarre", now())] == [
        "Escarre au talon gauche"
    ]
    assert await desk.reading.search(who(DOCTOR), "gangrène", now()) == ()


@pytest.mark.requirement("B1.5")
async def test_a_stream_follows_within_two_seconds_and_catches_up(desk: MessageDesk) -> None:
    thread = await started(desk)
    found = await desk.reading.thread(who(NURSE), thread)
    loop = asyncio.get_running_loop()
    async with aclosing(desk.pulse.follow(who(NURSE), found, found.changes)) as numbers:
        waiting = asyncio.ensure_future(anext(numbers))
        await asyncio.sleep(0)
        began = loop.time()
        await send(desk, thread, "un")
        seen = await asyncio.wait_for(waiting, 10)
        latency = loop.time() - began
    await send(desk, thread, "deux")
    await send(desk, thread, "trois")

    async with aclosing(desk.pulse.follow(who(NURSE), found, seen)) as numbers:
        await asyncio.wait_for(anext(numbers), 10)
    after = [one.words for one in await desk.reading.messages(found, seen)]

    assert latency < 2
    assert after == ["deux", "trois"]


@pytest.mark.requirement("B1.5")
async def test_a_task_is_made_of_a_message(desk: MessageDesk, screen: Screen) -> None:
    thread, free = await started(desk), await started(desk, SAMIRA, patient="")
    made = await send(desk, thread, "Prélever la plaie")
    what = ("Prélever la plaie demain", SAMIRA.reference, now() + timedelta(days=1))

    reference = await desk.writing.make_task(who(DOCTOR), thread, made.n, what, now())

    client = await screen.platform.client()
    task = (await client.get(reference)).json()
    assert task["description"] == "Prélever la plaie demain"
    assert task["owner"]["reference"] == SAMIRA.reference
    assert task["for"]["reference"] == f"Patient/{JEANNE}"
    found = await desk.reading.thread(who(NURSE), thread)
    assert [one["reference"] for one in await desk.reading.links(found)] == [reference]
    other = await send(desk, free, "x")
    with pytest.raises(RuleBroken):
        await desk.writing.make_task(who(DOCTOR), free, other.n, what, now())
    with pytest.raises(RuleBroken):
        await desk.writing.make_task(
            who(DOCTOR), thread, made.n, ("x", LINH.reference, None), now()
        )


async def escalations(screen: Screen) -> list[tuple[str, list[str]]]:
    rows = await screen.rows(
        "SELECT detail ->> 'stage' AS stage, recipients FROM event WHERE kind = 'escalation'"
        " ORDER BY n"
    )
    return [(row["stage"], list(row["recipients"])) for row in rows]


async def turn_all(screen: Screen, **ahead: float) -> None:
    parts = screen.platform.parts
    clocks = message_clocks(parts.database, parts.kernel, parts.guard)
    while await clocks.turn(now() + timedelta(**ahead)):
        pass


@pytest.mark.requirement("B1.6")
async def test_unread_in_time_goes_to_the_substitute_then_to_who_coordinates(
    desk: MessageDesk, screen: Screen
) -> None:
    thread = await started(desk)
    span = (now() - timedelta(hours=1), now() + timedelta(days=3))
    await desk.absences.say(who(NURSE), span, LINH.reference, now())
    await send(desk, thread, "Fièvre à 39", hours=2)

    await turn_all(screen, hours=1)
    early = await escalations(screen)
    await turn_all(screen, hours=2, minutes=1)
    first = await escalations(screen)
    await turn_all(screen, hours=3)
    between = await escalations(screen)
    await turn_all(screen, hours=6)
    last = await escalations(screen)
    await turn_all(screen, hours=60)

    author, structure = "Practitioner/anne-le-goff", "Organization/msp-quatre-vents"
    assert early == []
    assert first == between == [("substitute", [LINH.reference, author])]
    assert last == [*first, ("coordinator", [structure, author])]
    assert await escalations(screen) == last
    members = (await desk.reading.thread(who(DOCTOR), thread)).present
    assert LINH.reference in {one.reference for one in members}
    told = await screen.rows("SELECT recipients FROM event WHERE kind = 'message'")
    assert list(told[0]["recipients"]) == [SAMIRA.reference, LINH.reference]


@pytest.mark.requirement("B1.6")
async def test_without_a_substitute_who_coordinates_is_told_at_once(
    desk: MessageDesk, screen: Screen
) -> None:
    await send(desk, await started(desk), "Fièvre", hours=1)

    await turn_all(screen, hours=1, minutes=1)

    assert [stage for stage, _to in await escalations(screen)] == ["coordinator"]


@pytest.mark.requirement("B1.6")
async def test_what_was_read_or_taken_back_in_time_escalates_to_nobody(
    desk: MessageDesk, screen: Screen
) -> None:
    thread = await started(desk)
    await send(desk, thread, "Fièvre", hours=1)
    await read(desk, thread, NURSE)
    made = await send(desk, thread, "erreur", hours=1)
    await desk.writing.withdraw(who(DOCTOR), thread, made.n, now())

    await turn_all(screen, hours=5)

    assert await escalations(screen) == []


@pytest.mark.requirement("B1.6")
async def test_two_processes_turn_a_clock_once(desk: MessageDesk, screen: Screen) -> None:
    for _ in range(4):
        await send(desk, await started(desk), "Fièvre", hours=1)

    await asyncio.gather(*(turn_all(screen, hours=1, minutes=1) for _ in range(4)))

    assert [stage for stage, _to in await escalations(screen)] == ["coordinator"] * 4


@pytest.mark.requirement("B1.6")
async def test_an_absence_has_an_end_and_another_as_substitute(desk: MessageDesk) -> None:
    at = now()
    with pytest.raises(RuleBroken):
        await desk.absences.say(who(NURSE), (at, at + timedelta(days=1)), SAMIRA.reference, at)
    with pytest.raises(RuleBroken):
        await desk.absences.say(who(NURSE), (at, at - timedelta(days=1)), "", at)
    await desk.absences.say(who(NURSE), (at, at + timedelta(days=1)), "", at)
    assert set(await desk.absences.of([SAMIRA.reference], at)) == {SAMIRA.reference}
    assert await desk.absences.of([SAMIRA.reference], at + timedelta(days=2)) == {}
    await desk.absences.say(who(NURSE), (at, at), "", at)
    assert await desk.absences.own(who(NURSE), at) is None
