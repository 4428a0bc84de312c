"""The Patient of a person in the shape of FR Core, and the people around."""

from __future__ import annotations

from typing import Final

from cordee.app.region.coding import (
    COMMUNES,
    DEMO,
    FR_CORE,
    FR_IDENTIFIERS,
    FR_IDENTITY,
    FR_VALIDATION_MODE,
    HL7,
    INS_TEST,
    Json,
    concept,
)
from cordee.app.region.moments import day_text
from cordee.app.region.people import PROVISIONAL, QUALIFIED, RECOVERED, VALIDATED, Person
from cordee.app.region.sites import site
from cordee.app.region.structures import address

PROFILES: Final = FR_CORE + "StructureDefinition/"
WITH_INS: Final = {"profile": [PROFILES + "fr-core-patient-ins"]}
PLAIN: Final = {"profile": [PROFILES + "fr-core-patient"]}
INS_TYPE: Final[Json] = {"coding": [{"system": FR_IDENTIFIERS, "code": "INS-NIR-TEST"}]}
LOCAL_TYPE: Final[Json] = {"coding": [{"system": HL7 + "v2-0203", "code": "PI"}]}
LOCAL: Final = DEMO + "identifiant-patient"
ROLES: Final = HL7 + "v3-RoleCode"

# A validated identity without matricule keeps VALI, a matricule not yet checked stays PROV.
STATUS_CODES: Final = {
    QUALIFIED: ("VALI", "Identité validée"),
    VALIDATED: ("VALI", "Identité validée"),
    RECOVERED: ("PROV", "Identité provisoire"),
    PROVISIONAL: ("PROV", "Identité provisoire"),
    "fictive": ("FICT", "Identité fictive"),
    "douteuse": ("DOUT", "Identité douteuse"),
}
CHECKED: Final = frozenset({QUALIFIED, VALIDATED})
FIRST_CHECK: Final = 2
FIRST_CAMPAIGN: Final = 738_600  # 21 March 2023
CAMPAIGN_DAYS: Final = 900
STREETS: Final = (
    "rue des Tanneurs",
    "rue Haute",
    "rue du Lavoir",
    "chemin des Écoliers",
    "impasse des Tilleuls",
    "avenue de la Gare",
    "rue de la Fontaine",
    "route de Belmont",
    "rue du Four",
    "place du Marché",
    "allée des Charmes",
    "rue Basse",
    "quai des Bateliers",
)


def patient_resource(who: Person) -> Json:
    """The Patient, with INS on the test authority when the identity has one."""
    patient: Json = {
        "resourceType": "Patient",
        "id": who.identity,
        "meta": WITH_INS if who.status == QUALIFIED else PLAIN,
        "extension": _extensions(who),
        "identifier": _identifiers(who),
        "active": True,
        "name": _names(who),
        "telecom": [{"system": "phone", "value": _phone(who.number), "use": "mobile"}],
        "gender": "female" if who.female else "male",
        "birthDate": who.born.isoformat(),
        "address": [_address(who)],
    }
    if who.doctor:
        patient["generalPractitioner"] = [who.doctor.link]
    if who.residence:
        patient["managingOrganization"] = who.residence.link
    elif who.doctor:
        patient["managingOrganization"] = site(who.doctor.structures[0]).link
    return patient


def relative_resource(
    who: Person, name: tuple[str, str], bond: tuple[str, str], rank: int = 1
) -> Json:
    """A person close to the patient: given and family name, code and label of the bond."""
    given, family = name
    return {
        "resourceType": "RelatedPerson",
        "id": f"{who.identity}-p{rank}",
        "active": True,
        "patient": {"reference": f"Patient/{who.identity}"},
        "relationship": [concept(ROLES, *bond)],
        "name": [{"use": "usual", "family": family, "given": [given]}],
        "telecom": [{"system": "phone", "value": _phone(who.number + 7919 * rank)}],
    }


def _extensions(who: Person) -> list[Json]:
    city, code = who.birth_place
    status, label = STATUS_CODES[who.status]
    facts: list[Json] = [
        {
            "url": "identityStatus",
            "valueCoding": {"system": FR_IDENTITY, "code": status, "display": label},
        }
    ]
    if who.status in CHECKED:
        born = who.born.toordinal()
        checked = max(born + FIRST_CHECK, FIRST_CAMPAIGN + born % CAMPAIGN_DAYS)
        facts += [
            {"url": "validationMode", "valueCoding": {"system": FR_VALIDATION_MODE, "code": "CN"}},
            {"url": "validationDate", "valueDate": day_text(checked)},
        ]
    return [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
            "valueAddress": {
                "extension": [
                    {
                        "url": PROFILES + "fr-core-address-insee-code",
                        "valueCoding": {"system": COMMUNES, "code": code},
                    }
                ],
                "city": city,
            },
        },
        {"url": PROFILES + "fr-core-identity-reliability", "extension": facts},
    ]


def _identifiers(who: Person) -> list[Json]:
    identifiers: list[Json] = [
        {"use": "usual", "type": LOCAL_TYPE, "system": LOCAL, "value": f"R{who.number:07d}"}
    ]
    if who.matricule:
        identifiers.insert(
            0,
            {
                "use": "official" if who.status == QUALIFIED else "secondary",
                "type": INS_TYPE,
                "system": INS_TEST,
                "value": who.matricule,
            },
        )
    return identifiers


def _names(who: Person) -> list[Json]:
    official: Json = {
        "extension": [
            {
                "url": PROFILES + "fr-core-patient-birth-list-given-name",
                "valueString": " ".join(who.given),
            }
        ],
        "use": "official",
        "text": f"{who.given[0]} {who.family}",
        "family": who.family,
        "given": [who.given[0]],
    }
    if not who.used_family:
        return [official]
    usual = {
        "use": "usual",
        "text": f"{who.given[0]} {who.used_family}",
        "family": who.used_family,
        "given": [who.given[0]],
    }
    return [official, usual]


def _address(who: Person) -> Json:
    if who.residence:
        return address(who.home, who.residence.name)
    number = who.number * 31 + who.born.toordinal()
    return address(who.home, f"{number % 89 + 1} {STREETS[number % len(STREETS)]}")


def _phone(number: int) -> str:
    digits = f"{number * 7717 % 10_000:04d}"
    return f"06 39 98 {digits[:2]} {digits[2:]}"
