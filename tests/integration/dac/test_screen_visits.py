"""A visit at home: prepared, written, photos with consent that go when it is taken back."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from coordinated import make_person, make_region
from cordee.fhir.store.journal import publish
from running import Ground
from trusted import Person, Screen, screen_on

AT_HOME, FAR = "odette-essai", "far-essai"
HERE = f"/patients/{AT_HOME}/visite"
GIVEN = {"accord": "oui", "qui-accepte": "personne", "pour-quoi": "plaie"}


@pytest.fixture(scope="module")
async def region(ground: Ground) -> AsyncIterator[Screen]:
    async with screen_on(ground) as screen:
        await make_region(screen)
        await make_person(screen, AT_HOME, managingOrganization={"reference": "Organization/dac-a"})
        await make_person(screen, FAR)
        yield screen


def photo(kind: str = "JPEG") -> bytes:
    """A picture whose camera wrote where it was taken."""
    image, exif = Image.new("RGB", (3000, 1500), "teal"), Image.Exif()
    exif[0x010F] = "Appareil de Mme Costa"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0)})
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


async def _send(
    person: Person, data: bytes, path: str = HERE, name: str = "plaie.jpg", **fields: str
) -> httpx.Response:
    form = {"jeton": await person._token(), "numero": str(uuid4())} | fields
    files = {"photo": (name, data, "image/jpeg")}
    return await person.client.post(f"{path}/photos", data=form, files=files)


async def _photos(region: Screen) -> list[dict[str, object]]:
    await publish(region.platform.parts.database)
    found = await (await region.platform.client()).get(
        "DocumentReference", params={"patient": AT_HOME, "type": "52040-3"}
    )
    return [one["resource"] for one in found.json().get("entry", ())]


@pytest.mark.requirement("B4.8")
async def test_a_visit_is_prepared_with_its_form(region: Screen) -> None:
    helene = await region.person("helene.costa")
    day = (region.clock().date() + timedelta(days=1)).isoformat()
    form = {
        "numero": str(uuid4()), "jour": day, "heure": "10:00", "but": "Logement et chutes",
        "formulaire": "reperage-dix-criteres",
    }  # fmt: skip
    for _again in range(2):
        assert (await helene.post(HERE, **form)).status_code == 303
    page = await helene.get(HERE)
    assert page.headers["x-cordee-copie"] == "48"
    link = re.findall(r'href="([^"]+/evaluations/[^"]+)" data-take', page.text)
    assert len(link) == 1, "prepared twice, it is one"
    agenda = await helene.text(f"/patients/{AT_HOME}/agenda?semaine={day}")
    assert "Visite à domicile : Logement et chutes" in agenda

    # The form of the assessment waits through a cut and is taken once.
    questions = await helene.get(link[0])
    assert questions.headers["x-cordee-copie"] == "48"
    assert 'name="hors-ligne" value="oui"' in questions.text
    base = re.search(r'name="base" value="([^"]*)"', questions.text)
    assert base
    filled = {"base": base[1], "q-seule": "oui", "q-chutes": "oui", "geste": "terminer"}
    codes = re.findall(r'name="q-seule" value="([^"]+)"', questions.text)
    filled |= {"q-seule": codes[0], "q-chutes": codes[0]}
    for _again in range(2):
        assert (await helene.post(link[0], **filled)).status_code == 303, "sent twice by a cut"
    assert (
        await helene.post(HERE, numero=str(uuid4()), jour=day, but="Sans heure")
    ).status_code == 422


@pytest.mark.requirement("B4.8")
async def test_without_consent_a_photo_is_refused_by_the_server(region: Screen) -> None:
    helene, before = await region.person("helene.costa"), len(await _photos(region))
    for fields in ({}, GIVEN | {"accord": ""}, GIVEN | {"qui-accepte": "voisin"},
                   GIVEN | {"pour-quoi": ""}):  # fmt: skip
        answer = await _send(helene, photo(), **fields)
        assert answer.status_code == 422, fields
        assert "Sans accord noté" in answer.text
    assert len(await _photos(region)) == before


@pytest.mark.requirement("B4.8")
async def test_a_photo_is_kept_once_without_its_place_and_goes_with_consent(
    region: Screen,
) -> None:
    helene, number = await region.person("helene.costa"), str(uuid4())
    moment = (region.clock() - timedelta(hours=5)).astimezone(UTC)
    written = moment.isoformat()
    waited = GIVEN | {"numero": number, "ecrit-le": written}
    answers = await asyncio.gather(*(_send(helene, photo(), **waited) for _each in range(3)))
    assert {one.status_code for one in answers} == {303}
    found = [one for one in await _photos(region) if one["status"] == "current"]
    assert len(found) == 1, "sent three times by a cut, it is one"
    kept = found[0]
    consent = kept["extension"]
    assert "personne" in str(consent)
    assert "plaie" in str(consent)
    assert written[:13] in str(consent), "consent bears the hour of the visit"
    assert "Accord : la personne elle-même" in await helene.text(HERE)

    client = await region.platform.client()
    address = kept["content"][0]["attachment"]["url"].rpartition("/")[2]
    binary = base64.b64decode((await client.get(f"Binary/{address}")).json()["data"])
    image = Image.open(io.BytesIO(binary))
    assert image.size == (2000, 1000)
    assert not dict(image.getexif())
    assert b"Costa" not in binary
    assert b"Exif" not in binary

    girard, paul = await region.person("marion.girard"), await region.person("paul.rey")
    for stranger in (girard, paul):
        gone = await stranger.post(f"{HERE}/photos/{kept['id']}")
        assert gone.status_code in {403, 404}
    for _again in range(2):
        assert (await helene.post(f"{HERE}/photos/{kept['id']}")).status_code == 303
    assert "Accord : la personne" not in await helene.text(HERE)
    assert [one["status"] for one in await _photos(region) if one["id"] == kept["id"]] == [
        "entered-in-error"
    ]
    assert (await client.get(f"Binary/{address}")).status_code == 410, "the file went too"
    shown = await helene.get(f"/patients/{AT_HOME}/documents/{kept['id']}/contenu")
    assert b"\xff\xd8\xff" not in shown.content


@pytest.mark.requirement("B4.8")
async def test_the_file_goes_by_whatever_door_a_photo_is_withdrawn(region: Screen) -> None:
    helene = await region.person("helene.costa")
    before = {one["id"] for one in await _photos(region)}
    assert (await _send(helene, photo(), **GIVEN)).status_code == 303
    (kept,) = [one for one in await _photos(region) if one["id"] not in before]
    address = kept["content"][0]["attachment"]["url"].rpartition("/")[2]
    client = await region.platform.client()
    assert (await client.get(f"Binary/{address}")).status_code == 200
    documents = f"/patients/{AT_HOME}/documents/{kept['id']}/retirer"
    assert (await helene.post(documents, raison="Accord retiré")).status_code == 303
    assert (await client.get(f"Binary/{address}")).status_code == 410


@pytest.mark.requirement("B4.8")
async def test_a_photo_that_names_the_file_of_another_document_takes_nothing_with_it(
    region: Screen,
) -> None:
    helene, client = await region.person("helene.costa"), await region.platform.client()
    before = {one["id"] for one in await _photos(region)}
    assert (await _send(helene, photo(), **GIVEN)).status_code == 303
    (kept,) = [one for one in await _photos(region) if one["id"] not in before]
    address = kept["content"][0]["attachment"]["url"].rpartition("/")[2]
    made = {key: value for key, value in kept.items() if key not in {"id", "meta"}}
    made["masterIdentifier"] = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"}
    forged = (await client.post("DocumentReference", json=made)).json()
    assert (await helene.post(f"{HERE}/photos/{forged['id']}")).status_code == 303
    assert (await client.get(f"Binary/{address}")).status_code == 200, "it belongs to another one"


@pytest.mark.requirement("B4.8")
async def test_what_is_no_photo_is_refused(region: Screen) -> None:
    helene = await region.person("helene.costa")
    for data, said in (
        (b"", "Choisissez une photo"), (b"%PDF-1.7 not a photo", "pas une photo"),
        (photo()[:400], "pas une photo"), (b"GIF89a" + b"\0" * 40, "pas une photo"),
        (b"\xff\xd8\xff" + b"\0" * (9 * 1024 * 1024), "8 Mo au plus"),
    ):  # fmt: skip
        answer = await _send(helene, data, **GIVEN)
        assert answer.status_code == 422
        assert said in answer.text
    assert (await _send(helene, photo("PNG"), name="vue.png", **GIVEN)).status_code == 303


@pytest.mark.requirement("B4.8")
async def test_a_visit_is_of_whom_one_follows(region: Screen) -> None:
    helene = await region.person("helene.costa")
    far = f"/patients/{FAR}/visite"
    assert (await helene.get(far)).status_code == 404
    assert (await _send(helene, photo(), path=far, **GIVEN)).status_code == 404
    day = (region.clock().date() + timedelta(days=1)).isoformat()
    assert (await helene.post(far, jour=day, heure="10:00")).status_code == 404
    for user in ("julie.perret", "jeanne.bertin"):
        stranger = await region.person(user)
        assert (await stranger.get(HERE)).status_code in {403, 404}
        assert (await _send(stranger, photo(), **GIVEN)).status_code in {403, 404}
