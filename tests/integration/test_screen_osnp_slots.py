"""Slots found, held and booked for a case of the floor, the vendors' beside our own. C3.1, C3.3."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from coordinated import make_region, put, service
from cordee.app.slots import slots
from cordee.app.store import system
from cordee.app.unscheduled import SasVendors
from cordee.care.regulation.osnp import SLOT
from cordee.care.slots.publishing import Offer
from cordee.care.unscheduled.booking import Bookings
from cordee.care.unscheduled.search import Commune, distance
from cordee.fhir.store.journal import publish
from cordee.gateways.sas.aggregator import Aggregator, Flow, Vendor
from cordee.gateways.sas.emulator import Emulator, Failure
from cordee.identity.principal import REGULATION
from cordee.runtime import clock
from cordee.runtime.errors import Conflict, RuleBroken
from regulated import floor, take, tell, version
from running import Ground
from trusted import Person, Screen, plain, screen_on, who

KARIM, ROY, INES = "karim.saidi", "dr.roy", "ines.lambert"
CPTS, ROUX = "cpts-b-sud", "Practitioner/bernard-roux"
INSEE = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/insee-code"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        for key, code in (("samu-a", "960"), ("samu-b", "961")):
            await screen.rows(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $1, $2, $3)",
                key,
                f"fr.health.samu{code}",
                code,
            )
        await screen.rows(
            "INSERT INTO regulation_commune VALUES"
            " ('96001', 'Aubrey', 'AUBREY', '96000', 2.1, 47.1),"
            " ('95002', 'Saulx', 'SAULX', '95000', 2.2, 47.1)"
        )
        address = {"extension": [{"url": INSEE, "valueCoding": {"code": "95002"}}]}
        await put(
            screen,
            {
                "resourceType": "Organization", "id": CPTS, "name": "CPTS B-Sud",
                "address": [address],
            },
            {"resourceType": "Location", "id": CPTS},
            service("communaute-b-sud", CPTS, "cpts"),
        )  # fmt: skip
        for key, code in (("bernard-roux", "10"), ("nora-belkacem", "ADM")):
            await put(
                screen,
                {"resourceType": "Practitioner", "id": key, "name": [{"text": key}]},
                {
                    "resourceType": "PractitionerRole", "id": f"{key}-1", "active": True,
                    "practitioner": {"reference": f"Practitioner/{key}"},
                    "organization": {"reference": f"Organization/{CPTS}"},
                    "code": [{"coding": [{"code": code}]}],
                },
            )  # fmt: skip
        await put(
            screen,
            {
                "resourceType": "Organization", "id": "maison-roux", "name": "Maison des Tilleuls",
                "address": [address],
            },
            {"resourceType": "Location", "id": "maison-roux"},
            {
                "resourceType": "PractitionerRole", "id": "bernard-roux-2", "active": True,
                "practitioner": {"reference": ROUX},
                "organization": {"reference": "Organization/maison-roux"},
                "code": [{"coding": [{"code": "10"}]}],
            },
        )  # fmt: skip
        desk, nora = slots(screen.platform.parts), who("nora.belkacem")
        (community,) = await desk.communities(nora)
        starts = clock.now().replace(second=0, microsecond=0) + timedelta(hours=3)
        await desk.publish(nora, community, ROUX, Offer(starts, 15, row=10), str(uuid4()))
        await publish(screen.platform.parts.database)
        yield screen


async def wished(screen: Screen) -> str:
    """The slots' page of a case whose médecin traitant does not answer."""
    karim, roy, ines = [await screen.person(one) for one in (KARIM, ROY, INES)]
    case = await take(screen, karim)
    sent = await tell(karim, case, "transmettre", appel="0600000041", commune="Aubrey (96001)")
    assert sent.status_code == 303, plain(sent)
    done = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="rdv-ville"
    )
    assert done.status_code == 303, plain(done)
    way = f"/regulation/osnp/{case.rpartition('/')[2]}"
    assert (await ines.post(way, etape="mt-absent", vu="0")).status_code == 303
    return f"{way}/creneaux"


async def offered(person: Person, path: str) -> list[tuple[str, str]]:
    """The (number of the form, slot) of each slot of the page."""
    text = (await person.get(path)).text
    return re.findall(r'name="cle" value="([^"]+)"><input type="hidden" name="creneau" value="([^"]+)"', text)  # fmt: skip


