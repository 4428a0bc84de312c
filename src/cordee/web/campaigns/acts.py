"""In a record: the campaigns of a person, and an act that is entered there. Rules: G3.5, G3.6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.acts import SCORE, Entry
from cordee.care.campaigns.campaign import Campaign
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, InvalidRequest, RuleBroken
from cordee.web.campaigns.entrance import desk_of
from cordee.web.campaigns.own import end_of
from cordee.web.circle.entrance import patient_of
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker

TEMPLATE: Final = "campaigns/templates/acts.html"
PATIENT: Final = "/patients/{patient_id}/campagnes"
_FIELDS: Final = {"value": "valeur", "unit": "valeur", "outcome": "valeur"}
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied)


async def show(request: Request) -> Response:
    """Give the campaigns that are open where a person lives."""
    return await _page(request, Form())


async def enter(request: Request) -> Response:
    """Write an act in the record."""
    sent = await read_form(request)
    principal, patient, desk = asker(request).principal, patient_of(request), desk_of(request)
    now = request.app.state.settings.clock()
    entry = Entry(
        sent["acte"], sent["valeur"], sent["unite"], sent["issue"], agrees=sent["accord"] == "oui"
    )
    try:
        campaign = await desk.register.one(sent["campagne"])
        await desk.acts.enter(principal, patient, (campaign, entry, form_number(sent)), now)
    except InvalidRequest:
        sent.errors["valeur"] = _("Choisissez l’acte.")
        return await _page(request, sent, status=422)
    except _REFUSED as error:
        field = _FIELDS.get(next(iter(error.expression), ""), "valeur")
        sent.errors[field] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"/patients/{patient}/campagnes", status_code=303)


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, patient = asker(request).principal, patient_of(request)
    _person, rows, running = await desk_of(request).acts.of_patient(principal, patient)
    listed = {str(row["campaign"]): row for row in rows}
    _around, values = await values_around(request, "agenda")
    return page(
        request, TEMPLATE, status=status, form=form,
        campaigns=[_campaign(one, listed.get(one.id), form) for one in running],
        past=_past(rows), **values,
    )  # fmt: skip


def _campaign(one: Campaign, row: Mapping[str, Any] | None, form: Form) -> dict[str, Any]:
    acts = one.kit.acts
    units = {unit: unit for act in acts for unit in act.positive if unit != SCORE}
    if any(SCORE in act.positive for act in acts):
        units[SCORE] = _("points (score)")
    return {
        "id": one.id, "title": one.told.title, "target": one.kit.target, "acts": acts,
        "units": list(units.items()), "is_listed": row is not None,
        "outcomes": {code: text for act in acts for code, text in act.outcomes.items()},
        "end": end_of(row) if row is not None else "",
        "key": form["numero"] if form["campagne"] == one.id else str(uuid4()),
    }  # fmt: skip


def _past(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    return [(row["title"], end_of(row), french.short_date(row["listed"])) for row in rows]
