"""Exceptional access on the screen: who may, what is said, who is told, how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cordee.access.registers import grants, statements
from cordee.access.registers.statements import Said, Speaker, Word
from cordee.care.workflow.tasks import Asked, new_task
from cordee.runtime import clock
from running import Ground
from trusted import JEANNE, Screen, make_patient, plain, screen_on, who

MOTIVE = "Patiente inconsciente en salle de déchocage"
BENALI, ROUX, LE_GOFF = "dr.benali", "dr.roux", "dr.legoff"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        yield screen


@pytest.fixture
async def patient(screen: Screen) -> str:
    number = uuid4().hex
    await make_patient(screen, number)
    return number


async def opened(screen: Screen, patient: str) -> None:
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)
    answer = await benali.post(
        f"/patients/{patient}/bris-de-glace", categorie="unconscious", motif=MOTIVE
    )
    assert answer.status_code == 303, plain(answer)


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize("page", ["", "/resultats"])
async def test_who_found_the_patient_and_may_break_the_glass_is_told_why(
    screen: Screen, patient: str, page: str
) -> None:
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)

    answer = await benali.get(f"/patients/{patient}{page}")

    assert answer.status_code == 403
    assert "Aucune relation de soins ne vous lie" in plain(answer)
    assert f"/patients/{patient}/bris-de-glace" in answer.text
    assert "care-relation-is-open, version 1" in plain(answer)


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize(
    ("user", "found", "page"),
    [
        (user, found, page)
        for user, found in ((BENALI, False), (ROUX, True), (ROUX, False))
        for page in ("", "/bris-de-glace", "/pourquoi", "/consultation")
        # A consultation is open to each professional who found the patient.
        if not (found and page == "/consultation")
    ],
)
async def test_for_everybody_else_nobody_is_there(
    screen: Screen, patient: str, user: str, found: bool, page: str
) -> None:
    if found:
        await screen.found_by_identity(user, patient)
    person = await screen.person(user)

    known = await person.get(f"/patients/{patient}{page}")
    unknown = await person.get(f"/patients/there-is-nobody{page}")

    assert (known.status_code, unknown.status_code) == (404, 404)
    assert plain(known) == plain(unknown)


async def test_an_old_search_does_not_count(screen: Screen, patient: str) -> None:
    key = screen.platform.parts.kernel.keys(f"Patient/{patient}")
    await screen.rows(
        "INSERT INTO audit (at, actor, action, type, pats, detail) VALUES"
        " (now() - interval '61 minutes', $1, 'E', 103, ARRAY[$2::int8], 'identity search')",
        BENALI, key,
    )  # fmt: skip
    benali = await screen.person(BENALI)

    assert (await benali.get(f"/patients/{patient}/bris-de-glace")).status_code == 404


@pytest.mark.requirement("A3.4")
@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ({"categorie": "vital", "motif": "urgence"}, "Écrivez la raison, en 20 caractères"),
        ({"motif": MOTIVE}, "Choisissez pourquoi maintenant"),
        ({"categorie": "curious", "motif": MOTIVE}, "Choisissez pourquoi maintenant"),
    ],
)
async def test_category_and_motive_are_asked_for(
    screen: Screen, patient: str, data: dict[str, str], missing: str
) -> None:
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)

    answer = await benali.post(f"/patients/{patient}/bris-de-glace", **data)

    assert (answer.status_code, missing in plain(answer)) == (422, True)
    assert not await screen.rows("SELECT FROM glass_grant WHERE patient = $1", patient)


@pytest.mark.requirement("A3.4")
async def test_the_record_opens_at_once_with_its_banner_and_closes_at_once(
    screen: Screen, patient: str
) -> None:
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)
    address = f"/patients/{patient}"
    before = await benali.get(address)

    await benali.post(f"{address}/bris-de-glace", categorie="vital", motif=MOTIVE)
    page = await benali.get(address)
    again = await benali.get(f"{address}/bris-de-glace")
    await benali.post(f"{address}/bris-de-glace", geste="terminer")
    after = await benali.get(address)

    assert (again.status_code, again.headers["location"]) == (303, address)
    assert [one.status_code for one in (before, page, after)] == [403, 200, 403]
    assert "EXEMPLE Camille" in plain(page)
    assert "Encore 3 h 59 min" in plain(page)
    assert "Terminer maintenant" in plain(page)


@pytest.mark.requirement("A3.4")
async def test_patient_and_attending_are_told_at_once_without_health(
    screen: Screen, patient: str
) -> None:
    await opened(screen, patient)

    told = await screen.rows("SELECT recipient, what FROM notice WHERE patient = $1", patient)
    attending = await screen.person(LE_GOFF)
    page = await attending.text("/")

    assert sorted(row["recipient"] for row in told) == [
        f"Patient/{patient}",
        "Practitioner/anne-le-goff",
    ]
    assert {row["what"] for row in told} == {"glass-opened"}
    assert "Un accès exceptionnel a eu lieu." in page
    assert "EXEMPLE Camille" in page
    assert "Dr Yacine Benali" in page


@pytest.mark.requirement("A3.4")
async def test_the_patient_reads_it_at_home_and_puts_it_away(screen: Screen) -> None:
    await make_patient(screen, JEANNE)
    await opened(screen, JEANNE)
    jeanne = await screen.person("jeanne.bertin")

    before = await jeanne.text("/")
    number = await screen.rows("SELECT n FROM notice WHERE recipient = $1", f"Patient/{JEANNE}")
    other = await screen.person(LE_GOFF)
    await other.post("/avis", numero=str(number[0]["n"]))
    still = await jeanne.text("/")
    await jeanne.post("/avis", numero=str(number[0]["n"]))
    after = await jeanne.text("/")

    words = "Un accès exceptionnel a eu lieu."
    assert [words in page for page in (before, still, after)] == [True, True, False]
    assert MOTIVE in before


@pytest.mark.requirement("A3.4")
async def test_recorded_opposition_refuses(screen: Screen, patient: str) -> None:
    keys = screen.platform.parts.kernel.keys
    async with screen.platform.parts.database.write.acquire() as connection:
        await statements.say_consent(
            connection, patient, Word(Said.EMERGENCY_OPPOSED), Speaker("p", screen.clock()), keys
        )
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)

    page = await benali.get(f"/patients/{patient}/bris-de-glace")
    answer = await benali.post(
        f"/patients/{patient}/bris-de-glace", categorie="vital", motif=MOTIVE
    )

    assert "Ouvrir le dossier pour 4 heures" not in plain(page)
    assert answer.status_code == 403
    assert not await screen.rows("SELECT FROM glass_grant WHERE patient = $1", patient)


async def test_whom_the_patient_blocked_cannot_break_the_glass(
    screen: Screen, patient: str
) -> None:
    keys = screen.platform.parts.kernel.keys
    word = Word(Said.BLOCKED, target="Practitioner/yacine-benali")
    async with screen.platform.parts.database.write.acquire() as connection:
        speaker = Speaker("p", screen.clock())
        await statements.say_consent(connection, patient, word, speaker, keys)
    await screen.found_by_identity(BENALI, patient)
    benali = await screen.person(BENALI)

    answer = await benali.post(
        f"/patients/{patient}/bris-de-glace", categorie="vital", motif=MOTIVE
    )

    assert answer.status_code == 403
    assert not await screen.rows("SELECT FROM glass_grant WHERE patient = $1", patient)


@pytest.mark.requirement("A3.4")
async def test_it_ends_when_the_agent_says_so_or_after_four_hours(
    screen: Screen, patient: str
) -> None:
    await opened(screen, patient)
    benali = await screen.person(BENALI)
    database = screen.platform.parts.database

    async def live(hours: int = 0) -> int:
        at = screen.clock() + timedelta(hours=hours)
        async with database.write.acquire() as connection:
            open_now = await grants.running(connection, patient, BENALI, at)
        return len(open_now)

    states = [await live(), await live(4)]
    answer = await benali.post(f"/patients/{patient}/bris-de-glace", geste="terminer")
    states.append(await live())

    assert (answer.status_code, states) == (303, [1, 0, 0])


@pytest.mark.requirement("A3.3")
async def test_a_patient_in_front_of_the_doctor_tells_a_code(screen: Screen) -> None:
    await make_patient(screen, JEANNE)
    await screen.found_by_identity(ROUX, JEANNE)
    trust = screen.web.state.ports.trust
    jeanne = who("jeanne.bertin")
    code, _ = await trust.consulting.make_code(jeanne, screen.clock())
    roux = await screen.person(ROUX)
    wrong = "000000" if code != "000000" else "111111"

    page = await roux.get(f"/patients/{JEANNE}/consultation")
    refused = await roux.post(f"/patients/{JEANNE}/consultation", geste="code", code=wrong)
    answer = await roux.post(f"/patients/{JEANNE}/consultation", geste="code", code=code)

    assert page.status_code == 200
    assert (refused.status_code, "n’est pas le bon" in plain(refused)) == (422, True)
    assert answer.status_code == 303
    principal = who(ROUX)
    explained = await trust.explaining.record(principal, JEANNE, screen.clock())
    assert explained.decision.code == "as-consultation"
    await roux.post(f"/patients/{JEANNE}/bris-de-glace", geste="terminer")
    explained = await trust.explaining.record(principal, JEANNE, screen.clock())
    assert explained.decision.code == "no-relation"


@pytest.mark.requirement("A3.3")
async def test_the_consent_ends_with_the_session_of_the_professional(screen: Screen) -> None:
    await make_patient(screen, JEANNE)
    await screen.found_by_identity(ROUX, JEANNE)
    trust = screen.web.state.ports.trust
    jeanne, roux = who("jeanne.bertin"), await screen.person(ROUX)

    await roux.post(f"/patients/{JEANNE}/consultation", geste="demander")
    asked = await trust.consulting.waiting(jeanne, screen.clock())
    await trust.consulting.answer(jeanne, asked[0].id, accepted=True, at=screen.clock())
    codes = []
    for leave in (False, True):
        if leave:
            await roux.post("/deconnexion")
        explained = await trust.explaining.record(who(ROUX), JEANNE, screen.clock())
        codes.append(explained.decision.code)

    assert codes == ["as-consultation", "no-relation"]


@pytest.mark.requirement("A3.4")
async def test_a_broken_glass_brings_nobody_in_for_longer(screen: Screen, patient: str) -> None:
    await opened(screen, patient)
    screen.platform.parts.guard.forget(BENALI)
    me = who(BENALI)
    subject, mine = {"reference": f"Patient/{patient}"}, {"reference": me.structure}
    asked = Asked(
        "dac-request", f"Patient/{patient}", me.structure, me.structure,
        facts={"asker": "hopital", "motive": "autre", "urgency": "week",
               "person-informed": True, "attending-informed": True},
    )  # fmt: skip
    lasting = [
        new_task(asked, clock.now()),
        {"resourceType": "CareTeam", "status": "active", "subject": subject,
         "participant": [{"member": mine}]},
        {"resourceType": "Encounter", "status": "in-progress", "class": {"code": "EMER"},
         "subject": subject, "serviceProvider": mine},
    ]  # fmt: skip
    system = await screen.platform.client()
    await system.put(me.structure, json={"resourceType": "Organization",
                                         "id": me.structure.partition("/")[2]})  # fmt: skip
    token = screen.platform.parts.tokens.make(replace(me, scopes=("user/*.cruds",)), 60)
    person = await screen.platform.client(None)
    person.headers["authorization"] = f"Bearer {token}"
    assert (await person.get(f"Patient/{patient}")).status_code == 200

    for one in lasting:
        answer = await person.post(one["resourceType"], json=one)
        assert answer.status_code == 422, one["resourceType"]
        assert "accès exceptionnel" in answer.json()["issue"][0]["diagnostics"]
    noted = {"resourceType": "Observation", "status": "final", "code": {"text": "Glasgow 15"},
             "subject": subject}  # fmt: skip
    assert (await person.post("Observation", json=noted)).status_code == 201