@pytest.mark.requirement("C3.1", "C3.9")
async def test_slots_near_the_case_are_listed_with_their_distance_and_departement(
    screen: Screen,
) -> None:
    ines, path = await screen.person(INES), await wished(screen)
    words = await ines.text(path)
    assert "8 km" in words
    assert "Département 95" in words
    assert "Maison des Tilleuls, Saulx" in words
    assert "CPTS B-Sud" not in words
    assert "État à" in words
    assert await offered(ines, path)
    assert await offered(ines, f"{path}?specialite=Radiologie") == []


@pytest.mark.requirement("C3.1")
async def test_what_is_free_beyond_the_radius_is_said_with_the_way_to_it(screen: Screen) -> None:
    path, ines = await wished(screen), await screen.person(INES)
    owner = await asyncpg.connect(screen.platform.ground.superuser(screen.platform.database))
    move = "UPDATE regulation_commune SET latitude = latitude + $1 WHERE name = 'Saulx'"
    await owner.execute(move, 0.5)  # 56 km
    try:
        await _says_what_is_farther(ines, path)
    finally:
        await owner.execute(move, -0.5)
        await owner.close()


async def _says_what_is_farther(ines: Person, path: str) -> None:
    words = await ines.text(path)
    assert "Aucun créneau libre dans ce rayon" in words
    assert re.search(r"[1-9]\d* créneaux sont plus loin", words)
    assert "Interroger la place de marché" in words
    (wider,) = re.findall(r'href="(\?rayon=[^"]+)"', (await ines.get(path)).text)
    assert await offered(ines, path + html.unescape(wider))
    assert "Élargir" not in await ines.text(path + html.unescape(wider))


@pytest.mark.requirement("C3.3")
async def test_a_slot_is_held_then_booked_and_the_case_says_where(screen: Screen) -> None:
    ines, karim, path = await screen.person(INES), await screen.person(KARIM), await wished(screen)
    other = await wished(screen)
    key, slot = (await offered(ines, path))[0]
    told = {"cle": key, "creneau": slot}
    assert (await ines.post(path, geste="retenir", **told)).status_code == 303
    assert "Retenu pour vous jusqu’à" in await ines.text(path)
    assert "Retenu pour vous" not in await karim.text(path)

    late = await karim.post(other, geste="retenir", cle=str(uuid4()), creneau=slot)
    assert late.status_code == 409
    assert "Ce créneau vient d’être pris" in plain(late)
    assert await offered(karim, other)

    stolen = await karim.post(path, geste="confirmer", cle=key)
    assert stolen.status_code == 409
    assert (await ines.post(path, geste="confirmer", cle=key)).status_code == 303
    assert "Étape 3 sur 4" in await ines.text("/regulation/osnp")
    case = path.split("/")[3]
    words = await ines.text(f"/regulation/dossiers/{case}")
    assert "Rendez-vous trouvé" in words
    assert "Maison des Tilleuls" in words
    again = await ines.post(path, geste="confirmer", cle=key)
    assert again.status_code == 303  # said twice, it is booked once
    assert (await karim.post(path, geste="confirmer", cle=key)).status_code == 303
    states = await screen.rows('SELECT state FROM slot_hold WHERE "case" = $1', UUID(case))
    assert [row["state"] for row in states] == ["booked"]


async def resources(screen: Screen, key: str) -> tuple[str, str]:
    """What the records say of a booking: the state of its Appointment and of its Slot."""
    client = await screen.platform.client()
    made = await client.get(f"Appointment/{key}")
    slot = await screen.rows("SELECT slot FROM slot_hold WHERE id = $1", UUID(key))
    status = made.json()["status"] if made.status_code == 200 else ""
    return status, (await client.get(f"Slot/{slot[0]['slot']}")).json()["status"]


