"""What I am told of: the rules of the house, my subscriptions, where I am reached, the relay.

Requirements B2.2, B2.3, B2.11, B2.12.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.notifications.following import (
    CHANNELS,
    EVERY,
    REACHED,
    Followings,
    Wanted,
    told_for,
)
from cordee.care.notifications.kinds import KINDS
from cordee.identity.principal import Principal
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound, RuleBroken
from cordee.web.following.views import following_row, rule_rows, whom
from cordee.web.forms import Form, read_form
from cordee.web.guarding import reader, signed_in
from cordee.web.identity.words import named
from cordee.web.inbox.entrance import desk_of, is_number
from cordee.web.language import gettext as _
from cordee.web.rendering import page

PATH: Final = "/abonnements"
TEMPLATE: Final = "following/templates/following.html"
_HINTS: Final = {
    "email": _("prenom.nom@exemple.fr"),
    "sms": _("06 12 34 56 78"),
    "mssante": _("prenom.nom@medecin.mssante.fr"),
    "application": _("https://logiciel.exemple.fr/fhir"),
}


async def show(request: Request) -> Response:
    """Give what somebody is told of."""
    return await _page(request, Form(), "")


async def show_patient(request: Request) -> Response:
    """Give the same, to follow one patient."""
    return await _page(request, Form(), await _open_patient(request))


async def act(request: Request) -> Response:
    """Add or end a subscription, an address, a relay."""
    return await _act(request, "")


async def act_patient(request: Request) -> Response:
    """Add a subscription for one patient."""
    form = await read_form(request)
    return await _act(request, await _open_patient(request), form)


async def _act(request: Request, patient: str, read: Form | None = None) -> Response:
    form = read or await read_form(request)
    principal, followings = signed_in(request).principal, desk_of(request).followings
    gesture = _GESTURES.get(form["geste"])
    try:
        if gesture is not None:
            await gesture(followings, principal, form, patient)
    except RuleBroken as error:
        form.errors[_FIELDS.get(form["geste"], "type")] = error.message
        return await _page(request, form, patient, status=422)
    back = f"/patients/{patient.partition('/')[2]}/abonnements" if patient else PATH
    return RedirectResponse(back, status_code=303)


async def _follow(followings: Followings, principal: Principal, form: Form, patient: str) -> None:
    is_structure = form["pour"] == "structure"
    await followings.follow(
        principal,
        Wanted(
            kind=form["type"] or EVERY,
            channel=form["canal"],
            patient=patient,
            place=principal.structure if form["lieu"] == "structure" and not patient else "",
            person="" if is_structure else told_for(principal),
            structure=principal.structure if is_structure else "",
            at_once=form["tout-de-suite"] == "oui",
            starts=_day(form["debut"], time()),
            ends=_day(form["fin"], time(), after=1),
        ),
    )


async def _stop_rule(
    followings: Followings, principal: Principal, form: Form, patient: str
) -> None:
    wanted = Wanted(
        kind=form["type"], channel="screen", patient=patient, person=told_for(principal),
        wanted=False,
    )  # fmt: skip
    await followings.follow(principal, wanted)


async def _end(
    followings: Followings,
    principal: Principal,
    form: Form,
    patient: str,  # noqa: ARG001
) -> None:
    if not is_number(form["abonnement"]):
        raise NotFound("there is no such subscription")
    await followings.end(principal, int(form["abonnement"]))


async def _reach(
    followings: Followings,
    principal: Principal,
    form: Form,
    patient: str,  # noqa: ARG001
) -> None:
    await followings.set_reach(principal, form["canal"], form["adresse"])


async def _relay(
    followings: Followings,
    principal: Principal,
    form: Form,
    patient: str,  # noqa: ARG001
) -> None:
    is_on = form["relais"] == "oui"
    await followings.set_relay(principal, form["personne"] or principal.user, is_on=is_on)


Gesture = Callable[[Followings, Principal, Form, str], Awaitable[None]]
_GESTURES: Final[dict[str, Gesture]] = {
    "suivre": _follow,
    "ne-plus": _stop_rule,
    "mettre-fin": _end,
    "joindre": _reach,
    "relais": _relay,
}
_FIELDS: Final = {"suivre": "type", "joindre": "adresse", "relais": "relais"}


async def _page(request: Request, form: Form, patient: str, *, status: int = 200) -> Response:
    desk, principal = desk_of(request), signed_in(request).principal
    found = list(await desk.followings.of(principal))
    wanted = {row[name] for row in found for name in ("patient", "place")} | {patient}
    shown = await desk.reading.shown(principal, wanted - {""})
    relays = await desk.followings.relays([principal.structure]) if principal.structure else ()
    people = [row["made_by"] for row in found] + [row["person"] for row in relays]
    names = await named(request.app.state.ports.accounts, people)
    reaches = await desk.followings.reaches(principal)
    values: dict[str, Any] = {
        "form": form,
        "rules": [] if patient else rule_rows(principal, found),
        "rows": [
            following_row(row, shown, names)
            for row in found
            if not patient or row["patient"] == patient
        ],
        "kinds": [(one.code, one.label) for one in KINDS.values() if not one.addressed],
        "channels": list(CHANNELS.items()),
        "reaches": [(one, CHANNELS[one], reaches.get(one, ""), _HINTS[one]) for one in REACHED],
        "relays": [(row["person"], names.get(row["person"], row["person"])) for row in relays],
        "is_relay": any(row["person"] == principal.user for row in relays),
        "has_structure": bool(principal.structure) and not request.state.account.is_patient,
        "patient": shown.get(patient) if patient else None,
        "action": f"/patients/{patient.partition('/')[2]}/abonnements" if patient else PATH,
    }
    if patient:
        values["whom"] = whom({"patient": patient, "place": ""}, shown)
    return page(request, TEMPLATE, status=status, **values)


async def _open_patient(request: Request) -> str:
    """The patient of the address, when open to the reader; raises `NotFound`."""
    principal = reader(request).principal
    reference = f"Patient/{request.path_params['patient_id']}"
    if reference not in await desk_of(request).reading.shown(principal, [reference]):
        raise NotFound("there is no such patient")
    return reference


def _day(text: str, hour: time, *, after: int = 0) -> datetime | None:
    """The start of a day that was typed, some days after; raises `RuleBroken` for what is none."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RuleBroken(_("Écrivez les dates comme 24/11/2026.")) from error
    return datetime.combine(day + timedelta(days=after), hour, PARIS)


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, act, methods=["POST"]),
    Route("/patients/{patient_id}/abonnements", show_patient, methods=["GET"]),
    Route("/patients/{patient_id}/abonnements", act_patient, methods=["POST"]),
]
