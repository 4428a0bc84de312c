"""The breach drill: whom an account could read and did read, in under a minute. SC6, step 9."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

import given
from cordee.fhir.store.journal import publish
from trusted import DOCTOR, HOME, JEANNE, Screen, make_patient, plain

DPO, LEGOFF = "olivier.deschamps", "dr.legoff"
LIST = "/protection/incidents"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


def spoken(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


async def declared(screen: Screen, hours: float = 1, **more: str) -> str:
    """The address of an incident of Dr Le Goff's account, until in a second."""
    dpo, now = await screen.person(DPO), screen.clock()
    screen.ahead += timedelta(seconds=2)
    said = {
        "compte": LEGOFF, "debut": spoken(now - timedelta(hours=hours)),
        "fin": spoken(now + timedelta(seconds=1)), "decouverte": spoken(now),
        "quoi": "Carte et code volés dans la voiture",
    }  # fmt: skip
    answer = await dpo.post(LIST, **(said | more))
    assert answer.status_code == 303, plain(answer)
    return answer.headers["location"]


async def other(screen: Screen, number: str, **more: object) -> None:
    """A patient of nobody in the practice, unless `more` says so."""
    client = await screen.platform.client()
    name = [{"family": number.capitalize(), "given": ["Max"]}]
    body = given.patient(id=number, name=name, **more)
    assert (await client.put(f"Patient/{number}", json=body)).status_code in {200, 201}
    await publish(screen.platform.parts.database)


async def told(screen: Screen, address: str) -> dict[str, list[str]]:
    """The lines of the CSV by patient."""
    dpo = await screen.person(DPO)
    answer = await dpo.get(f"{address}/patients.csv")
    rows = [line.split(";") for line in answer.text.strip().splitlines()[1:]]
    return {row[0]: row for row in rows}


@pytest.mark.requirement("A6.5")
async def test_readable_and_read_are_told_apart(screen: Screen) -> None:
    await other(screen, "voisin")
    await other(screen, "patiente", managingOrganization={"reference": HOME})
    doctor = await screen.person(LEGOFF)
    await doctor.get(f"/patients/{JEANNE}")

    address = await declared(screen)
    page = await (await screen.person(DPO)).text(address)
    rows = await told(screen, address)

    assert set(rows) == {JEANNE, "patiente"}
    assert "médecin traitant" in rows[JEANNE][4]
    assert int(rows[JEANNE][5]) >= 1
    assert rows["patiente"][5] == "0"
    assert "Lisibles par ce compte 2" in page
    assert "Lus par ce compte 1" in page


@pytest.mark.requirement("A6.5")
async def test_a_tie_that_ended_since_still_counts_and_one_that_came_later_does_not(
    screen: Screen,
) -> None:
    await other(screen, "ancien", generalPractitioner=[{"reference": DOCTOR}])
    await (await screen.person(LEGOFF)).get("/")
    start = screen.clock()
    await other(screen, "ancien")
    later = await declared(screen, fin=spoken(start + timedelta(seconds=1)),
                           debut=spoken(start - timedelta(seconds=5)))  # fmt: skip
    await other(screen, "nouveau", generalPractitioner=[{"reference": DOCTOR}])
    dpo = await screen.person(DPO)
    await screen.rows("SELECT pg_sleep(1.2)")
    await dpo.post(later, geste="compter")

    rows = await told(screen, later)

    assert "ancien" in rows
    assert "médecin traitant" in rows["ancien"][4]


@pytest.mark.requirement("A6.5")
async def test_whom_the_patient_kept_out_all_the_while_was_not_readable(screen: Screen) -> None:
    await other(screen, "discret", managingOrganization={"reference": HOME})
    await (await screen.person(LEGOFF)).get("/")
    statement = (
        "INSERT INTO consent_statement (at, patient, what, holds, said_by)"
        " VALUES ($1, 'discret', 'sharing-opposed', true, 'x')"
    )
    await screen.rows(statement, screen.clock() - timedelta(hours=2))
    closed = await told(screen, await declared(screen))
    opened = await told(screen, await declared(screen, hours=3))

    assert "discret" not in closed
    assert "discret" in opened


