"""Subscriptions, ways out of the house, digests, clocks and calls, on the real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import Message as Letter

import httpx
import orjson
import pytest

from cordee.app.notifications import make_people
from cordee.app.ways import ByMail
from cordee.care.notifications.escalating import Escalating
from cordee.care.notifications.following import Wanted
from cordee.care.notifications.outbox import Event, tell
from cordee.care.notifications.ports import Message
from cordee.care.notifications.states import State
from cordee.gateways.mail import SmtpMailer, read_server
from cordee.gateways.nde.adapter import ApplicationsOverFhir
from cordee.gateways.sms.adapter import SmsGateway, SmsOverHttp
from cordee.gateways.sms.emulator import NOBODY, SmsEmulator
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken, Unavailable
from posted import DOMAIN, PostOffice, post_office
from told import EHPAD, HOME, HOSPITAL, STRANGER, Town, places, resident, stay
from trusted import Screen, who

LEGOFF, CLAIRE, BENALI, ROUX = (
    who(one) for one in ("dr.legoff", "claire.weber", "dr.benali", "dr.roux")
)
NADIA, ADMIN = who("nadia.benhamou"), who("admin")
WORDS = ("MORVAN", "Yvonne", "urgences", "Belmont", "1939")


@pytest.fixture
async def town(bare_screen: Screen) -> Town:
    town = Town(bare_screen.platform)
    await town.put(*places())
    await town.begin()
    return town


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


@dataclass
class Recorder:
    """A way out that keeps what it took; `answers` are raised first."""

    taken: list[Message] = field(default_factory=list)
    answers: list[BaseException] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.taken.append(message)


def words_of(letter: Letter) -> str:
    """The text of a letter that has one part."""
    content = letter.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


async def lines(town: Town, channel: str) -> list[tuple[str, str]]:
    rows = await town.rows(
        "SELECT reader, state FROM notification WHERE channel = $1 ORDER BY n", channel
    )
    return [(row["reader"], row["state"]) for row in rows]


@pytest.mark.requirement("B2.2")
async def test_a_subscription_of_one_patient_one_kind_tells_until_it_ends(town: Town) -> None:
    await town.put(resident("one", managingOrganization={"reference": HOSPITAL}), resident("two"))
    followings = town.desk.followings
    number = await followings.follow(
        BENALI, Wanted("admission", "screen", patient="Patient/one", person=BENALI.user)
    )

    await town.put(stay("one", "e-1", "in-progress", code="IMP"))
    await town.put(stay("one", "e-2", "in-progress"))
    await town.turn()
    await followings.end(BENALI, number)
    await town.put(stay("one", "e-3", "in-progress", code="IMP"))
    await town.turn()

    told = await town.told(BENALI)
    assert [(one.kind, one.rule) for one in told] == [("admission", f"following-{number}")]
    with pytest.raises(NotFound):
        await followings.end(BENALI, number)


@pytest.mark.requirement("B2.2")
async def test_a_subscription_runs_between_its_dates(town: Town) -> None:
    await town.put(resident("one", managingOrganization={"reference": HOSPITAL}))
    now, day = clock.now(), timedelta(days=1)
    later = Wanted("*", "screen", person=BENALI.user, starts=now + day, ends=now + 2 * day)
    followings = town.desk.followings
    await followings.follow(BENALI, later)

    await town.put(stay("one", "e-1", "in-progress", code="IMP"))
    await town.turn()

    assert await town.told(BENALI) == []
    with pytest.raises(RuleBroken):
        await followings.follow(BENALI, replace(later, ends=now - day))


@pytest.mark.requirement("B2.2")
async def test_who_may_subscribe_for_whom(town: Town) -> None:
    await town.put(resident("one"))
    followings = town.desk.followings
    wanted = Wanted("*", "screen", person=LEGOFF.user)
    secretary = replace(who("samira.haddad"), delegated_by=LEGOFF.user)

    await followings.follow(secretary, wanted)
    await followings.follow(CLAIRE, Wanted("admission", "screen", structure=EHPAD))

    with pytest.raises(AccessDenied):
        await followings.follow(ROUX, wanted)
    with pytest.raises(AccessDenied):
        await followings.follow(ROUX, Wanted("*", "screen", structure=EHPAD))
    with pytest.raises(RuleBroken, match="dossier"):
        await followings.follow(
            ROUX, Wanted("*", "screen", patient="Patient/one", person=ROUX.user)
        )
    assert [row["person"] for row in await followings.of(LEGOFF)] == [LEGOFF.user]
    assert [row["structure"] for row in await followings.of(NADIA)] == [EHPAD]


@pytest.mark.requirement("B2.3")
async def test_a_rule_of_the_house_is_turned_off_by_who_says_so(town: Town) -> None:
    await town.put(resident("one"))
    off = Wanted("emergency-arrival", "screen", person=LEGOFF.user, wanted=False)
    number = await town.desk.followings.follow(LEGOFF, off)

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    without = await town.told(LEGOFF)
    await town.desk.followings.end(LEGOFF, number)
    await town.put(stay("one", "e-2", "in-progress"))
    await town.turn()

    assert without == []
    assert len(await town.told(LEGOFF)) == 1
    assert len(await town.told(CLAIRE)) == 2


@pytest.mark.requirement("B2.2")
@pytest.mark.requirement("B2.5")
async def test_an_email_says_that_there_is_a_message_and_nothing_more(
    town: Town, office: PostOffice
) -> None:
    server = read_server(office.url, f"cordee@{DOMAIN}")
    assert server is not None
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "email", f"legoff@{DOMAIN}")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "email", person=LEGOFF.user))

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.send(email=ByMail(SmtpMailer(server)))

    (letter,) = office.letters("legoff", 1)
    whole = letter.as_string() + words_of(letter)
    assert letter["subject"] == "Vous avez un message"
    assert "https://cordee.example" in whole
    assert not [word for word in WORDS if word in whole]
    assert await lines(town, "email") == [(LEGOFF.user, "delivered")]
    sealed = await town.rows("SELECT address FROM reach")
    assert b"legoff" not in sealed[0]["address"]


@pytest.mark.requirement("B2.2")
async def test_a_text_says_no_more_and_is_counted_once(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "sms", "06 12 34 56 78")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "sms", person=LEGOFF.user))
    gateway = SmsEmulator(answers=[503])
    sender = SmsOverHttp(SmsGateway("https://sms.example", "t", transport=gateway.transport()))

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.send(sms=sender)
    waiting = await lines(town, "sms")
    await town.rows("UPDATE notification SET due = now() WHERE due IS NOT NULL")
    await town.send(sms=sender)

    assert waiting == [(LEGOFF.user, "issued")]
    assert await lines(town, "sms") == [(LEGOFF.user, "delivered")]
    ((to, text),) = gateway.texts.values()
    assert to == "0612345678"
    assert text == "Vous avez un message : https://cordee.example"
    await sender.close()


@pytest.mark.requirement("B2.5")
async def test_what_is_refused_has_failed_and_somebody_telephones(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "sms", NOBODY)
    await town.desk.followings.follow(LEGOFF, Wanted("*", "sms", person=LEGOFF.user))
    gateway = SmsEmulator()
    sender = SmsOverHttp(SmsGateway("https://sms.example", transport=gateway.transport()))

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.send(sms=sender)
    await town.turn()

    assert await lines(town, "sms") == [(LEGOFF.user, "failed")]
    (call,) = await town.desk.phoning.calls(BENALI)
    assert (call.why, call.callee) == ("refused", LEGOFF.user)
    assert [one.kind for one in await town.told(BENALI)] == ["to-phone"]
    (failed,) = await town.desk.latency.failed(ADMIN)
    await town.desk.latency.replay(ADMIN, failed["n"])
    assert await lines(town, "sms") == [(LEGOFF.user, "issued")]
    with pytest.raises(AccessDenied):
        await town.desk.latency.replay(LEGOFF, failed["n"])
    await sender.close()


@pytest.mark.requirement("B2.5")
async def test_an_application_is_notified_by_flow_4_where_the_operator_allows_it(
    town: Town,
) -> None:
    posted: list[tuple[str, dict[str, object]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posted.append((str(request.url), orjson.loads(request.content)))
        return httpx.Response(201)

    sender = ApplicationsOverFhir(["logiciel.example"], transport=httpx.MockTransport(answer))
    await town.put(resident("one"))
    followings = town.desk.followings
    for person, host in ((LEGOFF, "logiciel.example"), (CLAIRE, "ailleurs.example")):
        await followings.set_reach(person, "application", f"https://{host}/fhir")
        await followings.follow(person, Wanted("*", "application", person=person.user))

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.send(application=sender)

    ((address, body),) = posted
    assert address == "https://logiciel.example/fhir/CommunicationRequest"
    assert body["resourceType"] == "CommunicationRequest"
    codes = [one["code"] for one in body["extension"][0]["valueCodeableConcept"]["coding"]]
    assert codes == ["ADM", "emergency-arrival"]
    states = dict(await lines(town, "application"))
    assert states == {LEGOFF.user: "delivered", CLAIRE.user: "failed"}
    await sender.close()


@pytest.mark.requirement("B2.7")
async def test_a_doctor_without_account_gets_a_letter_by_the_mssante(
    town: Town, office: PostOffice
) -> None:
    server = read_server(office.url, f"ch@{DOMAIN}")
    assert server is not None
    rpps = {"system": "https://rpps.esante.gouv.fr", "value": "10101010101"}
    kind = {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "secure-email"}  # fmt: skip
    await town.put(
        {"resourceType": "Practitioner", "id": STRANGER.partition("/")[2], "identifier": [rpps]},
        {"resourceType": "Endpoint", "id": "mss-1", "status": "active", "identifier": [rpps],
         "connectionType": kind, "payloadType": [{"text": "MSSanté"}],
         "address": f"mailto:paule@{DOMAIN}"},
        {"resourceType": "Endpoint", "id": "mss-0", "status": "active",
         "identifier": [{"system": "urn:other", "value": rpps["value"]}],
         "connectionType": kind, "payloadType": [{"text": "MSSanté"}],
         "address": f"mailto:another@{DOMAIN}"},
        resident("one", STRANGER),
    )  # fmt: skip

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.send(mssante=ByMail(SmtpMailer(server)))

    (letter,) = office.letters("paule", 1)
    text = words_of(letter)
    assert "MORVAN" not in letter["subject"]
    assert "Arrivée aux urgences : MORVAN Yvonne" in text
    assert "CH de Belmont" in text
    assert await lines(town, "mssante") == [(STRANGER, "delivered")]
    assert await town.desk.phoning.calls(CLAIRE) == []


@pytest.mark.requirement("B2.7")
@pytest.mark.parametrize(("doctor", "why"), [(STRANGER, "no-address"), ("", "unknown")])
async def test_without_an_address_the_home_telephones_and_proves_it(
    town: Town, doctor: str, why: str
) -> None:
    await town.put(resident("one", doctor))
    origin = {"origin": {"reference": EHPAD}}

    await town.put(stay("one", "e-1", "in-progress", hospitalization=origin))
    await town.turn()

    phoning = town.desk.phoning
    (call,) = await phoning.calls(CLAIRE)
    assert (call.why, call.callee) == (why, doctor)
    assert "to-phone" in await town.kinds(CLAIRE)
    assert await phoning.count(EHPAD) == 1
    assert await phoning.calls(LEGOFF) == []
    with pytest.raises(RuleBroken):
        await phoning.done(CLAIRE, call.n, clock.now() + timedelta(hours=1), "self")
    with pytest.raises(NotFound):
        await phoning.done(LEGOFF, call.n, clock.now(), "self")
    await phoning.done(CLAIRE, call.n, clock.now(), "secretariat")
    with pytest.raises(Conflict):
        await phoning.done(NADIA, call.n, clock.now(), "self")
    (done,) = await phoning.calls(CLAIRE, done=True)
    assert (done.done_by, done.reached) == (CLAIRE.user, "secretariat")


@pytest.mark.requirement("B2.11")
async def test_what_can_wait_goes_in_one_letter_what_is_urgent_at_once(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "email", "a@b.example")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "email", person=LEGOFF.user))
    post = Recorder()

    await town.put(stay("one", "e-1", "finished"), stay("one", "e-2", "finished", code="IMP"))
    await town.turn()
    await town.send(email=post)
    at_once = len(post.taken)
    due = await town.rows(
        "SELECT t.due, e.urgent FROM notification t JOIN event e ON e.n = t.event"
        " WHERE t.channel = 'email' AND t.due IS NOT NULL"
    )
    hours = {row["due"].astimezone(clock.PARIS).strftime("%H:%M") for row in due}
    await town.rows("UPDATE notification SET due = now() WHERE due IS NOT NULL")
    await town.send(email=post)

    assert at_once == 1  # the arrival
    assert not [row for row in due if row["urgent"]]
    assert hours <= {"07:00", "13:00", "19:00"}
    assert len(due) == 2  # orientation and discharge
    assert len(post.taken) == 2
    assert {state for _, state in await lines(town, "email")} == {"delivered"}


@pytest.mark.requirement("B2.11")
async def test_what_was_read_meanwhile_is_sent_no_more(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "email", "a@b.example")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "email", person=LEGOFF.user))
    post = Recorder()

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    (told,) = await town.told(LEGOFF)
    await town.desk.inbox.open(LEGOFF, told.n)
    await town.send(email=post)

    assert post.taken == []
    assert await lines(town, "email") == [(LEGOFF.user, "read")]


@pytest.mark.requirement("B2.12")
async def test_unread_for_two_hours_the_relay_is_told_then_somebody_telephones(
    town: Town,
) -> None:
    await town.put(resident("one"))
    await town.rows(
        "INSERT INTO relay (structure, person, said, said_by) VALUES ($1, $2, now(), 'a')",
        HOME, ROUX.user,
    )  # fmt: skip
    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    told = (await town.told(LEGOFF))[0]
    escalating = Escalating(town.platform.parts.database, make_people(town.platform.parts))
    start = clock.now()

    early = await escalating.tick(start + timedelta(hours=1, minutes=59))
    await escalating.tick(start + timedelta(hours=2, minutes=1))
    await town.turn()
    chain = await town.desk.inbox.chain(told)
    await escalating.tick(clock.now() + timedelta(hours=4, minutes=2))

    assert early == 0
    assert chain.stopped == "relayed"
    relays = [one.reader for one in chain.links if one.is_relay]
    assert relays == [ROUX.user]
    (bare,) = await town.told(ROUX)  # no tie to the patient: that there is something, no more
    assert (bare.kind, bare.rule, bare.patient, bare.focus) == ("escalation", "relay", {}, {})
    (call,) = await town.desk.phoning.calls(BENALI)
    assert (call.why, call.callee) == ("unread", LEGOFF.user)
    assert (await town.desk.inbox.chain(told)).stopped == "telephone"


@pytest.mark.requirement("B2.12")
async def test_read_by_one_nobody_else_is_told(town: Town) -> None:
    await town.put(resident("one"), stay("one", "e-1", "in-progress"))
    await town.turn()
    told = (await town.told(CLAIRE))[0]
    await town.desk.inbox.open(CLAIRE, told.n)
    escalating = Escalating(town.platform.parts.database, make_people(town.platform.parts))

    await escalating.tick(clock.now() + timedelta(hours=3))
    await town.turn()

    assert (await town.desk.inbox.chain(told)).stopped == "read"
    assert await town.rows("SELECT 1 FROM event WHERE kind = 'escalation'") == []


async def test_several_processes_share_the_work_and_tell_once(town: Town) -> None:
    await town.put(resident("one"))
    async with town.platform.parts.database.transaction() as connection:
        for number in range(40):
            event = Event(
                "message", clock.now(), f"thread/1/{number}", "Patient/one", to=(LEGOFF.user,)
            )
            await tell(connection, event)

    await asyncio.gather(*(town.turn() for _ in range(4)))

    assert len(await town.told(LEGOFF)) == 40


async def test_a_process_that_dies_while_it_sends_leaves_it_to_another(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "email", "a@b.example")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "email", person=LEGOFF.user))
    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    dying = Recorder(answers=[asyncio.CancelledError()])
    post = Recorder()

    with pytest.raises(asyncio.CancelledError):
        await town.send(email=dying)
    await town.send(email=post)
    leased = len(post.taken)
    await town.rows("UPDATE notification SET due = now() WHERE due IS NOT NULL")
    await town.send(email=post)

    assert leased == 0
    assert [one.number for one in post.taken] == [post.taken[0].number]


async def test_a_server_that_is_away_for_a_day_is_given_up(town: Town) -> None:
    await town.put(resident("one"))
    await town.desk.followings.set_reach(LEGOFF, "email", "a@b.example")
    await town.desk.followings.follow(LEGOFF, Wanted("*", "email", person=LEGOFF.user))
    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    await town.rows(
        "UPDATE notification SET due = now(), since = $1 WHERE due IS NOT NULL",
        datetime.now(UTC) - timedelta(days=2),
    )

    await town.send(email=Recorder(answers=[Unavailable("away")]))

    assert await lines(town, "email") == [(LEGOFF.user, "failed")]
    rows = await town.rows("SELECT code FROM notification WHERE channel = 'email'")
    assert rows[0]["code"] == "unreachable"


@pytest.mark.requirement("B2.4")
async def test_the_delay_to_open_screens_is_measured(town: Town) -> None:
    await town.put(resident("one"))
    counts = town.desk.inbox.counts(LEGOFF.user)
    async with asyncio.timeout(20):
        first = await anext(counts)
        await town.put(stay("one", "e-1", "in-progress"))
        await town.turn()
        second = await anext(counts)
        waiting = asyncio.ensure_future(anext(counts))  # back for more: it was shown
        while (await lines(town, "screen"))[0][1] != "delivered":
            await asyncio.sleep(0.01)

    figures = await town.desk.latency.figures(ADMIN)

    waiting.cancel()
    assert (first, second) == (0, 1)
    assert figures.now is not None
    assert figures.now.count == 1
    assert 0 <= figures.now.p95 < 20
    assert figures.channels["screen"][State.DELIVERED.value] == 1
    with pytest.raises(AccessDenied):
        await town.desk.latency.figures(LEGOFF)


@pytest.mark.requirement("B2.7")
async def test_a_home_without_account_gets_a_letter_or_a_call(town: Town) -> None:
    home = {"resourceType": "Organization", "id": "ehpad-lointain", "name": "EHPAD Lointain",
            "type": [{"coding": [{"code": "500"}]}]}  # fmt: skip
    secure = {"system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
              "code": "secure-email"}  # fmt: skip
    box = {"resourceType": "Endpoint", "id": "mss-2", "status": "active",
           "managingOrganization": {"reference": "Organization/ehpad-lointain"},
           "connectionType": secure, "payloadType": [{"text": "MSSanté"}],
           "address": "mailto:soins@ehpad.example"}  # fmt: skip
    away = resident("one", managingOrganization={"reference": "Organization/ehpad-lointain"})
    await town.put(home, away)
    post = Recorder()

    await town.put(stay("one", "e-1", "in-progress"))
    await town.turn()
    (call,) = await town.desk.phoning.calls(BENALI)  # the hospital sent nobody: it calls
    await town.put(box, stay("one", "e-2", "in-progress"))
    await town.turn()
    await town.send(mssante=post)

    assert (call.why, call.callee) == ("no-address", "Organization/ehpad-lointain")
    assert [one.address for one in post.taken] == ["soins@ehpad.example"]
    assert "EHPAD" not in post.taken[0].subject
    assert len(await town.desk.phoning.calls(BENALI)) == 1


@pytest.mark.requirement("B2.7")
@pytest.mark.parametrize(
    "address",
    ["ami@gmail.com", "ami@mssante.fr.ailleurs.com", "ami@fausse-mssante.fr", "ami@mssante.fr"],
)
async def test_letters_with_content_go_to_no_address_outside_of_the_mssante(
    town: Town, address: str
) -> None:
    followings = town.desk.followings
    with pytest.raises(RuleBroken, match="MSSanté"):
        await followings.set_reach(LEGOFF, "mssante", address)
    await followings.set_reach(LEGOFF, "mssante", "anne.le-goff@medecin.mssante.fr")
    assert await followings.reach(LEGOFF.user, "mssante") == "anne.le-goff@medecin.mssante.fr"
    await followings.set_reach(LEGOFF, "mssante", "")


@pytest.mark.requirement("B2.2")
@pytest.mark.parametrize("channel", ["mssante", "application"])
async def test_a_delegate_does_not_choose_where_content_goes(town: Town, channel: str) -> None:
    delegate = replace(LEGOFF, user="secretaire", delegated_by=LEGOFF.user)
    address = "anne.le-goff@medecin.mssante.fr" if channel == "mssante" else "https://lgc.example/"
    with pytest.raises(RuleBroken, match="elle-même"):
        await town.desk.followings.set_reach(delegate, channel, address)
    assert not await town.desk.followings.reach(LEGOFF.user, channel)
