"""Protocols: read in the library, followed for a person, done step by step."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from coordinated import make_person, make_region, put
from cordee.care.cpts.protocols import ProtocolBroken, plan_definition, protocols, read_protocol
from running import Ground
from trusted import Screen, screen_on

YVES = "yves-essai"
HERE = f"/patients/{YVES}/protocoles"
SAMIRA, LEGOFF = "Practitioner/samira-haddad", "Practitioner/anne-le-goff"


@pytest.fixture(scope="module")
async def screen(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await make_person(screen, YVES, generalPractitioner=[{"reference": LEGOFF}])
        people = {"samira-haddad": "Samira Haddad", "linh-tran": "Linh Tran"}
        for key, name in people.items():
            await put(screen, {"resourceType": "Practitioner", "id": key, "name": [{"text": name}]})
        roles = {"samira-haddad": "infirmière libérale", "linh-tran": "pharmacienne"}
        members = [
            {"member": {"reference": f"Practitioner/{one}"}, "role": [{"text": text}]}
            for one, text in roles.items()
        ]
        team = {
            "resourceType": "CareTeam", "id": "cercle-yves", "status": "active",
            "subject": {"reference": f"Patient/{YVES}"}, "participant": members,
        }  # fmt: skip
        await put(screen, team)
        yield screen


@pytest.mark.requirement("B6.4")
async def test_a_protocol_becomes_work_with_days_for_the_circle(screen: Screen) -> None:
    doctor, samira = await screen.person("dr.legoff"), await screen.person("samira.haddad")
    assert "Réévaluation à quatre semaines" in await doctor.text("/protocoles")
    assert "Aucun protocole" in await doctor.text(HERE)
    page = (await doctor.get(f"{HERE}/plaie-chronique")).text
    for role, reference in (
        ("infirmier", SAMIRA), ("traitant", LEGOFF), ("pharmacien", "Practitioner/linh-tran"),
    ):  # fmt: skip
        field = re.search(rf'<select id="role-{role}".*?</select>', page, re.DOTALL)
        assert field
        assert f'value="{reference}" selected' in field[0]
    number = re.search(r'name="numero" value="([^"]+)"', page)
    assert number
    start = screen.clock().date()
    sent = {
        "numero": number[1], "debut": start.isoformat(), "role-infirmier": SAMIRA,
        "role-traitant": LEGOFF, "role-pharmacien": "Practitioner/paul-rey",
    }  # fmt: skip
    refused = await doctor.post(f"{HERE}/plaie-chronique", **sent)
    assert refused.status_code == 422  # who is not in the circle takes no step
    assert "Pharmacien" in refused.text
    sent["role-pharmacien"] = "Practitioner/linh-tran"
    for _ in range(2):
        assert (await doctor.post(f"{HERE}/plaie-chronique", **sent)).status_code == 303

    text = await samira.text(HERE)
    assert text.count("Évaluation de la plaie") == 1
    assert "Évaluation de la plaie" in await samira.text("/")
    due = await screen.rows("SELECT due FROM workflow_clock WHERE ended IS NULL ORDER BY due")
    days = [row["due"].date() for row in due]
    assert days == [start + timedelta(days=one) for one in (1, 7, 7, 28)]
    step = re.search(rf'href="(/patients/{YVES}/demandes/[^"]+)"', (await samira.get(HERE)).text)
    assert step
    done = {"geste": "finish", "finish-result": "3 cm sur 2, propre"}
    assert (await samira.post(step[1], **done)).status_code == 303
    assert "Faite" in await doctor.text(HERE)
    client = await screen.platform.client()
    plan = (await client.get(f"CarePlan?patient={YVES}")).json()["entry"][0]["resource"]
    assert plan["instantiatesCanonical"][0].startswith("https://cordee.example/fhir/PlanDef")
    assert len(plan["activity"]) == 4
    assert plan["activity"][0]["reference"]["reference"].startswith("Task/")


@pytest.mark.requirement("B6.4")
async def test_who_does_not_see_the_person_follows_nothing(screen: Screen) -> None:
    other = await screen.person("paul.rey")
    for path in (HERE, f"{HERE}/plaie-chronique"):
        assert (await other.get(path)).status_code == 404
    doctor = await screen.person("dr.legoff")
    assert (await doctor.get(f"{HERE}/rien")).status_code == 404


def test_protocols_hold_together() -> None:
    for one in protocols().values():
        made = plan_definition(one)
        assert len(made["action"][0]["action"]) == len(one.steps)
    text = 'code="a"\nversion="1"\ntitle="A"\npurpose="B"\nsource="C"\ntriggers=["x"]\nroles={}\n'
    step = 'steps=[{code="s",title="S",text="T",role="r",day=1}]\n'
    with pytest.raises(ProtocolBroken, match="no role r"):
        read_protocol(text + step, "a.toml")
