"""The file of a resident as TDDUI: resources of line 2, sections of the CDA document. Pure. B7.2.

What people sign under here stays here: their names go, their numbers do not. Decision 0071.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cordee.care.homes.events import IDENTIFIERS as EVENT_IDENTIFIERS
from cordee.care.homes.events import KINDS as EVENT_KINDS
from cordee.care.homes.events import read_event
from cordee.care.homes.project import DOMAINS, IDENTIFIERS, Aim, Project
from cordee.care.homes.stays import EXITS, KINDS, Stay
from cordee.care.homes.transmissions import PARTS, Transmission
from cordee.care.store import Resource
from cordee.formats.tddui import vocabulary as tddui
from cordee.formats.tddui.document import Section
from cordee.identity.ins.outgoing import outgoing
from cordee.identity.ins.patient_reading import read_identity
from cordee.runtime import french

Entry = tuple[str, str, Mapping[str, Any]]
_URN: Final = "https://cordee.example/tddui/"
_KEPT: Final = ("status", "class", "type", "period", "reasonCode", "location", "hospitalization")
_LOINC_ACCORD: Final = {"system": "http://loinc.org", "code": "59284-0"}
_SCOPE: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves of one person, and the home that sends it."""

    patient: Resource
    finess: str
    home: str
    stays: tuple[Stay, ...]
    events: tuple[Resource, ...]
    project: Project | None
    transmissions: tuple[Transmission, ...]
    evaluations: tuple[Resource, ...]

    @property
    def local(self) -> str:
        """The local number of the person: `3` and the FINESS, then ours."""
        return f"3{self.finess}/{self.patient['id']}"


def resources(leaving: Leaving) -> list[Entry]:
    """The entries of line 2, the person first."""
    about = {"reference": f"{_URN}Patient"}
    found: list[Entry] = [(f"{_URN}Patient", _profile(leaving), _patient(leaving))]
    running = ""
    for one in leaving.stays:
        place = f"{_URN}Encounter/{one.key}"
        running = running or (place if one.is_open else "")
        found.append((place, tddui.STAY, _encounter(leaving, one.resource, "SEJ", about)))
    for one in leaving.events:
        made = _encounter(leaving, one, "EVN", about)
        if running:
            made["partOf"] = {"reference": running}
        found.append((f"{_URN}Encounter/{one['id']}", tddui.EVENT, made))
    if leaving.project is not None:
        found += _project(leaving, leaving.project, about)
    for one in leaving.evaluations:
        kept = ("resourceType", "questionnaire", "status", "authored", "item")
        made = {name: one[name] for name in kept if name in one} | {"subject": about}
        found.append((f"{_URN}QuestionnaireResponse/{one['id']}", "", made))
    return found


def sections(leaving: Leaving) -> list[Section]:
    """The sections of the CDA document, those without a line left out."""
    stays = [_stay_line(one) for one in leaving.stays]
    events = [
        f"{french.short_date(at[:10])} : {EVENT_KINDS.get(kind, kind)}. {words}"
        for kind, at, words in map(read_event, leaving.events)
    ]
    told = [
        f"{french.short_date(one.at[:10])}, {one.label} : "
        + " ; ".join(f"{PARTS.get(code, code)} : {text}" for code, text in one.parts)
        for one in leaving.transmissions
    ]
    forms = [
        f"{french.short_date(str(one.get('authored', ''))[:10])} : "
        + str(one.get("questionnaire", "")).partition("|")[0].rpartition("/")[2]
        for one in leaving.evaluations
    ]
    whole = (
        ("Séjours", stays), ("Projet personnalisé", _project_lines(leaving.project)),
        ("Évènements du séjour", events), ("Transmissions récentes", told), ("Évaluations", forms),
    )  # fmt: skip
    return [Section(title, tuple(lines)) for title, lines in whole if lines]


def _profile(leaving: Leaving) -> str:
    identity = read_identity(leaving.patient)
    return tddui.PATIENT_INS if identity.may_send_matricule else tddui.PATIENT


def _patient(leaving: Leaving) -> dict[str, Any]:
    sent = outgoing(leaving.patient)
    kept = ("resourceType", "name", "gender", "birthDate", "telecom", "address", "extension")
    made = {name: sent[name] for name in kept if name in sent}
    numbers = [one for one in sent.get("identifier", ()) if _is_ins(one)]
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PI"}
    local = {"type": {"coding": [coding]}, "system": tddui.LOCAL, "value": leaving.local}
    return made | {"identifier": [local, *numbers]}


def _is_ins(identifier: Mapping[str, Any]) -> bool:
    return "1.2.250.1.213.1.4." in str(identifier.get("system", ""))


def _encounter(
    leaving: Leaving, one: Resource, sort: str, about: Mapping[str, Any]
) -> dict[str, Any]:
    made: dict[str, Any] = {"resourceType": "Encounter"}
    made |= {name: one[name] for name in _KEPT if name in one}
    former = [each for each in one.get("identifier", ()) if "/" in str(each.get("value", ""))]
    own = {"system": EVENT_IDENTIFIERS, "value": f"{leaving.local}-{sort}-{one['id']}"}
    made["identifier"] = former[:1] or [own]
    made["subject"] = about
    provider: Mapping[str, Any] = one.get("serviceProvider") or {}
    if "reference" in provider:
        provider = {"identifier": {"system": tddui.FINESS, "value": leaving.finess},
                    "display": leaving.home}  # fmt: skip
    return made | {"serviceProvider": provider}


