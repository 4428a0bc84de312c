"""The circle of care on the screen: opened once, members invited, ended, in time. B1.2 to B1.4, B1.9."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest

from cordee.app.circles import circle_desk
from cordee.care.circle.inviting import Offer
from cordee.care.circle.steps import Spoken
from cordee.care.circle.territory import county_of
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import now
from cordee.runtime.errors import NotFound, RuleBroken
from trusted import JEANNE, Person, Screen, make_patient, plain, who

DOCTOR, NURSE, STRANGER, HOME_NURSE = "dr.legoff", "samira.haddad", "linh.tran", "claire.weber"
HERE = f"/patients/{JEANNE}/cercle"
SAMIRA = "Practitioner/samira-haddad|Organization/idel-samira"
OPENING = {
    "motif": "chronic", "informe": "oui", "mot": "not-opposed", "par": "patient",
    "moyen": "presence", "dit-le": "01/11/2026",
}  # fmt: skip


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    address = [{"use": "home", "district": "B", "postalCode": "96107"}]
    await make_patient(bare_screen, JEANNE, birthDate="1968-03-12", address=address)
    client = await bare_screen.platform.client()
    for kind, key, body in (
        ("Practitioner", "samira-haddad", {"name": [{"family": "Haddad", "given": ["Samira"]}]}),
        ("Organization", "idel-samira",
         {"name": "Cabinet Haddad", "address": [{"district": "C"}],
          "telecom": [{"system": "phone", "value": "03 00 00 00 01"}]}),
        ("Organization", "ehpad-les-tilleuls", {"name": "EHPAD Les Tilleuls"}),
        ("PractitionerRole", "samira-haddad-1",
         {"active": True, "practitioner": {"reference": "Practitioner/samira-haddad"},
          "organization": {"reference": "Organization/idel-samira"},
          "code": [{"text": "infirmière libérale"}]}),
    ):  # fmt: skip
        made = await client.put(f"{kind}/{key}", json={"resourceType": kind, "id": key} | body)
        assert made.status_code == 201, made.text
    await publish(bare_screen.platform.parts.database)
    return bare_screen


async def opened(screen: Screen) -> Person:
    doctor = await screen.person(DOCTOR)
    answer = await doctor.post(f"{HERE}/ouvrir", **OPENING)
    assert answer.status_code == 303, plain(answer)
    return doctor


async def invited(screen: Screen, doctor: Person, **more: str) -> None:
    fields = {"qui": SAMIRA, "role": "nurse", "acces": "record"} | more
    answer = await doctor.post(f"{HERE}/inviter", **fields)
    assert answer.status_code == 303, plain(answer)


async def answered(person: Person, geste: str) -> int:
    page = (await person.get("/mes-invitations")).text
    number = re.search(r'name="invitation" value="([^"]+)"', page)
    assert number
    answer = await person.post("/mes-invitations", invitation=number[1], geste=geste)
    return answer.status_code


@pytest.mark.requirement("B1.2")
async def test_a_circle_is_opened_with_its_reason_and_the_word_of_the_person(
    screen: Screen,
) -> None:
    doctor = await screen.person(DOCTOR)

    before = await doctor.text(HERE)
    uninformed = await doctor.post(f"{HERE}/ouvrir", **(OPENING | {"informe": ""}))
    answer = await doctor.post(f"{HERE}/ouvrir", **OPENING)
    after = await doctor.text(HERE)

    assert "Aucun cercle n’est ouvert" in before
    assert uninformed.status_code == 422
    assert 'value="01/11/2026"' in uninformed.text
    assert answer.status_code == 303
    assert "Dr Anne Le Goff a ouvert le cercle" in after
    assert "Maladie chronique à plusieurs intervenants" in after
    assert "La personne elle-même, de vive voix, en présence, 01/11/2026" in after
    rows = await screen.rows(
        "SELECT step, channel, said_by, said_on, by FROM circle_step ORDER BY n"
    )
    assert [row["step"] for row in rows] == ["opened", "informed", "not-opposed"]
    assert {row["by"] for row in rows} == {DOCTOR}


@pytest.mark.requirement("B1.2")
async def test_an_opposition_closes_sharing_at_once_and_keeps_its_trace(screen: Screen) -> None:
    doctor = await opened(screen)
    await invited(screen, doctor)
    nurse = await screen.person(NURSE)
    assert await answered(nurse, "accepter") == 303
    assert (await nurse.get(HERE)).status_code == 200

    said = await doctor.post(
        HERE,
        geste="parole",
        mot="opposed",
        par="patient",
        moyen="phone",
        **{"dit-le": "02/11/2026"},
    )

    assert said.status_code == 303
    assert (await nurse.get(HERE)).status_code == 404
    assert (await doctor.get(HERE)).status_code == 404
    rows = await screen.rows("SELECT what, holds, source FROM consent_statement")
    assert [(row["what"], row["holds"]) for row in rows] == [("sharing-opposed", True)]
    steps = [row["step"] for row in await screen.rows("SELECT step FROM circle_step ORDER BY n")]
    assert steps[-2:] == ["informed", "opposed"]


@pytest.mark.requirement("B1.2")
async def test_who_refuses_at_the_opening_has_no_circle(screen: Screen) -> None:
    doctor = await screen.person(DOCTOR)

    answer = await doctor.post(f"{HERE}/ouvrir", **(OPENING | {"mot": "opposed"}))

    assert answer.status_code == 303
    assert (await doctor.get(HERE)).status_code == 404
    assert await screen.rows("SELECT FROM active_circle") == []


@pytest.mark.requirement("B1.4")
async def test_who_comes_second_is_shown_the_circle_that_is_there(screen: Screen) -> None:
    desk = circle_desk(screen.platform.parts)
    spoken = Spoken("consented", "paper", "patient", now().date())

    made = await asyncio.gather(
        *(desk.opening.open(who(DOCTOR), JEANNE, ("home", ""), spoken, now()) for _ in range(5))
    )
    doctor = await screen.person(DOCTOR)
    form = await doctor.get(f"{HERE}/ouvrir")

    assert [one.is_new for one in made].count(True) == 1
    assert len({one.circle for one in made}) == 1
    assert form.status_code == 303
    assert len(await screen.rows("SELECT FROM circle_step WHERE step = 'opened'")) == 1


@pytest.mark.requirement("B1.3")
async def test_an_invited_nurse_sees_nothing_before_she_accepts(screen: Screen) -> None:
    doctor = await opened(screen)
    found = await doctor.text(f"{HERE}/inviter?q=haddad")
    await invited(screen, doctor)
    nurse = await screen.person(NURSE)

    waiting = await nurse.text("/mes-invitations")
    closed = [(await nurse.get(path)).status_code for path in (HERE, f"/patients/{JEANNE}")]
    accepted = await answered(nurse, "accepter")
    page = await nurse.text(HERE)

    assert "Samira Haddad" in found
    assert "infirmière libérale, Cabinet Haddad" in found
    assert "C. E., 1968" in waiting
    assert "Exemple" not in waiting
    assert "Dr Anne Le Goff" in waiting
    assert closed == [404, 404]
    assert accepted == 303
    assert "Samira Haddad est entré dans le cercle" in page
    assert "Dr Anne Le Goff a invité Samira Haddad" in page
    assert "03 00 00 00 01" in page


@pytest.mark.requirement("B1.3")
async def test_an_invitation_is_answered_once_by_whom_it_is_for(screen: Screen) -> None:
    doctor = await opened(screen)
    await invited(screen, doctor)
    number = (await screen.rows("SELECT invitation FROM circle_step WHERE step = 'invited'"))[0][0]
    stranger, nurse = await screen.person(STRANGER), await screen.person(NURSE)

    others = await stranger.post("/mes-invitations", invitation=str(number), geste="accepter")
    declined = await nurse.post(
        "/mes-invitations", invitation=str(number), geste="decliner", raison="hors tournée"
    )
    again = await nurse.post("/mes-invitations", invitation=str(number), geste="accepter")

    assert (others.status_code, declined.status_code, again.status_code) == (404, 303, 404)
    assert (await nurse.get(HERE)).status_code == 404
    history = await doctor.text(HERE)
    assert "Samira Haddad a décliné l’invitation" in history
    assert "hors tournée" in history


@pytest.mark.requirement("B1.3")
async def test_two_accept_at_once_and_both_are_in(screen: Screen) -> None:
    await opened(screen)
    desk, at = circle_desk(screen.platform.parts), now()
    offers = [
        (NURSE, Offer("Practitioner/samira-haddad", "Samira Haddad", "nurse", at)),
        (HOME_NURSE, Offer("Organization/ehpad-les-tilleuls", "EHPAD Les Tilleuls", "team", at)),
    ]
    numbers = [await desk.inviting.invite(who(DOCTOR), JEANNE, one, at) for _, one in offers]

    await asyncio.gather(
        *(
            desk.inviting.accept(who(user), number, now())
            for (user, _), number in zip(offers, numbers, strict=True)
        )
    )

    for user, _ in offers:
        assert (await (await screen.person(user)).get(HERE)).status_code == 200, user
    with pytest.raises(NotFound):
        await desk.inviting.accept(who(NURSE), numbers[0], now())


@pytest.mark.requirement("B1.3")
async def test_access_ends_by_itself_at_the_end_date(screen: Screen) -> None:
    await opened(screen)
    desk, at = circle_desk(screen.platform.parts), now()
    until = at + timedelta(seconds=5)
    offer = Offer("Practitioner/samira-haddad", "Samira Haddad", "nurse", at, until)
    number = await desk.inviting.invite(who(DOCTOR), JEANNE, offer, at)
    await desk.inviting.accept(who(NURSE), number, now())
    nurse = await screen.person(NURSE)

    statuses = [(await nurse.get(HERE)).status_code]
    async with asyncio.timeout(30):
        while statuses[-1] != 404:
            await asyncio.sleep(0.1)
            statuses.append((await nurse.get(HERE)).status_code)
    ended = now()

    assert statuses[0] == 200
    assert until <= ended <= until + timedelta(seconds=3)


@pytest.mark.requirement("B1.3")
async def test_a_member_leaves_or_is_out_with_a_reason(screen: Screen) -> None:
    doctor = await opened(screen)
    await invited(screen, doctor)
    nurse = await screen.person(NURSE)
    await answered(nurse, "accepter")

    not_hers = await nurse.post(
        HERE, geste="exclure", membre="Practitioner/anne-le-goff", raison="je veux sa place"
    )
    silent = await doctor.post(
        HERE, geste="exclure", membre="Practitioner/samira-haddad", raison=""
    )
    out = await doctor.post(
        HERE, geste="exclure", membre="Practitioner/samira-haddad", raison="fin de la tournée"
    )

    assert not_hers.status_code == 403
    assert silent.status_code == 422
    assert out.status_code == 303
    assert (await nurse.get(HERE)).status_code == 404
    assert "fin de la tournée" in await doctor.text(HERE)

    await invited(screen, doctor)
    await answered(nurse, "accepter")
    assert (await nurse.get(HERE)).status_code == 200
    assert (await nurse.post(HERE, geste="quitter")).status_code == 303
    assert (await nurse.get(HERE)).status_code == 404
    assert "Samira Haddad a quitté le cercle" in await doctor.text(HERE)


@pytest.mark.requirement("B1.3")
async def test_who_gives_only_a_contact_opens_nothing(screen: Screen) -> None:
    doctor = await opened(screen)
    await invited(screen, doctor, acces="contact")
    nurse = await screen.person(NURSE)

    accepted = await answered(nurse, "accepter")

    assert accepted == 303
    assert (await nurse.get(HERE)).status_code == 404
    assert "coordonnées seulement" in await doctor.text(HERE)


@pytest.mark.requirement("B1.3")
async def test_somebody_around_the_patient_is_named_and_opens_nothing(screen: Screen) -> None:
    doctor = await opened(screen)

    nameless = await doctor.post(HERE, geste="proche", role="carer", nom="", telephone="")
    added = await doctor.post(
        HERE, geste="proche", role="trusted", nom="Lucie Bertin", telephone="06 00 00 00 02"
    )
    page = await doctor.text(HERE)

    assert nameless.status_code == 422
    assert added.status_code == 303, plain(added)
    assert "Lucie Bertin" in page
    assert "personne de confiance" in page
    assert "06 00 00 00 02" in page


@pytest.mark.requirement("B1.3")
async def test_whom_the_person_blocked_is_not_invited(screen: Screen) -> None:
    await opened(screen)
    await screen.rows(
        "INSERT INTO consent_statement (patient, what, target, holds, said_by)"
        " VALUES ($1, 'blocked', 'Practitioner/samira-haddad', true, 'jeanne.bertin')", JEANNE,
    )  # fmt: skip
    offer = Offer("Practitioner/samira-haddad", "Samira Haddad", "nurse", now())

    with pytest.raises(RuleBroken):
        await circle_desk(screen.platform.parts).inviting.invite(who(DOCTOR), JEANNE, offer, now())


@pytest.mark.requirement("B1.9")
async def test_a_member_of_another_county_sees_the_same_sheet_with_its_mark(
    screen: Screen,
) -> None:
    doctor = await opened(screen)
    await invited(screen, doctor)
    nurse = await screen.person(NURSE)
    await answered(nurse, "accepter")

    theirs, here = await nurse.text(HERE), await doctor.text(HERE)

    assert "Hors territoire." in theirs
    assert "Hors territoire." not in here
    assert "Samira Haddad hors territoire" in here
    assert (await nurse.get(f"/patients/{JEANNE}")).status_code == 200


@pytest.mark.requirement("B1.9")
@pytest.mark.parametrize(
    ("address", "county"),
    [
        ([{"postalCode": "59000"}], "59"),
        ([{"postalCode": "97400"}], "974"),
        ([{"postalCode": "20090", "district": "2A"}], "2A"),
        ([{"use": "temp", "postalCode": "75001"}, {"use": "home", "postalCode": "62000"}], "62"),
        ([], ""),
    ],
)
def test_the_county_of_an_address(address: list[dict[str, str]], county: str) -> None:
    assert county_of({"address": address}) == county


@pytest.mark.requirement("B1.3")
@pytest.mark.parametrize("path", [HERE, f"{HERE}/ouvrir", f"{HERE}/inviter"])
async def test_somebody_outside_gets_404(screen: Screen, path: str) -> None:
    await opened(screen)
    stranger = await screen.person(STRANGER)

    assert (await stranger.get(path)).status_code == 404
    fields = OPENING | {"geste": "quitter", "qui": SAMIRA, "role": "nurse", "acces": "record"}
    assert (await stranger.post(path, **fields)).status_code == 404


@pytest.mark.requirement("B1.4")
async def test_a_circle_is_closed_with_a_reason_and_another_may_follow(screen: Screen) -> None:
    doctor = await opened(screen)

    assert (await doctor.post(HERE, geste="fermer", raison="")).status_code == 422
    assert (await doctor.post(HERE, geste="fermer", raison="situation stable")).status_code == 303
    page = await doctor.text(HERE)
    again = await doctor.post(f"{HERE}/ouvrir", **OPENING)

    assert "a fermé le cercle" in page
    assert "situation stable" in page
    assert again.status_code == 303


@pytest.mark.requirement("B6.10")
async def test_a_member_of_a_cpts_and_the_hospital_read_the_same_sheet(screen: Screen) -> None:
    """Two organisations in one circle: what the sheet says depends on neither."""
    doctor = await opened(screen)
    client = await screen.platform.client()
    problem = {
        "resourceType": "Condition", "subject": {"reference": f"Patient/{JEANNE}"},
        "code": {"text": "Diabète de type 2"},
    }  # fmt: skip
    assert (await client.post("Condition", json=problem)).status_code == 201
    sheets: list[str] = []
    for user, reference in (
        ("dr.benali", "Practitioner/yacine-benali"), ("dr.roux", "Practitioner/bernard-roux"),
    ):  # fmt: skip
        person = await screen.person(user)
        assert (await person.get(f"/patients/{JEANNE}")).status_code == 404
        body = {
            "resourceType": "Practitioner", "id": reference.partition("/")[2],
            "name": [{"text": user}],
        }  # fmt: skip
        await client.put(reference, json=body)
        await invited(screen, doctor, qui=reference, role="physician")
        assert await answered(person, "accepter") == 303
        await publish(screen.platform.parts.database)
        screen.platform.parts.guard.forget()
    for user in ("dr.benali", "dr.roux"):
        text = await (await screen.person(user)).text(f"/patients/{JEANNE}")
        sheets.append(text.partition("Camille Née")[2].partition("Dossier lu")[0])
    assert "Diabète de type 2" in sheets[0]
    assert sheets[0] == sheets[1]
