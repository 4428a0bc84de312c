"""Tables of the national directories, and the resources that they become."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from cordee.directory.mailboxes import mailboxes
from cordee.directory.professionals import is_rpps, professionals
from cordee.directory.structures import structures
from cordee.directory.tables import rows_of, tables_of
from cordee.fhir.validation.validate import check
from cordee.runtime.errors import InvalidRequest
from directories import HEAD, RPPS, file, line
from shared_data import shared

pytestmark = pytest.mark.requirement("A2.8")


def test_a_professional_a_place_and_a_role(tmp_path: Path) -> None:
    table = tables_of(file(tmp_path, HEAD, line(), line(skill="SM54")))[0]

    place, person, role = professionals(row for row, _ in rows_of(table))

    assert table.source == "rpps"
    for one in (place, person, role):
        assert not [issue for issue in check(one) if issue.severity == "error"]
    numbers = {one["type"]["coding"][0]["code"]: one["value"] for one in person["identifier"]}
    assert numbers == {"IDNPS": "8" + RPPS, "RPPS": RPPS}
    assert person["name"][0]["family"] == "LE GOFF"
    codes = [one["code"]["coding"][0]["code"] for one in person["qualification"]]
    assert codes == ["10", "SM26", "SM54"]
    assert place["id"] == "finess-960000013"
    assert place["telecom"][0]["value"] == "0353010000"
    assert role["organization"]["reference"] == "Organization/finess-960000013"
    assert [one["coding"][0]["code"] for one in role["specialty"]] == ["SM26", "SM54"]


def test_places_that_finess_gave_are_left_to_it(tmp_path: Path) -> None:
    table = tables_of(file(tmp_path, HEAD, line()))[0]

    made = list(professionals((row for row, _ in rows_of(table)), {"finess-960000013"}))

    assert [one["resourceType"] for one in made] == ["Practitioner", "PractitionerRole"]


@pytest.mark.parametrize("number", ["10990000010", "", "1099", "1099000001X", "²0990000019"])
def test_a_wrong_number_gives_nothing(tmp_path: Path, number: str) -> None:
    table = tables_of(file(tmp_path, HEAD, line(number)))[0]

    assert not is_rpps(number)
    assert list(professionals(row for row, _ in rows_of(table))) == []


def test_addresses_of_the_messaging_become_endpoints(tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "Type de BAL|Adresse BAL|Identifiant PP|Identification Structure|Service de rattachement|"
        "Nom d'exercice|Prénom d'exercice|Raison sociale structure BAL",
        f"PER|Anne.LeGoff@pro.mssante.fr|{RPPS}||| LE GOFF|Anne|",
        "ORG|accueil@chu.mssante.fr||1960000013|Accueil|||CHU", "ORG|not an address||||||",
        f"PER|anne.legoff@pro.mssante.fr|{RPPS}|||LE GOFF|Anne|",
    )  # fmt: skip

    rows = (row for row, _ in rows_of(tables_of(path)[0]))
    person, place = mailboxes(rows, {"finess-960000013"})

    for one in (person, place):
        assert not [issue for issue in check(one) if issue.severity == "error"]
    assert person["address"] == "mailto:anne.legoff@pro.mssante.fr"
    assert person["identifier"][0]["value"] == RPPS
    assert place["managingOrganization"]["reference"] == "Organization/finess-960000013"
    assert place["name"] == "Accueil"


@pytest.mark.parametrize("kind", ["txt", "xz", "gz", "zip"])
def test_packed_files_are_read(tmp_path: Path, kind: str) -> None:
    path = file(tmp_path, HEAD, line())
    raw = path.read_bytes()
    packed = tmp_path / f"packed.{kind}"
    match kind:
        case "xz":
            packed.write_bytes(lzma.compress(raw))
        case "gz":
            packed.write_bytes(gzip.compress(raw))
        case "zip":
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("PS.txt", raw)
        case _:
            packed.write_bytes(raw)

    rows = list(rows_of(tables_of(packed)[0]))

    assert [row["identifiant pp"] for row, _ in rows] == [RPPS]
    assert len(tables_of(tmp_path)) == 2


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InvalidRequest):
        tables_of(tmp_path)
    broken = tmp_path / "broken.txt"
    broken.write_bytes((HEAD + "\n").encode() + b"\xff\xfe|x\n")
    with pytest.raises(InvalidRequest):
        list(rows_of(tables_of(broken)[0]))
    broken.with_suffix(".xz").write_bytes(b"no xz")
    with pytest.raises(InvalidRequest):
        tables_of(broken.with_suffix(".xz"))


def test_the_whole_finess_file_becomes_resources() -> None:
    path = shared("data/07-france/finess/finess_occitanie_A.csv.xz")
    table = tables_of(path)[0]

    made = list(structures(row for row, _ in rows_of(table)))

    kinds = [one["resourceType"] for one in made]
    ids = [(one["resourceType"], one["id"]) for one in made]
    places = [one for one in made if one["resourceType"] == "Organization"]
    first = [one["identifier"][0]["type"]["coding"][0]["code"] for one in places]
    assert table.source == "finess"
    assert len(ids) == len(set(ids))
    assert first.count("FINEG") == 6186
    assert kinds.count("HealthcareService") > 4000
    here = {one["id"] for one in places}
    assert all(
        one["partOf"]["reference"].split("/")[1] in here for one in places if "partOf" in one
    )
    for one in made[:: len(made) // 300]:
        assert not [issue for issue in check(one) if issue.severity == "error"], one
