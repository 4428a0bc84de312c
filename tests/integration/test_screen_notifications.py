"""The screens of notifications: inbox, subscriptions, calls, delay; what they show and refuse."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import pytest

from cordee.runtime.clock import PARIS
from told import EHPAD, Town, places, resident, stay
from trusted import Screen, plain, who

INBOX, FOLLOWING, CALLS, LATENCY = "/evenements-recus", "/abonnements", "/a-prevenir", "/latence"
LEGOFF, CLAIRE = who("dr.legoff"), who("claire.weber")


@dataclass
class Place:
    """A screen with a town behind it."""

    screen: Screen
    town: Town

    async def arrival(self, patient: str, number: str, **more: Any) -> None:
        await self.town.put(stay(patient, number, "in-progress", **more))
        await self.town.turn()


@pytest.fixture
async def place(bare_screen: Screen) -> Place:
    town = Town(bare_screen.platform)
    await town.put(*places(), resident("one"))
    await town.begin()
    return Place(bare_screen, town)


@pytest.mark.requirement("B2.5")
async def test_the_inbox_tells_opens_marks_and_keeps_its_filter(place: Place) -> None:
    await place.arrival("one", "e-1")
    doctor = await place.screen.person("dr.legoff")
    told = (await place.town.told(LEGOFF))[0].n

    listed = await doctor.text(INBOX)
    home = await doctor.text("/")
    opened = await doctor.text(f"{INBOX}/{told}?urgence=oui")
    after = await doctor.get(INBOX)
    await doctor.post(f"{INBOX}/{told}?urgence=oui", geste="non-lu")
    again = await doctor.text(INBOX)
    answer = await doctor.post(f"{INBOX}/{told}?urgence=oui", geste="accuser")
    refused = await doctor.post(f"{INBOX}/{told}", geste="non-lu")

    assert re.search(r"Arrivée aux urgences +MORVAN +Yvonne *, 04/04/1939", listed)
    assert "À lire" in home
    assert "MORVAN" in home
    assert "Vous êtes le médecin traitant déclaré de cette personne" in opened
    assert "Sans lecture" not in opened  # it is read now
    assert "Rien de nouveau" in plain(after)
    assert re.search(r"data-unread hidden", after.text)
    assert "MORVAN" in again
    assert answer.headers["location"] == f"{INBOX}/{told}?urgence=oui"
    assert (refused.status_code, "accusée" in plain(refused)) == (409, True)


@pytest.mark.requirement("B2.5")
async def test_the_fragment_is_the_part_of_the_page(place: Place) -> None:
    await place.arrival("one", "e-1")
    doctor = await place.screen.person("dr.legoff")
    headers = {"hx-request": "true", "hx-request-type": "partial"}

    page = (await doctor.get(INBOX)).text
    part = (await doctor.client.get(INBOX, headers=headers)).text

    def bare(text: str) -> str:
        return re.sub(r'value="[^"]+\.[0-9a-f]{64}"', "", text)

    assert part.startswith("<section") or part.strip().startswith("<section")
    assert bare(part).strip() in bare(page)


@pytest.mark.requirement("B2.9")
async def test_what_is_closed_since_says_nothing_on_any_page(place: Place) -> None:
    await place.arrival("one", "e-1")
    doctor = await place.screen.person("dr.legoff")
    told = (await place.town.told(LEGOFF))[0].n
    key = place.town.platform.parts.kernel.keys("Patient/one")
    await place.town.rows("INSERT INTO closed_circle (pat, actor) VALUES ($1, 0)", key)
    place.town.platform.parts.guard.forget()

    pages = [
        await doctor.text(f"{INBOX}{path}")
        for path in ("", f"/{told}", ".csv?etat=tous", "?etat=tous&type=emergency-arrival")
    ]

    assert not [one for one in pages if "MORVAN" in one or "Belmont" in one]
    assert "Évènement qui ne vous est plus ouvert" in pages[0]
    assert "Qui a été prévenu" in pages[1]
    assert "Claire Weber" not in pages[1]
    assert "plus ouvert" not in pages[3]


async def test_the_inbox_is_exported_as_far_as_it_is_open(place: Place) -> None:
    await place.arrival("one", "e-1")
    doctor = await place.screen.person("dr.legoff")

    answer = await doctor.get(f"{INBOX}.csv?urgence=oui")

    assert answer.headers["content-type"].startswith("text/csv")
    assert "Arrivée aux urgences;oui" in answer.text
    assert "MORVAN Yvonne" in answer.text


async def test_anothers_notification_is_not_found(place: Place) -> None:
    await place.arrival("one", "e-1")
    told = (await place.town.told(LEGOFF))[0].n
    nurse = await place.screen.person("claire.weber")

    codes = [
        (await nurse.get(f"{INBOX}/{told}")).status_code,
        (await nurse.post(f"{INBOX}/{told}", geste="lu")).status_code,
        (await nurse.get(f"{INBOX}/none")).status_code,
    ]

    assert codes == [404, 404, 404]


@pytest.mark.requirement("B2.5")
async def test_all_that_is_shown_is_read_at_once(place: Place) -> None:
    for number in range(3):
        await place.arrival("one", f"e-{number}")
    doctor = await place.screen.person("dr.legoff")
    newest = (await place.town.told(LEGOFF))[0].n
    await place.arrival("one", "e-later")

    await doctor.post(f"{INBOX}/tout-lu", jusqua=str(newest))

    left = [one.focus_reference for one in await place.town.told(LEGOFF, states=("issued",))]
    assert left == ["Encounter/e-later"]


@pytest.mark.requirement("B2.2")
@pytest.mark.requirement("B2.3")
async def test_rules_are_stopped_and_subscriptions_made_and_ended(place: Place) -> None:
    doctor = await place.screen.person("dr.legoff")

    await doctor.post(FOLLOWING, geste="ne-plus", type="death")
    stopped = await doctor.text(FOLLOWING)
    refused = await doctor.post(FOLLOWING, geste="suivre", type="admission", canal="email")
    await doctor.post(FOLLOWING, geste="joindre", canal="email", adresse="a@b.example")
    made = await doctor.post(FOLLOWING, geste="suivre", type="admission", canal="email")
    wrong = await doctor.post(FOLLOWING, geste="joindre", canal="sms", adresse="demain")
    listed = await doctor.text(FOLLOWING)
    (row,) = await place.town.rows("SELECT n FROM following WHERE wanted AND ended IS NULL")
    await doctor.post(FOLLOWING, geste="mettre-fin", abonnement=str(row["n"]))

    assert "arrêté" in stopped
    assert (refused.status_code, "où vous joindre" in plain(refused)) == (422, True)
    assert made.status_code == 303
    assert (wrong.status_code, 'value="demain"' in wrong.text) == (422, True)
    assert "Hospitalisation toutes les personnes que je suis" in listed
    assert "Hospitalisation toutes" not in await doctor.text(FOLLOWING)


@pytest.mark.requirement("B2.2")
async def test_one_patient_is_followed_from_the_record_where_it_is_open(place: Place) -> None:
    doctor, other = (
        await place.screen.person("dr.legoff"), await place.screen.person("dr.roux")
    )  # fmt: skip

    answer = await doctor.post("/patients/one/abonnements", geste="suivre", canal="screen")
    closed = [
        (await other.get("/patients/one/abonnements")).status_code,
        (await other.post("/patients/one/abonnements", geste="suivre")).status_code,
    ]

    assert answer.status_code == 303
    assert "MORVAN Yvonne" in await doctor.text("/patients/one/abonnements")
    assert closed == [404, 404]


@pytest.mark.requirement("B2.7")
async def test_a_call_is_noted_with_its_hour_and_who_answered(place: Place) -> None:
    await place.town.put(resident("alone", ""))
    origin = {"origin": {"reference": EHPAD}}
    await place.arrival("alone", "e-1", hospitalization=origin)
    nurse = await place.screen.person("claire.weber")
    (call,) = await place.town.desk.phoning.calls(CLAIRE)

    todo = await nurse.text(CALLS)
    wrong = await nurse.post(f"{CALLS}/{call.n}", heure="hier", joint="self")
    now = f"{place.screen.clock().astimezone(PARIS):%H:%M}"
    answer = await nurse.post(f"{CALLS}/{call.n}", heure=now, joint="secretariat")
    done = await nurse.text(f"{CALLS}?etat=faits")

    assert "aucun médecin traitant n’est déclaré" in todo
    assert (wrong.status_code, 'value="hier"' in wrong.text) == (422, True)
    assert answer.status_code == 303
    assert "son secrétariat. Noté par Claire Weber" in done


@pytest.mark.requirement("B2.4")
async def test_the_delay_is_for_administrators_and_steering(place: Place) -> None:
    await place.arrival("one", "e-1")
    codes = {
        user: (await (await place.screen.person(user)).get(LATENCY)).status_code
        for user in ("admin", "vincent.aubert", "dr.legoff", "olivier.deschamps", "jeanne.bertin")
    }
    page = await (await place.screen.person("admin")).text(LATENCY)

    assert codes == {
        "admin": 200, "vincent.aubert": 200, "dr.legoff": 403, "olivier.deschamps": 403,
        "jeanne.bertin": 403,
    }  # fmt: skip
    assert "MORVAN" not in page
    assert "Par canal" in page


@pytest.mark.requirement("B2.4")
async def test_the_stream_says_the_count_at_once_and_when_it_moves(place: Place) -> None:
    counts = place.town.desk.inbox.counts(LEGOFF.user)
    async with asyncio.timeout(20):
        first = await anext(counts)
        await place.arrival("one", "e-1")
        second = await anext(counts)
        told = (await place.town.told(LEGOFF))[0].n
        await place.town.desk.inbox.open(LEGOFF, told)
        third = await anext(counts)

    assert (first, second, third) == (0, 1, 0)
