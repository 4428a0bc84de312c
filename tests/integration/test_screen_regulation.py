"""The floor on the screen: calls are taken, cases told, vital calls leave first, others see none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import regulated
from cordee.access.registers import statements
from cordee.access.registers.statements import Said, Speaker, Word
from cordee.runtime import clock
from regulated import floor, ring, take, version
from running import Ground
from trusted import Person, Screen, make_patient, plain, screen_on

KARIM, ROY = "karim.saidi", "dr.roy"
CENTRES = (("samu-a", "SAMU A", "960"), ("samu-b", "SAMU B", "961"))


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        for key, name, code in CENTRES:
            await screen.rows(
                "INSERT INTO regulation_centre (id, name, hub, department) VALUES ($1, $2, $3, $4)",
                key, name, f"fr.health.samu{code}", code,
            )  # fmt: skip
        await screen.rows(
            "INSERT INTO regulation_commune VALUES"
            " ('96001', 'Aubrey', 'AUBREY', '96000', 2.1, 47.1),"
            " ('96002', 'Saulx', 'SAULX', '96000', 2.9, 47.9)"
        )
        await screen.rows(
            "INSERT INTO regulation_vehicle (centre, id, name, kind, commune) VALUES"
            " ('samu-a', 's1', 'SMUR Aubrey 1', 'SMUR', '96001'),"
            " ('samu-a', 's2', 'SMUR Saulx', 'SMUR', '96002'),"
            " ('samu-a', 'v1', 'VSAV Aubrey', 'VSAV', '96001')"
        )
        yield screen


async def tell(who: Person, case: str, gesture: str, **more: Any) -> httpx.Response:
    known = {"appel": "0600000041", "commune": "Aubrey (96001)"}
    return await regulated.tell(who, case, gesture, **(known | more))


@pytest.mark.requirement("C1.1")
async def test_the_queue_says_how_long_each_call_waits_and_no_whole_number(screen: Screen) -> None:
    await ring(screen, "0612345678", ago=130)
    karim = await screen.person(KARIM)
    words = await karim.text("/regulation")
    assert "plus de 120 s" in words
    assert "06 ·· ·· ·· 78" in words
    assert "0612345678" not in words


@pytest.mark.requirement("C1.1")
async def test_missed_calls_of_a_number_are_one_line_to_call_back(screen: Screen) -> None:
    calls = [await ring(screen, "0699999912", ago=ago) for ago in (200, 100)]
    await floor(screen).desk.end_calls("samu-a", calls, "telephony", clock.now())
    karim = await screen.person(KARIM)
    page = (await karim.get("/regulation")).text
    assert "2 appels" in page
    answer = await karim.post(f"/regulation/appels/{calls[0]}", autres=str(calls[1]))
    assert answer.status_code == 303
    assert "06 ·· ·· ·· 12" not in (await karim.text("/regulation")).partition("À rappeler")[2]


@pytest.mark.requirement("C1.2")
async def test_a_call_is_taken_and_its_case_told_in_four_fields(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    opened = await karim.get(case)
    assert 'value="0600000041"' in opened.text
    assert "fr.health.samu960.DRFR15960" in opened.text
    answer = await tell(karim, case, "enregistrer", interphone="Morvan", etage="3e")
    assert answer.status_code == 303, plain(answer)
    kept = await karim.get(case)
    assert "code INSEE 96001" in plain(kept)
    assert 'value="Morvan"' in kept.text
    assert "Anticoagulant ou antiagrégant" in plain(kept)


@pytest.mark.requirement("C1.4")
async def test_a_red_flag_proposes_a_higher_priority(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    await tell(karim, case, "enregistrer")
    await tell(karim, case, "enregistrer", **{"r-f1": "oui"})
    assert "proposée : P1" in plain(await karim.get(case))
    assert "Drapeaux rouges : Anticoagulant" in plain(await karim.get(case))


@pytest.mark.requirement("C1.2")
async def test_what_was_typed_comes_back_with_its_error(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    answer = await tell(karim, case, "enregistrer", motif="rien de tel", dit="Au sol")
    assert answer.status_code == 422
    assert "Choisissez un motif de la liste" in plain(answer)
    assert "Au sol" in answer.text
    stale = await karim.post(case, version="77", geste="enregistrer", dit="Autre chose")
    assert stale.status_code == 409
    assert "Autre chose" in stale.text


@pytest.mark.requirement("C1.3")
async def test_the_reflex_sends_the_nearest_before_the_form_is_finished(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    answer = await karim.post(
        case, geste="reflexe", commune="Saulx", motif="rien de tel", dit="Il ne bouge plus"
    )
    assert answer.status_code == 422  # the words come back, the vehicles have left
    assert "Il ne bouge plus" in answer.text
    words = plain(await karim.get(case))
    assert "Réanimation guidée au téléphone" in words
    assert "en cours" in words
    assert {"SMUR", "VSAV"} <= set(words.split())
    rows = await screen.rows(
        'SELECT kind FROM regulation_mission WHERE "case" = $1', UUID(case.rpartition("/")[2])
    )
    assert sorted(row["kind"] for row in rows) == ["SMUR", "VSAV"]


@pytest.mark.requirement("C1.7")
async def test_a_physician_decides_and_a_call_taker_does_not(screen: Screen) -> None:
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    case = await take(screen, karim)
    assert (await tell(karim, case, "transmettre")).status_code == 303
    known = version(await roy.get(case))
    refused = await karim.post(
        f"{case}/decision", version=known, decision="conseil", mots="Surveiller"
    )
    assert refused.status_code == 403
    bare = await roy.post(f"{case}/decision", version=known, decision="conseil")
    assert bare.status_code == 422
    done = await roy.post(
        f"{case}/decision", version=known, decision="conseil", mots="Rappelez si cela change."
    )
    assert done.status_code == 303, plain(done)
    words = plain(await roy.get(case))
    assert "régulé" in words
    assert "Décision : Conseil médical" in words


@pytest.mark.requirement("C1.9")
async def test_a_vehicle_is_followed_with_its_true_hours(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    await karim.post(case, version=version(await karim.get(case)), geste="reflexe")
    key = UUID(case.rpartition("/")[2])
    (mission,) = await screen.rows(
        "SELECT id FROM regulation_mission WHERE \"case\" = $1 AND kind = 'VSAV'", key
    )
    way = f"{case}/moyens/{mission['id']}"
    assert (await karim.post(way, etat="ARRIVEE")).status_code == 303
    assert (await karim.post(way, etat="DEPART")).status_code == 422
    assert (await karim.post(way, etat="RET-BASE")).status_code == 303
    assert "disponible" in plain(await karim.get(case))


@pytest.mark.requirement("C1.5")
async def test_a_stamp_is_made_precise_by_another_one(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    case = await take(screen, karim)
    key = UUID(case.rpartition("/")[2])
    (row,) = await screen.rows(
        "SELECT n, told FROM regulation_event WHERE \"case\" = $1 AND kind = 'open'", key
    )
    answer = await karim.post(f"{case}/heure", trace=str(row["n"]), heure="00:00")
    assert answer.status_code == 303
    rows = await screen.rows(
        'SELECT n, told, corrects FROM regulation_event WHERE "case" = $1 ORDER BY n', key
    )
    assert rows[-1]["corrects"] == row["n"]
    assert next(one for one in rows if one["n"] == row["n"])["told"] == row["told"]


@pytest.mark.requirement("C1.6")
async def test_a_person_is_opened_under_the_emergency_rule_and_sees_it(screen: Screen) -> None:
    number = uuid4().hex
    await make_patient(screen, number)
    await screen.found_by_identity(ROY, number)
    roy = await screen.person(ROY)
    case = await take(screen, roy)
    answer = await roy.post(f"{case}/personne", patient=number)
    assert answer.status_code == 303, plain(answer)
    assert "urgence, régulation" in plain(await roy.get(case))
    key = screen.platform.parts.kernel.keys(f"Patient/{number}")
    lines = await screen.rows(
        "SELECT detail FROM audit WHERE pats @> ARRAY[$1::int8] AND actor = $2", key, ROY
    )
    assert any(one["detail"].startswith("regulation case") for one in lines)
    never = await roy.post(f"{case}/personne", patient=uuid4().hex)
    assert never.status_code == 403


@pytest.mark.requirement("C1.6")
@pytest.mark.parametrize("user", ["dr.legoff", "dr.benali", "marion.girard"])
async def test_others_find_no_floor(screen: Screen, user: str) -> None:
    case = await take(screen, await screen.person(KARIM))
    other = await screen.person(user)
    call = await ring(screen)
    for path in ("/regulation", case, f"{case}/personne", "/regulation/evenements"):
        assert (await other.get(path)).status_code == 404, path
    for path in (
        f"/regulation/appels/{call}", "/regulation/dossiers", case, f"{case}/decision",
        f"{case}/personne", f"{case}/heure", f"{case}/moyens/{uuid4()}",
    ):  # fmt: skip
        assert (await other.post(path, numero=str(uuid4()))).status_code == 404, path


@pytest.mark.requirement("C1.6")
async def test_a_case_of_another_centre_does_not_exist_here(screen: Screen) -> None:
    lucie, karim = await screen.person("lucie.ferrand"), await screen.person(KARIM)
    case = await take(screen, karim)
    assert (await lucie.get("/regulation")).status_code == 200
    assert (await lucie.get(case)).status_code == 404
    assert (await lucie.post(case, geste="enregistrer")).status_code == 404
    assert (await lucie.post(f"/regulation/appels/{await ring(screen)}")).status_code == 404
    assert (await karim.get(f"/regulation/dossiers/{uuid4()}")).status_code == 404
    assert (await karim.post(f"/regulation/appels/{uuid4()}")).status_code == 404


@pytest.mark.requirement("C1.11")
async def test_a_call_of_the_114_says_so_and_is_missed_when_it_ends(screen: Screen) -> None:
    desk, call, now = floor(screen).desk, uuid4(), clock.now()
    await desk.ring("samu-a", call, {"number": "0688888888"}, now, line="114")
    karim = await screen.person(KARIM)
    assert "06 ·· ·· ·· 88, Sourd ou muet : 114" in await karim.text("/regulation")
    await desk.end_calls("samu-a", [call], "telephony", clock.now())
    (row,) = await screen.rows("SELECT state, way FROM regulation_call WHERE id = $1", call)
    assert (row["state"], row["way"]) == ("abandoned", "deaf")


@pytest.mark.requirement("C1.8")
async def test_the_attending_physician_is_called_before_any_slot(screen: Screen) -> None:
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    ines = await screen.person("ines.lambert")
    case = await take(screen, karim)
    await tell(karim, case, "transmettre")
    decided = await roy.post(
        f"{case}/decision", version=version(await roy.get(case)), decision="rdv-ville"
    )
    assert decided.status_code == 303, plain(decided)
    way = f"/regulation/osnp/{case.rpartition('/')[2]}"
    early = await ines.post(way, etape="slot", mots="Dr Roux, Saulx, demain 10 h", vu="0")
    assert early.status_code == 422
    assert "Appelez d’abord le médecin traitant" in plain(early)
    steps = (("mt-absent", ""), ("slot", "Dr Roux, Saulx, demain 10 h"), ("told", ""))
    for seen, (step, words) in enumerate(steps):
        answer = await ines.post(way, etape=step, mots=words, vu=str(seen))
        assert answer.status_code == 303, plain(answer)
    assert "Étape 4 sur 4" in await ines.text("/regulation/osnp")
    assert (await ines.post(way, etape="honoured", vu="3")).status_code == 303
    assert (await ines.post(way, etape="missed")).status_code == 404
    words = plain(await roy.get(case))
    assert "Médecin traitant non joint" in words
    assert "Rendez-vous honoré" in words


@pytest.mark.requirement("C1.14")
async def test_a_paper_is_entered_with_its_true_hours(screen: Screen) -> None:
    karim = await screen.person(KARIM)
    local = screen.clock()
    rang, decided = local - timedelta(minutes=90), local - timedelta(minutes=80)
    told = {
        "numero": str(uuid4()), "appel-heure": f"{rang:%H:%M}", "motif": "M03.06 Douleur",
        "decision-heure": f"{decided:%H:%M}", "priorite": "P1", "decision": "SMUR envoyé",
    }  # fmt: skip
    wrong = await karim.post(
        "/regulation/papier",
        **(told | {"decroche-heure": f"{decided:%H:%M}", "decision-heure": f"{rang:%H:%M}"}),
    )
    assert wrong.status_code == 422
    answer = await karim.post("/regulation/papier", **told)
    assert answer.status_code == 303, plain(answer)
    again = await karim.post("/regulation/papier", **told)
    assert again.headers["location"] == answer.headers["location"]
    rows = await screen.rows(
        'SELECT kind, told, written FROM regulation_event WHERE "case" = $1 ORDER BY n',
        UUID(answer.headers["location"].rpartition("/")[2]),
    )
    assert [one["kind"] for one in rows] == ["ring", "paper-decision", "paper"]
    assert rows[0]["told"] == rang.replace(second=0, microsecond=0)
    assert rows[0]["written"] - rows[0]["told"] > timedelta(minutes=85)


@pytest.mark.requirement("C1.12")
async def test_the_dashboard_counts_by_hour_and_the_agency_reads_it(screen: Screen) -> None:
    karim, julie = await screen.person(KARIM), await screen.person("julie.perret")
    await take(screen, karim)
    assert "Décroché ≤ 30 s" in await karim.text("/regulation/tableau")
    lines = (await karim.get("/regulation/tableau.csv")).text.splitlines()
    assert len(lines[0].split(";")) == len(lines[1].split(";")) == 10
    assert "SAMU B" in await julie.text("/regulation/tableau?centre=samu-b")
    assert (await julie.get("/regulation")).status_code in {403, 404}
    assert (await (await screen.person("dr.legoff")).get("/regulation/tableau")).status_code == 404


@pytest.mark.requirement("C1.7")
async def test_who_is_sent_to_an_emergency_department_is_expected_there(screen: Screen) -> None:
    client, number = await screen.platform.client(), uuid4().hex
    for reference, body in (
        ("Organization/ch-belmont", {"name": "CH de Belmont"}),
        ("Organization/samu-a", {"name": "SAMU A"}),
        (
            "HealthcareService/urgences-belmont",
            {
                "active": True, "name": "Urgences de Belmont",
                "type": [{"coding": [{"code": "urgences"}]}],
                "providedBy": {"reference": "Organization/ch-belmont"},
            },
        ),
    ):  # fmt: skip
        kind, _, key = reference.partition("/")
        await client.put(reference, json={"resourceType": kind, "id": key} | body)
    await make_patient(screen, number)
    await screen.found_by_identity(ROY, number)
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    case = await take(screen, karim)
    await tell(karim, case, "transmettre")
    assert (await roy.post(f"{case}/personne", patient=number)).status_code == 303
    known = version(await roy.get(case))
    bare = await roy.post(f"{case}/decision", version=known, decision="urgences")
    assert bare.status_code == 422
    done = await roy.post(
        f"{case}/decision", version=known, decision="urgences", lieu="Organization/ch-belmont"
    )
    assert done.status_code == 303, plain(done)
    found = (await client.get(f"Encounter?subject=Patient/{number}")).json()
    (stay,) = [one["resource"] for one in found["entry"]]
    assert (stay["status"], stay["class"]["code"]) == ("planned", "EMER")
    assert stay["serviceProvider"]["reference"] == "Organization/ch-belmont"
    assert "EXEMPLE" in await (await screen.person("dr.benali")).text("/urgences")
    again = await roy.post(
        f"{case}/decision", version=known, decision="urgences", lieu="Organization/ch-belmont"
    )
    assert again.status_code == 409
    asked = [one["resource"] for one in (await client.get(
        f"ServiceRequest?subject=Patient/{number}")).json()["entry"]]  # fmt: skip
    assert [one["code"]["coding"][0]["code"] for one in asked] == ["urgences"]
    assert asked[0]["encounter"]["reference"] == f"Encounter/{stay['id']}"


@pytest.mark.requirement("C1.7")
async def test_an_advice_for_a_found_person_is_in_their_record_once(screen: Screen) -> None:
    client, number = await screen.platform.client(), uuid4().hex
    await make_patient(screen, number)
    await screen.found_by_identity(ROY, number)
    karim, roy = await screen.person(KARIM), await screen.person(ROY)
    case = await take(screen, karim)
    await tell(karim, case, "transmettre")
    assert (await roy.post(f"{case}/personne", patient=number)).status_code == 303
    await client.put(
        f"DocumentReference/d{number}",
        json={
            "resourceType": "DocumentReference", "id": f"d{number}", "status": "current",
            "subject": {"reference": f"Patient/{number}"}, "date": "2026-03-01T10:00:00Z",
            "type": {"coding": [{"code": "EXPPAT_3"}], "text": "Directives anticipées"},
            "content": [{"attachment": {"contentType": "text/plain", "data": "Tm9u"}}],
        },
    )  # fmt: skip
    sheet = (await roy.text(case)).partition("Médecin traitant")[2]
    assert "Directives anticipées Directives anticipées," in sheet
    for decision in ("conseil", "conseil", "visite"):
        told = {"decision": decision, "mots": "Rappelez si cela change."}
        done = await roy.post(f"{case}/decision", version=version(await roy.get(case)), **told)
        assert done.status_code == 303, plain(done)

    async def kept(kind: str) -> list[dict[str, Any]]:
        found = (await client.get(f"{kind}?subject=Patient/{number}")).json()
        return [one["resource"] for one in found.get("entry", ())]

    (encounter,) = await kept("Encounter")
    assert (encounter["status"], encounter["class"]["code"]) == ("finished", "VR")
    codes = [one["code"]["coding"][0]["code"] for one in await kept("ServiceRequest")]
    assert sorted(codes) == ["conseil", "visite"]
    (told,) = await kept("Communication")
    assert told["encounter"]["reference"] == f"Encounter/{encounter['id']}"


@pytest.mark.requirement("C1.6")
async def test_who_opposed_emergency_access_is_not_opened_nor_sent(screen: Screen) -> None:
    number = uuid4().hex
    await make_patient(screen, number)
    async with screen.platform.parts.database.write.acquire() as connection:
        await statements.say_consent(
            connection, number, Word(Said.EMERGENCY_OPPOSED), Speaker("p", screen.clock()),
            screen.platform.parts.kernel.keys,
        )  # fmt: skip
    await screen.found_by_identity(ROY, number)
    roy = await screen.person(ROY)
    case = await take(screen, roy)
    answer = await roy.post(f"{case}/personne", patient=number)
    assert answer.status_code == 403
    assert "opposée" in plain(answer)
    assert "Personne non retrouvée" in plain(await roy.get(case))
    key = screen.platform.parts.kernel.keys(f"Patient/{number}")
    lines = await screen.rows(
        "SELECT detail FROM audit WHERE pats @> ARRAY[$1::int8] AND actor = $2", key, ROY
    )
    assert not any(one["detail"].startswith("regulation case") for one in lines)
