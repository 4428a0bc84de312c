"""The cohort builder: criteria by lines, the size as a band, never a list. Rules: G1.10, G2.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from cordee.population.callers import BOARDS, COHORTS, need, rights_of
from cordee.population.facts.kinds import KINDS
from cordee.population.indicators.criteria import criterion
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.port import Population
from cordee.web.rendering import page

TEMPLATE: Final = "population/templates/cohort.html"
LINES: Final = 3
HOW: Final = {"": _("avec"), "sans": _("sans")}
_WITHIN: Final = {
    "P12M": _("12 mois"),
    "P24M": _("24 mois"),
    "P5Y": _("5 ans"),
    "ever": _("toujours"),
}
SEXES: Final = {"": _("tous"), "female": _("femmes"), "male": _("hommes")}
_OLDEST: Final = 120


async def build(request: Request) -> Response:
    """Give the builder; on POST, the size of what it describes."""
    form: Mapping[str, str] = {}
    if request.method == "POST":
        form = (await read_form(request)).values
    desk: Population | None = request.app.state.ports.population
    if desk is None:
        raise NotFound("there is no population health here")
    principal = signed_in(request).principal
    need(principal, COHORTS)
    problem, told, size, past = "", "", "", []
    is_told, rule = False, ""
    if form:
        try:
            asked = _criteria(form)
            rule = orjson.dumps(asked).decode()
            told = words.criteria(criterion(asked, {}, "cohorte"))
            is_told, size, past = await desk.count(principal, told, asked, "")
        except InvalidRequest as error:
            problem = _problem(error)
    return page(
        request, TEMPLATE, status=422 if problem else 200, form=form, lines=range(LINES),
        kinds={one: words.EVENTS[one] for one in KINDS}, how=HOW, spans=_WITHIN, problem=problem,
        told=told, size=size, is_told=is_told, past=past, sexes=SEXES, rule=rule,
        key=str(uuid4()), shares=request.app.state.ports.campaigns is not None
        and BOARDS in rights_of(principal.functions),
    )  # fmt: skip


def _criteria(form: Mapping[str, str]) -> dict[str, Any]:
    """The criterion of a form; raises `InvalidRequest` for what asks for nothing."""
    person: dict[str, Any] = {
        "age": [_age(form.get("de", ""), 0), _age(form.get("a", ""), _OLDEST)],
    }
    if form.get("sexe"):
        person["sex"] = form["sexe"]
    parts: list[dict[str, Any]] = [person]
    for at in range(LINES):
        kind, codes = form.get(f"nature{at}", ""), form.get(f"codes{at}", "").replace(",", " ")
        if not kind:
            continue
        event: dict[str, Any] = {"event": kind, "within": form.get(f"duree{at}", "P12M")}
        if codes.split():
            event["codes"] = codes.upper().split()
        parts.append({"none": [event]} if form.get(f"mode{at}") else event)
    if len(parts) == 1 and not (form.get("sexe") or form.get("de") or form.get("a")):
        raise InvalidRequest("cohorte: nothing is asked for")
    return {"all": parts}


def _age(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) > _OLDEST:
        raise InvalidRequest("cohorte.age: a whole number of years")
    return int(text)


def _problem(error: InvalidRequest) -> str:
    if ".codes" in error.message:
        return _("Un code n’est fait que de lettres, de chiffres, de points et de tirets.")
    if "age" in error.message:
        return _("Donnez des âges en années, le plus jeune d’abord.")
    return _("Décrivez au moins un critère.")
