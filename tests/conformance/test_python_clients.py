"""Python FHIR clients, as they come from PyPI, against a running server."""

from __future__ import annotations

import warnings
from uuid import uuid4

import fhirpy
import pytest
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

import given
from running import Server


@pytest.fixture
def mark() -> str:
    return uuid4().hex


@pytest.fixture
def fhirpy_client(live_server: Server) -> fhirpy.AsyncFHIRClient:
    return fhirpy.AsyncFHIRClient(live_server.fhir, authorization=f"Bearer {live_server.token()}")


@pytest.mark.requirement("A4.1")
async def test_fhirpy_creates_reads_updates_and_deletes(
    fhirpy_client: fhirpy.AsyncFHIRClient, mark: str
) -> None:
    patient = fhirpy_client.resource("Patient", **given.patient(name=[{"family": mark}]))

    await patient.save()
    patient["gender"] = "male"
    await patient.save()
    again = await fhirpy_client.reference("Patient", patient["id"]).to_resource()
    await patient.delete()

    assert again["gender"] == "male"
    assert again["meta"]["versionId"] == "2"
    with pytest.raises((ResourceNotFound, OperationOutcome)):
        await fhirpy_client.reference("Patient", patient["id"]).to_resource()


async def test_fhirpy_searches_and_follows_pages(
    fhirpy_client: fhirpy.AsyncFHIRClient, live_server: Server, mark: str
) -> None:
    for number in range(7):
        await fhirpy_client.resource(
            "Patient", **given.patient(name=[{"family": mark, "given": [str(number)]}])
        ).save()
    search = fhirpy_client.resources("Patient").search(family=mark).limit(3)

    everybody = await search.fetch_all()
    one = await fhirpy_client.resources("Patient").search(family=mark, given="5").first()
    lenient = fhirpy.AsyncFHIRClient(
        live_server.fhir,
        authorization=f"Bearer {live_server.token()}",
        # fhirpy counts with a parameter of one vendor, which R4 does not have.
        extra_headers={"prefer": "handling=lenient"},
    )
    count = await lenient.resources("Patient").search(family=mark).count()

    assert len(everybody) == count == 7
    assert one["name"][0]["given"] == ["5"]


async def test_fhirpy_updates_on_a_condition(
    fhirpy_client: fhirpy.AsyncFHIRClient,
) -> None:
    identifier = given.identifier()
    search = fhirpy_client.resources("Patient").search(identifier=identifier["value"])

    made, created = await search.update(
        fhirpy_client.resource("Patient", **given.patient(identifier=[identifier]))
    )
    _, created_again = await search.update(
        fhirpy_client.resource("Patient", **given.patient(identifier=[identifier]))
    )
    now = await search.get()

    assert (created, created_again) == (True, False)
    assert now["id"] == made["id"]
    assert now["meta"]["versionId"] == "2"


async def test_fhirpy_runs_a_transaction(fhirpy_client: fhirpy.AsyncFHIRClient, mark: str) -> None:
    urn = f"urn:uuid:{uuid4()}"
    bundle = fhirpy_client.resource(
        "Bundle",
        **given.bundle(
            "transaction",
            given.entry("POST", "Patient", given.patient(name=[{"family": mark}]), fullUrl=urn),
            given.entry("POST", "Observation", given.observation(urn)),
        ),
    )

    await bundle.save()
    patient = await fhirpy_client.resources("Patient").search(family=mark).get()
    observations = await (
        fhirpy_client.resources("Observation").search(subject=f"Patient/{patient['id']}").fetch()
    )

    assert len(observations) == 1


@pytest.mark.requirement("A4.1")
def test_fhirclient_creates_reads_searches_and_deletes(live_server: Server, mark: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhirclient import server as servers
        from fhirclient.models.humanname import HumanName
        from fhirclient.models.observation import Observation
        from fhirclient.models.patient import Patient

    server = servers.FHIRServer(None, base_uri=f"{live_server.fhir}/")
    server.session.headers["Authorization"] = f"Bearer {live_server.token()}"
    name = HumanName({"family": mark})
    patient = Patient({"gender": "female", "birthDate": "1980-02-29"})
    patient.name = [name]

    made = patient.create(server)
    found = list(Patient.where({"family": mark}).perform_resources_iter(server))
    read = Patient.read(made["id"], server)
    read.gender = "male"
    read.update(server)
    observation = Observation(given.observation(f"Patient/{made['id']}"))
    observation.create(server)
    observed = list(Observation.where({"patient": made["id"]}).perform_resources_iter(server))

    assert [one.id for one in found] == [made["id"]]
    assert Patient.read(made["id"], server).gender == "male"
    assert observed[0].valueQuantity.value == 70.5
    observed[0].delete()
    server.session.close()


def test_fhirclient_follows_pages(live_server: Server, mark: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhirclient import server as servers
        from fhirclient.models.patient import Patient
    with live_server.client() as client:
        for _ in range(5):
            client.post("Patient", json=given.patient(name=[{"family": mark}]))
    server = servers.FHIRServer(None, base_uri=f"{live_server.fhir}/")
    server.session.headers["Authorization"] = f"Bearer {live_server.token()}"

    everybody = list(Patient.where({"family": mark, "_count": "2"}).perform_resources_iter(server))

    assert len({one.id for one in everybody}) == 5
    server.session.close()


def test_fhir_pyrate_makes_a_table_of_several_pages(live_server: Server, mark: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import requests
        from fhir_pyrate import Pirate
    with live_server.client() as client:
        for number in range(5):
            client.post(
                "Patient", json=given.patient(name=[{"family": mark, "given": [str(number)]}])
            )
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {live_server.token()}"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pirate = Pirate(
            auth=session, base_url=live_server.fhir, print_request_url=False, num_processes=1
        )
        table = pirate.steal_bundles_to_dataframe(
            resource_type="Patient",
            request_params={"family": mark, "_count": 2},
            fhir_paths=["id", ("given", "name.given")],
        )
    session.close()

    assert len(table) == 5
    assert len(set(table["id"])) == 5