@pytest.mark.requirement("A6.5")
async def test_a_broken_glass_counts(screen: Screen) -> None:
    await other(screen, "urgence")
    await screen.found_by_identity("dr.benali", "urgence")
    benali = await screen.person("dr.benali")
    await benali.post(
        "/patients/urgence/bris-de-glace", categorie="vital", motif="Patient inconscient ce soir"
    )

    rows = await told(screen, await declared(screen, compte="dr.benali"))

    assert rows["urgence"][4].endswith("accès exceptionnel") or "exceptionnel" in rows["urgence"][4]
    assert int(rows["urgence"][5]) >= 1


@pytest.mark.requirement("A6.5")
async def test_the_clock_of_72_hours_stops_when_the_authority_is_told(screen: Screen) -> None:
    address = await declared(screen)
    pages = []
    for hours in (0, 66, 80):
        screen.ahead = timedelta(hours=hours, seconds=5)
        pages.append(await (await screen.person(DPO)).text(address))
    dpo = await screen.person(DPO)
    bare = await dpo.post(address, geste="notified", mots="fait")
    done = await dpo.post(address, geste="notified", mots="Téléservice CNIL, accusé 2026-118")
    again = await dpo.post(address, geste="notified", mots="Téléservice CNIL, accusé 2026-118")
    last = await dpo.text(address)

    assert "reste 71 h" in pages[0]
    assert "reste 5 h" in pages[1]
    assert "en retard de 8 h" in pages[2]
    assert (bare.status_code, done.status_code, again.status_code) == (422, 303, 422)
    assert "notifié hors délai" in last


@pytest.mark.requirement("A6.5")
async def test_each_patient_gets_a_letter_that_says_whether_they_were_read(screen: Screen) -> None:
    await other(screen, "patiente", managingOrganization={"reference": HOME})
    await (await screen.person(LEGOFF)).get(f"/patients/{JEANNE}")
    address = await declared(screen)
    dpo = await screen.person(DPO)

    read = await dpo.get(f"{address}/lettres?lus=1")
    everyone = await dpo.get(f"{address}/lettres?lus=0")

    assert len(re.findall('<article class="pane letter"', read.text)) == 1
    assert "Votre dossier a été ouvert" in plain(read)
    assert len(re.findall('<article class="pane letter"', everyone.text)) == 2
    assert "Rien ne montre qu’il l’ait été" in plain(everyone)


@pytest.mark.requirement("A6.5")
@pytest.mark.parametrize("user", ["admin", LEGOFF, "jeanne.bertin"])
async def test_incidents_are_the_dpos_alone_and_each_look_is_traced(
    screen: Screen, user: str
) -> None:
    await (await screen.person(LEGOFF)).get("/")
    address = await declared(screen)
    person = await screen.person(user)
    for path in (LIST, address, f"{address}/patients.csv", f"{address}/lettres"):
        assert (await person.get(path)).status_code == 403
    assert (await person.post(address, geste="compter")).status_code == 403
    await told(screen, address)

    lines = await screen.rows(
        "SELECT a.acting, cardinality(a.pats) AS count FROM audit a"
        " WHERE starts_with(a.detail, 'breach ') ORDER BY n"
    )

    assert lines
    assert all(one["acting"] is not None for one in lines)
    assert lines[-1]["count"] == 1


@pytest.mark.requirement("A6.5")
@pytest.mark.parametrize(
    "wrong", [{"debut": "hier"}, {"compte": ""}, {"quoi": "court"}, {"fin": "2020-01-01T00:00"}]
)
async def test_an_incident_says_all_that_it_takes(screen: Screen, wrong: dict[str, str]) -> None:
    dpo, now = await screen.person(DPO), screen.clock()
    said = {
        "compte": LEGOFF, "debut": spoken(now - timedelta(hours=1)), "fin": spoken(now),
        "decouverte": spoken(now - timedelta(minutes=1)), "quoi": "Carte et code volés",
    }  # fmt: skip

    answer = await dpo.post(LIST, **(said | wrong))

    assert answer.status_code == 422
    assert not await screen.rows("SELECT FROM incident")


@pytest.mark.requirement("A6.5")
async def test_an_account_that_never_acted_could_read_all_the_same(screen: Screen) -> None:
    rows = await told(screen, await declared(screen))

    assert set(rows) == {JEANNE}
    assert rows[JEANNE][5] == "0"
