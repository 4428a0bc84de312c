"""One example of each kind of criterion: the address, and the ids that it finds."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
import search_cases
from search_loading import load

FOUND = [
    # dates
    ("Patient?birthdate=1980", "noel noella"),
    ("Patient?birthdate=1980-03", "noella"),
    ("Patient?birthdate=ap1980", "noel noella"),
    ("Observation?date=2024-03-01", "owl-1"),
    ("Observation?date=2024-02-29T23:30:00Z", "owl-1"),
    ("Observation?date=2024-03-01T00:30:00+01:00", "owl-1"),
    ("Observation?date=ne2024", "bird-1"),
    ("Observation?date=gt2024-03-02", "fish-1 bird-1"),
    ("Observation?date=lt2024-03-01", "fish-1"),
    ("Observation?date=ge2024-03-01&date=le2024-03-01", "owl-1 fish-1"),
    ("Observation?date=sa2024-05", "bird-1"),
    ("Observation?date=eb2024-04", "owl-1"),
    ("Observation?date=2023,2024", "owl-1 fish-1"),
    ("Encounter?date=sa2024-01&date=gt2030", "stay"),
    ("Observation?date:missing=true", "cow-1"),
    # strings
    ("Patient?name=noel", "noel noella"),
    ("Patient?name=NOËL", "noel noella"),
    ("Patient?family:exact=Noël", "noel"),
    ("Patient?family:exact=noel", ""),
    ("Patient?given:contains=luc", "noel"),
    ("Practitioner?family=oeuv", "doctor"),
    ("Patient?family:missing=true", "nobody"),
    # tokens
    ("Observation?code=owl", "owl-1"),
    ("Observation?code=urn:test:beasts|OWL", "owl-1"),
    ("Observation?code=urn:test:beasts|", "owl-1 fish-1 bird-1 cow-1"),
    ("Observation?value-concept=|moo", "cow-1"),
    ("Observation?code=|owl", ""),
    ("ServiceRequest?code=many8", "coded"),
    ("ServiceRequest?category=ninth", "coded"),
    ("Patient?_has:ServiceRequest:patient:category=ninth", "noel"),
    ("Observation?code:not=owl,fish", "bird-1 cow-1"),
    ("Observation?code:text=vache", "cow-1"),
    ("Observation?code:text=bete a", "cow-1"),
    ("Observation?code:in=http://example.org/vs/flying", "owl-1 bird-1"),
    ("Observation?code:in=http://example.org/vs/flying|2", "owl-1 bird-1"),
    ("Observation?code:not-in=http://example.org/vs/flying", "fish-1 cow-1"),
    ("Observation?code:below=urn:test:beasts|bird", "owl-1 bird-1"),
    ("Observation?code:above=urn:test:beasts|owl", "owl-1 bird-1"),
    (f"Patient?identifier:of-type={search_cases.TYPES}|MR|AB\\,1\\$2\\|3", "noel"),
    ("Patient?identifier=urn:ipp|AB\\,1\\$2\\|3", "noel"),
    ("Patient?identifier=|bare", "noel"),
    ("Patient?identifier:text=doss", "noel"),
    ("Patient?phone=0612345678", "noel"),
    ("Patient?phone=06 12 34 56 78", "noel"),
    ("Patient?telecom=06.12.34.56.78", "noel"),
    ("Patient?telecom=phone|", "noel"),
    ("Patient?phone=phone|", "noel"),
    ("Patient?telecom=email|,fax|", "noel"),
    ("Patient?telecom=fax|", ""),
    ("Patient?telecom=mobile|", "noel"),
    ("Patient?telecom=mobile|0612345678", "noel"),
    ("Patient?telecom=home|0612345678", ""),
    ("Patient?email=phone|", ""),
    ("Patient?email=noel@nord.fr", "noel"),
    ("Patient?gender=http://hl7.org/fhir/administrative-gender|male", "noel"),
    ("Patient?active=true", "noel"),
    ("Patient?gender:missing=false", "noel nobody"),
    # references
    ("Observation?subject=noel", "owl-1 fish-1"),
    ("Observation?subject=Patient/noel", "owl-1 fish-1"),
    ("Observation?subject=http://127.0.0.1:8100/fhir/Patient/noel", "owl-1 fish-1"),
    ("Observation?subject:Patient=noel", "owl-1 fish-1"),
    ("Observation?performer:Practitioner=doctor", "owl-1"),
    ("Observation?performer:identifier=urn:rpps|9", "owl-1"),
    ("Observation?patient=noel,noella", "owl-1 fish-1 bird-1"),
    ("QuestionnaireResponse?questionnaire=http://example.org/q", "said"),
    ("QuestionnaireResponse?questionnaire=http://example.org/q|1", "said"),
    ("QuestionnaireResponse?questionnaire=http://example.org/q|2", ""),
    ("Organization?partof:below=top", "middle leaf aside"),
    ("Organization?partof:below=Organization/middle", "leaf"),
    ("Organization?partof:above=leaf", "middle aside leaf"),
    ("Organization?partof:above=middle", "middle aside leaf"),
    ("Patient?organization:below=middle", "noel"),
    ("Encounter?service-provider:above=leaf", "stay"),
    # quantities and numbers
    ("Observation?value-quantity=1.5|http://unitsofmeasure.org|kg", "owl-1"),
    ("Observation?value-quantity=gt1.5|http://unitsofmeasure.org|kg", "fish-1"),
    ("Observation?value-quantity=1500||g", "owl-1"),
    ("Observation?value-quantity=1500||grammes", "owl-1"),
    ("Observation?value-quantity=1500", "owl-1"),
    ("Observation?value-quantity=ap1400", "owl-1"),
    ("Observation?combo-value-quantity=lt100||mm[Hg]", "bird-1"),
    ("Observation?combo-value-quantity=lt100||mmHg", "bird-1"),
    ("RiskAssessment?probability=0.25", "risk"),
    ("RiskAssessment?probability=gt0.25", ""),
    # uris
    ("ValueSet?url=http://example.org/vs/flying", "flying"),
    ("ValueSet?url:below=http://example.org/vs", "flying below"),
    ("ValueSet?url:above=http://example.org/vs/flying/night/owls", "flying below"),
    # composites
    ("Observation?component-code-value-quantity=sys$gt100", "bird-1"),
    ("Observation?component-code-value-quantity=dia$gt100", ""),
    ("Observation?code-value-quantity=urn:test:beasts|owl$gt1||g", "owl-1"),
    ("Observation?code-value-concept=cow$moo", "cow-1"),
    # special
    ("Location?near=45.75|4.85|20|km", "lyon"),
    ("Location?near=45.6|4.6|60", "lyon saint-etienne"),
    # every resource
    ("Patient?_id=noel,nobody", "noel nobody"),
    (f"Patient?_tag={search_cases.KINDS}|demo", "noel"),
    ("Patient?_profile=http://example.org/P", "noel"),
    ("Patient?_profile=http://example.org/P|1.0", "noel"),
    ("Patient?_security=guarded", "noel"),
    ("Patient?_source=http://sender.test/a", "noel"),
    ("Patient?_text=pere", "noel"),
    ("Patient?_content=nord.fr", "noel"),
    ("Patient?_list=chosen", "noel"),
    ("Patient?_lastUpdated=gt2020-01-01&_lastUpdated=lt2100", "noel noella nobody"),
    ("?_type=Patient,Observation&_list=chosen", "noel owl-1"),
    ("?_id=noel,owl-1,stay", "noel owl-1 stay"),
    ("?_type=Patient&_tag=demo", "noel"),
    # chains and what refers
    ("Observation?patient.name=noel", "owl-1 fish-1 bird-1"),
    ("Observation?subject:Patient.birthdate=1980-03,1979", "bird-1"),
    ("Observation?subject.organization.name=structure leaf", "owl-1 fish-1"),
    ("Observation?patient.organization:Organization.partof.name=structure middle", "owl-1 fish-1"),
    ("Observation?encounter.service-provider.name=structure m", "owl-1"),
    ("Observation?performer.name=oeuvrard", "owl-1"),
    ("Patient?_has:Observation:patient:code=owl", "noel"),
    ("Patient?_has:Observation:patient:code=owl,bird", "noel noella"),
    ("Practitioner?_has:Observation:performer:code=owl", "doctor"),
    ("Organization?_has:Patient:organization:_has:Observation:patient:code=bird", "aside"),
    ("Encounter?patient._has:Observation:patient:code=fish", "stay"),
    ("Organization?_has:Encounter:service-provider:patient.name=noel", "middle"),
    # filters
    ("Patient?_filter=name co \"oel\" and birthdate eq 1980-03", "noella"),
    ("Patient?_filter=not (gender eq male)", "noella nobody"),
    ("Patient?_filter=gender eq male or family sw noella", "noel noella"),
    ("Patient?_filter=family ew \"ella\"", "noella"),
    ("Observation?_filter=patient.name eq noel and date ge 2024-03", "owl-1 fish-1"),
    ("Observation?_filter=value-quantity gt 1||kg", "fish-1"),
    ("Observation?_filter=code in http://example.org/vs/flying", "owl-1 bird-1"),
    ("Observation?_filter=code sb urn:test:beasts|bird", "owl-1 bird-1"),
    ("Observation?_filter=encounter pr true", "owl-1"),
    ("Observation?_filter=subject re Patient/noella", "bird-1"),
    # compartments
    ("Patient/noel/Observation", "owl-1 fish-1"),
    ("Patient/noel/Observation?code=fish", "fish-1"),
    ("Encounter/stay/Observation", "owl-1"),
    ("Patient/noella/*", "bird-1"),
]  # fmt: skip

REFUSED = [
    ("Patient?nothing=1", 400, "no such search parameter"),
    ("Patient?birthdate=yesterday", 400, "date is expected"),
    ("Patient?name:below=a", 400, "no such modifier"),
    ("Observation?value-quantity=tall", 400, "number is expected"),
    ("Observation?code=", 200, ""),
    ("Patient?_sort=_score", 400, "scored"),
    ("Patient?_sort=nothing", 400, "no search parameter"),
    ("MedicationRequest?_contained=some", 400, "contained"),
    ("MedicationRequest?_containedType=some", 400, "contained"),
    ("Observation/$lastn?patient=noel&_contained=true", 400, "contained"),
    ("Observation?_include=Observation:nothing", 400, "no reference parameter"),
    ("Observation?_include=Observation:code", 400, "no reference parameter"),
    ("Observation?_include=Observation:encounter:Patient", 400, "never refers"),
    ("Patient?_revinclude=Observation:nothing", 400, "no reference parameter"),
    ("Patient?_query=mine", 400, "no named query"),
    ("Patient?_count=many", 400, "whole number"),
    ("Patient?_total=some", 400, "use one of"),
    ("Patient?_cursor=xyz", 400, "follow the links"),
    ("Observation?code:in=http://example.org/vs/none", 400, "not held"),
    ("Observation?code.name=x", 400, "only a reference"),
    ("Patient?_has:Observation:code=x", 400, "_has:Type"),
    ("Patient?_filter=name co", 400, "value is expected"),
    ("Organization?name:above=x", 400, "no such modifier"),
    ("Condition?patient:above=x", 400, "tree"),
]


@pytest.fixture(scope="module")
async def known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    await load(client, search_cases.resources())
    return client


def address(text: str) -> str:
    return quote(text, safe="/?&=:*,.$|_-()\\") if "+" not in text else text.replace("+", "%2B")


@pytest.mark.parametrize(("text", "ids"), FOUND, ids=[one[0] for one in FOUND])
async def test_finds(known: httpx.AsyncClient, text: str, ids: str) -> None:
    answer = await known.get(address(text), params=None)

    assert answer.status_code == 200, answer.text
    found = [entry["resource"]["id"] for entry in answer.json().get("entry", ())]
    assert sorted(found) == sorted(ids.split())
    assert answer.json()["total"] == len(found)


@pytest.mark.parametrize(("text", "status", "words"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_refuses(known: httpx.AsyncClient, text: str, status: int, words: str) -> None:
    answer = await known.get(address(text))

    assert answer.status_code == status, answer.text
    assert words in answer.text


async def test_a_plus_that_was_not_escaped_is_understood(known: httpx.AsyncClient) -> None:
    answer = await known.get("Observation?date=2024-03-01T00:30:00+01:00")

    assert [entry["resource"]["id"] for entry in answer.json()["entry"]] == ["owl-1"]
