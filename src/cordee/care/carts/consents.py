"""The consent to an act at a distance, as a FHIR Consent: who, in what quality, how, for what.

The person decides where they can; where they cannot, a legal representative who is recorded in
their file does. A refusal is kept as well as a yes. Rule: B7.5; CSP L.1111-2, L.1111-4, L.6316-1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from cordee.access.mandates.kinds import MandateKind
from cordee.access.mandates.persons import LABELS
from cordee.care.documents.tile import moment_of
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE, party
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS, instant
from cordee.runtime.errors import Issue, ResourceInvalid

CATEGORY: Final = BASE + "consentement"
ACT: Final = "acte-a-distance"
TOLD: Final = "https://cordee.example/fhir/StructureDefinition/recueil-du-consentement"
ACTIVE, REFUSED, WITHDRAWN = "active", "rejected", "inactive"
STATES: Final = {ACTIVE: "En vigueur", REFUSED: "Refus", WITHDRAWN: "Retiré"}
PERSON: Final = "personne"
HOWS: Final = {"oral": "À l’oral", "ecrit": "Par écrit"}
REACHES: Final = {"acte": "Pour un seul acte", "durable": "Pour les actes à venir, un an au plus"}
CAPACITIES: Final = {
    "oui": "Comprend et décide", "non": "Ne peut pas décider de cet acte",
}  # fmt: skip
ANSWERS: Final = {"oui": "Oui", "non": "Non"}
LONGEST: Final = 500
STANDING: Final = timedelta(days=365)
_ONE_ACT: Final = timedelta(days=60)
_SCOPES: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_LEGAL: Final = {
    LABELS[one]
    for one in (
        MandateKind.GUARDIAN, MandateKind.PROTECTION, MandateKind.FAMILY, MandateKind.PARENT,
    )
}  # fmt: skip
"""Who decides for a person who cannot; a curator assists, a trusted person bears witness."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: whose word (`PERSON`, or a reference to a RelatedPerson), and of what."""

    who: str
    answer: str
    how: str
    reach: str
    capacity: str
    at: datetime | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Representative:
    """Somebody who is recorded as deciding for a person: reference, name, quality."""

    reference: str
    name: str
    quality: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """One consent as it is stored; `used` where it was for one act, and that act is planned."""

    id: str
    version: int
    state: str
    who: str
    quality: str
    how: str
    reach: str
    capacity: str
    at: str
    ends: str
    words: str
    heard_by: str
    used: bool
    withdrawn: str

    def holds(self, at: datetime) -> bool:
        """Whether a session can stand on it at a moment."""
        begins, ends = moment_of(self.at), moment_of(self.ends)
        if self.state != ACTIVE or begins is None or ends is None:
            return False
        return begins <= at < min(ends, begins + STANDING)  # whoever wrote it: a year at most


def representatives(rows: Sequence[Resource], at: datetime) -> list[Representative]:
    """Who decides for a person, of the RelatedPersons of their file."""
    found: list[Representative] = []
    for one in rows:
        words = {str(kind.get("text", "")) for kind in one.get("relationship", ())}
        end = str((one.get("period") or {}).get("end", ""))
        over = end and end < at.astimezone(PARIS).date().isoformat()
        for quality in sorted(words & _LEGAL):
            if one.get("active") is not False and not over:
                name = next((str(n.get("text", "")) for n in one.get("name", ())), "")
                found.append(Representative(f"RelatedPerson/{one['id']}", name, quality))
    return found


def check(heard: Heard, known: Sequence[Representative], now: datetime) -> None:
    """Returns when a word can be kept; raises `ResourceInvalid` with each problem."""
    by_other = heard.who in {one.reference for one in known}
    problems = [
        (name, words)
        for name, value, choices, words in (
            ("answer", heard.answer, ANSWERS, "Dites si la réponse est oui ou non."),
            ("how", heard.how, HOWS, "Dites comment la réponse a été donnée."),
            ("reach", heard.reach, REACHES, "Dites pour quoi : un acte, ou les actes à venir."),
            ("capacity", heard.capacity, CAPACITIES, "Dites si la personne comprend et décide."),
        )
        if value not in choices
    ]
    if heard.who != PERSON and not by_other:
        problems.append(("who", "Dites qui répond : la personne, ou son représentant enregistré."))
    problems += _of_capacity(heard, by_other=by_other)
    if heard.at is None or not now - timedelta(days=31) <= heard.at <= now + timedelta(minutes=5):
        problems.append(("at", "Donnez le jour et l’heure de la réponse, dans les 31 jours."))
    if len(heard.words) > LONGEST:
        problems.append(("words", f"Écrivez {LONGEST} caractères au plus."))
    if problems:
        raise ResourceInvalid([Issue("error", "invalid", text, (key,)) for key, text in problems])


