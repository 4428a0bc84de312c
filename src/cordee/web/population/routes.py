"""Indicators of population health: their list, one as a map and a table, a file, a definition.

Rules: G2.1, G2.2, G2.8, G2.10, G2.12.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordee.population.areas.geography import LEVELS
from cordee.population.asking import CRUDE, LAYER_GAP, LENSES, Question
from cordee.population.catalogue.texts import shipped as texts
from cordee.population.measures import bundle
from cordee.runtime.errors import NotFound
from cordee.runtime.french import number
from cordee.web.forms import place_of
from cordee.web.guarding import signed_in
from cordee.web.guide.places import POPULATION, open_of
from cordee.web.language import gettext as _
from cordee.web.patience import patiently
from cordee.web.population import (
    boards,
    catalogue,
    drawings,
    elsewhere,
    interventions,
    register,
    roles,
    siting,
    structure,
    tickets,
    versions,
    words,
)
from cordee.web.population.asking import ask
from cordee.web.population.cohorts import build
from cordee.web.population.layers import (
    NAMES,
    by_gap,
    columns,
    formula,
    gap_map,
    layer_view,
    over,
    values,
)
from cordee.web.population.questions import question_of, scale_of
from cordee.web.population.rests import overlap, source_lines
from cordee.web.population.views import (
    Scaled,
    labels,
    legend,
    mean_x,
    rows,
    shapes,
    standing_out,
)
from cordee.web.rendering import page, with_map
from cordee.web.sheets import spreadsheet

LIST: Final = "population/templates/list.html"
MAP: Final = "population/templates/map.html"
SHEET: Final = "population/templates/sheet.html"
PAGE: Final = 40
K: Final = 11
_BESIDE: Final = 2
"""Slashes in the address of a page that stands beside the list, below no other."""


async def index(request: Request) -> Response:
    """Give the list of indicators by theme."""
    found = await ask(request, "indicators")
    beside = [one for one in POPULATION[1:] if one.href.count("/") == _BESIDE]
    ways = open_of(signed_in(request), tuple(beside))
    themes: dict[str, list[Any]] = {}
    for one in found:
        themes.setdefault(one.theme, []).append(one)
    return page(request, LIST, themes=themes, ways=ways)


async def show(request: Request) -> Response:
    """Give an indicator as a map and a table."""
    question = question_of(request)
    answer = await ask(request, "answer", question)
    atlas = await ask(request, "atlas", question.level)
    weekly = await ask(request, "weekly", question)
    lens = request.query_params.get("regard", LENSES[0])
    equity = await ask(request, "equity", question, lens)
    teams = await ask(request, "placed_teams")
    layer = await _layer(request, question)
    how = scale_of(answer, question)
    views = rows(answer.reading, how)
    first = _first(request, len(views))
    paths = atlas.paths if atlas else {}
    drawn, classes = shapes(answer.reading, views, paths), legend(answer.reading, views, how)
    if layer is not None and layer.name == LAYER_GAP:
        drawn, classes = gap_map(layer, answer.reading, views, paths)
        views = by_gap(layer, views)
    with_map(request)
    return page(
        request, MAP, **_head(request, answer, question, how), views=views[first : first + PAGE],
        shapes=drawn, atlas=atlas, classes=classes, out=standing_out(answer.reading),
        **_overlay(layer, answer.reading, paths),
        mean_x=mean_x(answer.reading), first=first + 1, last=min(first + PAGE, len(views)),
        total=len(views), older=_turn(request, first + PAGE) if first + PAGE < len(views) else "",
        newer=_turn(request, first - PAGE) if first else "", teams=_points(atlas, teams),
        at={one.code: place for place, one in enumerate(views)}, page_size=PAGE,
        names=labels(answer.reading, atlas.middles) if atlas else [],
        lens=lens, lenses=words.LENSES, equity=_equity(equity, how), trend=_trend(weekly),
        **await drawings.of(request, answer.indicator.title, weekly, (equity, how)),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the numbers of the map as CSV, with what is needed to read them alone."""
    question = question_of(request)
    answer = await ask(request, "answer", question)
    layer = await _layer(request, question)
    how = scale_of(answer, question)
    head = (
        _("code"), _("territoire"), _("départements"), _("cas"), _("personnes"),
        _("valeur, %(unit)s") % {"unit": how.unit}, _("IC 95 %, bas"), _("IC 95 %, haut"),
        _("indicateur"), _("lecture"), _("période"), _("source"), _("version"),
        *(columns(layer) if layer else ()),
    )  # fmt: skip
    told = (
        f"{answer.indicator.title} (v{answer.indicator.version})", str(words.KINDS[question.kind]),
        f"{answer.start.isoformat()}/{answer.end.isoformat()}", words.source(answer.sources.used),
        answer.version,
    )  # fmt: skip
    lines = [
        (
            one.code,
            ", ".join(one.names),
            ", ".join(one.departements),
            *_cells(one, how),
            *told,
            *(values(layer, one.code) if layer else ()),
        )
        for one in answer.reading.rows
    ]
    return spreadsheet(f"{question.indicator}-{question.level}.csv", head, lines)


