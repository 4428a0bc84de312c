"""Invented patients, and the record of the one whom the screen is about."""

from __future__ import annotations

from sample_resources import (
    condition,
    document,
    dose,
    drug,
    encounter,
    observation,
    patient,
    pressure,
    visits,
)

from cordee.care.record.ports import RecordRows

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
