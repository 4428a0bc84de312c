"""The board of prevention of a CPTS: its actions, one action, its days. Rule: B6.6."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.prevention.actions import STATES, THEMES, Action, Told
from cordee.care.prevention.days import Day, Wish
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import AccessDenied, Conflict, ResourceInvalid, RuleBroken
from cordee.web.crisis.entrance import count, version
from cordee.web.forms import Form, day_of, form_number, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.prevention.days import PATIENT, act, book, export_day, of_patient, show_day
from cordee.web.prevention.entrance import DAYS, PATH, actions_of, days_of
from cordee.web.rendering import page
from cordee.web.requests.entrance import asker, number_of
from cordee.web.sheets import spreadsheet

BOARD: Final = "prevention/templates/board.html"
ONE: Final = "prevention/templates/action.html"
_FIELDS: Final = {
    "theme": "theme", "title": "titre", "target": "public", "place": "lieu", "starts": "debut",
    "ends": "fin", "who": "qui", "planned": "prevus", "reached": "venus", "state": "etat",
}  # fmt: skip
_REFUSED: Final = (Conflict, AccessDenied, RuleBroken)


async def show(request: Request) -> Response:
    """Give the board; also as CSV."""
    if request.url.path.endswith(".csv"):
        places, found = await actions_of(request).all(asker(request).principal)
        if not places:
            raise AccessDenied("the board is for the members of a CPTS")
        names = {one.structure: one.name for one in places}
        return _sheet([(names[one.cpts], one) for one in found])
    return await _board(request, await _first(request))


async def add(request: Request) -> Response:
    """Add an action; what was typed stays when it is refused."""
    sent = await read_form(request)
    principal, now = asker(request).principal, request.app.state.settings.clock()
    try:
        number = form_number(sent)
        key = await actions_of(request).add(principal, sent["cpts"], _told(sent), number, now)
    except (ResourceInvalid, *_REFUSED) as error:
        status = put_errors(sent, error, _FIELDS, "titre")
        return await _board(request, sent, status=status)
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show_one(request: Request) -> Response:
    """Give an action with its days."""
    return await _page(request, None)


async def change(request: Request) -> Response:
    """Change an action, or open a day of it."""
    sent = await read_form(request)
    principal, desk = asker(request).principal, actions_of(request)
    action = await desk.one(principal, number_of(request))
    now = request.app.state.settings.clock()
    try:
        if sent["geste"] == "journee":
            members = await desk.membership.members(principal, action.cpts)
            wish = _wish(sent, list(members))
            key = await days_of(request).open(principal, action, wish, form_number(sent))
            return RedirectResponse(f"{DAYS}/{key}", status_code=303)
        await desk.change(principal, action, _told(sent), version(sent["vu"]), now)
    except ResourceInvalid as error:
        status = put_errors(sent, error, _FIELDS, "titre")
        return await _page(request, sent, status=status)
    except _REFUSED as error:
        sent.errors[next(iter(error.expression), "titre")] = error.message
        return await _page(request, sent, status=error.status)
    return RedirectResponse(f"{PATH}/{action.id}", status_code=303)


async def _first(request: Request) -> Form:
    """The form of a new action; that of a campaign of the region is filled with what it says."""
    number, desk = request.query_params.get("campagne", ""), request.app.state.ports.campaigns
    if not number or desk is None:
        return Form({"etat": "prepared"})
    campaign = await desk.register.one(number)
    if not campaign.is_open:
        raise Conflict(_("Cette campagne n’est pas lancée, ou elle est close."))
    told = campaign.told
    return Form(
        {
            "etat": "running", "campagne": campaign.id, "titre": told.title,
            "public": campaign.kit.target[:300], "qui": told.owner[:300],
            "debut": str(told.starts), "fin": str(told.ends),
        }
    )  # fmt: skip


async def _board(request: Request, form: Form, *, status: int = 200) -> Response:
    principal, now = asker(request).principal, request.app.state.settings.clock()
    places, found = await actions_of(request).all(principal)
    if not places:
        raise AccessDenied("the board is for the members of a CPTS")
    names = {one.structure: one.name for one in places}
    days = await days_of(request).to_come(principal, now)
    return page(
        request, BOARD, status=status, form=form, key=form["numero"] or str(uuid4()),
        places=[(one.structure, one.name) for one in places],
        groups=[
            (_(label), rows)
            for state, label in STATES.items()
            if (rows := [_row(one, names) for one in found if one.told.state == state])
        ],
        total=len(found), days=[_day_row(one) for one in days], **_choices(),
    )  # fmt: skip


async def _page(request: Request, sent: Form | None, *, status: int = 200) -> Response:
    principal, desk = asker(request).principal, actions_of(request)
    action = await desk.one(principal, number_of(request))
    opens = sent is not None and sent["geste"] == "journee"
    form = sent if sent is not None and not opens else _typed(action)
    members = await desk.membership.members(principal, action.cpts)
    wish = sent if sent is not None and opens else Form({"duree": "10", "suite": "12"})
    return page(
        request, ONE, status=status, form=form, wish=wish, key=wish["numero"] or str(uuid4()),
        errors=form.errors | wish.errors, action=action, row=_row(action, {}),
        days=[_day_row(one) for one in await days_of(request).of_action(action)],
        vaccinators=[
            (f"vaccine-{n}", one.reference, one.name, wish[f"vaccine-{n}"] == one.reference)
            for n, one in enumerate(one for one in members.values() if one.cares)
        ],
        **_choices(),
    )  # fmt: skip


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "themes": [(code, _(text)) for code, text in THEMES.items()],
        "states": [(code, _(text)) for code, text in STATES.items()],
    }


def _row(one: Action, names: dict[str, str]) -> dict[str, object]:
    told = one.told
    assert told.starts is not None  # noqa: S101 -- kept actions have their days
    assert told.ends is not None  # noqa: S101 -- kept actions have their days
    first, last = french.short_date(told.starts), french.short_date(told.ends)
    return {
        "href": f"{PATH}/{one.id}",
        "title": told.title,
        "theme": _(THEMES.get(told.theme, told.theme)),
        "cpts": names.get(one.cpts, "") if len(names) > 1 else "",
        "target": told.target,
        "place": told.place,
        "who": told.who,
        "dates": first if first == last else _("du %(a)s au %(b)s") % {"a": first, "b": last},
        "planned": told.planned,
        "reached": told.reached,
        "state": _(STATES.get(told.state, told.state)),
    }


def _day_row(one: Day) -> dict[str, object]:
    return {
        "href": f"{DAYS}/{one.id}",
        "title": one.title,
        "at": f"{french.short_date(one.starts)} {french.clock(one.starts)}",
        "place": one.place,
        "capacity": one.capacity,
    }


def _told(sent: Form) -> Told:
    planned, reached = count(sent["prevus"]), count(sent["venus"])
    if reached is None and sent["venus"]:
        reached = -1
    return Told(
        sent["theme"], sent["titre"], sent["public"], sent["lieu"], day_of(sent["debut"]),
        day_of(sent["fin"]), sent["qui"], planned, reached, sent["etat"], _campaign(sent),
    )  # fmt: skip


def _campaign(sent: Form) -> str:
    try:
        return str(UUID(sent["campagne"])) if sent["campagne"] else ""
    except ValueError as error:
        raise RuleBroken(_("Cette campagne n’existe pas."), expression=("titre",)) from error


def _typed(action: Action) -> Form:
    told = action.told
    return Form(
        {
            "theme": told.theme, "titre": told.title, "public": told.target, "lieu": told.place,
            "debut": str(told.starts), "fin": str(told.ends), "qui": told.who,
            "prevus": str(told.planned), "etat": told.state, "vu": str(action.version),
            "venus": "" if told.reached is None else str(told.reached),
        }
    )  # fmt: skip


def _wish(sent: Form, known: list[str]) -> Wish:
    try:
        starts = datetime.fromisoformat(f"{sent['jour']}T{sent['heure']}").replace(tzinfo=PARIS)
    except ValueError as error:
        raise RuleBroken(_("Donnez le jour et l’heure."), expression=("jour",)) from error
    chosen = {value for name, value in sent.values.items() if name.startswith("vaccine-")}
    vaccinators = tuple(one for one in known if one in chosen)
    where = sent["ou"]
    return Wish(starts, count(sent["duree"]) or 0, count(sent["suite"]) or 0, vaccinators, where)


def _sheet(found: list[tuple[str, Action]]) -> Response:
    head = [
        _("CPTS"), _("Thème"), _("Action"), _("Public visé"), _("Lieu"), _("Premier jour"),
        _("Dernier jour"), _("Qui"), _("Personnes visées"), _("Personnes venues"), _("État"),
    ]  # fmt: skip
    rows = [
        [
            name, _(THEMES.get(one.told.theme, "")), one.told.title, one.told.target,
            one.told.place, one.told.starts, one.told.ends, one.told.who, one.told.planned,
            "" if one.told.reached is None else one.told.reached,
            _(STATES.get(one.told.state, "")),
        ]
        for name, one in found
    ]  # fmt: skip
    return spreadsheet("actions-de-prevention.csv", head, rows)


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}.csv", show, methods=["GET"]),
    Route(PATH, add, methods=["POST"]),
    Route(f"{DAYS}/{{number}}", show_day, methods=["GET"]),
    Route(f"{DAYS}/{{number}}", act, methods=["POST"]),
    Route(f"{DAYS}/{{number}}/liste.csv", export_day, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show_one, methods=["GET"]),
    Route(f"{PATH}/{{number}}", change, methods=["POST"]),
    Route(PATIENT, of_patient, methods=["GET"]),
    Route(PATIENT, book, methods=["POST"]),
]
