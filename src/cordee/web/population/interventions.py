"""Before and after an action, beside control territories: a page and a file. Rule: G2.11."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.asking import CRUDE, Action
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.web.forms import day_of
from cordee.web.language import gettext as _
from cordee.web.population import charts, words
from cordee.web.population.asking import ask
from cordee.web.population.intervention_views import curve, effects, table
from cordee.web.population.views import Scaled, scaled
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "population/templates/intervention.html"
PATH: Final = "/population/{indicator}/avant-apres"
LEVELS: Final = ("epci", "cpts", "departement", "commune")
ALIKE: Final = {
    "quintile-ruralite": _("même quintile de précarité, même ruralité, niveau de départ proche"),
    "quintile": _("même quintile de précarité, niveau de départ proche"),
    "ruralite": _("même ruralité, niveau de départ proche"),
    "niveau": _("niveau de départ proche ; aucun autre territoire publié ne leur ressemble plus"),
    "": _("choisis à la main"),
}
CAUTION: Final = _(
    "Cette comparaison ne prouve pas la cause : d’autres changements ont pu avoir lieu en même "
    "temps, ici ou chez les témoins, et les sources ont pu changer leur manière de transmettre."
)


async def show(request: Request) -> Response:
    """Give what changed where something was done; without areas or a day, the form alone."""
    told, level, asked = await _asked(request)
    found, problem = None, ""
    if asked is not None:
        try:
            found = await ask(request, "followed", asked)
        except InvalidRequest:
            problem = _(
                "Choisissez au moins un territoire, un jour d’un mois déjà publié, et des témoins "
                "qui ne sont pas parmi ces territoires."
            )
    elif request.query_params.get("jour") or request.query_params.getlist("agi"):
        problem = _("Choisissez au moins un territoire, et le jour où l’action a commencé.")
    areas = await ask(request, "territories", level)
    names = dict(areas)
    how = _scale(told, found)
    drawn = None
    if found is not None and asked is not None and (made := curve(found, how, told, asked.day)):
        label = _("Deux lignes, avant et après l’action. Les mêmes nombres sont dans le tableau.")
        drawn = await charts.shown(request, made, label)
    return page(
        request, TEMPLATE, status=422 if problem else 200, told=told, level=level, areas=areas,
        levels={one: words.LEVELS[one] for one in LEVELS}, day=request.query_params.get("jour", ""),
        problem=problem, chosen=set(request.query_params.getlist("agi")), how=how,
        is_chosen=request.query_params.get("temoins") == "choisis",
        controls=set(found.controls if found else request.query_params.getlist("temoin")),
        caution=CAUTION, found=found and _found(found, how, names) | {"curve": drawn},
        query=request.url.query,
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the told counts by period and area, then the effects, as CSV."""
    told, level, asked = await _asked(request)
    if asked is None:
        raise InvalidRequest("say where something was done, and since when")
    found = await ask(request, "followed", asked)
    how = _scale(told, found)
    head = (
        _("période finie le"), _("côté"), _("territoire"), _("cas"), _("personnes"),
        _("valeur, %(unit)s") % {"unit": how.unit}, _("IC 95 %, bas"), _("IC 95 %, haut"),
        _("source entière depuis le"), _("indicateur"), _("niveau"), _("action du"),
        _("avertissement"),
    )  # fmt: skip
    last = (
        found.since.isoformat() if found.since else "",
        f"{told.title} (v{told.version})",
        str(words.LEVELS[level]),
        asked.day.isoformat(),
        CAUTION,
    )
    return spreadsheet(
        f"avant-apres-{told.id}.csv", head, [(*one, *last) for one in _lines(found, how)]
    )


async def drawing(request: Request) -> Response:
    """Give the chart of both sides as SVG, or as its Vega-Lite specification."""
    told, _level, asked = await _asked(request)
    if asked is None:
        raise InvalidRequest("say where something was done, and since when")
    found = await ask(request, "followed", asked)
    made = curve(found, _scale(told, found), told, asked.day)
    return await charts.file(request, made, f"avant-apres-{told.id}")


async def _asked(request: Request) -> tuple[Any, str, Action | None]:
    """The indicator, the level, and the action where areas and a day are told."""
    name, query = request.path_params["indicator"], request.query_params
    indicators = await ask(request, "indicators")
    told = next((one for one in indicators if one.id == name), None)
    if told is None:
        raise NotFound(f"there is no indicator {name}")
    level = query.get("niveau", LEVELS[0])
    if level not in LEVELS:
        raise InvalidRequest(f"a level is one of {', '.join(LEVELS)}")
    day, acted = day_of(query.get("jour", "")), tuple(dict.fromkeys(query.getlist("agi")))
    if day is None or not acted:
        return told, level, None
    chosen = tuple(dict.fromkeys(query.getlist("temoin")))
    controls = chosen if query.get("temoins") == "choisis" else ()
    return told, level, Action(name, level, acted, day, controls, query.get("source", ""))


def _scale(told: Any, found: Any) -> Scaled:
    sides = [] if found is None else [side for one in found.points for side in
                                      (one.here, one.controls) if side]  # fmt: skip
    return scaled(told, CRUDE, [one.cases / one.people for one in sides])


def _found(found: Any, how: Scaled, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "rows": table(found, how), "effects": effects(found, how),
        "acted": ", ".join(names[one] for one in found.acted),
        "controls": ", ".join(names[one] for one in found.controls),
        "untold": [names[one] for one in found.untold], "alike": ALIKE[found.alike],
        "partial": [words.day(one.end) for one in found.points if found.is_partial(one.end)],
        "since": words.day(found.since) if found.since else "",
        "next": words.day(found.moments.next) if found.moments.next else "",
    }  # fmt: skip


def _lines(found: Any, how: Scaled) -> Iterable[tuple[object, ...]]:
    for point in found.points:
        for label, side in ((_("action"), point.here), (_("témoins"), point.controls)):
            if side is None:
                yield (point.end.isoformat(), label, _("ensemble"), _("non publié"), "", "", "", "")
                continue
            for row in side.rows:
                yield _line(point, label, ", ".join(row.names), row, how)
            yield _line(point, label, _("ensemble"), side, how)
    for one in found.effects:
        ratio = one.compared.ratio
        yield (
            one.end.isoformat(), _("action / témoins"), _("rapport des évolutions"), "", "",
            f"{ratio.value:.3f}", f"{ratio.low:.3f}", f"{ratio.high:.3f}",
        )  # fmt: skip


def _line(point: Any, label: str, name: str, told: Any, how: Scaled) -> tuple[object, ...]:
    value = f"{how.per * told.cases / told.people:.{how.digits}f}"
    return (point.end.isoformat(), label, name, told.cases, told.people, value, "", "")


routes: Final = [
    Route(PATH, show, methods=["GET"]),
    Route(f"{PATH}/courbe.{{form}}", drawing, methods=["GET"]),
    Route(f"{PATH}/nombres.csv", export, methods=["GET"]),
]
