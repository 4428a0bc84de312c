"""Before and after as the page shows it: the table, what changed, the two lines of the curve."""

from __future__ import annotations

from typing import Any, Final

from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population import words
from cordee.web.population.views import Scaled

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 640.0, 220.0, 48.0, 14.0, 24.0
_EDGE: Final = 40.0


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


def curve(found: Any, how: Scaled) -> dict[str, Any] | None:
    """Both lines over the periods, from zero; None where fewer than two points are told."""
    sides = {
        "one": [one.here for one in found.points],
        "two": [one.controls for one in found.points],
    }
    rates = [one.cases / one.people for some in sides.values() for one in some if one]
    if min(sum(one is not None for one in some) for some in sides.values()) < 2:  # noqa: PLR2004 -- a line
        return None
    top = max(rates)
    step = (WIDTH - LEFT - _EDGE) / max(1, len(found.points) - 1)
    spots = [round(LEFT + step * at, 1) for at in range(len(found.points))]

    def height(side: Any) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - side.cases / side.people / top), 1)

    lines = []
    for name, some in sides.items():
        dots = [
            (x, height(one), _rate(one, how)) for x, one in zip(spots, some, strict=True) if one
        ]
        path = "M" + "L".join(f"{x} {y}" for x, y, _text in dots)
        lines.append({"name": name, "dots": dots, "path": path})
    before = sum(not one.is_after for one in found.points)
    after = before < len(found.points)
    return {
        "lines": lines, "width": WIDTH, "height": HEIGHT, "floor": HEIGHT - BOTTOM, "left": LEFT,
        "top": number(f"{top * how.per:.{how.digits}f}"), "top_y": TOP,
        "now": round((spots[before - 1] + spots[before]) / 2, 1) if after else None,
        "ends": [(x, f"{one.end.month:02d}/{one.end.year}") for x, one in
                 zip(spots, found.points, strict=True)],
    }  # fmt: skip


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
