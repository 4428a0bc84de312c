"""A real region beside ours: open data by département as a map, a table, a file. Rule: G2.12."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.population.asking import OpenQuestion
from cordee.population.maps.classes import breaks, step
from cordee.runtime.errors import InvalidRequest, NotFound
from cordee.runtime.french import number
from cordee.web.language import gettext as _
from cordee.web.population.asking import ask
from cordee.web.population.views import Shape, classes
from cordee.web.population.words import figure
from cordee.web.rendering import page, with_map
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "population/templates/elsewhere.html"
SEXES: Final = {"all": _("femmes et hommes"), "female": _("femmes"), "male": _("hommes")}
_OLDEST: Final = 95
_BAND: Final = 5


@dataclass(frozen=True, slots=True)
class LineView:
    """A département in words."""

    code: str
    name: str
    step: int
    cases: str
    people: str
    value: str
    interval: str
    crude: str
    density: str
    kilometres: str
    establishments: str

    @property
    def title(self) -> str:
        """What the map says of it."""
        return f"{self.name} : {self.value}" + (f" [{self.interval}]" if self.step else "")


async def show(request: Request) -> Response:
    """Give a group of open data by département."""
    found = await ask(request, "elsewhere", _asked(request))
    if found is None:
        return page(request, TEMPLATE, reading=None)
    atlas = await ask(request, "elsewhere_atlas")
    per, digits = _scale(found)
    told = [one.figure.value * per for one in found.rows if one.figure]
    bounds = breaks(told, digits)
    lines = [_line(one, bounds, per, digits) for one in found.rows]
    counts: dict[int, int] = {}
    for one in lines:
        counts[one.step] = counts.get(one.step, 0) + 1
    below = _below(found.rows)
    paths = atlas.paths if atlas else {}
    with_map(request)
    return page(
        request, TEMPLATE, reading=found, lines=lines, atlas=atlas, sexes=SEXES,
        classes=classes(bounds, counts, digits), ages=ages(found.ages), unit=_unit(per),
        shapes=[
            Shape(paths[one.code], one.step, one.title, one.code)
            for one in lines
            if one.code in paths
        ],
        at={one.code: place for place, one in enumerate(lines)},
        over=[paths[code] for code in below if code in paths], below=len(below),
        middle=_middle(found.rows), groups=_groups(found.groups), query=str(request.url.query),
        mean="" if found.mean is None else figure(found.mean, per, digits),
        reference=number(round(found.reference)),
        hidden=sum(one.figure is None for one in found.rows),
    )  # fmt: skip


async def export(request: Request) -> Response:
    """Give the numbers as CSV, with what is needed to read them alone."""
    found = await ask(request, "elsewhere", _asked(request))
    if found is None:
        raise NotFound("no open data were taken in")
    per, digits = _scale(found)
    head = (
        _("code"), _("territoire"), _("cas"), _("personnes"),
        _("valeur standardisée, %(unit)s") % {"unit": _unit(per)}, _("IC 95 %, bas"),
        _("IC 95 %, haut"), _("valeur brute, %(unit)s") % {"unit": _unit(per)},
        _("%(profession)s, pour 100 000 habitants") % {"profession": found.asked.profession},
        _("kilomètres jusqu’aux urgences"), _("établissements (FINESS)"), _("groupe"), _("année"),
        _("sexe"), _("âges"), _("source"), _("date"), _("licence"),
    )  # fmt: skip
    source = found.group.source
    told = (
        found.group.name, found.asked.year, str(SEXES[found.asked.sex]), ages(found.ages),
        f"{source.name}. {source.origin}", source.date, source.licence,
    )  # fmt: skip
    lines = [(one.code, one.name, *_numbers(one, per, digits), *told) for one in found.rows]
    return spreadsheet(f"donnees-ouvertes-{found.asked.year}.csv", head, lines)


def ages(bands: Sequence[int]) -> str:
    """The ages of bands of five years in words."""
    if not bands:
        return ""
    runs: list[list[int]] = []
    for one in bands:
        if runs and one == runs[-1][1] + _BAND:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return ", ".join(_run(first, last) for first, last in runs)


def _run(first: int, last: int) -> str:
    if last < _OLDEST:
        return _("de %(a)s à %(b)s ans") % {"a": first, "b": last + _BAND - 1}
    return _("de %(a)s ans et plus") % {"a": first} if first else _("de tous âges")


def _asked(request: Request) -> OpenQuestion:
    told = request.query_params
    text = told.get("annee", "0") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 4):  # noqa: PLR2004 -- a year
        raise InvalidRequest("give a year")
    return OpenQuestion(
        told.get("groupe", ""), int(text), told.get("sexe", "all"), told.get("profession", "")
    )


def _scale(found: Any) -> tuple[int, int]:
    """For how many, with how many digits: per cent, for 100,000 what is rare."""
    highest = max((one.figure.value for one in found.rows if one.figure), default=1.0)
    return (100, 1 if highest >= 0.01 else 2) if highest >= 0.001 else (100_000, 0)  # noqa: PLR2004


def _unit(per: int) -> str:
    if per == 100:  # noqa: PLR2004 -- per cent
        return "%"
    return _("pour %(n)s personnes") % {"n": number(per)}


def _line(row: Any, bounds: Sequence[float], per: int, digits: int) -> LineView:
    no = _("non publié")
    found = row.figure
    interval = ""
    if found is not None:
        interval = _("%(low)s à %(high)s") % {
            "low": figure(found.low, per, digits), "high": figure(found.high, per, digits),
        }  # fmt: skip
    return LineView(
        row.code, row.name, 0 if found is None else step(found.value * per, bounds, digits),
        _told(row.cases, 0, no), _told(row.people, 0, no),
        no if found is None else figure(found.value, per, digits), interval,
        no if row.crude is None else figure(row.crude, per, digits),
        _told(row.density, 1, no), _told(row.kilometres, 1, no), _told(row.establishments, 0, no),
    )  # fmt: skip


def _told(value: float | None, digits: int, no: str) -> str:
    return no if value is None else number(f"{value:.{digits}f}")


def _numbers(row: Any, per: int, digits: int) -> tuple[object, ...]:
    no, found = _("non publié"), row.figure
    figures = (found.value, found.low, found.high) if found else ()
    return (
        *(no if one is None else round(one) for one in (row.cases, row.people)),
        *([f"{one * per:.{digits}f}" for one in figures] or (no, "", "")),
        no if row.crude is None else f"{row.crude * per:.{digits}f}",
        *(no if one is None else round(one, 1)
          for one in (row.density, row.kilometres, row.establishments)),
    )  # fmt: skip


def _groups(groups: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in groups:
        found.setdefault(one.source.name, []).append(one)
    return found


def _densities(rows: Any) -> list[float]:
    return [one.density for one in rows if one.density is not None]


def _below(rows: Any) -> list[str]:
    """The départements of which the density is under the median of those shown."""
    told = _densities(rows)
    if not told:
        return []
    half = median(told)
    return [one.code for one in rows if one.density is not None and one.density < half]


def _middle(rows: Any) -> str:
    told = _densities(rows)
    return number(f"{median(told):.1f}") if told else ""
