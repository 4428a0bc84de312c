"""A plan as a CDA document, section by section. Requirement B3.6, decision 0075.

No national template is named PPCS: the header is that of CI-SIS, the code that of a « Plan
personnalisé de soins », the body is told in sections without a template of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cordee.care.plans.plan import Plan
from cordee.care.plans.vocabulary import DOMAINS, OUTCOMES
from cordee.care.workflow.machines import machines
from cordee.formats.cda import Header, with_sections

TYPE: Final = "18776-5"
TITLE: Final = "Plan personnalisé de coordination en santé"


def plan_cda(plan: Plan, header: Header) -> bytes:
    """The CDA document of a plan, level 2."""
    return with_sections(header, sections_of(plan))


def sections_of(plan: Plan) -> list[tuple[str, Sequence[str]]]:
    """What a plan says, in the order of its paper; what is empty is left out."""
    calls = [
        ", ".join(filter(None, (f"{n}. {one.name}", one.phone, one.when)))
        for n, one in enumerate(plan.calls, start=1)
    ]
    needs = [
        " : ".join(filter(None, (f"{one.text} ({_domain(one.domain)})", one.detail)))
        for one in plan.needs
    ]
    goals = [
        ", ".join(filter(None, (
            one.text, f"mesure : {one.measure}" if one.measure else "",
            f"échéance : {one.due}" if one.due else "",
            OUTCOMES.get(one.outcome, "").lower(),
            "" if one.agreed else "la personne n’a pas dit son accord",
        )))
        for one in plan.goals
    ]  # fmt: skip
    states = machines()["care-plan-action"].states
    actions = [
        ", ".join(filter(None, (
            one.text, plan.name(one.owner), f"échéance : {one.due}" if one.due else "",
            states[one.state].label.lower() if one.state in states else "", one.reason,
        )))
        for one in plan.actions
    ]  # fmt: skip
    found: list[tuple[str, Sequence[str]]] = [
        ("Ce qui compte pour la personne", [*filter(None, (plan.words, plan.habits))]),
        ("Qui appeler, dans cet ordre", calls),
        ("Besoins", needs),
        ("Objectifs", goals),
        ("Qui fait quoi", actions),
        ("Révision", [f"Le {plan.review}"] if plan.review else []),
    ]
    return [one for one in found if one[1]]


def _domain(code: str) -> str:
    return DOMAINS.get(code, code).lower()
