"""SC6, two « Marie Martin » and an unknown man: the whole story without a screen, step by step.

Its main path in a real browser: `test_journey_identity` (steps 1 to 4), `test_journey_trust` (7, 8),
`test_screen_passkeys` (6). Steps are in their order and stand on each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

import given
from cordee.access.sealing import KEY, check, seal
from cordee.fhir.store.journal import publish
from cordee.identity.accounts.entering import Entrance, Outcome
from cordee.identity.accounts.joining import read_arrivals, take
from cordee.identity.accounts.passwords import Passwords
from cordee.identity.accounts.register import NewAccount, Register, Situation
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.accounts.sessions import Origin
from cordee.identity.ins.patient_writing import write_identity
from cordee.identity.ins.proofs import Proof, ProofKind
from cordee.identity.ins.statuses import Attribute, Identity, Status
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.identity.patients.fusing import Proposal
from cordee.runtime import clock
from cordee.runtime.keys import secret
from identities import CAZALETTE, CAZALETTE_INS, of_status, patient_of
from running import Ground
from trusted import JEANNE, Screen, make_patient, screen_on, who

ER = "Organization/ch-belmont"
PLACES = {"marie-a": "70310", "marie-b": "70550"}
OPHELIE = "dr.benali"


@dataclass(slots=True)
class Story:
    """What the steps hand on."""

    screen: Screen
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def desk(self) -> Any:
        return self.screen.web.state.ports.identities

    async def get(self, place: str) -> Any:
        return (await (await self.screen.platform.client()).get(place)).json()


@pytest.fixture(scope="module")
async def story(ground: Ground) -> AsyncIterator[Story]:
    async with screen_on(ground) as screen:
        client = await screen.platform.client()
        for key in ("ch-belmont", "chu-aubrey"):
            place = {"resourceType": "Organization", "id": key, "name": key}
            await client.put(f"Organization/{key}", json=place)
        yield Story(screen)


@pytest.mark.requirement("A1.12")
async def test_1_an_unknown_man_is_fictive_and_asks_the_insi_nothing(story: Story) -> None:
    file = await story.desk.creation.create_unknown(who(OPHELIE), Sex.MALE, 80)
    await story.desk.caller.ask(file.id, OPHELIE)
    await story.desk.caller.call_due()

    sent = await story.get(f"Patient/{file.id}")
    asked = await story.screen.rows("SELECT outcome FROM identity_call WHERE patient = $1", file.id)
    assert Attribute.FICTIVE in file.identity.attributes
    assert "1.2.250.1.213.1.4" not in str(sent.get("identifier", ""))
    assert {row["outcome"] for row in asked}.isdisjoint({"00", "01", "02"})


@pytest.mark.requirement("A1.6")
async def test_2_homonyms_are_told_apart_by_their_names_then_their_place_of_birth(
    story: Story,
) -> None:
    client = await story.screen.platform.client()
    for key, place in PLACES.items():
        traits = StrictTraits(
            "MARTIN", "MARIE", "MARIE HELENE", date(1961, 7, 14), Sex.FEMALE, place
        )
        made = write_identity(
            {"resourceType": "Patient", "id": key, "managingOrganization": {"reference": ER}},
            Identity(traits),
        )
        assert (await client.put(f"Patient/{key}", json=made)).status_code == 201
        weight = given.observation(f"Patient/{key}", id=f"w-{key}")
        await client.put(f"Observation/w-{key}", json=weight)
        await story.desk.caller.ask(key, OPHELIE)
    await story.desk.caller.call_due()

    said = await story.screen.rows(
        "SELECT patient, outcome FROM identity_call WHERE patient = ANY ($1)", list(PLACES)
    )
    assert {row["patient"]: row["outcome"] for row in said} == dict.fromkeys(PLACES, "00")
    sophie = who("sophie.mercier")
    task = await story.desk.worklist.compare(sophie, "marie-a", "marie-b")
    await story.desk.worklist.keep_apart(sophie, task, "Nées le même jour, ailleurs")
    for key in PLACES:
        sheet = await story.desk.sheet(sophie, key)
        assert Attribute.HOMONYM in sheet.file.identity.attributes


@pytest.mark.requirement("A1.7")
@pytest.mark.requirement("A1.8")
async def test_3_a_wrong_fusion_is_split_undone_and_the_trail_stays_whole(story: Story) -> None:
    client = await story.screen.platform.client()
    sophie, thomas = who("sophie.mercier"), who("thomas.andre")
    keys = ("wrong-a", "wrong-b")
    for key in keys:
        made = patient_of(
            Identity(CAZALETTE), key, managingOrganization={"reference": ER}, active=True
        )
        await client.put(f"Patient/{key}", json=made)
        await client.put(
            f"Observation/w-{key}", json=given.observation(f"Patient/{key}", id=f"w-{key}")
        )
    started = clock.now()
    desk = story.desk
    number = await desk.fusing.propose(
        sophie, Proposal(keys[0], keys[1], "Même personne, dit le bureau des entrées")
    )
    proof = Proof(ProofKind.IDENTITY_CARD, clock.today(), thomas.user)
    await desk.fusing.accept(thomas, number, proof)
    reader = await story.screen.platform.client(
        "user/*.rs", structure=ER, practitioner="Practitioner/x", user="lectrice"
    )
    assert (await reader.get("Observation/w-wrong-b")).status_code == 200

    mixed = await desk.colliding.open(sophie, keys[0], started, "Le poids est d’une autre personne")
    frozen = await client.post("Observation", json=given.observation(f"Patient/{keys[0]}"))
    seen = await desk.colliding.shown(sophie, mixed)
    await desk.colliding.split(sophie, mixed, "Observation/w-wrong-b", keys[1])
    concerned = await desk.colliding.concerned(sophie, mixed)
    await desk.fusing.undo(thomas, number, "Validée par erreur")
    await desk.colliding.close(sophie, mixed, "Rendu à chacune")

    assert frozen.status_code == 422
    assert "lectrice" in {one.agent for one in seen.readers}
    assert {one.id for one in concerned} == set(keys)  # the letters
    for key in keys:
        found = await story.get(f"Observation?patient=Patient/{key}")
        assert [one["resource"]["id"] for one in found["entry"]] == [f"w-{key}"]
    key = secret(story.screen.platform.parts.settings.keys, KEY)
    async with story.screen.platform.parts.database.write.acquire() as connection:
        for _ in range(4):
            await seal(connection, key)
        assert (await check(connection, key)).breach is None


@pytest.mark.requirement("A1.6")
async def test_4_a_changed_name_takes_the_identity_back_with_a_task_of_the_day(
    story: Story,
) -> None:
    client = await story.screen.platform.client()
    await client.put(
        "Patient/ines", json=patient_of(of_status(CAZALETTE, CAZALETTE_INS, Status.QUAL), "ines")
    )
    await story.desk.caller.ask("ines", "insi")
    await story.desk.caller.call_due()

    sent = await client.get("Patient/ines")
    tasks = await story.screen.rows(
        "SELECT kind, due FROM identity_task WHERE first = 'ines' AND kind = 'changed'"
    )
    assert CAZALETTE_INS.matricule not in sent.text
    assert [row["due"].astimezone(clock.PARIS).date() for row in tasks] == [clock.today()]


@pytest.mark.requirement("A2.3")
@pytest.mark.requirement("A2.4")
async def test_5_an_interim_nurse_is_out_after_her_last_day_and_a_leaver_at_once(
    story: Story, tmp_path: Path
) -> None:
    moment = [datetime(2026, 11, 22, 8, tzinfo=UTC)]
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    database = story.screen.platform.parts.database
    entrance = Entrance(database, Sealer(tmp_path), quick, lambda: moment[0])
    register = Register(database, "rh", quick, lambda: moment[0])
    ward = Situation("infirmière", ER, "CH de Belmont", "60")
    origin = Origin("192.0.2.61", "test")
    first = {}
    for login, more in (
        ("cadre", {}),
        ("interim", {"supervisor": "cadre", "ends": datetime(2026, 11, 30, 22, 59, tzinfo=UTC)}),
        ("partante", {}),
    ):
        first[login] = await register.add(NewAccount(login, login, **more), [ward])
    assert (await entrance.enter("interim", first["interim"], "s-1", origin)).step == "renew"

    moment[0] = datetime(2026, 11, 30, 23, 14, tzinfo=UTC)  # 00:14 in Paris
    late = await entrance.enter("interim", first["interim"], "s-2", origin)
    assert (await entrance.enter("partante", first["partante"], "s-3", origin)).step == "renew"
    leavers = tmp_path / "leavers.csv"
    leavers.write_text("login,name,status\npartante,Partante,left\n", "utf-8")
    for arrival in read_arrivals(leavers.read_text("utf-8").splitlines()):
        await take(register, arrival)
    gone = await entrance.sessions.resume("s-3", "partante", moment[0])

    assert late == Outcome()
    assert gone is None


@pytest.mark.requirement("A2.2")
async def test_6_documents_ask_for_the_second_factor(story: Story) -> None:
    await make_patient(story.screen, JEANNE)
    client = await story.screen.platform.client()
    letter = {
        "resourceType": "DocumentReference", "id": "lettre", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4"}]},
        "subject": {"reference": f"Patient/{JEANNE}"}, "custodian": {"reference": ER},
        "author": [{"reference": "Practitioner/anne-le-goff"}],
        "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}}],
    }  # fmt: skip
    assert (await client.put("DocumentReference/lettre", json=letter)).status_code == 201
    doctor = who("dr.legoff")
    said = {
        "user": doctor.user, "structure": doctor.structure, "practitioner": doctor.practitioner,
        "profession": "10",
    }  # fmt: skip
    weak = await story.screen.platform.client("user/*.rs", level=1, **said)
    strong = await story.screen.platform.client("user/*.rs", level=2, **said)

    refused = await weak.get("DocumentReference/lettre")
    assert refused.status_code == 403
    assert "insufficient_user_authentication" in refused.headers["www-authenticate"]
    assert (await strong.get("DocumentReference/lettre")).status_code == 200


@pytest.mark.requirement("A3.4")
async def test_7_a_curious_glass_is_told_judged_and_read_by_the_patient(story: Story) -> None:
    screen = story.screen
    await publish(screen.platform.parts.database)
    curious, jeanne = await screen.person(OPHELIE), await screen.person("jeanne.bertin")
    dpo = await screen.person("olivier.deschamps")
    assert (await curious.get(f"/patients/{JEANNE}")).status_code == 404
    await screen.found_by_identity(OPHELIE, JEANNE)
    assert (await curious.get(f"/patients/{JEANNE}")).status_code == 403

    await curious.post(
        f"/patients/{JEANNE}/bris-de-glace", categorie="vital",
        motif="Ma voisine, je voulais savoir comment elle va",
    )  # fmt: skip
    opened = await curious.get(f"/patients/{JEANNE}")
    key = (await screen.rows("SELECT id FROM glass_grant"))[0]["id"]
    told = await screen.rows("SELECT recipient FROM notice WHERE what LIKE 'glass%'")
    screen.ahead = timedelta(hours=40)
    queue = await (await screen.person("olivier.deschamps")).text("/protection")
    screen.ahead = timedelta()
    judged = await dpo.post(
        f"/protection/acces/{key}", avis="non-justifie", note="Aucune venue ce jour-là"
    )
    seen = await jeanne.text("/mes-acces")

    assert opened.status_code == 200
    assert {row["recipient"] for row in told} >= {
        f"Patient/{JEANNE}", "Practitioner/anne-le-goff"
    }  # fmt: skip
    assert "reste 31 h" in queue
    assert judged.status_code == 303
    assert "Aucune venue ce jour-là" in seen
    assert (await curious.get(f"/patients/{JEANNE}")).status_code in {403, 404}


@pytest.mark.requirement("A3.1")
@pytest.mark.requirement("A3.5")
async def test_8_a_mask_hides_and_yesterday_is_decided_as_yesterday(story: Story) -> None:
    screen = story.screen
    jeanne, doctor = await screen.person("jeanne.bertin"), who("dr.legoff")
    nurse = await screen.platform.client(
        "user/*.rs", structure=doctor.structure, practitioner="Practitioner/idel", profession="60"
    )
    dentist = await screen.platform.client(
        "user/*.rs", structure=doctor.structure, practitioner="Practitioner/dent", profession="40"
    )
    explaining = screen.web.state.ports.trust.explaining
    before = screen.clock()
    then = await explaining.resource(doctor, JEANNE, "DocumentReference/lettre", before)
    hidden = await jeanne.post(
        "/mes-choix/documents", element="DocumentReference/lettre", geste="cacher"
    )
    assert hidden.status_code == 303

    dpo, admin = await screen.person("olivier.deschamps"), await screen.person("admin")
    tomorrow = (screen.clock() + timedelta(days=1)).date().isoformat()
    await dpo.post(
        "/matrice", geste="proposer", profession="10", document="category:compte-rendu",
        droit="read", etat="closed", effet=tomorrow, source="Essai", motif="Essai de la région",
    )  # fmt: skip
    number = str((await screen.rows("SELECT max(n) AS n FROM matrix_proposal"))[0]["n"])
    await admin.post("/matrice", geste="accepter", numero=number)
    again = await explaining.resource(doctor, JEANNE, "DocumentReference/lettre", before)
    reads = [(await one.get("DocumentReference/lettre")).status_code for one in (nurse, dentist)]

    assert reads == [404, 404]
    assert then is not None
    assert again is not None
    assert (again.decision.code, again.decision.matrix) == (
        then.decision.code,
        then.decision.matrix,
    )


@pytest.mark.requirement("A6.5")
async def test_9_the_scope_of_a_breach_is_known_in_under_a_minute(story: Story) -> None:
    screen = story.screen
    dpo, now = await screen.person("olivier.deschamps"), screen.clock()
    doctor = await screen.person("dr.legoff")
    await doctor.get(f"/patients/{JEANNE}")
    screen.ahead += timedelta(seconds=2)
    declared = await dpo.post(
        "/protection/incidents", compte="dr.legoff",
        debut=f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        fin=f"{now + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}",
        decouverte=f"{now:%Y-%m-%dT%H:%M:%S}", quoi="Carte et code volés dans la voiture",
    )  # fmt: skip
    began = clock.now()
    page = await dpo.text(declared.headers["location"])
    lines = (await dpo.get(f"{declared.headers['location']}/patients.csv")).text
    screen.ahead = timedelta()

    assert "Lisibles par ce compte 1" in page
    assert JEANNE in lines
    assert clock.now() - began < timedelta(minutes=1)
