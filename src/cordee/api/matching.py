"""Patient/$match: who may this person be, by traits (R4, OperationDefinition Patient-match)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from cordee.api.http import Answer
from cordee.api.session import Session
from cordee.fhir.interactions.drafting import parsed
from cordee.fhir.search.bundle import bundle
from cordee.identity.matching.people import read_person
from cordee.identity.patients.files import ACTING, need_professional
from cordee.identity.patients.light import is_under_pseudonym
from cordee.identity.patients.searching import Candidate, Finder
from cordee.runtime.errors import AccessDenied, InvalidRequest

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
CERTAIN, PROBABLE = 0.999, 0.9
_DEFAULT, _MOST = 20, 100


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of the operation."""

    patient: dict[str, Any]
    only_certain: bool
    count: int


async def patient_match(session: Session) -> Answer:
    """POST Patient/$match: the files that may be of this person, best first, traits only."""
    session.scope.need("s", "Patient")
    need_professional(session.principal)
    if session.scope.limits_of("s", "Patient"):
        raise AccessDenied("$match: this token opens some patients only")
    ACTING.set(session.scope.acting)
    asked = _asked(parsed(await session.request.resource()))
    person = read_person(asked.patient)
    found = await Finder(session.kernel).match(session.scope, person, asked.count)
    if asked.only_certain:
        found = [one for one in found if grade(one) == "certain"]
    entries = [_entry(session.kernel.base, one) for one in found]
    return Answer(200, bundle("searchset", len(entries), [], entries))


def grade(candidate: Candidate) -> str:
    """Code of the value set match-grade."""
    probability = candidate.match.probability
    if is_under_pseudonym(candidate.patient):
        return "possible"  # a pseudonym is never the name of somebody else by itself (B7.8)
    if probability >= CERTAIN:
        return "certain"
    return "probable" if probability >= PROBABLE else "possible"


def _entry(base: str, one: Candidate) -> bytes:
    search = {
        "extension": [{"url": GRADE, "valueCode": grade(one)}],
        "mode": "match",
        "score": round(one.match.probability, 4),
    }
    place = f"{base}/Patient/{one.patient['id']}"
    return orjson.dumps({"fullUrl": place, "resource": one.patient, "search": search})


def _asked(body: dict[str, Any]) -> Asked:
    """A Parameters, or the Patient alone; raises `InvalidRequest` for anything else."""
    if body.get("resourceType") == "Patient":
        return Asked(body, False, _DEFAULT)
    if body.get("resourceType") != "Parameters":
        raise InvalidRequest("$match: send a Parameters whose `resource` is a Patient")
    given = {str(one.get("name")): one for one in body.get("parameter", ())}
    patient = given.get("resource", {}).get("resource", {})
    if patient.get("resourceType") != "Patient":
        raise InvalidRequest(
            "$match: the parameter `resource` must be a Patient",
            expression=("Parameters.parameter",),
        )
    count = given.get("count", {}).get("valueInteger", _DEFAULT)
    if not isinstance(count, int) or count < 1:
        raise InvalidRequest("$match: count is a positive whole number")
    only = given.get("onlyCertainMatches", {}).get("valueBoolean") is True
    return Asked(patient, only, min(count, _MOST))