@pytest.mark.requirement("C3.3", "C3.5")
async def test_our_own_slot_is_taken_with_its_appointment_or_not_at_all(screen: Screen) -> None:
    ines, path = await screen.person(INES), await wished(screen)
    key, slot = (await offered(ines, path))[0]
    await ines.post(path, geste="retenir", cle=key, creneau=slot)
    principal, at = who(INES), clock.now()
    bookings: Bookings = screen.web.state.ports.unscheduled.bookings
    centre = await floor(screen).desk.centres.of(principal)
    wishes = await floor(screen).osnp.wishes(principal, centre, at)
    wish = next(one for one in wishes if str(one.case.id) in path)
    ahead = replace(wish, done=(*wish.done, SLOT))  # a colleague was quicker, in another room
    with pytest.raises((Conflict, RuleBroken)):
        await bookings.confirm(principal, ahead, UUID(key), at)
    assert await resources(screen, key) == ("", "free")

    assert (await ines.post(path, geste="confirmer", cle=key)).status_code == 303
    assert await resources(screen, key) == ("booked", "busy")
    stranger = await screen.stranger()
    gone = await stranger.post(await link(screen, path.split("/")[3]), geste="annuler")
    assert gone.status_code == 303
    assert await resources(screen, key) == ("cancelled", "free")
    path, key = await booked(screen)
    way = path.removesuffix("/creneaux")
    for seen, step in enumerate(("told", "missed"), start=2):
        assert (await ines.post(way, etape=step, vu=str(seen))).status_code == 303
    assert await resources(screen, key) == ("noshow", "busy")


@pytest.mark.requirement("C3.5")
async def test_the_community_does_not_call_off_what_the_floor_has_booked(screen: Screen) -> None:
    _path, key = await booked(screen)
    desk = slots(screen.platform.parts)
    sees_all = replace(system("community"), functions=frozenset({REGULATION}))
    with pytest.raises(RuleBroken, match="dites-le au 15"):
        await desk.end(sees_all, key, "cancelled", "Cabinet fermé ce jour")
    assert await resources(screen, key) == ("booked", "busy")


@pytest.mark.requirement("C3.3")
async def test_of_64_confirmations_at_once_one_books(screen: Screen) -> None:
    ines, path = await screen.person(INES), await wished(screen)
    key, slot = (await offered(ines, path))[0]
    held = await ines.post(path, geste="retenir", cle=key, creneau=slot)
    assert held.status_code == 303
    principal, at = who(INES), clock.now()
    bookings: Bookings = screen.web.state.ports.unscheduled.bookings
    centre = await floor(screen).desk.centres.of(principal)
    number = UUID(path.split("/")[3])
    wishes = await floor(screen).osnp.wishes(principal, centre, at)
    wish = next(one for one in wishes if one.case.id == number)

    async def book() -> bool:
        try:
            await bookings.confirm(principal, wish, UUID(key), at)
        except (Conflict, RuleBroken):
            return False
        return True

    won = await asyncio.gather(*(book() for _ in range(64)))

    assert any(won)
    rows = await screen.rows(
        "SELECT 1 FROM regulation_event WHERE \"case\" = $1 AND kind = 'osnp:slot'", number
    )
    assert len(rows) == 1
    assert slot not in {one for _, one in await offered(ines, await wished(screen))}


@pytest.mark.requirement("C3.5")
async def test_who_did_not_come_is_in_the_list_of_thirty_days(screen: Screen) -> None:
    ines, path = await screen.person(INES), await wished(screen)
    key, slot = (await offered(ines, path))[0]
    await ines.post(path, geste="retenir", cle=key, creneau=slot)
    assert (await ines.post(path, geste="confirmer", cle=key)).status_code == 303
    way = path.removesuffix("/creneaux")
    for seen, step in enumerate(("told", "missed"), start=2):
        assert (await ines.post(way, etape=step, vu=str(seen))).status_code == 303
    (row,) = await screen.rows("SELECT state FROM slot_hold WHERE id = $1", UUID(key))
    assert row["state"] == "noshow"
    assert "Maison des Tilleuls" in (await ines.get("/regulation/osnp/absences.csv")).text


async def booked(screen: Screen) -> tuple[str, str]:
    """The page of the slots of a case that has one, and the number of its hold."""
    ines, path = await screen.person(INES), await wished(screen)
    key, slot = (await offered(ines, path))[0]
    await ines.post(path, geste="retenir", cle=key, creneau=slot)
    assert (await ines.post(path, geste="confirmer", cle=key)).status_code == 303
    return path, key


async def link(screen: Screen, case: str) -> str:
    """The page that the text of a case leads to, as its telephone gets it."""
    telephone = Telephone()
    while await floor(screen).net.send_due(telephone, "https://samu.example", clock.now()):
        pass
    row = await screen.rows('SELECT id FROM regulation_text WHERE "case" = $1', UUID(case))
    words = telephone.told[str(row[0]["id"])]
    assert not re.search("rendez-vous|Tilleuls|roux", words)  # nothing of health on a table
    return re.findall(r"https://samu.example(/lire/[\w-]{32}) ", words)[0]


