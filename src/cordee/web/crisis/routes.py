"""Crisis cells of a CPTS: opened by one press, prepared, listed; what is shared. Rule: B6.5."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.care.crisis.cells import Cell, Shared, leads
from cordee.care.crisis.plan import CALLS, KINDS, LINES, ROLES, Call, Holder, Line, Plan
from cordee.care.crisis.situation import COUNTED
from cordee.identity.principal import STEERING
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, ResourceInvalid, RuleBroken
from cordee.web.crisis.cell import act, export, show
from cordee.web.crisis.entrance import PATH, count, crises_of, member, version
from cordee.web.forms import Form, form_number, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

LIST: Final = "crisis/templates/cells.html"
PLAN: Final = "crisis/templates/plan.html"
REGION: Final = "crisis/templates/region.html"
_FIELDS: Final = 400


async def show_all(request: Request) -> Response:
    """Give the cells of one's CPTS, or what was shared to who steers the region."""
    if STEERING in getattr(signed_in(request).principal, "functions", ()):
        return await _region(request)
    return await _list_page(request, Form())


async def open_cell(request: Request) -> Response:
    """Open a cell from the plan, then show it."""
    sent = await read_form(request)
    account, desk = member(request), crises_of(request)
    now = request.app.state.settings.clock()
    number = str(UUID(form_number(sent)))
    try:
        key = await desk.open(account.principal, sent["cpts"], sent["nature"], number, now)
    except (RuleBroken, Conflict, AccessDenied) as error:
        sent.errors["ouvrir"] = error.message
        return await _list_page(request, sent, status=error.status)
    return RedirectResponse(f"{PATH}/{key}", status_code=303)


async def show_plan(request: Request) -> Response:
    """Give the plan of one's CPTS, to prepare it."""
    place = await _own_place(request)
    number, plan = await crises_of(request).plan(place)
    return await _plan_page(request, place, (number, _typed(plan)), Form())


async def keep_plan(request: Request) -> Response:
    """Keep the plan; what was typed stays when it is refused."""
    sent = await read_form(request, _FIELDS)
    place, desk = await _own_place(request), crises_of(request)
    principal, now = member(request).principal, request.app.state.settings.clock()
    known = {
        key: one.name for key, one in (await desk.membership.members(principal, place)).items()
    }
    try:
        await desk.keep(principal, place, _read(sent, known), version(sent["vu"]), now)
    except ResourceInvalid as error:
        sent.errors |= {one.expression[0]: one.message for one in error.issues()}
    except (Conflict, AccessDenied) as error:
        sent.errors["plan"] = error.message
    if sent.errors:
        values = (version(sent["vu"]), sent)
        return await _plan_page(request, place, values, sent, status=422)
    return RedirectResponse(f"{PATH}?plan=garde", status_code=303)


async def shared(request: Request) -> Response:
    """Give what was shared, as CSV."""
    found = await crises_of(request).shared(signed_in(request).principal)
    head = [_("CPTS"), _("Crise"), _("Jour"), *(_(one) for one in COUNTED.values())]
    head += [_("Réponses"), _("Attendues"), _("Stocks sous le seuil"), _("Partagé le")]
    rows = [
        [
            one.cpts, _(KINDS.get(one.kind, one.kind)), one.day,
            *(one.content["numbers"].get(code, 0) for code in COUNTED),
            one.content["told"], one.content["expected"], one.content["low"], one.at.isoformat(),
        ]
        for one in found
    ]  # fmt: skip
    return spreadsheet("situations-de-crise.csv", head, rows)


async def _region(request: Request) -> Response:
    found = await crises_of(request).shared(signed_in(request).principal)
    return page(
        request, REGION, rows=[_shared_row(one) for one in found],
        counted=[_(one) for one in COUNTED.values()],
    )  # fmt: skip


def _shared_row(one: Shared) -> dict[str, object]:
    numbers = one.content["numbers"]
    return {
        "cpts": one.cpts,
        "kind": _(KINDS.get(one.kind, one.kind)),
        "day": french.short_date(one.day),
        "numbers": [numbers.get(code, 0) for code in COUNTED],
        "answers": f"{one.content['told']} / {one.content['expected']}",
        "low": one.content["low"],
        "at": f"{french.short_date(one.at)} {french.clock(one.at)}",
        "is_closed": one.is_closed,
    }


async def _list_page(request: Request, form: Form, *, status: int = 200) -> Response:
    account, desk = member(request), crises_of(request)
    places, cells = await desk.cells(account.principal)
    if not places:
        raise AccessDenied("crisis cells are for the members of a CPTS")
    plans = [(one, *(await desk.plan(one.structure))) for one in places]
    return page(
        request, LIST, status=status, form=form, key=str(uuid4()),
        kinds=[(code, _(text)) for code, text in KINDS.items()],
        places=[
            (one, bool(number), leads(account.principal, one, plan))
            for one, number, plan in plans
        ],
        running=[_row(one) for one in cells if one.closed is None],
        past=[_row(one) for one in cells if one.closed is not None],
        is_kept=request.query_params.get("plan") == "garde",
    )  # fmt: skip


