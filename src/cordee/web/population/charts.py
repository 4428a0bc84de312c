"""Charts as Vega-Lite specifications: one source for the page, for paper and for a file to take.

The page bears the drawing that the server made of it, in the colours of its theme. Vega-Lite 6.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from cordee.runtime.errors import NotFound
from cordee.runtime.french import DAYS, MONTHS
from cordee.web.language import gettext as _
from cordee.web.population.asking import drawn
from cordee.web.rendering import STATIC

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
_WIDTH: Final = 420
_TOKEN: Final = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{3,6}),")
_ROOT: Final = re.compile(r"<svg [^>]*?(viewBox=\"[^\"]+\")[^>]*>")
_SHORT: Final = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin",
    "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip
_WEEK: Final = (DAYS[-1], *DAYS[:-1])
"""From Sunday on, as the engine counts."""
_LOCALE: Final = {
    "number": {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u00a0€"]},
    "time": {
        "dateTime": "%A %e %B %Y à %X", "date": "%d/%m/%Y", "time": "%H:%M:%S", "periods": ["", ""],
        "days": _WEEK, "shortDays": [one[:3] for one in _WEEK],
        "months": MONTHS, "shortMonths": _SHORT,
    },
}  # fmt: skip


@lru_cache(maxsize=1)
def palette() -> dict[str, str]:
    """The light colour of each token: the style sheet alone holds colours."""
    return dict(_TOKEN.findall((STATIC / "css" / "tokens.css").read_text("utf-8")))


def weekly(trend: Any, title: str) -> dict[str, Any]:
    """Events by week, the mean of the weeks of reference, and the week that passed the limit."""
    ink = palette()
    values = [
        {"week": week.isoformat(), "n": n}
        for week, n in zip(trend.weeks, trend.counts, strict=True)
    ]
    x = {"field": "week", "type": "temporal", "title": None, "scale": {"type": "utc"},
         "axis": {"format": "%b %Y", "grid": False, "labelAngle": 0, "tickCount": 6}}  # fmt: skip
    y = {"field": "n", "type": "quantitative", "title": _("événements par semaine"),
         "axis": {"tickCount": 4}}  # fmt: skip
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "color": ink["brand"], "strokeWidth": 2},
         "encoding": {"x": x, "y": y}},
        {"data": {"values": [{"n": round(trend.watched.baseline, 2)}]},
         "mark": {"type": "rule", "color": ink["ink-2"], "strokeDash": [6, 4]},
         "encoding": {"y": y}},
    ]  # fmt: skip
    if trend.watched.crossed is not None:
        layers.append({
            "data": {"values": [values[trend.first_watched + trend.watched.crossed]]},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 120,
                     "color": ink["caution"], "opacity": 1},
            "encoding": {"x": x, "y": y},
        })  # fmt: skip
    return _chart(title, values, {"layer": layers, "height": 150})


def groups(lines: Sequence[tuple[str, float, float, float]], unit: str, title: str) -> Any:
    """Groups in their order, each with its value and its interval."""
    ink = palette()
    values = [
        {"group": name, "value": value, "low": low, "high": high}
        for name, value, low, high in lines
    ]
    y = {"field": "group", "type": "nominal", "title": None, "sort": None,
         "axis": {"labelLimit": 170, "ticks": False, "domain": False}}  # fmt: skip
    value = {"field": "value", "type": "quantitative", "title": unit, "scale": {"zero": False},
             "axis": {"tickCount": 5}}  # fmt: skip
    layers = [
        {"mark": {"type": "rule", "color": ink["ink-2"], "strokeWidth": 2},
         "encoding": {"y": y, "x": value | {"field": "low"}, "x2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 80, "color": ink["brand"], "opacity": 1},
         "encoding": {"y": y, "x": value}},
    ]  # fmt: skip
    return _chart(title, values, {"layer": layers, "height": {"step": 26}, "width": 300})


def sides(points: Sequence[dict[str, Any]], now: str | None, unit: str, title: str) -> Any:
    """Two lines over periods: where something was done, and its controls; `now` is the day."""
    ink = palette()
    ends = sorted({one["end"] for one in points})
    x = {"field": "end", "type": "temporal", "title": None, "scale": {"type": "utc"},
         "axis": {"format": "%m/%Y", "grid": False, "values": ends}}  # fmt: skip
    y = {"field": "value", "type": "quantitative", "title": unit, "scale": {"zero": True},
         "axis": {"tickCount": 4}}  # fmt: skip
    names = [_("territoires de l’action"), _("témoins")]
    by_side = {"field": "side", "type": "nominal", "title": None}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "point": {"filled": True, "size": 60}, "strokeWidth": 2},
         "encoding": {
             "x": x, "y": y,
             "color": by_side | {"scale": {"domain": names, "range": [ink["brand"], ink["ink-2"]]},
                               "legend": {"orient": "top", "symbolType": "stroke"}},
             "strokeDash": by_side | {"scale": {"domain": names, "range": [[1, 0], [6, 4]]}},
         }},
    ]  # fmt: skip
    if now:
        layers.append({
            "data": {"values": [{"end": now}]}, "mark": {"type": "rule", "color": ink["ink"]},
            "encoding": {"x": x},
        })  # fmt: skip
    return _chart(title, [one | {"side": names[one["side"]]} for one in points],
                  {"layer": layers, "height": 180})  # fmt: skip


async def shown(request: Request, specification: Mapping[str, Any], label: str) -> Markup:
    """The drawing for inside a page: named for who does not see it, in the colours of the theme."""
    text = await drawn(request, json.dumps(specification, ensure_ascii=False))
    text = _ROOT.sub(
        lambda found: f'<svg role="img" aria-label="{escape(label)}" {found[1]}>', text, 1
    )
    for name, colour in palette().items():
        text = text.replace(f'"{colour}"', f'"var(--{name})"')
    return Markup(text)  # noqa: S704 - drawn by the engine, which escapes every text


async def file(request: Request, specification: Mapping[str, Any] | None, name: str) -> Response:
    """The chart as a file, in the form that the address asks for; raises `NotFound`."""
    form = request.path_params["form"]
    if specification is None or form not in {"svg", "json"}:
        raise NotFound("there is no such chart")
    text = json.dumps(specification, ensure_ascii=False)
    if form == "svg":
        text, media, ending = await drawn(request, text), "image/svg+xml", "svg"
    else:
        media, ending = "application/json", "vl.json"
    headers = {"content-disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(text, media_type=media, headers=headers)


def _chart(title: str, values: Sequence[Mapping[str, Any]], drawn: Mapping[str, Any]) -> Any:
    ink = palette()
    axis = {
        "labelColor": ink["ink-2"], "titleColor": ink["ink-2"], "gridColor": ink["line"],
        "domainColor": ink["edge"], "tickColor": ink["edge"], "labelFontSize": 12,
        "titleFontSize": 12, "titleFontWeight": 400,
    }  # fmt: skip
    legend = {"labelColor": ink["ink-2"], "labelFontSize": 12}
    return {
        "$schema": SCHEMA,
        "description": title,
        "width": _WIDTH,
        "data": {"values": list(values)},
        **drawn,
        "config": {
            "aria": False, "background": None, "font": "Inter, system-ui, sans-serif",
            "locale": _LOCALE, "view": {"stroke": None}, "axis": axis, "legend": legend,
        },
    }  # fmt: skip
