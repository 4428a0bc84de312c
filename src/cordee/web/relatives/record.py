"""The record of the person somebody acts for, in the parts that were opened, for a lay reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.facts import Power
from cordee.access.mandates.kinds import Mandate
from cordee.access.mandates.parts import (
    DRUGS,
    EVERYTHING,
    FAMILY,
    HEALTH,
    PLAN,
    RESULTS,
    VISITS,
)
from cordee.care.plans.plan import Plan, read_plan
from cordee.care.plans.vocabulary import PPCS
from cordee.care.record.ports import RecordRows
from cordee.care.record.timeline import EventKind
from cordee.care.record.traits import read_traits
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.web.choices.elements import Element, element_of
from cordee.web.persons import describe
from cordee.web.record.result_views import all_results
from cordee.web.record.view_models import RecordView, view_record
from cordee.web.relatives.center import HERE, citizen, clock_of, number_of
from cordee.web.relatives.words import KINDS, documents, opened
from cordee.web.rendering import page
from cordee.web.trust import trust_of

RECORD = "relatives/templates/record.html"
WHY = "relatives/templates/why.html"
_EVERY: Final = (VISITS, PLAN, HEALTH, DRUGS, RESULTS)


async def show(request: Request) -> Response:
    """Give what was opened of somebody's record."""
    principal, mandate = await acting_on(request)
    if mandate.parts <= set(FAMILY):
        return RedirectResponse(f"{HERE}/{mandate.id}/nouvelles", status_code=303)
    rows, now = await rows_of(request, principal, mandate, "open"), clock_of(request)
    view = view_record(rows, now.date())
    plans = _plans(rows, mandate)
    return page(
        request, RECORD, running_plans=plans,
        plan_calls=next((one.calls for one in plans if one.calls), ()),
        person=view.person, mandate=mandate, here=f"{HERE}/{mandate.id}",
        may_manage=Power.MANAGE in mandate.powers, **_shown(mandate, view, now.date()),
        kind=KINDS[mandate.kind], opens=opened(mandate.parts),
        until=french.short_date(mandate.ends.astimezone(french.PARIS)) if mandate.ends else "",
    )  # fmt: skip


async def why(request: Request) -> Response:
    """Give the decision on the record, or on the element that the address names."""
    principal, mandate = await acting_on(request)
    rows, now = await rows_of(request, principal, mandate, "why"), clock_of(request)
    reference = request.query_params.get("element", "")
    element = _element(rows, reference) if reference else None
    if reference and element is None:
        raise HTTPException(404)
    explaining = trust_of(request).explaining
    explained = (
        await explaining.resource(principal, mandate.patient, reference, now)
        if element
        else await explaining.record(principal, mandate.patient, now)
    )
    if explained is None:
        raise HTTPException(404)
    return page(
        request, WHY, element=element, decision=explained.decision, here=f"{HERE}/{mandate.id}",
        person=describe(read_traits(rows.patient), now.date()), kind=KINDS[mandate.kind],
        opens=opened(mandate.parts), since=french.short_date(_local(mandate)),
    )  # fmt: skip


async def acting_on(request: Request) -> tuple[Principal, Mandate]:
    """Give as who the signed-in person acts, and the mandate that the address names; or 404."""
    number = number_of(request.path_params["mandate"])
    return await trust_of(request).naming.acting(
        citizen(request).principal, number, clock_of(request)
    )


async def rows_of(
    request: Request, principal: Principal, mandate: Mandate, reason: str
) -> RecordRows:
    """Give the rows of the record that the mandate opens; or 404."""
    rows: RecordRows | None = await request.app.state.ports.records.open_record(
        principal, mandate.patient, reason=reason
    )
    if rows is None:
        raise HTTPException(404)
    return rows


def _plans(rows: RecordRows, mandate: Mandate) -> Sequence[Plan]:
    """Give the plans that run, where that part was opened. Requirement B3.9."""
    if not mandate.parts & {PLAN, EVERYTHING}:
        return ()
    running = [one for one in rows.plans if one.get("status") == "active"]
    return [one for one in (read_plan(row, ()) for row in running) if one.category == PPCS]


def _shown(mandate: Mandate, view: RecordView, today: Any) -> Mapping[str, Any]:
    """Give the panes that the mandate opens; what it does not open is not even named."""
    parts = set(_EVERY) if EVERYTHING in mandate.parts else set(mandate.parts)
    papers = EVERYTHING in mandate.parts or bool(mandate.parts & documents().keys())
    stays = [one for one in view.events.items if one.kind == EventKind.ENCOUNTER]
    return {
        "view": view, "has_visits": VISITS in parts, "has_plan": PLAN in parts,
        "has_health": HEALTH in parts, "has_drugs": DRUGS in parts,
        "has_family": EVERYTHING in mandate.parts or bool(mandate.parts & set(FAMILY)),
        "has_results": RESULTS in parts, "has_papers": papers or RESULTS in parts, "stays": stays,
        "everything": all_results(view.series.items, today),
    }  # fmt: skip


def _element(rows: RecordRows, reference: str) -> Element | None:
    held = (*rows.documents, *rows.problems, *rows.allergies, *rows.treatments, *rows.results)
    for one in held:
        if f"{one.get('resourceType')}/{one.get('id')}" == reference:
            return element_of(one, rows, {})
    return None


def _local(mandate: Mandate) -> Any:
    return (mandate.accepted or mandate.made).astimezone(french.PARIS)


routes = [
    Route("/mes-proches/{mandate}", show, methods=["GET"]),
    Route("/mes-proches/{mandate}/pourquoi", why, methods=["GET"]),
]
