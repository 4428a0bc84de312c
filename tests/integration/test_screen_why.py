"""Why: the decision in words on real facts, deferred results and the secret of minors."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import given
from cordee.access.announcing import is_minor
from cordee.access.mandates.kinds import MandateKind
from cordee.access.matrix import catalogue
from cordee.access.registers import statements
from cordee.access.registers.statements import Said, Speaker, Word
from cordee.fhir.store.journal import publish
from cordee.runtime.errors import NotFound, RuleBroken
from mandated import mandated, offer
from trusted import DOCTOR, HOME, JEANNE, Screen, make_patient, plain, who

RESULT = "Observation/result"
LETTER = "DocumentReference/letter"
LE_GOFF = "dr.legoff"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE, birthDate="2012-05-01")
    client = await bare_screen.platform.client()
    result = given.observation(f"Patient/{JEANNE}", id="result")
    assert (await client.put(RESULT, json=result)).status_code == 201
    letter = {
        "resourceType": "DocumentReference", "id": "letter", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{JEANNE}"}, "author": [{"reference": DOCTOR}],
        "custodian": {"reference": HOME},
        "content": [{"attachment": {"contentType": "text/plain", "title": "Lettre"}}],
    }  # fmt: skip
    assert (await client.put(LETTER, json=letter)).status_code == 201
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def said(screen: Screen, what: Said, *, holds: bool = True, target: str = "") -> None:
    keys = screen.platform.parts.kernel.keys
    async with screen.platform.parts.database.write.acquire() as connection:
        speaker = Speaker("jeanne", screen.clock())
        await statements.say_consent(connection, JEANNE, Word(what, holds, target), speaker, keys)


async def patient_sees(screen: Screen, reference: str) -> bool:
    own = await screen.platform.client(
        "user/*.rs", structure="Organization/mon-espace", practitioner=f"Patient/{JEANNE}"
    )
    return (await own.get(reference)).status_code == 200


@pytest.mark.requirement("A3.2")
async def test_each_access_says_sentence_rule_version_and_matrix(screen: Screen) -> None:
    doctor = await screen.person(LE_GOFF)

    record = await doctor.text(f"/patients/{JEANNE}/pourquoi")
    letter = await doctor.text(f"/patients/{JEANNE}/pourquoi?element={LETTER}")
    page = await doctor.get(f"/patients/{JEANNE}/documents")

    assert "Vous êtes le médecin traitant de cette personne." in record
    assert "care-relation-permits, version 1" in record
    assert "2023-1" in record
    assert "Vous êtes l’auteur de ce document." in letter
    assert catalogue().documents["11488-4"] in letter
    assert f"/patients/{JEANNE}/pourquoi?element={LETTER}" in page.text
    assert f'"/patients/{JEANNE}/pourquoi"' in page.text


@pytest.mark.requirement("A3.2")
async def test_what_is_not_in_the_record_has_no_explanation(screen: Screen) -> None:
    doctor, roux = await screen.person(LE_GOFF), await screen.person("dr.roux")

    for element in ("Observation/other", "Patient/nobody", "x"):
        answer = await doctor.get(f"/patients/{JEANNE}/pourquoi?element={element}")
        assert answer.status_code == 404
    assert (await roux.get(f"/patients/{JEANNE}/pourquoi")).status_code == 404


@pytest.mark.requirement("A3.1")
@pytest.mark.requirement("A3.2")
async def test_the_facts_are_those_of_then(screen: Screen) -> None:
    explaining = screen.web.state.ports.trust.explaining
    doctor = who(LE_GOFF)
    before = screen.clock()
    await said(screen, Said.SHARING_OPPOSED)
    after = screen.clock() + timedelta(seconds=1)

    codes = [(await explaining.record(doctor, JEANNE, at)).decision.code for at in (before, after)]
    year_before = await explaining.record(doctor, JEANNE, before - timedelta(days=365))

    assert codes == ["as-attending", "sharing-opposed"]
    assert year_before.decision.code == "no-relation"


@pytest.mark.requirement("A3.3")
@pytest.mark.parametrize(
    ("user", "code"),
    [
        (LE_GOFF, "as-attending"), ("dr.roux", "no-relation"), ("jeanne.bertin", "as-patient"),
        ("marc.lefort", "default"),
    ],
)  # fmt: skip
async def test_ties_are_read_from_the_base(screen: Screen, user: str, code: str) -> None:
    explaining = screen.web.state.ports.trust.explaining

    explained = await explaining.record(who(user), JEANNE, screen.clock())

    assert explained.decision.code == code


@pytest.mark.requirement("A3.7")
async def test_a_deferred_result_is_hidden_from_the_patient_until_it_is_announced(
    screen: Screen,
) -> None:
    doctor = await screen.person(LE_GOFF)
    address, until = f"/patients/{JEANNE}/pourquoi", screen.clock().date() + timedelta(days=30)
    known = [await patient_sees(screen, RESULT)]

    await doctor.post(address, element=RESULT, geste="differer", **{"jusqu-au": until.isoformat()})
    known.append(await patient_sees(screen, RESULT))
    page = await doctor.text(f"{address}?element={RESULT}")
    await doctor.post(address, element=RESULT, geste="annoncer")
    known.append(await patient_sees(screen, RESULT))

    assert known == [True, False, True]
    assert "La personne ne le voit pas encore" in page


@pytest.mark.requirement("A3.7")
async def test_it_shows_by_itself_at_its_date_and_who_deferred_it_is_reminded(
    screen: Screen,
) -> None:
    service = screen.web.state.ports.trust.announcing
    doctor, now = who(LE_GOFF), screen.clock()
    element, until = (JEANNE, RESULT), now + timedelta(days=30)
    await service.defer(doctor, element, until, now)

    early = [await service.remind(now + timedelta(days=14)), await service.release_due(now)]
    for _ in range(2):
        await service.remind(now + timedelta(days=15))
    reminded = await screen.rows("SELECT recipient FROM notice WHERE what = 'deferral-soon'")
    hidden = await patient_sees(screen, RESULT)
    released = [await service.release_due(until), await service.release_due(until)]

    assert early == [0, 0]
    assert [row["recipient"] for row in reminded] == [f"user/{LE_GOFF}"]
    assert (hidden, released, await patient_sees(screen, RESULT)) == (False, [1, 0], True)
    home = await (await screen.person(LE_GOFF)).text("/")
    assert "Un résultat attend d’être annoncé." in home


@pytest.mark.requirement("A3.7")
async def test_nobody_defers_for_longer_than_allowed(screen: Screen) -> None:
    doctor = await screen.person(LE_GOFF)
    for days in (0, 91):
        until = screen.clock().date() + timedelta(days=days)
        answer = await doctor.post(
            f"/patients/{JEANNE}/pourquoi", element=RESULT, geste="differer",
            **{"jusqu-au": until.isoformat()},
        )  # fmt: skip
        assert answer.status_code == 422
    assert await patient_sees(screen, RESULT)


@pytest.mark.requirement("A3.6")
async def test_the_care_of_a_minor_is_kept_secret_from_the_parents(screen: Screen) -> None:
    explaining = screen.web.state.ports.trust.explaining
    parent, _ = await mandated(screen.platform, JEANNE, offer(MandateKind.PARENT))
    doctor = await screen.person(LE_GOFF)
    codes = []
    for act in ("", "secret", "lever"):
        if act:
            await doctor.post(f"/patients/{JEANNE}/pourquoi", element=RESULT, geste=act)
        explained = await explaining.resource(parent, JEANNE, RESULT, screen.clock())
        codes.append(explained.decision.code)
    labels = await screen.rows(
        "SELECT lab FROM history WHERE rid IN (SELECT rid FROM resource WHERE id = 'result')"
    )

    assert codes == ["as-representative", "minor-secret", "as-representative"]
    assert [row["lab"] & 32 for row in labels] == [0, 32]


@pytest.mark.requirement("A3.6")
async def test_an_adult_has_no_such_secret_and_strangers_say_nothing(screen: Screen) -> None:
    service = screen.web.state.ports.trust.announcing
    await make_patient(screen, JEANNE, birthDate="1968-05-01")
    now = screen.clock()

    with pytest.raises(RuleBroken):
        await service.keep_secret(who(LE_GOFF), (JEANNE, RESULT), holds=True, at=now)
    for user in ("dr.roux", "jeanne.bertin"):
        with pytest.raises(NotFound):
            await service.announce(who(user), (JEANNE, RESULT), now)


def test_eighteen_is_the_day_of_the_birthday() -> None:
    birthday = date(2026, 11, 22)

    ages = [is_minor(text, birthday) for text in ("2008-11-23", "2008-11-22", "2008", "")]

    assert ages == [True, False, False, False]


async def test_a_refusal_says_why_on_its_page_too(screen: Screen) -> None:
    await screen.found_by_identity("dr.benali", JEANNE)
    await said(screen, Said.EMERGENCY_OPPOSED)
    benali = await screen.person("dr.benali")

    answer = await benali.get(f"/patients/{JEANNE}/pourquoi")

    assert answer.status_code == 403
    assert "L’accès en urgence n’est pas possible pour ce dossier." in plain(answer)