class Telephone:
    """Takes texts."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    async def tell(self, number: str, words: str, reference: str) -> None:
        assert number == "0600000041"
        self.told[reference] = words


@pytest.mark.requirement("C3.3")
async def test_the_person_reads_where_to_go_and_cancels_by_the_link(screen: Screen) -> None:
    path, key = await booked(screen)
    case = path.split("/")[3]
    ines, stranger = await screen.person(INES), await screen.stranger()
    where = await link(screen, case)
    shown = await stranger.text(where)
    for words in ("bernard-roux", "Maison des Tilleuls, Saulx", "carte Vitale", "Je ne viendrai"):
        assert words in shown
    assert "EXEMPLE" not in shown
    assert "SMS lu à" in await ines.text("/regulation/osnp")

    assert (await stranger.post(where, geste="annuler")).status_code == 303
    assert (await stranger.post(where, geste="annuler")).status_code == 303
    assert "Ce rendez-vous est annulé" in await stranger.text(where)
    waiting = await ines.text("/regulation/osnp")
    assert "La personne a annulé" in waiting
    assert "Rendez-vous annulé" in await ines.text(f"/regulation/dossiers/{case}")
    (row,) = await screen.rows("SELECT state, slot FROM slot_hold WHERE id = $1", UUID(key))
    assert row["state"] == "cancelled"
    assert f"cordee/{row['slot']}" in {one for _key, one in await offered(ines, path)}
    again, slot = (await offered(ines, path))[0]
    await ines.post(path, geste="retenir", cle=again, creneau=slot)
    assert (await ines.post(path, geste="confirmer", cle=again)).status_code == 303


@pytest.mark.requirement("C3.3")
async def test_a_link_is_nobody_s_once_it_is_over_or_wrong(screen: Screen) -> None:
    path, _key = await booked(screen)
    where, stranger = await link(screen, path.split("/")[3]), await screen.stranger()
    assert (await stranger.get(f"{where[:-2]}xx")).status_code == 404
    assert (await stranger.post(f"{where[:-2]}xx", geste="annuler")).status_code == 404
    screen.ahead = timedelta(hours=49)
    try:
        assert (await stranger.get(where)).status_code == 404
        assert (await stranger.post(where, geste="annuler")).status_code == 404
    finally:
        screen.ahead = timedelta()


@pytest.mark.requirement("C3.5", "C3.10")
async def test_the_effector_says_whether_it_was_fitting_and_the_figures_count_it(
    screen: Screen,
) -> None:
    path, key = await booked(screen)
    case = path.split("/")[3]
    roux, ines = await screen.person("dr.roux"), await screen.person(INES)
    ars, legoff = await screen.person("julie.perret"), await screen.person("dr.legoff")
    said = {"rendez-vous": key, "adaptee": "non", "mots": "Relevait des urgences"}
    assert (await roux.post("/mes-creneaux/orientation", **said)).status_code == 404  # not yet
    screen.ahead = timedelta(hours=5)
    try:
        assert "Orientation adaptée ?" in await roux.text("/mes-creneaux")
        assert (await legoff.post("/mes-creneaux/orientation", **said)).status_code in {403, 404}
        long = await roux.post("/mes-creneaux/orientation", **(said | {"mots": "x" * 501}))
        assert long.status_code == 422
        assert (await roux.post("/mes-creneaux/orientation", **said)).status_code == 303
    finally:
        screen.ahead = timedelta()
    told = await ines.text(f"/regulation/dossiers/{case}")
    assert "orientation non adaptée" in told
    assert "Relevait des urgences" in told

    way = path.removesuffix("/creneaux")
    done = (await ines.get("/regulation/osnp")).text
    seen = re.findall(rf'action="{way}">.*?name="vu" value="(\d+)"', done, re.DOTALL)[0]
    for number, step in enumerate(("told", "honoured"), start=int(seen)):
        assert (await ines.post(way, etape=step, vu=str(number))).status_code == 303
    rows = await screen.rows("SELECT state, count(*) AS n FROM slot_hold GROUP BY state")
    counts = {row["state"]: row["n"] for row in rows}
    screen.ahead = timedelta(hours=5)
    mine = dict(line.split(";") for line in await lines(ines, "samu-a"))
    screen.ahead = timedelta()
    assert mine["Honorés"] == str(counts["fulfilled"])
    assert mine["Annulés par la personne"] == str(counts["cancelled"])
    assert mine["Médecin traitant appelé d’abord (%)"] == "100"
    assert mine["Médecin traitant joint (%)"] == "0"
    assert mine["Dans les 48 heures (%)"] == "100"
    assert mine["Orientation dite adaptée (%)"] == "0"
    assert mine["Délai médian, appel à rendez-vous (h)"]
    assert float(mine["Créneaux pris, région entière (%)"].replace(",", ".")) > 0
    assert "samu-b" in await ars.text("/regulation/osnp/chiffres")
    assert "rien à compter" in await ars.text("/regulation/osnp/chiffres?jours=7")
    assert (await legoff.get("/regulation/osnp/chiffres")).status_code == 404


async def lines(person: Person, centre: str) -> list[str]:
    """The lines of the CSV of one's own centre."""
    text = (await person.get("/regulation/osnp/chiffres.csv")).text.lstrip("\ufeff")
    head, *rows = text.splitlines()
    assert head.endswith(centre)
    return rows


