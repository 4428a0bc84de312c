"""A few invented patients and accounts behind the ports of the screen, in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from cordee.care.record.ports import PatientPage, RecordRows, Resource, decode_resource
from cordee.care.record.query import PatientQuery, plain
from cordee.care.record.traits import read_traits
from cordee.runtime.french import PARIS
from cordee.web.ports import Account

NOW = datetime(2026, 11, 24, 7, 58, tzinfo=PARIS)
FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
LOINC, ATC, SNOMED = "http://loinc.org", "http://www.whocc.no/atc", "http://snomed.info/sct"


def patient(  # noqa: PLR0913 - one argument a trait
    identifier: str,
    family: str,
    given: str,
    born: str,
    *,
    gender: str = "female",
    place: tuple[str, str] = ("", ""),
    ins: str = "",
    status: str = "VALI",
    used: str = "",
    town: str = "",
    **more: Any,
) -> Resource:
    names = [{"use": "official", "family": family, "given": given.split()[:1]}]
    names[0]["extension"] = [
        {"url": FR + "fr-core-patient-birth-list-given-name", "valueString": given}
    ]
    if used:
        names.append({"use": "usual", "family": used, "given": given.split()[:1]})
    return {
        "resourceType": "Patient",
        "id": identifier,
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {
                    "city": place[0],
                    "extension": [
                        {
                            "url": FR + "fr-core-address-insee-code",
                            "valueCoding": {"code": place[1]},
                        }
                    ],
                },
            },
            {
                "url": FR + "fr-core-identity-reliability",
                "extension": [{"url": "identityStatus", "valueCoding": {"code": status}}],
            },
        ],
        "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": ins}] if ins else [],
        "name": names,
        "gender": gender,
        "birthDate": born,
        "address": [{"city": town}] if town else [],
        **more,
    }


MORVAN = patient(
    "p-7f3a",
    "Morvan",
    "Yvonne Marie Anne",
    "1939-04-04",
    place=("Vesoul", "70550"),
    ins="239047055000033",
    used="Lefort",
    town="Saulx",
    generalPractitioner=[{"reference": "Practitioner/legoff"}],
)
PATIENTS = [
    MORVAN,
    patient("p-81bc", "Morvan", "Yvette", "1939-04-04", place=("Lure", "70310"), status="PROV"),
    patient("p-2d90", "Bertin", "Jeanne", "1968-03-12", place=("Aubrey", "25001"), town="Aubrey",
            ins="268032500100042"),
    patient("p-55e1", "Rolland", "Émile Louis", "1935-06-17", gender="male", status="DOUT",
            place=("Belmont", "70050"), deceasedDateTime="2026-11-02"),
    patient("p-9a07", "Lecœur-Évrard", "Anaïs", "1991-12-30", used="Nuñez",
            place=("Dole", "39198")),
]  # fmt: skip
PATIENTS += [
    patient(f"p-dup{n:02d}", "Martin", f"Marie {n}", f"19{40 + n}-05-0{1 + n % 9}", status="PROV")
    for n in range(25)
]

NAMES = {
    "Practitioner/legoff": "Dr Anne Le Goff",
    "Practitioner/benali": "Dr Yacine Benali",
    "Organization/belmont": "CH de Belmont (B)",
    "Organization/quatre-vents": "MSP des Quatre-Vents (B)",
    "Organization/bio-loue": "Laboratoire Bio-Loue (A)",
    "Organization/tilleuls": "EHPAD Les Tilleuls (A)",
}


def observation(  # noqa: PLR0913 - one argument an element
    loinc: str,
    name: str,
    value: str,
    unit: str,
    at: str,
    *,
    low: str = "",
    high: str = "",
    flag: str = "",
    category: str = "laboratory",
) -> Resource:
    bounds = {
        side: {"value": Decimal(bound), "unit": unit}
        for side, bound in (("low", low), ("high", high))
        if bound
    }
    row: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"coding": [{"system": LOINC, "code": loinc, "display": name}]},
        "effectiveDateTime": at,
        "valueQuantity": {"value": Decimal(value), "unit": unit, "code": unit},
        "performer": [{"reference": "Organization/bio-loue"}],
    }
    if bounds:
        row["referenceRange"] = [bounds]
    if flag:
        row["interpretation"] = [{"coding": [{"code": flag}]}]
    return row


def pressure(systolic: int, diastolic: int, at: str) -> Resource:
    def part(code: str, value: int) -> dict[str, Any]:
        quantity = {"value": Decimal(value), "code": "mm[Hg]"}
        return {"code": {"coding": [{"code": code}]}, "valueQuantity": quantity}

    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"code": "85354-9"}]},
        "effectiveDateTime": at,
        "component": [part("8480-6", systolic), part("8462-4", diastolic)],
    }


DAYS = ("2025-11-20", "2026-02-03", "2026-05-14", "2026-09-02", "2026-11-24")
PANEL = (
    ("62238-1", "Clairance", "mL/min/{1.73_m2}", "60", "", "55 54 52 46 38"),
    ("14682-9", "Créatinine", "umol/L", "45", "84", "88 90 92 101 118"),
    ("2823-3", "Potassium", "mmol/L", "3.5", "5.1", "4.2 4.3 4.4 4.6 4.9"),
    ("2951-2", "Sodium", "mmol/L", "135", "145", "139 140 140 138 137"),
    ("718-7", "Hémoglobine", "g/dL", "12.0", "16.0", "12.8 12.7 12.60 12.40 12.10"),
    ("777-3", "Plaquettes", "10*9/L", "150", "400", "240 238 244 251 236"),
    ("1988-5", "CRP", "mg/L", "", "5", "3 2 4 3 48"),
)
PANEL_RESULTS = tuple(
    observation(loinc, name, value, unit, f"{day}T07:40:00+01:00", low=low, high=high)
    for loinc, name, unit, low, high, values in PANEL
    for day, value in zip(DAYS, values.split(), strict=True)
)
RESULTS = (
    *PANEL_RESULTS,
    observation("4548-4", "HbA1c", "5.9", "%", "2026-05-14", low="4.0", high="6.0"),
    observation("3016-3", "TSH", "2.10", "m[IU]/L", "2024-03-02", low="0.4", high="4.0"),
    pressure(128, 72, "2026-06-12"),
    pressure(132, 74, "2026-08-20T09:00:00+02:00"),
    pressure(134, 74, "2026-11-12T10:30:00+01:00"),
    pressure(162, 88, "2026-11-24T02:55:00+01:00"),
    observation("29463-7", "Poids", "54.5", "kg", "2026-11-12", category="vital-signs"),
    observation("59408-5", "SpO2", "96", "%", "2026-11-24T02:55:00+01:00", category="vital-signs"),
    observation("8867-4", "Pouls", "88", "/min", "2026-11-24T02:55:00+01:00",
                category="vital-signs"),
)  # fmt: skip


def condition(name: str, since: str, status: str = "active", until: str = "") -> Resource:
    return {
        "resourceType": "Condition",
        "code": {"text": name},
        "clinicalStatus": {"coding": [{"code": status}]},
        "onsetDateTime": since,
        **({"abatementDateTime": until} if until else {}),
    }


def drug(name: str, atc: str, since: str, status: str = "active", **dosage: Any) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": {"text": name, "coding": [{"system": ATC, "code": atc}]},
        "authoredOn": since,
        "requester": {"reference": "Practitioner/legoff"},
        "dosageInstruction": [dosage] if dosage else [],
    }


def dose(value: str, unit: str, frequency: int, *when: str) -> dict[str, Any]:
    repeat = {"frequency": frequency, "period": 1, "periodUnit": "d", "when": list(when)}
    return {
        "timing": {"repeat": repeat},
        "doseAndRate": [{"doseQuantity": {"value": Decimal(value), "code": unit}}],
    }


def encounter(identifier: str, code: str, start: str, end: str = "", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": identifier,
        "status": "finished",
        "class": {"code": code},
        "period": {"start": start, **({"end": end} if end else {})},
        **more,
    }


def visits(count: int) -> tuple[Resource, ...]:
    return tuple(
        encounter(
            f"v{n}",
            "AMB",
            f"{2025 - n // 12}-{12 - n % 12:02d}-09T10:00:00+01:00",
            serviceProvider={"reference": "Organization/quatre-vents"},
            participant=[{"individual": {"reference": "Practitioner/legoff"}}],
            reasonCode=[{"text": "Suivi de la fibrillation auriculaire"}],
        )
        for n in range(count)
    )


def document(identifier: str, title: str, at: str, kind: str, place: str) -> Resource:
    return {
        "resourceType": "DocumentReference",
        "id": identifier,
        "status": "current",
        "type": {"text": kind},
        "date": at,
        "author": [{"reference": "Practitioner/benali"}],
        "custodian": {"reference": place},
        "content": [{"attachment": {"title": title, "contentType": "application/pdf"}}],
    }


MORVAN_ROWS = RecordRows(
    patient=MORVAN,
    problems=(
        condition("Fibrillation auriculaire permanente", "2019-03"),
        condition("Insuffisance rénale chronique, stade 3b", "2024-09-02"),
        condition("Chutes à répétition", "2025-06"),
        condition("Hypertension artérielle", "2004"),
        condition("Fracture du poignet gauche", "2012-02-11", "resolved", "2012-06"),
    ),
    allergies=(
        {
            "resourceType": "AllergyIntolerance",
            "code": {"text": "pénicillines"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "criticality": "high",
            "onsetDateTime": "2011",
            "reaction": [{"manifestation": [{"text": "œdème de Quincke"}], "severity": "severe"}],
        },
        {
            "resourceType": "AllergyIntolerance",
            "code": {"text": "latex"},
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "criticality": "low",
            "recordedDate": "2015-05-02",
        },
    ),
    treatments=(
        drug("Apixaban (Eliquis)", "B01AF02", "2026-05-14", **dose("5", "mg", 2, "MORN", "EVE")),
        drug("Bisoprolol", "C07AB07", "2019-03-20", **dose("2.50", "mg", 1, "MORN")),
        drug("Lévothyroxine", "H03AA01", "2015-01-10", **dose("0.075", "mg", 1, "WAKE")),
        drug("Paracétamol", "N02BE01", "2026-11-12", asNeededBoolean=True,
             text="1 g jusqu’à 3 fois par jour, 6 h entre deux prises"),
        drug("Zopiclone", "N05CF01", "2024-01-02", "stopped", **dose("3.75", "mg", 1, "HS")),
    ),
    results=RESULTS,
    encounters=(
        encounter(
            "e1",
            "EMER",
            "2026-11-24T02:55:00+01:00",
            "2026-11-24T05:40:00+01:00",
            serviceProvider={"reference": "Organization/belmont"},
            participant=[{"individual": {"reference": "Practitioner/benali"}}],
            reasonCode=[{"text": "Chute avec choc à la tête, sous anticoagulant"}],
        ),
        encounter(
            "e2",
            "HH",
            "2026-11-12T10:30:00+01:00",
            participant=[{"individual": {"reference": "Practitioner/legoff"}}],
            reasonCode=[{"text": "Visite de suivi à l’EHPAD"}],
        ),
        encounter(
            "e3",
            "IMP",
            "2025-06-03T18:00:00+02:00",
            "2025-06-08T11:00:00+02:00",
            serviceProvider={"reference": "Organization/belmont"},
            reasonCode=[{"text": "Chute, bilan gériatrique"}],
        ),
        *visits(40),
    ),
    documents=(
        document("d1", "Lettre des urgences", "2026-11-24T05:38:00+01:00",
                 "Compte rendu de passage", "Organization/belmont"),
        {
            "resourceType": "DiagnosticReport",
            "id": "r1",
            "status": "final",
            "code": {"text": "Scanner cérébral"},
            "effectiveDateTime": "2026-11-24T03:38:00+01:00",
            "performer": [{"reference": "Organization/belmont"}],
            "conclusion": "Pas de saignement.",
        },
        document("d2", "Directives anticipées", "2025-03-18", "Directives anticipées",
                 "Organization/tilleuls"),
    ),
    care_team=(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "participant": [
                {
                    "member": {"reference": "Practitioner/legoff"},
                    "role": [{"text": "médecin traitant"}],
                    "onBehalfOf": {"reference": "Organization/quatre-vents"},
                },
                {"member": {"display": "Claire Weber"}, "role": [{"text": "infirmière"}],
                 "onBehalfOf": {"reference": "Organization/tilleuls"}},
            ],
        },
        {
            "resourceType": "RelatedPerson",
            "name": [{"given": ["Marc"], "family": "Lefort"}],
            "relationship": [{"text": "fils, personne de confiance"}],
            "telecom": [{"system": "phone", "value": "06 00 00 00 00"}],
        },
    ),
    names=NAMES,
)  # fmt: skip

LE_GOFF = Account(
    "le-goff", "Dr Anne Le Goff", "médecin traitant", "MSP des Quatre-Vents, B", "P1",
    group="En ville et en EHPAD", principal="Practitioner/legoff",
)  # fmt: skip
ACCOUNTS = (
    LE_GOFF,
    Account("haddad", "Samira Haddad", "infirmière libérale", "tournée rurale, C", "P2",
            group="En ville et en EHPAD", principal="Practitioner/haddad"),
    Account("benali", "Dr Yacine Benali", "urgentiste", "CH de Belmont, B", "P4",
            group="À l’hôpital et à la régulation", principal="Practitioner/benali"),
    Account("perret", "Julie Perret", "analyste", "ARS, région", "P14", sees_records=False,
            group="Patients et région", principal="Practitioner/perret"),
)  # fmt: skip


class SampleAccounts:
    """Accounts of a demonstration."""

    def __init__(self) -> None:
        self.closed: set[str] = set()

    def demo_accounts(self) -> Sequence[Account]:
        return ACCOUNTS

    async def sign_in(self, user: str) -> Account | None:
        return self._named(user)

    async def resume(self, user: str, session: str) -> Account | None:
        return None if session in self.closed else self._named(user)

    async def sign_out(self, user: str, session: str) -> None:
        self.closed.add(session)

    def _named(self, user: str) -> Account | None:
        return next((account for account in ACCOUNTS if account.user == user), None)


class SampleRecords:
    """Records in memory, with their changes."""

    def __init__(self) -> None:
        self.rows = {row["id"]: RecordRows(patient=row, names=NAMES) for row in PATIENTS}
        self.rows[MORVAN["id"]] = MORVAN_ROWS
        self.number = dict.fromkeys(self.rows, 1)
        self.opened: dict[Any, list[str]] = {}
        self.failure: Exception | None = None
        self._wake = asyncio.Condition()

    async def find_patients(
        self,
        principal: Any,
        query: PatientQuery,
        *,
        after: str | None = None,
        limit: int = 20,
    ) -> PatientPage:
        if self.failure:
            raise self.failure
        found = [row for row in PATIENTS if _matches(row, query)]
        start = int(after or 0)
        end = start + limit
        return PatientPage(tuple(found[start:end]), str(end) if end < len(found) else None)

    async def recent_patients(self, principal: Any, *, limit: int = 8) -> tuple[Resource, ...]:
        opened = reversed(self.opened.get(principal, []))
        return tuple(self.rows[one].patient for one in dict.fromkeys(opened))[:limit]

    async def open_record(
        self, principal: Any, patient_id: str, *, reason: str = "open"
    ) -> RecordRows | None:
        if self.failure:
            raise self.failure
        if patient_id not in self.rows:
            return None
        if reason == "open":
            self.opened.setdefault(principal, []).append(patient_id)
        return replace(self.rows[patient_id], change=str(self.number[patient_id]))

    async def changes(self, principal: Any, patient_id: str) -> AsyncIterator[str]:
        known = 0
        while patient_id in self.number:
            async with self._wake:
                while self.number[patient_id] == known:
                    await self._wake.wait()
                known = self.number[patient_id]
            yield str(known)

    async def write(self, patient_id: str, **kinds: tuple[Resource, ...]) -> None:
        """Put other rows into a record and tell those who look at it."""
        async with self._wake:
            self.rows[patient_id] = replace(self.rows[patient_id], **kinds)
            self.number[patient_id] += 1
            self._wake.notify_all()


def as_stored(row: Resource) -> Resource:
    """The row as the store would give it: through JSON text."""
    return decode_resource(json.dumps(row, default=str))


def _matches(row: Resource, query: PatientQuery) -> bool:
    traits = read_traits(row)
    texts = (traits.birth_name, traits.used_name, traits.all_first_names)
    words = [word for text in texts for word in plain(text).replace("-", " ").split()]
    return (
        all(any(word.startswith(name) for word in words) for name in query.names)
        and traits.birth_date.startswith(query.birth_date or "")
        and traits.matricule.startswith(query.ins or "")
    )
