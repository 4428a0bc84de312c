"""Codes and addresses of plans. No national FHIR profile is named PPS or PPCS: decision 0059.

Domains, kinds and reasons are those of the requirements B3.2 and B3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cordee.care.store import Resource

_BASE: Final = "https://cordee.example/fhir/"
_EXTENSION: Final = _BASE + "StructureDefinition/"
KIND: Final = _BASE + "CodeSystem/care-plan-kind"
"""System of `CarePlan.category`: a coordinated plan, a plan of acts, that of a cancer."""
PPCS, CANCER, PROJECT = "ppcs", "pps-cancer", "projet-personnalise"
KINDS: Final = {PPCS: "Plan personnalisé de coordination en santé",
                CANCER: "Programme personnalisé de soins (cancer)",
                PROJECT: "Projet personnalisé"}  # fmt: skip
MACHINES: Final = {PPCS: "care-plan", PROJECT: "personal-project"}
"""The machine whose Task says the state of a plan, by kind: a plan of another kind has none."""
IDENTIFIERS: Final = _BASE + "identifiant/plan"
NOMENCLATURE: Final = _BASE + "CodeSystem/plan-nomenclature"
DOMAIN: Final = _BASE + "CodeSystem/plan-domain"
COURSE: Final = _EXTENSION + "plan-course"
"""On a CarePlan: the Task of the machine `care-plan` that says its state."""
REVIEW: Final = _EXTENSION + "plan-review-date"
HABITS: Final = _EXTENSION + "plan-habits"
ALERT: Final = _EXTENSION + "plan-alert"
TEMPLATE: Final = _EXTENSION + "plan-template"
OF_PLAN: Final = _EXTENSION + "goal-plan"
"""On a Goal: the plan that it is of (`referenceProjetPerso` of TDDUI)."""
NEED: Final = _EXTENSION + "goal-need"
AGREED: Final = _EXTENSION + "goal-agreed-by-person"
POSSIBLE: Final = _EXTENSION + "need-intervention-possible"
GAP: Final = _BASE + "CodeSystem/goal-gap"
ACHIEVEMENT: Final = "http://terminology.hl7.org/CodeSystem/goal-achievement"
DOMAINS: Final = {
    "medical": "Médical",
    "psychologique": "Psychologique",
    "social": "Social",
    "environnemental": "Environnemental",
    "autonomie": "Autonomie",
    "aidant": "Aidant",
}
PRIORITIES: Final = {"urgent": "Haute", "asap": "Moyenne", "routine": "À suivre"}
OUTCOMES: Final = {
    "in-progress": "En cours",
    "achieved": "Atteint",
    "not-achieved": "Non atteint",
}
GAPS: Final = {
    "no-resource": "Ressource absente sur le territoire",
    "delay": "Délai trop long",
    "cost": "Reste à charge trop élevé",
    "refusal": "Refus de la personne",
    "carer": "Aidant indisponible ou épuisé",
    "state": "État de santé aggravé",
    "hospital": "Hospitalisation",
    "unfit": "Objectif mal adapté",
    "coordination": "Défaut de coordination",
    "housing": "Logement non adapté",
}
"""Why a goal was not reached: feeds the report of what a territory lacks (B3.7, B4.10)."""
ENTRIES: Final = {"need": "Besoin", "goal": "Objectif", "action": "Action"}


def category_of(plan: Resource) -> str:
    """The kind of a CarePlan among `KINDS`, "" for one of another source."""
    codings = [one for part in plan.get("category", ()) for one in part.get("coding", ())]
    found = [str(one.get("code", "")) for one in codings if one.get("system") == KIND]
    return next((one for one in found if one in KINDS), "")


def is_governed(plan: Resource | None) -> bool:
    """Whether a CarePlan follows a machine of plans."""
    return plan is not None and (category_of(plan) in MACHINES or bool(course_of(plan)))


def course_of(plan: Resource) -> str:
    """The reference of the Task that says the state of a plan, "" for none."""
    return str((extension(plan, COURSE).get("valueReference") or {}).get("reference", ""))


def plan_of(goal: Resource) -> str:
    """The reference of the plan that a Goal is of, "" for a goal of none."""
    return str((extension(goal, OF_PLAN).get("valueReference") or {}).get("reference", ""))


def extension(element: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    """The first extension of that address, empty where there is none."""
    found = (one for one in element.get("extension", ()) if one.get("url") == url)
    return next(found, {})
