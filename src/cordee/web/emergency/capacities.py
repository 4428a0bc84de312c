"""What hospitals have free: one's own to say in a minute, the region's to read. C4.3."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cordee.care.emergency.capacity import TENSIONS, UNITS, Place
from cordee.runtime.errors import Issue, ResourceInvalid
from cordee.web.emergency.entrance import REFUSED, rooms_of
from cordee.web.emergency.views import lasting
from cordee.web.forms import Form, put_errors, read_form
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.rendering import page
from cordee.web.sheets import spreadsheet

TEMPLATE: Final = "emergency/templates/capacities.html"
DECLARE: Final = "emergency/templates/declare.html"
_LEVELS: Final = {"tense": "caution", "full": "critical", "closed": "critical"}
_MOST: Final = 999


async def show(request: Request) -> Response:
    """Give what every hospital of the region has free, and how old it is; also as CSV."""
    account, now = caregiver(request), request.app.state.settings.clock()
    places = [
        _view(one, now) for one in await rooms_of(request).capacities.region(account.principal)
    ]
    if request.url.path.endswith(".csv"):
        head = [_("Établissement"), _("Tension"), *(_(one) for one in UNITS.values()), _("Âge")]
        table = [
            [one["name"], one["tension"], *(text for _label, text, _old in one["units"]),
             one["age"]]
            for one in places
        ]  # fmt: skip
        return spreadsheet("capacites.csv", head, table)
    units = [_(one) for one in UNITS.values()]
    return page(request, TEMPLATE, places=places, units=units, place=account.structure)


async def form(request: Request) -> Response:
    """Give the form of one's own, with what was said last."""
    account = caregiver(request)
    own = await rooms_of(request).capacities.own(account.principal)
    values = {"tension": own.tension} if own else {}
    for unit, one in (own.units if own else {}).items():
        values |= {f"{unit}-places": str(one.placed), f"{unit}-libres": str(one.free)}
    return _page(request, Form(values))


async def declare(request: Request) -> Response:
    """Say what is free; what was typed stays when it does not add up."""
    sent = await read_form(request)
    account, now = caregiver(request), request.app.state.settings.clock()
    try:
        units = _units(sent)
        await rooms_of(request).capacities.declare(account.principal, units, sent["tension"], now)
    except REFUSED as error:
        fields = {one: f"{one}-libres" for one in UNITS} | {"tension": "tension"}
        return _page(request, sent, status=put_errors(sent, error, fields, "tension"))
    return RedirectResponse("/urgences/capacites", status_code=303)


def _units(sent: Form) -> dict[str, tuple[int, int]]:
    """The counts that were typed; raises `ResourceInvalid` for what is no number."""
    found: dict[str, tuple[int, int]] = {}
    wrong: list[Issue] = []
    for unit, label in UNITS.items():
        placed, free = sent[f"{unit}-places"], sent[f"{unit}-libres"]
        if not placed and not free:
            continue
        counts = [int(one) for one in (placed, free) if one.isascii() and one.isdecimal()]
        if len(counts) == 2 and max(counts) <= _MOST:  # noqa: PLR2004 -- in place and free
            found[unit] = (counts[0], counts[1])
        else:
            said = _("%s : écrivez deux nombres, les places et les places libres.") % _(label)
            wrong.append(Issue("error", "invalid", said, (unit,)))
    if wrong:
        raise ResourceInvalid(wrong)
    return found


def _view(place: Place, now: datetime) -> dict[str, Any]:
    ages = [one.at for one in place.units.values()] + ([place.said] if place.said else [])
    oldest = min(ages, default=now)
    return {
        "name": place.name,
        "tension": _(TENSIONS.get(place.tension, "non dite")),
        "level": _LEVELS.get(place.tension, ""),
        "units": [
            (_(label), f"{one.free} / {one.placed}" if one else "–", bool(one and one.is_old(now)))
            for unit, label in UNITS.items()
            for one in (place.units.get(unit),)
        ],
        "age": lasting(now - oldest),
        "is_old": any(one.is_old(now) for one in place.units.values()) or place.is_old(now),
    }


def _page(request: Request, form: Form, *, status: int = 200) -> Response:
    units = [(unit, _(label)) for unit, label in UNITS.items()]
    tensions = [(code, _(label)) for code, label in TENSIONS.items()]
    return page(
        request, DECLARE, status=status, form=form, units=units, tensions=tensions,
        place=caregiver(request).structure,
    )  # fmt: skip
