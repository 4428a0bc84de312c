"""A small region for searches: some hundred resources, always the same, odd on purpose."""

# ruff: noqa: C901 -- one line an element

from __future__ import annotations

from random import Random
from typing import Any

Resource = dict[str, Any]

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
LOCAL = "urn:test:codes"
IDENTIFIERS = "urn:test:ids"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CODES = ["29463-7", "8302-2", "718-7", "Mixed-Case", "rare-1"]
FAMILIES = [
    "Lefèvre",
    "LEFEVRE",
    "Œuvrard",
    "D'Almeida",
    "de la Tour",
    "Núñez",
    "Martin",
    "Martinez",
]
GIVENS = ["Anaïs", "Zoé", "Jean-Marc", "Björn", "Élodie", "Marie Claire", "Li"]
CITIES = ["Saint-Étienne", "Bourg-en-Bresse", "Lyon", "L'Haÿ-les-Roses"]
MOMENTS = [
    "2019", "2020", "2020-02", "2020-12", "2021-03", "2020-02-29", "2021-03-28", "2021-10-31",
    "2020-12-31", "2021-01-01", "2020-12-31T23:30:00Z", "2020-12-31T23:30:00+01:00",
    "2021-01-01T00:30:00+01:00", "2021-03-28T01:30:00Z", "2021-03-28T03:30:00+02:00",
    "2021-10-31T02:30:00+02:00", "2021-10-31T02:30:00+01:00", "2020-02-29T12:00:00.5+01:00",
    "2020-02-29T12:00:00.123456Z", "2020-02-29T11:00:00Z", "2022-06-15T08:15:30-05:00",
]  # fmt: skip
AMOUNTS = [
    (70.5, "kg", UCUM, "kg"), (70500, "g", UCUM, "g"), (70.5, "kilo", None, None),
    (71, "kg", UCUM, "kg"), (70, "kg", UCUM, "kg"), (5.4, "mmol/L", UCUM, "mmol/L"),
    (0.0054, "mol/L", UCUM, "mol/L"), (5.40, "mmol/l", UCUM, "mmol/L"), (5.35, "mmol/L", UCUM, "mmol/L"),
    (1.72, "m", UCUM, "m"), (172, "cm", UCUM, "cm"), (12, None, LOCAL, "score"), (-3, "u", None, None),
    (0, "kg", UCUM, "kg"), (37, "Cel", UCUM, "Cel"), (98.6, "°F", UCUM, "[degF]"),
]  # fmt: skip


def resources() -> list[Resource]:
    """All resources, in an order in which references can be followed."""
    dice = Random(20261122)
    made = [_organization(number) for number in range(5)]
    made += [_practitioner(dice, number) for number in range(5)]
    made += [_patient(dice, number) for number in range(24)]
    made += [_encounter(dice, number) for number in range(40)]
    made += [_observation(dice, number) for number in range(130)]
    made += [_condition(dice, number) for number in range(50)]
    made += [_risk(dice, number) for number in range(20)]
    return [{name: value for name, value in one.items() if value != {}} for one in made]


def _organization(number: int) -> Resource:
    made: Resource = {
        "resourceType": "Organization",
        "id": f"org{number}",
        "name": ["Hôpital Édouard", "Clinique du Parc", "Hôpital de jour", "Ephad", "GHT"][number],
        "identifier": [{"system": IDENTIFIERS, "value": f"F{number}"}],
        "active": number != 3,
    }
    if number in {0, 1, 2}:
        made["partOf"] = {"reference": f"Organization/org{4 if number == 0 else number - 1}"}
    return made


def _practitioner(dice: Random, number: int) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": f"pro{number}",
        "name": [{"family": FAMILIES[number], "given": [dice.choice(GIVENS)]}],
        "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": f"8{number:010}"}],
    }


