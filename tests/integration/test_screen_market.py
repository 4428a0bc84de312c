"""The place de marché on the real PostgreSQL: rounds, the first who accepts, what others are told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest

import regulated
from cordee.app.market import MarketLoop
from cordee.care.market.appeals import AT_ONCE, BUSY, ROUND, TAKEN, VENDOR, Appeal, Asking
from cordee.care.market.service import Places
from cordee.care.market.volunteers import QUERIES, Told
from cordee.care.overflow.conventions import Window
from cordee.identity.principal import Principal
from cordee.runtime import clock
from cordee.runtime.errors import AccessDenied, Conflict, NotFound, RuleBroken
from regulated import floor, take, version
from running import Ground
from trusted import Person, Screen, plain, screen_on, who

KARIM, ROY, INES, GOFF, ROUX = "karim.saidi", "dr.roy", "ines.lambert", "dr.legoff", "dr.roux"
PATH, OWN = "/regulation/place-de-marche", "/place-de-marche"
ALWAYS = (Window(tuple(range(7)), time(0), time(23, 59)),)
NEAR, FAR, AWAY = "96001", "96002", "96003"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        for key, name, code in (("samu-a", "SAMU A", "960"), ("samu-b", "SAMU B", "961")):
            await screen.rows(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $2, $3, $4)",
                key, name, f"fr.health.samu{code}", code,
            )  # fmt: skip
        # A degree of latitude is 111 km: Saulx is 20 km from Aubrey, Loin 44 km.
        await screen.rows(
            "INSERT INTO regulation_commune VALUES"
            " ('96001', 'Aubrey', 'AUBREY', '96000', 2.1, 47.1),"
            " ('96002', 'Saulx', 'SAULX', '96000', 2.1, 47.28),"
            " ('96003', 'Loin', 'LOIN', '96000', 2.1, 47.5)"
        )
        yield screen


def places(screen: Screen) -> Places:
    found: Places = screen.web.state.ports.market
    return found


def doctor(n: int) -> Principal:
    return replace(
        who(ROUX), user=f"dr.essai{n}", name=f"Dr Essai {n}", practitioner=f"Practitioner/essai-{n}"
    )


async def volunteer(
    screen: Screen, person: Principal, commune: str = NEAR, speciality: str = "generale"
) -> None:
    told = Told(speciality, commune, 60, ALWAYS)
    await places(screen).volunteers.consent(person, told, clock.now())


async def waiting(screen: Screen) -> UUID:
    """A case in Aubrey whose appointment is to be found, its médecin traitant called."""
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    ines = await screen.person(INES)
    case = await take(screen, karim)
    told = {"appel": "0600000041", "commune": "Aubrey (96001)", "priorite": "P3"}
    assert (await regulated.tell(karim, case, "transmettre", **told)).status_code == 303
    decided = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="rdv-ville"
    )
    assert decided.status_code == 303, plain(decided)
    number = case.rpartition("/")[2]
    done = await ines.post(f"/regulation/osnp/{number}", etape="mt-absent", vu="0")
    assert done.status_code == 303, plain(done)
    return UUID(number)


async def appeal(screen: Screen, speciality: str, hours: int = 24) -> UUID:
    """An appeal for a case of this speciality, begun by the service."""
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    key, asking = uuid4(), Asking(uuid4(), NEAR, speciality, hours)
    await places(screen).market.start(who(INES), centre, key, asking, clock.now())
    return key


async def one(screen: Screen, key: UUID) -> Appeal:
    centre = (await floor(screen).desk.centres.all())["samu-a"]
    found = await places(screen).market.appeals(centre, clock.now())
    return next(each for each in found if each.id == key)


async def asked(screen: Screen, key: UUID) -> list[str]:
    rows = await screen.rows(
        "SELECT practitioner FROM market_proposal WHERE appeal = $1 ORDER BY round, rank", key
    )
    return [row["practitioner"] for row in rows]


@pytest.mark.requirement("C3.4")
async def test_of_all_who_accept_at_once_one_has_it_and_the_others_are_told(screen: Screen) -> None:
    people = [doctor(n) for n in range(AT_ONCE)]
    for person in people:
        await volunteer(screen, person, speciality="orl")
    key, market = await appeal(screen, "orl"), places(screen).market
    begins = clock.now() + timedelta(hours=3)

    answers = await asyncio.gather(
        *(market.accept(person, key, begins, clock.now()) for person in people for _twice in "ab"),
        return_exceptions=True,
    )

    rows = await screen.rows("SELECT practitioner FROM market_acceptance WHERE appeal = $1", key)
    assert len(rows) == 1
    winner = rows[0]["practitioner"]
    # The one who has it pressed twice and is told once; nobody else is let in.
    assert sum(answer is None for answer in answers) == 2
    assert {str(answer) for answer in answers if answer} == {TAKEN}
    for person in people:
        state = (await market.proposals(person, clock.now()))[0].state
        assert state == ("mine" if person.practitioner == winner else "taken")
    told = await screen.rows(
        "SELECT recipients FROM event WHERE kind = 'unscheduled-taken' AND source LIKE $1",
        f"%{key}%",
    )
    assert sorted(row["recipients"][0] for row in told) == sorted(
        person.practitioner for person in people if person.practitioner != winner
    )


@pytest.mark.requirement("C3.4")
async def test_a_volunteer_holds_one_appeal_at_a_half_hour(screen: Screen) -> None:
    person = doctor(50)
    await volunteer(screen, person, speciality="gynecologie")
    keys = [await appeal(screen, "gynecologie") for _each in range(4)]
    market, begins = places(screen).market, clock.now() + timedelta(hours=3)
    near = begins + timedelta(minutes=29)

    answers = await asyncio.gather(
        *(market.accept(person, key, at, clock.now()) for key in keys for at in (begins, near)),
        return_exceptions=True,
    )

    rows = await screen.rows(
        "SELECT appeal FROM market_acceptance WHERE appeal = ANY ($1::uuid[])", keys
    )
    assert len(rows) == 1
    assert {str(answer) for answer in answers if answer} == {BUSY}
    # What was refused stays open: half an hour later is another patient's.
    other = next(key for key in keys if key != rows[0]["appeal"])
    assert (await one(screen, other)).state == "open"
    later = begins + timedelta(hours=1)
    await market.accept(person, other, later, clock.now())
    assert (await one(screen, other)).state == "accepted"
    # An appeal that its centre let go holds nobody.
    third = next(key for key in keys if key not in {rows[0]["appeal"], other})
    with pytest.raises(RuleBroken):
        await market.accept(person, third, later, clock.now())
    await market.withdraw(await one(screen, other), clock.now())
    await market.accept(person, third, later, clock.now())


@pytest.mark.requirement("C3.4")
async def test_who_accepted_gives_it_back_until_it_is_confirmed(screen: Screen) -> None:
    people = [doctor(n) for n in (60, 61)]
    for person in people:
        await volunteer(screen, person, speciality="ophtalmologie")
    key, market = await appeal(screen, "ophtalmologie"), places(screen).market
    begins = clock.now() + timedelta(hours=3)
    first, second = people
    await market.accept(first, key, begins, clock.now())
    await volunteer(screen, doctor(62), speciality="ophtalmologie")  # came since

    answers = await asyncio.gather(
        *(market.decline(first, key, clock.now()) for _twice in "ab"), return_exceptions=True
    )
    assert [answer for answer in answers if answer] == []
    assert (await one(screen, key)).state == "open"
    states = [(await market.proposals(each, clock.now()))[0].state for each in people]
    assert states == ["declined", "open"]
    assert len(await asked(screen, key)) == 3
    told = await screen.rows(
        "SELECT recipients FROM event WHERE kind = 'unscheduled-call' AND source LIKE $1",
        f"%{key}%",
    )
    heard = [row["recipients"][0] for row in told]
    assert heard.count(second.practitioner) == 2  # at first, then that it is free again

    await market.accept(second, key, begins, clock.now())
    await screen.rows("UPDATE market_appeal SET state = 'confirmed' WHERE id = $1", key)
    with pytest.raises(RuleBroken, match="appelez le 15"):
        await market.decline(second, key, clock.now())


@pytest.mark.requirement("C3.4")
async def test_an_acceptance_waits_for_the_volunteers_other_one(screen: Screen) -> None:
    person = doctor(51)
    await volunteer(screen, person, speciality="gynecologie")
    first, second = await appeal(screen, "gynecologie"), await appeal(screen, "gynecologie")
    market, begins = places(screen).market, clock.now() + timedelta(hours=3)
    waits = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async with screen.platform.parts.database.transaction() as connection:
        await connection.execute(QUERIES["lock_volunteer"], person.practitioner)
        values = (first, person.practitioner, begins, clock.now())
        await connection.fetchval(QUERIES["accept"], *values)
        await connection.fetchval(QUERIES["state"], first, ["open"], "accepted", clock.now())
        other = asyncio.create_task(market.accept(person, second, begins, clock.now()))
        while not other.done() and not await screen.rows(waits):
            await asyncio.sleep(0.01)

    with pytest.raises(RuleBroken, match=BUSY):
        await other
    assert (await one(screen, second)).state == "open"


@pytest.mark.requirement("C3.4")
async def test_the_key_refuses_a_second_acceptance_and_a_consent_is_not_rewritten(
    screen: Screen,
) -> None:
    for n in (30, 31):
        await volunteer(screen, doctor(n), speciality="cardiologie")
    key = await appeal(screen, "cardiologie")
    insert = "INSERT INTO market_acceptance VALUES ($1, $2, now(), now())"
    await screen.rows(insert, key, "Practitioner/essai-30")
    with pytest.raises(Exception, match="market_acceptance_pkey"):
        await screen.rows(insert, key, "Practitioner/essai-31")
    with pytest.raises(Exception, match="permission denied"):
        await screen.rows("UPDATE market_consent SET gives = false")


@pytest.mark.requirement("C3.4")
async def test_rounds_last_ten_minutes_and_widen_then_end(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, commune in ((10, NEAR), (11, FAR), (12, AWAY)):
        await volunteer(screen, doctor(n), commune, "pediatrie")
    key, loop = await appeal(screen, "pediatrie"), MarketLoop(screen.platform.parts.database)
    true, shift = clock.now, timedelta()
    monkeypatch.setattr(clock, "now", lambda: true() + shift)
    assert await asked(screen, key) == ["Practitioner/essai-10"]
    assert await loop.turn() == 0  # the ten minutes are not over

    shift = ROUND
    await loop.turn()
    assert await asked(screen, key) == ["Practitioner/essai-10", "Practitioner/essai-11"]
    assert (await one(screen, key)).round == 2
    shift = 2 * ROUND
    await loop.turn()
    assert len(await asked(screen, key)) == 3
    shift = 3 * ROUND
    await loop.turn()
    assert (await one(screen, key)).state == "ended"
    with pytest.raises(Conflict):
        begins = clock.now() + timedelta(hours=3)
        await places(screen).market.accept(doctor(10), key, begins, clock.now())


@pytest.mark.requirement("C3.4")
async def test_who_was_asked_keeps_their_half_hour_where_nobody_else_is_near(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    await volunteer(screen, doctor(40), NEAR, "ophtalmologie")
    key, loop = await appeal(screen, "ophtalmologie"), MarketLoop(screen.platform.parts.database)
    true, turns = clock.now, 0
    monkeypatch.setattr(clock, "now", lambda: true() + turns * ROUND)
    for turns in (1, 2):
        await loop.turn()
        assert ((await one(screen, key)).round, (await one(screen, key)).state) == (
            turns + 1, "open",
        )  # fmt: skip
    begins = clock.now() + timedelta(hours=3)
    await places(screen).market.accept(doctor(40), key, begins, clock.now())
    assert (await one(screen, key)).state == "accepted"


@pytest.mark.requirement("C3.4")
async def test_only_who_consents_now_in_their_hours_and_speciality_is_asked(screen: Screen) -> None:
    never = replace(ALWAYS[0], days=())
    await volunteer(screen, doctor(20), FAR, "dermatologie")
    await volunteer(screen, doctor(21), NEAR, "psychiatrie")
    await volunteer(screen, doctor(22), NEAR, "dermatologie")
    await places(screen).volunteers.withdraw(doctor(22), clock.now())
    await volunteer(screen, doctor(23), NEAR, "dermatologie")
    told = Told("dermatologie", NEAR, 60, (never,))
    with pytest.raises(RuleBroken):
        await places(screen).volunteers.consent(doctor(23), told, clock.now())
    await places(screen).volunteers.withdraw(doctor(23), clock.now())

    key = await appeal(screen, "dermatologie")

    # Nobody is within 10 km: the second round began at once.
    assert await asked(screen, key) == ["Practitioner/essai-20"]
    assert (await one(screen, key)).round == 2
    with pytest.raises(NotFound):
        begins = clock.now() + timedelta(hours=3)
        await places(screen).market.accept(doctor(21), key, begins, clock.now())
    with pytest.raises(AccessDenied):
        await places(screen).volunteers.one(who("samira.haddad"))
    history = (await places(screen).volunteers.one(doctor(22)))[1]
    assert [each.gives for each in history] == [False, True]


@pytest.mark.requirement("C3.4")
async def test_from_a_case_to_an_appointment_without_a_word_of_the_patient(screen: Screen) -> None:
    case = await waiting(screen)
    goff, ines = await screen.person(GOFF), await screen.person(INES)
    wrong = await goff.post(OWN, **(_profile() | {"commune": "Nulle part"}), geste="consentir")
    assert wrong.status_code == 422
    assert 'value="Nulle part"' in wrong.text
    assert (await goff.post(OWN, **_profile(), geste="consentir")).status_code == 303
    form = {"numero": str(uuid4()), "dossier": str(case), "specialite": "generale", "delai": "24"}
    for _twice in "ab":
        answer = await ines.post(PATH, **form)
        assert answer.status_code == 303, plain(answer)
    busy = await ines.post(PATH, **(form | {"numero": str(uuid4())}))
    assert busy.status_code == 409

    shown = (await goff.get(OWN)).text
    assert "Aubrey" in plain_text(shown)
    assert "0600000041" not in shown
    assert "Trouvée au sol" not in shown
    number, begins = _offer(shown)
    accepted = await goff.post(f"{OWN}/{number}", geste="accepter", heure=begins)
    assert accepted.status_code == 303, plain(accepted)
    assert "à vous : la régulation confirme" in await goff.text(OWN)
    assert "accepté, à confirmer" in await ines.text(PATH)
    assert "Je ne peux plus" in await goff.text(OWN)

    answer = await ines.post(f"{PATH}/{number}", geste="confirmer")
    assert answer.status_code == 303, plain(answer)
    again = await ines.post(f"{PATH}/{number}", geste="confirmer")
    assert again.status_code in {409, 422}
    rows = await screen.rows(
        'SELECT vendor, state, who, place FROM slot_hold WHERE "case" = $1', case
    )
    assert [tuple(row) for row in rows] == [(VENDOR, "booked", "Dr Anne Le Goff", "Aubrey")]
    assert "Étape 3 sur 4" in await ines.text("/regulation/osnp")
    assert "confirmé" in await goff.text(OWN)


@pytest.mark.requirement("C3.6")
async def test_the_distribution_is_shown_with_its_formula_and_exported(screen: Screen) -> None:
    ines = await screen.person(INES)
    words = await ines.text("/regulation/equite")
    assert "Indice de Gini" in words
    assert "divisée par 2 n²" in words
    lines = (await ines.get("/regulation/equite.csv")).text.splitlines()
    assert lines[0].endswith("Effecteur;Proposés;Acceptés;Honorés")
    assert any(re.fullmatch(r"Dr Essai \d+;1;1;0", one) for one in lines[1:])


async def test_another_centre_and_who_regulates_not_see_nothing(screen: Screen) -> None:
    key = await appeal(screen, "generale")
    lucie = await screen.person("lucie.ferrand")
    assert (await lucie.get(PATH)).status_code == 200
    assert (await lucie.post(f"{PATH}/{key}", geste="retirer")).status_code == 404
    for user in (GOFF, "nora.belkacem", "jeanne.bertin", "julie.perret"):
        person: Person = await screen.person(user)
        for path in (PATH, "/regulation/equite", "/regulation/equite.csv"):
            assert (await person.get(path)).status_code in {403, 404}, (user, path)
        assert (await person.post(f"{PATH}/{key}", geste="retirer")).status_code in {403, 404}
    for user in ("samira.haddad", "nora.belkacem", "jeanne.bertin", "karim.saidi"):
        person = await screen.person(user)
        assert (await person.get(OWN)).status_code == 403, user
        assert (await person.post(OWN, **_profile())).status_code == 403, user
        assert (await person.post(f"{OWN}/{key}", geste="accepter")).status_code == 403, user
    assert (await one(screen, key)).state == "open"


def _profile() -> dict[str, str]:
    days = {f"jour-{i}": "oui" for i in range(7)}
    hours = {"debut": "00:00", "fin": "23:59"}
    return {"specialite": "generale", "commune": "Aubrey", "rayon": "20", **hours, **days}


def _offer(shown: str) -> tuple[str, str]:
    number = re.search(r'action="/place-de-marche/([0-9a-f-]{36})"', shown)
    begins = re.search(r'<option value="(\d{4}-[^"]+)"', shown)
    assert number
    assert begins
    return number[1], begins[1].replace("&#43;", "+")


def plain_text(shown: str) -> str:
    return re.sub(r"<datalist.*?</datalist>", "", shown, flags=re.DOTALL)