async def measure(request: Request) -> Response:
    """Give the numbers of the map, as counted, as a Measure and its MeasureReport."""
    question = replace(question_of(request), kind=CRUDE)
    answer = await ask(request, "answer", question)
    site, now = str(request.base_url).rstrip("/"), request.app.state.settings.clock()
    told = bundle(answer, site, texts().holder, now)
    name = f"{question.indicator}-{question.level}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(orjson.dumps(told), media_type="application/fhir+json", headers=headers)


async def sheet(request: Request) -> Response:
    """Give the definition of an indicator: who counts, who is a case, parameters, source."""
    found = await ask(request, "indicators")
    name = request.path_params["indicator"]
    told = next((one for one in found if one.id == name), None)
    if told is None:
        raise NotFound(f"there is no indicator {name}")
    parts = [
        (_("Sont comptés"), told.denominator), (_("Sont exclus"), told.exclusions),
        (_("Sont des cas"), told.numerator), (_("Suivis de"), told.followed),
    ]  # fmt: skip
    said = [(label, words.criteria(one)) for label, one in parts if one is not None]
    return page(request, SHEET, told=told, said=said, unit=words.unit(told.measure, told.per))


async def _layer(request: Request, question: Question) -> Any:
    """The overlay that an address asks for, if any."""
    name = request.query_params.get("calque", "")
    return await ask(request, "layer", question, name) if name else None


def _overlay(layer: Any, reading: Any, paths: Any) -> dict[str, Any]:
    if layer is None:
        return {"layers": NAMES, "layer": None, "over": [], "formula": None}
    view = layer_view(layer)
    told = formula(layer) if layer.name == LAYER_GAP else None
    return {"layers": NAMES, "layer": view, "over": over(view, reading, paths), "formula": told}


def _cells(row: Any, how: Scaled) -> tuple[object, ...]:
    if row.figure is None:
        return (_("non publié"), "", "", "", "")
    figures = (row.figure.value, row.figure.low, row.figure.high)
    return (row.cases, row.people, *(f"{one * how.per:.{how.digits}f}" for one in figures))


def _head(request: Request, answer: Any, question: Question, how: Scaled) -> dict[str, Any]:
    told, reading = answer.indicator, answer.reading
    method = words.METHODS[question.kind] % {"reference": words.REFERENCES[question.reference]}
    missing = [words.EVENTS[one] for one in answer.sources.missing]
    mean = words.figure(reading.mean.value, how.per, how.digits) if reading.mean else ""
    return {
        "told": told, "question": question, "levels": _levels(reading, question.level),
        "kinds": words.KINDS, "references": words.REFERENCES,
        "people": number(reading.people), "how": how,
        "cases": "" if reading.cases is None else number(reading.cases), "mean": mean,
        "hidden": reading.hidden, "method": method, "rule": words.RULE % {"k": K},
        "start": words.day(answer.start), "end": words.day(answer.end), "missing": missing,
        "sources": source_lines(answer.sources), "overlap": overlap(answer.sources),
        "used": words.source(answer.sources.used), "source_names": _source_names(answer),
        "linked": any("+" in one for one in answer.sources.counts),
        "origins": answer.sources.origins, "version": answer.version,
        "criteria": words.criteria(told.numerator),
        "query": str(request.url.query),
        "places": sum(len(one.members) for one in reading.rows),
    }  # fmt: skip


