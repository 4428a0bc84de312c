"""The sheet that goes with a resident to an emergency department, as FHIR. Rule: B2.6.

What the record knows already (treatments, allergies, contacts, directives) is not typed again: the
department reads it in the record, which the coming Encounter opens to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from cordee.care.store import Write
from cordee.care.workflow.tasks import BASE, Asked
from cordee.identity.principal import Principal
from cordee.runtime.clock import instant
from cordee.runtime.errors import Issue, ResourceInvalid

MACHINE: Final = "emergency-passage"
CCMU: Final = BASE + "ccmu"
MOTIVES: Final = BASE + "motif-urgences"
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ADMIT: Final = "http://terminology.hl7.org/CodeSystem/admit-source"
_VITALS: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_UCUM: Final = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Vital:
    """A vital sign: LOINC code, French label, UCUM unit, and the bounds of what is possible."""

    loinc: str
    label: str
    unit: str
    low: float
    high: float


VITALS: Final[dict[str, Vital]] = {
    "systolic": Vital("8480-6", "Tension systolique", "mm[Hg]", 40, 300),
    "diastolic": Vital("8462-4", "Tension diastolique", "mm[Hg]", 20, 200),
    "pulse": Vital("8867-4", "Pouls", "/min", 20, 250),
    "saturation": Vital("59408-5", "Saturation en oxygène", "%", 30, 100),
    "temperature": Vital("8310-5", "Température", "Cel", 25, 45),
    "breathing": Vital("9279-1", "Fréquence respiratoire", "/min", 4, 80),
    "glucose": Vital("2339-0", "Glycémie capillaire", "mg/dL", 10, 1000),
    "glasgow": Vital("9269-2", "Score de Glasgow", "{score}", 3, 15),
    "pain": Vital("72514-3", "Douleur, de 0 à 10", "{score}", 0, 10),
}
_PRESSURE: Final = ("systolic", "diastolic")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a caregiver says of a resident who leaves; `number` is that of the form (a UUID).

    `destination` is the Organization of the department; `vitals` are values by the key of `VITALS`.
    """

    number: str
    destination: str
    motive: str
    motive_label: str
    sent_at: datetime
    story: str = ""
    since: str = ""
    autonomy: str = ""
    belongings: str = ""
    told: str = ""
    transport: str = ""
    callback: str = ""
    vitals: Mapping[str, float] = field(default_factory=dict)


def check(sheet: Sheet, now: datetime) -> None:
    """Returns when the sheet can be sent; raises `ResourceInvalid` with each problem."""
    problems: list[tuple[str, str]] = []
    if not sheet.destination:
        problems.append(("destination", "Choisissez le service d’urgences."))
    if not sheet.motive:
        problems.append(("motive", "Dites pourquoi la personne part aux urgences."))
    if abs((sheet.sent_at - now).total_seconds()) > 24 * 3600:
        problems.append(("sent_at", "L’heure de départ est à moins d’un jour d’ici."))
    for key, value in sheet.vitals.items():
        vital = VITALS[key]
        if not vital.low <= value <= vital.high:
            problems.append((key, f"{vital.label} : entre {vital.low:g} et {vital.high:g}."))
    if problems:
        raise ResourceInvalid(
            [Issue("error", "invalid", text, (where,)) for where, text in problems]
        )


def lot(sheet: Sheet, principal: Principal, patient: str) -> tuple[Asked, list[Write]]:
    """The request, and what is written with it: the Encounter to come and the vital signs."""
    encounter = f"urn:uuid:{uuid4()}"
    subject = {"reference": patient}
    facts: dict[str, Any] = {
        "motive": sheet.motive, "sent-at": instant(sheet.sent_at), "story": sheet.story,
        "since": sheet.since, "autonomy": sheet.autonomy, "belongings": sheet.belongings,
        "told": sheet.told, "transport": sheet.transport, "callback": sheet.callback,
    }  # fmt: skip
    asked = Asked(
        MACHINE, patient, sheet.destination, principal.structure,
        focus=encounter, encounter=encounter, facts=facts,
    )  # fmt: skip
    coming = Write(_encounter(sheet, principal, subject), key=encounter)
    signs = [Write(one) for one in _observations(sheet, principal, subject, encounter)]
    return asked, [coming, *signs]


def _encounter(sheet: Sheet, principal: Principal, subject: dict[str, str]) -> dict[str, Any]:
    motive = {"system": MOTIVES, "code": sheet.motive, "display": sheet.motive_label}
    return {
        "resourceType": "Encounter",
        "status": "planned",
        "class": {"system": _ACT, "code": "EMER", "display": "urgences"},
        "subject": subject,
        "period": {"start": instant(sheet.sent_at)},
        "reasonCode": [{"coding": [motive], "text": sheet.motive_label}],
        "hospitalization": {
            "origin": {"reference": principal.structure},
            "admitSource": {"coding": [{"system": _ADMIT, "code": "nursing"}]},
        },
        "serviceProvider": {"reference": sheet.destination},
    }


def _observations(
    sheet: Sheet, principal: Principal, subject: dict[str, str], encounter: str
) -> list[dict[str, Any]]:
    common: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _VITALS, "code": "vital-signs"}]}],
        "subject": subject,
        "encounter": {"reference": encounter},
        "effectiveDateTime": instant(sheet.sent_at),
        "performer": [{"reference": principal.practitioner or principal.structure}],
    }
    made: list[dict[str, Any]] = []
    pressure = [one for one in _PRESSURE if one in sheet.vitals]
    if pressure:
        parts = [_coded(one) | _valued(one, sheet.vitals[one]) for one in pressure]
        code = _concept("85354-9", "Pression artérielle")
        made.append(common | {"code": code, "component": parts})
    for key, value in sheet.vitals.items():
        if key not in _PRESSURE:
            made.append(common | _coded(key) | _valued(key, value))
    return made


def _coded(key: str) -> dict[str, Any]:
    return {"code": _concept(VITALS[key].loinc, VITALS[key].label)}


def _valued(key: str, value: float) -> dict[str, Any]:
    unit = VITALS[key].unit
    shown = int(value) if value == int(value) else value
    return {"valueQuantity": {"value": shown, "unit": unit, "system": _UCUM, "code": unit}}


def _concept(code: str, label: str) -> dict[str, Any]:
    return {
        "coding": [{"system": "http://loinc.org", "code": code, "display": label}],
        "text": label,
    }