def _patient(dice: Random, number: int) -> Resource:
    made: Resource = {"resourceType": "Patient", "id": f"pat{number}", "meta": _meta(dice)}
    made["name"] = [
        {"family": dice.choice(FAMILIES), "given": dice.sample(GIVENS, dice.randint(1, 2))}
        for _ in range(dice.choice([1, 1, 2]))
    ]
    if dice.random() < 0.9:
        made["birthDate"] = dice.choice(
            ["1950", "1980-02-29", "1980-02", "2001-12-31", "1999-01-01"]
        )
    if dice.random() < 0.8:
        made["gender"] = dice.choice(["male", "female", "other", "unknown"])
    if dice.random() < 0.6:
        made["active"] = dice.random() < 0.7
    if dice.random() < 0.3:
        made["deceasedDateTime"] = dice.choice(MOMENTS)
    elif dice.random() < 0.3:
        made["deceasedBoolean"] = dice.random() < 0.5
    made["identifier"] = [
        {"system": IDENTIFIERS, "value": f"P{number}"},
        {"value": f"bare{number % 3}"},
    ]
    made["address"] = [
        {"city": dice.choice(CITIES), "postalCode": f"42{number % 7}00", "country": "FR"}
    ]
    if dice.random() < 0.7:
        made["telecom"] = [
            {
                "system": "phone",
                "value": dice.choice(["06 12 34 56 78", "+33.4.77.00.00.01", "0477000002"]),
            },
            {"system": "email", "value": f"Patient{number}@Exemple.fr"},
        ]
    if dice.random() < 0.8:
        made["managingOrganization"] = {"reference": f"Organization/org{dice.randrange(5)}"}
    if dice.random() < 0.8:
        made["generalPractitioner"] = [
            {"reference": f"Practitioner/pro{one}"}
            for one in dice.sample(range(5), dice.randint(1, 2))
        ]
    return made


def _encounter(dice: Random, number: int) -> Resource:
    made: Resource = {
        "resourceType": "Encounter",
        "id": f"enc{number}",
        "meta": _meta(dice),
        "status": dice.choice(["planned", "in-progress", "finished"]),
        "class": {"system": ACT, "code": dice.choice(["AMB", "IMP", "EMER"])},
    }
    _subject(dice, made)
    if dice.random() < 0.85:
        made["period"] = _period(dice)
    if dice.random() < 0.6:
        made["serviceProvider"] = {"reference": f"Organization/org{dice.randrange(5)}"}
    if number > 5 and dice.random() < 0.4:
        made["partOf"] = {"reference": f"Encounter/enc{dice.randrange(5)}"}
    if dice.random() < 0.5:
        made["participant"] = [
            {"individual": {"reference": f"Practitioner/pro{dice.randrange(5)}"}}
        ]
    if dice.random() < 0.5:
        made["length"] = {
            "value": dice.choice([30, 0.5, 1.5]),
            "system": UCUM,
            "code": dice.choice(["min", "h"]),
        }
    return made


def _observation(dice: Random, number: int) -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": f"obs{number}",
        "meta": _meta(dice),
        "status": dice.choice(["final", "final", "amended", "preliminary"]),
        "code": _concept(dice),
        "category": [
            {"coding": [{"system": CATEGORY, "code": dice.choice(["laboratory", "vital-signs"])}]}
        ],
    }
    _subject(dice, made)
    if dice.random() < 0.6:
        made["effectiveDateTime"] = dice.choice(MOMENTS)
    elif dice.random() < 0.6:
        made["effectivePeriod"] = _period(dice)
    kind = dice.randrange(6)
    if kind < 3:
        made["valueQuantity"] = _quantity(dice)
    elif kind == 3:
        made["valueCodeableConcept"] = {
            "coding": [{"system": LOCAL, "code": dice.choice(["pos", "neg"])}]
        }
    elif kind == 4:
        made["valueString"] = dice.choice(["Élevé", "eleve et stable", "Bas, très bas"])
    if dice.random() < 0.3:
        made["component"] = [
            {
                "code": {"coding": [{"system": LOINC, "code": dice.choice(CODES)}]},
                "valueQuantity": _quantity(dice),
            }
            for _ in range(2)
        ]
    if dice.random() < 0.5:
        made["performer"] = [
            {
                "reference": dice.choice(
                    [f"Practitioner/pro{dice.randrange(5)}", f"Organization/org{dice.randrange(5)}"]
                )
            }
        ]
    if dice.random() < 0.2:
        made.setdefault("performer", []).append(
            {"identifier": {"system": IDENTIFIERS, "value": f"X{number % 4}"}}
        )
    if dice.random() < 0.5:
        made["encounter"] = {"reference": f"Encounter/enc{dice.randrange(40)}"}
    return made


