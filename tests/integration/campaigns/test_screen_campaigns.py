"""Campaigns on screen: who makes them, who sees names, what goes out, what comes back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from campaigned import (
    FORM,
    LE_GOFF,
    NORA,
    PERRET,
    campaign,
    desk_of,
    entries,
    launched,
    make_areas,
    make_campaign,
    make_own,
    move,
    result,
    say,
    write,
)
from community import CPTS
from cordee.app.store import KernelStore, system
from cordee.care.campaigns.capturing import AGENT
from cordee.care.campaigns.sending import Sending
from cordee.fhir.store.journal import publish
from cordee.runtime import clock
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import Unavailable
from running import Ground
from trusted import Person, Screen, plain, screen_on, who


@pytest.fixture
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as running:
        await make_areas(running)
        yield running


@dataclass(slots=True)
class Texts:
    """What was handed over, after some failures."""

    failures: int = 0
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    async def tell(self, number: str, words: str, reference: str) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the gateway is away")
        self.sent.append((number, words, reference))


async def send_all(screen: Screen, texts: Texts, later: timedelta = timedelta()) -> int:
    """Hands over all that is due; how many turns it took."""
    parts = screen.platform.parts
    store = KernelStore(parts.kernel, parts.guard)
    sending = Sending(parts.database, store, system(AGENT), desk_of(screen).links)
    turns = 0
    while await sending.send_due(texts, "https://cordee.test", clock.now() + later):
        turns += 1
    return turns


async def listed(screen: Screen, path: str, keys: Sequence[str]) -> Person:
    """Dr Le Goff, who has listed her patients."""
    doctor = await screen.person(LE_GOFF)
    assert (await doctor.post(f"{path}/mes-patients", geste="lister")).status_code == 303
    page = await doctor.get(f"{path}/mes-patients")
    assert set(entries(page.text)) == set(keys)
    return doctor


@pytest.mark.requirement("G3.1", "G3.2")
async def test_a_territory_that_declines_stops_no_other(screen: Screen) -> None:
    julie = await screen.person(PERRET)
    alone = {key: "" for key in FORM if key.startswith("territoire-")} | {"territoire-A": "A"}
    refused = await julie.post("/campagnes/nouvelle", **FORM | alone | {"titre": "", "budget": "x"})
    for words in ("2 départements au moins", "Donnez un titre", "budget en euros"):
        assert words in refused.text
    path = await make_campaign(screen)
    seen = await julie.text(path)
    for words in ("12 500,50 €", "Idée", "sans diabète connu", "SMS, Courrier", "en attente"):
        assert words in seen, words
    assert await move(julie, path, "launch") == 409
    assert await say(julie, path, "A") == 409
    assert await move(julie, path, "instruct") == 303
    assert await say(julie, path, "A") == 303
    assert await say(julie, path, "A") == 409
    assert await say(julie, path, "C", "declined", "") == 422
    assert await say(julie, path, "C", "declined", "Pas de moyens cette année") == 303
    assert (await campaign(screen, path)).state == "instructed"
    assert await move(julie, path, "launch") == 409
    assert await say(julie, path, "B") == 303
    assert (await campaign(screen, path)).state == "validated"
    assert await move(julie, path, "launch") == 303
    assert await say(julie, path, "A", "declined", "Nous arrêtons ici") == 303
    found = await campaign(screen, path)
    assert (found.state, found.active) == ("launched", ("B",))
    assert await say(julie, path, "B", "declined", "Nous arrêtons aussi") == 409
    story = await julie.text(path)
    assert "Pas de moyens cette année" in story
    assert "Nous arrêtons ici" in story


async def test_an_idea_changes_and_a_submitted_campaign_does_not(screen: Screen) -> None:
    path, julie = await make_campaign(screen), await screen.person(PERRET)
    changed = FORM | {"geste": "changer", "titre": "Autre titre", "vu": "1"}
    assert (await julie.post(path, **changed)).status_code == 303
    assert (await julie.post(path, **changed)).status_code == 409
    assert "Autre titre" in await julie.text(path)
    assert await move(julie, path, "instruct") == 303
    assert (await julie.post(path, **changed | {"vu": "3"})).status_code == 409
    assert await move(julie, path, "drop") == 303
    assert await move(julie, path, "instruct") == 409


@pytest.mark.requirement("G3.3", "G2.6")
async def test_names_are_seen_by_their_own_physician_alone(screen: Screen) -> None:
    for key, county in (("martin-un", "B"), ("morel-deux", "A"), ("petit-trois", "C")):
        await make_own(screen, key, county)
    await make_own(screen, "roche-connue")
    await write(screen, result("roche-connue", 5.4))
    await make_own(screen, "vidal-autre", generalPractitioner=[
        {"reference": "Practitioner/bernard-roux"}
    ])  # fmt: skip
    path = await launched(screen)
    # C has declined, one has an HbA1c, another has another physician.
    doctor = await listed(screen, path, ["martin-un", "morel-deux"])
    sheet = (await doctor.get(f"{path}/mes-patients.csv")).text
    assert "MARTIN" in sheet
    assert "VIDAL" not in sheet
    for user in (PERRET, "admin", "olivier.deschamps", "jeanne.bertin"):
        other = await screen.person(user)
        for place in ("mes-patients", "mes-patients.csv"):
            assert (await other.get(f"{path}/{place}")).status_code in {403, 404}, user
        assert (await other.post(f"{path}/mes-patients", geste="lister")).status_code in {403, 404}
        assert (await other.post(f"{path}/courriers")).status_code in {403, 404}
    colleague = await screen.person("dr.roux")
    assert not entries((await colleague.get(f"{path}/mes-patients")).text)
    foreign = await colleague.post(f"{path}/mes-patients", **{"p-martin-un": "i:sms"})
    assert foreign.status_code == 404
    for place in (path, f"{path}/suivi", f"{path}/suivi.csv"):
        seen = (await (await screen.person(PERRET)).get(place)).text
        assert "martin" not in seen.casefold()


@pytest.mark.requirement("G3.3")
async def test_each_is_invited_or_not_with_why(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    await make_own(screen, "morel-deux", telecom=[{"system": "phone", "value": "0254000000"}])
    await make_own(screen, "petit-trois")
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un", "morel-deux", "petit-trois"])
    wrong = await doctor.post(f"{path}/mes-patients", **{"p-morel-deux": "i:sms"})
    assert "pas de téléphone mobile" in wrong.text
    assert (await doctor.post(f"{path}/mes-patients", **{"p-martin-un": "x:"})).status_code == 422
    said = {"p-martin-un": "x:followed", "p-morel-deux": ""}
    assert (await doctor.post(f"{path}/mes-patients", **said)).status_code == 303
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    rows = {
        row["patient"]: (row["word"], row["channel"], row["motive"])
        for row in await screen.rows("SELECT * FROM campaign_person")
    }
    assert rows == {
        "Patient/martin-un": ("excluded", "", "followed"),
        "Patient/morel-deux": ("invited", "letter", ""),
        "Patient/petit-trois": ("invited", "sms", ""),
    }
    assert "Déjà suivi pour cela" in await doctor.text(f"{path}/mes-patients")
    letters = plain(await doctor.post(f"{path}/courriers"))
    assert "Saulx" in letters
    assert "/repondre/" in letters
    assert "risque de diabète" in letters or "repérer le diabète" in letters


@pytest.mark.requirement("G3.4")
async def test_a_text_says_nothing_of_health_and_the_link_asks_who_it_is(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un"])
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    texts = Texts(failures=1)
    await send_all(screen, texts)
    assert not texts.sent
    await send_all(screen, texts, timedelta(minutes=5))
    await send_all(screen, texts, timedelta(hours=2))
    assert [number for number, _, _ in texts.sent] == ["0612345678"]
    words = texts.sent[0][1]
    for said in ("diabète", "Repérage", "HbA1c", "Martin", "Le Goff", "santé", "maladie"):
        assert said.casefold() not in words.casefold()
    link = re.search(r"https://cordee\.test(/repondre/\S+)", words)
    assert link
    stranger = await screen.stranger()
    closed = await stranger.text(link[1])
    assert "date de naissance" in closed
    for said in ("diabète", "Martin", "Le Goff"):
        assert said not in closed
    wrong = await stranger.post(link[1], geste="ouvrir", naissance="1968-05-03")
    assert "Essais restants : 4" in plain(wrong)
    opened = await stranger.post(link[1], geste="ouvrir", naissance="1968-05-02")
    assert "risque de diabète" in opened.text or "repérer le diabète" in opened.text
    assert opened.headers["cache-control"] == "no-store, private"
    for _ in range(5):
        wrong = await stranger.post(link[1], geste="ouvrir", naissance="1970-01-01")
    assert wrong.status_code == 422
    shut = await stranger.post(link[1], geste="ouvrir", naissance="1968-05-02")
    assert shut.status_code == 409
    assert "ce lien est fermé" in plain(shut)
    assert (await stranger.get("/repondre/inconnu")).status_code == 404


async def test_a_browser_that_was_never_here_answers(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un"])
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    rows = await screen.rows("SELECT number FROM campaign_person")
    link = f"/repondre/{desk_of(screen).links.secret(rows[0]['number'])}"
    fresh = (await screen.stranger()).client
    assert (await fresh.get(link)).status_code == 200
    opened = await fresh.post(link, data={"geste": "ouvrir", "naissance": "1968-05-02"})
    assert opened.status_code == 200
    assert not fresh.cookies


@pytest.mark.requirement("G3.4")
async def test_who_wants_to_be_left_alone_is(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    await make_own(screen, "morel-deux")
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un", "morel-deux"])
    assert (
        await doctor.post(f"{path}/mes-patients", **{"p-martin-un": "i:sms"})
    ).status_code == 303
    texts = Texts()
    await send_all(screen, texts)
    link = re.search(r"https://cordee\.test(/repondre/\S+)", texts.sent[0][1])
    assert link
    stranger = await screen.stranger()
    noted = await stranger.post(link[1], geste="arreter", portee="toutes")
    assert "Vous ne recevrez plus" in plain(noted)
    second = await launched(screen, titre="Une autre campagne")
    assert (await doctor.post(f"{second}/mes-patients", geste="lister")).status_code == 303
    assert "ne veut pas être invité" in await doctor.text(f"{second}/mes-patients")
    refused = await doctor.post(f"{second}/mes-patients", **{"p-martin-un": "i:sms"})
    assert refused.status_code == 422
    assert (await doctor.post(f"{second}/mes-patients", geste="tous")).status_code == 303
    await send_all(screen, texts)
    rows = await screen.rows("SELECT patient, word FROM campaign_person WHERE word = 'invited'")
    assert sorted(row["patient"] for row in rows) == ["Patient/martin-un", "Patient/morel-deux"]
    assert len(texts.sent) == 2


async def _day(screen: Screen, path: str) -> str:
    """A day of two places that the CPTS opens for a campaign; its address."""
    nora = await screen.person(NORA)
    number = path.rpartition("/")[2]
    board = await nora.text(f"/prevention?campagne={number}")
    assert "Campagne de la région" in board
    action = await nora.post(
        "/prevention", numero=str(uuid4()), cpts=f"Organization/{CPTS}", theme="cardio",
        titre="Bus du diabète", public="45 à 70 ans", lieu="Saulx", debut="2026-01-05",
        fin="2027-12-31", qui="CPTS", prevus="40", etat="running", campagne=number,
    )  # fmt: skip
    assert action.status_code == 303, action.text
    at = datetime.now(PARIS) + timedelta(days=4)
    day = await nora.post(
        action.headers["location"], geste="journee", numero=str(uuid4()),
        jour=at.date().isoformat(), heure="09:00", duree="10", suite="2", ou="Bus, place du marché",
        **{"vaccine-0": "Practitioner/anne-le-goff"},
    )  # fmt: skip
    assert day.status_code == 303, day.text
    await publish(screen.platform.parts.database)
    return str(day.headers["location"])


@pytest.mark.requirement("G3.5")
async def test_a_place_is_booked_by_the_link_and_called_off(screen: Screen) -> None:
    for key in ("martin-un", "morel-deux", "petit-trois"):
        await make_own(screen, key)
    path = await launched(screen)
    day = await _day(screen, path)
    doctor = await listed(screen, path, ["martin-un", "morel-deux", "petit-trois"])
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    desk = desk_of(screen)
    links = {
        row["patient"]: f"/repondre/{desk.links.secret(row['number'])}"
        for row in await screen.rows("SELECT patient, number FROM campaign_person")
    }
    people = {key: await screen.stranger() for key in links}
    form = {"naissance": "1968-05-02"}
    page = await people["Patient/martin-un"].post(links["Patient/martin-un"], **form)
    assert "Bus, place du marché" in plain(page)
    hours = re.findall(r'name="place" value="([^"]+)"', page.text)
    assert len(hours) == 2
    for wrong in (hours[0].partition("+")[0], f"{day}|soon", "", hours[0][::-1]):
        refused = await people["Patient/martin-un"].post(
            links["Patient/martin-un"], numero=str(uuid4()),
            **form | {"geste": "reserver", "place": wrong},
        )  # fmt: skip
        assert refused.status_code == 422
        assert "Choisissez une heure." in plain(refused)
    book = form | {"geste": "reserver", "place": hours[0]}
    answers = await asyncio.gather(
        *(people[key].post(links[key], numero=str(uuid4()), **book) for key in links)
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    winner = next(key for key, one in zip(links, answers, strict=True) if one.status_code == 200)
    assert "Votre rendez-vous" in await _text(people[winner], links[winner])
    again = await people[winner].post(links[winner], numero=str(uuid4()), **book | {
        "place": hours[1]
    })  # fmt: skip
    assert again.status_code == 422
    assert "1" in await doctor.text(f"{path}/mes-patients")
    for odd in ("²", "9" * 5000, "-1", "x"):
        assert (await doctor.get(f"{path}/mes-patients?depuis={odd}")).status_code == 200
    assert "rendez-vous pris" in await doctor.text(f"{path}/mes-patients")
    off = await people[winner].post(links[winner], geste="annuler", **form)
    assert off.status_code == 200
    assert "Prendre ce rendez-vous" in plain(off)
    assert (await doctor.get(day)).status_code == 200


@pytest.mark.requirement("G3.5")
async def test_a_place_that_a_professional_books_is_counted_until_it_is_called_off(
    screen: Screen,
) -> None:
    await make_own(screen, "martin-un")
    path = await launched(screen)
    day = await _day(screen, path)
    doctor = await listed(screen, path, ["martin-un"])
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    booking = "/patients/martin-un/vaccination"
    place = re.search(r'name="place" value="([^"]+)"', (await doctor.get(booking)).text)
    assert place
    booked = await doctor.post(booking, numero=str(uuid4()), place=place[1])
    assert booked.status_code == 303, booked.text
    await publish(screen.platform.parts.database)
    capture = desk_of(screen).capture
    await capture.look(clock.now())
    assert "rendez-vous pris" in await doctor.text(f"{path}/mes-patients")
    key = (await screen.rows("SELECT appointment FROM campaign_person"))[0][0]
    off = await doctor.post(day, geste="cancelled", reservation=key, raison="Reporté")
    assert off.status_code == 303, off.text
    await publish(screen.platform.parts.database)
    await capture.look(clock.now())
    assert "rendez-vous pris" not in await doctor.text(f"{path}/mes-patients")


async def test_who_is_awaited_is_looked_at_whole_though_rows_leave(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"martin-{n}" for n in ("un", "deux", "trois", "quatre", "cinq")]
    for key in keys:
        await make_own(screen, key)
    path = await launched(screen)
    doctor = await listed(screen, path, keys)
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    await write(screen, *(result(key, 5.1) for key in keys))
    monkeypatch.setattr("cordee.care.campaigns.capturing._LOT", 2)
    assert await desk_of(screen).capture.look(clock.now()) == len(keys)


async def _text(person: Person, link: str) -> str:
    return plain(await person.post(link, geste="ouvrir", naissance="1968-05-02"))


@pytest.mark.requirement("G3.5", "G3.6")
async def test_a_walk_in_is_counted_and_their_act_is_in_the_record(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    path, doctor = await launched(screen), await screen.person(LE_GOFF)
    number = path.rpartition("/")[2]
    page = await doctor.text("/patients/martin-un/campagnes")
    assert "venue d’elle-même" in page
    form = {"campagne": number, "acte": "hba1c", "valeur": "8,1", "unite": "%", "accord": "oui"}
    for wrong, words in (
        ({"valeur": "81"}, "de 3 à 20"), ({"unite": ""}, "Choisissez l’unité"),
        ({"acte": "x"}, "Choisissez l’acte"),
    ):  # fmt: skip
        answer = await doctor.post("/patients/martin-un/campagnes", **form | wrong)
        assert (answer.status_code, words in plain(answer)) == (422, True), words
    once = form | {"numero": str(uuid4())}
    for _ in range(2):
        assert (await doctor.post("/patients/martin-un/campagnes", **once)).status_code == 303
    await publish(screen.platform.parts.database)
    client = await screen.platform.client()
    found = (await client.get("Observation?patient=Patient/martin-un&code=4548-4")).json()
    assert [one["resource"]["valueQuantity"]["value"] for one in found["entry"]] == [8.1]
    tasks = (await client.get("Task?patient=Patient/martin-un")).json()["entry"]
    assert [one["resource"]["owner"]["reference"] for one in tasks] == ["Practitioner/anne-le-goff"]
    assert "Résultat de campagne" in await doctor.text("/demandes")
    assert "résultat à suivre" in await doctor.text("/patients/martin-un/campagnes")
    for user in ("dr.roux", PERRET, "jeanne.bertin"):
        other = await screen.person(user)
        assert (await other.get("/patients/martin-un/campagnes")).status_code in {403, 404}
        answer = await other.post("/patients/martin-un/campagnes", **form)
        assert answer.status_code in {403, 404}


@pytest.mark.requirement("G3.6")
@pytest.mark.parametrize(
    ("value", "unit", "is_positive"),
    [(8.1, "%", True), (65, "mmol/mol", True), (6.4, "%", False), (47, "mmol/mol", False)],
)
async def test_a_result_of_any_laboratory_closes_the_loop(
    screen: Screen, value: float, unit: str, is_positive: bool
) -> None:
    await make_own(screen, "martin-un")
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un"])
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    await write(screen, result("martin-un", value, unit))
    capture = desk_of(screen).capture
    assert await capture.look(clock.now()) == 1
    assert await capture.look(clock.now()) == 0
    row = (await screen.rows("SELECT * FROM campaign_person"))[0]
    assert (row["positive"], bool(row["task"])) == (is_positive, is_positive)
    assert row["act"].startswith("Observation/")


@pytest.mark.requirement("G3.6")
async def test_what_nobody_follows_in_seven_days_goes_to_the_dac(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    await make_own(screen, "morel-deux")
    path, doctor = await launched(screen), await screen.person(LE_GOFF)
    form = {"campagne": path.rpartition("/")[2], "acte": "findrisc", "valeur": "17"}
    form["unite"] = "{score}"
    for key, agrees in (("martin-un", "oui"), ("morel-deux", "")):
        answer = await doctor.post(f"/patients/{key}/campagnes", **form, accord=agrees)
        assert answer.status_code == 303, answer.text
    await publish(screen.platform.parts.database)
    capture, client = desk_of(screen).capture, await screen.platform.client()
    assert await capture.hand_over(clock.now() + timedelta(days=6)) == 0
    assert await capture.hand_over(clock.now() + timedelta(days=7, minutes=1)) == 1
    await publish(screen.platform.parts.database)
    owners = {}
    for key in ("martin-un", "morel-deux"):
        found = (await client.get(f"Task?patient=Patient/{key}")).json()["entry"][0]["resource"]
        owners[key] = (found["owner"]["reference"], found["status"])
    assert owners["martin-un"][0].startswith("Organization/")
    assert owners["martin-un"][1] == "accepted"
    assert owners["morel-deux"] == ("Practitioner/anne-le-goff", "requested")
    assert await capture.hand_over(clock.now() + timedelta(days=8)) == 0


@pytest.mark.requirement("G3.6")
async def test_what_the_physician_follows_stays_with_them(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    path, doctor = await launched(screen), await screen.person(LE_GOFF)
    form = {
        "campagne": path.rpartition("/")[2],
        "acte": "findrisc",
        "valeur": "20",
        "accord": "oui",
    }
    answer = await doctor.post("/patients/martin-un/campagnes", **form, unite="{score}")
    assert answer.status_code == 303
    await publish(screen.platform.parts.database)
    task = (await screen.rows("SELECT task FROM campaign_person"))[0]["task"]
    page = await doctor.get(f"/patients/martin-un/demandes/{task}")
    assert "Une suite est donnée" in plain(page)
    seen = re.search(r'name="vu" value="([^"]+)"', page.text)
    followed = await doctor.post(
        f"/patients/martin-un/demandes/{task}", geste="follow",
        **{"follow-action": "HbA1c au laboratoire", "vu": seen[1] if seen else ""},
    )  # fmt: skip
    assert followed.status_code == 303, plain(followed)
    await publish(screen.platform.parts.database)
    assert await desk_of(screen).capture.hand_over(clock.now() + timedelta(days=9)) == 0
    assert "suite donnée" in await doctor.text("/patients/martin-un/campagnes")


@pytest.mark.requirement("G3.9")
async def test_a_kit_goes_to_another_region_as_one_file(screen: Screen) -> None:
    julie = await screen.person(PERRET)
    page = await julie.text("/campagnes/kits")
    assert "CC0 1.0" in page
    assert "ni les prescriptions A10" in page
    file = json.loads((await julie.get("/campagnes/kits/diabete-reperage.json")).content)
    file |= {"code": "diabete-ailleurs", "title": "Repérage, autre région"}
    token = re.search(r'name="jeton" value="([^"]+)"', (await julie.get("/campagnes/kits")).text)
    assert token

    async def take(body: bytes) -> int:
        answer = await julie.client.post(
            "/campagnes/kits", data={"jeton": token[1]}, files={"fichier": ("kit.json", body)}
        )
        return answer.status_code

    assert await take(json.dumps(file).encode()) == 303
    assert "Repérage, autre région" in await julie.text("/campagnes/kits")
    assert await make_campaign(screen, kit="diabete-ailleurs")
    for wrong in (
        file | {"licence": "aucune"},
        file | {"sms": "diabète"},
        file | {"acts": []},
        file | {"rule": {"event": "nothing"}},
    ):
        assert await take(json.dumps(wrong).encode()) == 422
    assert await take(b"{") == 422
    doctor = await screen.person(LE_GOFF)
    assert (await doctor.get("/campagnes/kits/grippe.json")).status_code == 200
    answer = await doctor.client.post(
        "/campagnes/kits", data={"jeton": "x"}, files={"fichier": ("kit.json", b"{}")}
    )
    assert answer.status_code == 403


@pytest.mark.requirement("G2.6")
async def test_a_group_at_risk_has_a_size_for_some_and_names_for_others(screen: Screen) -> None:
    await make_own(screen, "martin-un")
    await make_own(screen, "morel-deux", birthDate="1999-01-01")
    await make_own(screen, "vidal-autre", generalPractitioner=[
        {"reference": "Practitioner/bernard-roux"}
    ])  # fmt: skip
    desk, julie = desk_of(screen), await screen.person(PERRET)
    await screen.rows(
        "INSERT INTO risk_group (id, title, why, rule, words, band, shared, shared_by)"
        """ VALUES ($1, 'Sans HbA1c', 'À revoir', '{"all": [{"age": [45, 70]}]}', 'De 45 à 70 ans',"""
        " '21 à 50', now(), 'julie.perret')",
        uuid4(),
    )  # fmt: skip
    group = (await desk.groups.all())[0]
    path = f"/groupes-a-risque/{group.id}"
    seen = await julie.get(path)
    assert "21 à 50 personnes" in plain(seen)
    assert not entries(seen.text)
    doctor = await screen.person(LE_GOFF)
    assert entries((await doctor.get(path)).text) == ["martin-un"]
    lines = await screen.rows(
        "SELECT count(*) AS n FROM audit WHERE actor = $1 AND type = 103", who(LE_GOFF).user
    )
    assert lines[0]["n"] > 0
    for user in ("admin", "olivier.deschamps", "jeanne.bertin"):
        assert (await (await screen.person(user)).get(path)).status_code == 403
    assert (await doctor.post(path)).status_code == 403
    assert (await julie.post(path)).status_code == 303
    assert not entries((await doctor.get(path)).text)


@pytest.mark.requirement("G3.2")
async def test_nobody_is_invited_where_a_territory_has_declined_since(screen: Screen) -> None:
    for key, county in (("martin-un", "A"), ("morel-deux", "B"), ("petit-trois", "A")):
        await make_own(screen, key, county)
    path = await launched(screen)
    doctor = await listed(screen, path, ["martin-un", "morel-deux", "petit-trois"])
    sent = await doctor.post(f"{path}/mes-patients", **{"p-martin-un": "i:sms"})
    assert sent.status_code == 303
    julie = await screen.person(PERRET)
    assert await say(julie, path, "A", "declined", "Nous arrêtons ici") == 303
    refused = await doctor.post(f"{path}/mes-patients", **{"p-petit-trois": "i:sms"})
    assert "ne participe plus" in plain(refused)
    assert "Inviter la personne qui reste" in await doctor.text(f"{path}/mes-patients")
    assert (await doctor.post(f"{path}/mes-patients", geste="tous")).status_code == 303
    texts = Texts()
    await send_all(screen, texts)
    rows = await screen.rows("SELECT patient, sending FROM campaign_person WHERE word = 'invited'")
    assert {row["patient"]: row["sending"] for row in rows} == {
        "Patient/martin-un": "failed", "Patient/morel-deux": "sent",
    }  # fmt: skip
    assert len(texts.sent) == 1


@pytest.mark.requirement("G3.4")
async def test_an_invitation_waits_in_the_space_of_the_patient(screen: Screen) -> None:
    await make_own(screen, "jeanne-bertin")
    path = await launched(screen)
    doctor = await listed(screen, path, ["jeanne-bertin"])
    sent = await doctor.post(f"{path}/mes-patients", **{"p-jeanne-bertin": "i:space"})
    assert sent.status_code == 303
    mine = "/mes-rendez-vous-de-prevention"
    jeanne = await screen.person("jeanne.bertin")
    link = re.search(r'href="(/repondre/[^"]+)"', (await jeanne.get(mine)).text)
    assert link
    assert (await jeanne.get(link[1])).status_code == 200
    assert (await doctor.get(mine)).status_code == 403
