"""What the forms of a plan offer: words of the nomenclature, and who could do an action."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from cordee.care.circle.finding import find_candidates
from cordee.care.circle.team import is_over, members_of
from cordee.care.plans.plan import ACTION, Plan
from cordee.care.plans.vocabulary import DOMAINS, GAPS, OUTCOMES, PRIORITIES
from cordee.care.record.ports import RecordRows
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import party
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.plans.entrance import plans_of

_HOLDERS: Final = ("Practitioner/", "Organization/", "Patient/")


async def extras(
    request: Request, tab: str, rows: RecordRows, plan: Plan
) -> Mapping[str, Any]:  # fmt: skip
    """What a form offers beside the plan."""
    if tab == "suivi":
        return {
            "outcomes": [(code, _(text)) for code, text in OUTCOMES.items()],
            "gaps": [(code, _(text)) for code, text in GAPS.items()],
            "dropping": [
                one for one in (machines()[ACTION].move("drop") or _NONE).reasons if one != "*"
            ],
        }
    if tab not in {"besoins", "objectifs"}:
        return {}
    known = await plans_of(request).nomenclature()
    offers: dict[str, Any] = {
        "domains": [(code, _(text)) for code, text in DOMAINS.items()],
        "priorities": [(code, _(text)) for code, text in PRIORITIES.items()],
        "edition": known.edition,
        "offered_needs": known.of("need"),
    }
    if tab == "objectifs":
        domains = {one.domain for one in plan.needs}
        offers |= {
            "offered_goals": [one for one in known.of("goal") if one.domain in domains],
            "offered_actions": [one for one in known.of("action") if one.domain in domains],
            "kinds": [
                (code, _(text)) for code, text in machines()[ACTION].facts["kind"].choices.items()
            ],
            "holders": await holders(request, rows, plan),
            "sought": request.query_params.get("qui", ""),
        }
    return offers


class _NoMove:
    reasons: tuple[str, ...] = ()


_NONE: Final = _NoMove()


async def holders(
    request: Request, rows: RecordRows, plan: Plan | None = None
) -> list[tuple[str, str]]:
    """Who can be asked: the circle, the médecin traitant, oneself, who was looked for."""
    principal, at = reader(request).principal, request.app.state.settings.clock()
    found: dict[str, str] = {}
    sought = request.query_params.get("qui", "")
    circle = request.app.state.ports.circle
    if sought and circle is not None:
        for one in await find_candidates(circle.store, principal, sought):
            words = ", ".join(filter(None, (one.name, one.profession, one.structure_name)))
            found.setdefault(one.reference, words)
    for reference, name in _members(rows, at):
        found.setdefault(reference, name)
    for one in rows.patient.get("generalPractitioner", ()):
        reference = str(one.get("reference", ""))
        found.setdefault(reference, str(one.get("display", "")) or rows.names.get(reference, ""))
    for one in plan.actions if plan else ():
        found.setdefault(one.owner, plan.name(one.owner) if plan else "")
    if plan is not None:
        found.setdefault(party(plan.resource, "subject"), _("La personne elle-même"))
    found.setdefault(principal.practitioner, principal.name)
    found.setdefault(principal.structure, reader(request).structure)
    if plan is not None and plan.task is not None:
        found.setdefault(party(plan.task, "owner"), plan.name(party(plan.task, "owner")))
    return [(one, name or one) for one, name in found.items() if one.startswith(_HOLDERS)]


def _members(rows: RecordRows, at: datetime) -> Iterator[tuple[str, str]]:
    for team in rows.care_team:
        if team.get("resourceType") == "CareTeam" and team.get("status") == "active":
            for one in members_of(team):
                if not is_over(one, at):
                    yield one.reference, one.display or rows.names.get(one.reference, "")
