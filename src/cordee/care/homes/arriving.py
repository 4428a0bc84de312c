"""What a file of TDDUI brings to a resident: what will be written, what is not understood. Pure.

A person is never made nor changed by a file: where its traits are not those of the record, nothing
of it is taken. An agreement that was given elsewhere does not count here. B7.2, decision 0071.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from cordee.care.homes.events import KIND as EVENT
from cordee.care.homes.events import KINDS as EVENT_KINDS
from cordee.care.homes.project import DOMAINS, Aim, Deed, Wishes
from cordee.care.homes.stays import KIND as STAY
from cordee.care.homes.stays import KINDS as STAY_KINDS
from cordee.care.store import Resource
from cordee.care.workflow.tasks import BASE
from cordee.formats.tddui import vocabulary as tddui
from cordee.formats.tddui.reading import Found, Person
from cordee.identity.ins.alphabet import strict_name
from cordee.identity.ins.patient_reading import read_identity
from cordee.runtime import french

SOURCE: Final = BASE + "reprise-dui"
_KEPT: Final = ("status", "class", "type", "period", "reasonCode", "location", "hospitalization")
_PROFILE: Final = "/StructureDefinition/"
_WITH_OTHERS: Final = frozenset(
    {"Patient", "Goal", "ServiceRequest", "Consent", "Organization", "Practitioner",
     "PractitionerRole", "RelatedPerson"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brought:
    """One thing that a file brings: in words, and the Encounter of it where it is one."""

    sort: str
    words: str
    number: str
    encounter: Mapping[str, Any] | None = None
    is_known: bool = False


@dataclass(slots=True)
class Arriving:
    """What a file brings: things to write, a project, and what is not understood."""

    things: list[Brought] = field(default_factory=list)
    wishes: Wishes | None = None
    project_number: str = ""
    aims: list[Aim] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def differing(found: Found, patient: Resource) -> list[str]:
    """The traits in which a file and a record differ, as their names.

    Each person that the file says to be of, in its document and beside it, must be this one.
    """
    persons = found.persons or [Person()]
    names = [name for one in persons for name in differences(one, patient)]
    return list(dict.fromkeys(names))


def differences(person: Person, patient: Resource) -> list[str]:
    """The traits in which a person and a record differ, as their names; all must be alike."""
    identity = read_identity(patient)
    traits = identity.traits
    found: list[str] = []
    if not person.family or strict_name(person.family) != traits.birth_name:
        found.append("nom de naissance")
    if not person.given or strict_name(person.given) != traits.first_given_name:
        found.append("premier prénom")
    if not person.birth_date or person.birth_date != str(patient.get("birthDate", "")):
        found.append("date de naissance")
    if not person.gender or person.gender != str(patient.get("gender", "")):
        found.append("sexe")
    if person.matricule and identity.ins and person.matricule != identity.ins.matricule:
        found.append("matricule INS")
    return found


def arriving(found: Found, known: Collection[str] = ()) -> Arriving:
    """What a file brings to a record where some numbers are `known` already."""
    made = Arriving(unknown=list(found.unknown))
    projects, whose = 0, _addresses(found)
    for full_url, one in found.resources.items():
        kind = one["resourceType"]
        if not _is_theirs(one, whose):
            made.unknown.append(f"{kind} d’une autre personne que celle du fichier : non repris.")
        elif kind == "Encounter":
            _take_encounter(one, known, made)
        elif kind == "CarePlan" and _is_project(one) and not projects:
            projects += 1
            _take_project(full_url, one, found, made)
        elif kind == "CarePlan":
            made.unknown.append("Plan qui n’est pas un projet personnalisé, ou second projet.")
        elif kind == "QuestionnaireResponse":
            name = str(one.get("questionnaire", "")).partition("|")[0].rpartition("/")[2]
            made.unknown.append(f"Évaluation « {name or 'sans nom'} » : à refaire ici.")
        elif kind not in _WITH_OTHERS:
            made.unknown.append(f"{kind} : sorte d’élément non reprise.")
    return made


def _addresses(found: Found) -> frozenset[str]:
    """The addresses by which a file names its person: of each Patient, whole and by its id."""
    named: set[str] = set()
    for full_url, one in found.resources.items():
        if one["resourceType"] == "Patient":
            named |= {full_url, f"Patient/{one.get('id', '')}", f"Patient/{_last(full_url)}"}
    return frozenset(named)


def _is_theirs(one: Mapping[str, Any], whose: Collection[str]) -> bool:
    """Whether an element is of the person of its file; what names nobody is, as in a document."""
    subject: Mapping[str, Any] = one.get("subject") or {}
    place = str(subject.get("reference", ""))
    if not place or not whose or place in whose:
        return True
    return f"Patient/{_last(place)}" in whose


def _last(place: str) -> str:
    return place.partition("|")[0].rpartition("/")[2]


def numbers(found: Found) -> list[str]:
    """The numbers by which what a file brings is known again."""
    return [
        number_of(one)
        for one in found.resources.values()
        if one["resourceType"] in {"Encounter", "CarePlan"}
    ]


def number_of(one: Mapping[str, Any]) -> str:
    """The number of something in a file: its own, else one made of what it says."""
    identifiers = one.get("identifier")
    for each in identifiers if isinstance(identifiers, list) else ():
        value = str(each.get("value", ""))
        if value:
            return value
    digest = hashlib.sha256(orjson.dumps(one, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"reprise/{digest[:32]}"


def _take_encounter(one: Mapping[str, Any], known: Collection[str], made: Arriving) -> None:
    number = number_of(one)
    period: Mapping[str, Any] = one.get("period") or {}
    sort = _sort(one)
    if not sort or not str(period.get("start", "")) or "status" not in one:
        made.unknown.append(f"Rencontre {number} : ni un séjour ni un évènement daté.")
        return
    system, kinds = (STAY, STAY_KINDS) if sort == "stay" else (EVENT, EVENT_KINDS)
    code, text = _kind(one, system, kinds)
    written = {name: one[name] for name in _KEPT if name in one}
    coding = {"system": system, "code": code, "display": kinds[code]}
    written["type"] = [{"coding": [coding], "text": text}]
    if sort == "event" and not written.get("reasonCode"):
        written["reasonCode"] = [{"text": text}]  # the words of a kind that is not one of ours
    written["class"] = written.get("class") or {
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB",
    }  # fmt: skip
    provider: Mapping[str, Any] = one.get("serviceProvider") or {}
    logical = {name: provider[name] for name in ("identifier", "display") if name in provider}
    if logical:
        written["serviceProvider"] = logical
    system = tddui.EVENTS if "/" in number else SOURCE
    written["identifier"] = [{"system": system, "value": number}]
    words = f"{text}, {french.short_date(str(period['start'])[:10])}"
    label = "Séjour" if sort == "stay" else "Évènement"
    made.things.append(Brought(label, words, number, written, number in known))


def _sort(one: Mapping[str, Any]) -> str:
    profiles = [str(each) for each in (one.get("meta") or {}).get("profile", ())]
    codings = [c for part in one.get("type", ()) for c in part.get("coding", ())]
    systems = {str(c.get("system", "")) for c in codings}
    if STAY in systems or any(each.endswith(_PROFILE + tddui.STAY) for each in profiles):
        return "stay"
    if EVENT in systems or any(each.endswith(_PROFILE + tddui.EVENT) for each in profiles):
        return "event"
    return ""


def _kind(one: Mapping[str, Any], system: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    """The code of ours and the words of a kind; another's code becomes `autre`, its words stay."""
    other = "permanent" if system == STAY else "autre"
    for part in one.get("type", ()):
        for coding in part.get("coding", ()):
            code = str(coding.get("code", ""))
            if coding.get("system") == system and code in kinds:
                return code, str(part.get("text", "")) or kinds[code]
    for part in one.get("type", ()):
        shown = (str(c.get("display", "")) for c in part.get("coding", ()))
        text = str(part.get("text", "")) or next(shown, "")
        if text:
            return other, text
    return other, "Séjour repris" if system == STAY else kinds[other]


