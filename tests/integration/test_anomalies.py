"""Unusual use is told to the DPO once a day, and ordinary work is not. Rule: A6.6."""

from __future__ import annotations

from datetime import datetime, time

import pytest

import given
from cordee.access.anomalies.watching import family_names
from cordee.fhir.store.journal import publish
from cordee.runtime.clock import PARIS, today
from trusted import DOCTOR, HOME, JEANNE, Screen, make_patient, who

DPO, LEGOFF, HERE = "olivier.deschamps", "dr.legoff", "/protection/alertes"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    await make_patient(bare_screen, JEANNE)
    return bare_screen


async def mine(screen: Screen, number: str, **more: object) -> None:
    """A patient of Dr Le Goff."""
    client = await screen.platform.client()
    tie = {"generalPractitioner": [{"reference": DOCTOR}]}
    body = given.patient(id=number, **(tie | more))
    assert (await client.put(f"Patient/{number}", json=body)).status_code in {200, 201}
    await publish(screen.platform.parts.database)


async def alerts(screen: Screen) -> list[tuple[str, str, int]]:
    await screen.web.state.ports.trust.anomalies.look(today())
    rows = await screen.rows("SELECT rule, agent, count FROM anomaly ORDER BY n")
    return [(row["rule"], row["agent"], row["count"]) for row in rows]


@pytest.mark.requirement("A6.6")
async def test_an_ordinary_day_raises_no_alert(screen: Screen) -> None:
    for number in range(12):
        await mine(screen, f"ordinaire-{number}")
    doctor = await screen.person(LEGOFF)
    for number in range(12):
        assert (await doctor.get(f"/patients/ordinaire-{number}")).status_code == 200
    await (await screen.person("jeanne.bertin")).get("/mes-choix")

    found = await alerts(screen)

    assert [one for one in found if one[0] != "night"] == []


@pytest.mark.requirement("A6.6")
async def test_a_file_of_ones_own_name_and_one_under_an_alias_are_told_once(
    screen: Screen,
) -> None:
    alias = {
        "meta": {"security": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "code": "PSEUDED",
        }]}
    }  # fmt: skip
    await mine(screen, "cousin", name=[{"family": "LE GOFF", "given": ["Yann"]}])
    await mine(screen, "secret", **alias)
    doctor = await screen.person(LEGOFF)
    for number in ("cousin", "secret", "cousin"):
        assert (await doctor.get(f"/patients/{number}")).status_code == 200

    first, second = await alerts(screen), await alerts(screen)

    assert {("family", LEGOFF, 1), ("vip", LEGOFF, 1)} <= set(first)
    assert first == second


@pytest.mark.requirement("A6.6")
async def test_searches_that_open_nothing_and_nights_count_above_their_threshold(
    screen: Screen,
) -> None:
    dpo = await screen.person(DPO)
    for rule, most in (("searches", "2"), ("night", "1")):
        said = await dpo.post(HERE, geste="seuil", regle=rule, nombre=most, etat="active")
        assert said.status_code == 303
    guard, parts = screen.platform.parts.guard, screen.platform.parts
    night = datetime.combine(today(), time(2), PARIS)
    for user in (LEGOFF, "dr.benali"):
        acting = (await guard.scope(who(user))).acting
        for number in (JEANNE, "autre"):
            await screen.rows(
                "INSERT INTO audit (at, acting, actor, action, type, pats, detail)"
                " VALUES ($1, $2, $3, 'R', 103, ARRAY[$4::int8], 'record open x')",
                night, acting, user, parts.kernel.keys(f"Patient/{number}"),
            )  # fmt: skip
    for _ in range(3):
        await screen.found_by_identity("dr.benali", JEANNE)

    found = await alerts(screen)

    assert ("searches", "dr.benali", 3) in found
    assert ("night", LEGOFF, 2) in found
    assert not [one for one in found if one[:2] == ("night", "dr.benali")]  # emergencies


@pytest.mark.requirement("A6.6")
async def test_patients_of_another_department_count(screen: Screen) -> None:
    client = await screen.platform.client()
    kind, _, key = HOME.partition("/")
    body = {"resourceType": kind, "id": key, "address": [{"postalCode": "29000"}]}
    assert (await client.put(HOME, json=body)).status_code == 200
    dpo = await screen.person(DPO)
    await dpo.post(HERE, geste="seuil", regle="outside", nombre="1", etat="active")
    doctor = await screen.person(LEGOFF)
    for number, code in (("a", "22000"), ("b", "56000"), ("c", "29200")):
        await mine(screen, number, address=[{"postalCode": code}])
        await doctor.get(f"/patients/{number}")

    assert ("outside", LEGOFF, 2) in await alerts(screen)


@pytest.mark.requirement("A6.6")
async def test_the_dpo_looks_at_an_alert_and_nobody_was_blocked(screen: Screen) -> None:
    await mine(screen, "cousin", name=[{"family": "Le Goff", "given": ["Yann"]}])
    doctor, dpo = await screen.person(LEGOFF), await screen.person(DPO)
    await doctor.get("/patients/cousin")
    await alerts(screen)
    number = str((await screen.rows("SELECT n FROM anomaly WHERE rule = 'family'"))[0]["n"])

    page = await dpo.text(HERE)
    bare = await dpo.post(HERE, geste="avis", nombre=number, avis="infondee", mots="non")
    said = await dpo.post(
        HERE, geste="avis", nombre=number, avis="infondee", mots="Patient suivi depuis dix ans"
    )
    again = await dpo.post(HERE, geste="avis", nombre=number, avis="fondee", mots="x" * 20)
    still = await doctor.get("/patients/cousin")
    sheet = (await dpo.get(f"{HERE}/alertes.csv")).text

    assert "Dr Anne Le Goff" in page
    assert (bare.status_code, said.status_code, again.status_code) == (422, 303, 422)
    assert still.status_code == 200
    assert "infondée;Patient suivi depuis dix ans" in sheet


@pytest.mark.requirement("A6.6")
@pytest.mark.parametrize("user", ["admin", LEGOFF, "jeanne.bertin"])
async def test_alerts_are_the_dpos_alone(screen: Screen, user: str) -> None:
    person = await screen.person(user)
    for path in (HERE, f"{HERE}/alertes.csv"):
        assert (await person.get(path)).status_code == 403
    said = await person.post(HERE, geste="seuil", regle="night", nombre="1")
    assert said.status_code == 403
    assert not await screen.rows("SELECT FROM anomaly_rule")


@pytest.mark.parametrize(
    ("name", "family"),
    [("Dr Anne Le Goff", ("le goff",)), ("Mme Élise Vasseur", ("vasseur",)), ("Admin", ())],
)
def test_the_family_name_follows_the_first_name(name: str, family: tuple[str, ...]) -> None:
    assert family_names(name) == family
