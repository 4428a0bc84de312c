"""One crisis cell: roles, calls, stock, numbers of the day, sharing, closing. Rule: B6.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.crisis.cells import CALL, DAY, ROLE, STOCK, Cell, Crises, span
from cordee.care.crisis.plan import KINDS, ROLES, Line, line_problem
from cordee.care.crisis.situation import COUNTED, WHY, Day, Told, check, content_of
from cordee.identity.principal import Principal
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Conflict, ResourceInvalid, RuleBroken
from cordee.web.crisis.entrance import PATH, count, crises_of, member, version
from cordee.web.forms import Form, read_form
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.requests.entrance import number_of
from cordee.web.sheets import spreadsheet

ONE: Final = "crisis/templates/cell.html"
_REFUSED: Final = (RuleBroken, Conflict, AccessDenied)


async def show(request: Request) -> Response:
    """Give a cell."""
    return await _page(request, Form())


async def export(request: Request) -> Response:
    """Give all that was told of the days, amendments too, as CSV."""
    cell, _leads = await crises_of(request).one(member(request).principal, number_of(request))
    names = dict(cell.plan.tellers)
    head = [_("Jour"), _("Qui"), *(_(one) for one in COUNTED.values())]
    head += [_("Version"), _("Motif de la correction"), _("Écrit le"), _("Par")]
    rows = [
        [
            day, names.get(who, who), *(told.numbers[code] for code in COUNTED), rank,
            _(WHY[told.why]) if told.why in WHY else "", told.at.isoformat(), told.by,
        ]
        for day, one in cell.days.items()
        for who, versions in one.told.items()
        for rank, told in enumerate(versions, 1)
    ]  # fmt: skip
    return spreadsheet("situation-de-crise.csv", head, rows)


async def act(request: Request) -> Response:
    """Tell something in a cell; what was typed stays when it is refused."""
    sent = await read_form(request)
    desk, principal = crises_of(request), member(request).principal
    now = request.app.state.settings.clock()
    cell, leads = await desk.one(principal, number_of(request))
    try:
        place = await _do(desk, (principal, leads), cell, sent, now)
        return RedirectResponse(f"{PATH}/{cell.id}#{place}", status_code=303)
    except ResourceInvalid as error:
        sent.errors |= {one.expression[0]: one.message for one in error.issues()}
    except _REFUSED as error:
        sent.errors[next(iter(error.expression), _place(sent))] = error.message
        return await _page(request, sent, status=error.status)
    return await _page(request, sent, status=422)


async def _do(
    desk: Crises, who: tuple[Principal, bool], cell: Cell, sent: Form, now: datetime
) -> str:
    """Do what the form asks; the place of the page where it is seen."""
    principal, leads = who
    gesture = sent["geste"]
    if gesture == "jour":
        return await _tell_day(desk, who, cell, sent, now)
    if not leads:
        raise AccessDenied("Seule la CPTS, ou qui tient un rôle dans la cellule, fait ce geste.")
    if gesture == "partager":
        await desk.share(principal, cell, sent["jour"], now)
        return "situation"
    if gesture == "clore":
        await desk.close(principal, cell, sent["bilan"], now)
        return "bilan"
    what = _entry(cell, sent)
    await desk.tell(principal, cell, what, version(sent["vu"]), now)
    return _place(sent)


async def _tell_day(
    desk: Crises, who: tuple[Principal, bool], cell: Cell, sent: Form, now: datetime
) -> str:
    principal, leads = who
    teller = sent["relais"]
    if teller not in dict(cell.plan.tellers):
        raise RuleBroken(_("Choisissez pour qui sont ces nombres."), expression=("relais",))
    if not leads and teller != principal.practitioner:
        raise AccessDenied("Vous donnez vos nombres ; la cellule donne ceux des autres.")
    if sent["jour"] not in span(cell, now):
        raise RuleBroken(_("Donnez un jour de la crise, des sept derniers."), expression=("jour",))
    follows = version(sent["vu"])
    numbers = check(
        {code: count(sent[code]) for code in COUNTED}, sent["pourquoi"], amends=follows > 0
    )
    content = content_of(numbers, sent["pourquoi"] if follows else "")
    key = f"{sent['jour']}|{teller}"
    await desk.tell(principal, cell, (DAY, key, content), follows, now)
    return "situation"


def _entry(cell: Cell, sent: Form) -> tuple[str, str, Mapping[str, Any]]:
    """What is told of a role, a call or a line of stock."""
    gesture, key = sent["geste"], sent["cle"]
    if gesture in {"titulaire", "suppleant"} and key in {one.role for one in cell.plan.holders}:
        return ROLE, key, {"acting": gesture}
    if gesture in {"joint", "pas-joint"} and count(key) in range(len(cell.plan.calls)):
        return CALL, key, {"reached": gesture == "joint"}
    if gesture == "stock" and key in cell.stock:
        line = cell.stock[key][0]
        quantity = count(sent["nombre"])
        line = msgspec.structs.replace(line, quantity=-1 if quantity is None else quantity)
        return STOCK, key, _checked(line, f"stock-{key}")
    if gesture == "ajouter":
        told = [count(sent[one]) for one in ("nombre", "seuil")]
        quantity, threshold = (-1 if one is None else one for one in told)
        line = Line(sent["materiel"], quantity, sent["unite"], threshold, sent["lieu"])
        return STOCK, str(uuid4()), _checked(line, "materiel")
    raise RuleBroken(_("Ce geste n’existe pas ici."))


def _checked(line: Line, where: str) -> Mapping[str, Any]:
    if text := line_problem(line):
        raise RuleBroken(text, expression=(where,))
    return msgspec.to_builtins(line)


def _place(sent: Form) -> str:
    return {
        "titulaire": "roles", "suppleant": "roles", "joint": "appels", "pas-joint": "appels",
        "stock": "stocks", "ajouter": "stocks", "clore": "bilan",
    }.get(sent["geste"], "situation")  # fmt: skip


async def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    principal = member(request).principal
    cell, leads = await crises_of(request).one(principal, number_of(request))
    now: datetime = request.app.state.settings.clock()
    days, writable = cell.days, span(cell, now)
    chosen = form["jour"] or request.query_params.get("jour", "")
    chosen = chosen if chosen in writable else writable[0]
    own = [one for one in cell.plan.tellers if leads or one[0] == principal.practitioner]
    teller = form["relais"] or request.query_params.get("relais", "")
    teller = teller if teller in dict(own) else next((one[0] for one in own), "")
    versions = days[chosen].told.get(teller, ()) if chosen in days else ()
    if versions and not form.errors:
        form = Form({code: str(value) for code, value in versions[-1].numbers.items()})
    return page(
        request, ONE, status=status, form=form, cell=_view(cell), leads=leads,
        writes=cell.closed is None, roles=_roles(cell), calls=_calls(cell), stock=_stock(cell),
        days=[_day(cell, one) for one in days.values()], chosen=chosen, teller=teller,
        today=french.short_date(writable[0]),
        missing=[name for _who, name in cell.missing(date.fromisoformat(writable[0]))],
        is_late=cell.is_late(now), hour=cell.plan.hour, own=own,
        writable=[(one, french.short_date(one)) for one in writable],
        counted=[(code, _(label)) for code, label in COUNTED.items()],
        whys=[(code, _(label)) for code, label in WHY.items()],
        follows=versions[-1].n if versions else 0, told=_said(versions),
    )  # fmt: skip


def _view(cell: Cell) -> dict[str, str]:
    return {
        "id": cell.id,
        "kind": _(KINDS.get(cell.kind, cell.kind)),
        "cpts": cell.cpts_name,
        "opened": f"{french.short_date(cell.opened)} {french.clock(cell.opened)}",
        "by": cell.opened_name,
        "closed": french.short_date(cell.closed) if cell.closed else "",
        "summary": cell.summary,
    }


def _roles(cell: Cell) -> list[dict[str, Any]]:
    acting = cell.last(ROLE)
    found: list[dict[str, Any]] = []
    for one in cell.plan.holders:
        entry = acting.get(one.role)
        stands_in = entry is not None and entry.content["acting"] == "suppleant"
        found.append(
            {
                "key": one.role, "label": _(ROLES.get(one.role, one.role)), "follows": _n(entry),
                "name": one.substitute_name if stands_in else one.name,
                "phone": one.substitute_phone if stands_in else one.phone,
                "other": one.name if stands_in else one.substitute_name,
                "other_phone": one.phone if stands_in else one.substitute_phone,
                "stands_in": stands_in,
            }
        )  # fmt: skip
    return found


def _calls(cell: Cell) -> list[dict[str, Any]]:
    last = cell.last(CALL)
    found: list[dict[str, Any]] = []
    for n, one in enumerate(cell.plan.calls):
        tries = [each for each in cell.entries if each.sort == CALL and each.key == str(n)]
        entry = last.get(str(n))
        found.append(
            {
                "key": str(n), "name": one.name, "phone": one.phone, "follows": _n(entry),
                "reached": None if entry is None else bool(entry.content["reached"]),
                "tries": [
                    (_("Joint") if each.content["reached"] else _("Pas joint"), _at(each.at),
                     each.by)
                    for each in reversed(tries)
                ],
            }
        )  # fmt: skip
    return found


def _stock(cell: Cell) -> list[dict[str, Any]]:
    return [
        {
            "key": key, "line": line, "follows": _n(entry),
            "at": f"{_at(entry.at)}, {entry.by}" if entry else "",
        }
        for key, (line, entry) in cell.stock.items()
    ]  # fmt: skip


def _day(cell: Cell, one: Day) -> dict[str, Any]:
    names = dict(cell.plan.tellers)
    return {
        "iso": one.iso,
        "title": french.short_date(one.iso),
        "rows": [
            (names.get(who, who), who, [versions[-1].numbers[code] for code in COUNTED],
             _said(versions))
            for who, versions in one.told.items()
        ],
        "total": [one.total[code] for code in COUNTED],
        "missing": [name for _who, name in cell.missing(date.fromisoformat(one.iso))],
        "shared": f"{_at(one.shared.at)}, {one.shared.by}" if one.shared else "",
        "has_moved": one.has_moved,
    }  # fmt: skip


def _said(versions: Sequence[Told]) -> list[str]:
    """Each version that was told, the newest first, where there is more than one."""
    lines = [
        _("%(at)s, %(by)s : %(numbers)s%(why)s")
        % {
            "at": _at(one.at),
            "by": one.by,
            "numbers": ", ".join(str(one.numbers[code]) for code in COUNTED),
            "why": f" ({_(WHY[one.why])})" if one.why in WHY else "",
        }
        for one in reversed(versions)
    ]
    return lines if len(lines) > 1 else []


def _at(moment: datetime) -> str:
    return f"{french.short_date(moment)} {french.clock(moment)}"


def _n(entry: Any) -> int:
    return entry.n if entry is not None else 0
