"""Résumé de passage aux urgences (RPU): one for each passage that is over, from what is written.

Nothing is typed for it. Elements and codes are those of the national summary (version 2 of the
InVS, ORU): entry and exit modes, provenance, transport, severity, diagnoses, orientation. B2.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cordee.care.passages.sheet import CCMU
from cordee.care.store import Resource
from cordee.care.workflow.tasks import facts_of, party
from cordee.runtime.clock import PARIS

DOMICILE, TRANSFER, MUTATION, DEATH = "8", "7", "6", "9"
"""Modes of entry and exit: from or to home (8), another hospital (7), another unit here (6)."""
MEDICO_SOCIAL: Final = "7"
_ICD: Final = ("http://hl7.org/fhir/sid/icd-10", "urn:oid:1.2.250.1.213.2.1")
_CCAM: Final = "ccam"
_EXITS: Final = {
    "home": (DOMICILE, ""), "alt-home": (DOMICILE, MEDICO_SOCIAL), "snf": (DOMICILE, MEDICO_SOCIAL),
    "long": (DOMICILE, MEDICO_SOCIAL), "other-hcf": (MUTATION, "1"), "psy": (MUTATION, "4"),
    "rehab": (TRANSFER, "2"), "exp": (DEATH, ""), "aadvice": (DOMICILE, ""),
}  # fmt: skip
_ORIENTATIONS: Final = {"aadvice": "SCAM", "other-hcf": "MED", "psy": "MED"}
_SEXES: Final = {"male": "M", "female": "F"}
_TRANSPORTS: Final = frozenset({"PERSO", "AMBU", "VSAB", "SMUR", "HELI", "FO"})
_CARE: Final = {
    "SMUR": "MED",
    "HELI": "MED",
    "VSAB": "PARAMED",
    "AMBU": "PARAMED",
    "PERSO": "AUCUN",
}
_DAY, _MINUTE = "%d/%m/%Y", "%d/%m/%Y %H:%M"


@dataclass(frozen=True, slots=True)
class Rpu:
    """One summary; empty text where nothing is known."""

    cp: str = ""
    commune: str = ""
    naissance: str = ""
    sexe: str = ""
    entree: str = ""
    mode_entree: str = ""
    provenance: str = ""
    transport: str = ""
    transport_pec: str = ""
    motif: str = ""
    gravite: str = ""
    dp: str = ""
    liste_da: tuple[str, ...] = ()
    liste_actes: tuple[str, ...] = ()
    sortie: str = ""
    mode_sortie: str = ""
    destination: str = ""
    orient: str = ""


@dataclass(frozen=True, slots=True)
class PassageData:
    """What a summary is made of: the Encounter, its person, and what else was written in it."""

    encounter: Resource
    patient: Resource
    task: Resource | None = None
    conditions: Sequence[Resource] = ()
    procedures: Sequence[Resource] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the summaries of a day are filled: by element, in percent; 100 where none is due."""

    count: int
    filled: Mapping[str, int] = field(default_factory=dict)


LABELS: Final[dict[str, str]] = {
    "cp": "Code postal", "commune": "Commune", "naissance": "Date de naissance", "sexe": "Sexe",
    "entree": "Entrée", "mode_entree": "Mode d’entrée", "provenance": "Provenance",
    "transport": "Transport", "transport_pec": "Prise en charge du transport",
    "motif": "Motif", "gravite": "Gravité (CCMU)", "dp": "Diagnostic principal",
    "liste_da": "Diagnostics associés", "liste_actes": "Actes", "sortie": "Sortie",
    "mode_sortie": "Mode de sortie", "destination": "Destination", "orient": "Orientation",
}  # fmt: skip
_OPTIONAL: Final = frozenset({"liste_da", "liste_actes"})


def summary(data: PassageData) -> Rpu:
    """The summary of a passage."""
    encounter, patient = data.encounter, data.patient
    facts = facts_of(data.task) if data.task else {}
    home = next((one for one in patient.get("address", ()) if one.get("postalCode")), {})
    stay = encounter.get("hospitalization") or {}
    exit_code = _first_code(stay.get("dischargeDisposition"))
    mode, destination = _EXITS.get(exit_code, ("", ""))
    from_home = _first_code(stay.get("admitSource"))
    is_resident = data.task is not None or from_home == "nursing"
    transport = _transport(facts, encounter)
    diagnoses = _diagnoses(data.conditions)
    period = encounter.get("period") or {}
    return Rpu(
        cp=str(home.get("postalCode", "")),
        commune=str(home.get("city", "")),
        naissance=_day(str(patient.get("birthDate", ""))),
        sexe=_SEXES.get(str(patient.get("gender", "")), "I"),
        entree=_minute(str(period.get("start", ""))),
        mode_entree=TRANSFER if from_home == "hosp-trans" else DOMICILE,
        provenance=MEDICO_SOCIAL if is_resident else "",
        transport=transport,
        transport_pec=_CARE.get(transport, ""),
        motif=_motive(encounter),
        gravite=_severity(encounter, facts),
        dp=diagnoses[0] if diagnoses else "",
        liste_da=tuple(diagnoses[1:]),
        liste_actes=tuple(_acts(data.procedures)),
        sortie=_minute(str(period.get("end", ""))),
        mode_sortie=mode,
        destination=destination,
        orient=_ORIENTATIONS.get(exit_code, ""),
    )


