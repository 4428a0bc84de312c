"""Systems, identifiers and concepts of the French directories, as their guides have them.

Rules: https://hl7.fr/ig/fhir/core/ (2.2.0), https://interop.esante.gouv.fr/ig/fhir/annuaire/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

Json = dict[str, Any]

FR_CORE: Final = "https://hl7.fr/ig/fhir/core/"
PROFILES: Final = FR_CORE + "StructureDefinition/"
ANNUAIRE: Final = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
FR_IDENTIFIERS: Final = FR_CORE + "CodeSystem/fr-core-cs-v2-0203"
FR_ORGANIZATIONS: Final = FR_CORE + "CodeSystem/fr-core-cs-v2-3307"
NOS: Final = "https://mos.esante.gouv.fr/NOS/"
IDNPS: Final = "urn:oid:1.2.250.1.71.4.2.1"
IDNST: Final = "urn:oid:1.2.250.1.71.4.2.2"
RPPS: Final = "https://rpps.esante.gouv.fr"
ADELI: Final = "https://adeli.esante.gouv.fr"
FINESS: Final = "https://finess.esante.gouv.fr"
SIRENE: Final = "https://sirene.fr"
GEOLOCATION: Final = "http://hl7.org/fhir/StructureDefinition/geolocation"
INSEE_CODE: Final = PROFILES + "fr-core-address-insee-code"
EMAIL_TYPE: Final = PROFILES + "fr-core-contact-point-email-type"


def terminology(name: str) -> str:
    """System of a terminology of the NOS, such as `TRE_G15-ProfessionSante`."""
    return f"{NOS}{name}/FHIR/{name.replace('_', '-', 1)}"


COMMUNES: Final = terminology("TRE_R13-CommuneOM")
MESSAGING: Final = terminology("TRE_R256-TypeMessagerie")


def identifier(kind: str, system: str, value: str) -> Json:
    """An official identifier of a kind of fr-core (`IDNPS`, `RPPS`, `FINEG` ...)."""
    return {
        "use": "official",
        "type": {"coding": [{"system": FR_IDENTIFIERS, "code": kind}]},
        "system": system,
        "value": value,
    }


def concept(system: str, code: str, display: str) -> Json:
    """A CodeableConcept of one coding; what is empty is left out."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": display} if display else {})


def profiled(resource_type: str, identity: str, profiles: Sequence[str]) -> Json:
    """The beginning of a resource of the directory."""
    return {
        "resourceType": resource_type,
        "id": identity,
        "meta": {"source": "https://annuaire.esante.gouv.fr", "profile": list(profiles)},
    }


def mailbox(address: str) -> Json:
    """An address of the MSSanté as a telecom."""
    kind = {"system": MESSAGING, "code": "MSSANTE"}
    return {
        "extension": [{"url": EMAIL_TYPE, "valueCoding": kind}],
        "system": "email", "value": address, "use": "work",
    }  # fmt: skip


def is_luhn(digits: str) -> bool:
    """Whether the last figure closes a number by Luhn's rule."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + rank % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 -- the figures of one number
    return total % 10 == 0
