"""Local accounts on the real database: who enters, who waits, who is out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from argon2 import PasswordHasher

from cordee.identity.accounts import totp
from cordee.identity.accounts.entering import Entrance, Outcome
from cordee.identity.accounts.passwords import Passwords
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.securing import Securing
from cordee.identity.accounts.sessions import Origin, Visitor, shown_id
from cordee.runtime.errors import Conflict, InvalidRequest, NotFound, RuleBroken
from running import Platform

HERE = Origin("192.0.2.1", "test")
PASSWORD = "une corde bien tendue"
CLINIC = Situation("médecin", "Organization/clinic", "Clinique", practitioner="Practitioner/p1")
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
_numbers = count(1)


@dataclass
class World:
    """Accounts with a clock that tests move, and addresses that nobody used before."""

    platform: Platform
    keys: Path
    moment: datetime = START
    origin: Origin = HERE
    entrance: Entrance = field(init=False)
    register: Register = field(init=False)
    securing: Securing = field(init=False)

    def __post_init__(self) -> None:
        quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        database = self.platform.parts.database
        self.entrance = Entrance(database, Sealer(self.keys), quick, lambda: self.moment)
        self.register = Register(database, "test", quick, lambda: self.moment)
        self.securing = Securing(database, self.entrance)

    def later(self, **by: float) -> None:
        self.moment += timedelta(**by)

    async def person(self, *situations: Situation, **more: object) -> str:
        """Login of somebody who has chosen their password."""
        login = f"person{next(_numbers)}"
        first = await self.register.add(
            NewAccount(login, f"Name of {login}", **more), situations or (CLINIC,)
        )
        assert (await self.enter(login, first)).step == "renew"
        visitor = await self.visitor(login)
        assert (await self.entrance.renew(visitor, PASSWORD, f"s-{login}", self.origin)).step
        return login

    async def enter(
        self, login: str, password: str = PASSWORD, session: str = "", origin: Origin | None = None
    ) -> Outcome:
        name = session or f"s-{login}"
        if not session:
            await self.sql(
                "DELETE FROM session WHERE account = (SELECT id FROM account WHERE login = $1)",
                login,
            )
        return await self.entrance.enter(login, password, name, origin or self.origin)

    async def visitor(self, login: str, session: str = "", **how: bool) -> Visitor:
        found = await self.resume(login, session, **how)
        assert found is not None
        return found

    async def resume(self, login: str, session: str = "", **how: bool) -> Visitor | None:
        return await self.entrance.sessions.resume(
            session or f"s-{login}", login, self.moment, **how
        )

    async def enrol(self, login: str) -> tuple[bytes, tuple[str, ...]]:
        """Secret and recovery codes of a second factor."""
        visitor = await self.visitor(login)
        enrolment = await self.securing.start(visitor)
        text = enrolment.text.replace(" ", "")
        import base64

        secret = base64.b32decode(text + "=" * (-len(text) % 8))
        codes = await self.securing.finish(visitor, self.code(secret), f"s-{login}")
        self.later(seconds=60)
        return secret, codes

    def code(self, secret: bytes, steps: int = 0) -> str:
        return totp.code_of(secret, int(self.moment.timestamp()) // totp.PERIOD + steps)

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.platform.ground.superuser(self.platform.database))
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


@pytest.fixture
def world(platform: Platform, tmp_path: Path) -> World:
    return World(platform, tmp_path, origin=Origin(f"192.0.2.{next(_numbers)}", "test"))


@pytest.mark.requirement("A2.1")
async def test_a_new_person_chooses_a_password_then_works(world: World) -> None:
    login = await world.person()

    assert (await world.enter(login.upper())).step == "open"
    principal = (await world.visitor(login)).principal()
    assert (principal.user, principal.structure, principal.practitioner, principal.level) == (
        login, "Organization/clinic", "Practitioner/p1", 1,
    )  # fmt: skip
    assert principal.role == "médecin"


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("short", "weak"),
        ("aaaaaaaaaaaaaaaa", "weak"),
        (PASSWORD, "same"),
        ("personX tendue", "weak"),
    ],
)
async def test_a_weak_password_is_refused(world: World, password: str, error: str) -> None:
    login = await world.person()
    await world.enter(login)

    chosen = password.replace("personX", login)
    outcome = await world.entrance.renew(await world.visitor(login), chosen, f"s-{login}", HERE)
    assert outcome.error == error


async def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    login = await world.person()
    await world.enter(login, session="elsewhere")
    await world.enter(login, session="here")

    await world.entrance.renew(
        await world.visitor(login, "here"), "une autre corde", "here", world.origin
    )

    assert await world.resume(login, "elsewhere") is None
    assert await world.resume(login, "here") is not None


@pytest.mark.requirement("A2.1")
async def test_who_is_unknown_wrong_or_gone_gets_the_same_answer(world: World) -> None:
    login = await world.person()
    gone = await world.person()
    await world.register.set_status(gone, "suspended")

    answers = [
        await world.enter("nobody", PASSWORD),
        await world.enter(login, "wrong"),
        await world.enter(gone, PASSWORD),
        await world.enter("x" * 10_000, "y" * 10_000),
    ]

    assert answers == [Outcome()] * 4


async def test_a_session_is_stored_as_its_digest_and_needs_its_person(world: World) -> None:
    login, other = await world.person(), await world.person()
    await world.enter(login, session="the-identifier")

    stored = await world.sql("SELECT encode(id, 'escape') AS id FROM session")
    assert all("the-identifier" not in row["id"] for row in stored)
    assert await world.resume(other, "the-identifier") is None


async def test_a_person_who_is_wrong_waits_longer_each_time(world: World) -> None:
    login = await world.person()
    for _ in range(5):
        assert (await world.enter(login, "wrong")).wait == 0
    await world.enter(login, "wrong")

    assert (await world.enter(login, PASSWORD)).wait == 2
    world.later(seconds=2)
    await world.enter(login, "wrong")
    assert (await world.enter(login, PASSWORD)).wait == 4
    world.later(seconds=4)
    assert (await world.enter(login, PASSWORD)).step == "open"
    assert (await world.enter(login, "wrong")).wait == 0


async def test_an_unknown_person_waits_as_a_known_one(world: World) -> None:
    for _ in range(6):
        assert (await world.enter("never-seen", "wrong")).wait == 0

    assert (await world.enter("never-seen", "wrong")).wait == 2


async def test_many_guesses_at_once_are_counted_one_by_one(world: World) -> None:
    login = await world.person()

    outcomes = await asyncio.gather(
        *(world.entrance.enter(login, f"guess {i}", f"g{i}", world.origin) for i in range(20))
    )

    assert sum(1 for one in outcomes if one.wait == 0) == 6
    assert not any(one.step for one in outcomes)


async def test_an_address_that_tries_many_people_waits(world: World) -> None:
    for i in range(51):
        assert (await world.enter(f"guess{i}-{world.origin.address}", "wrong")).wait == 0

    assert (await world.enter("one-more", "wrong")).wait > 0
    assert (await world.enter("one-more", "x", "", Origin("198.51.100.9", ""))).wait == 0


@pytest.mark.requirement("A2.2")
async def test_a_second_factor_is_asked_and_raises_the_level(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    secret, codes = await world.enrol(login)
    assert len(set(codes)) == 10
    assert (await world.visitor(login)).level == 2

    assert (await world.enter(login, session="first")).step == "code"
    halfway = await world.visitor(login, "first")
    assert (halfway.step, halfway.structure, halfway.level) == ("code", "", 1)
    wrong = await world.entrance.confirm(halfway, "000000", "first", "second", world.origin)
    assert wrong == Outcome()
    right = await world.entrance.confirm(
        halfway, world.code(secret), "first", "second", world.origin
    )

    assert right.step == "open"
    assert await world.resume(login, "first") is None
    assert (await world.visitor(login, "second")).principal().level == 2


async def test_a_code_opens_once(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    secret, codes = await world.enrol(login)
    spent = world.code(secret)

    async def confirm(code: str, name: str) -> str:
        await world.enter(login, session=f"{name}-a")
        visitor = await world.visitor(login, f"{name}-a")
        outcome = await world.entrance.confirm(
            visitor, code, f"{name}-a", f"{name}-b", world.origin
        )
        return outcome.step

    assert await confirm(spent, "1") == "open"
    assert await confirm(spent, "2") == ""
    assert await confirm(world.code(secret, -1), "3") == ""
    assert await confirm(world.code(secret, 5), "4") == ""
    assert await confirm(codes[0].lower().replace("-", " "), "5") == "open"
    assert await confirm(codes[0], "6") == ""
    assert await confirm(codes[1], "7") == "open"


async def test_codes_are_guessed_no_faster_by_entering_again(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    await world.enrol(login)

    waits = []
    for i in range(8):
        await world.enter(login, session=f"{login}{i}")
        visitor = await world.visitor(login, f"{login}{i}")
        outcome = await world.entrance.confirm(visitor, "000000", "x", "y", world.origin)
        waits.append(outcome.wait)

    assert waits[:6] == [0] * 6
    assert waits[6] > 0


async def test_secrets_are_not_readable_in_the_database(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    secret, codes = await world.enrol(login)

    stored = b"".join(row["secret"] for row in await world.sql("SELECT secret FROM credential"))
    assert secret not in stored
    assert PASSWORD.encode() not in stored
    assert all(
        code.encode() not in stored and code.replace("-", "").encode() not in stored
        for code in codes
    )
    assert b"$argon2id$" in stored


@pytest.mark.requirement("A2.6")
async def test_a_session_locks_after_fifteen_minutes_and_comes_back_as_it_was(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    world.later(minutes=14)
    assert (await world.visitor(login)).step == "open"
    world.later(minutes=14)
    assert (await world.visitor(login, is_act=False)).step == "open"
    world.later(minutes=1, seconds=1)

    locked = await world.visitor(login)
    assert locked.step == "locked"
    assert (await world.entrance.unlock(locked, "wrong", f"s-{login}", world.origin)).step == ""
    assert (await world.visitor(login)).step == "locked"
    assert (
        await world.entrance.unlock(locked, PASSWORD, f"s-{login}", world.origin)
    ).step == "open"
    assert (await world.visitor(login)).structure == "Organization/clinic"


@pytest.mark.requirement("A2.6")
async def test_a_session_is_locked_by_hand_and_opened_by_a_code(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    secret, _ = await world.enrol(login)
    await world.entrance.sessions.lock(f"s-{login}")

    locked = await world.visitor(login)
    assert locked.step == "locked"
    outcome = await world.entrance.unlock(locked, world.code(secret), f"s-{login}", world.origin)
    assert outcome.step == "open"


async def test_a_session_ends_for_good_after_twelve_hours(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    for _ in range(71):
        world.later(minutes=10)
        assert await world.resume(login) is not None

    world.later(minutes=10, seconds=1)
    assert await world.resume(login) is None


async def test_a_change_of_situation_does_not_move_the_end(world: World) -> None:
    login = await world.person(CLINIC, Situation("médecin", "Organization/ehpad", "EHPAD"))
    await world.enter(login)
    choices = await world.entrance.choices(await world.visitor(login))
    for hour in range(60):
        key = choices[hour % 2].key
        await world.entrance.choose(await world.visitor(login), key, f"s-{login}", world.origin)
        world.later(minutes=12)

    assert await world.resume(login) is None


async def test_who_stops_halfway_starts_again(world: World) -> None:
    login = await world.person(CLINIC, Situation("médecin", "Organization/ehpad", "EHPAD"))
    assert (await world.enter(login)).step == "situation"

    world.later(minutes=10)
    assert await world.resume(login) is None


@pytest.mark.requirement("A2.3")
@pytest.mark.parametrize("status", ["suspended", "left"])
async def test_who_leaves_is_out_at_once(world: World, status: str) -> None:
    login = await world.person()
    await world.enter(login)

    await world.register.set_status(login, status)

    assert await world.resume(login) is None
    assert await world.enter(login) == Outcome()
    await world.register.set_status(login, "active")
    assert (await world.enter(login)).step == "open"


async def test_a_reset_takes_everything_away(world: World) -> None:
    login = await world.person()
    await world.enter(login)
    await world.enrol(login)

    first = await world.register.reset(login)

    assert await world.resume(login) is None
    assert await world.enter(login) == Outcome()
    assert (await world.enter(login, first)).step == "renew"


@pytest.mark.requirement("A2.4")
async def test_a_temporary_person_has_a_supervisor_and_an_end(world: World) -> None:
    head = await world.person()
    until = world.moment + timedelta(days=30)
    intern = await world.person(supervisor=head, ends=until)
    await world.enter(intern)

    with pytest.raises(RuleBroken):
        await world.register.add(NewAccount("x1", "X", None, head), [CLINIC])
    with pytest.raises(RuleBroken):
        too_late = world.moment + timedelta(days=190)
        await world.register.add(NewAccount("x2", "X", too_late, head), [CLINIC])
    with pytest.raises(NotFound):
        await world.register.add(NewAccount("x3", "X", until, "nobody"), [CLINIC])
    with pytest.raises(RuleBroken):
        await world.register.set_end(intern, None)

    await world.register.set_end(intern, world.moment + timedelta(minutes=5))
    assert await world.resume(intern) is not None
    world.later(minutes=5)
    assert await world.resume(intern) is None
    assert await world.enter(intern) == Outcome()
    await world.register.set_end(intern, world.moment + timedelta(days=100))
    assert (await world.enter(intern)).step == "open"


@pytest.mark.requirement("A2.5")
async def test_who_works_in_several_places_says_where(world: World) -> None:
    ward = Situation("médecin coordonnateur", "Organization/ehpad", "EHPAD")
    login = await world.person(CLINIC, ward)

    assert (await world.enter(login)).step == "situation"
    visitor = await world.visitor(login)
    assert visitor.structure == ""
    choices = await world.entrance.choices(visitor)
    assert [one.structure_name for one in choices] == ["Clinique", "EHPAD"]
    assert (await world.entrance.choose(visitor, "999999", f"s-{login}", HERE)).step == ""
    assert (await world.entrance.choose(visitor, choices[1].key, f"s-{login}", HERE)).step == "open"

    principal = (await world.visitor(login)).principal()
    assert (principal.structure, principal.situation) == ("Organization/ehpad", choices[1].key)
    events = await world.sql(
        "SELECT detail FROM account_event WHERE action = 'situation' ORDER BY n DESC LIMIT 1"
    )
    assert events[0]["detail"] == choices[1].key

    await world.register.end_situation(login, "Organization/ehpad")
    assert await world.resume(login) is None
    assert (await world.enter(login)).step == "open"


@pytest.mark.requirement("A2.7")
async def test_a_secretary_acts_in_the_name_of_a_doctor(world: World) -> None:
    doctor = await world.person()
    desk = Situation("secrétaire médicale", "Organization/clinic", "Clinique")
    secretary = await world.person(desk)
    await world.register.delegate(secretary, doctor, world.moment, world.moment + timedelta(days=7))

    assert (await world.enter(secretary)).step == "situation"
    visitor = await world.visitor(secretary)
    choices = await world.entrance.choices(visitor)
    assert [one.delegator for one in choices] == ["", f"Name of {doctor}"]
    await world.entrance.choose(visitor, choices[1].key, f"s-{secretary}", HERE)

    principal = (await world.visitor(secretary)).principal()
    assert (principal.user, principal.delegated_by) == (secretary, doctor)
    assert principal.practitioner == "Practitioner/p1"

    await world.register.end_delegation(secretary, doctor)
    assert await world.resume(secretary) is None
    with pytest.raises(NotFound):
        await world.register.delegate(secretary, "nobody", world.moment, None)


@pytest.mark.requirement("A2.7")
async def test_a_delegation_ends_with_who_gave_it(world: World) -> None:
    doctor, secretary = await world.person(), await world.person()
    await world.register.delegate(secretary, doctor, world.moment, None)
    await world.enter(secretary)
    visitor = await world.visitor(secretary)
    key = (await world.entrance.choices(visitor))[1].key
    await world.entrance.choose(visitor, key, f"s-{secretary}", HERE)

    await world.register.set_status(doctor, "left")

    assert await world.resume(secretary) is None


async def test_a_person_sees_and_closes_their_own_sessions_only(world: World) -> None:
    login, other = await world.person(), await world.person()
    await world.enter(login, session=f"{login}-1")
    await world.enter(login, session=f"{login}-2")
    await world.enter(other)
    visitor = await world.visitor(login, f"{login}-1")

    await world.entrance.sessions.close_one(visitor.account, shown_id(f"s-{other}"), world.moment)
    await world.entrance.sessions.close_one(visitor.account, "not hexadecimal", world.moment)
    await world.entrance.sessions.close_one(visitor.account, shown_id(f"{login}-2"), world.moment)

    assert await world.resume(other) is not None
    assert await world.resume(login, f"{login}-2") is None
    shown = {one.id for one in (await world.securing.factors(visitor)).sessions}
    assert shown_id(f"{login}-1") in shown
    assert shown_id(f"{login}-2") not in shown


async def test_wrong_registrations_are_refused(world: World) -> None:
    login = await world.person()
    with pytest.raises(Conflict):
        await world.register.add(NewAccount(login.upper(), "Again"), [CLINIC])
    with pytest.raises(InvalidRequest):
        await world.register.add(NewAccount("two words", "X"), [CLINIC])
    with pytest.raises(InvalidRequest):
        await world.register.add(NewAccount("x4", "X"), [Situation("médecin", "clinic")])
    with pytest.raises(NotFound):
        await world.register.set_status("nobody", "left")
    assert not await world.sql("SELECT FROM account WHERE login = 'x4'")


async def test_the_application_cannot_touch_the_trace_of_accounts(world: World) -> None:
    await world.person()
    async with world.platform.parts.database.write.acquire() as connection:
        for statement in ("DELETE FROM account_event", "UPDATE account_event SET actor = ''",
                          "DELETE FROM account", "DELETE FROM session"):  # fmt: skip
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
