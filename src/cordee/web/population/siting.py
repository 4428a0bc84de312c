"""The siting simulator: stops chosen by hand or by the solver, side by side. Rule: G2.5."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.population.asking import Question
from cordee.population.siting.scenes import Scenario
from cordee.runtime.errors import InvalidRequest
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population.asking import ask
from cordee.web.rendering import page, with_map

TEMPLATE: Final = "population/templates/siting.html"
LETTERS: Final = ("a", "b", "c")
STOPS: Final = 3
_MOST: Final = 6


async def site(request: Request) -> Response:
    """Give the scenarios of an address side by side, and the best one that the solver finds."""
    told = request.query_params
    question = Question(request.path_params["indicator"], source=told.get("source", ""))
    scenarios = [_scenario(request, letter) for letter in LETTERS]
    count = _count(told.get("arrets", "3"))
    indicators = await ask(request, "indicators")
    found = await ask(request, "siting", question, scenarios, count)
    atlas = await ask(request, "atlas", "commune")
    communes = await ask(request, "communes")
    names = {one.code: one.name for one in communes}
    lines = [_line(one, names) for one in found.outcomes]
    if found.plan is not None and lines and found.plan.sites:
        lines[-1]["name"] = _("Meilleure proposition, %(n)s arrêts") % {"n": len(found.plan.sites)}
    with_map(request)
    return page(
        request, TEMPLATE, told=next(one for one in indicators if one.id == question.indicator),
        letters=[(letter, _chosen(request, letter)) for letter in LETTERS], stops=range(STOPS),
        communes=[(one.code, one.name, one.departement) for one in communes], count=count,
        counts=range(1, _MOST + 1), lines=lines, present=_line(found.present, names),
        steps=[number(round(one)) for one in found.plan.steps] if found.plan else [],
        proven=found.plan is not None and found.plan.gap == 0, atlas=atlas,
        reach=found.reach[-1] if found.reach else "", points=_points(atlas, communes, found),
        teams=await ask(request, "placed_teams"), question=question,
    )  # fmt: skip


def _scenario(request: Request, letter: str) -> Scenario:
    return Scenario(letter.upper(), tuple(one for one in _chosen(request, letter) if one))


def _chosen(request: Request, letter: str) -> list[str]:
    return [request.query_params.get(f"{letter}{at}", "") for at in range(STOPS)]


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 <= int(text) <= _MOST):
        raise InvalidRequest(f"give a number of stops from 0 to {_MOST}")
    return int(text)


def _line(one: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": _("Scénario %(name)s") % {"name": one.scenario.name} if one.scenario.name else "",
        "stops": ", ".join(names[code] for code in one.scenario.sites),
        "people": number(one.people), "cases": number(one.cases), "gain": number(one.gain),
        "share": number(f"{100 * one.share:.0f}"), "minutes": number(f"{one.minutes:.0f}"),
    }  # fmt: skip


def _points(atlas: Any, communes: Any, found: Any) -> list[tuple[float, float, str]]:
    if atlas is None or not found.outcomes:
        return []
    places = {one.code: one for one in communes}
    return [
        (*atlas.frame.point(places[code].longitude, places[code].latitude), places[code].name)
        for code in found.outcomes[-1].scenario.sites
    ]
