"""Filters of the timeline, in the address: sort, place, territory, since the last visit. B1.10."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request

from cordee.runtime import french
from cordee.runtime.clock import PARIS
from cordee.web.guarding import reader
from cordee.web.language import gettext as _
from cordee.web.record.view_models import EventRow

VISIT: Final = timedelta(hours=1)
"""What is opened again within an hour is one visit."""
HERE, ELSEWHERE = "ici", "ailleurs"
_KINDS: Final = (
    ("", _("toutes")),
    ("encounter", _("Passages et visites")),
    ("document", _("Documents")),
    ("report", _("Comptes rendus de résultats")),
)
_TERRITORIES: Final = (
    ("", _("tous")),
    (HERE, _("le département de la personne")),
    (ELSEWHERE, _("hors territoire")),
)
_NAMES: Final = ("sorte", "structure", "territoire", "depuis")


async def look_back(request: Request) -> None:
    """Ask when the reader was last here, by their own lines of the trail."""
    records, at = request.app.state.ports.records, request.app.state.settings.clock()
    request.state.last_visit = await records.last_visit(
        reader(request).principal, request.path_params["patient_id"], at - VISIT
    )


def chosen_events(request: Request, events: Sequence[EventRow]) -> list[EventRow]:
    """Give the events that pass the filters of the address."""
    asked = _asked(request)
    since = _last_visit(request) if asked["depuis"] else None
    home = getattr(request.state, "home", "")
    return [
        one
        for one in events
        if asked["sorte"] in {"", one.kind}
        and asked["structure"] in {"", one.place}
        and _is_of(asked["territoire"], one.county, home)
        and (since is None or _is_since(one, since))
    ]


def filter_values(request: Request, events: Sequence[EventRow]) -> dict[str, Any]:
    """Give what the form of the filters shows."""
    asked = _asked(request)
    return {
        "filters": asked,
        "is_filtered": any(asked.values()),
        "kinds": _KINDS,
        "places": sorted({one.place for one in events if one.place}),
        "territories": _TERRITORIES,
        "last_visit": _last_visit(request),
    }


def kept_filters(request: Request) -> str:
    """Give the filters as the beginning of a query, for the next page."""
    kept = urlencode({name: text for name, text in _asked(request).items() if text})
    return f"{kept}&" if kept else ""


def _asked(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "")[:200] for name in _NAMES}


def _last_visit(request: Request) -> datetime | None:
    found: datetime | None = getattr(request.state, "last_visit", None)
    return found.astimezone(PARIS) if found is not None else None


def _is_of(territory: str, county: str, home: str) -> bool:
    """Whether an event is of a territory; where its structure says none, it is in none."""
    if territory == HERE:
        return bool(county) and county == home
    return territory != ELSEWHERE or (bool(county) and county != home)


def _is_since(one: EventRow, since: datetime) -> bool:
    """Whether something happened, or was written down, since a moment."""
    moments = (french.parse_moment(text)[0] for text in (one.recorded, one.at))
    for moment in moments:
        if isinstance(moment, datetime) and moment.astimezone(PARIS) > since:
            return True
    return False
