"""The picture of a document that proves an identity: kept only when asked, until its purge."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from cordee.governance.retention.keeping import apply_rules
from cordee.identity.ins.statuses import Status
from cordee.runtime import clock
from cordee.runtime.database import single_connection
from cordee.runtime.scanning import Infected
from identities import CAZALETTE, CAZALETTE_INS, of_status, patient_of
from trusted import Person, Screen, plain

PAGE = "/patients/ines/identite"
PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
async def screen(bare_screen: Screen) -> Screen:
    client = await bare_screen.platform.client()
    made = patient_of(of_status(CAZALETTE, CAZALETTE_INS, Status.PROV), "ines")
    assert (await client.put("Patient/ines", json=made)).status_code == 201
    return bare_screen


async def prove(person: Person, data: bytes = PNG, **more: str) -> httpx.Response:
    form = {"jeton": await person._token(), "geste": "piece", "piece": "CN"}
    file = {"fichier": ("piece.png", data, "image/png")}
    return await person.client.post(PAGE, data=form | more, files=file)


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).strftime("%d/%m/%Y")


@pytest.mark.requirement("A1.3")
async def test_without_the_option_only_kind_day_and_user_are_kept(screen: Screen) -> None:
    sophie = await screen.person("sophie.mercier")

    assert (await prove(sophie)).status_code == 303

    (proof,) = await screen.rows("SELECT * FROM identity_proof")
    kept = (proof["kind"], proof["checked_on"], proof["checked_by"], proof["purge_on"])
    assert kept == ("CN", clock.today(), "sophie.mercier", None)
    assert await screen.rows("SELECT FROM identity_scan") == []


@pytest.mark.requirement("A1.3")
@pytest.mark.parametrize(
    ("more", "data"),
    [
        ({}, PNG), ({"purge": "hier"}, PNG), ({"purge": "01/01/2020"}, PNG),
        ({"purge": "01/01/2099"}, PNG), ({"purge": "later"}, b""), ({"purge": "later"}, b"MZ"),
    ],
)  # fmt: skip
async def test_a_copy_needs_its_day_of_purge_and_a_picture(
    screen: Screen, more: dict[str, str], data: bytes
) -> None:
    sophie = await screen.person("sophie.mercier")
    told = {name: in_days(30) if text == "later" else text for name, text in more.items()}

    answer = await prove(sophie, data, copie="oui", **told)

    assert answer.status_code == 422
    assert '<option value="CN" selected>' in answer.text
    assert await screen.rows("SELECT FROM identity_proof") == []
    assert await screen.rows("SELECT FROM identity_scan") == []


@pytest.mark.requirement("A1.3")
async def test_a_copy_is_kept_until_its_day_and_destroyed_then(screen: Screen) -> None:
    sophie = await screen.person("sophie.mercier")
    assert (await prove(sophie, copie="oui", purge=in_days(30))).status_code == 303
    place = screen.platform.parts.place
    kept = await screen.rows("SELECT media FROM identity_scan")

    async with screen.platform.parts.database.write.acquire() as connection:
        await apply_rules(connection, None, clock.now())
    still = await screen.rows("SELECT media FROM identity_scan")
    async with single_connection(place.owner_url) as owner:
        await owner.execute("UPDATE identity_scan SET purge_on = current_date - 1")
    async with screen.platform.parts.database.write.acquire() as connection:
        await apply_rules(connection, None, clock.now())

    assert [row["media"] for row in kept] == ["image/png"]
    assert len(still) == 1
    assert await screen.rows("SELECT FROM identity_scan") == []
    assert len(await screen.rows("SELECT FROM identity_proof WHERE purge_on IS NOT NULL")) == 1
    assert "copie détruite" in plain(await sophie.get(PAGE))


class _Finds:
    async def check(self, content: bytes) -> None:
        raise Infected(f"the upload of {len(content)} bytes holds malware")


@pytest.mark.requirement("A1.3")
async def test_a_copy_with_malware_is_not_kept(screen: Screen) -> None:
    sophie = await screen.person("sophie.mercier")
    screen.web.state.ports.identities.qualifying._scanner = _Finds()

    answer = await prove(sophie, copie="oui", purge=in_days(30))

    assert answer.status_code == 422
    assert await screen.rows("SELECT FROM identity_proof") == []