def _row(one: Cell) -> dict[str, object]:
    return {
        "href": f"{PATH}/{one.id}",
        "kind": _(KINDS.get(one.kind, one.kind)),
        "cpts": one.cpts_name,
        "opened": f"{french.short_date(one.opened)} {french.clock(one.opened)}",
        "by": one.opened_name,
        "closed": french.short_date(one.closed) if one.closed else "",
        "summary": one.summary,
    }


async def _own_place(request: Request) -> str:
    """The CPTS that the address names, when one leads there; the first of one's own without."""
    account, desk = member(request), crises_of(request)
    wanted = request.query_params.get("cpts", "")
    for one in await desk.membership.of(account.principal):
        if wanted in {"", one.key}:
            _number, plan = await desk.plan(one.structure)
            if leads(account.principal, one, plan):
                return one.structure
    raise AccessDenied("only the CPTS and who holds a role in its plan prepare it")


async def _plan_page(
    request: Request, place: str, kept: tuple[int, Form], form: Form, *, status: int = 200
) -> Response:
    number, typed = kept
    principal = member(request).principal
    members = await crises_of(request).membership.members(principal, place)
    return page(
        request, PLAN, status=status, form=typed, errors=form.errors, number=number,
        roles=[(code, _(text)) for code, text in ROLES.items()],
        members=[(one.reference, one.name) for one in members.values()],
        tellers=[
            (name, one.name, bool(typed[name]))
            for key, one in members.items()
            for name in [f"relais-{key.partition('/')[2]}"]
        ],
        calls=range(CALLS), lines=range(LINES),
        place=place.removeprefix("Organization/"),
    )  # fmt: skip


def _typed(plan: Plan) -> Form:
    """A plan as its form was filled in."""
    values: dict[str, str] = {"heure": str(plan.hour)}
    for one in plan.holders:
        where = f"role-{one.role}"
        values |= {
            where: one.who, f"{where}-tel": one.phone, f"{where}-suppleant": one.substitute,
            f"{where}-suppleant-tel": one.substitute_phone,
        }  # fmt: skip
    for n, call in enumerate(plan.calls):
        values |= {f"appel-{n}": call.name, f"appel-{n}-tel": call.phone}
    for n, line in enumerate(plan.stock):
        where = f"materiel-{n}"
        values |= {
            where: line.item, f"{where}-nombre": str(line.quantity), f"{where}-unite": line.unit,
            f"{where}-seuil": str(line.threshold), f"{where}-lieu": line.place,
        }  # fmt: skip
    values |= {f"relais-{who.partition('/')[2]}": "oui" for who, _name in plan.tellers}
    return Form(values)


def _read(sent: Form, known: dict[str, str]) -> Plan:
    """A plan of what was typed; names are those of the directory, not of the browser."""
    holders = [
        Holder(
            role, who, known[who], sent[f"role-{role}-tel"], stand_in, known.get(stand_in, ""),
            sent[f"role-{role}-suppleant-tel"],
        )
        for role in ROLES
        if (who := sent[f"role-{role}"]) in known
        for stand_in in [_among(sent[f"role-{role}-suppleant"], known, who)]
    ]  # fmt: skip
    calls = [
        Call(sent[f"appel-{n}"], sent[f"appel-{n}-tel"])
        for n in range(CALLS)
        if sent[f"appel-{n}"] or sent[f"appel-{n}-tel"]
    ]
    stock = [_line(sent, f"materiel-{n}") for n in range(LINES) if sent[f"materiel-{n}"]]
    tellers = [
        (who, name) for who, name in known.items() if sent[f"relais-{who.partition('/')[2]}"]
    ]
    hour = count(sent["heure"])
    return Plan(
        tuple(holders), tuple(calls), tuple(stock), tuple(tellers), -1 if hour is None else hour
    )


def _among(stand_in: str, known: dict[str, str], who: str) -> str:
    return stand_in if stand_in in known else who  # refused: it is who holds the role


def _line(sent: Form, where: str) -> Line:
    told = [count(sent[f"{where}-{one}"]) for one in ("nombre", "seuil")]
    quantity, threshold = (-1 if one is None else one for one in told)
    return Line(sent[where], quantity, sent[f"{where}-unite"], threshold, sent[f"{where}-lieu"])


routes = [
    Route(PATH, show_all, methods=["GET"]),
    Route(PATH, open_cell, methods=["POST"]),
    Route(f"{PATH}/plan", show_plan, methods=["GET"]),
    Route(f"{PATH}/plan", keep_plan, methods=["POST"]),
    Route(f"{PATH}/partages.csv", shared, methods=["GET"]),
    Route(f"{PATH}/{{number}}", show, methods=["GET"]),
    Route(f"{PATH}/{{number}}", act, methods=["POST"]),
    Route(f"{PATH}/{{number}}/situation.csv", export, methods=["GET"]),
]
