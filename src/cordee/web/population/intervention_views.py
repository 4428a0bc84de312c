"""Before and after as the page shows it: the table, what changed, the chart of both lines."""

from __future__ import annotations

from datetime import date
from typing import Any

from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population import charts, words
from cordee.web.population.views import Scaled


def table(found: Any, how: Scaled) -> list[dict[str, Any]]:
    """A line a period: told counts and rates of both sides, or that they are not published."""
    return [
        {
            "end": words.day(one.end), "when": _("après") if one.is_after else _("avant"),
            "is_partial": found.is_partial(one.end),
            "here": _rate(one.here, how), "here_counts": _counts(one.here),
            "controls": _rate(one.controls, how), "controls_counts": _counts(one.controls),
        }
        for one in found.points
    ]  # fmt: skip


def effects(found: Any, how: Scaled) -> list[dict[str, Any]]:
    """What changed here, in the controls, and by how much more here, with its interval."""
    made = []
    for one in found.effects:
        told = one.compared
        here, controls = told.here[1] - told.here[0], told.controls[1] - told.controls[0]
        made.append({
            "end": words.day(one.end), "here": _change(told.here),
            "controls": _change(told.controls),
            "gap": number(f"{(here - controls) * how.per:+.{how.digits}f}"),
            "ratio": number(f"{told.ratio.value:.2f}"), "low": number(f"{told.ratio.low:.2f}"),
            "high": number(f"{told.ratio.high:.2f}"), "few": told.few_areas,
            "said": _said(told.ratio),
        })  # fmt: skip
    return made


def curve(found: Any, how: Scaled, told: Any, day: date) -> Any:
    """Both lines over the periods, from zero; None where fewer than two points are told."""
    points = [
        {
            "end": one.end.isoformat(), "side": place,
            "value": round(how.per * side.cases / side.people, how.digits),
        }
        for one in found.points
        for place, side in enumerate((one.here, one.controls))
        if side is not None
    ]  # fmt: skip
    if min(sum(one["side"] == place for one in points) for place in (0, 1)) < 2:  # noqa: PLR2004 -- a line
        return None
    return charts.sides(points, day.isoformat(), how.unit, told.title)


def _rate(side: Any, how: Scaled) -> str:
    if side is None:
        return _("non publié")
    return words.figure(side.cases / side.people, how.per, how.digits)


def _counts(side: Any) -> str:
    if side is None:
        return ""
    return _("%(cases)s / %(people)s") % {
        "cases": number(side.cases), "people": number(side.people),
    }  # fmt: skip


def _change(pair: tuple[float, float]) -> str:
    return number(f"{100 * (pair[1] / pair[0] - 1):+.0f}")


def _said(ratio: Any) -> str:
    if ratio.high < 1:
        return _("L’indicateur a baissé davantage, ou augmenté moins, que chez les témoins.")
    if ratio.low > 1:
        return _("L’indicateur a augmenté davantage, ou baissé moins, que chez les témoins.")
    return _("Aucune différence d’évolution n’est établie : l’intervalle contient 1.")
