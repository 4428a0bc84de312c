"""The charts of an indicator, on its page and as files: by week, and by group. Rule: G2.2."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.asking import LENSES
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.population import charts, words
from cordee.web.population.asking import ask
from cordee.web.population.questions import question_of, scale_of
from cordee.web.population.views import Scaled

WEEKS, GROUPS = "semaines", "groupes"


async def of(
    request: Request, title: str, weekly: Any, grouped: tuple[Any, Scaled]
) -> dict[str, Any]:
    """The drawings of a page by name; None for what has nothing to show."""
    equity, how = grouped
    drawn: dict[str, Any] = {"weeks_drawn": None, "groups_drawn": None}
    if weekly is not None:
        label = _("Événements par semaine ; les douze dernières semaines sont dans le tableau.")
        drawn["weeks_drawn"] = await charts.shown(request, charts.weekly(weekly, title), label)
    if equity.groups:
        label = _("Valeur et intervalle de chaque groupe ; les mêmes nombres sont dans le tableau.")
        specification = _groups(equity, how, title)
        drawn["groups_drawn"] = await charts.shown(request, specification, label)
    return drawn


async def export(request: Request) -> Response:
    """Give a chart as SVG, or as the Vega-Lite specification that it is drawn from."""
    name, question = request.path_params["name"], question_of(request)
    if name not in {WEEKS, GROUPS}:
        raise NotFound("there is no such chart")
    answer = await ask(request, "answer", question)
    title, found = answer.indicator.title, None
    if name == WEEKS:
        weekly = await ask(request, "weekly", question)
        found = weekly and charts.weekly(weekly, title)
    else:
        lens = request.query_params.get("regard", LENSES[0])
        equity = await ask(request, "equity", question, lens)
        found = _groups(equity, scale_of(answer, question), title) if equity.groups else None
    return await charts.file(request, found, f"{question.indicator}-{name}")


def per_of(how: Scaled) -> int:
    """For how many persons the rates of groups are told: as counted, also beside ratios."""
    return how.per if how.per > 1 else 100


def _groups(equity: Any, how: Scaled, title: str) -> Any:
    per = per_of(how)
    lines = [
        (
            str(words.GROUPS.get(name, name)),
            *(round(per * value, how.digits) for value in (one.value, one.low, one.high)),
        )
        for name, one in equity.groups.items()
    ]
    return charts.groups(lines, how.unit if how.per > 1 else "%", title)


routes: Final = [
    Route("/population/{indicator}/graphiques/{name}.{form}", export, methods=["GET"]),
]
