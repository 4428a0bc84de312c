"""What is done with the line of a case: passed on, joined, written. C1.10, C1.11."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.care.regulation.cases import Case
from cordee.care.regulation.centres import Centre
from cordee.care.regulation.lines import RELAYED, TEXTS, Asked, number_address, post_address
from cordee.runtime.errors import Conflict, RuleBroken, Unavailable
from cordee.web.forms import Form, form_number, read_form
from cordee.web.language import gettext as _
from cordee.web.regulation.cases import back, refused
from cordee.web.regulation.entrance import number_in, standing
from cordee.web.regulation.floor import PATH


async def join(request: Request) -> Response:
    """Pass a call to another telephone, or let a third person speak too."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    try:
        asked = _asked(centre, form, case)
        is_done = await floor.lines.ask(principal, centre, asked)
    except (RuleBroken, Conflict, Unavailable) as error:
        return await refused(request, form, error, other="ligne")
    if not is_done:
        words = _("Le téléphone sonne encore : l’appelant reste en ligne.")
        return await refused(request, form, Conflict(words), other="ligne")
    return back(case)


async def write(request: Request) -> Response:
    """Keep a turn of an exchange by text, or that the 114 took over."""
    form = await read_form(request)
    principal, centre, floor = await standing(request)
    case, _stamps = await floor.desk.case(principal, centre, number_in(request))
    kind = RELAYED if form["geste"] == "114" else TEXTS.get(form["de"], TEXTS["appelant"])
    try:
        await floor.lines.say(principal, case, kind, form["texte"], form_number(form))
    except RuleBroken as error:
        return await refused(request, form, error, other="texte")
    return back(case)


def _asked(centre: Centre, form: Form, case: Case) -> Asked:
    call = case.call
    if call is None:
        raise RuleBroken(_("Ce dossier n’a pas d’appel."), expression=("ligne",))
    telephony, number = centre.parameters.telephony, UUID(form_number(form))
    if form["geste"] == "transferer":
        address = post_address(telephony, form["vers"])
        return Asked(number, call, "transfer", who=address, name=form["vers"])
    known = next((one for one in telephony.contacts if one.name == form["contact"]), None)
    typed = form["tiers"] or (known.number if known else "")
    name = known.name if known and not form["tiers"] else form["tiers"]
    return Asked(number, call, "conference", who=number_address(telephony, typed), name=name)


routes = [
    Route(f"{PATH}/dossiers/{{number}}/ligne", join, methods=["POST"]),
    Route(f"{PATH}/dossiers/{{number}}/texte", write, methods=["POST"]),
]