def _condition(dice: Random, number: int) -> Resource:
    made: Resource = {
        "resourceType": "Condition",
        "id": f"con{number}",
        "clinicalStatus": {
            "coding": [{"system": CLINICAL, "code": dice.choice(["active", "resolved"])}]
        },
        "code": _concept(dice),
    }
    _subject(dice, made, always=True)
    kind = dice.randrange(4)
    if kind == 0:
        made["onsetDateTime"] = dice.choice(MOMENTS)
    elif kind == 1:
        made["onsetPeriod"] = _period(dice)
    elif kind == 2:
        made["onsetString"] = "dans l'enfance"
    if dice.random() < 0.6:
        made["recordedDate"] = dice.choice(MOMENTS)
    if dice.random() < 0.4:
        made["encounter"] = {"reference": f"Encounter/enc{dice.randrange(40)}"}
    return made


def _risk(dice: Random, number: int) -> Resource:
    made: Resource = {"resourceType": "RiskAssessment", "id": f"risk{number}", "status": "final"}
    _subject(dice, made, always=True)
    made["prediction"] = [{"probabilityDecimal": dice.choice([0.1, 0.25, 0.249, 0.251, 0.3, 1])}]
    return made


def _subject(dice: Random, made: Resource, *, always: bool = False) -> None:
    if always or dice.random() < 0.9:
        made["subject"] = {"reference": f"Patient/pat{dice.randrange(24)}"}


def _meta(dice: Random) -> Resource:
    made: Resource = {}
    if dice.random() < 0.3:
        made["tag"] = [{"system": LOCAL, "code": dice.choice(["t1", "t2"])}]
    if dice.random() < 0.2:
        made["security"] = [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                "code": dice.choice("NRV"),
            }
        ]
    if dice.random() < 0.2:
        made["source"] = f"http://sender.test/{dice.choice('ab')}"
    return made


def _concept(dice: Random) -> Resource:
    made: Resource = {}
    if dice.random() < 0.95:
        made["coding"] = [
            {"system": LOINC, "code": code}
            | ({"display": f"Mesure {code}"} if dice.random() < 0.5 else {})
            for code in dice.sample(CODES, dice.choice([1, 1, 2]))
        ]
    if dice.random() < 0.2:
        made.setdefault("coding", []).append({"code": dice.choice(CODES)})
    if dice.random() < 0.1:
        made.setdefault("coding", []).append({"system": LOCAL, "code": dice.choice(CODES).upper()})
    if "coding" not in made or dice.random() < 0.4:
        made["text"] = dice.choice(["Poids à jeun", "Taille", "mesuré au lit"])
    return made


def _quantity(dice: Random) -> Resource:
    value, unit, system, code = dice.choice(AMOUNTS)
    made: Resource = {"value": value}
    made |= {
        name: text for name, text in (("unit", unit), ("system", system), ("code", code)) if text
    }
    if dice.random() < 0.15:
        made["comparator"] = dice.choice(["<", "<=", ">", ">="])
    return made


def _period(dice: Random) -> Resource:
    starts, ends = (
        ["2019", "2020-02", "2020-12-31", "2020-02-29T11:00:00Z"],
        ["2021", "2022-06-15", "2021-03-28T03:30:00+02:00"],
    )
    made: Resource = {}
    if dice.random() < 0.8:
        made["start"] = dice.choice(starts)
    if not made or dice.random() < 0.6:
        made["end"] = dice.choice(ends)
    return made
