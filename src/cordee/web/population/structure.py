"""The own structure of a professional beside peers without a name. Rule: G1.8."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.population.asking import CRUDE
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.asking import ask
from cordee.web.population.views import scaled
from cordee.web.rendering import page

TEMPLATE: Final = "population/templates/structure.html"


async def show(request: Request) -> Response:
    """Give the indicators of steering of the structure where one works now."""
    found = await ask(request, "own_structure")
    return page(request, TEMPLATE, figures=[_figure(one) for one in found])


def _figure(one: Any) -> dict[str, Any]:
    told = one.indicator
    values = [each.value for each in one.peers] + ([one.own.value] if one.own else [])
    how = scaled(told, CRUDE, values)
    rank = sum(each.value > one.own.value for each in one.peers) + 1 if one.own else 0

    def written(value: float) -> str:
        return words.figure(value, how.per, how.digits)

    return {
        "id": told.id, "title": told.title, "unit": _units(told, how.unit),
        "start": words.day(one.start), "end": words.day(one.end),
        "cases": number(one.cases) if one.own else "", "people": number(one.people or 0),
        "value": written(one.own.value) if one.own else "",
        "interval": _("%(low)s à %(high)s") % {
            "low": written(one.own.low), "high": written(one.own.high),
        } if one.own else "",
        "rank": number(rank), "count": number(len(one.peers) + 1),
        "peers": [(each.letter, written(each.value)) for each in one.peers],
        "criteria": words.criteria(told.numerator),
    }  # fmt: skip


def _units(told: Any, unit: str) -> str:
    if told.measure == "events":
        return _("%(unit)s de l’établissement") % {"unit": unit}
    return _("%(unit)s, parmi les personnes vues ici") % {"unit": unit}
