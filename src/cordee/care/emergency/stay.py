"""The stay of somebody in an emergency department as an Encounter: box, gravity, doctor, end.

Shape: FHIR R4 Encounter of class EMER; CCMU as its priority. Requirements C4.1, C4.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cordee.care.documents.tile import moment_of
from cordee.care.passages.sheet import CCMU, MOTIVES
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE, party
from cordee.runtime.clock import instant
from cordee.runtime.errors import Issue, ResourceInvalid

MACHINE: Final = "emergency-stay"
PLANNED: Final = "planned"
ROOM: Final = "ro"
GRAVITIES: Final = ("1", "2", "3", "4", "5", "D", "P")
DOCTOR: Final = "ATND"
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PLACE: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_DISPOSITION: Final = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_ORIENTATION: Final = BASE + "orientation-urgences"
_LONGEST: Final = 60
DISPOSITIONS: Final[Mapping[str, str]] = {
    "home": "home", "facility": "snf", "uhcd": "other-hcf", "ward": "other-hcf",
    "intensive": "other-hcf", "transfer": "other-hcf", "psychiatry": "psy", "had": "alt-home",
}  # fmt: skip
"""Where each orientation of the machine leads, as FHIR says it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who comes in without having been announced: why, since when, how grave; `box` may be ""."""

    motive: str
    motive_label: str
    words: str
    at: datetime
    ccmu: str = ""
    box: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an Encounter says of a stay; `start` is None where no hour is written."""

    key: str
    patient: str
    status: str
    start: datetime | None
    motive: str
    ccmu: str
    box: str
    doctor: str
    source: str

    @property
    def is_expected(self) -> bool:
        """Whether the person has not come yet."""
        return self.status == PLANNED


def read_standing(encounter: Resource) -> Standing:
    """A stay as it is read."""
    stay: Mapping[str, Any] = encounter.get("hospitalization") or {}
    start = moment_of(str((encounter.get("period") or {}).get("start", "")))
    return Standing(
        str(encounter["id"]),
        party(encounter, "subject"),
        str(encounter.get("status", "")),
        start if start is not None and start.tzinfo is not None else None,
        next((str(one.get("text", "")) for one in encounter.get("reasonCode", ())), ""),
        _gravity(encounter),
        _box(encounter),
        _doctor(encounter),
        str((stay.get("origin") or {}).get("display", "")),
    )


def encounter_of(entry: Entry, structure: str, patient: str, number: str) -> dict[str, Any]:
    """The Encounter of who comes in; `patient` and `structure` are references.

    Raises `ResourceInvalid` with each field that is missing or is none.
    """
    problems = [("motif", "Dites pourquoi la personne vient.")] if not entry.motive else []
    if entry.ccmu and entry.ccmu not in GRAVITIES:
        problems.append(("ccmu", "Choisissez une gravité de la liste."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])
    motive = {"system": MOTIVES, "code": entry.motive, "display": entry.motive_label}
    words = ", ".join(one for one in (entry.motive_label, entry.words.strip()) if one)
    made: dict[str, Any] = {
        "resourceType": "Encounter",
        "identifier": [{"system": BASE + "identifiant/passage", "value": number}],
        "status": "arrived",
        "class": {"system": _ACT, "code": "EMER", "display": "urgences"},
        "subject": {"reference": patient},
        "period": {"start": instant(entry.at)},
        "reasonCode": [{"coding": [motive], "text": words[:200]}],
        "serviceProvider": {"reference": structure},
    }
    return placed(made, entry.box, entry.ccmu, entry.at)


def placed(encounter: Resource, box: str, ccmu: str, at: datetime) -> dict[str, Any]:
    """The stay in another box, with this gravity; former boxes stay with their end."""
    after: dict[str, Any] = dict(encounter)
    if ccmu in GRAVITIES:
        after["priority"] = {"coding": [{"system": CCMU, "code": ccmu}]}
    name = box.strip()[:_LONGEST]
    if name == _box(encounter):
        return after
    over = {"status": "completed"}
    former = [
        {**one, **over, "period": {**one.get("period", {}), "end": instant(at)}}
        if one.get("status") == "active"
        else one
        for one in encounter.get("location", ())
    ]
    if name:
        kind = {"coding": [{"system": _PLACE, "code": ROOM, "display": "Room"}]}
        here = {"location": {"display": name}, "status": "active", "physicalType": kind}
        former.append({**here, "period": {"start": instant(at)}})
    after["location"] = former
    if not former:
        after.pop("location")
    return after


def arrived(encounter: Resource, at: datetime) -> dict[str, Any]:
    """The stay of who was expected and is here."""
    return {**encounter, "status": "arrived", "period": {"start": instant(at)}}


def taken(encounter: Resource, doctor: str, name: str, at: datetime) -> dict[str, Any]:
    """The stay that a doctor takes charge of."""
    kind = {"coding": [{"system": _ROLE, "code": DOCTOR, "display": "attender"}]}
    others = [one for one in encounter.get("participant", ()) if not _is_doctor(one)]
    who = {"reference": doctor, "display": name}
    new = {"type": [kind], "individual": who, "period": {"start": instant(at)}}
    return {**encounter, "status": "in-progress", "participant": [*others, new]}


def ended(encounter: Resource, orientation: str, words: str, at: datetime) -> dict[str, Any]:
    """The stay that is over; `orientation` is a code of the machine, "left" or "died"."""
    code = {"left": "aadvice", "died": "exp"}.get(orientation) or DISPOSITIONS[orientation]
    start = read_standing(encounter).start
    period = dict(encounter.get("period") or {})
    if start is None or start <= at:
        period["end"] = instant(at)
    codings = [{"system": _DISPOSITION, "code": code}]
    if orientation in DISPOSITIONS:
        codings.append({"system": _ORIENTATION, "code": orientation})
    said: dict[str, Any] = {"coding": codings}
    if words.strip():
        said["text"] = words.strip()[:_LONGEST]
    stay = {**(encounter.get("hospitalization") or {}), "dischargeDisposition": said}
    return {**encounter, "status": "finished", "period": period, "hospitalization": stay}


def _gravity(encounter: Resource) -> str:
    codings = (encounter.get("priority") or {}).get("coding", ())
    return next((str(one.get("code", "")) for one in codings if one.get("system") == CCMU), "")


def _box(encounter: Resource) -> str:
    places = [one for one in encounter.get("location", ()) if one.get("status") == "active"]
    return next((str((one.get("location") or {}).get("display", "")) for one in places), "")


def _doctor(encounter: Resource) -> str:
    found = [one for one in encounter.get("participant", ()) if _is_doctor(one)]
    return next((str((one.get("individual") or {}).get("display", "")) for one in found), "")


def _is_doctor(participant: Mapping[str, Any]) -> bool:
    return any(
        coding.get("code") == DOCTOR
        for one in participant.get("type", ())
        for coding in one.get("coding", ())
    )