def _project(leaving: Leaving, project: Project, about: Mapping[str, Any]) -> list[Entry]:
    place, facts = f"{_URN}CarePlan/{project.key}", project.facts
    numbers = project.resource.get("identifier", ())
    former = [one for one in numbers if "/" in str(one.get("value", ""))]
    own = {"system": IDENTIFIERS, "value": f"{leaving.local}-PPER-{project.key}"}
    period: dict[str, str] = dict(project.resource.get("period", {}))
    if project.review:
        period["end"] = project.review
    made: dict[str, Any] = {
        "resourceType": "CarePlan", "identifier": former[:1] or [own],
        "status": project.resource["status"], "intent": "plan", "title": "Projet personnalisé",
        "description": project.wishes.words, "subject": about, "period": period,
    }  # fmt: skip
    habits = [text for text in (project.wishes.relatives, project.wishes.habits) if text]
    if habits:
        titles = ("Entourage", "Habitudes de vie")
        said = (project.wishes.relatives, project.wishes.habits)
        lines = [f"{title} : {text}" for title, text in zip(titles, said, strict=True) if text]
        made["note"] = [{"text": "\n".join(lines)}]
    found: list[Entry] = []
    if facts.get("agreement-date"):
        accord = f"{_URN}Consent/{project.key}"
        code = "accordUsager" if facts.get("agreement") == "person" else "accordStructure"
        coding = {"system": tddui.DISCRIMINATORS[0], "code": code}
        discriminator = {"url": tddui.DISCRIMINATOR, "valueCodeableConcept": {"coding": [coding]}}
        made["supportingInfo"] = [{"extension": [discriminator], "reference": accord}]
        found.append((accord, tddui.AGREEMENT, _consent(str(facts["agreement-date"]), about)))
    made["goal"] = [{"reference": f"{_URN}Goal/{one.key}"} for one in project.aims]
    made["activity"] = [_moved(one) for one in project.resource.get("activity", ())]
    for one in project.aims:
        need = f"{_URN}ServiceRequest/{one.key}"
        found.append((need, tddui.NEED, _need(one, about)))
        found.append((f"{_URN}Goal/{one.key}", tddui.AIM, _goal(leaving, one, place, need, about)))
    plan = {name: value for name, value in made.items() if value not in ([], {}, "")}
    return [(place, tddui.PROJECT, plan), *found]


def _moved(activity: Mapping[str, Any]) -> dict[str, Any]:
    """An activity whose references lead within the bundle."""
    detail = dict(activity.get("detail", {}))
    detail["goal"] = [{"reference": f"{_URN}{one['reference']}"} for one in detail.get("goal", ())]
    return {"detail": {name: value for name, value in detail.items() if value != []}}


def _consent(day: str, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Consent", "status": "active", "scope": {"coding": [_SCOPE]},
        "category": [{"coding": [_LOINC_ACCORD]}], "patient": about, "dateTime": day,
        "policy": [{"authority": "https://www.cnsa.fr/"}],
    }  # fmt: skip


def _need(aim: Aim, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest", "status": "active", "intent": "proposal",
        "code": {"text": DOMAINS.get(aim.domain, "Besoin")}, "subject": about,
    }  # fmt: skip


def _goal(
    leaving: Leaving, aim: Aim, plan: str, need: str, about: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    notes = [(tddui.TITLE, aim.text), (tddui.STRATEGY, aim.means)]
    notes.append((tddui.OPINION, "D’accord" if aim.agreed else "N’est pas d’accord"))
    return {
        "resourceType": "Goal",
        "extension": [{"url": tddui.OF_PROJECT, "valueReference": {"reference": plan}}],
        "identifier": [{"system": IDENTIFIERS, "value": f"{leaving.local}-PPObjectif-{aim.key}"}],
        "lifecycleStatus": "accepted" if aim.agreed else "proposed",
        "description": {"text": aim.text}, "subject": about,
        "addresses": [{"reference": need}], "target": [{"dueDate": aim.due}],
        "note": [
            {"extension": [{"url": tddui.NOTE, "valueCode": code}], "text": text}
            for code, text in notes
            if text
        ],
    }  # fmt: skip


def _stay_line(one: Stay) -> str:
    until = f" au {french.short_date(one.end)}" if one.end else ""
    words = [KINDS.get(one.kind, one.kind), ", ".join(filter(None, (one.room, one.unit)))]
    if one.exit:
        words.append(EXITS.get(one.exit, ""))
    return f"Du {french.short_date(one.start)}{until} : " + ", ".join(filter(None, words))


def _project_lines(project: Project | None) -> Sequence[str]:
    if project is None:
        return []
    lines = [f"Attentes de la personne : {project.wishes.words}"]
    lines += [f"Entourage : {project.wishes.relatives}"] if project.wishes.relatives else []
    lines += [f"Habitudes de vie : {project.wishes.habits}"] if project.wishes.habits else []
    for aim in project.aims:
        lines.append(f"Objectif : {aim.text}, échéance {french.short_date(aim.due)}. {aim.means}")
        lines += [f"{d.text}, {d.who}, {d.when}" for d in project.deeds_of(aim.key)]
    return lines
