"""The cart of a home for one resident: consent, sessions to come and past. Rule: B7.5."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.carts.consents import (
    ANSWERS,
    CAPACITIES,
    HOWS,
    PERSON,
    REACHES,
    STATES,
    Agreed,
    Heard,
)
from cordee.care.carts.sessions import KINDS, NO_CONSENT, Carts, Wished
from cordee.care.store import Resource
from cordee.care.workflow.machines import machines
from cordee.care.workflow.tasks import facts_of, reason_of, state_of
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    ResourceInvalid,
    RuleBroken,
    VersionConflict,
)
from cordee.web.carts.session import CHANGED, CODE
from cordee.web.carts.session import routes as session_routes
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.record.routes import values_around
from cordee.web.rendering import page
from cordee.web.workflow.telling import written_words

TEMPLATE: Final = "carts/templates/cart.html"
_FIELDS: Final = {
    "who": "qui", "answer": "reponse", "how": "mode", "reach": "portee", "capacity": "capacite",
    "at": "recueilli", "words": "mots",
}  # fmt: skip
_USUAL: Final = "20"


async def show(request: Request) -> Response:
    """Give the cart of a resident."""
    return await _page(request, _empty(request))


async def act(request: Request) -> Response:
    """Keep a consent, withdraw one, or prepare a session; nothing typed is lost."""
    sent = await read_form(request)
    gesture = {"consentement": _hear, "retirer": _withdraw, "preparer": _prepare}.get(sent["geste"])
    if gesture is None:
        raise HTTPException(400)
    try:
        await gesture(request, sent)
    except ResourceInvalid as error:
        for issue in error.issues():
            where = issue.expression[0] if issue.expression else ""
            sent.errors[_FIELDS.get(where, "mots")] = issue.message
        return await _page(request, sent, status=422)
    except (RuleBroken, Conflict) as error:
        sent.errors["consentement" if sent["geste"] == "retirer" else "quand"] = error.message
        return await _page(request, sent, status=error.status)
    except VersionConflict as error:
        sent.errors["consentement" if sent["geste"] == "retirer" else "quand"] = _(CHANGED)
        return await _page(request, sent, status=error.status)
    return RedirectResponse(request.url.path, status_code=303)


async def _hear(request: Request, sent: Form) -> None:
    principal, now = caregiver(request).principal, _now(request)
    heard = Heard(
        sent["qui"], sent["reponse"], sent["mode"], sent["portee"], sent["capacite"],
        _moment(sent["recueilli"]), sent["mots"],
    )  # fmt: skip
    await desk_of(request).hear(principal, _patient(request), form_number(sent), heard, now)


async def _withdraw(request: Request, sent: Form) -> None:
    principal = caregiver(request).principal
    await desk_of(request).withdraw(
        principal, _patient(request), sent["consentement"], sent["mots-retrait"], _now(request)
    )


async def _prepare(request: Request, sent: Form) -> None:
    minutes = sent["minutes"] or _USUAL
    wished = Wished(
        sent["sorte"], _moment(sent["quand"]), int(minutes) if minutes.isdecimal() else 0,
        sent["consentement"], sent["expert"], sent["motif"],
    )  # fmt: skip
    principal = caregiver(request).principal
    await desk_of(request).prepare(
        principal, _patient(request), form_number(sent), wished, _now(request)
    )


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, now = caregiver(request).principal, _now(request)
    _rows, values = await values_around(request, "parcours")
    try:
        cart = await desk_of(request).of_patient(principal, _patient(request), now)
    except AccessDenied as error:
        raise NotFound("no cart is kept here") from error
    usable = [one for one in cart.consents if one.holds(now) and not one.used]
    number = form_number(form) if form["numero"] else str(uuid4())
    values |= {
        "form": form, "number": number, "no_consent": NO_CONSENT,
        "consents": [_agreed(one, now) for one in cart.consents],
        "usable": [(one.id, _label(one)) for one in usable],
        "experts": cart.experts, "kinds": [(code, _(text)) for code, text in KINDS.items()],
        "people": [
            (PERSON, _("La personne elle-même")),
            *((one.reference, f"{one.name}, {one.quality}") for one in cart.representatives),
        ],
        "answers": _words(ANSWERS), "hows": _words(HOWS), "reaches": _words(REACHES),
        "capacities": _words(CAPACITIES),
        "sessions": [session_row(one, now) for one in cart.sessions],
    }  # fmt: skip
    return page(request, TEMPLATE, status=status, **values)


def session_row(task: Resource, now: datetime) -> dict[str, str]:
    """Give a session as a line: what, when, with whom, how it ended."""
    facts, state = facts_of(task), state_of(task)
    shown = machines()[CODE].states.get(state)
    levels = {"not-done": "critical", "stopped": "caution", "done": "settled"}
    return {
        "number": str(task["id"]),
        "kind": _(KINDS.get(str(facts.get("kind", "")), "")),
        "when": written_words(str(facts.get("when", "")), now),
        "expert": str(facts.get("expert", "")),
        "state": _(shown.label) if shown else state,
        "level": levels.get(state, ""),
        "reason": reason_of(task),
    }


def desk_of(request: Request) -> Carts:
    """Give the service of carts; raises `NotFound` where there is none."""
    desk: Carts | None = request.app.state.ports.carts
    if desk is None:
        raise NotFound("there is no cart here")
    return desk


def _agreed(one: Agreed, now: datetime) -> dict[str, Any]:
    details = [
        one.quality, _(HOWS.get(one.how, "")).lower(), _(REACHES.get(one.reach, "")).lower(),
        _("capacité : %s") % _(CAPACITIES.get(one.capacity, "")).lower(),
    ]  # fmt: skip
    return {
        "id": one.id,
        "who": one.who or _("La personne"),
        "state": _("déjà utilisé") if one.used and one.holds(now) else _(STATES.get(one.state, "")),
        "level": {"active": "settled", "rejected": "critical"}.get(one.state, "caution"),
        "details": ", ".join(filter(None, details)),
        "at": written_words(one.at, now),
        "words": one.words,
        "heard_by": one.heard_by,
        "may_end": one.state == "active",
    }


def _label(one: Agreed) -> str:
    return f"{one.who or _('La personne')}, {_(REACHES.get(one.reach, '')).lower()}"


def _empty(request: Request) -> Form:
    now = _now(request).astimezone(PARIS)
    to_come = (now + timedelta(days=1)).replace(minute=0)
    return Form(
        {"recueilli": f"{now:%Y-%m-%dT%H:%M}", "quand": f"{to_come:%Y-%m-%dT%H:%M}", "qui": PERSON}
    )


def _words(choices: Any) -> list[tuple[str, str]]:
    return [(code, _(text)) for code, text in choices.items()]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS)
    except ValueError:
        return None


def _now(request: Request) -> datetime:
    now: datetime = request.app.state.settings.clock()
    return now


def _patient(request: Request) -> str:
    return str(request.path_params["patient_id"])


routes = [
    Route("/patients/{patient_id}/chariot", show, methods=["GET"]),
    Route("/patients/{patient_id}/chariot", act, methods=["POST"]),
    *session_routes,
]
