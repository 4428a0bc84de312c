"""The summaries of passages of a day: how far they are filled, and their file. Rule: B2.10."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from cordee.care.passages.daily import Summaries
from cordee.care.passages.rpu import LABELS, daily_file, quality
from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.runtime.errors import NotFound
from cordee.web.language import gettext as _
from cordee.web.passages.sending import caregiver
from cordee.web.rendering import page

TEMPLATE: Final = "passages/templates/rpu.html"
_LOW, _MIDDLE = 50, 80


def summaries_of(request: Request) -> Summaries:
    """The service of summaries; raises `NotFound` where there is none."""
    found: Summaries | None = request.app.state.ports.summaries
    if found is None:
        raise NotFound("there are no summaries here")
    return found


async def rpu(request: Request) -> Response:
    """Give how far the summaries of a day are filled."""
    account, day = caregiver(request), _day(request)
    found = await summaries_of(request).of_day(account.principal, day)
    report = quality(found)
    today = request.app.state.settings.clock().astimezone(PARIS).date()
    rows = [(_(LABELS[name]), share, _level(share)) for name, share in report.filled.items()]
    return page(
        request,
        TEMPLATE,
        place=account.structure,
        day=day.isoformat(),
        day_words=french.long_date(day),
        count=report.count,
        rows=rows,
        before=(day - timedelta(days=1)).isoformat(),
        after=(day + timedelta(days=1)).isoformat() if day < today else "",
    )


async def rpu_file(request: Request) -> Response:
    """Give the file of a day."""
    account, day = caregiver(request), _day(request)
    summaries = summaries_of(request)
    found = await summaries.of_day(account.principal, day)
    finess = await summaries.finess(account.principal)
    at = datetime.combine(day, time(), PARIS)
    body = daily_file(finess, at, request.app.state.settings.clock().astimezone(UTC), found)
    name = f"RPU_{finess or 'sans-finess'}_{day:%Y%m%d}.xml"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
    }
    return Response(body, media_type="application/xml; charset=iso-8859-1", headers=headers)


def _day(request: Request) -> date:
    """The day that is asked for; yesterday else, as its file is sent in the morning."""
    try:
        return date.fromisoformat(request.query_params.get("jour", ""))
    except ValueError:
        today = request.app.state.settings.clock().astimezone(PARIS).date()
        return today - timedelta(days=1)


def _level(share: int) -> str:
    if share < _LOW:
        return "critical"
    return "caution" if share < _MIDDLE else ""