def daily_file(finess: str, day: datetime, extracted: datetime, summaries: Iterable[Rpu]) -> bytes:
    """The file of a day, as it is sent to the agency each day: XML, ISO 8859-1 as prescribed."""
    root = Element("OSCOUR")
    place = SubElement(root, "ETABLISSEMENT")
    texts = {
        "FINESS": finess, "ORDRE": "1",
        "EXTRACT": extracted.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S"),
        "DATEDEBUT": day.strftime(_DAY), "DATEFIN": day.strftime(_DAY),
    }  # fmt: skip
    for name, text in texts.items():
        SubElement(place, name).text = text
    passages = SubElement(root, "PASSAGES")
    for one in summaries:
        _append(SubElement(passages, "PATIENT"), one)
    indent(root)
    return tostring(root, encoding="iso-8859-1", xml_declaration=True)


def quality(summaries: Sequence[Rpu]) -> Quality:
    """How far the elements are filled."""
    count = len(summaries)
    filled = {
        one.name: round(100 * sum(bool(getattr(row, one.name)) for row in summaries) / count)
        if count
        else 100
        for one in fields(Rpu)
        if one.name not in _OPTIONAL
    }
    return Quality(count, filled)


def _append(parent: Element, rpu: Rpu) -> None:
    for one in fields(Rpu):
        value = getattr(rpu, one.name)
        if isinstance(value, tuple):
            many = SubElement(parent, one.name.upper())
            for text in value:
                SubElement(many, "DA" if one.name == "liste_da" else "ACTE").text = text
        else:
            SubElement(parent, one.name.upper()).text = value


def _first_code(concept: Any) -> str:
    codings = (concept or {}).get("coding", ())
    return next((str(one.get("code", "")) for one in codings if one.get("code")), "")


def _transport(facts: Mapping[str, Any], encounter: Resource) -> str:
    told = str(facts.get("transport", ""))
    stay = encounter.get("hospitalization") or {}
    written = [_first_code(one) for one in stay.get("specialArrangement", ())]
    return next((one for one in (told, *written) if one in _TRANSPORTS), "")


def _motive(encounter: Resource) -> str:
    """The code of the reason where it is one of ICD-10, else its words."""
    for reason in encounter.get("reasonCode", ()):
        for coding in reason.get("coding", ()):
            if coding.get("system") in _ICD:
                return str(coding.get("code", "")).replace(".", "")
        if reason.get("text"):
            return str(reason["text"])
    return ""


def _severity(encounter: Resource, facts: Mapping[str, Any]) -> str:
    codings = (encounter.get("priority") or {}).get("coding", ())
    told = next((str(one.get("code", "")) for one in codings if one.get("system") == CCMU), "")
    return told or str(facts.get("ccmu", ""))


def _diagnoses(conditions: Sequence[Resource]) -> list[str]:
    """ICD-10 codes, the main one first: rank 1 in `Encounter.diagnosis`, or first written."""
    found: list[str] = []
    for one in conditions:
        for coding in (one.get("code") or {}).get("coding", ()):
            if coding.get("system") in _ICD and coding.get("code"):
                found.append(str(coding["code"]).replace(".", ""))
                break
    return list(dict.fromkeys(found))


def _acts(procedures: Sequence[Resource]) -> list[str]:
    return [
        str(coding["code"])
        for one in procedures
        for coding in (one.get("code") or {}).get("coding", ())
        if _CCAM in str(coding.get("system", "")).casefold() and coding.get("code")
    ]


def _day(text: str) -> str:
    try:
        return datetime.fromisoformat(text).strftime(_DAY)
    except ValueError:
        return ""


def _minute(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(PARIS).strftime(_MINUTE)
    except (ValueError, OverflowError):
        return ""


def ordered(encounter: Resource, conditions: Sequence[Resource]) -> list[Resource]:
    """The diagnoses of an Encounter, by their rank in it; those without rank last."""
    ranks = {
        party(one, "condition"): int(one.get("rank", 99)) for one in encounter.get("diagnosis", ())
    }
    return sorted(conditions, key=lambda one: ranks.get(f"Condition/{one['id']}", 99))
