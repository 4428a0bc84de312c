"""Groups at risk: sizes for who steers, one's own patients for who cares. Rule: G2.6."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.campaigns.groups import RiskGroup
from cordee.care.record.traits import read_traits
from cordee.population.indicators.criteria import criterion
from cordee.runtime import french
from cordee.runtime.errors import InvalidRequest, NotFound, RuleBroken
from cordee.web.campaigns.entrance import GROUPS, desk_of, either, is_steering, steering
from cordee.web.forms import Form, form_number, place_of, read_form
from cordee.web.persons import describe
from cordee.web.population import words
from cordee.web.population.port import Population
from cordee.web.rendering import page

LIST: Final = "campaigns/templates/groups.html"
ONE: Final = "campaigns/templates/group.html"
PAGE: Final = 50


async def index(request: Request) -> Response:
    """Give the groups that are shared."""
    return await _list(request, Form())


async def share(request: Request) -> Response:
    """Share the rule of a cohort that was counted, under a title."""
    sent = await read_form(request)
    principal, desk = steering(request), desk_of(request)
    population: Population | None = request.app.state.ports.population
    if population is None:
        raise NotFound("there is no population health here")
    now = request.app.state.settings.clock()
    try:
        rule = orjson.loads(sent["regle"])
        told = words.criteria(criterion(rule, {}, "groupe"))
        is_told, size, _past = await population.count(principal, told, rule, "")
        _need_told(size, is_told=is_told)
        group = RiskGroup(
            form_number(sent), sent["titre"], sent["pourquoi"], rule, told, size, now, None
        )
        key = await desk.groups.share(principal, group)
    except (orjson.JSONDecodeError, InvalidRequest) as error:
        raise NotFound("there is no such rule") from error
    except RuleBroken as error:
        sent.errors["titre"] = error.message
        return await _list(request, sent, status=422)
    return RedirectResponse(f"{GROUPS}/{key}", status_code=303)


async def show(request: Request) -> Response:
    """Give a group; who cares for patients sees their own who are in it, nobody else's."""
    principal, desk = either(request), desk_of(request)
    group = await desk.groups.one(request.path_params["number"])
    steers, found = is_steering(principal), []
    if not steers:
        found = await desk.groups.own(principal, group)
    now = request.app.state.settings.clock()
    first = place_of(request.query_params.get("depuis", "0"), len(found))
    first -= first % PAGE
    return page(
        request, ONE, group=_row(group), steers=steers, total=len(found), first=first,
        people=[
            (str(one["id"]), describe(read_traits(one), now.date()))
            for one in found[first : first + PAGE]
        ],
        older=first + PAGE if first + PAGE < len(found) else None,
        newer=max(0, first - PAGE) if first else None,
    )  # fmt: skip


async def close(request: Request) -> Response:
    """Take a group back."""
    await read_form(request)
    principal = steering(request)
    now = request.app.state.settings.clock()
    await desk_of(request).groups.close(principal, request.path_params["number"], now)
    return RedirectResponse(GROUPS, status_code=303)


async def _list(request: Request, form: Form, *, status: int = 200) -> Response:
    steers = is_steering(either(request))
    found = await desk_of(request).groups.all()
    return page(
        request, LIST, status=status, form=form, groups=[_row(one) for one in found],
        steers=steers,
    )  # fmt: skip


def _need_told(size: str, *, is_told: bool) -> None:
    """Returns when the size of a group may be told; raises `RuleBroken` with why not."""
    if not is_told:
        raise RuleBroken(size)


def _row(one: RiskGroup) -> dict[str, Any]:
    return {
        "href": f"{GROUPS}/{one.id}", "title": one.title, "why": one.why, "words": one.words,
        "band": one.band, "shared": french.short_date(one.shared), "is_closed": bool(one.closed),
    }  # fmt: skip