def _levels(reading: Any, asked: str) -> dict[str, str]:
    return {one: words.LEVELS[one] for one in LEVELS if one in reading.levels or one == asked}


def _source_names(answer: Any) -> list[tuple[str, str]]:
    alone = sorted({part for one in answer.sources.counts for part in one.split("+")})
    return [(one, words.source(one)) for one in alone]


def _equity(found: Any, how: Scaled) -> dict[str, Any]:
    per = drawings.per_of(how)
    lines = [
        (
            words.GROUPS.get(name, name), words.figure(one.value, per, how.digits),
            f"{words.figure(one.low, per, how.digits)} – {words.figure(one.high, per, how.digits)}",
        )
        for name, one in found.groups.items()
    ]  # fmt: skip
    return {
        "lines": lines,
        "ratio": None if found.ratio is None else [
            number(f"{one:.2f}") for one in (found.ratio.value, found.ratio.low, found.ratio.high)
        ],
        "slope": None if found.slope is None else words.figure(found.slope.value, per, how.digits),
    }  # fmt: skip


def _trend(weekly: Any) -> dict[str, Any] | None:
    if weekly is None:
        return None
    watched, base = weekly.watched, weekly.first_watched
    crossed = None if watched.crossed is None else weekly.weeks[base + watched.crossed]
    since = None if watched.since is None else weekly.weeks[base + watched.since]
    return {
        "first": words.day(weekly.weeks[0]), "last": words.day(weekly.weeks[-1]),
        "baseline": number(round(watched.baseline, 1)),
        "crossed": crossed and words.day(crossed), "since": since and words.day(since),
        "lines": [(words.day(week), number(n)) for week, n in
                  list(zip(weekly.weeks, weekly.counts, strict=True))[-12:]],
    }  # fmt: skip


def _points(atlas: Any, teams: Any) -> list[tuple[float, float, str]]:
    if atlas is None:
        return []
    return [(*atlas.frame.point(east, north), name) for name, east, north in teams]


def _first(request: Request, total: int) -> int:
    return place_of(request.query_params.get("depuis", "0"), total)


def _turn(request: Request, first: int) -> str:
    return str(request.url.include_query_params(depuis=max(0, first)).replace(scheme="", netloc=""))


routes = [
    Route("/population", index, methods=["GET"]),
    Route("/population/etablissement", patiently(structure.show), methods=["GET"]),
    Route("/population/cohorte", build, methods=["GET", "POST"]),
    Route("/population/ailleurs", patiently(elsewhere.show), methods=["GET"]),
    Route("/population/ailleurs/nombres.csv", elsewhere.export, methods=["GET"]),
    Route("/population/versions", versions.index, methods=["GET"]),
    Route("/population/versions/{number}", versions.show, methods=["GET"]),
    Route("/population/versions/{number}/nombres.csv", versions.export, methods=["GET"]),
    *boards.routes,
    *siting.routes,
    *tickets.routes,
    *catalogue.routes,
    *register.routes,
    *roles.routes,
    Route("/population/{indicator}", patiently(show), methods=["GET"]),
    *interventions.routes,
    *drawings.routes,
    Route("/population/{indicator}/versions", versions.freeze, methods=["POST"]),
    Route("/population/{indicator}/nombres.csv", export, methods=["GET"]),
    Route("/population/{indicator}/mesure.json", measure, methods=["GET"]),
    Route("/population/{indicator}/definition", sheet, methods=["GET"]),
    *siting.asking,
]