def _is_project(one: Mapping[str, Any]) -> bool:
    profiles = [str(each) for each in (one.get("meta") or {}).get("profile", ())]
    return any(each.endswith(_PROFILE + tddui.PROJECT) for each in profiles)


def _take_project(
    full_url: str, one: Mapping[str, Any], found: Found, made: Arriving
) -> None:  # fmt: skip
    said = [str(each.get("text", "")) for each in one.get("note", ())]
    lines = "\n".join(said).splitlines()
    relatives = [line.partition(" : ")[2] for line in lines if line.startswith("Entourage : ")]
    habits = [line.partition(" : ")[2] for line in lines if line.startswith("Habitudes de vie : ")]
    rest = [line for line in lines if not line.startswith(("Entourage : ", "Habitudes de vie : "))]
    words = str(one.get("description", "")) or "\n".join(rest) or str(one.get("title", ""))
    made.wishes = Wishes(words or "Projet repris", " ".join(relatives), " ".join(habits))
    made.project_number = number_of(one)
    linked = {str(each.get("reference", "")) for each in one.get("goal", ())}
    linked |= {each.rpartition("/")[2] for each in linked}
    for place, goal in found.resources.items():
        if goal["resourceType"] == "Goal" and _is_of(goal, place, linked, full_url):
            made.aims.append(_aim(place, goal, found))
    mine = {aim.key for aim in made.aims}
    for activity in one.get("activity", ()):
        detail: Mapping[str, Any] = activity.get("detail") or {}
        aim = next((str(each.get("reference", "")) for each in detail.get("goal", ())), "")
        who = next((str(each.get("display", "")) for each in detail.get("performer", ())), "")
        text = str(detail.get("description", ""))
        if text and aim in mine:
            when = str(detail.get("scheduledString", ""))
            made.deeds.append(Deed("", aim, text, who or "À préciser", when))
        else:
            made.unknown.append(f"Action du projet sans objectif connu : {text or 'sans texte'}.")


def _is_of(goal: Mapping[str, Any], place: str, linked: Collection[str], plan: str) -> bool:
    named = {
        str((each.get("valueReference") or {}).get("reference", ""))
        for each in goal.get("extension", ())
    }
    return place in linked or plan in named or place.rpartition("/")[2] in linked


def _aim(place: str, goal: Mapping[str, Any], found: Found) -> Aim:
    notes = {
        str(each.get("valueCode", "")): str(note.get("text", ""))
        for note in goal.get("note", ())
        for each in note.get("extension", ())
        if each.get("url") == tddui.NOTE
    }
    target: Mapping[str, Any] = next(iter(goal.get("target", ())), {})
    need = next((str(each.get("reference", "")) for each in goal.get("addresses", ())), "")
    said = str((found.resources.get(need, {}).get("code") or {}).get("text", ""))
    domain = next((code for code, text in DOMAINS.items() if text == said), "participation")
    text = str((goal.get("description") or {}).get("text", "")) or notes.get(tddui.TITLE, "")
    agreed = notes.get(tddui.OPINION, "").startswith("D’accord")
    return Aim(
        place, text or "Objectif repris", domain, notes.get(tddui.STRATEGY, ""),
        str(target.get("dueDate", "")), agreed,
    )  # fmt: skip
