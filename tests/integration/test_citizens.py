"""A citizen provider opens the space of the one qualified patient with the same five traits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import orjson
import pytest

from cordee.access.mandates.scoping import read_self
from cordee.fhir.store.journal import publish
from cordee.identity.accounts import citizens
from cordee.identity.accounts.sealing import Sealer
from cordee.identity.federation.claims import Shown, read_claims
from cordee.identity.federation.linking import UNKNOWN, find_account
from cordee.identity.federation.providers import Provider, Providers, usual
from cordee.identity.ins.statuses import Attribute, Status
from cordee.identity.ins.traits import Sex, StrictTraits
from cordee.identity.patients.citizens import KnownCitizens
from cordee.runtime.clock import now
from cordee.runtime.errors import Conflict, RuleBroken
from identities import CAZALETTE, CAZALETTE_INS, MORVANDEL, MORVANDEL_INS, of_status, patient_of
from mandated import self_of
from running import Platform

FC = usual(Provider("fc", "citizen", "FranceConnect", "https://fc.example", "cordee"))
PIVOT = {
    "sub": "fc-1", "given_name": "Odette Louise Marie", "family_name": "Morvandel",
    "birthdate": "1939-04-12", "gender": "female", "birthplace": "70550",
    "birthcountry": "99100", "acr": "eidas2",
}  # fmt: skip


async def put(client: httpx.AsyncClient, platform: Platform, key: str, *told: Any) -> None:
    body = patient_of(of_status(*told), key)
    made = await client.put(f"Patient/{key}", json=body)
    assert made.status_code in {200, 201}, made.text
    await publish(platform.parts.database)


def shown(**more: str) -> Shown:
    return read_claims(FC, PIVOT | more)


def test_the_pivot_identity_is_read_in_the_alphabet_of_the_ins() -> None:
    assert shown().pivot == MORVANDEL
    abroad = shown(birthplace="", birthcountry="99139").pivot
    assert abroad is not None
    assert abroad.birth_place == "99139"
    for missing in ({"birthdate": "1939"}, {"gender": ""}, {"family_name": ""}, {"given_name": ""}):
        assert shown(**missing).pivot is None


@pytest.mark.requirement("A2.1")
async def test_only_the_same_five_traits_of_a_qualified_identity_count(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    known = KnownCitizens(platform.parts.kernel)
    ines = replace(CAZALETTE, birth_given_names="INES ROSE")
    found = []
    for key, status in (("a", Status.PROV), ("a", Status.RECUP), ("a", Status.QUAL)):
        await client.delete(f"Patient/{key}-ines")
        await put(client, platform, f"{key}-ines", CAZALETTE, CAZALETTE_INS, status)
        found.append(await known.patient(ines))
    near = [
        await known.patient(traits)
        for traits in (
            replace(ines, birth_place="12203"), replace(ines, sex=Sex.MALE),
            replace(ines, birth_given_names="INES"), replace(ines, birth_name="CAZALET"),
            replace(ines, birth_date=date(1993, 8, 7)), replace(ines, birth_date=None),
        )
    ]  # fmt: skip
    body = (await client.get("Patient/a-ines")).json()

    await put(client, platform, "b-ines", CAZALETTE, CAZALETTE_INS, Status.QUAL)
    twice = await known.patient(ines)
    await client.delete("Patient/b-ines")
    marked = of_status(CAZALETTE, CAZALETTE_INS, Status.VALI, Attribute.HOMONYM)
    await client.put("Patient/a-ines", json=patient_of(marked, "a-ines"))
    validated = await known.patient(ines)

    assert found == ["", "", "a-ines"]
    assert near == [""] * 6
    assert (twice, validated) == ("", "")
    assert body["id"] == "a-ines"


@pytest.mark.requirement("A2.1")
async def test_an_account_is_made_once_for_one_patient(
    client: httpx.AsyncClient, platform: Platform, tmp_path: Any
) -> None:
    await Providers(platform.parts.database, Sealer(tmp_path)).add(FC)
    await put(client, platform, "odette-fc", MORVANDEL, MORVANDEL_INS, Status.QUAL)
    patient = await KnownCitizens(platform.parts.kernel).patient(_pivot())
    async with platform.parts.database.transaction() as connection:
        nobody = await find_account(connection, FC, shown(), "", now())
        first = await find_account(connection, FC, shown(), "", now(), patient=patient)
        again = await find_account(connection, FC, shown(), "", now(), patient=patient)
        other = await find_account(connection, FC, shown(sub="fc-2"), "", now(), patient=patient)
        rows = await connection.fetch(
            "SELECT role, practitioner FROM situation WHERE account = $1 AND ends IS NULL",
            first.account,
        )
        with pytest.raises(RuleBroken):
            await citizens.open_space(connection, first.account, first.login, patient, now())

    assert patient == "odette-fc"
    assert nobody.refusal == other.refusal == UNKNOWN
    assert (first.refusal, again) == ("", first)
    assert [tuple(one) for one in rows] == [("patient", "Patient/odette-fc")]
    with pytest.raises(Conflict):
        async with platform.parts.database.transaction() as connection:
            await citizens.add_citizen(connection, first.login, "Odette", now())


@pytest.mark.requirement("A2.1")
async def test_applications_end_with_the_space(platform: Platform) -> None:
    """Also what was allowed offline: it stands on no session."""
    async with platform.parts.database.transaction() as connection:
        account = await citizens.add_citizen(connection, "odette-apps", "Odette", now())
        await citizens.open_space(connection, account, "odette-apps", "odette-apps", now())
        # As the server keeps them: one as the patient, one as somebody else.
        await connection.execute(
            "INSERT INTO smart_client (id, name, kind, redirect_uris, scopes)"
            " VALUES ('app', 'Application', 'public', '{}', '')"
        )
        for number, reference in (("own", "Patient/odette-apps"), ("other", "Patient/other")):
            person = orjson.dumps(["odette-apps", "Odette", "patient", "", reference]).decode()
            await connection.execute(
                "INSERT INTO smart_grant (id, client, account, person, context, session, scopes)"
                " VALUES ($1, 'app', 'odette-apps', $2, '{}', '', 'offline_access')",
                f"grant-{number}", person,
            )  # fmt: skip

        closed = await citizens.close_space(connection, "odette-apps", "clerk", now())

        rows = await connection.fetch(
            "SELECT id FROM smart_grant WHERE account = 'odette-apps' AND withdrawn IS NULL"
        )
    assert (closed, [one["id"] for one in rows]) == (1, ["grant-other"])


async def test_a_patient_who_has_died_is_nobody(
    client: httpx.AsyncClient, platform: Platform
) -> None:
    await put(client, platform, "gone", MORVANDEL, MORVANDEL_INS, Status.PROV)
    keys = platform.parts.kernel.keys
    async with platform.parts.database.write.acquire() as connection:
        before = await read_self(connection, keys, self_of("gone"), now())
        body = (await client.get("Patient/gone")).json()
        await client.put("Patient/gone", json=body | {"deceasedBoolean": True})
        after = await read_self(connection, keys, self_of("gone"), now())

    assert (before, after) == ((keys("Patient/gone"),), ())


def _pivot() -> StrictTraits:
    found = shown().pivot
    assert found is not None
    return found