def _of_capacity(heard: Heard, *, by_other: bool) -> list[tuple[str, str]]:
    if by_other and heard.capacity == "oui":
        return [("who", "La personne peut décider : c’est elle qui répond.")]
    if heard.who == PERSON and heard.capacity == "non" and heard.answer == "oui":
        text = "La personne ne peut pas décider : c’est à son représentant de répondre."
        return [("capacity", text)]
    return []


def consent(
    principal: Principal, patient: str, heard: Heard, known: Sequence[Representative]
) -> dict[str, Any]:
    """The Consent of what was heard; `patient` is an id."""
    at = heard.at or datetime.now(PARIS)
    other = next((one for one in known if one.reference == heard.who), None)
    lasts = STANDING if heard.reach == "durable" else _ONE_ACT
    last = (at + lasts).astimezone(PARIS).date()
    ends = datetime.combine(last, time(), PARIS)
    is_yes = heard.answer == "oui"
    performer = {"reference": other.reference, "display": other.name} if other else {
        "reference": f"Patient/{patient}"
    }  # fmt: skip
    return {
        "resourceType": "Consent",
        "extension": [_told({
            "qualite": other.quality if other else "La personne elle-même", "mode": heard.how,
            "portee": heard.reach, "capacite": heard.capacity, "mots": heard.words.strip(),
            "recueilli-par": principal.name,
        })],
        "status": ACTIVE if is_yes else REFUSED,
        "scope": {"coding": [{"system": _SCOPES, "code": "treatment"}]},
        "category": [{"coding": [{"system": CATEGORY, "code": ACT, "display": "Acte à distance"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": instant(at),
        "performer": [performer],
        "organization": [{"reference": principal.structure}],
        "policyRule": {"text": "Code de la santé publique : L.1111-2, L.1111-4, L.6316-1"},
        "provision": {
            "type": "permit" if is_yes else "deny",
            "period": {"start": instant(at), "end": instant(ends)},
        },
    }  # fmt: skip


def with_told(resource: Resource, told: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """A Consent of which more is known: used for an act, withdrawn."""
    extensions = [one for one in resource.get("extension", ()) if one.get("url") != TOLD]
    extensions.append(_told({**_said(resource), **told}))
    kept = {key: value for key, value in resource.items() if key != "meta"}
    return kept | {"extension": extensions} | changes


def read_consent(resource: Resource) -> Agreed:
    """What a Consent says."""
    said = _said(resource)
    performer: Mapping[str, Any] = next(iter(resource.get("performer", ())), {})
    period = (resource.get("provision") or {}).get("period") or {}
    return Agreed(
        id=str(resource["id"]), version=int(resource["meta"]["versionId"]),
        state=str(resource.get("status", "")), who=str(performer.get("display", "")),
        quality=said.get("qualite", ""), how=said.get("mode", ""), reach=said.get("portee", ""),
        capacity=said.get("capacite", ""), at=str(resource.get("dateTime", "")),
        ends=str(period.get("end", "")), words=said.get("mots", ""),
        heard_by=said.get("recueilli-par", ""), used=bool(said.get("utilise")),
        withdrawn=said.get("retire", ""),
    )  # fmt: skip


def is_of(resource: Resource, patient: str, home: str) -> bool:
    """Whether it is a consent to acts at a distance of this patient (an id), kept by this home."""
    codes = {
        (coding.get("system"), coding.get("code"))
        for one in resource.get("category", ())
        for coding in one.get("coding", ())
    }
    homes = {str(one.get("reference", "")) for one in resource.get("organization", ())}
    is_theirs = party(resource, "patient") == f"Patient/{patient}"
    return (CATEGORY, ACT) in codes and is_theirs and home in homes


def _told(values: Mapping[str, str]) -> dict[str, Any]:
    parts = [{"url": name, "valueString": text} for name, text in values.items() if text]
    return {"url": TOLD, "extension": parts}


def _said(resource: Resource) -> dict[str, str]:
    return {
        str(part.get("url", "")): str(part.get("valueString", ""))
        for one in resource.get("extension", ())
        if one.get("url") == TOLD
        for part in one.get("extension", ())
    }
