"""Public fixtures of another FHIR server: what R4 makes of each, ours does too."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import orjson
import pytest

import given
from rewound import Standing, standing_on
from running import Ground
from shared_data import shared

FOLDER = "data/03-suites/ms-fhir-server-fixtures"
STORED = (
    "CodeSystem-careplan-category", "CompositeCustomReferenceTokenSearchParameter",
    "CompositeCustomTokenQuantitySearchParameter", "CompositeCustomTokenStringSearchParameter",
    "Coverage", "Medication", "ObservationWith1MinuteApgarScore",
    "ObservationWith20MinuteApgarScore", "ObservationWithTPMTHaplotypeOne",
    "Parameter-Convert-Data", "PatientWithMinimalData", "Profile-Patient-uscore-noGender",
    "Sequence", "StructureDefinition-us-core-careplan", "StructureDefinition-us-core-race",
    "TokenOverflowPatient", "TokenOverflowRiskAssessment", "ValueSet", "ValueSet-detailed-race",
)  # fmt: skip
# Of STU3, or against a rule of R4: the issue that says so.
REFUSED = {
    "InvalidObservation.json": "Observation._text",
    "Observation-For-Patient-f001.json": "Observation.interpretation",
    "ObservationWithTemperature.json": "Observation.interpretation",
    "ObservationWithInvalidStatus.json": "Observation.status",
    "ObservationWithInvalidStatus.xml": "Observation.status",
    "ObservationWithNoCode.json": "Observation.code",
    "ObservationWithNoCode.xml": "Observation.code",
    "ProvenanceHeader.json": "Provenance.target",
    "SearchParameterInvalidType.json": "SearchParameter.type",
    "TokenOverflowChargeItem.json": "ChargeItem.encounter",
    "WeightInGrams.json": "Observation.text.div",
    "CompositeCustomTokenQuantitySearchParameterStu3.json": (
        "SearchParameter.component[0].definition"
    ),
}


def fixture(name: str) -> bytes:
    return (shared(FOLDER) / name).read_bytes()


def bundle_of(name: str) -> dict:
    return orjson.loads(fixture(name).removeprefix(codecs.BOM_UTF8))


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [entry["response"]["status"][:3] for entry in answer.json()["entry"]]


@pytest.fixture(scope="module")
async def lenient(ground: Ground) -> AsyncIterator[Standing]:
    async with standing_on(ground, references="report") as one:
        yield one


@pytest.fixture
async def reporting(lenient: Standing) -> httpx.AsyncClient:
    return await (await lenient.bare()).client()


@pytest.fixture(scope="module")
async def enforcing(ground: Ground) -> AsyncIterator[Standing]:
    async with standing_on(ground) as one:
        yield one


@pytest.fixture
async def strict(enforcing: Standing) -> httpx.AsyncClient:
    return await (await enforcing.bare()).client()


async def post(client: httpx.AsyncClient, name: str) -> httpx.Response:
    raw = fixture(name)
    kind = "Observation" if name.endswith(".xml") else bundle_of(name)["resourceType"]
    url = "" if kind == "Bundle" else kind
    media = f"application/fhir+{name.rpartition('.')[2]}"
    return await client.post(url, content=raw, headers={"content-type": media})


async def test_fixtures_that_are_r4_are_stored_and_come_back(
    reporting: httpx.AsyncClient,
) -> None:
    for name in STORED:
        made = await post(reporting, f"{name}.json")
        assert made.status_code == 201, f"{name}: {made.text}"

        sent, kept = bundle_of(f"{name}.json"), made.json()
        for resource in (sent, kept):
            resource.pop("id", None)
            resource.pop("meta", None)
        assert kept == sent, name


async def test_fixtures_that_are_not_r4_are_refused_with_the_place(
    reporting: httpx.AsyncClient,
) -> None:
    for name, place in REFUSED.items():
        answer = await post(reporting, name)

        assert answer.status_code == 422, name
        places = {one for issue in answer.json()["issue"] for one in issue["expression"]}
        assert place in places, name


async def test_resource_without_its_type_is_refused(client: httpx.AsyncClient) -> None:
    raw = fixture("PatientMissingResourceType.json")

    answer = await client.post(
        "Patient", content=raw, headers={"content-type": "application/fhir+json"}
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["Bundle-InvalidBundleType.json", "Bundle-TypeMissing.json"])
async def test_bundle_of_no_known_type_is_refused(client: httpx.AsyncClient, name: str) -> None:
    assert (await post(client, name)).status_code == 400


async def test_batch_answers_each_entry_for_itself(strict: httpx.AsyncClient) -> None:
    answer = await post(strict, "Bundle-Batch.json")

    assert statuses(answer) == [
        "201", "201", "201", "201", "412", "204", "204", "400", "200", "404",
    ]  # fmt: skip


async def test_batch_with_wrong_elements_does_the_other_entries(
    strict: httpx.AsyncClient,
) -> None:
    answer = await post(strict, "Bundle-BatchWithInvalidEleEnums.json")

    assert statuses(answer) == [
        "422", "201", "422", "201", "412", "204", "204", "400", "200", "404",
    ]  # fmt: skip


async def test_transaction_with_an_operation_that_is_none_does_nothing(
    strict: httpx.AsyncClient,
) -> None:
    for name in ("Bundle-Transaction.json", "Bundle-TransactionWithInvalidProcessingRoutes.json"):
        answer = await post(strict, name)
        assert answer.status_code == 400

    assert (await strict.get("Patient")).json()["total"] == 0


async def test_transaction_with_valid_entries_is_done(strict: httpx.AsyncClient) -> None:
    answer = await post(strict, "Bundle-TransactionWithValidBundleEntry.json")

    assert statuses(answer) == ["201", "201", "201", "201"]
    assert (await strict.get("Patient")).json()["total"] == 4


async def test_two_entries_that_mean_one_resource_are_refused(
    strict: httpx.AsyncClient,
) -> None:
    name = "Bundle-TransactionWithConditionalReferenceReferringToSameResource.json"
    mark = {"system": "http:/example.org/fhir/ids", "value": "234234"}
    await strict.post("Patient", json=given.patient(identifier=[mark]))

    answer = await post(strict, name)

    assert answer.status_code == 400
    assert (await strict.get("Patient?_summary=count")).json()["total"] == 1


async def test_conditional_reference_needs_its_one_match(strict: httpx.AsyncClient) -> None:
    name = "Bundle-TransactionWithConditionalReferenceInResourceBody.json"
    patient = given.patient(identifier=[{"value": "12345"}])

    without = await post(strict, name)
    made = (await strict.post("Patient", json=patient)).json()
    with_one = await post(strict, name)
    await strict.post("Patient", json=patient)
    with_two = await post(strict, name)

    assert (without.status_code, with_one.status_code, with_two.status_code) == (422, 200, 412)
    found = (await strict.get("Observation")).json()["entry"]
    assert {entry["resource"]["subject"]["reference"] for entry in found} == {
        f"Patient/{made['id']}"
    }


async def test_reference_to_an_entry_that_is_not_there_is_refused(
    strict: httpx.AsyncClient,
) -> None:
    answer = await post(strict, "Bundle-TransactionWithForeignReferenceInResourceBody.json")

    assert answer.status_code == 422


async def test_invalid_record_undoes_the_whole_transaction(strict: httpx.AsyncClient) -> None:
    answer = await post(strict, "Bundle-TransactionWithInvalidProcessingRecord.json")

    assert answer.status_code in {400, 422}
    for kind in ("Encounter", "Patient", "Binary"):
        assert (await strict.get(f"{kind}?_summary=count")).json()["total"] == 0


async def test_full_url_of_a_post_may_look_like_the_address_of_a_put(
    strict: httpx.AsyncClient,
) -> None:
    answer = await post(strict, "Bundle-TransactionWithPOSTFullUrlMatchesWithPUTRequestUrl.json")

    assert statuses(answer) == ["201", "201"]


@pytest.mark.parametrize("name", ["Bundle-FhirPatch.json", "Bundle-BinaryPatch.json"])
async def test_patches_of_a_batch_come_after_its_updates(
    strict: httpx.AsyncClient, name: str
) -> None:
    answer = await post(strict, name)

    shown = statuses(answer)
    assert shown[:2] == ["201", "200"]
    versions = [entry["response"].get("etag") for entry in answer.json()["entry"]]
    assert versions[0] == 'W/"1"'


async def test_compartment_fixture_goes_in_but_for_its_wrong_entries(
    reporting: httpx.AsyncClient,
) -> None:
    answer = await post(reporting, "SmartCompartmentResources.json")

    failed = [
        (entry["response"]["status"][:3], entry["response"]["outcome"]["issue"][0]["diagnostics"])
        for entry in answer.json()["entry"]
        if not entry["response"]["status"].startswith("2")
    ]
    whole = await reporting.get("Patient/smart-patient-A/Observation")
    # A subject of no R4 type, an address of no id, two resources without a required element.
    assert len(failed) == 4, failed
    assert whole.status_code == 200


async def test_a_hundred_patients_of_a_template_get_ids_of_their_own(
    strict: httpx.AsyncClient,
) -> None:
    line = fixture("Import-Patient.ndjson").decode("utf-8-sig").splitlines()[0]
    resource = orjson.loads(line.replace("##PatientID##", uuid4().hex))
    entries = [given.entry("POST", "Patient", resource) for _ in range(100)]

    answer = await strict.post("", json=given.bundle("transaction", *entries))

    if answer.status_code == 200:
        places = {entry["response"]["location"] for entry in answer.json()["entry"]}
        assert len(places) == 100
    else:
        assert answer.status_code == 422
