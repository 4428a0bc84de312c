"""The home of Nadia under a screen of tests, who lives there, and calls to the SAMU from a record."""

from __future__ import annotations

from uuid import UUID, uuid4

from cordee.app.region.structures import address
from cordee.app.region.territory import communes
from trusted import Person, Screen, make_patient, plain

NUMBER, TOWN = "03 53 01 12 34", communes()[0]
HOME = "Organization/ehpad-les-tilleuls"


async def make_home(screen: Screen) -> None:
    """The home of Nadia, in a commune of SAMU A."""
    client = await screen.platform.client()
    home = {
        "resourceType": "Organization", "id": HOME.partition("/")[2], "name": "EHPAD Les Tilleuls",
        "telecom": [{"system": "phone", "value": NUMBER}],
        "address": [address(TOWN, "3 rue du Moulin")],
    }  # fmt: skip
    assert (await client.put(HOME, json=home)).status_code in {200, 201}


async def resident(screen: Screen) -> str:
    """Somebody whom Nadia's home looks after."""
    number = uuid4().hex
    await make_patient(screen, number)
    client = await screen.platform.client()
    body = (await client.get(f"Patient/{number}")).json()
    body["managingOrganization"] = {"reference": HOME}
    assert (await client.put(f"Patient/{number}", json=body)).status_code == 200
    return number


async def press(person: Person, patient: str, **more: str) -> UUID:
    """The number of a call made from a record."""
    told = {"numero": str(uuid4()), "appel": NUMBER, "dit": "Tombée du lit"} | more
    answer = await person.post(f"/patients/{patient}/sas", **told)
    assert answer.status_code == 303, plain(answer)
    return UUID(told["numero"])
