"""The siting simulator: stops chosen by hand or by the solver, side by side, kept as a proposal.

Rule: G2.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.asking import Question
from cordee.population.siting.scenes import Scenario
from cordee.population.snapshots import Snapshot
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.french import number
from cordee.web.forms import read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.patience import patiently
from cordee.web.population import versions, words
from cordee.web.population.asking import ask
from cordee.web.rendering import page, with_map
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "population/templates/siting.html"
ONE: Final = "population/templates/proposal.html"
PATH: Final = "/population/{indicator}/implantation"
LETTERS: Final = ("a", "b", "c", "d")
STOPS: Final = 3
_MOST: Final = 6
PROPOSALS: Final = versions.PROPOSALS
TEXTS: Final = versions.Texts(
    _("Propositions d’implantation"),
    _("Comparaisons du simulateur, telles qu’elles étaient le jour où elles ont été enregistrées."),
    _("Propositions"), _("Aucune proposition"),
    _("Ouvrez un indicateur, puis le simulateur d’implantation, et enregistrez une comparaison."),
)  # fmt: skip


async def site(request: Request) -> Response:
    """Give the scenarios of an address side by side, and the best one that the solver finds."""
    question, told, found, lines = await _compared(request)
    atlas = await ask(request, "atlas", "commune")
    communes = await ask(request, "communes")
    with_map(request)
    return page(
        request, TEMPLATE, told=told, query=request.url.query,
        letters=[(letter, _chosen(request, letter)) for letter in LETTERS], stops=range(STOPS),
        communes=[(one.code, one.name, one.departement) for one in communes],
        count=_count(request), counts=range(1, _MOST + 1), lines=_written(lines[1:]),
        present=_written(lines[:1])[0], steps=_steps(found), proven=_proven(found), atlas=atlas,
        reach=found.reach[-1] if found.reach else "", points=_points(atlas, communes, found),
        teams=await ask(request, "placed_teams"), question=question,
    )  # fmt: skip


async def propose(request: Request) -> Response:
    """Keep the comparison of an address as a proposal."""
    form = await read_form(request)
    question, told, found, lines = await _compared(request)
    if not found.outcomes:
        raise InvalidRequest("a proposal has one scenario or more")
    body = {
        "title": told.title, "definition": told.version, "source": question.source,
        "level": found.level, "steps": _steps(found), "proven": _proven(found), "lines": lines,
        "query": request.url.query,
    }  # fmt: skip
    return await versions.keep(request, PROPOSALS, question.indicator, (form["note"], body))


async def index(request: Request) -> Response:
    """Give the list of proposals, the newest first."""
    found = await versions.shelf_of(request, PROPOSALS).latest(signed_in(request).principal)
    return page(
        request, versions.LIST, texts=TEXTS, path=PROPOSALS, kept=[_head(one) for one in found]
    )


async def show(request: Request) -> Response:
    """Give a proposal as it was made."""
    one, _before = await versions.one_of(request, PROPOSALS)
    body = one.body
    return page(
        request, ONE, proposal=_head(one), lines=_written(body["lines"]), body=body,
        level=words.LEVELS[body["level"]],
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the lines of a proposal as CSV."""
    one, _before = await versions.one_of(request, PROPOSALS)
    head = (
        _("scénario"), _("arrêts"), _("population à 30 minutes"), _("cas"), _("part des cas, %"),
        _("gain"), _("minutes en moyenne"), _("indicateur"),
    )  # fmt: skip
    names = ("name", "stops", "people", "cases", "share", "gain", "minutes")
    lines = [(*(row[name] for name in names), one.body["title"]) for row in one.body["lines"]]
    return spreadsheet(f"implantation-{one.number}.csv", head, lines)


async def _compared(request: Request) -> tuple[Question, Any, Any, list[dict[str, Any]]]:
    """The question, its indicator, what was found, the lines of today and of each scenario."""
    source = request.query_params.get("source", "")
    question = Question(request.path_params["indicator"], source=source)
    indicators = await ask(request, "indicators")
    told = next((one for one in indicators if one.id == question.indicator), None)
    if told is None:
        raise NotFound(f"there is no indicator {question.indicator}")
    scenarios = [_scenario(request, letter) for letter in LETTERS]
    found = await ask(request, "siting", question, scenarios, _count(request))
    names = {one.code: one.name for one in await ask(request, "communes")}
    lines = [_line(one, names) for one in (found.present, *found.outcomes)]
    lines[0]["name"] = _("Aujourd’hui")
    if found.plan is not None and found.plan.sites:
        best = _("Meilleure proposition, %(n)s arrêts")
        lines[-1]["name"] = best % {"n": len(found.plan.sites)}
    return question, told, found, lines


def _steps(found: Any) -> list[str]:
    return [number(round(one)) for one in found.plan.steps] if found.plan else []


def _proven(found: Any) -> bool:
    return found.plan is not None and found.plan.gap == 0


def _scenario(request: Request, letter: str) -> Scenario:
    return Scenario(letter.upper(), tuple(one for one in _chosen(request, letter) if one))


def _chosen(request: Request, letter: str) -> list[str]:
    return [request.query_params.get(f"{letter}{at}", "") for at in range(STOPS)]


def _count(request: Request) -> int:
    text = request.query_params.get("arrets", "3")
    if not (text.isascii() and text.isdigit() and len(text) == 1 and int(text) <= _MOST):
        raise InvalidRequest(f"give a number of stops from 0 to {_MOST}")
    return int(text)


def _line(one: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "name": _("Scénario %(name)s") % {"name": one.scenario.name} if one.scenario.name else "",
        "stops": ", ".join(names[code] for code in one.scenario.sites),
        "people": one.people, "cases": round(one.cases), "gain": round(one.gain),
        "share": round(100 * one.share), "minutes": round(one.minutes),
    }  # fmt: skip


def _written(lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    counts = ("people", "cases", "gain", "share", "minutes")
    return [dict(one) | {name: number(one[name]) for name in counts} for one in lines]


def _head(one: Snapshot) -> dict[str, Any]:
    return versions.head(one) | {"words": one.body["lines"][-1]["stops"]}


def _points(atlas: Any, communes: Any, found: Any) -> list[tuple[float, float, str]]:
    if atlas is None or not found.outcomes:
        return []
    places = {one.code: one for one in communes}
    return [
        (*atlas.frame.point(places[code].longitude, places[code].latitude), places[code].name)
        for code in found.outcomes[-1].scenario.sites
    ]


routes: Final = [
    Route(PROPOSALS, index, methods=["GET"]),
    Route(f"{PROPOSALS}/{{number}}", show, methods=["GET"]),
    Route(f"{PROPOSALS}/{{number}}/nombres.csv", export, methods=["GET"]),
]
asking: Final = [
    Route(PATH, patiently(site), methods=["GET"]),
    Route(PATH, propose, methods=["POST"]),
]
