"""Files of TDDUI of both lines are read, the official examples too; odd ones are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from cordee.care.homes.arriving import arriving, differences, differing
from cordee.formats.tddui.document import Section, Whose, cda
from cordee.formats.tddui.reading import NotTddui, read_tddui
from cordee.formats.tddui.writing import File, documents_bundle, resources_bundle
from shared_data import shared

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
WHOSE = Whose(
    "MORVAN", ("YVONNE",), "female", "1939-04-04", None, "3480787529/yvonne", "Les Tilleuls",
    "480787529", 7, AT,
)  # fmt: skip


@pytest.mark.requirement("B7.2")
@pytest.mark.parametrize("guide", ["tddui-fhir-2025-02", "tddui-cda"])
@pytest.mark.parametrize(
    ("name", "count"),
    [("Bundle-TDDUIBundleExample", 2), ("DocumentReference-TDDUIDocumentReferenceExample", 1)],
)
def test_the_examples_of_line_1_are_read(guide: str, name: str, count: int) -> None:
    found = read_tddui(shared(f"specs/ig/{guide}/example/{name}.json").read_bytes())

    assert [one.data for one in found.documents] == [b"Hello world"] * count
    assert not found.unknown, "the address of an entry is not believed"


@pytest.mark.requirement("B7.2")
def test_the_example_of_line_2_is_read() -> None:
    data = shared("specs/ig/tddui-fhir-2026-extrait/example/Bundle-tddui-pp-pa-extrait.json")
    found = read_tddui(data.read_bytes())

    assert (found.person.family, found.person.birth_date) == ("L.", "1947-04-03")
    brings = arriving(found)
    assert brings.wishes is not None
    assert brings.project_number == "3480787529/123456789-PPER-1234"


@pytest.mark.requirement("B7.2")
def test_what_is_written_in_line_1_is_read_back() -> None:
    patient: dict[str, Any] = {
        "resourceType": "Patient", "name": [{"family": "MORVAN", "given": ["YVONNE"]}],
        "gender": "female", "birthDate": "1939-04-04",
    }  # fmt: skip
    native = orjson.dumps(resources_bundle([("urn:p", "tddui-patient", patient)]))
    document = cda(WHOSE, [Section("Séjours", ("Du 01/02/2025 : chambre 12",))])
    files = [
        File("1", "DUI", "text/xml", document, AT.isoformat()),
        File("2", "DUI", "application/fhir+json", native, AT.isoformat()),
    ]
    made = documents_bundle(files)
    for entry in made["entry"]:
        resource = entry["resource"]
        assert "identifier" not in resource
        assert len(resource["content"]) == 1
        assert resource["masterIdentifier"]["value"]
        assert "url" not in resource["content"][0]["attachment"]

    found = read_tddui(orjson.dumps(made))
    assert found.documents[0].data == document
    assert not differences(found.person, patient)
    assert read_tddui(document).person == found.person, "the CDA alone says who it is of"


@pytest.mark.requirement("B7.2")
def test_another_person_is_never_taken_for_this_one() -> None:
    found = read_tddui(cda(WHOSE, []))
    other = {
        "resourceType": "Patient", "name": [{"family": "MORVAN", "given": ["YVES"]}],
        "gender": "male", "birthDate": "1939-04-04",
    }  # fmt: skip

    assert differences(found.person, other) == ["premier prénom", "sexe"]


PERSON: dict[str, Any] = {
    "resourceType": "Patient", "id": "p", "name": [{"family": "MORVAN", "given": ["YVONNE"]}],
    "gender": "female", "birthDate": "1939-04-04",
}  # fmt: skip


def event(words: str, subject: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Encounter", "status": "finished", "type": [{"text": words}],
        "meta": {"profile": ["https://x/StructureDefinition/tddui-encounter-evenement"]},
        "period": {"start": "2026-03-01"},
    }  # fmt: skip
    return made | ({"subject": {"reference": subject}} if subject else {})


def bundle(*resources: dict[str, Any], address: str = "") -> bytes:
    named = {"fullUrl": address} if address else {}
    entries = [named | {"resource": one} for one in resources]
    return orjson.dumps({"resourceType": "Bundle", "entry": entries})


@pytest.mark.requirement("B7.2")
def test_a_file_of_two_persons_is_of_neither() -> None:
    second = PERSON | {"id": "q", "name": [{"family": "MORVAN", "given": ["YVES"]}]}
    for both in ((PERSON, second), (second, PERSON)):
        found = read_tddui(bundle(*both, event("Chute", "Patient/q")))
        assert differing(found, PERSON) == ["premier prénom"]
    files = [
        File("1", "DUI", "text/xml", cda(replace(WHOSE, given=("YVES",)), []), AT.isoformat()),
        File("2", "DUI", "application/fhir+json", bundle(PERSON), AT.isoformat()),
    ]
    found = read_tddui(orjson.dumps(documents_bundle(files)))
    assert differing(found, PERSON) == ["premier prénom"], "the document beside is read as well"
    assert not differing(read_tddui(bundle(PERSON, PERSON)), PERSON)


@pytest.mark.requirement("B7.2")
def test_what_is_of_somebody_else_is_not_taken() -> None:
    mine, other = event("Chute", "https://x/Patient/p"), event("Fugue", "Patient/q")
    brings = arriving(read_tddui(bundle(PERSON, mine, other, event("Chute seule"))))

    assert [one.words.partition(",")[0] for one in brings.things] == ["Chute", "Chute seule"]
    assert len(brings.unknown) == 1


@pytest.mark.requirement("B7.2")
def test_elements_under_one_address_are_all_taken() -> None:
    address = "https://x/StructureDefinition/tddui-encounter-evenement"
    brings = arriving(
        read_tddui(
            bundle(PERSON, event("Chute"), event("Fugue"), event("Malaise"), address=address)
        )
    )

    assert len(brings.things) == 3
    with pytest.raises(NotTddui):
        inside = bundle(*[event(str(one)) for one in range(1500)])
        files = [File(str(one), "DUI", "application/fhir+json", inside, "") for one in range(2)]
        read_tddui(orjson.dumps(documents_bundle(files)))


@pytest.mark.requirement("B7.2")
def test_what_is_not_understood_is_said() -> None:
    entries = [
        {"resource": {"resourceType": "Device"}},
        {"resource": {"resourceType": "Encounter", "status": "finished"}},
        {"resource": {"resourceType": "CarePlan", "title": "Autre plan"}},
        {"resource": {"resourceType": "DocumentReference", "content": [{"attachment": {"data": "?"}}]}},
        "nothing",
    ]  # fmt: skip
    found = read_tddui(orjson.dumps({"resourceType": "Bundle", "entry": entries}))

    assert len(arriving(found).unknown) == len(entries)


@pytest.mark.requirement("B7.2")
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'"x"', b"{}", b'{"resourceType": "Bundle", "entry": 3}',
     orjson.dumps({"resourceType": "Patient"}),
     orjson.dumps({"resourceType": "Bundle", "entry": []})],
)  # fmt: skip
def test_what_is_no_tddui_is_refused(data: bytes) -> None:
    with pytest.raises(NotTddui):
        read_tddui(data)


def test_a_document_with_an_entity_tells_nobody() -> None:
    odd = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'

    assert read_tddui(odd).person.family == ""
    name = b"<recordTarget><patientRole><patient><name><family>&x;</family></name></patient></patientRole></recordTarget>"
    document = odd.replace(
        b"<a>&x;</a>", b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + name + b"</ClinicalDocument>"
    ).replace(b"DOCTYPE a", b"DOCTYPE ClinicalDocument")
    assert "root" not in read_tddui(document).person.family