@pytest.mark.requirement("C3.2")
async def test_a_vendor_that_does_not_answer_is_named() -> None:
    emulator = Emulator(failure=Failure.AWAY)
    vendor = Vendor(
        "Agenda Un", "https://un.example", frozenset({Flow.INDIVIDUAL}),
        transport=httpx.ASGITransport(emulator),
    )  # fmt: skip
    aggregator, now = Aggregator([vendor]), clock.now()
    answer = await SasVendors(aggregator).free(["810000000001"], now, now + timedelta(hours=48))
    await aggregator.close()
    assert answer.missing == ("Agenda Un",)
    assert answer.slots == []


@pytest.mark.requirement("C3.1")
async def test_a_case_of_another_centre_has_no_slots(screen: Screen) -> None:
    path = await wished(screen)
    nora = await screen.person("nora.belkacem")
    assert (await nora.get(path)).status_code in {403, 404}
    assert (await nora.post(path, geste="retenir", cle=str(uuid4()))).status_code in {403, 404}


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    one, other = Commune("1", "A", "1", 2, 47), Commune("2", "B", "2", 2, 48)
    assert round(distance(one, other)) == 111
    assert Commune("97411", "C", "97400", 55, -20).department == "974"


@pytest.mark.requirement("C3.6")
async def test_between_equals_who_had_least_lately_comes_first_and_it_is_said(
    screen: Screen,
) -> None:
    await booked(screen)
    ines, path = await screen.person(INES), await wished(screen)
    slot = (await offered(ines, path))[0][1]
    assert "rendez-vous en 28 jours" in await ines.text(path)
    await put(
        screen,
        {"resourceType": "Practitioner", "id": "zoe-adam", "name": [{"text": "zoe-adam"}]},
        *(
            {
                "resourceType": "PractitionerRole", "id": f"zoe-adam-{house}", "active": True,
                "practitioner": {"reference": "Practitioner/zoe-adam"},
                "organization": {"reference": f"Organization/{house}"},
                "code": [{"coding": [{"code": "10"}]}],
            }
            for house in (CPTS, "maison-roux")
        ),
    )  # fmt: skip
    desk, nora = slots(screen.platform.parts), who("nora.belkacem")
    (community,) = await desk.communities(nora)
    starts = clock.now().replace(second=0, microsecond=0) + timedelta(hours=5, minutes=45)
    offer = Offer(starts, 15)
    await desk.publish(nora, community, "Practitioner/zoe-adam", offer, str(uuid4()))
    await publish(screen.platform.parts.database)

    first, second = (await offered(ines, path))[:2]
    assert second[1] == slot  # who comes sooner, within the same six hours, but had more
    text = await ines.text(path)
    assert text.index("zoe-adam") < text.index("bernard-roux")
    await ines.post(path, geste="retenir", cle=first[0], creneau=first[1])
    assert (await ines.post(path, geste="confirmer", cle=first[0])).status_code == 303
    assert "zoe-adam" in await ines.text(f"/regulation/dossiers/{path.split('/')[3]}")
