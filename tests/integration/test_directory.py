"""The national directories in a base: what changed is written, what vanished ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from cordee.app.directory_commands import take_in
from cordee.app.federation import KernelDirectory
from cordee.directory.intake import unlisted
from cordee.runtime.errors import RuleBroken
from directories import HEAD, RPPS, file, line
from running import Platform, run
from shared_data import shared

pytestmark = pytest.mark.requirement("A2.8")
SECOND = "10990000027"
PERSON = f"Practitioner/rpps-{RPPS}"


async def sql(platform: Platform, statement: str, *values: object) -> list[Any]:
    connection = await asyncpg.connect(platform.ground.superuser(platform.database))
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


async def test_only_what_changed_is_written(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    kernel = platform.parts.kernel
    path = file(tmp_path, HEAD, line(), line(SECOND, family="ROUX"))

    first = (await take_in(kernel, [path]))[0]
    again = (await take_in(kernel, [path]))[0]
    file(tmp_path, HEAD, line(), line(SECOND, family="ROUX-BLANC"))
    changed = (await take_in(kernel, [path]))[0]

    assert (first.written, first.same, first.ended) == (5, 0, 0)
    assert (again.written, again.same, again.ended) == (0, 5, 0)
    assert (changed.written, changed.same) == (1, 4)
    second = (await client.get(f"Practitioner/rpps-{SECOND}")).json()
    assert (second["meta"]["versionId"], second["name"][0]["family"]) == ("2", "ROUX-BLANC")
    assert (await client.get(PERSON)).json()["meta"]["versionId"] == "1"
    found = (await client.get(f"PractitionerRole?practitioner.identifier={RPPS}")).json()
    assert found["total"] == 1
    known = KernelDirectory(kernel)
    assert await known.practitioner(RPPS) == PERSON
    assert await known.structure(["960000013"]) == (
        "Organization/finess-960000013",
        "Cabinet Le Goff",
    )


async def test_what_vanished_ends_and_may_come_back(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    kernel = platform.parts.kernel
    both, one = [line(), line(SECOND)], [line(SECOND)]
    for lines, active in ((both, True), (one, False), (both, True)):
        await take_in(kernel, [file(tmp_path, HEAD, *lines)])
        assert (await client.get(PERSON)).json()["active"] is active
        role = (await client.get(f"PractitionerRole?practitioner={PERSON}")).json()["entry"][0]
        assert role["resource"]["active"] is active
        assert await KernelDirectory(kernel).practitioner(RPPS) == (PERSON if active else "")
    assert (await client.get("Organization/finess-960000013")).json()["active"] is True


async def test_a_file_that_was_cut_short_ends_nobody(platform: Platform, tmp_path: Path) -> None:
    kernel = platform.parts.kernel
    numbers = [one for one in map(_numbered, range(600)) if one]
    await take_in(kernel, [file(tmp_path, HEAD, *(line(one) for one in numbers))])
    short = file(tmp_path, HEAD, line(numbers[0]))

    with pytest.raises(RuleBroken):
        await take_in(kernel, [short])
    taken = (await take_in(kernel, [short], shrinks=True))[0]

    assert taken.ended > 100


def _numbered(place: int) -> str:
    from cordee.app.region.registers import rpps

    return rpps(1000 + place)


async def test_an_account_that_the_directory_does_not_hold_is_flagged(
    platform: Platform, tmp_path: Path
) -> None:
    kernel = platform.parts.kernel
    for login, number in (("listed", RPPS), ("stranger", "10990999996")):
        await sql(
            platform, "INSERT INTO account (login, name, rpps) VALUES ($1, $1, $2)", login, number
        )
    before = await sql(platform, "SELECT count(*) FROM account")

    await take_in(kernel, [file(tmp_path, HEAD, line(), line(SECOND))], shrinks=True)

    assert [row[0] for row in await unlisted(kernel)] == ["stranger"]
    assert await sql(platform, "SELECT count(*) FROM account") == before
    await take_in(kernel, [file(tmp_path, HEAD, line(SECOND))], shrinks=True)
    assert [row[0] for row in await unlisted(kernel)] == ["listed", "stranger"]


async def test_what_stood_here_already_stays_and_is_referred_to(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    kernel, number, finess = platform.parts.kernel, _numbered(9000), "960000039"
    for kind, key, system, value in (
        ("Practitioner", "dr-known", "https://rpps.esante.gouv.fr", number),
        ("Organization", "known", "https://finess.esante.gouv.fr", finess),
    ):
        body = {"resourceType": kind, "id": key, "identifier": [{"system": system, "value": value}]}
        assert (await client.put(f"{kind}/{key}", json=body)).status_code == 201
    path = file(tmp_path, HEAD, line(number, finess))

    first = (await take_in(kernel, [path], shrinks=True))[0]
    again = (await take_in(kernel, [path], shrinks=True))[0]

    assert (first.written, first.here) == (1, 2)
    assert (again.written, again.here, again.same) == (0, 0, 3)
    assert (await client.get(f"Practitioner/rpps-{number}")).status_code == 404
    role = (await client.get("PractitionerRole?practitioner=Practitioner/dr-known")).json()
    assert role["entry"][0]["resource"]["organization"]["reference"] == "Organization/known"
    assert await KernelDirectory(kernel).practitioner(number) == "Practitioner/dr-known"
    await take_in(kernel, [file(tmp_path, HEAD, line())], shrinks=True)
    assert "active" not in (await client.get("Practitioner/dr-known")).json()


async def test_finess_takes_over_the_structures_of_professionals(
    platform: Platform, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    kernel = platform.parts.kernel
    number = "960000021"
    path = file(tmp_path, HEAD, line(finess=number))
    await take_in(kernel, [path], shrinks=True)
    (tmp_path / "finess.csv").write_text(
        "numero finess etablissement,raison_sociale,categetab,categorie\n"
        f"{number},Clinique,355,Centre Hospitalier\n", "utf-8",
    )  # fmt: skip

    await take_in(kernel, [tmp_path], shrinks=True)

    place = (await client.get(f"Organization/finess-{number}")).json()
    assert (place["name"], place["active"]) == ("Clinique", True)


def test_the_command_takes_the_whole_finess_file(tmp_path: Path) -> None:
    path = shared("data/07-france/finess/finess_occitanie_A.csv.xz")

    done = run("directory", "import", str(path), data=tmp_path / "data")
    wrong = run("directory", "import", str(tmp_path / "nothing"), data=tmp_path / "data")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["finess"]["written"] > 13_000
    assert told["accounts_not_listed"] == []
    assert told["seconds"] < 120
    assert "directory" in done.stderr
    assert wrong.returncode == 2
