"""The simulator: hypotheses, curves, the same numbers as a table, the seed to play it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.overflow.conventions import UNANSWERED, Terms
from cordee.care.overflow.register import Conventions
from cordee.care.simulation.desk import Run, Simulations
from cordee.care.simulation.hypotheses import HOURS, Hypotheses, as_data, heat_wave
from cordee.care.simulation.results import Line, Results
from cordee.runtime import french
from cordee.runtime.errors import AccessDenied, Issue, NotFound, ProductError, ResourceInvalid
from cordee.web import charts
from cordee.web.forms import Form, form_number, put_errors, read_form
from cordee.web.guarding import signed_in
from cordee.web.language import gettext as _
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

PATH: Final = "/regulation/simulation"
PAGE: Final = "overflow/templates/simulation.html"
RED_MINUTES: Final = {0: 15.0, 1: 3.0}
_NUMBERS: Final = {
    "appels": "calls_day", "pointe": "peak", "postes": "seats", "part": "share", "seuil": "start",
    "arret": "stop", "tirages": "runs", "graine": "seed",
}  # fmt: skip
_FIELDS: Final = {there: here for here, there in _NUMBERS.items()} | {"priorities": "part"}


async def show(request: Request) -> Response:
    """Give the last question of who asks, or an empty form."""
    last = await simulations_of(request).last(signed_in(request).principal)
    if last is not None and request.query_params.get("nouvelle") is None:
        return RedirectResponse(f"{PATH}/{last}", status_code=303)
    return _page(request, None, Form(typed(heat_wave())))


async def ask(request: Request) -> Response:
    """Lay a question down, then show how far it is; what was typed stays when it is refused."""
    sent = await read_form(request)
    number = UUID(form_number(sent))
    now = request.app.state.settings.clock()
    try:
        asked = read(sent)
        await simulations_of(request).ask(signed_in(request).principal, number, asked, now)
    except AccessDenied:
        raise
    except ProductError as error:
        status = put_errors(sent, error, _FIELDS, "appels")
        return _page(request, None, sent, status=status)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


async def show_one(request: Request) -> Response:
    """Give one question with its answer, or how far it is."""
    run = await _run(request)
    return _page(request, run, Form(typed(run.asked)))


async def export(request: Request) -> Response:
    """Give the numbers of an answer as CSV."""
    run = await _run(request)
    if run.result is None:
        raise NotFound("this simulation has no numbers yet")
    head = [
        _("Centre"), _("Heure"), _("Appels par heure"), _("p90 sans (min)"), _("p90 avec (min)"),
        _("IC 95 % bas"), _("IC 95 % haut"), _("Graine"), _("Tirages"),
    ]  # fmt: skip
    rows = [
        [one.centre, _clock(one.hour), round(one.calls_hour, 1), round(one.without.mean, 2),
         round(one.with_it.mean, 2), round(one.with_it.low, 2), round(one.with_it.high, 2),
         run.asked.seed, run.asked.runs]
        for one in run.result.lines
    ]  # fmt: skip
    return spreadsheet("simulation-delestage.csv", head, rows)


async def join(request: Request) -> Response:
    """Join an answer to the newest version of the convention, with what was asked."""
    sent = await read_form(request)
    run, register = await _run(request), conventions_of(request)
    if run.result is None:
        raise NotFound("this simulation has no numbers yet")
    key, _sep, version = sent["convention"].rpartition("/")
    known = {(e.convention.id, e.convention.version) for e in await register.entries()}
    if not version.isdecimal() or (key, int(version)) not in known:
        sent.errors["convention"] = _("Choisissez une convention du registre.")
        values = Form({**typed(run.asked), **sent.values}, sent.errors)
        return _page(request, run, values, status=422)
    told = {"asked": as_data(run.asked), "fall": run.result.fall.mean, "run": str(run.id)}
    await register.join(key, int(version), told)
    return RedirectResponse(f"/regulation/conventions#{key}", status_code=303)


def read(sent: Form) -> Hypotheses:
    """The question of a form; raises `ResourceInvalid` for what is no number."""
    numbers = {name: _number(sent[name], there) for name, there in _NUMBERS.items()}
    kinds = {UNANSWERED} if sent["conseil"] else set[str]()
    kinds |= {"P2", "P3"} if sent["p2p3"] else set()
    asked = heat_wave(int(numbers["appels"]), int(numbers["pointe"]), int(numbers["postes"]))
    terms = Terms(
        share=int(numbers["part"]), start=numbers["seuil"], stop=numbers["arret"],
        priorities=frozenset(kinds),
    )  # fmt: skip
    return replace(asked, terms=terms, seed=int(numbers["graine"]), runs=int(numbers["tirages"]))


def typed(asked: Hypotheses) -> Mapping[str, str]:
    """A question as its form was filled in."""
    first, terms = asked.centres[0], asked.terms
    values = {
        "appels": first.calls_day, "pointe": first.peak, "postes": first.seats[20 % HOURS],
        "part": terms.share, "seuil": _comma(terms.start), "arret": _comma(terms.stop),
        "tirages": asked.runs, "graine": asked.seed,
        "conseil": "oui" if UNANSWERED in terms.priorities else "",
        "p2p3": "oui" if "P2" in terms.priorities else "",
    }  # fmt: skip
    return {name: str(value) for name, value in values.items()}


def simulations_of(request: Request) -> Simulations:
    """The simulator; raises `NotFound` where there is none."""
    desk: Simulations | None = request.app.state.ports.simulations
    if desk is None:
        raise NotFound("there is no simulator here")
    return desk


def conventions_of(request: Request) -> Conventions:
    """The register of conventions; raises `NotFound` where there is none."""
    desk: Conventions | None = request.app.state.ports.conventions
    if desk is None:
        raise NotFound("there is no register of conventions here")
    return desk


async def _run(request: Request) -> Run:
    principal = signed_in(request).principal
    return await simulations_of(request).run(principal, request.path_params["number"])


def _page(request: Request, run: Run | None, form: Form, *, status: int = 200) -> Response:
    result = run.result if run else None
    return page(
        request, PAGE, status=status, form=form, number=str(uuid4()), run=run,
        is_playing=run is not None and result is None and not run.failed,
        asked_at=f"{french.short_date(run.asked_at)} {french.clock(run.asked_at)}" if run else "",
        figures=_figures(run.asked, result) if run and result else [],
        head=_head(run.asked, result) if run and result else None,
        rows=_rows(run.asked, result) if run and result else [],
    )  # fmt: skip


def _head(asked: Hypotheses, result: Results) -> dict[str, object]:
    """The four figures at the top."""
    first, second = (one.id for one in asked.centres[:2])
    return {
        "names": [one.name for one in asked.centres],
        "without": _minutes(result.peak_without[first]),
        "with_it": _minutes(result.peak_with[first]),
        "neighbour": _minutes(result.peak_with[second]),
        "is_below": result.worst[second] < asked.thresholds.red,
        "worst": _comma(result.worst[second]),
        "red": _comma(asked.thresholds.red),
        "fall": round(100 * result.fall.mean),
        "fall_low": round(100 * result.fall.low),
        "fall_high": round(100 * result.fall.high),
        "is_half": result.fall.low >= 0.5,  # noqa: PLR2004 - the bar of C2.11
        "moved": round(result.moved.mean),
        "vehicles": [_minutes(one) for one in result.vehicles],
    }


def _figures(asked: Hypotheses, result: Results) -> list[dict[str, object]]:
    """One figure for each centre."""
    made: list[dict[str, object]] = []
    for place, centre in enumerate(asked.centres):
        lines = _of(result, centre.id)
        red = RED_MINUTES.get(place, 3.0)
        drawn = charts.curves(
            [one.hour for one in lines], [one.with_it.mean for one in lines],
            [one.without.mean for one in lines],
            band=[(one.with_it.low, one.with_it.high) for one in lines], limit=red,
        )  # fmt: skip
        made.append({
            "name": centre.name, "curves": drawn, "red": f"{red:g}", "top": f"{drawn.top:g}",
            "without": _minutes(result.peak_without[centre.id]),
            "with_it": _minutes(result.peak_with[centre.id]),
            "begins": asked.begins, "ends": asked.ends,
        })  # fmt: skip
    return made


def _rows(asked: Hypotheses, result: Results) -> list[dict[str, object]]:
    """The same numbers, by half hour."""
    first, second = (_of(result, one.id) for one in asked.centres[:2])
    return [
        {
            "hour": _clock(a.hour), "calls": round(a.calls_hour),
            "without": _minutes(a.without.mean), "with_it": _minutes(a.with_it.mean),
            "low": _minutes(a.with_it.low),
            "high": _minutes(a.with_it.high), "neighbour": _minutes(b.with_it.mean),
        }
        for a, b in zip(first, second, strict=True)
    ]  # fmt: skip


def _of(result: Results, centre: str) -> Sequence[Line]:
    return [one for one in result.lines if one.centre == centre]


def _number(text: str, where: str) -> float:
    try:
        return float(text.replace(",", ".").replace(" ", "").replace("\u202f", ""))
    except ValueError as error:
        said = _("Écrivez un nombre.")
        raise ResourceInvalid([Issue("error", "invalid", said, (where,))]) from error


def _comma(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _minutes(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _clock(hour: float) -> str:
    return f"{int(hour)} h {round(hour % 1 * 60):02d}"
