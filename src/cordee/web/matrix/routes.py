"""The habilitation matrix on the screen: two offices change it, the past is replayed. A3.1."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cordee.access.habilitating import office_of
from cordee.access.matrix import CATEGORY, Cell, Matrix, Right, State, catalogue, in_force
from cordee.runtime.errors import AccessDenied, InvalidRequest, RuleBroken
from cordee.runtime.french import PARIS
from cordee.web.forms import Form, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.matrix.views import (
    STATES,
    compared,
    document_label,
    proposal_view,
    table,
    types_of,
)
from cordee.web.rendering import page
from cordee.web.trust import trust_of

TEMPLATE = "matrix/templates/matrix.html"
HERE = "/matrice"
_CHOICES = {State.OPEN: _("ouvrir"), State.CLOSED: _("fermer")}
_LONGEST_NUMBER = 18


async def matrix(request: Request) -> Response:
    """Give a version of the matrix, what changed in it, and what is proposed."""
    return await _page(request, Form())


async def change(request: Request) -> Response:
    """Keep a proposal, or the other office's word on one."""
    form = await read_form(request)
    try:
        if form["geste"] == "proposer":
            await _propose(request, form)
        else:
            await _settle(request, form)
    except RuleBroken as error:
        form.errors["motif"] = error.message
        return await _page(request, form)
    return RedirectResponse(f"{HERE}#propositions", status_code=303)


async def _propose(request: Request, form: Form) -> None:
    account = signed_in(request)
    office_of(account.principal)
    try:
        effective = datetime.combine(date.fromisoformat(form["effet"]), time(), PARIS)
        state, right = State(form["etat"]), Right(form["droit"])
    except ValueError as error:
        raise RuleBroken(_("Choisissez l’état, le droit et la date d’effet")) from error
    if effective <= _now(request):
        raise RuleBroken(_("La date d’effet est à venir : demain au plus tôt"))
    cell = Cell(form["profession"], form["document"], right, state, form["source"])
    try:
        await trust_of(request).habilitating.propose(
            account.principal, [cell], effective=effective, motive=form["motif"]
        )
    except InvalidRequest as error:
        raise RuleBroken(_("Cette profession ou ce type n’est pas dans la matrice")) from error


async def _settle(request: Request, form: Form) -> None:
    number = form["numero"]
    if not number.isdecimal() or len(number) > _LONGEST_NUMBER:
        raise HTTPException(404)
    await trust_of(request).habilitating.settle(
        signed_in(request).principal, int(number), accepted=form["geste"] == "accepter",
        at=_now(request),
    )  # fmt: skip


async def _page(request: Request, form: Form) -> Response:
    account, now, asked = signed_in(request), _now(request), request.query_params
    service = trust_of(request).habilitating
    versions = await service.versions(account.principal)
    shown = _named(versions, asked.get("version", "")) or in_force(versions, now)
    if shown is None:
        raise HTTPException(404)
    right = Right.WRITE if asked.get("droit") == Right.WRITE else Right.READ
    profession = asked.get("profession", "")
    before = versions[versions.index(shown) - 1] if versions.index(shown) else None
    kinds = catalogue()
    return page(
        request, TEMPLATE, status=422 if form.errors else 200, form=form, kinds=kinds,
        versions=versions, shown=shown, current=in_force(versions, now), right=right,
        rows=table(shown, right), before=before, changes=compared(before, shown) if before else (),
        profession=profession if profession in kinds.professions else "",
        types=types_of(shown, profession) if profession in kinds.professions else (),
        proposals=[proposal_view(one) for one in await service.proposals()],
        office=_office(account),
        replayed=_replayed(asked, versions), asked=asked, choices=_CHOICES, category=CATEGORY,
        tomorrow=(now + timedelta(days=1)).date().isoformat(),
    )  # fmt: skip


def _replayed(asked: Any, versions: tuple[Matrix, ...]) -> dict[str, str] | None:
    """What the matrix answered on a day: version, state, source."""
    if not asked.get("jour"):
        return None
    kinds, document = catalogue(), asked.get("document", "")
    try:
        at = datetime.combine(date.fromisoformat(asked["jour"]), time(12), PARIS)
    except ValueError:
        return {"text": _("Cette date n’en est pas une."), "version": "", "label": ""}
    known = in_force(versions, at)
    if known is None:
        return {"text": _("Aucune version n’était en vigueur : tout était fermé."), "version": "",
                "label": ""}  # fmt: skip
    category = kinds.category_of.get(document, document.removeprefix(CATEGORY))
    cell = known.cell(asked.get("profession", ""), document, category, Right.READ)
    text = STATES[cell.state][0] if cell else _("fermé : personne n’en avait parlé")
    return {"text": text, "version": known.version, "label": document_label(document)}


def _named(versions: tuple[Matrix, ...], name: str) -> Matrix | None:
    return next((one for one in versions if one.version == name), None)


def _office(account: Any) -> str:
    try:
        return office_of(account.principal).user
    except AccessDenied:
        return ""


def _now(request: Request) -> Any:
    return request.app.state.settings.clock()


routes = [
    Route("/matrice", matrix, methods=["GET"], name="matrix"),
    Route("/matrice", change, methods=["POST"]),
]
